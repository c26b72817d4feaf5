// Package saved is a plan that is kept in a file, to be reviewed and executed later: made by [Save], written by
// [Plan.Encode], read by [Decode], and held against live state by [Recheck].
//
// Everything here is pure. A file is data from somebody else: what follows from the plan and its basis is computed where it is
// needed, and never read.
package saved

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
)

// Plan is a plan with what it was built from. [Save] makes it, and nothing changes it afterwards.
type Plan struct {
	Plan *plan.Plan
	// Tool is the version of the program that made the plan.
	Tool  string
	Basis Basis
}

// Basis is what a plan was built from: what [plan.Input] holds, less what a provider can make again. Of the account it holds only
// the roots that the plan changes or leaves out, the roots that refer to them, and those that they depend on. Lists are
// sorted, and nil when empty.
type Basis struct {
	Options Options `json:"options"`
	Rules   Rules   `json:"rules"`
	// Desired are these roots and their children as the manifest lists them.
	Desired []plan.Desired `json:"desired,omitempty"`
	// Listed are the other roots that the manifest lists.
	Listed []Listed `json:"listed,omitempty"`
	// Entries are those that the desired resources add to the catalogue.
	Entries *plan.Catalogue `json:"entries,omitempty"`
	// Snapshot holds the live resources of these roots, the catalogue's entries behind the names in them, the quotas, and
	// the patterns that must be read again to execute the plan.
	Snapshot plan.Snapshot `json:"snapshot"`
}

// Options are the settings of the run that made the plan.
type Options struct {
	plan.Options
	// Self are the roots that the credentials of that run came through.
	Self []addr.Address `json:"self,omitempty"`
}

// Rules are the parts of the manifest that say what a plan may do.
type Rules struct {
	// NotRead are the parts of the account that the manifest leaves unread.
	NotRead     []string          `json:"notRead,omitempty"`
	Ownership   plan.Ownership    `json:"ownership"`
	Guardrails  *plan.Node        `json:"guardrails,omitempty"`
	Acceptances []plan.Acceptance `json:"acceptances,omitempty"`
}

// Listed is a resource of the manifest as far as a service needs to know it in order to read live state.
type Listed struct {
	Address  addr.Address      `json:"address"`
	Absent   bool              `json:"absent,omitempty"`
	Settings plan.Attributes   `json:"settings,omitempty"`
	Bindings map[string]string `json:"bindings,omitempty"`
}

// Save returns p with what it was built from. The input must be the one that p was built from, and p must be free of fatal
// problems. Tool is the version of the running program.
func Save(p *plan.Plan, in plan.Input, tool string) *Plan {
	k := &collector{plan: p, in: in, live: map[addr.Address]*plan.Live{}, roots: map[addr.Address]bool{}, words: map[string]bool{}}
	for i := range in.Snapshot.Resources {
		l := &in.Snapshot.Resources[i]
		k.live[l.Address] = l
	}
	k.findRoots()
	m := in.Manifest
	b := Basis{
		Options:  Options{Options: in.Options, Self: sorted(in.Caller.All(), addr.Compare)},
		Rules:    Rules{NotRead: slices.Clone(m.NotRead), Ownership: m.Ownership, Guardrails: m.Guardrails, Acceptances: m.Acceptances},
		Snapshot: plan.Snapshot{Resources: k.resources(), Quotas: in.Snapshot.Quotas, Coverage: k.coverage()},
	}
	b.Desired, b.Listed = k.desired()
	b.Snapshot.Catalogue = catalogue(in.Snapshot.Catalogue.Entries(), k.refersTo)
	b.Entries = catalogue(in.Entries, k.refersTo)
	timeless := p // a file that says what day it is would be untrue on the next
	if !in.Now.IsZero() {
		in.Now = time.Time{}
		timeless, _ = plan.Build(in)
	}
	return &Plan{Plan: timeless, Tool: tool, Basis: b}
}

// collector collects the basis of a plan.
type collector struct {
	plan *plan.Plan
	in   plan.Input
	live map[addr.Address]*plan.Live
	// roots are the roots that are kept, with all that is part of them.
	roots map[addr.Address]bool
	// words are the names and ids by which the kept resources may refer to entries of the catalogue.
	words map[string]bool
}

// findRoots finds the roots that are kept.
func (k *collector) findRoots() {
	changes := map[addr.Address]bool{}
	for i := range k.plan.Changes {
		c := &k.plan.Changes[i]
		changes[c.Address], k.roots[c.Root()] = true, true
	}
	for _, l := range k.plan.LeftOut {
		changes[l.Address] = true
	}
	for _, l := range k.live {
		refers := func(to addr.Address) bool { return changes[to] }
		if changes[l.Address] || slices.ContainsFunc(l.Uses, refers) || slices.ContainsFunc(l.Names, refers) {
			k.roots[l.Root()] = true
		}
	}
	for i := range k.in.Desired {
		if d := &k.in.Desired[i]; changes[d.Address] {
			k.roots[d.Root()] = true
		}
	}
	k.judge(changes)
	needs := map[addr.Address][]addr.Address{}
	for i := range k.in.Desired {
		d := &k.in.Desired[i]
		for _, dep := range d.DependsOn {
			if !dep.Implied {
				needs[d.Root()] = append(needs[d.Root()], dep.On)
			}
		}
	}
	for queue := slices.Collect(maps.Keys(k.roots)); len(queue) > 0; queue = queue[1:] {
		for _, on := range needs[queue[0]] {
			if !k.roots[on] {
				k.roots[on] = true
				queue = append(queue, on)
			}
		}
	}
}

// judge keeps the roots by which providers judge whether the changes are for a person.
func (k *collector) judge(changes map[addr.Address]bool) {
	view := plan.NewView(k.in.Snapshot, k.in.Manifest.Ownership, k.in.Desired).Noting(func(a addr.Address) {
		if l := k.live[a]; l != nil {
			a = l.Root()
		}
		k.roots[a] = true
	})
	desired := map[addr.Address]*plan.Desired{}
	for i := range k.in.Desired {
		if d := &k.in.Desired[i]; changes[d.Address] && !d.Absent {
			desired[d.Address] = d
		}
	}
	for a := range changes {
		if k.live[a] != nil || desired[a] != nil {
			k.in.Knowledge.Manual(k.live[a], desired[a], view)
		}
	}
}

func (k *collector) resources() []plan.Live {
	var kept []plan.Live
	for i := range k.in.Snapshot.Resources {
		l := k.in.Snapshot.Resources[i]
		if !k.roots[l.Root()] {
			continue
		}
		k.note(l.Resource)
		k.words[l.ID] = true
		for _, use := range l.Uses {
			if used := k.live[use]; used != nil {
				k.words[used.ID] = true
			}
		}
		l.Attributes, l.Expires = notNil(l.Attributes), l.Expires.UTC()
		l.Uses, l.Names = sorted(l.Uses, addr.Compare), sorted(l.Names, addr.Compare)
		l.Unreadable = sorted(l.Unreadable, strings.Compare)
		kept = append(kept, l)
	}
	return sorted(kept, func(x, y plan.Live) int { return addr.Compare(x.Address, y.Address) })
}

func (k *collector) desired() (kept []plan.Desired, listed []Listed) {
	for _, d := range k.in.Desired {
		switch {
		case k.roots[d.Root()]:
			k.note(d.Resource)
			d.Attributes = notNil(d.Attributes)
			kept = append(kept, d)
		case d.Parent.IsZero():
			listed = append(listed, Listed{Address: d.Address, Absent: d.Absent, Settings: d.Settings, Bindings: d.Bindings})
		}
	}
	return sorted(kept, func(x, y plan.Desired) int { return addr.Compare(x.Address, y.Address) }),
		sorted(listed, func(x, y Listed) int { return addr.Compare(x.Address, y.Address) })
}

// note adds the words of a kept resource: only its provider knows which of them are names of the catalogue.
func (k *collector) note(r plan.Resource) {
	for _, id := range r.Bindings {
		k.words[id] = true
	}
	for _, segment := range r.Address.Segments() {
		k.words[segment.Text] = true
	}
	for _, values := range []plan.Attributes{r.Attributes, r.Settings} {
		for _, value := range values {
			text, _ := value.AsString()
			k.words[text] = true
			members, _ := value.AsSet()
			for _, member := range members {
				k.words[member] = true
			}
		}
	}
}

// refersTo reports whether a kept resource may refer to the entry.
func (k *collector) refersTo(e plan.CatalogueEntry) bool {
	return e.ID != "" && k.words[e.ID] || k.words[e.Name]
}

// coverage returns the patterns that the touched roots and their children lie in. A pattern for a single resource counts where
// that resource is touched. Any other counts by its type: a child that is not there yet has no address to match.
func (k *collector) coverage() []addr.Pattern {
	types, exact, rootTypes := map[string]bool{}, map[string]bool{}, map[string]bool{}
	note := func(a addr.Address) { types[a.Type()], exact[a.String()] = true, true }
	touched := touchedBy(k.plan, k.in.Snapshot.Resources)
	for a := range touched {
		note(a)
		rootTypes[a.Type()] = true
	}
	for _, c := range k.plan.Changes {
		if c.Action.Writes() {
			note(c.Address)
		}
	}
	noteChild := func(r *plan.Resource) {
		switch {
		case r.Parent.IsZero():
		case touched[r.Parent]:
			note(r.Address)
		case rootTypes[r.Parent.Type()]:
			types[r.Address.Type()] = true
		}
	}
	for i := range k.in.Snapshot.Resources {
		noteChild(&k.in.Snapshot.Resources[i].Resource)
	}
	for i := range k.in.Desired {
		noteChild(&k.in.Desired[i].Resource)
	}
	var covered []addr.Pattern
	for _, pattern := range k.in.Snapshot.Coverage {
		typ, _, _ := strings.Cut(pattern.String(), "/")
		if exact[pattern.String()] || types[typ] && strings.ContainsAny(pattern.String(), "*?") {
			covered = append(covered, pattern)
		}
	}
	return slices.Compact(sorted(covered, func(x, y addr.Pattern) int { return strings.Compare(x.String(), y.String()) }))
}

// catalogue returns a catalogue of the wanted entries, nil when there is none.
func catalogue(entries []plan.CatalogueEntry, wanted func(plan.CatalogueEntry) bool) *plan.Catalogue {
	kept := slices.DeleteFunc(slices.Clone(entries), func(e plan.CatalogueEntry) bool { return !wanted(e) })
	if len(kept) == 0 {
		return nil
	}
	return plan.NewCatalogue(kept...)
}

func notNil(a plan.Attributes) plan.Attributes {
	if a == nil {
		return plan.Attributes{}
	}
	return a
}

// sorted returns a sorted copy, nil when it is empty.
func sorted[T any](items []T, compare func(x, y T) int) []T {
	if len(items) == 0 {
		return nil
	}
	return slices.SortedFunc(slices.Values(items), compare)
}

// Manifest returns the manifest as far as the basis holds it: enough for services to read live state. It has no sections.
func (s *Plan) Manifest() *plan.Manifest {
	rules := s.Basis.Rules
	return &plan.Manifest{
		Account: s.Plan.Account, Cloud: s.Plan.Cloud, Digest: s.Plan.Manifest.Digest, Sections: map[string][]*plan.Node{},
		NotRead: slices.Clone(rules.NotRead), Ownership: rules.Ownership, Guardrails: rules.Guardrails, Acceptances: rules.Acceptances,
	}
}

// Desired returns the desired resources as far as the basis holds them: enough for services to read live state. What is pruned
// is among them as absent where it was read alone: once it is gone, a service may have no reason to look there.
func (s *Plan) Desired() []plan.Desired {
	desired, held := slices.Clone(s.Basis.Desired), map[addr.Address]bool{}
	for i := range desired {
		held[desired[i].Address] = true
	}
	add := func(r plan.Resource, absent bool) {
		held[r.Address] = true
		desired = append(desired, plan.Desired{Resource: r, Absent: absent})
	}
	for _, l := range s.Basis.Listed {
		add(plan.Resource{Address: l.Address, Settings: l.Settings, Bindings: l.Bindings}, l.Absent)
	}
	readAlone := map[addr.Pattern]bool{}
	for _, read := range s.Basis.Snapshot.Coverage {
		readAlone[read] = true
	}
	for i := range s.Plan.Changes {
		c := &s.Plan.Changes[i]
		if c.After != nil || !c.Parent.IsZero() || held[c.Address] || !readAlone[addr.Exactly(c.Address)] {
			continue
		}
		add(plan.Resource{Address: c.Address, Settings: c.Before.Settings, Bindings: c.Before.Bindings}, true)
	}
	return desired
}

// Wanted returns the desired side of every change that has one, in the order of the addresses. A service can resolve
// the names in it again.
func (s *Plan) Wanted() []plan.Desired {
	writeOnly := s.writeOnly()
	var wanted []plan.Desired
	for _, c := range s.Plan.Changes {
		if c.After != nil {
			wanted = append(wanted, plan.Desired{Resource: *c.After, WriteOnly: writeOnly[c.Address], Source: c.Source, Notes: c.Notes})
		}
	}
	slices.SortFunc(wanted, func(a, b plan.Desired) int { return addr.Compare(a.Address, b.Address) })
	return wanted
}

// writeOnly returns the attributes that cannot be read back, by address.
func (s *Plan) writeOnly() map[addr.Address][]string {
	names := map[addr.Address][]string{}
	for i := range s.Basis.Desired {
		if d := &s.Basis.Desired[i]; len(d.WriteOnly) > 0 {
			names[d.Address] = d.WriteOnly
		}
	}
	return names
}

// deleteLimit returns the limit that the plan was made under.
func (s *Plan) deleteLimit() plan.DeleteLimit {
	if given := s.Basis.Options.MaxDeletes; !given.IsZero() {
		return given
	}
	return s.Basis.Rules.Ownership.MaxDeletes
}

// Touched returns the roots that the plan relies on: those that it writes, and those that refer to a root that it writes. All other
// changes are manual or blocked: names in them may mean something else by now, or nothing.
func (s *Plan) Touched() map[addr.Address]bool { return touchedBy(s.Plan, s.Basis.Snapshot.Resources) }

// touchedBy returns the roots that the writes of p touch: those that are written, also in a child, and those that refer to a
// root that is written.
func touchedBy(p *plan.Plan, live []plan.Live) map[addr.Address]bool {
	touched, written := map[addr.Address]bool{}, map[addr.Address]bool{}
	for i := range p.Changes {
		c := &p.Changes[i]
		if !c.Action.Writes() {
			continue
		}
		touched[c.Root()] = true
		if c.Parent.IsZero() {
			written[c.Address] = true
		}
	}
	for i := range live {
		l := &live[i]
		if slices.ContainsFunc(l.Uses, func(use addr.Address) bool { return written[use] }) {
			touched[l.Root()] = true
		}
	}
	return touched
}

// documents returns the entries whose documents the plan relies on: those that the touched roots refer to after the plan. An entry
// that the plan itself writes is not among them: it is checked as a resource.
func (s *Plan) documents() []plan.CatalogueEntry {
	touched, leaving := s.Touched(), map[addr.Address]bool{}
	written, wanted := map[string]bool{}, map[string]bool{}
	want := func(r *plan.Resource) {
		for _, id := range r.Bindings {
			wanted[id] = true
		}
	}
	for i := range s.Plan.Changes {
		c := &s.Plan.Changes[i]
		if !c.Action.Writes() {
			continue
		}
		written[c.ID] = true
		if c.After != nil {
			want(c.After)
			continue
		}
		for _, gone := range append([]addr.Address{c.Address}, c.With...) {
			leaving[gone] = true
		}
	}
	for i := range s.Basis.Snapshot.Resources {
		if l := &s.Basis.Snapshot.Resources[i]; touched[l.Root()] && !leaving[l.Address] {
			want(&l.Resource)
		}
	}
	return slices.DeleteFunc(s.Basis.Snapshot.Catalogue.Entries(), func(e plan.CatalogueEntry) bool {
		return e.ID == "" || len(e.Document) == 0 || !wanted[e.ID] || written[e.ID]
	})
}
