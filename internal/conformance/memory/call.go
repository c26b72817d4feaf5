package memory

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers"
)

// Operation is what a call does.
type Operation string

// The operations.
const (
	Observe Operation = "observe"
	Create  Operation = "create"
	Update  Operation = "update"
	Delete  Operation = "delete"
)

// Writes reports whether calls of this operation change the world.
func (o Operation) Writes() bool { return o != Observe }

// Call is one call of a [Remote], as recorded.
type Call struct {
	Operation Operation
	// Address is what a write is about; zero for an observation.
	Address addr.Address
	// Only is what an observation was narrowed to.
	Only []addr.Address
	// Attributes are the names of the attributes that a create or update sent, sorted.
	Attributes []string
	// IDs are the ids that the caller gave.
	IDs providers.IDs
	// Started and Finished are moments of the world's logical clock, which ticks at every start and every end of a
	// call: what is smaller was earlier. Finished is 0 while the call runs.
	Started, Finished int
	// Changed is set when the call changed the world.
	Changed bool
	Err     error
}

// Hook is called at the beginning of every call, before anything is read or changed, without any lock held: it may
// wait, and so decide what runs at the same time as what. It must return when ctx ends. An error ends the call.
type Hook func(ctx context.Context, call Call) error

// SetHook makes all calls that begin from now on run hook first; nil means none.
func (w *World) SetHook(hook Hook) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.hook = hook
}

// Calls returns a record of every call so far, in the order of their start.
func (w *World) Calls() []Call {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.calls)
}

// Writes returns the recorded calls that were to change something, in the order of their start.
func (w *World) Writes() []Call {
	return slices.DeleteFunc(w.Calls(), func(c Call) bool { return !c.Operation.Writes() })
}

// ForgetCalls empties the record. It must not be called while calls run.
func (w *World) ForgetCalls() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.calls = nil
}

// Fault makes calls fail.
type Fault struct {
	// Operation and Address choose the calls; the zero values choose every one. A zero Address chooses observations
	// too, any other only writes.
	Operation Operation
	Address   addr.Pattern
	// Nth is which of the chosen calls fails, counted from 1 since the fault was set; 0 means every one.
	Nth int
	// Err is the kind of the failure, such as [providers.ErrThrottled]; nil means a failure of no kind.
	Err error
	// After lets the call take effect before it fails, as when the answer is lost on its way.
	After bool
}

// fault is a Fault with its count of chosen calls.
type fault struct {
	Fault
	chosen int
}

// SetFaults takes the place of all faults that were set before, and begins to count anew.
func (w *World) SetFaults(faults ...Fault) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.faults = nil
	for _, f := range faults {
		w.faults = append(w.faults, &fault{Fault: f})
	}
}

// strikes counts a call and reports whether the fault hits it.
func (f *fault) strikes(c *Call) bool {
	if f.Operation != "" && f.Operation != c.Operation || f.Address != (addr.Pattern{}) && !f.Address.Match(c.Address) {
		return false
	}
	f.chosen++
	return f.Nth == 0 || f.Nth == f.chosen
}

// perform records a call, counts it among attempts, and carries it out: effect runs with the lock held, reports whether it
// changed the world, and
// is left out where hook, context or fault end the call first.
func (w *World) perform(ctx context.Context, c Call, attempts *providers.Attempts, effect func() (changed bool, err error)) error {
	w.mu.Lock()
	w.clock++
	c.Started = w.clock
	at := len(w.calls)
	w.calls = append(w.calls, c)
	var struck *Fault
	for _, f := range w.faults {
		if f.strikes(&c) && struck == nil {
			struck = &f.Fault
		}
	}
	hook := w.hook
	w.mu.Unlock()

	if !attempts.Add() {
		return context.Canceled
	}
	var err error
	if hook != nil {
		err = hook(ctx, c)
	}
	if err == nil && ctx.Err() != nil {
		err = providers.ContextError(ctx, ctx.Err())
	}

	w.mu.Lock()
	defer w.mu.Unlock()
	changed := false
	switch {
	case err != nil:
	case struck != nil && !struck.After:
		err = struck.failure()
	default:
		changed, err = effect()
		if err == nil && struck != nil {
			err = struck.failure()
		}
	}
	err = c.describe(err)
	w.clock++
	if at < len(w.calls) {
		done := &w.calls[at]
		done.Finished, done.Changed, done.Err = w.clock, changed, err
	}
	return err
}

var errInjected = errors.New("injected failure")

func (f *Fault) failure() error {
	if f.Err != nil {
		return f.Err
	}
	return errInjected
}

// describe gives an error the evidence that a real service's would have.
func (c *Call) describe(err error) error {
	if err == nil {
		return nil
	}
	described := &providers.CallError{
		Operation: string(c.Operation) + " " + c.Address.String(), Service: "memory", RequestID: fmt.Sprintf("memory-%06d", c.Started),
		Cause: err,
	}
	if c.Address.IsZero() {
		described.Operation = string(c.Operation) + " boxes, items and docs"
	}
	for _, kind := range []error{
		providers.ErrNotFound, providers.ErrConflict, providers.ErrDenied, providers.ErrThrottled, providers.ErrUnavailable, providers.ErrInvalid,
	} {
		if err == kind {
			described.Kind, described.Cause = kind, nil
		}
	}
	return described
}
