package huaweicloud

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers"
)

var question = providers.Question{Service: "box", About: "lid", At: "here"}

// written returns a connection to the file of what another one has recorded.
func written(t *testing.T, record *providers.Recording) *Connection {
	t.Helper()
	text, err := providers.EncodeSnapshot(record, "test")
	require.NoError(t, err)
	recorded, err := providers.DecodeSnapshot(text)
	require.NoError(t, err)
	c, err := Connect(t.Context(), providers.Target{Cloud: plan.Cloud{Kind: HuaweiCloud}, Recorded: recorded})
	require.NoError(t, err)
	return c
}

// TestARefusalIsReadAsItWasGiven: what callers tell apart of a failure is the same behind a file.
func TestARefusalIsReadAsItWasGiven(t *testing.T) {
	for name, failure := range map[string]*providers.CallError{
		"denied":                {Kind: providers.ErrDenied, Operation: "look", Service: "box", Status: 403, Code: "B.1", Message: "no", Hint: "ask", RequestID: "r1"},
		"no such API":           {Kind: providers.ErrNotFound, Operation: "look", Service: "box", Status: 404, Code: codeNoSuchAPI},
		"absent":                {Kind: providers.ErrNotFound, Operation: "look", Service: "box", Status: 404, Code: "B.2"},
		"refused in a place":    {Kind: providers.ErrDenied, Operation: "look", Service: "box", Status: 401, Cause: errPlace},
		"no such host":          {Kind: providers.ErrUnavailable, Operation: "look", Cause: permanentError{text: "the host b cannot be looked up", noHost: true}},
		"not as documented":     {Operation: "look", Service: "box", Message: "the answer holds no list"},
		"an error in a success": {Operation: "look", Service: "box", Status: 200, Message: "the answer holds an error: x"},
	} {
		t.Run(name, func(t *testing.T) {
			record := &providers.Recording{}
			c := &Connection{record: record}
			ask := func(context.Context) (bool, error) { return false, failure }
			_, first := Asked(t.Context(), c, question, ask)
			_, again := Asked(t.Context(), written(t, record), question, ask)
			for _, err := range []error{first, again} {
				assert.Equal(t, failure.Error(), err.Error())
				assert.Equal(t, providers.Hint(failure), providers.Hint(err))
				assert.Equal(t, IsNotOffered(failure), IsNotOffered(err))
				assert.Equal(t, IsAbsent(failure), IsAbsent(err))
				assert.Equal(t, RefusesPlace(failure), RefusesPlace(err))
				if failure.Kind != nil {
					assert.ErrorIs(t, err, failure.Kind)
				}
			}
		})
	}
}

// TestWhatPassesIsNotRecorded: the next reading may find something else, and nobody may take this for an answer.
func TestWhatPassesIsNotRecorded(t *testing.T) {
	for name, failure := range map[string]error{
		"overload":     &providers.CallError{Kind: providers.ErrThrottled, Status: 429},
		"fail-over":    &providers.CallError{Kind: providers.ErrUnavailable, Status: 503},
		"no answer":    &providers.CallError{Kind: providers.ErrUnavailable, Message: "the connection was cut"},
		"an interrupt": &providers.CallError{Cause: context.Canceled},
		"anything":     errors.New("x"),
		"wrapped":      fmt.Errorf("more: %w", &providers.CallError{Kind: providers.ErrDenied, Status: 403}),
	} {
		t.Run(name, func(t *testing.T) {
			record := &providers.Recording{}
			_, err := Asked(t.Context(), &Connection{record: record}, question, func(context.Context) (bool, error) { return false, failure })
			require.Equal(t, failure, err)
			assert.Empty(t, record.Answers())
		})
	}
}

// TestBehindARecordingNothingIsCalled: neither a question that was not asked nor a call that asks none.
func TestBehindARecordingNothingIsCalled(t *testing.T) {
	c := written(t, &providers.Recording{Account: plan.Account{ID: "a1", Name: "example-co"}})
	defer c.Close()
	_, err := Asked(t.Context(), c, question, func(context.Context) (bool, error) { return true, nil })
	require.ErrorIs(t, err, providers.ErrNotRecorded)
	assert.Contains(t, err.Error(), "box lid here")
	require.ErrorIs(t, c.Do(t.Context(), Get("iam", "list boxes", nil, "boxes"), nil), providers.ErrNotRecorded)
	_, err = c.WhoAmI(t.Context())
	require.ErrorIs(t, err, providers.ErrNotRecorded)
	assert.Empty(t, c.Endpoints())
	account, err := c.ConfirmedAccount(t.Context())
	require.NoError(t, err)
	assert.Equal(t, plan.Account{ID: "a1", Name: "example-co"}, account)
}

// TestAnAnswerOfAnotherFormIsRefused: the file is somebody else's.
func TestAnAnswerOfAnotherFormIsRefused(t *testing.T) {
	for _, value := range []string{`{"all":[]}`, `7`, `"x"`} {
		record := &providers.Recording{}
		record.Note(providers.Answer{Question: question, Value: []byte(value)})
		_, err := Asked(t.Context(), written(t, record), question, func(context.Context) (bool, error) { return true, nil })
		require.ErrorIs(t, err, providers.ErrBadSnapshot, value)
	}
}
