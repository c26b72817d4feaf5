package huaweicloud

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/cenkalti/backoff/v5"

	"github.com/agencyctl/agencyctl/providers"
)

// persist makes attempts until one succeeds, fails for good, or the bounds of Retry are reached. The delays come from
// the backoff library; its own loop is not used, because that gives up the service's error wherever a server says how
// long to wait.
//
// A refusal closes the door, unless forgivable says that there is another way in.
func (c *Connection) persist(ctx context.Context, through *door, call Call, o outgoing, forgivable func(error) bool) (answer, error) {
	delays := &backoff.ExponentialBackOff{
		InitialInterval: c.retry.BaseDelay, MaxInterval: c.retry.MaxDelay, Multiplier: 2, RandomizationFactor: backoff.DefaultRandomizationFactor,
	}
	lane := c.lane(call.Service)
	var started time.Time
	for number := 1; ; number++ {
		queued := time.Now()
		leave, err := through.trial.enter(ctx)
		if err != nil {
			return answer{}, &providers.CallError{Operation: call.Operation, Service: call.Service, Cause: err}
		}
		if err := lane.wait(ctx); err != nil {
			leave()
			return answer{}, &providers.CallError{Operation: call.Operation, Service: call.Service, Cause: contextCause(ctx, err)}
		}
		if err := through.accepted(call); err != nil { // refused while this one was waiting
			leave()
			return answer{}, err
		}
		sent := time.Now()
		if number == 1 {
			started = sent // what the queue took does not count
		}
		a, after, err := c.attempt(ctx, call, o)
		switch {
		case lookedAt(err):
			through.trial.pass()
		case err != nil && !forgivable(err):
			through.remember(err)
		}
		leave()
		c.trace(ctx, call, o.path, number, a, err, sent.Sub(queued), time.Since(sent))
		after = min(after, c.retry.MaxRetryAfter)
		switch {
		case errors.Is(err, providers.ErrThrottled):
			lane.refused(sent, after)
		case letThrough(err):
			lane.answered()
		}
		if err == nil {
			return a, nil
		}
		wait := max(delays.NextBackOff(), after)
		if number >= c.retry.MaxAttempts || !promising(call, err) || time.Since(started)+wait > c.retry.MaxElapsed {
			return answer{}, err
		}
		if !pause(ctx, wait) {
			return answer{}, &providers.CallError{
				Operation: call.Operation, Service: call.Service, Message: "stopped while waiting to repeat it after: " + err.Error(),
				Cause: contextCause(ctx, ctx.Err()),
			}
		}
	}
}

// letThrough reports whether the outcome of a call says that it did not come too fast.
func letThrough(err error) bool {
	var failed *providers.CallError
	return err == nil || errors.As(err, &failed) && failed.Status != 0 && failed.Status < http.StatusInternalServerError
}

// promising reports whether the same call may be made again and could succeed.
func promising(call Call, err error) bool {
	var failed *providers.CallError
	if !errors.As(err, &failed) {
		return false
	}
	if failed.Status == http.StatusTooManyRequests {
		return true
	}
	if !call.Repeatable {
		return false
	}
	switch failed.Status {
	case http.StatusOK, http.StatusCreated: // with an answer that does not end
		return errors.Is(err, providers.ErrUnavailable)
	case http.StatusRequestTimeout, http.StatusGone, http.StatusInternalServerError, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	case 0:
		var never pointless
		return errors.Is(err, providers.ErrUnavailable) && !errors.As(err, &never)
	}
	return false
}

// pause waits, and reports whether it could: false means that ctx has ended.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// retryAfter reads the header of that name, in seconds or as a date; 0 when it says nothing usable.
func retryAfter(header http.Header, now time.Time) time.Duration {
	text := header.Get("Retry-After")
	if text == "" {
		return 0
	}
	if seconds, err := strconv.ParseUint(text, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second
	}
	if date, err := http.ParseTime(text); err == nil {
		return max(0, date.Sub(now))
	}
	return 0
}
