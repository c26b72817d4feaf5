package cli

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/notify"
	"github.com/agencyctl/agencyctl/internal/render"
)

// TestWhoHasInterruptedIsToldNothing also where the work was done by then. A report that could not be written is told, and a failure to
// tell makes the code worse only where that is asked for.
func TestWhoHasInterruptedIsToldNothing(t *testing.T) {
	failed := render.Report{Kind: render.Drift, Failure: &render.Failure{Kind: render.TimedOut, Err: errors.New("no time")}}
	interrupted, interrupt := context.WithCancel(t.Context())
	interrupt()
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
