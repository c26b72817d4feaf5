package providers_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/agencyctl/agencyctl/providers"
)

func TestAStatusIsToldOnce(t *testing.T) {
	failed := &providers.CallError{Kind: providers.ErrDenied, Operation: "list", Service: "iam", Status: 403, Code: "403", RequestID: "r1"}
	assert.EqualError(t, failed, "list: access denied (iam, HTTP 403, request id r1)")
	failed.Code = "IAM.0003"
	assert.EqualError(t, failed, "list: access denied (iam, HTTP 403, IAM.0003, request id r1)")
}

func TestAFailureMayKnowBetterWhatToDo(t *testing.T) {
	failed := &providers.CallError{Kind: providers.ErrDenied, Operation: "list"}
	assert.Contains(t, providers.Hint(fmt.Errorf("apply: %w", failed)), "check the credentials")
	failed.Hint = "set the clock"
	assert.Equal(t, "set the clock", providers.Hint(fmt.Errorf("apply: %w", failed)))
	assert.NotContains(t, failed.Error(), "set the clock", "a hint is told apart")
	assert.Empty(t, providers.Hint(fmt.Errorf("other")))
	for _, kind := range []error{
		providers.ErrDenied, providers.ErrThrottled, providers.ErrUnavailable, providers.ErrConflict, providers.ErrNotFound, providers.ErrInvalid,
	} {
		assert.NotEmpty(t, providers.Hint(&providers.CallError{Kind: kind, Operation: "list"}), kind)
	}
	assert.Empty(t, providers.Hint(fmt.Errorf("no region x: %w", providers.ErrNotFound)), "no call failed: the error says what is not there")
}
