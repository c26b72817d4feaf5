package providers_test

import (
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
