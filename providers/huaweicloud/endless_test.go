package huaweicloud_test

import (
	"errors"
	"net/http"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud"
)

func TestARefusalThatBreaksOffIsOne(t *testing.T) {
	var sent atomic.Int32
	conn := connect(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		sent.Add(1)
		w.Header().Set("Content-Length", "100")
		w.WriteHeader(http.StatusUnauthorized)
	}))
	require.ErrorIs(t, conn.Do(t.Context(), huaweicloud.Get("iam", "read", nil, "v3"), nil), providers.ErrDenied)
	assert.EqualValues(t, 1, sent.Load())
}

func TestAnswersWithoutEnd(t *testing.T) {
	for name, test := range map[string]struct {
		method         string
		status, wanted int
		kind           error
	}{
		"a read is made again":   {http.MethodGet, 200, 5, providers.ErrUnavailable},
		"a create is not":        {http.MethodPost, 201, 1, providers.ErrUnavailable},
		"nor what is refused":    {http.MethodGet, 403, 1, providers.ErrDenied},
		"a broken service is so": {http.MethodGet, 503, 5, providers.ErrUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			var sent atomic.Int32
			conn := connect(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				sent.Add(1)
				w.WriteHeader(test.status)
				blank := make([]byte, 64<<10)
				for {
					if _, err := w.Write(blank); err != nil || r.Context().Err() != nil {
						return
					}
				}
			}))
			err := conn.Do(t.Context(), huaweicloud.Call{
				Service: "iam", Operation: "call", Method: test.method, Path: []string{"v3"}, Repeatable: test.method == http.MethodGet,
			}, nil)
			var failed *providers.CallError
			require.True(t, errors.As(err, &failed), err)
			assert.Equal(t, test.kind, failed.Kind)
			assert.Equal(t, test.status, failed.Status)
			assert.NotEmpty(t, providers.Hint(err))
			assert.EqualValues(t, test.wanted, sent.Load())
		})
	}
}
