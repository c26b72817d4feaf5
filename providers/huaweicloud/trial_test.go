package huaweicloud_test

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud"
)

// sideBySide makes calls at once and returns their errors.
func sideBySide(ctx context.Context, conn *huaweicloud.Connection, calls int) []error {
	ended := make(chan error)
	for range calls {
		go func() { ended <- conn.Do(ctx, huaweicloud.Get("iam", "read", nil, "v3"), nil) }()
	}
	errs := make([]error, 0, calls)
	for range calls {
		errs = append(errs, <-ended)
	}
	return errs
}

func TestOneWrongSignatureIsSent(t *testing.T) {
	var sent atomic.Int32
	conn := connect(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		sent.Add(1)
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = w.Write([]byte(`{"error_code":"APIGW.0301","error_msg":"AK access failed to reach the limit"}`))
	}))
	told := 0
	for _, err := range sideBySide(t.Context(), conn, 20) {
		require.ErrorIs(t, err, providers.ErrDenied)
		assert.Contains(t, providers.Hint(err), "locked", "all of them say what to do")
		if strings.Contains(err.Error(), "reach the limit") {
			told++
		} else {
			assert.ErrorContains(t, err, "not sent, because the credentials were refused before")
		}
	}
	assert.EqualValues(t, 1, sent.Load())
	assert.Equal(t, 1, told)
}

func TestCallsRunSideBySideOnceTheCredentialsAreTaken(t *testing.T) {
	var first atomic.Bool
	var others sync.WaitGroup
	others.Add(3)
	conn := connect(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		if !first.CompareAndSwap(false, true) {
			others.Done()
			others.Wait() // they meet here, or not at all
		}
	}))
	for _, err := range sideBySide(t.Context(), conn, 4) {
		require.NoError(t, err)
	}
}

func TestWhoWaitsForTheFirstCallKeepsItsOwnDeadline(t *testing.T) {
	arrived := make(chan struct{})
	conn := connect(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		close(arrived)
		<-r.Context().Done()
	}))
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- conn.Do(ctx, huaweicloud.Get("iam", "read", nil, "v3"), nil) }()
	<-arrived
	hurried, stop := context.WithTimeout(t.Context(), time.Millisecond)
	defer stop()
	require.ErrorIs(t, conn.Do(hurried, huaweicloud.Get("iam", "read", nil, "v3"), nil), context.DeadlineExceeded)
	cancel()
	require.ErrorIs(t, <-ended, context.Canceled)
}
