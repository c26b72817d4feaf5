package saved

import (
	"fmt"
	"maps"
	"slices"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
)

// Now is the world that a saved plan is held against.
type Now struct {
	// Snapshot was read as [Plan.Manifest] and [Plan.Desired] say.
	Snapshot *plan.Snapshot
	// Wanted is what the services made of [Plan.Wanted] with the names that the snapshot knows, in the same order. What lies
	// outside [Plan.Touched] may stay as it was saved.
	Wanted    []plan.Desired
	Knowledge plan.Knowledge
}

// Rest is what is left to do of a saved plan.
type Rest struct {
	// Plan has the changes that are not done yet, in the order of the saved plan, made ready for execution: with the ids and
	// NamesWith of what was done before. It is empty when all is done. Privileges stay those of the whole plan until nothing is
	// left to be written.
	Plan *plan.Plan
	// Done are the changes that need nothing any more, sorted.
	Done []addr.Address
}

// Recheck finds out whether a saved plan is still true, and what is left to do of it.
//
// It is true when everything that it relies on is as it was, or as the plan makes it: a plan whose execution was cut short,
// also in the middle of one update or delete, can be executed again. Everything else that it relies on and that is different now is
// a problem, each with the address, the attribute, and both values; then there is no rest, and nothing may be executed. What
// the plan does not rely on may have changed. What was manual or blocked stays in the rest until it is done. An attribute
// that cannot be read back is sent again. What is left to be made must fit into today's quotas, in the order of the plan.
//
// Recheck is pure. Problems are sorted.
func Recheck(s *Plan, now Now) (*Rest, []plan.Problem) {
	r := &rechecker{
		saved: s, now: now, live: map[addr.Address]*plan.Live{}, children: map[addr.Address][]*plan.Live{}, was: map[addr.Address]*plan.Live{}, touched: s.Touched(),
		changes: map[addr.Address]*plan.Change{}, wanted: map[addr.Address]*plan.Desired{}, state: map[addr.Address]progress{}, writeOnly: s.writeOnly(),
	}
	if !r.sameAccount() {
		return nil, r.problems
	}
	r.index()
	r.checkCoverage()
	r.checkDocuments()
	r.checkNames()
	for i := range s.Plan.Changes {
		r.checkChange(&s.Plan.Changes[i])
	}
	r.checkTrees()
	r.checkUsers()
	if len(r.problems) > 0 {
		return nil, plan.SortProblems(r.problems)
	}
	rest := r.rest()
	if r.checkQuotas(rest.Plan); len(r.problems) > 0 {
		return nil, plan.SortProblems(r.problems)
	}
	return rest, nil
}

// rechecker carries one Recheck through its steps.
type rechecker struct {
	saved *Plan
	now   Now
	// live and children are the world now; was is what the plan relies on, by address.
	live      map[addr.Address]*plan.Live
	children  map[addr.Address][]*plan.Live
	was       map[addr.Address]*plan.Live
	touched   map[addr.Address]bool
	changes   map[addr.Address]*plan.Change
	wanted    map[addr.Address]*plan.Desired
	state     map[addr.Address]progress
	writeOnly map[addr.Address][]string
	problems  []plan.Problem
}

const planAgain = "plan again, and have the new plan reviewed"

func (r *rechecker) problem(at plan.Position, summary, hint, format string, arguments ...any) {
	r.problems = append(r.problems, plan.Problem{At: at, Summary: summary, Detail: fmt.Sprintf(format, arguments...), Hint: hint})
}

// moved says that something is not as it was.
func (r *rechecker) moved(at plan.Position, format string, arguments ...any) {
	r.problem(at, "live state has moved", planAgain, format, arguments...)
}

func (r *rechecker) sameAccount() bool {
	planned, live := r.saved.Plan, r.now.Snapshot
	if planned.Account != live.Account {
		r.problem(plan.Position{}, "wrong account", "use credentials of the account that was planned", "the plan is for the account %q with id %q, and live is the account %q with id %q",
			planned.Account.Name, planned.Account.ID, live.Account.Name, live.Account.ID)
	}
	if planned.Cloud != live.Cloud {
		r.problem(plan.Position{}, "wrong cloud", "connect to the cloud and region that was planned", "the plan is for %s in region %q, and live is %s in region %q",
			planned.Cloud.Kind, planned.Cloud.Region, live.Cloud.Kind, live.Cloud.Region)
	}
	return len(r.problems) == 0
}

func (r *rechecker) index() {
	for i := range r.now.Snapshot.Resources {
		l := &r.now.Snapshot.Resources[i]
		r.live[l.Address] = l
		if !l.Parent.IsZero() {
			r.children[l.Parent] = append(r.children[l.Parent], l)
		}
	}
	for i := range r.saved.Reliance.Trees {
		tree := &r.saved.Reliance.Trees[i]
		r.was[tree.Address] = &tree.Live
		for k := range tree.Children {
			r.was[tree.Children[k].Address] = &tree.Children[k]
		}
	}
	for i := range r.saved.Plan.Changes {
		c := &r.saved.Plan.Changes[i]
		r.changes[c.Address] = c
	}
}

// checkCoverage refuses a snapshot that shows less than the plan was made from.
func (r *rechecker) checkCoverage() {
	covered := r.now.Snapshot.Coverage
	for _, p := range r.saved.Reliance.Covered {
		if !slices.ContainsFunc(covered, func(c addr.Pattern) bool { return c.Covers(p) }) {
			r.problem(plan.Position{}, "not observed", "see what this run lists as not read, and let the credentials read it", "the plan relies on %s, which was not read this time", p)
		}
	}
	for _, a := range slices.SortedFunc(maps.Keys(r.touched), addr.Compare) {
		if !r.now.Snapshot.Covers(a) {
			r.problem(r.source(a), "not observed", "see what this run lists as not read, and let the credentials read it", "%s lies outside what was read, so nothing can be said about it", a)
		}
	}
}

// source is where the manifest speaks of a resource that changes.
func (r *rechecker) source(a addr.Address) plan.Position {
	if c := r.changes[a]; c != nil {
		return c.Source
	}
	return plan.Position{}
}

// documentKey is what a document is found by.
type documentKey struct{ kind, id string }

func (r *rechecker) checkDocuments() {
	wanted := make(map[documentKey]Document, len(r.saved.Reliance.Documents))
	for _, d := range r.saved.Reliance.Documents {
		wanted[documentKey{d.Kind, d.ID}] = d
	}
	for _, d := range documentsOf(r.now.Snapshot.Catalogue, func(e plan.CatalogueEntry) bool {
		_, is := wanted[documentKey{e.Kind, e.ID}]
		return is
	}) {
		key := documentKey{d.Kind, d.ID}
		if was := wanted[key]; was.Digest != d.Digest {
			r.moved(plan.Position{}, "the content of the %s %q (id %s) was %s when planned and is %s now", d.Kind, was.Name, d.ID, was.Digest, d.Digest)
		}
		delete(wanted, key)
	}
	for _, d := range wanted {
		r.moved(plan.Position{}, "the %s %q (id %s) is gone, or has no content any more", d.Kind, d.Name, d.ID)
	}
}

// checkNames refuses names that mean something else than they did.
func (r *rechecker) checkNames() {
	planned := r.saved.Wanted()
	if len(planned) != len(r.now.Wanted) {
		panic("plan: Recheck needs what was made of every wanted resource") // the caller's mistake, whatever the input
	}
	for i, was := range planned {
		is := &r.now.Wanted[i]
		r.wanted[was.Address] = is
		if !r.touched[was.Root()] {
			continue // a change that writes nothing
		}
		if is.Address != was.Address {
			r.moved(was.Source, "%s reads %s now, because the names in it mean something else or are written in another way", was.Address, is.Address)
			continue
		}
		for _, name := range slices.Sorted(maps.Keys(was.Bindings)) {
			if is.Bindings[name] != was.Bindings[name] {
				r.moved(was.Source, "%s: %s meant the id %q when planned and means %q now", was.Address, name, was.Bindings[name], is.Bindings[name])
			}
		}
	}
}

// checkUsers refuses when somebody new refers to what the plan writes: its content would reach further than was shown.
func (r *rechecker) checkUsers() {
	for i := range r.now.Snapshot.Resources {
		l := &r.now.Snapshot.Resources[i]
		if r.touched[l.Root()] {
			continue
		}
		for _, use := range l.Uses {
			if c := r.changes[use]; c != nil && c.Action.Writes() && c.Before != nil {
				r.moved(c.Source, "%s refers to %s now, and did not when planned", l.Address, use)
			}
		}
	}
}
