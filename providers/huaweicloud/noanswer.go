package huaweicloud

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"

	"github.com/agencyctl/agencyctl/providers"
)

// noAnswer is the error of an attempt whose outcome is unknown.
func (c *Connection) noAnswer(ctx, bounded context.Context, call Call, err error) error {
	switch {
	case ctx.Err() != nil:
		return &providers.CallError{Operation: call.Operation, Service: call.Service, Cause: providers.ContextError(ctx, ctx.Err())}
	case bounded.Err() != nil:
		// Not the caller's deadline, so it must not look like one to errors.Is.
		return &providers.CallError{
			Operation: call.Operation, Service: call.Service, Kind: providers.ErrUnavailable,
			Message: fmt.Sprintf("no answer within %s", c.retry.AttemptTimeout),
		}
	}
	var outer *url.Error
	if errors.As(err, &outer) {
		err = outer.Err // leaves out the URL, which the operation implies
	}
	return c.unreachable(call, err)
}

// permanentError is the cause of a call without an answer that a retry would not get either.
type permanentError struct {
	text string
	// noHost: the vendor's host of the service does not exist.
	noHost bool
}

// Error returns the text.
func (p permanentError) Error() string { return p.text }

// unreachable is the error of a call that broke off on its way, with a hint.
func (c *Connection) unreachable(call Call, err error) *providers.CallError {
	e := &providers.CallError{Kind: providers.ErrUnavailable, Operation: call.Operation, Service: call.Service}
	e.Message = c.redactor.line(brokenOff(err))
	var refusal proxyRefusal
	var operation *net.OpError
	var host *net.DNSError
	var certificate *tls.CertificateVerificationError
	var timeout net.Error
	var noTLS tls.RecordHeaderError
	var noAgreement tls.AlertError
	switch {
	case errors.As(err, &refusal):
		e.Hint = "the proxy does not let the call through: check user, password and rules of HTTPS_PROXY, or except the host in NO_PROXY"
		if refusal == http.StatusProxyAuthRequired || refusal == http.StatusForbidden {
			e.Message, e.Cause = "", permanentError{text: e.Message}
		}
	case errors.As(err, &operation) && operation.Op == "proxyconnect":
		e.Hint = "the proxy of HTTPS_PROXY cannot be reached: check its address, or except the host in NO_PROXY"
	case errors.As(err, &host):
		c.unknownHost(e, call, host)
	case errors.As(err, &certificate):
		e.Message, e.Cause, e.Hint = "", permanentError{text: e.Message}, certificateHint(certificate.Err)
	case errors.Is(err, http.ErrSchemeMismatch), errors.As(err, &noTLS), errors.As(err, &noAgreement):
		e.Hint = "check the endpoint, its port, and what answers there: calls are made by https"
	case errors.Is(err, syscall.ECONNREFUSED) && operation != nil && isOwn(operation.Addr):
		e.Hint = "nothing listens there, on this machine: check the endpoint and its port, and start what serves it"
	case errors.Is(err, syscall.ECONNREFUSED):
		e.Hint = "nothing listens there: check the endpoint, and whether a proxy (HTTPS_PROXY) is needed"
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		e.Hint = "there is no route to the service: check the network, and whether a proxy (HTTPS_PROXY) is needed"
	case errors.As(err, &timeout) && timeout.Timeout():
		e.Hint = "the service does not answer: check the network, its firewall, and whether a proxy (HTTPS_PROXY) is needed"
	}
	return e
}

// isOwn reports whether an address is one of this machine's, which is reached without a proxy.
func isOwn(at net.Addr) bool {
	tcp, is := at.(*net.TCPAddr)
	return is && tcp.IP.IsLoopback()
}

// brokenOff says in plain words why a call got no answer, or not a whole one.
func brokenOff(err error) string {
	if err == io.EOF {
		return "the connection was closed before an answer came"
	}
	text := providers.Words(err)
	for _, library := range []string{"http:", "http2:", "tls:", "x509:"} { // many of their errors have no type
		if strings.Contains(text, library) {
			return "the connection broke off, or what answers there does not speak HTTP"
		}
	}
	return text
}

// unknownHost completes the error of a failed look-up. The likeliest reason is a region that does not exist.
func (c *Connection) unknownHost(e *providers.CallError, call Call, host *net.DNSError) {
	e.Message = fmt.Sprintf("the host %s cannot be looked up", c.redactor.line(host.Name))
	e.Hint = "check the network, its name servers, and whether a proxy (HTTPS_PROXY) is needed"
	region := call.Region
	if region == "" {
		region = c.cloud.Region
	}
	found, err := c.endpoints.find(call.Service, region)
	vendor := err == nil && found.source == sourceVendor
	if vendor && c.endpoints.unknownRegion(region) {
		e.Message += fmt.Sprintf("; %s is no region of %s that we know of", region, c.Traits().Title)
		e.Hint = fmt.Sprintf("check the region; if it is new, say where the service is: --endpoint %s.%s=URL", call.Service, region)
	} else if err == nil && !vendor {
		e.Hint = "check the host, which was given by " + found.source
	}
	if host.IsNotFound {
		e.Message, e.Cause = "", permanentError{text: e.Message, noHost: vendor}
	}
}

func certificateHint(err error) string {
	var unknown x509.UnknownAuthorityError
	var name x509.HostnameError
	var invalid x509.CertificateInvalidError
	switch {
	case errors.As(err, &unknown):
		return "if a proxy or a private cloud signs with a CA of its own, name its file: AGENCYCTL_CACERT=FILE"
	case errors.As(err, &name):
		return "the certificate is another host's: check the endpoint, or who answers in its place"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "the certificate is not valid at this time: check this machine's clock; if it is right, the server must renew it"
	}
	return "the server's certificate is refused: check the endpoint, or who answers in its place"
}

// tooLarge is the error of a success whose answer is larger than the service ever sends. As after an answer that breaks off,
// nobody knows what was done.
func (c *Connection) tooLarge(call Call, response *http.Response) *providers.CallError {
	return &providers.CallError{
		Kind: providers.ErrUnavailable, Operation: call.Operation, Service: call.Service, Status: response.StatusCode,
		Message: fmt.Sprintf("the answer is larger than %d MB", maxAnswerBytes>>20), Hint: hintNotTheService,
		RequestID: c.redactor.requestID(response.Header),
	}
}
