package huaweicloud

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/agencyctl/agencyctl/providers"
)

// maxBodyBytes is the most that the cloud accepts as a request body.
const maxBodyBytes = 12 << 20

// Call is one request to a service.
type Call struct {
	// Service is the short name that the endpoint is found by: "iam".
	Service string
	// Region is where a regional service is called; "" means the cloud's own region.
	Region string
	// ProjectID makes the call in a project. Without it, it is made in the account, as IAM demands.
	ProjectID string
	// Language asks for texts in a language, as in "en-us", where the service honours that; "" does not ask.
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
	// repeated. One that is not is only repeated after 429, which says that it was turned away before any work.
	Repeatable bool

	// entrance marks a call that only gets us in: it is no attempt of the change that a caller is making.
	entrance bool
	// header is sent besides what every call carries.
	header http.Header
}

// Get returns the call that reads path.
func Get(service, operation string, query url.Values, path ...string) Call {
	return Call{Service: service, Operation: operation, Method: http.MethodGet, Path: path, Query: query, Repeatable: true}
}

// path returns the path as sent before escaping.
func (c Call) path() (string, error) {
	for _, segment := range c.Path {
		if segment == "" || segment == "." || segment == ".." || strings.ContainsAny(segment, "/\x00") {
			return "", fmt.Errorf("%w: %q cannot be part of a path", providers.ErrInvalid, segment)
		}
	}
	return "/" + strings.Join(c.Path, "/"), nil
}

// encode returns the body as sent, nil for none.
func (c Call) encode() ([]byte, error) {
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
		segments[i] = percentEncode(s)
	}
	return strings.Join(segments, "/")
}
