package cli

import (
	"bytes"
	"context"
	"errors"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/notify"
	"github.com/agencyctl/agencyctl/internal/render"
)

// TestASendingEndsInTime after a signal that comes before it or during it: at once after an interrupt, and soon where something else asks
// the process to end.
func TestASendingEndsInTime(t *testing.T) {
	for name, test := range map[string]struct {
		cause        error
		code         int           // of a run that has found differences
		after, lasts time.Duration // the signal comes so long after the beginning, 0 for before it
	}{
		"no signal":          {code: 2, after: time.Hour, lasts: 30 * time.Second},
		"an interrupt":       {code: 130, after: time.Second, lasts: time.Second},
		"SIGTERM meanwhile":  {code: 130, cause: errTerminated, after: time.Second, lasts: time.Second + reportDeadline},
		"SIGTERM before":     {code: 130, cause: errTerminated, lasts: reportDeadline},
		"SIGTERM at its end": {code: 2, cause: errTerminated, after: 29 * time.Second, lasts: 30 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				process, end := context.WithCancelCause(t.Context())
				defer end(nil)
				if test.after == 0 {
					end(test.cause)
				} else {
					defer time.AfterFunc(test.after, func() { end(test.cause) }).Stop()
				}
				a := &app{env: Env{Stderr: io.Discard, Getenv: func(string) string { return "" }}}
				a.notify.targets = []*notify.Target{notify.NewTopic(notify.Spec{Kind: notify.KindTopic, Topic: "x"}, func(ctx context.Context, _, _ string) error {
					<-ctx.Done()
					return ctx.Err()
				}, notify.Settings{})}
				begun := time.Now()
				err := a.tell(process, render.Report{Kind: render.Drift, Failure: &render.Failure{Kind: render.Interrupted, Err: errors.New("interrupted")}}, nil, 2, exit(2))
				assert.Equal(t, test.lasts, time.Since(begun))
				assert.Equal(t, test.code, codeIn(err))
			})
		})
	}
}

// TestWhoHasInterruptedIsToldNothing also where the work was done by then. A report that could not be written is told, and a failure to
// tell makes the code worse only where that is asked for.
func TestWhoHasInterruptedIsToldNothing(t *testing.T) {
	failed := render.Report{Kind: render.Drift, Failure: &render.Failure{Kind: render.TimedOut, Err: errors.New("no time")}}
	interrupted, interrupt := context.WithCancel(t.Context())
	interrupt()
	terminated, terminate := context.WithCancelCause(t.Context())
	terminate(errTerminated)
	for name, test := range map[string]struct {
		ctx      context.Context
		report   render.Report
		err      error
		refuses  bool
		required bool
		code     int
		subject  string
		stderr   string
	}{
		"a failure":                      {ctx: t.Context(), report: failed, err: exit(1), code: 1, subject: "agencyctl drift failed: nothing is known of any account", stderr: "notification sent: smn=x\n"},
		"after an interrupt":             {ctx: interrupted, report: failed, err: exit(1), code: 1},
		"asked to end":                   {ctx: terminated, report: failed, err: exit(1), code: 1, subject: "agencyctl drift failed: nothing is known of any account", stderr: "notification sent: smn=x\n"},
		"asked to end, and refused":      {ctx: terminated, report: failed, err: exit(2), refuses: true, required: true, code: 1, subject: "agencyctl drift failed: nothing is known of any account", stderr: "agencyctl: notification smn=x was not sent: no\n"},
		"a quiet run that should end":    {ctx: terminated, report: render.Report{Kind: render.Drift}, code: 0},
		"a quiet run":                    {ctx: t.Context(), report: render.Report{Kind: render.Drift}, code: 0},
		"a report that was not written":  {ctx: t.Context(), report: render.Report{Kind: render.Drift, Accounts: make([]render.Account, 1)}, err: exit(exitRefused), code: 1, subject: "agencyctl drift failed", stderr: "notification sent: smn=x\n"},
		"a target that refuses":          {ctx: t.Context(), report: failed, err: exit(2), refuses: true, code: 2, subject: "agencyctl drift failed: nothing is known of any account", stderr: "agencyctl: notification smn=x was not sent: no\n"},
		"a target that must not refuse":  {ctx: t.Context(), report: failed, err: exit(2), refuses: true, required: true, code: 1, subject: "agencyctl drift failed: nothing is known of any account", stderr: "agencyctl: notification smn=x was not sent: no\n"},
		"what is worse than a no, stays": {ctx: t.Context(), report: failed, err: exit(130), refuses: true, required: true, code: 130, subject: "agencyctl drift failed: nothing is known of any account", stderr: "agencyctl: notification smn=x was not sent: no\n"},
	} {
		t.Run(name, func(t *testing.T) {
			var stderr bytes.Buffer
			subject := ""
			a := &app{env: Env{Stderr: &stderr, Getenv: func(string) string { return "" }}}
			a.notify.required = test.required
			a.notify.targets = []*notify.Target{notify.NewTopic(notify.Spec{Kind: notify.KindTopic, Topic: "x"}, func(_ context.Context, s, _ string) error {
				subject = s
				if test.refuses {
					return errors.New("no")
				}
				return nil
			}, notify.Settings{})}
			code := codeIn(test.err)
			if name == "a report that was not written" {
				code = exitOK
			}
			err := a.tell(test.ctx, test.report, nil, code, test.err)
			require.Equal(t, test.code, codeIn(err))
			assert.Equal(t, test.subject, subject)
			assert.Equal(t, test.stderr, stderr.String())
		})
	}
}
