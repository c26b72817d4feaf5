// Package engine puts effects in order: it observes live state through the providers, has the pure planner compare it
// with the manifest, executes a plan in dependency order, and reads back what it did. It reports progress as events and
// prints nothing.
//
// The engine knows no cloud and no manifest syntax. Start reading at [Engine].
package engine

import (
	"context"
	"sync"
	"time"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers"
)

// Engine runs the verbs of agencyctl against one account. Its methods may be called one after the other, not
// concurrently.
type Engine struct {
	registry *providers.Registry
	remotes  providers.Remotes

	mu   sync.Mutex // serialises sink
	sink Sink

	sending sync.Mutex
	// sent are the changes that wait for their turn or are on their way.
	sent map[*providers.Attempts]bool
}

// New returns an engine for the account behind remotes. Sink may be nil.
func New(registry *providers.Registry, remotes providers.Remotes, sink Sink) *Engine {
	return &Engine{registry: registry, remotes: remotes, sink: sink, sent: map[*providers.Attempts]bool{}}
}

// HoldBack keeps changes that wait for their turn from being begun, and returns how many are on their way: begun, and without an answer
// that counts. These may still send what they need. Changes that one call makes are one. It is for the time after the end of the context
// that a plan is executed under: no further change is begun after it. It may be called while another method runs.
func (e *Engine) HoldBack() (running int) {
	e.sending.Lock()
	defer e.sending.Unlock()
	for attempts := range e.sent {
		if !attempts.Stop() {
			running++
		}
	}
	return running
}

// begin has HoldBack count a change until end is called. Where ctx has ended, the change must not be begun any more.
func (e *Engine) begin(ctx context.Context, attempts *providers.Attempts) (end func()) {
	e.sending.Lock()
	defer e.sending.Unlock()
	if ctx.Err() != nil {
		attempts.Stop()
	}
	e.sent[attempts] = true
	return func() {
		e.sending.Lock()
		defer e.sending.Unlock()
		delete(e.sent, attempts)
	}
}

func (e *Engine) emit(ev Event) {
	if e.sink == nil {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.sink(ev)
}

// Validate holds a manifest against everything that can be known without a connection. The desired resources are as
// written: names in the cloud are not resolved. Problems are sorted, warnings among them.
func Validate(registry *providers.Registry, m *plan.Manifest) ([]plan.Desired, []plan.Problem) {
	desired, problems := registry.Expand(m)
	problems = append(problems, plan.Check(desired)...)
	problems = append(problems, m.Ownership.CheckLimit()...)
	return desired, plan.SortProblems(problems)
}

// Limits of waiting, used where options leave them zero.
const (
	// DefaultVerifyTimeout is how long a write may take to become visible.
	DefaultVerifyTimeout = 2 * time.Minute
	// DefaultGrace is how long running calls may go on after an interrupt.
	DefaultGrace = 10 * time.Second
)

// EventKind tells what an [Event] is about.
type EventKind uint8

// The kinds of events. The zero kind is invalid.
const (
	// ObserveStarted and ObserveFinished enclose the reading of live state: for a plan, and once more before the first write.
	ObserveStarted EventKind = iota + 1
	ObserveFinished
	// ChangeStarted and ChangeFinished enclose one change; every change of a plan that is executed has exactly one
	// ChangeFinished, also when it never started.
	ChangeStarted
	ChangeFinished
	// ConfirmStarted says that a change waits until what it depends on is visible in the cloud.
	ConfirmStarted
	// VerifyStarted, VerifyWaiting (once for each look that found something missing) and VerifyFinished report the
	// reading back.
	VerifyStarted
	VerifyWaiting
	VerifyFinished
	// ApplyFinished ends an execution, whatever became of it.
	ApplyFinished
)

// Event is one step of progress. Events of one run arrive one at a time, never concurrently.
type Event struct {
	Kind    EventKind
	Account plan.Account
	// Change is set for the change events, without Before and After contents being copied.
	Change *plan.Change
	// Result is set for ChangeFinished.
	Result *Result
	// Done and Total count the changes that are finished and all, for the change events: those that are sent, not what is left to a person
	// or blocked. For the verify events they count the applied changes that were seen and all applied ones.
	Done, Total int
	Elapsed     time.Duration
}

// Sink receives events. It must return quickly and not call back into the engine. A nil Sink is silence.
type Sink func(Event)

// String returns the name of the kind as it stands in machine-readable logs.
func (k EventKind) String() string {
	switch k {
	case ObserveStarted:
		return "observeStarted"
	case ObserveFinished:
		return "observeFinished"
	case ChangeStarted:
		return "changeStarted"
	case ChangeFinished:
		return "changeFinished"
	case ConfirmStarted:
		return "confirmStarted"
	case VerifyStarted:
		return "verifyStarted"
	case VerifyWaiting:
		return "verifyWaiting"
	case VerifyFinished:
		return "verifyFinished"
	case ApplyFinished:
		return "applyFinished"
	}
	return "invalid"
}
