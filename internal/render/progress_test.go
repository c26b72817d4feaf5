package render_test

import (
	"bytes"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"go.uber.org/goleak"

	"github.com/agencyctl/agencyctl/engine"
	"github.com/agencyctl/agencyctl/internal/render"
	"github.com/agencyctl/agencyctl/plan"
)

// screen is a terminal that its turning mark may write to from another goroutine.
type screen struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *screen) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func wholeRun(t *testing.T, p *render.Progress) {
	change := &plan.Change{Address: plan.NewAddress("agency", plan.Plain("ops\u202e")), Action: plan.Create}
	p.Sink(engine.Event{Kind: engine.ObserveStarted, Account: account})
	p.Sink(engine.Event{Kind: engine.ObserveFinished, Account: account})
	for done := range 3 {
		p.Sink(engine.Event{Kind: engine.ChangeStarted, Account: account, Change: change, Done: done, Total: 3})
		p.Sink(engine.Event{Kind: engine.ConfirmStarted, Account: account, Change: change, Done: done, Total: 3})
		p.Sink(engine.Event{Kind: engine.ChangeFinished, Account: account, Change: change, Result: &engine.Result{}, Done: done + 1, Total: 3})
	}
	p.Sink(engine.Event{Kind: engine.VerifyStarted, Account: account, Total: 3})
	p.Sink(engine.Event{Kind: engine.VerifyWaiting, Account: account, Done: 1, Total: 3})
	p.Sink(engine.Event{Kind: engine.VerifyFinished, Account: account})
	p.Close()
	p.Close()
}

func TestProgressIsSilentWithoutATerminal(t *testing.T) {
	var s screen
	wholeRun(t, render.NewProgress(&s, false))
	assert.Empty(t, s.String())
	var none *render.Progress
	wholeRun(t, none)
}

func TestProgressLeavesNothingBehind(t *testing.T) {
	defer goleak.VerifyNone(t)
	var s screen
	wholeRun(t, render.NewProgress(&s, true))
	got := s.String()
	for _, want := range []string{"reading example-co", `create agency/ops%E2%80%AE`, "2/3", "waiting until", "reading back example-co"} {
		assert.Contains(t, got, want)
	}
	assert.NotContains(t, got, "\u202e")
	assert.NotContains(t, got, "\n")
	assert.True(t, strings.HasSuffix(got, "\x1b[2K\r"), "the line must be empty at the end: %q", got)
}

func TestProgressEndsAnInterruptedRun(t *testing.T) {
	defer goleak.VerifyNone(t)
	var s screen
	p := render.NewProgress(&s, true)
	p.Sink(engine.Event{Kind: engine.ObserveStarted, Account: account})
	p.Close()
	assert.True(t, strings.HasSuffix(s.String(), "\x1b[2K\r"), "%q", s.String())
}
