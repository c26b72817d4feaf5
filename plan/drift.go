package plan

import (
	"slices"
	"strings"
	"time"

	"github.com/agencyctl/agencyctl/plan/addr"
)

// Drift is how live state differs from the manifest at one moment, in four lists: changed, missing, unexpected and expired
// resources.
type Drift struct {
	Account Account
	Cloud   Cloud
	// Now is the moment that expiry was judged at.
	Now        time.Time
	Changed    []Difference
	Missing    []Difference
	Unexpected []Difference
	Expired    []Difference
	// Findings are breaches of the manifest's guardrails by live resources, unmanaged ones included, risks of resources
	// that differ, and what is to be reviewed in the manifest.
	Findings []Finding
	// Besides are the children of live roots that the manifest does not list and leaves alone. They are no difference.
	Besides     []Beside
	Unmanaged   []addr.Address
	NotRead     []NotRead
	NotCompared []NotCompared
	// Remarks are those of the plan.
	Remarks  []Remark
	Warnings []string
}

// Difference is one resource that is not as the manifest says.
type Difference struct {
	Address addr.Address
	ID      string
	// Action is what a plan would do about it, zero where it would do nothing.
	Action Action
	// Attributes are the differing ones: Before is live, After what the manifest says.
	Attributes []AttributeChange
	// With are children that are listed with the resource and have no difference of their own.
	With []addr.Address
	// Reason says in words what is different.
	Reason string
	// Expires is set for an expired resource.
	Expires time.Time
	// Protected is set when the manifest forbids the change, and Manual says what only a person can do about it.
	Protected bool
	Manual    []Manual
	Source    Position
	Notes     Notes
	// Seen is the digest of the live root, see [View.Seen]; empty where nothing is live.
	Seen string
}

// Drifted reports whether anything differs, breaches a guardrail, or is to be reviewed. What the manifest accepts does not count.
func (d *Drift) Drifted() bool {
	return len(d.Changed)+len(d.Missing)+len(d.Unexpected)+len(d.Expired)+len(AtLeast(d.Findings, Low)) > 0
}

// DriftOf returns the drift at in.Now: the changes of p, and the differences that p leaves in place. The input must be the one that
// p was built from. The warnings among problems are listed.
func DriftOf(p *Plan, in Input, problems []Problem) *Drift {
	view := NewView(in.Snapshot, in.Manifest.Ownership, in.Desired)
	accept := newAcceptor(&in, view)
	d := &Drift{
		Account: p.Account, Cloud: p.Cloud, Now: in.Now.UTC(), Findings: driftFindings(p, in, accept),
		Unmanaged: p.Unmanaged, NotRead: p.NotRead, NotCompared: p.NotCompared, Remarks: p.Remarks,
		Besides: besides(p, view, in.Desired), Warnings: withWarnings(slices.Clone(p.Warnings), problems),
	}
	for i := range p.Changes {
		c := &p.Changes[i]
		forbidden := in.Manifest.Ownership.Forbids(c, view.Live)
		diff := Difference{
			Address: c.Address, ID: c.ID, Action: c.Action, Attributes: c.Attributes, With: c.With, Reason: c.Reason,
			Protected: forbidden != "", Manual: c.Manual, Source: c.Source, Notes: c.Notes,
		}
		switch {
		case c.Before == nil:
			d.Missing = append(d.Missing, diff)
		case c.After == nil:
			d.Unexpected = append(d.Unexpected, diff)
		default:
			d.Changed = append(d.Changed, diff)
		}
	}
	for _, l := range p.Unexpected {
		d.Unexpected = append(d.Unexpected, Difference{
			Address: l.Address, ID: l.ID, Attributes: DiffAttributes(l.Attributes, nil), With: l.With, Reason: unexpectedReason(l.Live),
		})
	}
	d.Expired = expired(p, in, view)
	for _, list := range [][]Difference{d.Changed, d.Missing, d.Unexpected, d.Expired} {
		for i := range list {
			list[i].Seen = accept.seen.of(view.rootOf(list[i].Address))
		}
		sortDifferences(list)
	}
	return d
}

// driftFindings returns the breaches, what is to be reviewed, and the risks of live resources that differ from the manifest.
// Risks of resources that are as the manifest says were reviewed with the manifest.
func driftFindings(p *Plan, in Input, accept *acceptor) []Finding {
	findings := append(accept.mark(slices.Clone(in.Findings), true), reviewFindings(in.Manifest, in.Desired, in.Knowledge, in.Now)...)
	held, left := map[addr.Address]bool{}, map[addr.Address]*Change{}
	for i := range p.Changes {
		c := &p.Changes[i]
		findings, left[c.Address] = append(findings, c.Resolves...), c
		if c.Action == Blocked {
			for _, a := range append([]addr.Address{c.Address}, c.With...) {
				held[a] = true
			}
		}
	}
	for i := range in.Snapshot.Resources { // what is held back speaks for its parts, and for what uses it
		l := &in.Snapshot.Resources[i]
		if held[l.Parent] || slices.ContainsFunc(l.Uses, func(use addr.Address) bool { return held[use] }) {
			held[l.Address] = true
		}
	}
	for _, f := range p.Findings {
		if c := left[f.Address]; held[f.Address] || c != nil && f.Attribute != "" && c.isLeft(f) {
			findings = append(findings, f)
		}
	}
	for _, u := range p.Unexpected {
		findings = append(findings, u.Findings...)
	}
	accept.label(findings)
	findings = SortFindings(findings)
	for i := range findings {
		accept.offer(&findings[i])
	}
	return findings
}

// unexpectedReason says in words why an owned root is listed as unexpected.
func unexpectedReason(l Live) string {
	if l.ServiceMade {
		return "made by a cloud service, owned by ownership.include, not listed"
	}
	return "owned by ownership.include and not listed"
}

// expired returns the managed resources whose lifetime is over.
func expired(p *Plan, in Input, view *View) []Difference {
	ignored := make(map[addr.Address]bool, len(p.Unmanaged))
	for _, a := range p.Unmanaged {
		ignored[a] = true
	}
	for _, c := range p.Changes {
		if c.After == nil {
			ignored[c.Address] = true
		}
	}
	for _, l := range p.Unexpected {
		ignored[l.Address] = true
	}
	entries := make(map[addr.Address]*Desired, len(in.Desired))
	for i := range in.Desired {
		entries[in.Desired[i].Address] = &in.Desired[i]
	}
	isOver := func(l *Live) bool {
		return l != nil && !l.Expires.IsZero() && !l.Expires.After(in.Now) && !ignored[l.Address]
	}
	var found []Difference
	told := map[addr.Address][]string{} // by what answers for them, and is what can be renewed
	for i := range in.Snapshot.Resources {
		if l := &in.Snapshot.Resources[i]; isOver(l) && !l.AnsweredBy.IsZero() && isOver(view.Live(l.AnsweredBy)) {
			told[l.AnsweredBy] = append(told[l.AnsweredBy], l.Address.String())
		}
	}
	for _, l := range in.Snapshot.Resources {
		if !isOver(&l) || !l.AnsweredBy.IsZero() && isOver(view.Live(l.AnsweredBy)) {
			continue
		}
		d := Difference{
			Address: l.Address, ID: l.ID, Expires: l.Expires.UTC(), Reason: "expired at " + l.Expires.UTC().Format(time.RFC3339),
			Protected: in.Manifest.Ownership.holds(&l),
		}
		if names := told[l.Address]; len(names) > 0 {
			d.Reason += ": " + strings.Join(names, ", ")
		}
		if entry := entries[l.Address]; entry != nil {
			d.Source, d.Notes = entry.Source, entry.Notes
		}
		found = append(found, d)
	}
	return found
}

func sortDifferences(list []Difference) {
	slices.SortFunc(list, func(a, b Difference) int { return addr.Compare(a.Address, b.Address) })
}
