package render_test

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rivo/uniseg"
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

// afternoon is the time at which all is told.
var afternoon = time.Date(2031, 1, 31, 14, 2, 11, 0, time.UTC)

func onTerminal(s *screen, change ...func(*render.ProgressOptions)) *render.Progress {
	o := render.ProgressOptions{Terminal: s, Now: func() time.Time { return afternoon }}
	for _, c := range change {
		c(&o)
	}
	return render.NewProgress(o)
}

func several(o *render.ProgressOptions) { o.Several = true }

func TestSilentProgress(t *testing.T) {
	for _, p := range []*render.Progress{nil, render.NewProgress(render.ProgressOptions{})} {
		wholeRun(t, p)
		p.Connecting(account)()
		var s screen
		p.Stopping(&s, "Stopping.\n")
		assert.Equal(t, "Stopping.\n", s.String(), "who stops a run is answered all the same")
	}
}

func TestProgressLeavesNothingBehind(t *testing.T) {
	defer goleak.VerifyNone(t)
	var s screen
	wholeRun(t, onTerminal(&s))
	got := s.String()
	for _, want := range []string{"reading example-co", `creating agency/ops%E2%80%AE`, "2/3", "waiting until", "reading back example-co"} {
		assert.Contains(t, got, want)
	}
	assert.NotContains(t, got, "\u202e")
	assert.NotContains(t, got, "\n")
	assert.True(t, strings.HasSuffix(got, "\x1b[2K\r"), "the line must be empty at the end: %q", got)
}

func TestProgressEndsAnInterruptedRun(t *testing.T) {
	defer goleak.VerifyNone(t)
	var s screen
	p := onTerminal(&s)
	p.Sink(engine.Event{Kind: engine.ObserveStarted, Account: account})
	p.Close()
	assert.True(t, strings.HasSuffix(s.String(), "\x1b[2K\r"), "%q", s.String())
}

func TestProgressTellsSeveralAccountsApart(t *testing.T) {
	defer goleak.VerifyNone(t)
	var s screen
	p := onTerminal(&s, several)
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
		"a-partner-with-qu...: reading", "example-co: creating agency/ops", "a-partner-with-qu...: creating agency/ops", "example-co: reading back",
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
	p := onTerminal(&s, several)
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

// onTheLine are the texts that were on the line, without the codes that move and clear it.
func onTheLine(s string) []string {
	return strings.Split(regexp.MustCompile(`\x1b\[[0-9]*[A-Za-z]`).ReplaceAllString(s, ""), "\r")
}

func TestTheProgressLineFitsTheTerminal(t *testing.T) {
	defer goleak.VerifyNone(t)
	for _, width := range []int{20, 40, 80, 200} {
		for _, name := range []string{strings.Repeat("long-name-", 30), strings.Repeat("東京", 60), "e\u0301" + strings.Repeat("e\u0301", 200)} {
			var s screen
			p := onTerminal(&s, func(o *render.ProgressOptions) { o.Width = func() int { return width } })
			change := &plan.Change{Address: addr.New("agency", addr.Plain(name)), Action: plan.Create}
			where := plan.Account{Name: name}
			p.Sink(engine.Event{Kind: engine.ObserveStarted, Account: where})
			p.Sink(engine.Event{Kind: engine.ChangeStarted, Account: where, Change: change, Done: 0, Total: 1200})
			p.Sink(engine.Event{Kind: engine.ChangeFinished, Account: where, Change: change, Result: &engine.Result{}, Done: 1100, Total: 1200})
			p.Close()
			longest := 0
			for _, line := range onTheLine(s.String()) {
				longest = max(longest, uniseg.StringWidth(line))
			}
			assert.Less(t, longest, width, "%d columns: %q", width, onTheLine(s.String()))
			assert.Greater(t, longest, width-5, "the width is used")
		}
	}
}

func TestTheProgressLineFitsATerminalThatGetsNarrower(t *testing.T) {
	defer goleak.VerifyNone(t)
	var s screen
	width := 120
	p := onTerminal(&s, func(o *render.ProgressOptions) { o.Width = func() int { return width } })
	change := &plan.Change{Address: addr.New("agency", addr.Plain(strings.Repeat("long-name-", 30))), Action: plan.Create}
	start := func(done int) {
		p.Sink(engine.Event{Kind: engine.ChangeStarted, Account: account, Change: change, Done: done, Total: 1200})
	}
	start(0)
	before := len(s.String())
	width = 60
	start(1)
	p.Close()
	drawn := onTheLine(s.String()[before:])
	for i, line := range drawn {
		if strings.Contains(line, "(1/1200)") || i == len(drawn)-1 {
			assert.Less(t, uniseg.StringWidth(line), 60, "%q", drawn)
		}
	}
	assert.Contains(t, s.String()[before:], "(1/1200)")
}

func TestTheProgressLineSaysWhatRunsAndWhatFailed(t *testing.T) {
	defer goleak.VerifyNone(t)
	var s screen
	p := onTerminal(&s)
	for _, name := range []string{"a", "b", "c"} {
		change := &plan.Change{Address: addr.New("agency", addr.Plain(name)), Action: plan.Delete}
		p.Sink(engine.Event{Kind: engine.ChangeStarted, Account: account, Change: change, Total: 9})
	}
	first := &plan.Change{Address: addr.New("agency", addr.Plain("a")), Action: plan.Delete}
	p.Sink(engine.Event{Kind: engine.ChangeFinished, Account: account, Change: first, Result: &engine.Result{Outcome: engine.Failed}, Done: 1, Total: 9})
	p.Close()
	assert.Contains(t, s.String(), "(0/9) 3 running: deleting agency/a ")
	assert.Contains(t, s.String(), "(1/9) 1 failed, 2 running: deleting agency/b ")
}

// lines is a view off a terminal, with a change to do things to, and what was written.
type lines struct {
	*render.Progress
	s screen
}

func (l *lines) change(kind engine.EventKind, name string, action plan.Action, done int, result *engine.Result) {
	c := &plan.Change{Address: addr.New("agency", addr.Plain(name)), Action: action}
	e := engine.Event{Kind: kind, Account: account, Change: c, Result: result, Done: done, Total: 7}
	if result != nil {
		result.Address, result.Action, e.Elapsed = c.Address, action, 440*time.Millisecond
	}
	l.Sink(e)
}

func newLines(change ...func(*render.ProgressOptions)) *lines {
	l := &lines{}
	o := render.ProgressOptions{Lines: &l.s, Now: func() time.Time { return afternoon }}
	for _, c := range change {
		c(&o)
	}
	l.Progress = render.NewProgress(o)
	return l
}

func TestOffATerminalEachChangeHasALine(t *testing.T) {
	defer goleak.VerifyNone(t)
	l := newLines()
	defer l.Close()
	l.Sink(engine.Event{Kind: engine.ObserveStarted, Account: account})
	l.Sink(engine.Event{Kind: engine.ObserveFinished, Account: account})
	for _, name := range []string{"a", "b", "c", "d"} {
		l.change(engine.ChangeStarted, name, plan.Create, 0, nil)
	}
	assert.Empty(t, l.s.String(), "what does not take long has no line of its own")
	denied := errors.New("create agency/d: access denied\nand more\x1b[31m")
	l.change(engine.ChangeFinished, "a", plan.Create, 1, &engine.Result{Outcome: engine.Applied})
	l.change(engine.ChangeFinished, "b", plan.Update, 2, &engine.Result{Outcome: engine.Applied})
	l.change(engine.ChangeFinished, "c", plan.Delete, 3, &engine.Result{Outcome: engine.Applied})
	l.change(engine.ChangeFinished, "d", plan.Create, 4, &engine.Result{Outcome: engine.Failed, Err: denied})
	l.change(engine.ChangeFinished, "e", plan.Create, 5, &engine.Result{Outcome: engine.Skipped, Cause: addr.New("agency", addr.Plain("d"))})
	l.change(engine.ChangeFinished, "f", plan.Delete, 6, &engine.Result{Outcome: engine.Partly, Err: errors.New("one of two")})
	l.change(engine.ChangeFinished, "h", plan.ByHand, 7, &engine.Result{Outcome: engine.ByHand})
	l.change(engine.ChangeFinished, "i", plan.Blocked, 7, &engine.Result{Outcome: engine.Blocked})
	l.change(engine.ChangeFinished, "j", plan.Create, 7, &engine.Result{Outcome: engine.Cancelled, Err: errors.New("not sent")})
	l.change(engine.ChangeFinished, "g", plan.Create, 8, &engine.Result{Outcome: engine.Cancelled, Attempts: 1, Err: errors.New("create agency/g: the outcome is unknown")})
	l.Sink(engine.Event{Kind: engine.VerifyStarted, Account: account, Total: 3})
	l.Sink(engine.Event{Kind: engine.VerifyWaiting, Account: account, Done: 1, Total: 3, Elapsed: time.Second})
	l.Sink(engine.Event{Kind: engine.VerifyFinished, Account: account, Done: 3, Total: 3, Elapsed: 12400 * time.Millisecond})
	assert.Equal(t, `14:02:11 created agency/a (0.4 s)  [1/7]
14:02:11 updated agency/b (0.4 s)  [2/7]
14:02:11 deleted agency/c (0.4 s)  [3/7]
14:02:11 failed to create agency/d (0.4 s): access denied; and more\x1b[31m  [4/7]
14:02:11 skipped agency/e, because of agency/d  [5/7]
14:02:11 partly deleted agency/f (0.4 s): one of two  [6/7]
14:02:11 did not finish creating agency/g (0.4 s): the outcome is unknown  [7/7]
14:02:11 reading back: 1 of 3 changes seen (1.0 s)
14:02:11 read back: 3 of 3 changes seen (12 s)
`, l.s.String())
}

func TestOffATerminalWhateverTakesLongHasALine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLines(func(o *render.ProgressOptions) { o.Now = func() time.Time { return time.Now().UTC() } })
		said := func() string { // since the last call
			synctest.Wait()
			l.s.mu.Lock()
			defer l.s.mu.Unlock()
			text := l.s.b.String()
			l.s.b.Reset()
			return text
		}
		end := l.Connecting(account)
		time.Sleep(11 * time.Second)
		assert.Equal(t, "00:00:10 still connecting to example-co (10 s)\n", said())
		end()
		l.Sink(engine.Event{Kind: engine.ObserveStarted, Account: account})
		time.Sleep(25 * time.Second)
		assert.Equal(t, "00:00:21 still reading example-co (10 s)\n00:00:31 still reading example-co (20 s)\n", said())
		l.Sink(engine.Event{Kind: engine.ObserveFinished, Account: account})
		time.Sleep(time.Minute)
		assert.Empty(t, said(), "nothing is done while somebody is asked")
		l.change(engine.ChangeStarted, "a", plan.Create, 0, nil)
		time.Sleep(5 * time.Second)
		l.change(engine.ChangeStarted, "b", plan.Update, 0, nil)
		time.Sleep(6 * time.Second)
		assert.Equal(t, "00:01:46 still creating agency/a, 1 more (10 s)  [0/7]\n", said())
		l.change(engine.ChangeFinished, "a", plan.Create, 1, &engine.Result{Outcome: engine.Applied})
		assert.Equal(t, "00:01:47 created agency/a (0.4 s)  [1/7]\n", said())
		l.change(engine.ConfirmStarted, "b", plan.Update, 1, nil)
		time.Sleep(11 * time.Second)
		assert.Equal(t, "00:01:57 still waiting until changes are visible, to update agency/b (16 s)  [1/7]\n", said())
		l.change(engine.ChangeFinished, "b", plan.Update, 2, &engine.Result{Outcome: engine.Applied})
		said()
		l.Sink(engine.Event{Kind: engine.VerifyStarted, Account: account, Total: 2})
		l.Sink(engine.Event{Kind: engine.VerifyWaiting, Account: account, Done: 1, Total: 2})
		said()
		time.Sleep(11 * time.Second)
		assert.Equal(t, "00:02:08 still reading back: 1 of 2 changes seen in example-co (10 s)\n", said())
		l.Close()
		time.Sleep(time.Minute)
		assert.Empty(t, said())
	})
}

func TestLinesNameTheAccountWhereThereAreSeveral(t *testing.T) {
	l := newLines(several)
	defer l.Close()
	l.change(engine.ChangeStarted, "a", plan.Create, 0, nil)
	l.change(engine.ChangeFinished, "a", plan.Create, 1, &engine.Result{Outcome: engine.Applied})
	assert.Equal(t, "14:02:11 example-co: created agency/a (0.4 s)  [1/7]\n", l.s.String())
}

func TestAStopIsToldOnLinesOfItsOwn(t *testing.T) {
	defer goleak.VerifyNone(t)
	var s screen
	p := onTerminal(&s)
	p.Sink(engine.Event{Kind: engine.ObserveStarted, Account: account})
	p.Stopping(&s, "Stopping.\n")
	p.Close()
	assert.Contains(t, s.String(), "\x1b[2K\rStopping.\n\r", "the line is emptied before, and drawn again after")

	l := newLines()
	defer l.Close()
	l.Stopping(&l.s, "Stopping.\n")
	l.Sink(engine.Event{Kind: engine.VerifyStarted, Account: account, Total: 3})
	l.Sink(engine.Event{Kind: engine.VerifyFinished, Account: account, Total: 3})
	assert.Equal(t, "Stopping.\n", l.s.String(), "nothing is read back any more")
}
