package engine

import (
	"time"

	"github.com/agencyctl/agencyctl/plan"
)

// EventKind tells what an [Event] is about.
type EventKind uint8

// The kinds of events. The zero kind is invalid.
const (
	// ObserveStarted and ObserveFinished enclose the reading of live state.
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
)

// Event is one step of progress. Events of one run arrive one at a time, never concurrently.
type Event struct {
	Kind    EventKind
	Account plan.Account
	// Change is set for the change events, without Before and After contents being copied.
	Change *plan.Change
	// Result is set for ChangeFinished.
	Result *Result
	// Done and Total count the changes finished so far, and those waiting to be seen for the verify events.
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
	}
	return "invalid"
}
