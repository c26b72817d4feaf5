package plan

import (
	"iter"
	"maps"
	"slices"
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
	// Expiring are managed resources that expire soon. They are no difference, and have no state.
	Expiring []Difference
	// Managed counts the live roots of each type, by type.
	Managed []Managed
	// Findings are breaches of the manifest's guardrails by live resources, unmanaged ones included, risks of resources
	// that differ, and what is to be reviewed in the manifest.
	Findings []Finding
	// Who says what was asked for who made the differences; nil where nobody was asked.
	Who *Inquiry
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
	// Expires is set for a resource that has expired, or expires soon.
	Expires time.Time
	// Protected is set when the manifest forbids the change, and Manual says what only a person can do about it.
	Protected bool
	Manual    []Manual
	Source    Position
	Notes     Notes
	// Seen is the digest of the live root, see [View.Seen]; empty where nothing is live.
	Seen string
	// Wanted identifies what the manifest wants instead, of what is changed or missing: "sha256:" and 64 hexadecimal digits over the
	// attributes that differ and their values. Empty for other classes, and where no attribute differs.
	Wanted string
	// State says how the difference stands to the acceptances of the manifest, and StateReason why none of them holds, where one covers
	// it. Accepted is set in the state accepted, and Added, in the state worsened, to the children that were added since.
	State       State
	StateReason string
	Accepted    Accepted
	Added       []addr.Address
	// Trace is who made the difference, nil where that is not known.
	Trace *Trace
}

// Counts reports whether the difference counts: nobody accepted it.
func (d *Difference) Counts() bool { return d.Accepted.IsZero() }

// Managed says how many of the live roots of a type the manifest lists, or answers for by another entry.
type Managed struct {
	Type    string `json:"type"`
	Managed int    `json:"managed"`
	Live    int    `json:"live"`
}

// Drifted reports whether anything differs, breaches a guardrail, or is to be reviewed. What the manifest accepts does not count.
func (d *Drift) Drifted() bool {
	return slices.ContainsFunc(d.differences(), func(of *Difference) bool { return of.Counts() }) || len(AtLeast(d.Findings, Low)) > 0
}

// Accepted returns the differences that the manifest accepts, sorted by address.
func (d *Drift) Accepted() []*Difference {
	accepted := slices.DeleteFunc(d.differences(), func(of *Difference) bool { return of.Counts() })
	slices.SortStableFunc(accepted, func(x, y *Difference) int { return addr.Compare(x.Address, y.Address) })
	return accepted
}

// States counts the differences by their state.
func (d *Drift) States() map[State]int {
	counts := map[State]int{}
	for _, of := range d.differences() {
		counts[of.State]++
	}
	return counts
}

// byClass goes through the classes in a fixed order.
func (d *Drift) byClass() iter.Seq2[string, []Difference] {
	return func(yield func(string, []Difference) bool) {
		_ = yield(ClassChanged, d.Changed) && yield(ClassMissing, d.Missing) && yield(ClassUnexpected, d.Unexpected) &&
			yield(ClassExpired, d.Expired)
	}
}

// differences returns those of all classes.
func (d *Drift) differences() (all []*Difference) {
	for _, list := range d.byClass() {
		for i := range list {
			all = append(all, &list[i])
		}
	}
	return all
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
		switch c.class() {
		case ClassMissing:
			d.Missing = append(d.Missing, diff)
		case ClassUnexpected:
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
	d.Expired, d.Expiring, d.Managed = expired(p, in, view), expiring(p, in, view), managed(view)
	for class, list := range d.byClass() {
		for i := range list {
			of := &list[i]
			of.Seen = accept.seen.of(view.rootOf(of.Address))
			of.Wanted = wantedOf(class, of.Attributes)
			stands := accept.standingOf(class, of.Address, of.Wanted)
			of.State, of.StateReason, of.Accepted, of.Added = stands.state, stands.why, stands.accepted, stands.added
		}
		sortDifferences(list)
	}
	sortDifferences(d.Expiring)
	accept.noteEnded(d.Findings)
	d.Findings = withoutIdle(d.Findings, p.Remarks, accept.ended)
	return d
}

// managed counts the live roots of each type.
func managed(view *View) []Managed {
	counts := map[string]*Managed{}
	for _, root := range view.roots() {
		l := view.liveAt(root)
		if l == nil {
			continue
		}
		of := counts[root.Type()]
		if of == nil {
			of = &Managed{Type: root.Type()}
			counts[root.Type()] = of
		}
		of.Live++
		if d := view.desiredAt(root); d != nil && !d.Absent || !l.AnsweredBy.IsZero() {
			of.Managed++
		}
	}
	var all []Managed
	for _, typ := range slices.Sorted(maps.Keys(counts)) {
		all = append(all, *counts[typ])
	}
	return all
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

func sortDifferences(list []Difference) {
	slices.SortFunc(list, func(a, b Difference) int { return addr.Compare(a.Address, b.Address) })
}
