package render

import (
	"fmt"

	"github.com/agencyctl/agencyctl/plan"
)

// traceText says who made a difference; "" where that is not known.
func traceText(t *plan.Trace) string {
	if t == nil {
		return ""
	}
	return t.String()
}

// whoText says of whom nothing is known, and why; "" where everything has been told.
func whoText(i *plan.Inquiry) string {
	switch {
	case i == nil:
		return ""
	case i.Problem != "":
		return "not known: " + i.Asked + ": " + i.Problem
	case i.Unknown > 0:
		return fmt.Sprintf("not known of %d of these: %s, has nothing that fits", i.Unknown, i.Asked)
	}
	return ""
}

// who writes of whom nothing is known.
func (p *page) who(i *plan.Inquiry) {
	if text := whoText(i); text != "" {
		p.gap()
		p.titled("Who:", [][]piece{{{plain, text}}})
		p.gap()
	}
}

// whoRows says who made a difference, below it.
func whoRows(t *plan.Trace) []sheetRow {
	if t == nil {
		return nil
	}
	return []sheetRow{{Text: Clean(t.String())}}
}
