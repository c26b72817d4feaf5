package huaweicloud

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptrace"
	"strconv"
	"time"

	"github.com/cenkalti/backoff/v5"

	"github.com/agencyctl/agencyctl/providers"
)

// Retry bounds the retries of failed calls.
type Retry struct {
	// BaseDelay is the delay, give or take half of it, before the second attempt. Each further delay doubles up to MaxDelay.
	BaseDelay, MaxDelay time.Duration
	// MaxAttempts counts the first one too. What is refused because calls come too fast is tried twice as often: nothing is wrong with it.
	MaxAttempts int
	// MaxElapsed ends the retries: no attempt starts later than this after the first.
	MaxElapsed time.Duration
	// MaxRetryAfter caps the wait that a server asks for before the next attempt.
	MaxRetryAfter time.Duration
	// AttemptTimeout bounds one attempt, from dialling to the last byte of the answer.
	AttemptTimeout time.Duration
}

// DefaultRetry returns the bounds of production.
func DefaultRetry() Retry {
	return Retry{
		BaseDelay:      500 * time.Millisecond,
		MaxDelay:       10 * time.Second,
		MaxAttempts:    5,
		MaxElapsed:     2 * time.Minute,
		MaxRetryAfter:  time.Minute,
		AttemptTimeout: 30 * time.Second,
	}
}

// doWithRetry makes attempts until one succeeds, fails for good, or the bounds of Retry are reached. The delays come from
// the backoff library. Its loop is not used, because it drops the service's error wherever a server says how long to wait.
func (c *Connection) doWithRetry(ctx context.Context, o outgoing) (answer, error) {
	delays := &backoff.ExponentialBackOff{
		InitialInterval: c.retry.BaseDelay, MaxInterval: c.retry.MaxDelay, Multiplier: 2, RandomizationFactor: backoff.DefaultRandomizationFactor,
	}
	var deadline time.Time
	for number := 1; ; number++ {
		a, sent, retryAfter, err := c.attempt(ctx, o, number)
		if err == nil {
			return a, nil
		}
		if number == 1 {
			deadline = sent.Add(c.retry.MaxElapsed) // the wait for the limiter does not count
		}
		delay := max(delays.NextBackOff(), retryAfter)
		if number >= c.attemptsAfter(err) || !retryable(o.Call, err) || time.Now().Add(delay).After(deadline) {
			return answer{}, err
		}
		if !sleep(ctx, delay) {
			return answer{}, &providers.CallError{
				Operation: o.Operation, Service: o.Service, Message: "stopped while waiting to retry after: " + err.Error(),
				Hint:  providers.Hint(err),
				Cause: providers.ContextError(ctx, ctx.Err()),
			}
		}
	}
}

// attemptsAfter returns how many attempts a call has that failed so.
func (c *Connection) attemptsAfter(err error) int {
	if errors.Is(err, providers.ErrThrottled) {
		return 2 * c.retry.MaxAttempts
	}
	return c.retry.MaxAttempts
}

// attempt sends a call once, when the guard and the limiter let it. sent is the time when it was sent, zero if it was not.
func (c *Connection) attempt(ctx context.Context, o outgoing, number int) (a answer, sent time.Time, retryAfter time.Duration, err error) {
	queued := time.Now()
	limiter := c.limiter(o.Service)
	var taken *permit
	end, err := o.source.Guard.Begin(ctx)
	if err == nil {
		defer end()
		taken, err = limiter.wait(ctx, o.api)
	}
	if err != nil {
		cause := providers.ContextError(ctx, err)
		return answer{}, time.Time{}, 0, &providers.CallError{Operation: o.Operation, Service: o.Service, Cause: cause}
	}
	if err := o.source.Guard.Check(o.Operation, o.Service); err != nil { // refused while this attempt waited
		limiter.report(taken, 0, err)
		return answer{}, time.Time{}, 0, err
	}
	sent = time.Now()
	a, retryAfter, err = c.send(httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		WroteRequest: func(httptrace.WroteRequestInfo) { limiter.wrote(taken) },
	}), o)
	o.source.Guard.Report(err, o.renewable || RefusesPlace(err))
	c.trace(ctx, o, number, a, err, sent.Sub(queued), time.Since(sent))
	retryAfter = min(retryAfter, c.retry.MaxRetryAfter)
	limiter.report(taken, retryAfter, err)
	return a, sent, retryAfter, err
}

// retryable reports whether the same call may be made again and could succeed.
func retryable(call Call, err error) bool {
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
	case http.StatusOK, http.StatusCreated: // with an answer that is too large
		return errors.Is(err, providers.ErrUnavailable)
	case http.StatusRequestTimeout, http.StatusGone, http.StatusInternalServerError,
		http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	case 0:
		var permanent permanentError
		return errors.Is(err, providers.ErrUnavailable) && !errors.As(err, &permanent)
	}
	return false
}

// sleep waits for d, and reports whether it did: false means that ctx has ended.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// parseRetryAfter reads the header Retry-After, in seconds or as a date; 0 where it holds nothing usable.
func parseRetryAfter(header http.Header, now time.Time) time.Duration {
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

// trace logs one attempt: how long it waited for its turn, and how long the server took. Queries and bodies are left
// out: they are long, and the operation says what it was.
func (c *Connection) trace(ctx context.Context, o outgoing, number int, a answer, err error, waited, elapsed time.Duration) {
	if !c.logger.Enabled(ctx, slog.LevelDebug) {
		return
	}
	attributes := []slog.Attr{
		slog.String("service", o.Service), slog.String("operation", o.Operation), slog.String("method", o.Method),
		slog.String("path", o.url.Path),
		slog.String("api", string(o.api)), slog.Int("attempt", number), slog.Duration("waited", waited), slog.Duration("elapsed", elapsed),
	}
	var failed *providers.CallError
	switch {
	case errors.As(err, &failed):
		attributes = append(attributes,
			slog.Int("status", failed.Status), slog.String("requestId", failed.RequestID), slog.String("error", failed.Error()))
	case err != nil:
		attributes = append(attributes, slog.String("error", err.Error()))
	default:
		attributes = append(attributes, slog.Int("status", a.status), slog.String("requestId", c.redactor.requestID(a.header)))
	}
	c.logger.LogAttrs(ctx, slog.LevelDebug, "call", attributes...)
}
