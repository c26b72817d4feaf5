package cloudsim

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// exchange is one running call, under the server's lock.
type exchange struct {
	route   *route
	request *http.Request
	params  map[string]string
	query   url.Values
	body    []byte

	cloud         string
	switches      Switches
	state         *state
	account       *account // nil for a caller without credentials
	who           caller
	authenticator *authenticator
	now           time.Time
	// view is the view of this call: reads lag, writes do not. visible is the view of reads, in both cases.
	view, visible view
	lag           lag
	random        io.Reader
	faults        *faultInjector
	// secMaster is the name of SecMaster's agency.
	secMaster string
	tokenLife time.Duration
	// header is sent with an answer that is no refusal.
	header  map[string]string
	changed bool
	// changes are what the call did to agencies, grants and policies.
	changes []change
	// traceRegion is that of Options.
	traceRegion string
}

func (x *exchange) huawei() bool { return x.cloud == HuaweiCloud }

// fail refuses in the shape of the endpoint, with the usual code of the status.
func (x *exchange) fail(status int, format string, args ...any) error {
	return &refusal{shape: x.route.shape, status: status, message: fmt.Sprintf(format, args...)}
}

// failCode refuses with a code of its own. The shape is B, the only one that has such codes.
func (x *exchange) failCode(status int, code, format string, args ...any) error {
	return &refusal{shape: ShapeB, status: status, code: code, message: fmt.Sprintf(format, args...)}
}

// example refuses with the text of the page's example, or in these words where the page has none.
func (x *exchange) example(status int, format string, args ...any) error {
	if text := x.route.example(x.request, status); text != "" {
		return x.fail(status, "%s", text)
	}
	return x.fail(status, format, args...)
}

// denied refuses the caller. Open Telekom Cloud uses the older form of the action's name.
func (x *exchange) denied() error {
	if x.huawei() {
		return x.example(http.StatusForbidden, "You are not allowed to call %s", x.route.name)
	}
	return x.example(http.StatusForbidden, "You are not allowed to perform the action identity:%s", snakeCase(x.route.name))
}

func snakeCase(s string) string {
	var b strings.Builder
	for i, c := range s {
		if c >= 'A' && c <= 'Z' {
			if i > 0 {
				b.WriteByte('_')
			}
			c += 'a' - 'A'
		}
		b.WriteRune(c)
	}
	return b.String()
}

// ownDomain refuses another account's id.
func (x *exchange) ownDomain(id string) error {
	if id != x.account.ID {
		return x.denied()
	}
	return nil
}

// newID returns a random id of 32 hex characters.
func (x *exchange) newID() (string, error) { return newID(x.random) }

func newID(random io.Reader) (string, error) {
	var raw [16]byte
	if _, err := io.ReadFull(random, raw[:]); err != nil {
		return "", fmt.Errorf("no randomness for an id: %w", err)
	}
	return hex.EncodeToString(raw[:]), nil
}

func (x *exchange) setAgency(id string, g *Agency) {
	x.changed = true
	before := x.account.agencies.get(id, view{current: true})
	x.note(before != nil, g != nil, change{kind: "agency", id: id, name: nameOf(g, before)})
	x.account.agencies.set(id, g, x.lag)
}

// nameOf returns the name of the first agency that is there.
func nameOf(agencies ...*Agency) string {
	for _, g := range agencies {
		if g != nil {
			return g.Name
		}
	}
	return ""
}

func (x *exchange) setGrant(agency string, g Grant, granted bool) {
	x.changed = true
	x.note(!granted, granted, change{kind: "grant", id: agency, grant: g})
	if granted {
		x.account.grants.set(grantKey(agency, g), &g, x.lag)
		return
	}
	x.account.grants.set(grantKey(agency, g), nil, x.lag)
}

func (x *exchange) setPolicy(id string, p *Role) {
	x.changed = true
	before := x.account.policies.get(id, view{current: true})
	c := change{kind: "policy", id: id}
	if p != nil {
		c.name = p.DisplayName
	} else if before != nil {
		c.name = before.DisplayName
	}
	x.note(before != nil, p != nil, c)
	x.account.policies.set(id, p, x.lag)
}

// setDocument stores a value of a service; nil removes it. The key starts with the service's name and a slash.
func (x *exchange) setDocument(key string, value any) error {
	x.changed = true
	if value == nil {
		x.account.documents.set(key, nil, x.lag)
		return nil
	}
	data, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("document %s: %w", key, err)
	}
	raw := json.RawMessage(data)
	x.account.documents.set(key, &raw, x.lag)
	return nil
}

// document decodes a value of setDocument, and reports whether there is one.
func (x *exchange) document(key string, value any) (bool, error) {
	raw := x.account.documents.get(key, x.view)
	if raw == nil {
		return false, nil
	}
	if err := json.Unmarshal(*raw, value); err != nil {
		return false, fmt.Errorf("document %s: %w", key, err)
	}
	return true, nil
}

// link returns a URL on this server.
func (x *exchange) link(path string) string {
	scheme := "http"
	if x.request.TLS != nil {
		scheme = "https"
	}
	return scheme + "://" + x.request.Host + path
}

// links returns the object with links of list and show answers.
func (x *exchange) links(path string) map[string]any {
	return map[string]any{"self": x.link(path), "previous": nil, "next": nil}
}

// page is a request for a part of a list. The zero value means all of it.
type page struct{ number, size int }

// paging reads page and per_page, which must be sent together.
func (x *exchange) paging(most int) (page, error) {
	number, hasNumber, err := x.queryInt("page", 1, 1<<30)
	if err != nil {
		return page{}, err
	}
	size, hasSize, err := x.queryInt("per_page", 1, most)
	if err != nil {
		return page{}, err
	}
	switch {
	case !hasNumber && !hasSize:
		return page{}, nil
	case hasNumber && hasSize:
	case !x.switches.AcceptHalfPaging:
		return page{}, x.fail(http.StatusBadRequest, "'page' and 'per_page' must be sent together")
	case hasNumber:
		size = most
	default:
		number = 1
	}
	return page{number, size}, nil
}

func (x *exchange) queryInt(name string, least, most int) (n int, present bool, err error) {
	text := x.query.Get(name)
	if text == "" {
		return 0, false, nil
	}
	n, err = strconv.Atoi(text)
	if err != nil || n < least || n > most {
		return 0, false, x.fail(http.StatusBadRequest, "'%s' is not a number between %d and %d", name, least, most)
	}
	return n, true, nil
}

func (x *exchange) queryBool(name string) (value, present bool, err error) {
	switch strings.ToLower(x.query.Get(name)) {
	case "":
		return false, false, nil
	case "true":
		return true, true, nil
	case "false":
		return false, true, nil
	}
	return false, false, x.fail(http.StatusBadRequest, "'%s' is neither true nor false", name)
}

// pageOf returns the part of items that p means.
func pageOf[T any](items []T, p page) []T {
	if p.size == 0 {
		return items
	}
	if p.number-1 > len(items)/p.size {
		return items[:0]
	}
	start := min((p.number-1)*p.size, len(items))
	return items[start:min(start+p.size, len(items))]
}

// object is a JSON object. Its keys are matched exactly, as the cloud does and encoding/json does not.
type object map[string]json.RawMessage

// envelope reads the body's object under a key, such as {"agency":{...}}.
func (x *exchange) envelope(key string) (object, error) {
	var outer, inner object
	if err := json.Unmarshal(x.body, &outer); err != nil {
		return nil, x.fail(http.StatusBadRequest, "the body is not a JSON object")
	}
	if err := json.Unmarshal(outer[key], &inner); err != nil || inner == nil {
		return nil, x.fail(http.StatusBadRequest, "'%s' is a required property", key)
	}
	return inner, nil
}

// text reads a string; null counts as absent.
func (x *exchange) text(o object, key string) (value string, present bool, err error) {
	raw, present := o[key]
	if !present || string(raw) == "null" {
		return "", false, nil
	}
	if err := json.Unmarshal(raw, &value); err != nil {
		return "", false, x.fail(http.StatusBadRequest, "'%s' is not a string", key)
	}
	return value, true, nil
}
