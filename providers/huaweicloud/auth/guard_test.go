package auth_test

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

func TestCallsRunSideBySideOnceTheCredentialIsVerified(t *testing.T) {
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

func TestOnlyAnAnswerAfterTheCheckVerifiesTheCredential(t *testing.T) {
	for _, status := range []int{http.StatusServiceUnavailable, http.StatusTooManyRequests, http.StatusFound} {
		var sent, refused atomic.Int32
		conn := connect(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			if sent.Add(1) == 1 {
				w.WriteHeader(status) // by a gateway, before anybody looked at the signature
				return
			}
			refused.Add(1)
			w.WriteHeader(http.StatusUnauthorized)
		}))
		for _, err := range sideBySide(t.Context(), conn, 10) {
			require.Error(t, err)
		}
		assert.EqualValues(t, 1, refused.Load(), status)
	}
}

func TestARefusalIsKnownToAllConnectionsOfARun(t *testing.T) {
	var sent atomic.Int32
	guards := new(huaweicloud.Guards)
	refusing := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		sent.Add(1)
		w.WriteHeader(http.StatusUnauthorized)
	})
	first := connect(t, refusing, huaweicloud.WithGuards(guards))
	second := connect(t, refusing, huaweicloud.WithGuards(guards))
	for _, conn := range []*huaweicloud.Connection{first, second, first} {
		require.ErrorIs(t, conn.Do(t.Context(), huaweicloud.Get("iam", "read", nil, "v3"), nil), providers.ErrDenied)
	}
	assert.EqualValues(t, 1, sent.Load())
}

func TestARefusalInOneAccountLeavesTheOthersAtWork(t *testing.T) {
	guards := new(huaweicloud.Guards)
	good := connect(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}), huaweicloud.WithGuards(guards))
	bad := connect(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) }), huaweicloud.WithGuards(guards))
	read := huaweicloud.Get("iam", "read", nil, "v3")
	require.NoError(t, good.Do(t.Context(), read, nil))
	require.ErrorIs(t, bad.Do(t.Context(), read, nil), providers.ErrDenied)
	require.ErrorContains(t, bad.Do(t.Context(), read, nil), "not sent")
	require.NoError(t, good.Do(t.Context(), read, nil), "the key was right there before")
}
