package cloudsim

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Faults are the troubles that a Server makes. The zero value makes none.
type Faults struct {
	// Latency is waited, in real time, before every call is worked on.
	Latency time.Duration
	// RatePerSecond is how many calls an account may make to a service in a second of the server's clock, and at once after
	// a pause; more are answered 429 with Retry-After. 0 means no limit.
	RatePerSecond int
	// NoRetryAfter leaves Retry-After out of these answers.
	NoRetryAfter bool
	// ErrorRate is the share of calls, 0 to 1, that are answered with one of ErrorStatuses and change nothing.
	ErrorRate float64
	// ErrorStatuses are what ErrorRate draws from, 400 to 599; none means 500, 502 and 503.
	ErrorStatuses []int
	// HTMLRate is the share of calls, 0 to 1, that are answered 502 with a proxy's HTML page and change nothing.
	HTMLRate float64
	// EndlessRate is the share of calls, 0 to 1, that change nothing and are answered 200 with a body that never ends.
	EndlessRate float64
	// CutBefore and CutAfter are the shares of calls, 0 to 1, whose connection is cut before, or after, the change.
	CutBefore, CutAfter float64
	// Seed makes the shares fall on the same calls in every run of the same sequence of calls.
	Seed uint64
	// ReadLag is for how long, by the server's clock, reads show the state before a change.
	ReadLag time.Duration
	// LaggedReads is how many reads after a change, whatever they ask for, show the state before it.
	LaggedReads int
	// ClockSkew is added to the server's clock where it judges the date of a signature, and to the Date of its answers.
	ClockSkew time.Duration
	// LockedKeys are access keys that are answered as if too many bad signatures had locked them, as long as these faults
	// hold.
	LockedKeys []string
	// Targets are tried in order; the first that matches a call is used up by one and decides its answer.
	Targets []Fault
	// Agencies fail when a cloud service makes or repairs its own: CSMS says so inside a 200, the others answer 500.
	Agencies []AgencyFault
}

// AgencyFault is trouble that a cloud service has with an agency of its own.
type AgencyFault struct {
	// Agency is the exact name. While it fails, nothing is made or granted of that agency.
	Agency string
	// Message is what the service says.
	Message string
	// Times is how many attempts fail; 0 means all.
	Times int
}

// Fault is trouble for chosen calls.
type Fault struct {
	// Method matches exactly; "" matches every one.
	Method string
	// Path is matched segment by segment: "*" stands for one segment, a last "**" for all that follow. "" matches all.
	Path string
	// Query lists parameters that the call must carry with these values.
	Query map[string]string
	// Skip is how many matching calls pass first.
	Skip int
	// Times is how many calls are hit after that; 0 means all.
	Times int
	// Status is the HTTP status to answer, 400 to 599.
	Status int
	// Shape chooses the standard body; "" is the shape of the endpoint.
	Shape Shape
	// Body replaces the standard body.
	Body string
	// Header adds to the answer's header.
	Header map[string]string
	// Cut closes the connection instead of answering.
	Cut bool
	// Endless answers 200 with a body that never ends. It needs a caller on a network; another gets an aborted call.
	Endless bool
	// AfterChange lets the call do its work before it fails.
	AfterChange bool

	// code and message replace the usual ones.
	code, message string
}

func (f Faults) check() error {
	problems := []error{f.checkWeather()}
	if f.Latency < 0 || f.ReadLag < 0 || f.RatePerSecond < 0 || f.LaggedReads < 0 {
		problems = append(problems, errors.New("faults: latency, rate, read lag and lagged reads must not be negative"))
	}
	for i, t := range f.Targets {
		if !t.Cut && !t.Endless && (t.Status < 400 || t.Status > 599) {
			problems = append(problems, fmt.Errorf("faults: target %d: status %d is not between 400 and 599", i+1, t.Status))
		}
		if t.Skip < 0 || t.Times < 0 {
			problems = append(problems, fmt.Errorf("faults: target %d: skip and times must not be negative", i+1))
		}
	}
	for i, a := range f.Agencies {
		if a.Agency == "" || a.Message == "" || a.Times < 0 {
			problems = append(problems, fmt.Errorf("faults: agency %d: name and message must be there, times must not be negative", i+1))
		}
	}
	return errors.Join(problems...)
}

func (t Fault) matches(r *http.Request, query url.Values) bool {
	if t.Method != "" && t.Method != r.Method {
		return false
	}
	for key, value := range t.Query {
		if query.Get(key) != value {
			return false
		}
	}
	return t.Path == "" || pathMatches(strings.Split(t.Path, "/"), strings.Split(r.URL.Path, "/"))
}

func pathMatches(pattern, path []string) bool {
	for i, want := range pattern {
		if want == "**" && i == len(pattern)-1 {
			return true
		}
		if i >= len(path) || want != "*" && want != path[i] {
			return false
		}
	}
	return len(pattern) == len(path)
}

// faultDecision is what the faults decided about one call.
type faultDecision struct {
	before, after *Fault
}

// faultInjector carries Faults and what is used up of them. Safe for concurrent use.
type faultInjector struct {
	mu       sync.Mutex
	faults   Faults
	hits     []int
	failed   []int // attempts on agencies
	random   *rand.Rand
	limiters map[string]*rate.Limiter
}

// set starts afresh with these faults.
func (t *faultInjector) set(f Faults) error {
	if err := f.check(); err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	f.Targets, f.ErrorStatuses, f.LockedKeys = slices.Clone(f.Targets), slices.Clone(f.ErrorStatuses), slices.Clone(f.LockedKeys)
	t.faults, t.hits, t.limiters = f, make([]int, len(f.Targets)), map[string]*rate.Limiter{}
	f.Agencies = slices.Clone(f.Agencies)
	t.faults.Agencies, t.failed = f.Agencies, make([]int, len(f.Agencies))
	t.random = rand.New(rand.NewPCG(f.Seed, 0))
	return nil
}

func (t *faultInjector) latency() time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.faults.Latency
}

// lag is how a change made now, after so many reads, is hidden.
func (t *faultInjector) lag(now time.Time, reads int64) lag {
	t.mu.Lock()
	defer t.mu.Unlock()
	return lag{next: view{now: now, read: reads + 1}, until: now.Add(t.faults.ReadLag), reads: reads + int64(t.faults.LaggedReads),
		on: t.faults.ReadLag > 0 || t.faults.LaggedReads > 0}
}

func (t *faultInjector) target(r *http.Request, query url.Values) *Fault {
	for i := range t.faults.Targets {
		f := t.faults.Targets[i]
		if !f.matches(r, query) || f.Times > 0 && t.hits[i] >= f.Skip+f.Times {
			continue
		}
		t.hits[i]++
		if t.hits[i] > f.Skip {
			return &f
		}
	}
	return nil
}

// agency says what is wrong with an attempt on an agency of a cloud service, "" for nothing.
func (t *faultInjector) agency(name string) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i, f := range t.faults.Agencies {
		if f.Agency == name && (f.Times == 0 || t.failed[i] < f.Times) {
			t.failed[i]++
			return f.Message
		}
	}
	return ""
}

// errorStatuses are what an error rate stands for when nothing else is said.
var errorStatuses = []int{http.StatusInternalServerError, http.StatusBadGateway, http.StatusServiceUnavailable}

// checkWeather reports the shares and statuses that are out of their limits.
func (f Faults) checkWeather() error {
	var problems []error
	for _, share := range []struct {
		name  string
		value float64
	}{{"error rate", f.ErrorRate}, {"HTML rate", f.HTMLRate}, {"endless rate", f.EndlessRate}, {"cut before", f.CutBefore}, {"cut after", f.CutAfter}} {
		if !(share.value >= 0 && share.value <= 1) {
			problems = append(problems, fmt.Errorf("faults: %s %v is not between 0 and 1", share.name, share.value))
		}
	}
	for _, status := range f.ErrorStatuses {
		if status < 400 || status > 599 {
			problems = append(problems, fmt.Errorf("faults: error status %d is not between 400 and 599", status))
		}
	}
	return errors.Join(problems...)
}

// draw decides by chance about one call. All shares are drawn for every call, so that changing one does not move the
// others.
func (f Faults) draw(random *rand.Rand) faultDecision {
	chance := func(share float64) bool { return random.Float64() < share }
	failed, cutBefore, cutAfter := chance(f.ErrorRate), chance(f.CutBefore), chance(f.CutAfter)
	html, endless, pick := chance(f.HTMLRate), chance(f.EndlessRate), random.Float64()
	statuses := f.ErrorStatuses
	if len(statuses) == 0 {
		statuses = errorStatuses
	}
	switch {
	case failed:
		return faultDecision{before: &Fault{Status: statuses[int(pick*float64(len(statuses)))]}}
	case html:
		return faultDecision{before: &Fault{Status: http.StatusBadGateway, Shape: ShapeHTML}}
	case endless:
		return faultDecision{before: &Fault{Endless: true}}
	case cutBefore:
		return faultDecision{before: &Fault{Cut: true}}
	case cutAfter:
		return faultDecision{after: &Fault{Cut: true}}
	}
	return faultDecision{}
}

// throttle returns the answer to a call beyond the limit, or nil. Each account has a bucket of a second's calls at each
// service.
func (t *faultInjector) throttle(account, service string, now time.Time) *Fault {
	limit := t.faults.RatePerSecond
	if limit == 0 {
		return nil
	}
	key := service + "/" + account
	if t.limiters[key] == nil {
		t.limiters[key] = rate.NewLimiter(rate.Limit(limit), limit)
	}
	if t.limiters[key].AllowN(now, 1) {
		return nil
	}
	f := &Fault{Status: http.StatusTooManyRequests, Shape: ShapeB, code: gatewayCodes[http.StatusTooManyRequests],
		message: fmt.Sprintf("The throttling threshold has been reached: limit: %d, time: 1 second", limit)}
	if service == identityName {
		f.code = usualCodes[http.StatusTooManyRequests]
	}
	if !t.faults.NoRetryAfter {
		f.Header = map[string]string{"Retry-After": "1"}
	}
	return f
}

// decide says what happens to a call of an account to a service.
func (t *faultInjector) decide(r *http.Request, query url.Values, account, service string, now time.Time) faultDecision {
	t.mu.Lock()
	defer t.mu.Unlock()
	drawn := t.faults.draw(t.random)
	if f := t.throttle(account, service, now); f != nil {
		return faultDecision{before: f}
	}
	if hit := t.target(r, query); hit != nil && hit.AfterChange {
		return faultDecision{after: hit}
	} else if hit != nil {
		return faultDecision{before: hit}
	}
	return drawn
}

// skew is how wrong the server's clock is when it judges a signature.
func (t *faultInjector) skew() time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.faults.ClockSkew
}

// locks says whether an access key is locked.
func (t *faultInjector) locks(access string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Contains(t.faults.LockedKeys, access)
}

// endlessBegin starts like a list, so that a reader that stops at the first bad byte reads on.
const endlessBegin = `{"agencies":[`

// writeEndless writes a body without end until the caller has gone or the server is closed. An answer to HEAD has no body,
// and without a network nobody can go away: both are aborted at once.
func writeEndless(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodHead || http.NewResponseController(w).SetWriteDeadline(time.Time{}) != nil {
		panic(http.ErrAbortHandler)
	}
	w.Header().Set("Content-Type", jsonType)
	w.WriteHeader(http.StatusOK)
	blank := []byte(strings.Repeat(" ", 32<<10))
	_, err := w.Write([]byte(endlessBegin))
	for err == nil && r.Context().Err() == nil {
		_, err = w.Write(blank)
	}
	panic(http.ErrAbortHandler) // an end in good order would be an end
}
