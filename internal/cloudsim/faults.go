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
)

// Faults are the failures that a Server injects. The zero value injects none.
type Faults struct {
	// Latency delays every call, in real time.
	Latency time.Duration
	// RatePerSecond is how many calls an account may make to a service in a second of the server's clock, counted as RateCounting says.
	// Further calls are answered 429 with Retry-After. 0 means no limit.
	RatePerSecond int
	RateCounting  RateCounting
	// RateEachAPI allows that many for each API, a method and a path, of a service. Clients say that the cloud does.
	RateEachAPI bool
	// NoRetryAfter leaves Retry-After out of these answers.
	NoRetryAfter bool
	// ErrorRate is the share of calls, 0 to 1, that are answered with one of ErrorStatuses and change nothing.
	ErrorRate float64
	// ErrorStatuses are the statuses for ErrorRate, 400 to 599; none means 500, 502 and 503.
	ErrorStatuses []int
	// HTMLRate is the share of calls, 0 to 1, that are answered 502 with a proxy's HTML page and change nothing.
	HTMLRate float64
	// EndlessRate is the share of calls, 0 to 1, that change nothing and are answered 200 with a body that never ends.
	EndlessRate float64
	// CutBefore and CutAfter are the shares of calls, 0 to 1, whose connection is cut before, or after, the change.
	CutBefore, CutAfter float64
	// Seed makes the shares fall on the same calls in every run of the same sequence of calls.
	Seed uint64
	// ReadLag is how long, by the server's clock, reads show the state before a change.
	ReadLag time.Duration
	// LaggedReads is how many reads after a change, whatever they ask for, show the state before it.
	LaggedReads int
	// ClockSkew is added to the server's clock where it judges the date of a signature, and to the Date of its answers.
	ClockSkew time.Duration
	// LockedKeys are access keys that are refused as if too many bad signatures had locked them.
	LockedKeys []string
	// Targets are tried in order. The first that matches a call decides its answer.
	Targets []Fault
	// Agencies are agencies of cloud services that their services cannot make. CSMS reports it inside a 200, the others by 500.
	Agencies []AgencyFault
}

// AgencyFault makes a cloud service fail to make or to repair its own agency.
type AgencyFault struct {
	// Agency is the exact name. A failed attempt changes nothing.
	Agency string
	// Message is the error that the service reports.
	Message string
	// Times is how many attempts fail; 0 means all.
	Times int
}

// Fault makes chosen calls fail.
type Fault struct {
	// Method matches exactly; "" matches every one.
	Method string
	// Path is matched segment by segment: "*" stands for one segment, a last "**" for all further ones. "" matches all.
	Path string
	// Query lists parameters that the call must carry with these values.
	Query map[string]string
	// Skip is the number of matching calls that succeed first.
	Skip int
	// Times is the number of calls that fail after them; 0 means all.
	Times int
	// Status is the HTTP status to answer, 400 to 599.
	Status int
	// Shape chooses the standard body; "" is the shape of the endpoint.
	Shape Shape
	// Solution is the advice in the error bodies of Fabric and LakeFormation, which have room for it.
	Solution string
	// Body replaces the standard body.
	Body string
	// Header adds to the answer's header.
	Header map[string]string
	// Cut closes the connection instead of answering.
	Cut bool
	// Endless answers 200 with a body that never ends. Without a network the call is aborted.
	Endless bool
	// AfterChange carries out the call before it fails.
	AfterChange bool

	// code and message replace the usual ones.
	code, message string
}

func (f Faults) check() error {
	problems := []error{f.checkShares(), f.RateCounting.check()}
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

// faultDecision holds the faults of one call: before is injected instead of the call, after in place of its answer.
type faultDecision struct {
	before, after *Fault
}

// faultInjector decides which calls fail, by Faults and their counts. Safe for concurrent use.
type faultInjector struct {
	mu     sync.Mutex
	faults Faults
	hits   []int
	failed []int // attempts on agencies
	random *rand.Rand
	// tooFast counts the calls of each account to each service.
	tooFast map[string]func(now time.Time) bool
}

// set replaces the faults and resets the counts.
func (t *faultInjector) set(f Faults) error {
	if err := f.check(); err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	f.Targets, f.ErrorStatuses = slices.Clone(f.Targets), slices.Clone(f.ErrorStatuses)
	f.LockedKeys, f.Agencies = slices.Clone(f.LockedKeys), slices.Clone(f.Agencies)
	t.faults, t.hits, t.failed = f, make([]int, len(f.Targets)), make([]int, len(f.Agencies))
	t.tooFast, t.random = map[string]func(time.Time) bool{}, rand.New(rand.NewPCG(f.Seed, 0))
	return nil
}

// current returns the faults that are in force. Their slices must not be changed.
func (t *faultInjector) current() Faults {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.faults
}

// lag returns how a change made now, after the given number of reads, is hidden from reads.
func (t *faultInjector) lag(now time.Time, reads int64) lag {
	f := t.current()
	return lag{
		next: view{now: now, read: reads + 1}, until: now.Add(f.ReadLag), reads: reads + int64(f.LaggedReads),
		on: f.ReadLag > 0 || f.LaggedReads > 0,
	}
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

// agency returns the error of an attempt on an agency of a cloud service, "" for none.
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

// errorStatuses are the default of Faults.ErrorStatuses.
var errorStatuses = []int{http.StatusInternalServerError, http.StatusBadGateway, http.StatusServiceUnavailable}

// checkShares reports shares and statuses that are out of their limits.
func (f Faults) checkShares() error {
	var problems []error
	for _, share := range []struct {
		name  string
		value float64
	}{
		{"error rate", f.ErrorRate}, {"HTML rate", f.HTMLRate}, {"endless rate", f.EndlessRate},
		{"cut before", f.CutBefore}, {"cut after", f.CutAfter},
	} {
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

// draw decides at random about one call. All shares are drawn for every call, so that a change of one leaves the others as they
// are.
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

// decide returns the faults of a call of an account to a service.
func (t *faultInjector) decide(r *http.Request, query url.Values, account, service string, now time.Time) faultDecision {
	t.mu.Lock()
	defer t.mu.Unlock()
	drawn := t.faults.draw(t.random)
	if f := t.throttle(r, account, service, now); f != nil {
		return faultDecision{before: f}
	}
	if hit := t.target(r, query); hit != nil && hit.AfterChange {
		return faultDecision{after: hit}
	} else if hit != nil {
		return faultDecision{before: hit}
	}
	return drawn
}

// endlessBegin starts like a list, so that readers of JSON do not stop at the first byte.
const endlessBegin = `{"agencies":[`

// writeEndless writes a body without end until the caller disconnects or the server is closed. An answer to HEAD has no body,
// and without a network no caller can disconnect: both are aborted at once.
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
	panic(http.ErrAbortHandler) // an orderly end would end the body
}
