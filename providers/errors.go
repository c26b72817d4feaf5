package providers

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// The kinds of failure that the core tells apart, by errors.Is. A Remote's error wraps at most one of them; an error
// that wraps none is an unexpected failure.
var (
	// ErrNotFound: what the call is about does not exist.
	ErrNotFound = errors.New("not found")
	// ErrConflict: something of that name exists and is not what was asked for, or the service refuses the state.
	ErrConflict = errors.New("conflict")
	// ErrDenied: the credentials are not accepted or lack the permission. Never worth repeating.
	ErrDenied = errors.New("access denied")
	// ErrThrottled: too many requests, also after patient repeating.
	ErrThrottled = errors.New("throttled")
	// ErrUnavailable: the service fails or cannot be reached, also after patient repeating. For a write the outcome may
	// be unknown.
	ErrUnavailable = errors.New("service unavailable")
	// ErrInvalid: the service rejects the request as wrong.
	ErrInvalid = errors.New("rejected as invalid")
)

// CallError is a call to the cloud that failed, with the evidence that a support request needs.
type CallError struct {
	// Kind is one of the kinds of this package, or nil.
	Kind error
	// Operation is what was attempted, in words: "list agencies".
	Operation string
	// Service is the service called, Status the HTTP status (0 when no answer came), Code the service's own error code.
	Service string
	Status  int
	Code    string
	Message string
	// Hint says what to do, where more can be said than [Hint] knows of the kind. It is not part of the error's text.
	Hint string
	// RequestID identifies the call to the vendor.
	RequestID string
	// Cause is the underlying error when no answer came.
	Cause error
}

// Error gives operation, kind, message and evidence on one line.
func (e *CallError) Error() string {
	var b strings.Builder
	b.WriteString(e.Operation)
	if e.Kind != nil {
		b.WriteString(": " + e.Kind.Error())
	}
	if e.Message != "" {
		b.WriteString(": " + e.Message)
	}
	if e.Cause != nil {
		b.WriteString(": " + Words(e.Cause))
	}
	evidence := []string{}
	if e.Service != "" {
		evidence = append(evidence, e.Service)
	}
	if e.Status != 0 {
		evidence = append(evidence, fmt.Sprintf("HTTP %d", e.Status))
	}
	if e.Code != "" && e.Code != strconv.Itoa(e.Status) { // some services repeat the status as their code
		evidence = append(evidence, e.Code)
	}
	if e.RequestID != "" {
		evidence = append(evidence, "request id "+e.RequestID)
	}
	if len(evidence) > 0 {
		b.WriteString(" (" + strings.Join(evidence, ", ") + ")")
	}
	return b.String()
}

// Unwrap makes errors.Is find the kind and the cause.
func (e *CallError) Unwrap() []error {
	var errs []error
	if e.Kind != nil {
		errs = append(errs, e.Kind)
	}
	if e.Cause != nil {
		errs = append(errs, e.Cause)
	}
	return errs
}

// Hint says what to do about a failure: what the failed call says of itself, else what holds for its kind; "" when there
// is nothing to say.
func Hint(err error) string {
	var failed *CallError
	switch {
	case errors.As(err, &failed) && failed.Hint != "":
		return failed.Hint
	case errors.Is(err, ErrDenied):
		return "check the credentials and that they may make this call in this account"
	case errors.Is(err, ErrThrottled):
		return "allow fewer requests a second, or run again later"
	case errors.Is(err, ErrUnavailable):
		return "run again: what is done already is not done twice"
	case errors.Is(err, ErrConflict):
		return "run plan again to see what is there now"
	case errors.Is(err, ErrNotFound) && failed != nil: // else the error says what is not there
		return "run plan again: what the call names is not there, or not yet, or another endpoint serves it"
	case errors.Is(err, ErrInvalid):
		return "the service refuses what was sent: compare the entry in the manifest with the service's limits"
	}
	return ""
}

// ContextError returns an error that says why ctx has ended or will: that the run was interrupted, or which limit of time is over. It
// wraps err, which is the context's own, and the cause that ctx was ended with.
func ContextError(ctx context.Context, err error) error {
	return &contextError{err: err, cause: context.Cause(ctx)}
}

type contextError struct{ err, cause error }

// Error returns the reason in plain words. A limit is told by its cause, which names it.
func (e *contextError) Error() string {
	if e.cause != nil && errors.Is(e.err, context.DeadlineExceeded) {
		return Words(e.cause)
	}
	return Words(e.err)
}

// Unwrap makes errors.Is find the context's error and the cause.
func (e *contextError) Unwrap() []error {
	if e.cause == nil {
		return []error{e.err}
	}
	return []error{e.err, e.cause}
}
