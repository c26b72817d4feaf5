package render_test

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"go.uber.org/goleak"

	"github.com/agencyctl/agencyctl/engine"
	"github.com/agencyctl/agencyctl/internal/render"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
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
	change := &plan.Change{Address: addr.New("agency", addr.Plain("ops\u202e")), Action: plan.Create}
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

func TestProgressTellsSeveralAccountsApart(t *testing.T) {
	defer goleak.VerifyNone(t)
	var s screen
	p := render.NewProgress(&s, true)
	other := plan.Account{Name: "a-partner-with-quite-a-long-name"}
	change := &plan.Change{Address: addr.New("agency", addr.Plain("ops")), Action: plan.Create}
	send := func(kind engine.EventKind, account plan.Account, done, total int) {
		p.Sink(engine.Event{Kind: kind, Account: account, Change: change, Result: &engine.Result{}, Done: done, Total: total})
	}
	send(engine.ObserveStarted, account, 0, 0)
	send(engine.ObserveStarted, other, 0, 0)
	send(engine.ObserveFinished, account, 0, 0)
	send(engine.ObserveFinished, other, 0, 0)
	send(engine.ChangeStarted, account, 0, 2)
	send(engine.ChangeStarted, other, 0, 5)
	send(engine.ChangeFinished, account, 1, 2)
	send(engine.ChangeFinished, account, 2, 2)
	send(engine.VerifyStarted, account, 0, 2)
	send(engine.ChangeFinished, other, 1, 5)
	send(engine.VerifyFinished, account, 0, 0)
	send(engine.ChangeFinished, other, 2, 5)
	p.Close()
	got := s.String()
	for _, want := range []string{
		"a-partner-with-qu...: reading", "example-co: create agency/ops", "a-partner-with-qu...: create agency/ops", "example-co: reading back",
		"3/7", "4/7", // the changes of both, also after one is over
	} {
		assert.Contains(t, got, want)
	}
	assert.NotContains(t, got, "\n")
	assert.True(t, strings.HasSuffix(got, "\x1b[2K\r"), "the line must be empty at the end: %q", got)
}

func TestProgressTakesEventsOfAccountsAtTheSameTime(t *testing.T) {
	defer goleak.VerifyNone(t)
	var s screen
	p := render.NewProgress(&s, true)
	change := &plan.Change{Address: addr.New("agency", addr.Plain("ops")), Action: plan.Create}
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			mine := plan.Account{Name: fmt.Sprintf("account-%d", i)}
			p.Sink(engine.Event{Kind: engine.ObserveStarted, Account: mine})
			p.Sink(engine.Event{Kind: engine.ObserveFinished, Account: mine})
			p.Sink(engine.Event{Kind: engine.ChangeStarted, Account: mine, Change: change, Total: 1})
			p.Sink(engine.Event{Kind: engine.VerifyFinished, Account: mine})
		})
	}
	all.Wait()
	p.Close()
	assert.True(t, strings.HasSuffix(s.String(), "\x1b[2K\r"), "%q", s.String())
}
