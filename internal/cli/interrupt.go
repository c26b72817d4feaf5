package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/agencyctl/agencyctl/engine"
	"github.com/agencyctl/agencyctl/internal/render"
)

// interruptNotice tells on standard error what the end of a run's context does, at the moment of that end.
type interruptNotice struct {
	ctx context.Context
	// grace is how long running calls have.
	grace time.Duration
	// announce writes the notice, once; further calls wait until it is written.
	announce func()
	// unwatch keeps the end of the context from being announced.
	unwatch func() bool
	closed  bool

	mu      sync.Mutex
	engines []*engine.Engine
	// asking is set while a question waits for its answer, and sending once changes may be sent.
	asking, sending bool
}

func newInterruptNotice(ctx context.Context, w io.Writer, progress *render.Progress, grace time.Duration) *interruptNotice {
	n := &interruptNotice{ctx: ctx, grace: grace}
	n.announce = sync.OnceFunc(func() { progress.Stopping(w, n.text()) })
	n.unwatch = context.AfterFunc(ctx, n.announce)
	return n
}

// addEngine counts the calls of an engine among those that run.
func (n *interruptNotice) addEngine(e *engine.Engine) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.engines = append(n.engines, e)
}

// setAsking notes whether a question stands on an open line.
func (n *interruptNotice) setAsking(asking bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.asking = asking
}

// setSending notes that from now on changes are sent.
func (n *interruptNotice) setSending() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.sending = true
}

// flush returns when a notice that is due is written: it comes before what is written next.
func (n *interruptNotice) flush() {
	if n.ctx.Err() != nil && !n.closed {
		n.announce()
	}
}

// close ends the watch: the work is over, and the end of the context changes nothing any more.
func (n *interruptNotice) close() {
	n.flush()
	if !n.closed && !n.unwatch() {
		n.announce()
	}
	n.closed = true
}

// text is the notice; "" for the end of a limit of time that cuts off nothing, since the failure tells of it.
func (n *interruptNotice) text() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	running := 0
	for _, e := range n.engines {
		running += e.HoldBack()
	}
	text, press := "Stopping: ", "Press Ctrl-C again"
	if n.asking {
		text = "\n" + text
	}
	switch late := errors.Is(n.ctx.Err(), context.DeadlineExceeded); {
	case late && running == 0:
		return ""
	case late:
		text, press = text+"the time is over. ", "Press Ctrl-C"
	case !n.sending:
		return text + "nothing was changed.\n"
	case running == 0:
		return text + "no call is running, and no further change is begun.\n"
	}
	return text + fmt.Sprintf("%s still running. %s to stop at once.\n"+
		"Calls may take %s to end. What becomes of a call that is stopped at once is not known.\n",
		countAre(running, "call"), press, inSeconds(n.grace))
}

// inSeconds writes a time in whole seconds.
func inSeconds(d time.Duration) string { return fmt.Sprintf("%.0f seconds", d.Seconds()) }

// stopNow returns a channel that is closed when running calls are not waited for any more: at the second interrupt, which closes second,
// or at the first one, which ends process, where a limit of time has ended the run before. Release it when the run is over.
func stopNow(process, run context.Context, second <-chan struct{}) (now <-chan struct{}, release func()) {
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		defer cancel()
		select {
		case <-run.Done():
		case <-ctx.Done():
			return
		}
		var first <-chan struct{}
		if errors.Is(run.Err(), context.DeadlineExceeded) {
			first = process.Done()
		}
		select {
		case <-first:
		case <-second:
		case <-ctx.Done():
		}
	}()
	return ctx.Done(), cancel
}
