package render

// defaultWidth is the number of columns where none is given: fits a review page and a split terminal.
const defaultWidth = 100

// Options say how text is written. The zero Options are plain text, 100 columns wide.
type Options struct {
	// Color adds ANSI colours. They never carry a meaning that the characters do not.
	Color bool
	// Width is the number of columns that positions are aligned to; 0 means 100. Longer lines are not broken.
	Width int
	// Quiet leaves out headings and bookkeeping notes. What differs, and what could not be read, always shows.
	Quiet bool
	// Several says that the run is about more than one account: headings then stay, whatever Quiet says.
	Several bool
	// ShowNow prints the moment at which a drift was judged. Without it the output depends on no clock.
	ShowNow bool
	// Hint says what to do about an error, "" for nothing. May be nil.
	Hint func(error) string
}

func (o Options) width() int {
	if o.Width <= 0 {
		return defaultWidth
	}
	return o.Width
}

// headings reports whether each account has a line that names it.
func (o Options) headings() bool { return !o.Quiet || o.Several }

func (o Options) hint(err error) string {
	if o.Hint == nil || err == nil {
		return ""
	}
	return o.Hint(err)
}
