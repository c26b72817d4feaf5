package providers

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/agencyctl/agencyctl/plan"
)

// ErrNotRecorded is wrapped by the error of a read whose answer a recording does not hold.
var ErrNotRecorded = errors.New("not in the snapshot")

// Question is what a service is asked by a read, in its own words.
type Question struct {
	// Service is the service's short name, About what is asked for, and At the one thing or place that it is asked for; "" where there
	// is one answer in the account.
	Service string `json:"service"`
	About   string `json:"about"`
	At      string `json:"at,omitempty"`
}

// String names the question as an error does.
func (q Question) String() string {
	if q.At == "" {
		return q.Service + " " + q.About
	}
	return q.Service + " " + q.About + " " + q.At
}

// Answer is what a service answered to a read: a value of the service's own type, or a failure.
type Answer struct {
	Question
	Value   json.RawMessage `json:"value,omitempty"`
	Failure *Failure        `json:"failure,omitempty"`
}

// Failure is a [CallError] as a recording holds it. Its fields are those of that type.
type Failure struct {
	// Kind is "" for none, else one of the words of [kindWords].
	Kind      string `json:"kind,omitempty"`
	Operation string `json:"operation"`
	Service   string `json:"service,omitempty"`
	Status    int    `json:"status,omitempty"`
	Code      string `json:"code,omitempty"`
	Message   string `json:"message,omitempty"`
	Hint      string `json:"hint,omitempty"`
	RequestID string `json:"requestId,omitempty"`
	// Cause is a word of the cloud's own for a cause that callers tell apart, and CauseText the text of the cause.
	Cause     string `json:"cause,omitempty"`
	CauseText string `json:"causeText,omitempty"`
}

// kindWords are the words for the kinds of failure.
var kindWords = map[error]string{
	ErrNotFound: "notFound", ErrConflict: "conflict", ErrDenied: "denied", ErrThrottled: "throttled", ErrUnavailable: "unavailable",
	ErrInvalid: "invalid",
}

// FailureOf returns the failure of a call, without its cause.
func FailureOf(e *CallError) *Failure {
	return &Failure{
		Kind: kindWords[e.Kind], Operation: e.Operation, Service: e.Service, Status: e.Status, Code: e.Code, Message: e.Message,
		Hint: e.Hint, RequestID: e.RequestID,
	}
}

// CallError returns the error, without its cause. A kind that is not known gives none.
func (f *Failure) CallError() *CallError {
	e := &CallError{
		Operation: f.Operation, Service: f.Service, Status: f.Status, Code: f.Code, Message: f.Message, Hint: f.Hint, RequestID: f.RequestID,
	}
	for kind, word := range kindWords {
		if word == f.Kind {
			e.Kind = kind
		}
	}
	return e
}

// Recording is what the services of one account answered while all of it was read, from which they can be observed again without a
// connection, for any coverage. It is safe for concurrent use; the zero Recording is empty.
type Recording struct {
	Account plan.Account
	Cloud   plan.Cloud

	mu      sync.Mutex
	answers map[Question]Answer
	asking  map[Question]*sync.Mutex
}

// Once runs ask unless the question has its answer, for one caller at a time.
func (r *Recording) Once(q Question, ask func() error) error {
	r.mu.Lock()
	if r.asking == nil {
		r.asking = map[Question]*sync.Mutex{}
	}
	if r.asking[q] == nil {
		r.asking[q] = &sync.Mutex{}
	}
	asking := r.asking[q]
	r.mu.Unlock()
	asking.Lock()
	defer asking.Unlock()
	if _, known := r.Answer(q); known {
		return nil
	}
	return ask()
}

// Note keeps an answer.
func (r *Recording) Note(a Answer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.answers == nil {
		r.answers = map[Question]Answer{}
	}
	r.answers[a.Question] = a
}

// Answer returns the answer to a question; known is false where it was not asked.
func (r *Recording) Answer(q Question) (a Answer, known bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	a, known = r.answers[q]
	return a, known
}

// Answers returns all answers, sorted by question.
func (r *Recording) Answers() []Answer {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.SortedFunc(maps.Values(r.answers), compareAnswers)
}

func compareAnswers(a, b Answer) int {
	return cmp.Or(cmp.Compare(a.Service, b.Service), cmp.Compare(a.About, b.About), cmp.Compare(a.At, b.At))
}

// NotRecorded is the error of a question that the recording does not answer.
func (r *Recording) NotRecorded(q Question) error {
	return fmt.Errorf("%w of account %s: %s; plan from live state, or from a snapshot that covers it", ErrNotRecorded, r.Account, q)
}
