package huaweicloud

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/auth"
)

// maxBodyBytes is the largest request body that the cloud accepts.
const maxBodyBytes = 12 << 20

// Call is one request to a service.
type Call struct {
	// Service is the short name of the endpoint: "iam".
	Service string
	// Region is the region of a regional service; "" means the cloud's own region.
	Region string
	// ProjectID makes the call in a project. Without it, the call is made in the account, as IAM demands.
	ProjectID string
	// Language is the wanted language of texts, as in "en-us", where the service honours that; "" does not ask.
	Language string
	// Operation says in words what is attempted, for errors and logs: "list agencies".
	Operation string
	Method    string
	// Path are the unescaped segments of the path. An empty one, "." and ".." are refused, so that an id from a file or
	// a server cannot turn one call into another.
	Path  []string
	Query url.Values
	// Body is sent as JSON; nil sends none.
	Body any
	// Repeatable says that doing it twice is the same as doing it once, so that a failure without a clear outcome may be
	// retried. Other calls are only retried after 429, which means that the service did no work.
	Repeatable bool
	// Attempts counts how often a call that may change something is sent; nil counts nothing.
	Attempts *providers.Attempts

	// header is sent besides the headers of every call.
	header http.Header
}

// Get returns the call that reads path.
func Get(service, operation string, query url.Values, path ...string) Call {
	return Call{Service: service, Operation: operation, Method: http.MethodGet, Path: path, Query: query, Repeatable: true}
}

// reads reports whether the call changes nothing.
func (c Call) reads() bool { return c.Method == http.MethodGet || c.Method == http.MethodHead }

// ValidID reports whether id can be an id of the cloud: 1 to 128 letters, digits, hyphens and underscores. Ids come
// from servers and files and become parts of paths, so everything else is refused before it is used.
func ValidID(id string) bool { return auth.ValidID(id) }

// outgoing is a call that was checked and encoded, to be signed and sent in one or more attempts.
type outgoing struct {
	Call
	api    API
	url    *url.URL
	body   []byte
	source *auth.TokenSource
	// credential is one of source. renewable says that source can replace it if it is refused.
	credential *auth.Credential
	renewable  bool
}

// encode checks a call and finds its endpoint.
func (c *Connection) encode(call Call) (outgoing, error) {
	path, err := call.path()
	if err != nil {
		return outgoing{}, fmt.Errorf("%s: %w", call.Operation, err)
	}
	body, err := call.body()
	if err != nil {
		return outgoing{}, fmt.Errorf("%s: encode: %w", call.Operation, err)
	}
	base, err := c.endpoints.of(call.Service, call.Region)
	if err != nil {
		return outgoing{}, fmt.Errorf("%s: %w", call.Operation, err)
	}
	u := &url.URL{Scheme: base.Scheme, Host: base.Host, Path: path, RawPath: escapePath(path), RawQuery: auth.EncodeQuery(call.Query)}
	host, _ := c.endpoints.hosts.named(call.Service)
	return outgoing{Call: call, api: apiOf(host.APIs, call.Method, call.Path), url: u, body: body}, nil
}

// path returns the path before it is escaped.
func (c Call) path() (string, error) {
	for _, segment := range c.Path {
		if segment == "" || segment == "." || segment == ".." || strings.ContainsAny(segment, "/\x00") {
			return "", fmt.Errorf("%w: %q cannot be part of a path", providers.ErrInvalid, segment)
		}
	}
	return "/" + strings.Join(c.Path, "/"), nil
}

// body returns the body as sent, nil for none.
func (c Call) body() ([]byte, error) {
	if c.Body == nil {
		return nil, nil
	}
	var text strings.Builder
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false) // limits count characters as sent
	if err := encoder.Encode(c.Body); err != nil {
		return nil, err
	}
	body := []byte(strings.TrimSuffix(text.String(), "\n"))
	if len(body) > maxBodyBytes {
		return nil, fmt.Errorf("%w: the request body is larger than %d bytes", providers.ErrInvalid, maxBodyBytes)
	}
	return body, nil
}

// escapePath escapes a path for sending as it is escaped for signing.
func escapePath(path string) string {
	segments := strings.Split(path, "/")
	for i, s := range segments {
		segments[i] = auth.PercentEncode(s)
	}
	return strings.Join(segments, "/")
}

// Next returns path and query of a link to a further page. A link to another host is an error: it would carry our
// signature there.
func (c *Connection) Next(service, link string) (path []string, query url.Values, err error) {
	base, err := c.endpoints.of(service, "")
	if err != nil {
		return nil, nil, err
	}
	u, err := url.Parse(link)
	if err != nil {
		return nil, nil, fmt.Errorf("%w: the link to the next page is not a URL", providers.ErrInvalid)
	}
	if u.Host != "" && (u.Host != base.Host || u.Scheme != base.Scheme) || u.User != nil {
		return nil, nil, fmt.Errorf("%w: the link to the next page leads to another host", providers.ErrInvalid)
	}
	query, err = url.ParseQuery(u.RawQuery)
	if err != nil {
		return nil, nil, fmt.Errorf("%w: the link to the next page has a malformed query", providers.ErrInvalid)
	}
	return strings.Split(strings.Trim(u.Path, "/"), "/"), query, nil
}
