package notify

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"strconv"
	"syscall"
	"time"

	"github.com/cenkalti/backoff/v5"
)

// maxAnswerBytes bounds what is read of an answer.
const maxAnswerBytes = 64 << 10

// failure is why an attempt failed, in our own words.
type failure struct {
	text string
	// again says that another attempt may succeed, and after how long to wait for it at least.
	again bool
	after time.Duration
}

func (f *failure) Error() string { return f.text }

// deliver makes attempts until one succeeds, fails for good, or the bounds of the pace are reached. An attempt whose outcome is not
// known is repeated: a message that comes twice is better than none.
func (t *Target) deliver(ctx context.Context, m Message) error {
	pauses := &backoff.ExponentialBackOff{
		InitialInterval: t.pace.Pause, MaxInterval: t.pace.Whole, Multiplier: 2, RandomizationFactor: backoff.DefaultRandomizationFactor,
	}
	for number := 1; ; number++ {
		begun := time.Now()
		status, failed := t.attempt(ctx, m)
		t.logger.LogAttrs(ctx, slog.LevelDebug, "notification", slog.String("target", t.String()), slog.Int("attempt", number),
			slog.Int("status", status), slog.Duration("elapsed", time.Since(begun)))
		if failed == nil {
			return nil
		}
		pause := max(pauses.NextBackOff(), failed.after)
		ends, _ := ctx.Deadline()
		switch {
		case !failed.again:
			return failed
		case number >= t.pace.Attempts:
			return fmt.Errorf("%w (%d attempts)", failed, number)
		case time.Now().Add(pause).After(ends):
			return fmt.Errorf("%w (the next attempt could only be made after %s)", failed, pause.Round(time.Second))
		}
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return failed
		}
	}
}

// attempt sends the message once, and returns the HTTP status of the answer, 0 for none.
func (t *Target) attempt(ctx context.Context, m Message) (status int, failed *failure) {
	bounded, cancel := context.WithTimeout(ctx, t.pace.Attempt)
	defer cancel()
	d := t.kind.encode(m, t.secret, t.now())
	address := *t.url
	if d.query != nil {
		query := address.Query()
		maps.Copy(query, d.query)
		address.RawQuery = query.Encode()
	}
	request, err := http.NewRequestWithContext(bounded, http.MethodPost, address.String(), bytes.NewReader(d.body))
	if err != nil {
		return 0, &failure{text: "the request cannot be made"}
	}
	maps.Copy(request.Header, d.header)
	request.Header.Set("Content-Type", "application/json; charset=utf-8")
	request.Header.Set("User-Agent", "agencyctl")
	response, err := t.client.Do(request)
	if err != nil {
		return 0, noAnswer(bounded, t.pace, err)
	}
	defer response.Body.Close()
	if failed := refusedBy(response, t.now()); failed != nil {
		return response.StatusCode, failed
	}
	if t.kind.codes == nil {
		return response.StatusCode, nil
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswerBytes+1))
	if err != nil {
		return response.StatusCode, noAnswer(bounded, t.pace, err)
	}
	code, ok := t.kind.verdict(body)
	switch meaning := t.kind.meaning[code]; {
	case !ok || len(body) > maxAnswerBytes:
		return response.StatusCode, &failure{text: "the answer is not that of such a chat: check the URL"}
	case code == 0:
		return response.StatusCode, nil
	default:
		failed := &failure{text: fmt.Sprintf("refused with code %d", code)}
		failed.after, failed.again = t.kind.busy[code]
		if meaning != "" {
			failed.text += ": " + meaning
		}
		return response.StatusCode, failed
	}
}

// refusedBy returns the failure that an HTTP status is, nil for a success.
func refusedBy(response *http.Response, now time.Time) *failure {
	status := response.StatusCode
	f := &failure{text: "the answer is HTTP " + strconv.Itoa(status)}
	switch {
	case status >= 200 && status <= 299:
		return nil
	case status >= 300 && status <= 399:
		f.text += ", a redirect, which is not followed: put the address that it leads to into the variable with the URL"
	case status == http.StatusTooManyRequests, status == http.StatusRequestTimeout, status >= 500 && status != http.StatusNotImplemented:
		f.again, f.after = true, retryAfter(response.Header.Get("Retry-After"), now)
	case status == http.StatusNotFound, status == http.StatusGone:
		f.text += ": check the URL"
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		f.text += ": check the URL and the secret"
	}
	return f
}

// retryAfter reads how long to wait, in seconds or until a date; 0 where that is not said.
func retryAfter(text string, now time.Time) time.Duration {
	if seconds, err := strconv.Atoi(text); err == nil && seconds >= 0 {
		return time.Duration(min(seconds, 24*60*60)) * time.Second
	}
	if date, err := http.ParseTime(text); err == nil {
		return max(0, date.Sub(now))
	}
	return 0
}

// noAnswer returns the failure that an error of the library is. Its text is not used: it has the URL.
func noAnswer(ctx context.Context, pace Pace, err error) *failure {
	var (
		host        *net.DNSError
		certificate *tls.CertificateVerificationError
		other       x509.HostnameError
		number      syscall.Errno
		plainText   tls.RecordHeaderError
	)
	switch {
	case ctx.Err() != nil:
		return &failure{text: fmt.Sprintf("no answer within %s", pace.Attempt), again: true}
	case errors.As(err, &host) && host.IsNotFound:
		return &failure{text: "the host of its URL is not found", again: host.IsTemporary}
	case errors.As(err, &host):
		return &failure{text: "the host of its URL cannot be looked up", again: true}
	case errors.As(err, &other):
		return &failure{text: "the certificate is for another host"}
	case errors.As(err, &certificate):
		return &failure{text: "the certificate is not trusted, or not valid now; name a private CA with AGENCYCTL_CACERT=FILE"}
	case errors.As(err, &plainText), errors.Is(err, http.ErrSchemeMismatch):
		return &failure{text: "the server does not speak TLS"}
	case errors.As(err, &number):
		return &failure{text: number.Error(), again: true}
	}
	return &failure{text: "the connection failed", again: true}
}
