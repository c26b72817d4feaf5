package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/agencyctl/agencyctl/engine"
	"github.com/agencyctl/agencyctl/internal/render"
)

// stop says on standard error what the end of a run's context does, at the moment of that end.
type stop struct {
	ctx context.Context
	// say says it, once; further calls wait until it was said.
	say func()
	// unwatch keeps the end of the context from being told.
	unwatch func() bool
	over    bool

	mu      sync.Mutex
	engines []*engine.Engine
	// isAsking is set while a question waits for its answer, and isSending once changes may be sent.
	isAsking, isSending bool
}

func newStop(ctx context.Context, w io.Writer, progress *render.Progress) *stop {
	s := &stop{ctx: ctx}
	s.say = sync.OnceFunc(func() { progress.Stopping(w, s.text()) })
	s.unwatch = context.AfterFunc(ctx, s.say)
	return s
}

// watch counts the calls of an engine among those that run.
func (s *stop) watch(e *engine.Engine) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.engines = append(s.engines, e)
}

// asks notes whether a question stands on an open line.
func (s *stop) asks(asking bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.isAsking = asking
}

// sends notes that from now on changes are sent.
func (s *stop) sends() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.isSending = true
}

// told returns when what is to be said was said: it comes before what is written next.
func (s *stop) told() {
	if s.ctx.Err() != nil && !s.over {
		s.say()
	}
}

// end ends the watch: the work is over, and the end of the context changes nothing any more.
func (s *stop) end() {
	s.told()
	if !s.over && !s.unwatch() {
		s.say()
	}
	s.over = true
}

// text is what is said; "" for the end of a limit of time that cuts off nothing, since the failure tells of it.
func (s *stop) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	running := 0
	for _, e := range s.engines {
		running += e.HoldBack()
	}
	text := "Stopping: "
	if s.isAsking {
		text = "\n" + text
	}
	if errors.Is(s.ctx.Err(), context.DeadlineExceeded) { // no second signal is awaited
		if running == 0 {
			return ""
		}
		return text + fmt.Sprintf("the time is over. %s still running, and may take %s to end.\n", countAre(running, "call"), grace)
	}
	switch {
	case !s.isSending:
		return text + "nothing was changed.\n"
	case running == 0:
		return text + "no call is running, and no further change is begun.\n"
	}
	return text + fmt.Sprintf("%s still running. Press Ctrl-C again to stop at once.\n"+
		"Calls may take %s to end. What becomes of a call that is stopped at once is not known.\n", countAre(running, "call"), grace)
}

// grace is how long running calls have.
var grace = fmt.Sprintf("%.0f seconds", engine.DefaultGrace.Seconds())
