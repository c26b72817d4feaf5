package render

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/agencyctl/agencyctl/plan"
)

// The titles of what is no drift.
const (
	titleExpiring     = "Expiring soon:"
	titleAcknowledged = "Acknowledged:"
)

func stateStyle(s plan.State) style {
	switch s {
	case plan.StateWorsened:
		return red
	case plan.StateNew, plan.StateOverdue:
		return yellow
	case plan.StateAccepted:
	}
	return dim
}

// acknowledged lists the differences that the manifest accepts, with the reason. What differs of them was looked at: --verbose tells it.
func (p *page) acknowledged(d *plan.Drift) {
	all := d.Accepted()
	if len(all) == 0 {
		return
	}
	p.gap()
	p.line(0, bold, titleAcknowledged)
	for _, of := range all {
		p.indent(2)
		p.put(plain, title(of.Address.String()))
		if reason := differenceReason(of); reason != "" {
			p.put(dim, "  ("+reason+")")
		}
		p.endWith(place(of.Source))
		p.block(6, dim, acknowledged(of.Accepted)+": "+of.Accepted.Reason)
		if p.verbose {
			for _, c := range of.Attributes {
				t := drifted(c)
				p.attribute(6, &t)
			}
			p.companionLines(6, of.Address, of.With)
		}
	}
	p.gap()
}

// tellsStates reports whether each difference is to say its state, because not all of them are new.
func tellsStates(d *plan.Drift) bool {
	states := d.States()
	return states[plan.StateWorsened]+states[plan.StateOverdue]+states[plan.StateAccepted] > 0
}

// silenced counts in one line what is accepted, with the first reasons; "" for nothing.
func silenced(d *plan.Drift) string {
	const few = 3
	var all []plan.Accepted
	var counts tally
	if accepted := d.Accepted(); len(accepted) > 0 {
		counts = append(counts, plan.Counted(len(accepted), "difference"))
		for _, of := range accepted {
			all = append(all, of.Accepted)
		}
	}
	if n := len(d.Findings) - len(plan.AtLeast(d.Findings, plan.Low)); n > 0 {
		counts = append(counts, plan.Counted(n, "finding"))
	}
	for i := range d.Findings {
		if !d.Findings[i].Accepted.IsZero() {
			all = append(all, d.Findings[i].Accepted)
		}
	}
	if len(all) == 0 {
		return ""
	}
	slices.SortFunc(all, func(x, y plan.Accepted) int {
		return cmp.Or(strings.Compare(x.ReviewBy, y.ReviewBy), strings.Compare(x.Reason, y.Reason))
	})
	until := acknowledged(all[0])
	if all[len(all)-1].ReviewBy != all[0].ReviewBy {
		until = "acknowledged, the first until " + all[0].ReviewBy
	}
	var reasons []string
	for _, a := range all {
		if !slices.Contains(reasons, a.Reason) {
			reasons = append(reasons, a.Reason)
		}
	}
	text := counts.String() + " " + until + ": " + strings.Join(reasons[:min(few, len(reasons))], "; ")
	if more := len(reasons) - few; more > 0 {
		text += "; and " + plan.Counted(more, "more reason")
	}
	return text
}

// upcoming says in one line what somebody is to do one day though nothing differs: what expires first, and what may go from the manifest;
// "" for nothing.
func upcoming(d *plan.Drift) string {
	var all []string
	if n := len(d.Expiring); n > 0 {
		first := slices.MinFunc(d.Expiring, func(x, y plan.Difference) int { return x.Expires.Compare(y.Expires) })
		text := titleExpiring + " " + title(first.Address.String()) + ", at " + first.Expires.UTC().Format(time.RFC3339)
		if n > 1 {
			text += fmt.Sprintf(", and %d more", n-1)
		}
		all = append(all, text)
	}
	if may := removable(d.Remarks); len(may.all) == 1 {
		all = append(all, parts("  ", may.title+": "+may.all[0].subject(), may.all[0].text, place(may.all[0].at)))
	} else if len(may.all) > 1 {
		all = append(all, may.title+": "+plan.Counted(len(may.all), "entry"))
	}
	return strings.Join(all, ". ")
}

// managedShare says how much of what is live the manifest manages: "23 of 31 agencies and 4 of 4 policies are managed"; "" where nothing is
// live.
func managedShare(d *plan.Drift) string {
	var shares []string
	for _, m := range d.Managed {
		shares = append(shares, fmt.Sprintf("%d of %d %s", m.Managed, m.Live, plan.Plural(m.Type)))
	}
	switch last := len(shares) - 1; last {
	case -1:
		return ""
	case 0:
		return shares[0] + " are managed"
	default:
		return strings.Join(shares[:last], ", ") + " and " + shares[last] + " are managed"
	}
}
