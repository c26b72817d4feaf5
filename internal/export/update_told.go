package export

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/agencyctl/agencyctl/plan"
)

// remarks tell what a plan of the new text still shows, and what keeps such a plan from being made.
func (u *updater) remarks(after *compared) (remarks []Remark) {
	add := func(d plan.Difference, text string) {
		at := d.Source
		root := d.Address
		if listed := after.listed[d.Address]; listed != nil {
			at = cmp.Or(at, listed.Source)
			if !listed.Parent.IsZero() {
				root = listed.Parent
			}
		}
		if l := after.live[d.Address]; l != nil {
			root = l.Root()
		}
		if listed := after.listed[root]; listed != nil {
			at = cmp.Or(at, listed.Source)
		}
		switch why := cmp.Or(u.why[d.Address], u.whyEntry[root]); {
		case !d.Accepted.IsZero():
			text += "; acknowledged until " + d.Accepted.ReviewBy
		case why != "":
			text += "; not edited: " + why
		}
		remarks = append(remarks, Remark{At: at, Text: text})
	}
	for _, d := range after.drift.Changed {
		add(d, differenceText("changed", d))
	}
	for _, d := range after.drift.Missing {
		add(d, differenceText("missing", d))
	}
	for _, d := range after.drift.Unexpected {
		add(d, differenceText("unexpected", d))
	}
	for _, d := range after.drift.Expired {
		add(d, d.Address.String()+" "+d.Reason+": only apply --renew gives it a new end")
	}
	for i := range after.gone {
		d := &after.gone[i]
		p := u.gone[d.Address]
		text := fmt.Sprintf("%s is not there, and no plan is made while it is listed: %s: %s", d.Address, p.Summary, p.Detail)
		if why := u.whyEntry[d.Root()]; why != "" {
			text += "; not edited: " + why
		}
		remarks = append(remarks, Remark{At: d.Source, Text: text})
	}
	slices.SortStableFunc(remarks, func(a, b Remark) int {
		return cmp.Or(plan.ComparePositions(a.At, b.At), strings.Compare(a.Text, b.Text))
	})
	return remarks
}

// String returns the remark behind its place.
func (r Remark) String() string {
	if r.At.IsZero() {
		return r.Text
	}
	return r.At.String() + ": " + r.Text
}

// String tells in one line how a file was edited.
func (f UpdatedFile) String() string {
	var counts []string
	for _, c := range []struct {
		n    int
		what string
	}{{f.Changed, "changed"}, {f.Added, "added"}, {f.Removed, "removed"}} {
		switch {
		case c.n == 0:
		case len(counts) == 0:
			counts = append(counts, plan.Counted(c.n, "entry")+" "+c.what)
		default:
			counts = append(counts, fmt.Sprintf("%d %s", c.n, c.what))
		}
	}
	return f.Name + ": " + strings.Join(counts, ", ")
}

// expiry says of a live resource that its time is over; "" where it is not.
func expiry(l *plan.Live, now time.Time) string {
	if l.Expires.IsZero() || l.Expires.After(now) {
		return ""
	}
	return "expired at " + l.Expires.UTC().Format(time.RFC3339) + ": only apply --renew gives it a new end"
}
