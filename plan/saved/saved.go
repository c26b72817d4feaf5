// Package saved is a plan that is kept in a file, to be reviewed and executed later: made by [Save], written as [Plan.Text],
// read by [Decode], and held against live state by [Recheck].
//
// Everything here is pure. A file is data from somebody else: the plan is built again from the basis that the file holds, and a
// file that shows anything else is refused. What the basis cannot tell is as the file tells it; see [Plan].
package saved

import (
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
)

// Plan is a plan with what it was built from. [Save] and [Decode] make it, and nothing changes it afterwards.
type Plan struct {
	// Plan was built from the basis. What rests on more than the basis is as recorded in the file: origins, changed rules, what leaves
	// the manifest, all that is said of resources outside the basis, remarks, warnings, what was not read, and three counts. Where
	// the program that made the file has another version, and has written other findings, privileges or words than this one finds,
	// they are among the warnings; where the versions are equal, such a file is refused.
	Plan *plan.Plan
	// Tool is the version of the program that made the plan.
	Tool  string
	Basis Basis
	// Moved are those of the plan's warnings that are about what another version of the program has written.
	Moved []string

	text []byte
	// in is what Plan was built from.
	in plan.Input
}

// Program is the program that saves or reads a plan.
type Program struct {
	Services Services
	// Names are how its user gives the settings of a run.
	Names plan.SettingNames
	// Version is the program's own.
	Version string
}

// Services are all services of the program.
type Services interface {
	plan.Knowledge
	// Input returns what a plan of resolved resources is built from, but for the settings of the run. With a fatal problem the
	// input is of no use.
	Input(m *plan.Manifest, desired []plan.Desired, s *plan.Snapshot) (plan.Input, []plan.Problem)
}

// Basis is what a plan was built from: what [plan.Given] holds, without the roots that the plan does not rest on. Of the account it
// holds only the roots that the plan changes or leaves out, the roots that refer to them, those that they depend on, those that services
// complete them from, and those that the privileges of the plan rest on. Lists are sorted, and nil when empty.
type Basis struct {
	Options Options `json:"options"`
	Rules   Rules   `json:"rules"`
	// Desired are these roots and their children as the manifest lists them.
	Desired []plan.Desired `json:"desired,omitempty"`
	// Listed are the other roots that the manifest lists.
	Listed []Listed `json:"listed,omitempty"`
	// Snapshot holds the live resources of these roots, the catalogue's entries behind the names in them, the quotas, and all that
	// was covered.
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
	Additive bool              `json:"additive,omitempty"`
	Settings plan.Attributes   `json:"settings,omitempty"`
	Bindings map[string]string `json:"bindings,omitempty"`
}

// Manifest returns the manifest as far as the basis holds it: enough for services to read live state. It has no sections.
func (s *Plan) Manifest() *plan.Manifest { return manifest(s.Plan, &s.Basis) }

func manifest(p *plan.Plan, basis *Basis) *plan.Manifest {
	rules := basis.Rules
	return &plan.Manifest{
		Account: p.Account, Cloud: p.Cloud, Digest: p.Manifest.Digest,
		NotRead: slices.Clone(rules.NotRead), Ownership: rules.Ownership, Guardrails: rules.Guardrails, Acceptances: rules.Acceptances,
	}
}

// Desired returns the desired resources as far as the basis holds them: enough for services to read live state. What is pruned
// is among them as absent where it was read alone: once it is gone, a service may have no reason to look there.
func (s *Plan) Desired() []plan.Desired {
	desired, held := slices.Clone(s.in.Desired), map[addr.Address]bool{}
	for i := range desired {
		held[desired[i].Address] = true
	}
	add := func(r plan.Resource, absent, additive bool) {
		held[r.Address] = true
		desired = append(desired, plan.Desired{Resource: r, Absent: absent, Additive: additive})
	}
	for _, l := range s.Basis.Listed {
		add(plan.Resource{Address: l.Address, Settings: l.Settings, Bindings: l.Bindings}, l.Absent, l.Additive)
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
		add(plan.Resource{Address: c.Address, Settings: c.Before.Settings, Bindings: c.Before.Bindings}, true, false)
	}
	return desired
}

// Accepting returns which of some acceptances covers the difference that a change ends, in the live state that the plan was made from and
// on the day that it was told; see [plan.Input.Accepting].
func (s *Plan) Accepting(acceptances []plan.Acceptance) func(c *plan.Change) plan.Accepted {
	return s.in.Accepting(acceptances)
}

// Wanted returns the desired side of every change that has one, in the order of the addresses. A service can resolve
// the names in it again.
func (s *Plan) Wanted() []plan.Desired {
	writeOnly := s.writeOnly()
	var wanted []plan.Desired
	for i := range s.Plan.Changes {
		if c := &s.Plan.Changes[i]; c.After != nil {
			d := plan.Desired{Resource: *c.After, WriteOnly: writeOnly[c.Address], Source: c.Source}
			if !c.Notes.IsZero() {
				d.Notes = &c.Notes
			}
			wanted = append(wanted, d)
		}
	}
	slices.SortFunc(wanted, func(a, b plan.Desired) int { return addr.Compare(a.Address, b.Address) })
	return wanted
}

// Unchanged returns the desired resources of the basis that [Plan.Wanted] does not have, sorted.
func (s *Plan) Unchanged() []plan.Desired {
	wanted := map[addr.Address]bool{}
	for i := range s.Plan.Changes {
		wanted[s.Plan.Changes[i].Address] = s.Plan.Changes[i].After != nil
	}
	unchanged := slices.DeleteFunc(slices.Clone(s.in.Desired), func(d plan.Desired) bool { return wanted[d.Address] })
	slices.SortFunc(unchanged, func(a, b plan.Desired) int { return addr.Compare(a.Address, b.Address) })
	return unchanged
}

// writeOnly returns the attributes that cannot be read back, by address.
func (s *Plan) writeOnly() map[addr.Address][]string {
	names := map[addr.Address][]string{}
	for i := range s.in.Desired {
		if d := &s.in.Desired[i]; len(d.WriteOnly) > 0 {
			names[d.Address] = d.WriteOnly
		}
	}
	return names
}

// Touched returns the roots that the plan relies on: those that it writes, and those that refer to a root that it writes. All other
// changes are manual or blocked: names in them may mean something else by now, or nothing.
func (s *Plan) Touched() map[addr.Address]bool { return touchedBy(s.Plan, s.in.Snapshot.Resources) }

// reliesOn returns, sorted, the covered patterns that the touched roots and their children lie in. A pattern for a single resource
// counts where that resource is touched, any other where its type is touched, or may be that of a touched root's child.
func (s *Plan) reliesOn() []addr.Pattern {
	types, exact, otherRoots := map[string]bool{}, map[string]bool{}, map[string]bool{}
	note := func(a addr.Address) { types[a.Type()], exact[a.String()] = true, true }
	touched := s.Touched()
	for a := range touched {
		note(a)
	}
	for _, c := range s.Plan.Changes {
		if c.Action.Writes() {
			note(c.Address)
		}
	}
	noteKept := func(r *plan.Resource) {
		if r.Parent.IsZero() {
			otherRoots[r.Address.Type()] = true
		} else if touched[r.Parent] {
			note(r.Address)
		}
	}
	for i := range s.in.Snapshot.Resources {
		noteKept(&s.in.Snapshot.Resources[i].Resource)
	}
	for i := range s.in.Desired {
		noteKept(&s.in.Desired[i].Resource)
	}
	for _, l := range s.Basis.Listed {
		otherRoots[l.Address.Type()] = true
	}
	var covered []addr.Pattern
	for _, pattern := range s.Basis.Snapshot.Coverage {
		typ := addr.Address(pattern).Type()
		if exact[pattern.String()] || (types[typ] || !otherRoots[typ]) && strings.ContainsAny(pattern.String(), "*?") {
			covered = append(covered, pattern)
		}
	}
	return covered
}

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

// entries returns the entries of the catalogue that the plan relies on: those that the touched roots refer to after the plan, and those
// of the touched roots themselves.
func (s *Plan) entries() []plan.CatalogueEntry {
	touched, leaving := s.Touched(), map[addr.Address]bool{}
	wanted := map[string]bool{}
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
		wanted[c.ID] = true
		if c.After != nil {
			want(c.After)
			continue
		}
		for _, gone := range append([]addr.Address{c.Address}, c.With...) {
			leaving[gone] = true
		}
	}
	for i := range s.in.Snapshot.Resources {
		if l := &s.in.Snapshot.Resources[i]; touched[l.Root()] && !leaving[l.Address] {
			want(&l.Resource)
		}
	}
	return slices.DeleteFunc(s.in.Snapshot.Catalogue.Entries(), func(e plan.CatalogueEntry) bool {
		return e.ID == "" || !wanted[e.ID]
	})
}
