package render

import (
	"io"
	"slices"
	"sync"
	"time"

	"github.com/agencyctl/agencyctl/engine"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
)

// Progress tells what a run does while it does it. On a terminal it draws one line that is gone at the end (progressbar.go). Anywhere
// else it writes a line for each change that is over, and for whatever takes long (progressline.go). A nil *Progress is silent.
//
// Several accounts may be worked on at once. Its methods are safe for concurrent use.
type Progress struct {
	o ProgressOptions

	mu  sync.Mutex
	bar progressBar
	// still fires when nothing was written for a while.
	still *time.Timer
	// active are the accounts that are worked on, the latest step last; ended are the changes of those that are over.
	active []*work
	ended  counts
	// stopping is set once the run has been told to stop.
	stopping bool
}

// ProgressOptions say how progress is shown.
type ProgressOptions struct {
	// Lines takes lines, and Terminal the one that changes. At most one of them is set; with neither, the view is silent.
	Lines, Terminal io.Writer
	// Width returns how many columns the line may have on the terminal; 0 where that is not known. It is asked each time that the line
	// is drawn. Nil is never known.
	Width func() int
	// Several is set where the work is on more than one account: each line then names its own.
	Several bool
	// Now is the clock.
	Now func() time.Time
}

// work is what is done in one account.
type work struct {
	account string
	// step is what is done where no change runs, and since is its begin; about is what joins the account to it.
	step, about string
	since       time.Time
	// running are the changes that are begun and not over, the oldest first.
	running []runningChange
	changes counts
	// notBegun are the changes among those that are over which were not begun, and failed those that failed.
	notBegun, failed int
	// applying says that the changes are what is counted.
	applying bool
}

type runningChange struct {
	address addr.Address
	text    string
	since   time.Time
}

// counts are the numbers of changes that are over, and of all changes.
type counts struct{ done, total int }

// NewProgress returns a progress view.
func NewProgress(o ProgressOptions) *Progress {
	return &Progress{o: o, bar: progressBar{w: o.Terminal}}
}

func (p *Progress) silent() bool { return p == nil || p.o.Lines == nil && p.o.Terminal == nil }

// Sink takes an event; it is an [engine.Sink].
func (p *Progress) Sink(e engine.Event) {
	if p.silent() {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	w := p.of(Clean(e.Account.String()))
	switch e.Kind {
	case engine.ObserveStarted:
		p.begin(w, "reading", " ")
	case engine.ChangeStarted:
		w.start(e, p.o.Now())
	case engine.ConfirmStarted:
		w.wait(e.Change)
	case engine.ChangeFinished:
		w.finish(e, p.o.Now())
		p.tellChange(w, e)
	case engine.VerifyStarted:
		w.applying = false
		p.begin(w, "reading back", " ")
	case engine.VerifyWaiting:
		p.tellReadBack(w, e, "reading back")
	case engine.VerifyFinished:
		p.tellReadBack(w, e, "read back")
	case engine.ObserveFinished, engine.ApplyFinished:
		p.end(w)
	}
	p.show()
}

// Connecting tells that an account is connected to, of which the engine knows nothing, until end is called.
func (p *Progress) Connecting(account plan.Account) (end func()) {
	if p.silent() {
		return func() {}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	w := p.of(Clean(account.String()))
	p.begin(w, "connecting", " to ")
	p.show()
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.end(w)
		p.show()
	}
}

// Stopping writes on w what is said when the run is told to stop, on lines of its own. From then on the view does not tell what was read
// back: nothing is, any more.
func (p *Progress) Stopping(w io.Writer, text string) {
	if !p.silent() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.stopping = true
		p.bar.clear()
		defer p.show()
	}
	_, _ = io.WriteString(w, text) // there is nowhere else to report an error
}

// Close ends the view for now: the next event begins it again. It may be called at any time and more than once.
func (p *Progress) Close() {
	if p.silent() {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.active, p.ended = nil, counts{}
	p.show()
}

// of returns the work in an account, and makes it the latest.
func (p *Progress) of(account string) *work {
	w := &work{account: account}
	if i := slices.IndexFunc(p.active, func(w *work) bool { return w.account == account }); i >= 0 {
		w = p.active[i]
		p.active = slices.Delete(p.active, i, i+1)
	}
	p.active = append(p.active, w)
	return w
}

// begin notes the latest step of an account.
func (p *Progress) begin(w *work, step, about string) {
	w.step, w.about, w.since = step, about, p.o.Now()
}

// end notes that the work in an account has ended.
func (p *Progress) end(w *work) {
	p.ended.done += w.changes.done
	p.ended.total += w.changes.total
	p.active = slices.DeleteFunc(p.active, func(other *work) bool { return other == w })
	if len(p.active) == 0 {
		p.ended = counts{}
	}
}

// show brings the view up to date.
func (p *Progress) show() {
	if p.o.Terminal != nil {
		p.draw()
		return
	}
	p.watch()
}

func (w *work) start(e engine.Event, now time.Time) {
	w.begun(e)
	w.running = append(w.running, runningChange{e.Change.Address, changeForms(e.Change).doing + " " + title(e.Change.Address.String()), now})
}

// wait notes that a change waits until what it needs can be read.
func (w *work) wait(c *plan.Change) {
	if i := w.find(c.Address); i >= 0 {
		w.running[i].text = "waiting until changes are visible, to " + changeForms(c).do + " " + title(c.Address.String())
	}
}

func (w *work) finish(e engine.Event, now time.Time) {
	if e.Change.Action.Writes() && notBegun(e.Result) {
		w.notBegun++
	}
	w.begun(e)
	if i := w.find(e.Change.Address); i >= 0 {
		w.running = slices.Delete(w.running, i, i+1)
	}
	if e.Result.Outcome == engine.Failed || e.Result.Outcome == engine.Partly {
		w.failed++
	}
	w.since = now
}

// begun notes that changes are made, and how many there are.
func (w *work) begun(e engine.Event) {
	w.step, w.about = "applying", " to "
	w.applying, w.changes = true, counts{e.Done - w.notBegun, e.Total}
}

func (w *work) find(address addr.Address) int {
	return slices.IndexFunc(w.running, func(c runningChange) bool { return c.address == address })
}

// now says what is done in the account, and since when: the change that has run for the longest time, or the step. Where lines name the
// account, this does not.
func (w *work) now(several bool) (text string, since time.Time) {
	switch {
	case len(w.running) > 0:
		return w.running[0].text, w.running[0].since
	case several:
		return w.step, w.since
	}
	return w.step + w.about + w.account, w.since
}

// changeForms are the words for a change that runs, one that is over, and one that was not made.
func changeForms(c *plan.Change) (forms struct{ doing, done, do string }) {
	forms.doing, forms.done, forms.do = "changing", "changed", c.Action.String()
	switch {
	case c.Renew:
		forms.doing, forms.done, forms.do = "renewing", "renewed", "renew"
	case c.Action == plan.Create:
		forms.doing, forms.done = "creating", "created"
	case c.Action == plan.Update:
		forms.doing, forms.done = "updating", "updated"
	case c.Action == plan.Delete:
		forms.doing, forms.done = "deleting", "deleted"
	}
	return forms
}
