package render

import (
	"io"
	"slices"
	"sync"

	"github.com/schollz/progressbar/v3"

	"github.com/agencyctl/agencyctl/engine"
)

// Progress shows the steps of a long run on a terminal, on one line that is gone at the end. Anywhere else it is
// silent. A nil *Progress is silent too.
//
// Several accounts may be worked on at once: the line then tells the latest step with the account's name before it, and
// its bar counts the changes of all. Sink and Close are safe for concurrent use.
type Progress struct {
	w io.Writer

	mu  sync.Mutex
	bar *progressbar.ProgressBar
	// done and total are what the bar shows; total is -1 for work of unknown length.
	done, total int

	// active are the accounts that are worked on, the latest step last; ended are the changes of those that are over.
	active []*step
	ended  counts
	// several is set once two accounts were worked on at the same time.
	several bool
}

// step is the latest step in one account.
type step struct {
	account string
	// text describes it; link joins the account's name to it if no other account is worked on, "" leaves the name out.
	text, link string
	changes    counts
	// counted says that the step is one of the changes.
	counted bool
}

// counts are the numbers of changes that are done, and of all changes.
type counts struct{ done, total int }

// NewProgress returns a progress view that draws on w, or a silent one where w is no terminal.
func NewProgress(w io.Writer, terminal bool) *Progress {
	if !terminal {
		return &Progress{}
	}
	return &Progress{w: w}
}

// Sink takes an event; it is an [engine.Sink].
func (p *Progress) Sink(e engine.Event) {
	if p == nil || p.w == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	account := Clean(e.Account.String())
	switch e.Kind {
	case engine.ObserveStarted:
		p.begin(account, "reading", " ", nil)
	case engine.ChangeStarted:
		p.begin(account, e.Change.Action.String()+" "+Clean(e.Change.Address.String()), "", &counts{e.Done, e.Total})
	case engine.ChangeFinished:
		p.begin(account, "applying", " to ", &counts{e.Done, e.Total})
	case engine.ConfirmStarted:
		p.begin(account, "waiting until changes are visible", " in ", &counts{e.Done, e.Total})
	case engine.VerifyStarted, engine.VerifyWaiting:
		p.begin(account, "reading back", " ", nil)
	case engine.ObserveFinished, engine.VerifyFinished:
		p.end(account)
	}
	p.draw()
}

// Close clears the line. It may be called at any time and more than once.
func (p *Progress) Close() {
	if p == nil || p.w == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.active, p.ended = nil, counts{}
	p.clear()
}

// begin notes the latest step of an account; changes is nil for a step that is none of them.
func (p *Progress) begin(account, text, link string, changes *counts) {
	s := &step{account: account}
	if i := p.find(account); i >= 0 {
		s = p.active[i]
		p.active = slices.Delete(p.active, i, i+1)
	}
	p.active = append(p.active, s)
	p.several = p.several || len(p.active) > 1
	s.text, s.link, s.counted = text, link, changes != nil
	if changes != nil {
		s.changes = *changes
	}
}

// end notes that the work in an account has ended.
func (p *Progress) end(account string) {
	if i := p.find(account); i >= 0 {
		p.ended.done += p.active[i].changes.done
		p.ended.total += p.active[i].changes.total
		p.active = slices.Delete(p.active, i, i+1)
	}
	if len(p.active) == 0 {
		p.ended = counts{}
	}
}

func (p *Progress) find(account string) int {
	return slices.IndexFunc(p.active, func(s *step) bool { return s.account == account })
}

// draw brings the line up to date: the latest step, before a bar while any account has changes to make.
func (p *Progress) draw() {
	if len(p.active) == 0 {
		p.clear()
		return
	}
	latest := p.active[len(p.active)-1]
	text := latest.text
	switch {
	case p.several:
		text = shorten(latest.account, maxProgressAccount) + ": " + text
	case latest.link != "":
		text += latest.link + latest.account
	}
	sum, counted := p.ended, false
	for _, s := range p.active {
		sum.done += s.changes.done
		sum.total += s.changes.total
		counted = counted || s.counted
	}
	if counted {
		p.show(sum.done, sum.total, text)
	} else {
		p.wait(text)
	}
}

// barWidth leaves room for an address beside the bar.
const barWidth = 20

// show draws a bar of done out of total.
func (p *Progress) show(done, total int, text string) {
	if total <= 0 {
		p.wait(text)
		return
	}
	if p.bar == nil || p.total != total || done < p.done {
		p.start(total)
	}
	p.describe(text)
	// A full bar ends itself, so the last step is left to clear.
	if step := min(done, total-1) - p.done; step > 0 {
		p.done += step
		_ = p.bar.Add(step) // a terminal that cannot be drawn on is no reason to stop a run
	}
}

// wait draws a turning mark for work of unknown length.
func (p *Progress) wait(text string) {
	if p.bar == nil || p.total != -1 {
		p.start(-1)
	}
	p.describe(text)
}

func (p *Progress) start(total int) {
	p.clear()
	p.total, p.done = total, 0
	options := []progressbar.Option{
		progressbar.OptionSetWriter(p.w),
		progressbar.OptionSetWidth(barWidth),
		progressbar.OptionSpinnerType(14),
		progressbar.OptionSetPredictTime(false),
		progressbar.OptionSetElapsedTime(false),
		progressbar.OptionShowDescriptionAtLineEnd(),
		progressbar.OptionClearOnFinish(),
		// The library starts its ticker before it notes that the bar has begun: only a bar that is drawn at once is free
		// of a race with it.
		progressbar.OptionSetRenderBlankState(true),
		progressbar.OptionUseANSICodes(true),
	}
	if total > 0 {
		options = append(options, progressbar.OptionShowCount())
	}
	p.bar = progressbar.NewOptions(total, options...)
}

// describe changes the words; drawing only when they differ is left to the library.
func (p *Progress) describe(text string) { p.bar.Describe(shorten(text, maxProgressText)) }

// clear ends the bar, and with it the library's ticker, and empties the line.
func (p *Progress) clear() {
	if p.bar == nil {
		return
	}
	_ = p.bar.Finish()
	_ = p.bar.Clear()
	p.bar = nil
}

const (
	// maxProgressText keeps the line short enough for a narrow terminal: a line that breaks cannot be cleared.
	maxProgressText = 44
	// maxProgressAccount leaves room for what is done in the account.
	maxProgressAccount = 20
)

// shorten returns text with no more than limit characters.
func shorten(text string, limit int) string {
	runes := []rune(text)
	if len(runes) <= limit {
		return text
	}
	return string(runes[:limit-3]) + "..."
}
