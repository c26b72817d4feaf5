package huaweicloud_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud"
)

func TestSendLooksBeforeItSendsAgain(t *testing.T) {
	unclear := &providers.CallError{Kind: providers.ErrUnavailable, Operation: "grant", Status: 408}
	refused := &providers.CallError{Kind: providers.ErrDenied, Operation: "grant", Status: 403}
	unread := errors.New("unread")
	for name, test := range map[string]struct {
		answers []error
		looks   []bool
		looked  error
		sends   int
		want    []error
	}{
		"a success is not doubted":                   {answers: []error{nil}, sends: 1},
		"a refusal is final":                         {answers: []error{refused}, sends: 1, want: []error{providers.ErrDenied}},
		"unclear, and it was made":                   {answers: []error{unclear}, looks: []bool{true}, sends: 1},
		"unclear, and it shows late":                 {answers: []error{unclear}, looks: []bool{false, false, true}, sends: 1},
		"unclear, and it cannot be read":             {answers: []error{unclear}, looked: unread, sends: 1, want: []error{providers.ErrUnavailable, unread}},
		"unclear, not made, and then done":           {answers: []error{unclear, nil}, sends: 2},
		"unclear, not made, and unclear again":       {answers: []error{unclear, unclear}, sends: 2, want: []error{providers.ErrUnavailable}},
		"unclear, not made, and refused in the next": {answers: []error{unclear, refused}, sends: 2, want: []error{providers.ErrDenied}},
	} {
		t.Run(name, func(t *testing.T) {
			sends, looks := 0, 0
			err := huaweicloud.Lag{Limit: 50 * time.Millisecond, Poll: time.Millisecond}.Send(t.Context(),
				func(context.Context) error { sends++; return test.answers[sends-1] },
				func(context.Context) (bool, error) {
					looks++
					return looks <= len(test.looks) && test.looks[looks-1], test.looked
				})
			if test.want == nil {
				require.NoError(t, err)
			}
			for _, want := range test.want {
				require.ErrorIs(t, err, want)
			}
			assert.Equal(t, test.sends, sends)
		})
	}
}

func TestSendEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	err := huaweicloud.Lag{Limit: time.Hour, Poll: time.Hour / 2}.Send(ctx,
		func(context.Context) error { return providers.ErrUnavailable },
		func(context.Context) (bool, error) { cancel(); return false, nil })
	require.ErrorIs(t, err, context.Canceled)
}

func TestOnlyTheServiceItselfSaysThatNothingIsThere(t *testing.T) {
	notFound := func(code string) error {
		return &providers.CallError{Kind: providers.ErrNotFound, Status: 404, Code: code}
	}
	assert.True(t, huaweicloud.IsAbsent(notFound("common.01000001")))
	assert.False(t, huaweicloud.IsAbsent(notFound("APIGW.0101")))
	assert.False(t, huaweicloud.IsAbsent(notFound("APIG.0101")))
	assert.False(t, huaweicloud.IsAbsent(notFound("")))
	assert.False(t, huaweicloud.IsAbsent(&providers.CallError{Kind: providers.ErrInvalid, Status: 400, Code: "common.01000001"}))
	assert.False(t, huaweicloud.IsAbsent(nil))
}

func TestTheGatewaySaysThatAServiceIsNotOffered(t *testing.T) {
	assert.True(t, huaweicloud.IsNotOffered(&providers.CallError{Kind: providers.ErrNotFound, Status: 404, Code: "APIGW.0101"}))
	assert.False(t, huaweicloud.IsNotOffered(&providers.CallError{Kind: providers.ErrNotFound, Status: 404, Code: "CSMS.0005"}))
	assert.False(t, huaweicloud.IsNotOffered(&providers.CallError{Kind: providers.ErrDenied, Status: 403}))
	assert.False(t, huaweicloud.IsNotOffered(nil))
}
