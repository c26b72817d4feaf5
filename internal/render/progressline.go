package render

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/agencyctl/agencyctl/engine"
	"github.com/agencyctl/agencyctl/plan"
)

// quietTime is how long a run may write nothing while it works.
const quietTime = 10 * time.Second

// clockForm is how a line says when it was written.
const clockForm = "15:04:05"

// tell writes a line about an account. The clock comes first, so that lines of several runs can be put side by side.
func (p *Progress) tell(w *work, text string) {
	if p.o.Lines == nil {
		return
	}
	if p.o.Several {
		text = w.account + ": " + text
	}
	// A line that cannot be written is no reason to stop a run.
	_, _ = io.WriteString(p.o.Lines, p.o.Now().Format(clockForm)+" "+Clean(text)+"\n")
	if p.still != nil {
		p.still.Reset(quietTime)
	}
}

// tellChange writes what became of a change. A change that was not begun, or that no call is sent for, has no line: the plan and the
// report have it.
func (p *Progress) tellChange(w *work, e engine.Event) {
	if !e.Change.Action.Writes() || notBegun(e.Result) {
		return
	}
	forms, at := changeForms(e.Change), title(e.Change.Address.String())
	took := " (" + seconds(e.Elapsed) + ")"
	var text string
	switch e.Result.Outcome {
	case engine.Applied:
		text = forms.done + " " + at + took
	case engine.Partly:
		text = "partly " + forms.done + " " + at + took
	case engine.Failed:
		text = "failed to " + forms.do + " " + at + took
	case engine.Skipped:
		text = "skipped " + at
		if !e.Result.Cause.IsZero() {
			text += ", because of " + title(e.Result.Cause.String())
		}
	case engine.Cancelled, engine.ByHand, engine.Blocked:
		text = "did not finish " + forms.doing + " " + at + took
	}
	if e.Result.Err != nil {
		text += ": " + strings.ReplaceAll(errorText(e.Result), "\n", "; ")
	}
	p.tell(w, text+w.counter())
}

// tellReadBack writes how many changes were seen. Who has stopped the run does not wait for that.
func (p *Progress) tellReadBack(w *work, e engine.Event, step string) {
	if p.stopping {
		return
	}
	if e.Total > 0 {
		step += fmt.Sprintf(": %d of %s seen", e.Done, plan.Counted(e.Total, "change"))
	}
	w.step, w.about = step, " in "
	p.tell(w, step+" ("+seconds(e.Elapsed)+")")
}

// counter says how many changes are over.
func (w *work) counter() string {
	if !w.applying {
		return ""
	}
	return fmt.Sprintf("  [%d/%d]", w.changes.done, w.changes.total)
}

// watch has whatever takes long written, while anything is done.
func (p *Progress) watch() {
	switch {
	case len(p.active) > 0 && p.still == nil:
		p.still = time.AfterFunc(quietTime, p.tellStill)
	case len(p.active) == 0 && p.still != nil:
		p.still.Stop()
		p.still = nil
	}
}

// tellStill writes what is being done, in each account.
func (p *Progress) tellStill() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, w := range p.active {
		text, since := w.now(p.o.Several)
		if more := len(w.running) - 1; more > 0 {
			text += fmt.Sprintf(", %d more", more)
		}
		p.tell(w, "still "+text+" ("+seconds(p.o.Now().Sub(since))+")"+w.counter())
	}
}

// seconds returns a duration as people read it.
func seconds(d time.Duration) string {
	if d < 10*time.Second {
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	return fmt.Sprintf("%.0f s", d.Seconds())
}
