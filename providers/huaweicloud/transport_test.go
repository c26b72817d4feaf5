package huaweicloud_test

import (
	"bytes"
	"compress/gzip"
	"encoding/pem"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud"
)

// secure is a TLS server whose certificate holds for 127.0.0.1 and example.com, with a CA that nobody knows.
type secure struct {
	*httptest.Server
	authority string // a file with its CA
	// dialled counts the connections made.
	dialled atomic.Int32
}

func secured(t *testing.T, handler http.HandlerFunc) *secure {
	t.Helper()
	s := &secure{Server: httptest.NewUnstartedServer(handler), authority: filepath.Join(t.TempDir(), "ca.pem")}
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			s.dialled.Add(1)
		}
	}
	s.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	s.StartTLS()
	t.Cleanup(s.Close)
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
	require.NoError(t, os.WriteFile(s.authority, text, 0o600))
	return s
}

// tryConnect opens a connection to an endpoint of IAM with a few more variables set.
func tryConnect(t *testing.T, endpoint string, more map[string]string, logger *slog.Logger) (*huaweicloud.Connection, error) {
	t.Helper()
	env := map[string]string{}
	for _, values := range []map[string]string{keys, more} {
		for name, value := range values {
			env[name] = value
		}
	}
	conn, err := huaweicloud.Connect(t.Context(), providers.Target{
		Cloud: plan.Cloud{Kind: huaweicloud.HuaweiCloud, Region: "cn-north-4"}, Endpoints: map[string]string{"iam": endpoint}, Rate: -1,
		Getenv: environment(env), Logger: logger,
	}, huaweicloud.WithRetry(quick()))
	if err == nil {
		t.Cleanup(conn.Close)
	}
	return conn, err
}

var read = huaweicloud.Get("iam", "read", nil, "v3")

func hello(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "{}") }

func TestAnUnknownAuthorityIsRefused(t *testing.T) {
	server := secured(t, hello)
	var log bytes.Buffer
	conn, err := tryConnect(t, server.URL, map[string]string{"OS_INSECURE": "true"}, slog.New(slog.NewTextHandler(&log, nil)))
	require.NoError(t, err)
	err = conn.Do(t.Context(), read, nil)
	require.ErrorIs(t, err, providers.ErrUnavailable)
	assert.Contains(t, providers.Hint(err), "AGENCYCTL_CACERT=FILE")
	assert.Equal(t, int32(1), server.dialled.Load(), "asking again would not change it")
	assert.Contains(t, log.String(), "OS_INSECURE")
	assert.Contains(t, log.String(), "always verified")
}

func TestAPrivateAuthorityIsAccepted(t *testing.T) {
	server := secured(t, hello)
	for _, variable := range []string{"AGENCYCTL_CACERT", "OS_CACERT", "HW_CACERT"} {
		conn, err := tryConnect(t, server.URL, map[string]string{variable: server.authority, "OS_INSECURE": "false"}, nil)
		require.NoError(t, err)
		assert.NoError(t, conn.Do(t.Context(), read, &struct{}{}), variable)
	}
	conn, err := tryConnect(t, strings.Replace(server.URL, "127.0.0.1", "localhost", 1), map[string]string{"OS_CACERT": server.authority}, nil)
	require.NoError(t, err)
	err = conn.Do(t.Context(), read, nil)
	require.Error(t, err)
	assert.Contains(t, providers.Hint(err), "another host's")
}

func TestAFileOfAuthoritiesThatCannotBeUsed(t *testing.T) {
	folder := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(folder, name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		return path
	}
	for name, want := range map[string]string{
		filepath.Join(folder, "missing"):          "missing",
		folder:                                    "directory",
		write("text", "no certificate"):           "holds no certificate in PEM",
		write("long", strings.Repeat("x", 2<<20)): "larger than",
	} {
		_, err := tryConnect(t, "https://127.0.0.1:1", map[string]string{"OS_CACERT": name}, nil)
		require.ErrorIs(t, err, huaweicloud.ErrBadTransport)
		assert.ErrorContains(t, err, want)
		assert.ErrorContains(t, err, "OS_CACERT")
	}
}

// proxy tunnels every call to one server, or refuses with a status.
type proxy struct {
	to     string
	status int

	mu    sync.Mutex
	hosts []string
	auth  string
}

func (p *proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	p.hosts, p.auth = append(p.hosts, r.Method+" "+r.Host), r.Header.Get("Proxy-Authorization")
	p.mu.Unlock()
	if p.status != 0 {
		w.WriteHeader(p.status)
		return
	}
	there, err := net.Dial("tcp", p.to)
	if err != nil {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	defer there.Close()
	here, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	defer here.Close()
	fmt.Fprint(here, "HTTP/1.1 200 OK\r\n\r\n")
	var both sync.WaitGroup
	both.Go(func() {
		_, _ = io.Copy(there, here)
		there.Close()
	})
	_, _ = io.Copy(here, there)
	here.Close()
	both.Wait()
}

func TestTheProxyOfTheEnvironmentIsUsed(t *testing.T) {
	server := secured(t, hello)
	for _, variable := range []string{"HTTPS_PROXY", "https_proxy"} {
		p := &proxy{to: server.Listener.Addr().String()}
		front := httptest.NewServer(p)
		t.Cleanup(front.Close)
		env := map[string]string{variable: strings.Replace(front.URL, "://", "://me:secret@", 1), "OS_CACERT": server.authority}
		conn, err := tryConnect(t, "https://example.com", env, nil)
		require.NoError(t, err)
		require.NoError(t, conn.Do(t.Context(), read, &struct{}{}))
		assert.Equal(t, []string{"CONNECT example.com:443"}, p.hosts)
		assert.NotEmpty(t, p.auth)
		env["NO_PROXY"] = "example.com"
		env["AGENCYCTL_ENDPOINT_EPS"] = server.URL // this machine is never reached by a proxy
		conn, err = tryConnect(t, "https://example.com", env, nil)
		require.NoError(t, err)
		require.NoError(t, conn.Do(t.Context(), huaweicloud.Get("eps", "read", nil, "v1.0"), &struct{}{}))
		assert.Len(t, p.hosts, 1)
		conn.Close()
	}
}

func TestAProxyThatRefuses(t *testing.T) {
	p := &proxy{status: http.StatusProxyAuthRequired}
	front := httptest.NewServer(p)
	defer front.Close()
	conn, err := tryConnect(t, "https://example.com", map[string]string{"HTTPS_PROXY": strings.Replace(front.URL, "://", "://me:secret@", 1)}, nil)
	require.NoError(t, err)
	err = conn.Do(t.Context(), read, nil)
	require.ErrorIs(t, err, providers.ErrUnavailable)
	assert.ErrorContains(t, err, "the proxy answers HTTP 407 proxy authentication required")
	assert.NotContains(t, err.Error(), "secret")
	assert.Contains(t, providers.Hint(err), "HTTPS_PROXY")
	assert.Len(t, p.hosts, 1, "a wrong password is not sent again")

	front.Close()
	err = conn.Do(t.Context(), read, nil)
	require.ErrorIs(t, err, providers.ErrUnavailable)
	assert.Contains(t, providers.Hint(err), "the proxy of HTTPS_PROXY cannot be reached")

	for _, text := range []string{"http://me:secret@%zz", "://me:secret@x"} {
		_, err = tryConnect(t, "https://example.com", map[string]string{"HTTPS_PROXY": text}, nil)
		require.ErrorIs(t, err, huaweicloud.ErrBadTransport, text)
		assert.ErrorContains(t, err, "HTTPS_PROXY is not a URL")
		assert.NotContains(t, err.Error(), "secret")
	}
}

func TestConnectionsAreUsedAgain(t *testing.T) {
	server := secured(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Has("fail") {
			w.WriteHeader(http.StatusNotFound)
		}
		fmt.Fprint(w, `{"x":"`+strings.Repeat("y", 100_000)+`"}`)
	})
	conn, err := tryConnect(t, server.URL, map[string]string{"OS_CACERT": server.authority}, nil)
	require.NoError(t, err)
	for range 3 {
		require.NoError(t, conn.Do(t.Context(), read, nil))
		require.ErrorIs(t, conn.Do(t.Context(), huaweicloud.Get("iam", "read", map[string][]string{"fail": {""}}, "v3"), nil), providers.ErrNotFound)
	}
	assert.Equal(t, int32(1), server.dialled.Load())
}

func TestAnAnswerIsBoundedAlsoWhenItIsCompressed(t *testing.T) {
	var bomb bytes.Buffer
	packer := gzip.NewWriter(&bomb)
	for range 64 {
		_, err := packer.Write(make([]byte, 1<<20))
		require.NoError(t, err)
	}
	require.NoError(t, packer.Close())
	conn := connect(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		assert.Equal(t, "gzip", r.Header.Get("Accept-Encoding"))
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(bomb.Bytes())
	}))
	var out any
	err := conn.Do(t.Context(), read, &out)
	require.ErrorContains(t, err, "larger than 16 MB")
}

func TestAHeaderIsBounded(t *testing.T) {
	conn := connect(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Long", strings.Repeat("x", 1<<20))
	}))
	require.ErrorContains(t, conn.Do(t.Context(), read, nil), "does not speak HTTP")
}

func TestNobodyListens(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(hello))
	server.Close()
	conn, err := tryConnect(t, server.URL, nil, nil)
	require.NoError(t, err)
	err = conn.Do(t.Context(), read, nil)
	require.ErrorIs(t, err, providers.ErrUnavailable)
	assert.Contains(t, providers.Hint(err), "nothing listens there, on this machine")
	assert.NotContains(t, providers.Hint(err), "proxy")
}

func TestAPasswordThatCutsTheProxysAddressIsNotShown(t *testing.T) {
	for _, proxy := range []string{
		"http://user:p@ss#hunter2@proxy.example:3128", "http://user:12?hunter2@proxy.example:3128", "http://user:12/hunter2@proxy.example:3128",
		"user:12#hunter2@proxy:1", "http://proxy.example:3128/hunter2",
	} {
		_, err := tryConnect(t, "https://localhost:1", map[string]string{"HTTPS_PROXY": proxy}, nil)
		require.ErrorIs(t, err, huaweicloud.ErrBadTransport, proxy)
		for _, part := range []string{"hunter2", "p@ss", "user:12"} {
			assert.NotContains(t, err.Error(), part)
		}
	}
}
