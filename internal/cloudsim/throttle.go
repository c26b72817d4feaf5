package cloudsim

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"time"

	"golang.org/x/time/rate"
)

// RateCounting is how a service counts calls against its limit. Nobody documents it.
type RateCounting string

// The ways to count. The zero RateCounting is RateSliding, the worst for clients: a second that begins with any call has room for no more
// than the limit, and calls that were refused count too.
const (
	RateSliding RateCounting = "sliding"
	// RateClock counts anew with each second of the clock.
	RateClock RateCounting = "clock"
	// RateBucket fills a bucket of a second's calls evenly.
	RateBucket RateCounting = "bucket"
)

// variable are the ids in a path.
var variable = regexp.MustCompile(`[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)

func (c RateCounting) check() error {
	switch c {
	case "", RateSliding, RateClock, RateBucket:
		return nil
	}
	return errors.New("faults: rate counting is sliding, clock or bucket")
}

// counter returns what tells whether a call comes too fast.
func (c RateCounting) counter(limit int) func(now time.Time) bool {
	switch c {
	case RateClock:
		second, calls := int64(0), 0
		return func(now time.Time) bool {
			if now.Unix() != second {
				second, calls = now.Unix(), 0
			}
			calls++
			return calls > limit
		}
	case RateBucket:
		bucket := rate.NewLimiter(rate.Limit(limit), limit)
		return func(now time.Time) bool { return !bucket.AllowN(now, 1) }
	}
	var calls []time.Time // of the last second
	return func(now time.Time) bool {
		for len(calls) > 0 && now.Sub(calls[0]) >= time.Second {
			calls = calls[1:]
		}
		calls = append(calls, now)
		return len(calls) > limit
	}
}

// throttle returns the answer to a call beyond the limit, or nil. Each account has a limit of its own at each service, or for each API.
func (t *faultInjector) throttle(r *http.Request, account, service string, now time.Time) *Fault {
	limit := t.faults.RatePerSecond
	if limit == 0 {
		return nil
	}
	key := service + "/" + account
	if t.faults.RateEachAPI {
		key += " " + r.Method + " " + variable.ReplaceAllString(r.URL.Path, "*")
	}
	if t.tooFast[key] == nil {
		t.tooFast[key] = t.faults.RateCounting.counter(limit)
	}
	if !t.tooFast[key](now) {
		return nil
	}
	f := &Fault{
		Status: http.StatusTooManyRequests, Shape: ShapeB, code: gatewayCodes[http.StatusTooManyRequests],
		message: fmt.Sprintf("The throttling threshold has been reached: limit: %d, time: 1 second", limit),
	}
	if service == identityName {
		f.code = usualCodes[http.StatusTooManyRequests]
	}
	if !t.faults.NoRetryAfter {
		f.Header = map[string]string{"Retry-After": "1"}
	}
	return f
}
