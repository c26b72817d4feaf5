package render

import (
	"io"

	"github.com/schollz/progressbar/v3"

	"github.com/agencyctl/agencyctl/engine"
)

// Progress shows on a terminal what a long run is doing, on one line that is gone at the end. Anywhere else it is
// silent. A nil *Progress is silent too.
//
// Events of one run come one at a time, and so must the calls of Sink and Close.
type Progress struct {
	w   io.Writer
	bar *progressbar.ProgressBar
	// done and total are what the bar shows; total is -1 for work of unknown length.
	done, total int
}

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
	account := Clean(e.Account.String())
	switch e.Kind {
	case engine.ObserveStarted:
		p.wait("reading " + account)
	case engine.ChangeStarted:
		p.show(e.Done, e.Total, e.Change.Action.String()+" "+Clean(e.Change.Address.String()))
	case engine.ChangeFinished:
		p.show(e.Done, e.Total, "applying to "+account)
	case engine.ConfirmStarted:
		p.show(e.Done, e.Total, "waiting until changes are visible in "+account)
	case engine.VerifyStarted, engine.VerifyWaiting:
		p.wait("reading back " + account)
	case engine.ObserveFinished, engine.VerifyFinished:
		p.clear()
	}
}

// Close clears the line. It may be called at any time and more than once.
func (p *Progress) Close() {
	if p != nil && p.w != nil {
		p.clear()
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
		p.begin(total)
	}
	p.describe(text)
	// A full bar ends itself; the view ends when it is told to, so the last step is only shown by the clearing.
	if step := min(done, total-1) - p.done; step > 0 {
		p.done += step
		_ = p.bar.Add(step) // a terminal that cannot be drawn on is no reason to stop a run
	}
}

// wait draws a turning mark for work of unknown length.
func (p *Progress) wait(text string) {
	if p.bar == nil || p.total != -1 {
		p.begin(-1)
	}
	p.describe(text)
}

func (p *Progress) begin(total int) {
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
func (p *Progress) describe(text string) { p.bar.Describe(shorten(text)) }

// clear ends the bar, and with it the library's ticker, and empties the line.
func (p *Progress) clear() {
	if p.bar == nil {
		return
	}
	_ = p.bar.Finish()
	_ = p.bar.Clear()
	p.bar = nil
}

// maxProgressText keeps the line short enough for a narrow terminal: a line that breaks cannot be cleared.
const maxProgressText = 44

func shorten(text string) string {
	runes := []rune(text)
	if len(runes) <= maxProgressText {
		return text
	}
	return string(runes[:maxProgressText-3]) + "..."
}
