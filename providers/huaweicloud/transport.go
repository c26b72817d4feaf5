package huaweicloud

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/net/http/httpproxy"

	"github.com/agencyctl/agencyctl/providers/huaweicloud/auth"
)

// ErrBadTransport is wrapped by the error of [Connect] when the environment's proxy or private CA cannot be used.
var ErrBadTransport = errors.New("bad network setting")

const (
	dialTimeout      = 10 * time.Second
	handshakeTimeout = 10 * time.Second
	idleTimeout      = 90 * time.Second
	// connsPerHost bounds the calls that are under way at once.
	connsPerHost = 64
	// maxHeaderBytes bounds the header of an answer, maxAuthorityBytes a file of private CAs.
	maxHeaderBytes    = 256 << 10
	maxAuthorityBytes = 1 << 20
)

// authorityVariables name a file with further CAs in PEM, after ours and the source of the credentials; the first that is set
// counts. Go itself reads SSL_CERT_FILE, which replaces the system's CAs.
var authorityVariables = []string{"OS_CACERT", "HW_CACERT"}

// insecureVariables switch off the check of certificates in other tools. Here they only cause a warning.
var insecureVariables = []string{"OS_INSECURE", "HW_INSECURE"}

// unverifiedIgnored is the warning about a setting that switches off the check of certificates.
const unverifiedIgnored = "ignored: certificates are always verified; name a private CA with AGENCYCTL_CACERT=FILE"

// Transport returns a transport for calls to others than the cloud, with the proxies and the private CAs that the environment names.
func Transport(getenv func(string) string) (http.RoundTripper, error) {
	return newTransport(getenv, auth.Found{}, slog.New(slog.DiscardHandler)) // what it warns of, the connection to the cloud does
}

// newTransport returns the transport of calls. Proxies come from the environment, private CAs also from the source of the
// credentials; all waits have a limit.
func newTransport(getenv func(string) string, found auth.Found, logger *slog.Logger) (*http.Transport, error) {
	if found.Unverified != "" {
		logger.Warn(unverifiedIgnored, "setting", found.Unverified)
	}
	for _, name := range insecureVariables {
		if value := strings.ToLower(getenv(name)); value != "" && value != "0" && value != "false" && value != "no" {
			logger.Warn(unverifiedIgnored, "variable", name)
		}
	}
	authorities, err := authoritiesFrom(getenv, found)
	if err != nil {
		return nil, err
	}
	proxy, err := proxyFrom(getenv)
	if err != nil {
		return nil, err
	}
	return &http.Transport{
		Proxy:                  proxy,
		OnProxyConnectResponse: refusedByProxy,
		DialContext:            (&net.Dialer{Timeout: dialTimeout}).DialContext,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: authorities},
		TLSHandshakeTimeout:    handshakeTimeout,
		MaxConnsPerHost:        connsPerHost,
		MaxIdleConnsPerHost:    connsPerHost,
		IdleConnTimeout:        idleTimeout,
		MaxResponseHeaderBytes: maxHeaderBytes,
		ExpectContinueTimeout:  time.Second,
		ForceAttemptHTTP2:      true,
	}, nil
}

// proxyFrom reads HTTPS_PROXY, HTTP_PROXY and NO_PROXY, in upper or lower case. Calls to this machine use no proxy. A proxy's
// URL may hold a password, so no error shows it.
func proxyFrom(getenv func(string) string) (func(*http.Request) (*url.URL, error), error) {
	either := func(name string) string {
		if value := getenv(name); value != "" {
			return value
		}
		return getenv(strings.ToLower(name))
	}
	settings := httpproxy.Config{
		HTTPSProxy: either("HTTPS_PROXY"), HTTPProxy: either("HTTP_PROXY"), NoProxy: either("NO_PROXY"), CGI: getenv("REQUEST_METHOD") != "",
	}
	if settings.HTTPSProxy != "" {
		// The library ignores a URL that it cannot read, and the calls would go past the proxy.
		alone := httpproxy.Config{HTTPSProxy: settings.HTTPSProxy}
		proxy, err := alone.ProxyFunc()(&url.URL{Scheme: "https", Host: "iam." + vendorDomains[0]})
		if err != nil || proxy == nil || proxy.Hostname() == "" {
			return nil, fmt.Errorf("%w: HTTPS_PROXY is not a URL of the form http://HOST:PORT", ErrBadTransport)
		}
		// A password with such a character ends the host early. The rest of the password would become the host's name in errors.
		if strings.Trim(proxy.Path, "/") != "" || proxy.RawQuery != "" || proxy.ForceQuery || strings.Contains(settings.HTTPSProxy, "#") {
			return nil, fmt.Errorf("%w: HTTPS_PROXY has a path, a query or a fragment; write http://USER:PASSWORD@HOST:PORT, "+
				"and in the password %%2F for /, %%3F for ?, %%23 for #", ErrBadTransport)
		}
	}
	choose := settings.ProxyFunc()
	return func(r *http.Request) (*url.URL, error) { return choose(r.URL) }, nil
}

// proxyRefusal is the HTTP status of a proxy that refuses the call.
type proxyRefusal int

// Error returns the status in words.
func (r proxyRefusal) Error() string {
	return strings.TrimSpace(fmt.Sprintf("the proxy answers HTTP %d %s", int(r), strings.ToLower(http.StatusText(int(r)))))
}

func refusedByProxy(_ context.Context, _ *url.URL, _ *http.Request, answer *http.Response) error {
	if answer.StatusCode != http.StatusOK {
		return proxyRefusal(answer.StatusCode)
	}
	return nil
}

// authoritiesFrom returns the system's CAs and those of a private file: that of our variable, else of the source of the credentials,
// else of other tools' variables. Without such a file it returns nil, which means the system's.
func authoritiesFrom(getenv func(string) string, found auth.Found) (*x509.CertPool, error) {
	file, from := getenv(envAuthority), envAuthority
	if file == "" {
		file, from = found.Authorities, found.AuthoritiesFrom
	}
	for _, variable := range authorityVariables {
		if file == "" {
			file, from = getenv(variable), variable
		}
	}
	if file == "" {
		return nil, nil
	}
	text, err := auth.ReadFile(file, maxAuthorityBytes)
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrBadTransport, from, err)
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		return nil, fmt.Errorf("%w: the system's CAs: %w", ErrBadTransport, err)
	}
	if !pool.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("%w: %s: the file %s holds no certificate in PEM (-----BEGIN CERTIFICATE-----)", ErrBadTransport, from, file)
	}
	return pool, nil
}
