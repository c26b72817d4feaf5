package render

import (
	"io"
	"strconv"

	"github.com/schollz/progressbar/v3"
)

// progressBar is a line that changes on a terminal: a bar, or a turning mark for work of unknown length and on a narrow terminal, and
// words. It is not safe for concurrent use.
type progressBar struct {
	w     io.Writer
	width int
	bar   *progressbar.ProgressBar
	// done and total are what the bar shows; total is -1 for work of unknown length.
	done, total int
}

// draw brings the line up to date: what is done in the account of the latest step, before a bar while any account has changes to make.
func (p *Progress) draw() {
	if len(p.active) == 0 {
		p.bar.clear()
		return
	}
	if p.o.Width != nil {
		p.bar.resize(p.o.Width())
	}
	latest := p.active[len(p.active)-1]
	text, _ := latest.now(p.o.Several)
	if n := len(latest.running); n > 1 {
		text = strconv.Itoa(n) + " running: " + text
	}
	sum, counted, failed := p.ended, false, 0
	for _, w := range p.active {
		sum.done += w.changes.done
		sum.total += w.changes.total
		failed += w.failed
		counted = counted || w.applying
	}
	if p.o.Several {
		text = shorten(latest.account, maxProgressAccount) + ": " + text
	}
	if failed > 0 {
		text = strconv.Itoa(failed) + " failed, " + text
	}
	switch {
	case !counted || sum.total == 0:
		p.bar.wait(text)
	case p.bar.columns() < barNeeds:
		p.bar.wait(strconv.Itoa(sum.done) + "/" + strconv.Itoa(sum.total) + " " + text)
	default:
		p.bar.show(sum.done, sum.total, text)
	}
}

// resize begins the line anew where the terminal has another width than before.
func (b *progressBar) resize(width int) {
	if width != b.width {
		b.clear()
		b.width = width
	}
}

// show draws a bar of done out of total, which is more than none.
func (b *progressBar) show(done, total int, text string) {
	if b.bar == nil || b.total != total || done < b.done {
		b.start(total)
	}
	b.describe(text)
	// A full bar ends itself, so the last step is left to clear.
	if step := min(done, total-1) - b.done; step > 0 {
		b.done += step
		_ = b.bar.Add(step) // a terminal that cannot be drawn on is no reason to stop a run
	}
}

// wait draws a turning mark for work of unknown length.
func (b *progressBar) wait(text string) {
	if b.bar == nil || b.total != -1 {
		b.start(-1)
	}
	b.describe(text)
}

func (b *progressBar) start(total int) {
	b.clear()
	b.total, b.done = total, 0
	options := []progressbar.Option{
		progressbar.OptionSetWriter(b.w),
		progressbar.OptionSetWidth(b.barWidth()),
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
	b.bar = progressbar.NewOptions(total, options...)
}

// clear ends the bar, and with it the library's ticker, and empties the line.
func (b *progressBar) clear() {
	if b.bar == nil {
		return
	}
	_ = b.bar.Finish()
	_ = b.bar.Clear()
	b.bar = nil
}

const (
	// unknownWidth is taken for the width of a terminal that does not tell it.
	unknownWidth = 80
	// barNeeds is the least number of columns in which a bar has a few words beside it.
	barNeeds = 39
	// maxProgressAccount leaves room for what is done in the account.
	maxProgressAccount = 20
)

// columns is how many columns the line may have: one less than the terminal, since a line that breaks cannot be cleared.
func (b *progressBar) columns() int {
	if b.width > 0 {
		return b.width - 1
	}
	return unknownWidth - 1
}

// barWidth leaves room for an address beside the bar.
func (b *progressBar) barWidth() int { return min(20, b.columns()/4) }

// describe changes the words; drawing only when they differ is left to the library.
func (b *progressBar) describe(text string) {
	room := b.columns() - len("⠋  ") // the mark, and blanks around the words
	if b.total > 0 {
		n := len(strconv.Itoa(b.total))
		room = b.columns() - len(" 100% || (/)   ") - b.barWidth() - 2*n
	}
	b.bar.Describe(shorten(Clean(text), max(room, 0)))
}

// shorten returns what of a text has room in that many columns.
func shorten(text string, width int) string {
	if columns(text) <= width {
		return text
	}
	const dots = "..."
	head, _ := splitColumns(text, width-len(dots))
	return head + dots[:min(len(dots), width)]
}
