package engine

import (
	"context"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers"
)

// Explain asks who made the differences of d that count, and who is behind such high findings about other live resources. It adds
// what the explainer tells to d, which follows from c. Where there is nothing to explain, nobody is asked. Time expires resources, so
// nobody is asked about these either.
func (c *Compared) Explain(ctx context.Context, explainer providers.Explainer, d *plan.Drift) {
	var asked []providers.Difference
	var into []**plan.Trace
	known := map[addr.Address]bool{}
	ask := func(a addr.Address, became providers.Became, trace **plan.Trace) {
		asked, into, known[a] = append(asked, providers.Difference{Address: a, Became: became}), append(into, trace), true
	}
	for _, list := range []struct {
		became      providers.Became
		differences []plan.Difference
	}{{providers.Altered, d.Changed}, {providers.Vanished, d.Missing}, {providers.Appeared, d.Unexpected}} {
		for i := range list.differences {
			if d := &list.differences[i]; d.Counts() {
				ask(d.Address, list.became, &d.Trace)
			}
		}
	}
	for i := range d.Findings {
		f := &d.Findings[i]
		if f.Seen != "" && f.Severity == plan.High && f.Accepted.IsZero() && !known[f.Address] {
			ask(f.Address, providers.Noticed, &f.Trace)
		}
	}
	if len(asked) == 0 {
		return
	}
	in := &c.planned.input
	traces, inquiry := explainer.Explain(ctx, asked, plan.NewView(in.Snapshot, in.Manifest.Ownership, in.Desired))
	for i, trace := range traces {
		if *into[i] = trace; trace == nil {
			inquiry.Unknown++
		}
	}
	d.Who = &inquiry
}
