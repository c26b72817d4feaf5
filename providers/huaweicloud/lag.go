package huaweicloud

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/agencyctl/agencyctl/providers"
)

// sendTries is how often a write is sent whose first sending shows no effect.
const sendTries = 2

// Lag says how patient to be with a cloud that shows a change only some time after it was made. Each service has its own
// default, which the zero Lag means.
type Lag struct {
	// Limit is how long a change may stay invisible.
	Limit time.Duration
	// Poll is waited between looks.
	Poll time.Duration
}

// Or returns l, or where that is zero the other.
func (l Lag) Or(other Lag) Lag { return cmp.Or(l, other) }

// Send sends a write that must not be sent twice where once was enough. After an answer that does not tell whether it was
// made ([IsUnknown]) it looks, by made, for as long as the service may lag; only when the change does not
// show is it sent once more. The error wraps what the last sending said, and says so when the outcome stays unknown.
func (l Lag) Send(ctx context.Context, send func(context.Context) error, made func(context.Context) (bool, error)) error {
	for try := 1; ; try++ {
		err := send(ctx)
		if err == nil || ctx.Err() != nil || !IsUnknown(err) {
			return err
		}
		seen, looked := l.Look(ctx, made)
		switch {
		case looked != nil:
			return fmt.Errorf("it is unknown whether the change was made: %w; and it cannot be read: %w", err, looked)
		case seen:
			return nil
		case try == sendTries:
			return fmt.Errorf("it is unknown whether the change was made, it does not show after %s: %w", l.Limit, err)
		}
	}
}

// Look repeats made until it says yes, fails, or the time is up.
func (l Lag) Look(ctx context.Context, made func(context.Context) (bool, error)) (bool, error) {
	deadline := time.Now().Add(l.Limit)
	for {
		seen, err := made(ctx)
		if seen || err != nil || !time.Now().Add(l.Poll).Before(deadline) {
			return seen, err
		}
		if err := Wait(ctx, l.Poll); err != nil {
			return false, err
		}
	}
}

// Repeat repeats call while again says that its error may pass, until the time is up. It returns the last error.
func (l Lag) Repeat(ctx context.Context, again func(error) bool, call func() error) error {
	deadline := time.Now().Add(l.Limit)
	for {
		err := call()
		if err == nil || !again(err) || !time.Now().Add(l.Poll).Before(deadline) {
			return err
		}
		if waited := Wait(ctx, l.Poll); waited != nil {
			return fmt.Errorf("%w (while waiting after: %w)", waited, err)
		}
	}
}

// Wait pauses for d, or returns why ctx ended before.
func Wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return providers.ContextError(ctx, ctx.Err())
	case <-timer.C:
		return nil
	}
}

// IsUnknown reports whether a write may have been made although it failed: no answer, one of a broken service, or one that
// cannot be understood.
func IsUnknown(err error) bool {
	var failed *providers.CallError
	return errors.Is(err, providers.ErrUnavailable) || errors.As(err, &failed) && failed.Kind == nil && failed.Cause == nil
}

// IsNotOffered reports whether a call failed because the service is not there: the gateway does not know it, or the vendor has no
// such host.
func IsNotOffered(err error) bool {
	var failed *providers.CallError
	var permanent permanentError
	return errors.As(err, &failed) && failed.Kind != nil && failed.Code == codeNoSuchAPI || errors.As(err, &permanent) && permanent.noHost
}

// IsAbsent reports whether a call was answered with "not found" by the service itself. A gateway that does not know the
// call, or a page of some other server, says nothing about what is there.
func IsAbsent(err error) bool {
	var failed *providers.CallError
	return errors.As(err, &failed) && errors.Is(err, providers.ErrNotFound) && failed.Code != "" && !strings.HasPrefix(failed.Code, "APIG")
}
