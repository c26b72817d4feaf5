package engine

import (
	"context"
	"slices"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers"
)

// Explain asks who made the differences of d that count, and who is behind such high findings about other live resources. It adds
// what the explainer tells to d, which follows from c. Where there is nothing to explain, nobody is asked. Time expires resources, so
// nobody is asked about these either. Of a difference that has become worse it asks who added what makes it so.
func (c *Compared) Explain(ctx context.Context, explainer providers.Explainer, d *plan.Drift) {
	in := &c.planned.input
	view := plan.NewView(in.Snapshot, in.Manifest.Ownership, in.Desired)
	var asked []providers.Difference
	var into []**plan.Trace
	known := map[addr.Address]bool{}
	ask := func(d providers.Difference, trace **plan.Trace) {
		asked, into, known[d.Address] = append(asked, d), append(into, trace), true
	}
	// differs reports whether what is at an address differs, or is as it should be below or by something that differs. Who made that
	// difference is told there.
	differs := func(a addr.Address) bool {
		l := view.Live(a)
		return known[a] || l != nil && (view.Desired(a) != nil && known[l.Root()] ||
			slices.ContainsFunc(l.Uses, func(use addr.Address) bool { return known[use] }))
	}
	for _, list := range []struct {
		became      providers.Became
		differences []plan.Difference
	}{{providers.Altered, d.Changed}, {providers.Vanished, d.Missing}, {providers.Appeared, d.Unexpected}} {
		for i := range list.differences {
			if d := &list.differences[i]; d.Counts() {
				about := providers.Difference{Address: d.Address, Became: list.became, Attributes: d.Attributes}
				if !slices.Contains(d.Added, d.Address) { // who made what was accepted is not who made it worse
					about.Added = d.Added
				}
				ask(about, &d.Trace)
			}
		}
	}
	for i := range d.Findings {
		f := &d.Findings[i]
		if f.Seen != "" && f.Severity == plan.High && f.Accepted.IsZero() && !differs(f.Address) {
			about := providers.Difference{Address: f.Address, Became: providers.Noticed}
			if f.Attribute != "" {
				about.Attributes = []plan.AttributeChange{{Name: f.Attribute}}
			}
			ask(about, &f.Trace)
		}
	}
	if len(asked) == 0 {
		return
	}
	traces, inquiry := explainer.Explain(ctx, asked, view)
	for i, trace := range traces {
		if *into[i] = trace; trace == nil {
			inquiry.Unknown++
		}
	}
	d.Who = &inquiry
}
