package directory

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud"
)

// Client makes the identity calls of one connection. It is stateless and safe for concurrent use.
type Client struct {
	conn   *huaweicloud.Connection
	domain string
	// attempts counts the writes that are sent; nil counts nothing.
	attempts *providers.Attempts
}

// NewClient returns a client on conn, which stays the caller's to close.
func NewClient(conn *huaweicloud.Connection) *Client {
	return &Client{conn: conn, domain: conn.DomainID()}
}

// Counting returns a client of the same connection whose writes are counted among the attempts.
func (c *Client) Counting(attempts *providers.Attempts) *Client {
	counting := *c
	counting.attempts = attempts
	return &counting
}

// get returns the call that reads an IAM path.
func get(operation string, query url.Values, path ...string) huaweicloud.Call {
	return huaweicloud.Get(huaweicloud.ServiceIAM, operation, query, path...)
}

// paged adds page and per_page; both or neither, says the cloud.
func paged(query url.Values, page, perPage int) url.Values {
	q := url.Values{}
	for key, values := range query {
		q[key] = values
	}
	q.Set("page", strconv.Itoa(page))
	q.Set("per_page", strconv.Itoa(perPage))
	return q
}

// hasStatus reports whether the call was answered with this HTTP status.
func hasStatus(err error, status int) bool {
	var failed *providers.CallError
	return errors.As(err, &failed) && failed.Status == status
}

// isBadRequest reports whether the call was answered with 400.
func isBadRequest(err error) bool { return hasStatus(err, http.StatusBadRequest) }

// refusesPaging reports whether a first page was refused in a way that leaves the list without pages to try.
func refusesPaging(err error) bool {
	var refused refusedPages
	return errors.As(err, &refused)
}

// incomplete is the error of a list that is not all there. A short list must never pass for the whole one.
func incomplete(operation, format string, arguments ...any) error {
	return &providers.CallError{Operation: operation, Service: huaweicloud.ServiceIAM, Message: fmt.Sprintf(format, arguments...)}
}
