package huaweicloud

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"syscall"

	"github.com/agencyctl/agencyctl/providers"
)

// pointless is why a call got no answer, where asking again would get none either.
type pointless struct{ text string }

// Error tells why.
func (p pointless) Error() string { return p.text }

// unreachable is the error of a call that broke off on its way: what happened, in words that say more than the
// network's own, and what to do.
func (c *Connection) unreachable(call Call, err error) *providers.CallError {
	e := &providers.CallError{Kind: providers.ErrUnavailable, Operation: call.Operation, Service: call.Service}
	e.Message = c.secrets.presentable(err.Error())
	var refusal proxyRefusal
	var onTheWay *net.OpError
	var host *net.DNSError
	var certificate *tls.CertificateVerificationError
	var timeout net.Error
	switch {
	case errors.As(err, &refusal):
		e.Hint = "the proxy does not let the call through: check user, password and rules of HTTPS_PROXY, or except the host in NO_PROXY"
		if refusal == http.StatusProxyAuthRequired || refusal == http.StatusForbidden {
			e.Message, e.Cause = "", pointless{e.Message}
		}
	case errors.As(err, &onTheWay) && onTheWay.Op == "proxyconnect":
		e.Hint = "the proxy of HTTPS_PROXY cannot be reached: check its address, or except the host in NO_PROXY"
	case errors.As(err, &host):
		c.unknownHost(e, call, host)
	case errors.As(err, &certificate):
		e.Message, e.Cause, e.Hint = "", pointless{e.Message}, certificateHint(certificate.Err)
	case errors.Is(err, syscall.ECONNREFUSED):
		e.Hint = "nothing listens there: check the endpoint, and whether a proxy (HTTPS_PROXY) is needed"
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		e.Hint = "there is no route to the service: check the network, and whether a proxy (HTTPS_PROXY) is needed"
	case errors.As(err, &timeout) && timeout.Timeout():
		e.Hint = "the service does not answer: check the network, its firewall, and whether a proxy (HTTPS_PROXY) is needed"
	}
	return e
}

// unknownHost tells a failed look-up. The likeliest reason is a region that only its author knows.
func (c *Connection) unknownHost(e *providers.CallError, call Call, host *net.DNSError) {
	e.Message = fmt.Sprintf("the host %s cannot be looked up", c.secrets.presentable(host.Name))
	e.Hint = "check the network, its name servers, and whether a proxy (HTTPS_PROXY) is needed"
	region := call.Region
	if region == "" {
		region = c.cloud.Region
	}
	if found, err := c.endpoints.find(call.Service, region); err == nil && found.source == sourceVendor && c.endpoints.unknownRegion(region) {
		e.Message += fmt.Sprintf("; %s is no region of %s that we know of", region, c.Traits().Title)
		e.Hint = fmt.Sprintf("check the region; if it is new, say where the service is: --endpoint %s.%s=URL", call.Service, region)
	} else if err == nil && found.source != sourceVendor {
		e.Hint = "check the host, which was given by " + found.source
	}
	if host.IsNotFound {
		e.Message, e.Cause = "", pointless{e.Message}
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
