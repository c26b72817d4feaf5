package cloudsim

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// MaxBodyBytes is the size of the largest request body; a larger one is answered 413.
const MaxBodyBytes = 12 << 20

// reply is an answer as sent.
type reply struct {
	status      int
	contentType string
	body        []byte
	header      map[string]string
	cut         bool
	endless     bool
}

// ServeHTTP answers one call. When a fault cuts the connection it panics with http.ErrAbortHandler, by which servers of
// net/http close the connection.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	id := s.requestID()
	rt, params := s.router.find(r.Method, r.URL)
	call := Call{Method: r.Method, Path: r.URL.Path, Query: r.URL.RawQuery}
	call.Write = r.Method != http.MethodGet && r.Method != http.MethodHead && (rt == nil || !rt.session)
	if rt != nil {
		call.Service, call.Operation = rt.service, rt.name
	}
	out := s.reply(r, rt, params, id)
	if out.cut {
		s.log.add(call, id, s.options.Clock())
		panic(http.ErrAbortHandler)
	}
	call.Status = out.status
	s.log.add(call, id, s.options.Clock())
	h := w.Header()
	h.Set("X-Request-Id", id)
	h.Set("Date", s.options.Clock().UTC().Format(http.TimeFormat)) // by which callers check their own clock
	if s.options.Cloud == HuaweiCloud {
		h.Set("X-IAM-Trace-Id", "sim-"+id)
	}
	if out.contentType != "" {
		h.Set("Content-Type", out.contentType)
	}
	for key, value := range out.header {
		h.Set(key, value)
	}
	if skew := s.faults.current().ClockSkew; skew != 0 {
		h.Set("Date", s.options.Clock().Add(skew).UTC().Format(http.TimeFormat))
	}
	if out.endless {
		writeEndless(w, r)
	}
	if out.status != http.StatusNoContent {
		h.Set("Content-Length", strconv.Itoa(len(out.body)))
	}
	w.WriteHeader(out.status)
	if r.Method != http.MethodHead && out.status != http.StatusNoContent {
		_, _ = w.Write(out.body) // the caller may have disconnected
	}
}

// requestID returns an id that is unique within a server and the same in every run of the same calls.
func (s *Server) requestID() string {
	sum := sha256.Sum256(fmt.Appendf(nil, "request %d", s.requests.Add(1)))
	return hex.EncodeToString(sum[:16])
}

func (s *Server) reply(r *http.Request, rt *route, params map[string]string, id string) reply {
	no := func(err error) reply { return s.refuse(rt, err, id) }
	if s.wait(r) != nil {
		return reply{cut: true}
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, MaxBodyBytes+1))
	if err != nil {
		return no(&refusal{shape: ShapeB, status: http.StatusBadRequest, message: "the body cannot be read"})
	}
	if len(body) > MaxBodyBytes {
		return no(&refusal{
			shape: ShapeB, status: http.StatusRequestEntityTooLarge, code: "APIGW.0201", message: "the body is larger than 12 MB",
		})
	}
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return no(&refusal{shape: ShapeB, status: http.StatusBadRequest, message: "the query is malformed"})
	}
	now := s.options.Clock()
	who, err := s.authenticator.authenticate(r, rt, query, body, now)
	if err != nil {
		return no(err)
	}
	service := ""
	if rt != nil {
		service = rt.service
	}
	trouble := s.faults.decide(r, query, who.account, service, now)
	if trouble.before != nil {
		return s.renderFault(r, rt, trouble.before, id)
	}
	if rt == nil {
		return no(&refusal{shape: ShapeB, status: http.StatusNotFound, code: "APIGW.0101", message: "The API does not exist"})
	}
	x := &exchange{
		route: rt, request: r, params: params, query: query, body: body, who: who, now: now,
		cloud:         s.options.Cloud,
		switches:      s.options.Switches,
		secMaster:     cmp.Or(s.options.SecMasterAgency, secMasterAgency),
		tokenLife:     cmp.Or(s.options.TokenLife, defaultTokenLife),
		random:        s.options.Random,
		traceRegion:   s.options.TraceRegion,
		faults:        &s.faults,
		authenticator: s.authenticator,
	}
	a, err := s.handle(x, id)
	if trouble.after != nil {
		return s.renderFault(r, rt, trouble.after, id)
	}
	if err != nil {
		return no(err)
	}
	if a.body == nil {
		return reply{status: a.status, header: x.header}
	}
	return reply{status: a.status, contentType: jsonType, body: encode(a.body), header: x.header}
}

// wait simulates the latency of the network. It ends early with an error when the caller disconnects.
func (s *Server) wait(r *http.Request) error {
	latency := s.faults.current().Latency
	if latency == 0 {
		return nil
	}
	timer := time.NewTimer(latency)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-r.Context().Done():
		return r.Context().Err()
	}
}

// handle runs the operation on the state and saves the changes.
func (s *Server) handle(x *exchange, id string) (answer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.refresh(); err != nil {
		return answer{}, err
	}
	x.state, x.account = s.state, s.state.accounts[x.who.account]
	if err := x.authorize(); err != nil {
		return answer{}, err
	}
	if err := x.checkContentType(); err != nil {
		return answer{}, err
	}
	x.visible = view{now: x.now, read: s.reads + 1}
	x.view = view{current: true}
	if !x.route.write() {
		s.reads++
		x.view = x.visible
	}
	x.lag = s.faults.lag(x.now, s.reads)
	a, err := x.route.handle(x)
	x.record(id, err)
	if x.changed {
		if saveErr := s.save(); saveErr != nil {
			return answer{}, saveErr
		}
	}
	return a, err
}

// authorize refuses callers outside their account or scope, and those whose agency no longer exists.
func (x *exchange) authorize() error {
	who, domain, project := x.who, x.request.Header.Get("X-Domain-Id"), x.request.Header.Get(projectHeader)
	switch {
	case x.route.session && who.account == "":
		return nil
	case !x.state.stillTrusted(&who, x.now):
		return badToken(x.route, false)
	case who.token && who.project != "" && project != "" && project != who.project:
		return x.denied()
	case x.account == nil, domain != "" && domain != x.account.ID:
		return x.denied()
	case !x.route.anyScope && who.project != "":
		return x.denied()
	case !x.route.anyScope && domain == "" && x.switches.RequireDomainHeader:
		return x.denied()
	}
	return nil
}

// checkContentType refuses a body that is not said to be JSON. The pages write the charset utf8, and clients also UTF-8.
func (x *exchange) checkContentType() error {
	if len(x.body) == 0 || x.switches.AnyContentType {
		return nil
	}
	kind, parameters, err := mime.ParseMediaType(x.request.Header.Get("Content-Type"))
	charset := strings.ToLower(parameters["charset"])
	if err != nil || kind != "application/json" || charset != "" && charset != "utf8" && charset != "utf-8" {
		return x.fail(http.StatusBadRequest, "the Content-Type is not application/json;charset=utf8")
	}
	return nil
}

// refuse renders any error. An error that is no refusal is a failure of the simulator itself. It goes in full to the caller,
// who is the only one that can repair the state file.
func (s *Server) refuse(rt *route, err error, id string) reply {
	var no *refusal
	if !errors.As(err, &no) {
		no = &refusal{shape: shapeOf(rt), status: http.StatusInternalServerError, message: "simulator: " + err.Error()}
	}
	if rt != nil && rt.errors != nil {
		no.complete(rt.errors(s.options.Switches, no.status))
	}
	if s.options.Switches.SolutionMessages {
		no.solution = cmp.Or(no.solution, "Check the request and try again.")
	}
	contentType, body := no.body(id)
	return reply{status: no.status, contentType: contentType, body: body}
}

// renderFault renders a fault.
func (s *Server) renderFault(r *http.Request, rt *route, f *Fault, id string) reply {
	if f.Cut {
		return reply{cut: true}
	}
	if f.Endless {
		return reply{status: http.StatusOK, endless: true}
	}
	message := f.message
	if message == "" && rt != nil {
		message = rt.example(r, f.Status)
	}
	no := &refusal{
		shape: cmp.Or(f.Shape, shapeOf(rt)), status: f.Status, code: f.code, solution: f.Solution,
		message: cmp.Or(message, "simulated fault: "+http.StatusText(f.Status)),
	}
	out := s.refuse(rt, no, id)
	out.header = f.Header
	if f.Body != "" {
		out.contentType, out.body = jsonType, []byte(f.Body)
	}
	return out
}

func shapeOf(rt *route) Shape {
	if rt == nil {
		return ShapeB
	}
	return rt.shape
}

// maxCalls bounds the calls that a Server remembers; older ones are dropped.
const maxCalls = 200_000

// Call is one request that a Server has answered.
type Call struct {
	Method string `json:"method"`
	Path   string `json:"path"`
	// Query is the raw query string.
	Query string `json:"query"`
	// Service and Operation are "" when no API matched.
	Service   string `json:"service"`
	Operation string `json:"operation"`
	// Status is 0 when the connection was cut.
	Status int `json:"status"`
	// Write is set for calls that may change something.
	Write bool `json:"write"`
}

// callLog remembers calls and writes them to out. Safe for concurrent use.
type callLog struct {
	mu    sync.Mutex
	calls []Call
	out   io.Writer
}

func (l *callLog) add(c Call, requestID string, at time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.calls) >= maxCalls {
		l.calls = slices.Delete(l.calls, 0, maxCalls/2)
	}
	l.calls = append(l.calls, c)
	if l.out == nil {
		return
	}
	line, err := json.Marshal(struct {
		Time      time.Time `json:"time"`
		RequestID string    `json:"requestId"`
		Call
	}{at.UTC(), requestID, c})
	if err == nil {
		_, _ = l.out.Write(append(line, '\n'))
	}
}

func (l *callLog) all() []Call {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.calls)
}

func (l *callLog) reset() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.calls = nil
}
