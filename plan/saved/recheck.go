package saved

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
)

// Now is what a saved plan is held against.
type Now struct {
	// Snapshot was read as [Plan.Manifest] and [Plan.Desired] say.
	Snapshot *plan.Snapshot
	// Wanted are the resources of [Plan.Wanted], in the same order, resolved again by the services with the names of the
	// snapshot. Resources of roots outside [Plan.Touched] may stay as they were saved.
	Wanted    []plan.Desired
	Knowledge plan.Knowledge
}

// Recheck finds out whether a saved plan is still true, and what is left to do of it.
//
// It is true when everything that it relies on is as it was, or as the plan makes it. So a plan whose execution was cut short,
// even in the middle of one update or delete, can be executed again. Every other difference in what it relies on is a
// problem with the address, the attribute, and both values; then there is no rest, and nothing may be executed. Anything else
// may have changed. Manual and blocked changes stay in the rest until they are done. Attributes that cannot be read
// back are sent again. The remaining creates must fit into today's quotas, in the order of the plan.
//
// Recheck is pure. Problems are sorted.
func Recheck(s *Plan, now Now) (*Rest, []plan.Problem) {
	r := &rechecker{
		saved: s, now: now, touched: s.Touched(), writeOnly: s.writeOnly(),
		view: plan.NewView(now.Snapshot, s.Basis.Rules.Ownership, s.Desired()),
		live: map[addr.Address]*plan.Live{}, children: map[addr.Address][]*plan.Live{}, was: map[addr.Address]*plan.Live{},
		changes: map[addr.Address]*plan.Change{}, wanted: map[addr.Address]*plan.Desired{}, state: map[addr.Address]progress{},
	}
	if !r.sameAccount() {
		return nil, r.problems
	}
	r.index()
	r.checkCoverage()
	r.checkNames()
	for i := range s.Plan.Changes {
		r.checkChange(&s.Plan.Changes[i])
	}
	r.checkEntries()
	r.checkKept()
	r.checkReferences()
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
	view  *plan.View
	// live and children are the resources of now; was are those of the basis, by address.
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

// moved adds a problem about a difference from the basis.
func (r *rechecker) moved(at plan.Position, format string, arguments ...any) {
	r.problem(at, "live state has moved", planAgain, format, arguments...)
}

func (r *rechecker) sameAccount() bool {
	planned, live := r.saved.Plan, r.now.Snapshot
	if planned.Account != live.Account {
		r.problem(plan.Position{}, "wrong account", "use credentials of the account that was planned",
			"the plan is for the account %q with id %q, and live is the account %q with id %q",
			planned.Account.Name, planned.Account.ID, live.Account.Name, live.Account.ID)
	}
	if planned.Cloud != live.Cloud {
		r.problem(plan.Position{}, "wrong cloud", "connect to the cloud and region that was planned",
			"the plan is for %s in region %q, and live is %s in region %q",
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
	for i := range r.saved.in.Snapshot.Resources {
		l := &r.saved.in.Snapshot.Resources[i]
		r.was[l.Address] = l
	}
	for i := range r.saved.Plan.Changes {
		c := &r.saved.Plan.Changes[i]
		r.changes[c.Address] = c
	}
}

// checkCoverage refuses a snapshot that shows less of what the plan relies on than it was made from.
func (r *rechecker) checkCoverage() {
	const hint = "see what this run lists as not read, and let the credentials read it"
	for _, p := range r.saved.reliesOn() {
		if !slices.ContainsFunc(r.now.Snapshot.Coverage, func(c addr.Pattern) bool { return c.Covers(p) }) {
			r.problem(plan.Position{}, "not observed", hint, "the plan relies on %s, which was not read this time", p)
		}
	}
	for _, a := range slices.SortedFunc(maps.Keys(r.touched), addr.Compare) {
		if !r.now.Snapshot.Covers(a) {
			r.problem(r.source(a), "not observed", hint, "%s lies outside what was read, so nothing can be said about it", a)
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

// checkEntries refuses names behind which something else stands now.
func (r *rechecker) checkEntries() {
	own := map[string]bool{} // those that the plan itself has changed, or whose resource has moved
	for i := range r.saved.Plan.Changes {
		c := &r.saved.Plan.Changes[i]
		own[c.ID] = own[c.ID] || c.Action.Writes() && (len(r.problems) > 0 || r.state[c.Address] != notStarted)
	}
	for _, was := range r.saved.entries() {
		if own[was.ID] {
			continue // it is checked as a resource
		}
		now, is := r.now.Snapshot.Catalogue.ByID(was.Kind, was.ID)
		if !is || len(was.Document) > 0 && len(now.Document) == 0 {
			r.moved(plan.Position{}, "the %s %q (id %s) is gone, or has no content any more", was.Kind, was.Name, was.ID)
			continue
		}
		if planned, live := documentDigest(was.Document), documentDigest(now.Document); planned != live {
			r.moved(plan.Position{}, "the content of the %s %q (id %s) was %s when planned and is %s now", was.Kind, was.Name, was.ID, planned, live)
		}
		if planned, live := described(was), described(now); planned != live {
			r.moved(plan.Position{}, "the %s with the id %s was %s when planned and is %s now", was.Kind, was.ID, planned, live)
		}
	}
}

// described returns what is known of an entry beside its content.
func described(e plan.CatalogueEntry) string {
	text := fmt.Sprintf("%q", e.Name)
	for _, more := range []struct{ name, value string }{{"qualifier", e.Qualifier}, {"type", e.Type}, {"internal name", e.InternalName}} {
		if more.value != "" {
			text += fmt.Sprintf(", %s %q", more.name, more.value)
		}
	}
	if e.Unlisted {
		text += ", in no list"
	}
	if e.Own {
		text += ", the own account"
	}
	return text
}

// documentDigest hashes a JSON text without regard to white space and the order of its keys. A text that is no JSON counts as it
// stands.
func documentDigest(text []byte) string {
	var value any
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&value); err == nil && !decoder.More() {
		if canonical, err := json.Marshal(value); err == nil {
			text = canonical
		}
	}
	return digest(text)
}

// checkNames refuses names whose ids have changed.
func (r *rechecker) checkNames() {
	planned := r.saved.Wanted()
	if len(planned) != len(r.now.Wanted) {
		panic("saved: Recheck needs every resource of Wanted, resolved again") // the caller's mistake, whatever the input
	}
	for i, was := range planned {
		is := &r.now.Wanted[i]
		r.wanted[was.Address] = is
		if !r.touched[was.Root()] {
			continue // a change that writes nothing
		}
		if is.Address != was.Address {
			r.moved(was.Source, "%s reads %s now, because the names in it mean something else or are written in another way",
				was.Address, is.Address)
			continue
		}
		for _, name := range slices.Sorted(maps.Keys(was.Bindings)) {
			if is.Bindings[name] != was.Bindings[name] {
				r.moved(was.Source, "%s: %s meant the id %q when planned and means %q now", was.Address, name, was.Bindings[name], is.Bindings[name])
			}
		}
	}
}

// checkKept compares the resources of the touched roots that the plan does not change, and refuses children that are new.
func (r *rechecker) checkKept() {
	for i := range r.saved.in.Snapshot.Resources {
		was := &r.saved.in.Snapshot.Resources[i]
		if !r.touched[was.Root()] || r.changes[was.Address] != nil || !r.isSameRoot(was.Root()) && !was.Parent.IsZero() {
			continue
		}
		at := plan.Position{}
		if !was.Parent.IsZero() {
			at = r.source(was.Parent)
		}
		live := r.live[was.Address]
		if live == nil {
			r.moved(at, "%s: it was there when planned and is gone", was.Address)
			continue
		}
		for _, d := range differences(was, live) {
			r.moved(at, "%s: %s", was.Address, d.text)
		}
	}
	for root := range r.touched {
		if r.was[root] != nil && !r.isSameRoot(root) {
			continue
		}
		for _, l := range r.children[root] {
			c := r.changes[l.Address]
			if r.was[l.Address] == nil && (c == nil || c.After == nil) {
				r.moved(r.source(root), "%s: it was not there when planned, and now is", l.Address)
			}
		}
	}
}

// isSameRoot reports whether a root is there and still the one that was planned. Where it is not, a problem or a delete says so,
// and nothing needs to be said of its children.
func (r *rechecker) isSameRoot(root addr.Address) bool {
	live, was := r.live[root], r.was[root]
	return live != nil && was != nil && live.ID == was.ID
}

// checkReferences refuses touched resources that refer to other roots than when planned. A reference to a root that the plan has deleted
// meanwhile may be gone.
func (r *rechecker) checkReferences() {
	for i := range r.saved.in.Snapshot.Resources {
		was := &r.saved.in.Snapshot.Resources[i]
		live := r.live[was.Address]
		if live == nil || !r.touched[was.Root()] {
			continue
		}
		for _, to := range [][2][]addr.Address{{was.Uses, live.Uses}, {was.Names, live.Names}} {
			before, now := to[0], to[1]
			isGone := func(a addr.Address) bool {
				c := r.changes[a]
				return c != nil && c.After == nil && r.live[a] == nil && !slices.Contains(now, a)
			}
			before = sorted(slices.DeleteFunc(slices.Clone(before), isGone), addr.Compare)
			if now = sorted(now, addr.Compare); !slices.Equal(before, now) {
				r.moved(r.source(was.Root()), "%s: it referred to %s when planned and refers to %s now", was.Address, named(before), named(now))
			}
		}
	}
}

func named(all []addr.Address) string {
	if len(all) == 0 {
		return "nothing"
	}
	texts := make([]string, len(all))
	for i, a := range all {
		texts[i] = a.String()
	}
	return strings.Join(texts, ", ")
}

// checkUsers refuses if a resource that the plan does not know now uses a resource that the plan writes, or has another name because of
// a rename.
func (r *rechecker) checkUsers() {
	for i := range r.now.Snapshot.Resources {
		l := &r.now.Snapshot.Resources[i]
		if r.touched[l.Root()] {
			if was := r.was[l.Address]; !l.Was.IsZero() && (was == nil || was.Was != l.Was) {
				r.moved(r.source(l.Root()), "%s is renamed to %s now, and was not when planned", l.Was, l.Address)
			}
			continue
		}
		for _, use := range l.Uses {
			if c := r.changes[use]; c != nil && c.Action.Writes() && c.Before != nil {
				r.moved(c.Source, "%s refers to %s now, and did not when planned", l.Address, use)
			}
		}
	}
}

// checkQuotas refuses a rest that the quotas have no room for. The order of a saved plan was reviewed and stays: only deletes that
// every create waits for count as room.
func (r *rechecker) checkQuotas(rest *plan.Plan) {
	for _, q := range r.now.Snapshot.Quotas {
		var makes, frees []*plan.Change
		for i := range rest.Changes {
			c := &rest.Changes[i]
			switch {
			case c.Address.Type() != q.Type:
			case c.Action == plan.Create:
				makes = append(makes, c)
			case c.Action == plan.Delete:
				frees = append(frees, c)
			}
		}
		if len(makes) == 0 || q.Used+len(makes) <= q.Limit {
			continue
		}
		first := precedingAll(rest, makes, frees)
		if q.Used+len(makes)-first > q.Limit {
			r.problem(makes[0].Source, "quota too small",
				"ask the cloud for a larger quota, or delete what is not needed, or plan again for an order that may fit",
				"%s", q.Exceeded(len(makes), first))
		}
	}
}

// precedingAll counts the changes of earlier that all changes of later wait for.
func precedingAll(p *plan.Plan, later, earlier []*plan.Change) int {
	changes := make(map[addr.Address]*plan.Change, len(p.Changes))
	for i := range p.Changes {
		changes[p.Changes[i].Address] = &p.Changes[i]
	}
	waiting := map[addr.Address]int{} // how many of later wait for it
	for _, c := range later {
		seen := map[addr.Address]bool{}
		stack := []*plan.Change{c}
		for len(stack) > 0 {
			last := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			for _, on := range [][]addr.Address{last.DependsOn, last.RunsAfter, last.Confirms} {
				for _, a := range on {
					if next := changes[a]; next != nil && !seen[a] {
						seen[a] = true
						waiting[a]++
						stack = append(stack, next)
					}
				}
			}
		}
	}
	count := 0
	for _, c := range earlier {
		if waiting[c.Address] == len(later) {
			count++
		}
	}
	return count
}
