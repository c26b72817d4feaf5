package auth_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/auth"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const domain = "d0a1b2c3d4e5f60718293a4b5c6d7e8f"

// quick retries like production, without the waiting.
func quick() huaweicloud.Retry {
	r := huaweicloud.DefaultRetry()
	r.BaseDelay, r.MaxDelay, r.MaxRetryAfter = time.Millisecond, time.Millisecond, time.Millisecond
	return r
}

// connect opens a connection with an access key to the cloud that handler plays.
func connect(t *testing.T, handler http.Handler, options ...huaweicloud.Option) *huaweicloud.Connection {
	t.Helper()
	server := httptest.NewServer(handler)
	conn, err := huaweicloud.Connect(t.Context(), providers.Target{
		Cloud:     plan.Cloud{Kind: huaweicloud.HuaweiCloud, Region: "cn-north-4"},
		Endpoints: map[string]string{"iam": server.URL},
		Rate:      -1,
		Getenv:    lookup(env{auth.EnvAccessKey: "TESTAK", auth.EnvSecretKey: "TESTSECRET", auth.EnvDomainID: domain}),
	}, append([]huaweicloud.Option{huaweicloud.WithRetry(quick())}, options...)...)
	require.NoError(t, err)
	t.Cleanup(func() {
		conn.Close()
		server.Close()
	})
	return conn
}
