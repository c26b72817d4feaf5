package providers_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/providers"
)

func TestErrorsOfLibrariesAreToldInPlainWords(t *testing.T) {
	_, missing := os.Open("nothing.yaml")
	_, below := os.Open(filepath.Join("words_test.go", "x"))
	folder, err := os.Open(".")
	require.NoError(t, err)
	_, directory := io.ReadAll(folder)
	require.NoError(t, folder.Close())
	_, noNumber := strconv.Atoi("x")
	_, tooLarge := strconv.ParseInt("99999999999999999999", 10, 64)
	_, noURL := url.Parse("https://me:secret@" + "[::1" + strconv.Itoa(1))
	var typed struct{ Name string }
	at := &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 7}
	for _, test := range []struct {
		want string
		err  error
	}{
		{"nothing.yaml: there is no such file or folder", missing},
		{"words_test.go/x: a part of its path is no directory", below},
		{".: it is a directory", directory},
		{`"x" is no number`, noNumber},
		{`"99999999999999999999" is too large or too small`, tooLarge},
		{"it is not a URL", noURL},
		{"it is not valid JSON from byte 1 on", json.Unmarshal([]byte("{"), &typed)},
		{"Name is a number, and a text is expected", json.Unmarshal([]byte(`{"Name":1}`), &typed)},
		{"interrupted", context.Canceled},
		{"the time is over", context.DeadlineExceeded},
		{"it ends too early", io.ErrUnexpectedEOF},
		{"the host h cannot be looked up", &net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Name: "h", Err: "no such host", Server: "127.0.0.53:53"}}},
		{"127.0.0.1:7 refuses the connection", &net.OpError{Op: "dial", Net: "tcp", Addr: at, Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}},
		{"the connection was cut by 127.0.0.1:7", &net.OpError{Op: "read", Net: "tcp", Addr: at, Err: os.NewSyscallError("read", syscall.ECONNRESET)}},
		{"127.0.0.1:7 does not answer in time", &net.OpError{Op: "dial", Net: "tcp", Addr: at, Err: os.ErrDeadlineExceeded}},
		{"127.0.0.1:7: the address is in use already", &net.OpError{Op: "listen", Net: "tcp", Addr: at, Err: os.NewSyscallError("bind", syscall.EADDRINUSE)}},
		{"the certificate is another host's than h", &url.Error{Op: "Get", URL: "https://h", Err: &tls.CertificateVerificationError{Err: x509.HostnameError{Host: "h", Certificate: &x509.Certificate{}}}}},
		{"the server does not answer by TLS (https)", &url.Error{Op: "Get", URL: "https://h", Err: http.ErrSchemeMismatch}},
		{"the server and this machine agree on no way to encrypt (TLS)", &net.OpError{Op: "remote error", Err: tls.AlertError(40)}},
		{"the certificate is signed by an authority that this machine does not trust", x509.UnknownAuthorityError{}},
	} {
		want, err := test.want, test.err
		assert.Equal(t, want, providers.Words(err))
		assert.Equal(t, "read it: "+want+"; write x", providers.Words(fmt.Errorf("read it: %w; write x", err)), "our own words stay")
		joined := providers.Plain(errors.Join(errors.New("first"), err))
		assert.EqualError(t, joined, "first\n"+want)
		assert.ErrorIs(t, joined, err)
	}
	assert.NoError(t, providers.Plain(nil))
	assert.EqualError(t, &providers.CallError{Operation: "list", Cause: context.Canceled}, "list: interrupted")
}

func TestWhyAContextEndedIsToldInPlainWords(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("a signal"))
	err := providers.ContextError(ctx, ctx.Err())
	assert.EqualError(t, err, "interrupted")
	assert.ErrorIs(t, err, context.Canceled)

	cause := errors.New("the limit of 1ns is over")
	ctx, end := context.WithTimeoutCause(t.Context(), time.Nanosecond, cause)
	defer end()
	<-ctx.Done()
	err = providers.ContextError(ctx, ctx.Err())
	assert.EqualError(t, err, "the limit of 1ns is over")
	assert.ErrorIs(t, err, context.DeadlineExceeded)
	assert.ErrorIs(t, err, cause)

	ctx, end = context.WithTimeout(t.Context(), time.Hour)
	defer end()
	assert.EqualError(t, providers.ContextError(ctx, context.DeadlineExceeded), "the time is over", "a wait that would be too long")
}
