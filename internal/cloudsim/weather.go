package cloudsim

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"golang.org/x/time/rate"
)

// errorStatuses are what an error rate stands for when nothing else is said.
var errorStatuses = []int{http.StatusInternalServerError, http.StatusBadGateway, http.StatusServiceUnavailable}

// checkWeather reports the shares and statuses that are out of their limits.
func (f Faults) checkWeather() error {
	var problems []error
	for _, share := range []struct {
		name  string
		value float64
	}{{"error rate", f.ErrorRate}, {"HTML rate", f.HTMLRate}, {"endless rate", f.EndlessRate}, {"cut before", f.CutBefore}, {"cut after", f.CutAfter}} {
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

// draw decides by chance about one call. All shares are drawn for every call, so that changing one does not move the
// others.
func (f Faults) draw(random *rand.Rand) mischief {
	chance := func(share float64) bool { return random.Float64() < share }
	failed, cutBefore, cutAfter := chance(f.ErrorRate), chance(f.CutBefore), chance(f.CutAfter)
	html, endless, pick := chance(f.HTMLRate), chance(f.EndlessRate), random.Float64()
	statuses := f.ErrorStatuses
	if len(statuses) == 0 {
		statuses = errorStatuses
	}
	switch {
	case failed:
		return mischief{before: &Fault{Status: statuses[int(pick*float64(len(statuses)))]}}
	case html:
		return mischief{before: &Fault{Status: http.StatusBadGateway, Shape: ShapeHTML}}
	case endless:
		return mischief{before: &Fault{Endless: true}}
	case cutBefore:
		return mischief{before: &Fault{Cut: true}}
	case cutAfter:
		return mischief{after: &Fault{Cut: true}}
	}
	return mischief{}
}

// throttle returns the answer to a call beyond the limit, or nil. Each account has a bucket of a second's calls at each
// service.
func (t *troublemaker) throttle(account, service string, now time.Time) *Fault {
	limit := t.faults.RatePerSecond
	if limit == 0 {
		return nil
	}
	key := service + "/" + account
	if t.limiters[key] == nil {
		t.limiters[key] = rate.NewLimiter(rate.Limit(limit), limit)
	}
	if t.limiters[key].AllowN(now, 1) {
		return nil
	}
	f := &Fault{Status: http.StatusTooManyRequests, Shape: ShapeB, code: gatewayCodes[http.StatusTooManyRequests],
		message: fmt.Sprintf("The throttling threshold has been reached: limit: %d, time: 1 second", limit)}
	if service == identityName {
		f.code = usualCodes[http.StatusTooManyRequests]
	}
	if !t.faults.NoRetryAfter {
		f.Header = map[string]string{"Retry-After": "1"}
	}
	return f
}

// decide says what happens to a call of an account to a service.
func (t *troublemaker) decide(r *http.Request, query url.Values, account, service string, now time.Time) mischief {
	t.mu.Lock()
	defer t.mu.Unlock()
	drawn := t.faults.draw(t.random)
	if f := t.throttle(account, service, now); f != nil {
		return mischief{before: f}
	}
	if hit := t.target(r, query); hit != nil && hit.AfterChange {
		return mischief{after: hit}
	} else if hit != nil {
		return mischief{before: hit}
	}
	return drawn
}

// skew is how wrong the server's clock is when it judges a signature.
func (t *troublemaker) skew() time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.faults.ClockSkew
}

// locks says whether an access key is locked.
func (t *troublemaker) locks(access string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Contains(t.faults.LockedKeys, access)
}

// endlessBegin starts like a list, so that a reader that stops at the first bad byte reads on.
const endlessBegin = `{"agencies":[`

// writeEndless writes a body without end until the caller has gone or the server is closed. An answer to HEAD has no body,
// and without a network nobody can go away: both are aborted at once.
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
	panic(http.ErrAbortHandler) // an end in good order would be an end
}
