package plan

import (
	"cmp"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/plan/access"
	"github.com/agencyctl/agencyctl/plan/addr"
)

// TrustGraph is who may act in an account: the principals from outside, the roots that they may act as, and what each root may do
// in which scope, before and after a plan. It follows from the effects of resources alone, so it has whatever a service lets
// somebody do, unmanaged resources included.
type TrustGraph struct {
	// Actors are sorted by address.
	Actors []Actor
}

// Mark says what the writes of a plan do to a part of a [TrustGraph].
type Mark uint8

// The marks, in the order in which they outweigh each other. In the graph of [LiveGraphOf], after is live, and before is as the manifest
// has it.
const (
	// Kept is a part that is the same before and after.
	Kept Mark = iota
	// Altered is a part that is there before and after, with other content.
	Altered
	// Added is a part that is there only after.
	Added
	// Removed is a part that is there only before.
	Removed
)

// Actor is a root that somebody may act as, or through which somebody may do something.
type Actor struct {
	Address addr.Address
	// Mark is Kept, Added or Removed; what is altered stands with Trusted and Grants.
	Mark Mark
	// Unmanaged is set for a live root that is outside the manifest's responsibility.
	Unmanaged bool
	// Unreadable are attributes that could not be read: the actor may trust others, or give more, than is known.
	Unreadable []string
	// Trusted are who may act as the root, sorted by principal.
	Trusted []Trusted
	// Grants are what the root may do, sorted by scope, then by what gives it.
	Grants []ActorGrant
}

// Trusted is a principal who may act as an actor, in the form of [access.Effect].
type Trusted struct {
	Principal string
	// Lifetime is how long, in the provider's canonical form; "" where that has no meaning. Endless is set where it has no end.
	Lifetime string
	Endless  bool
	// Foreign is set where the principal is neither of the account nor one of the cloud's own services.
	Foreign bool
	Mark    Mark
}

// ActorGrant is what one resource lets an actor do in one scope.
type ActorGrant struct {
	// Scope is where, in the form of [access.Effect]; "" where As is set.
	Scope string
	// As is the principal from outside that the actor may act as; "" for none.
	As string
	// By is the resource that gives it: a child of the actor, or the actor itself.
	By   addr.Address
	Mark Mark
	// Administrator is set where it amounts to everything: by its effects, or because a rule that is marked so says it. Accepted
	// findings count. Of what is removed it says what it was.
	Administrator bool
	// High is set where a rule says something high of the resource that gives it. Accepted findings count.
	High bool
	// Unknown is set where nobody can tell what may be done, Limited where it holds for some resources or under some conditions
	// only, and Denies where it takes away and gives nothing.
	Unknown, Limited, Denies bool
	// effects are what the flags follow from.
	effects []access.Effect
}

// TrustGraphOf returns the graph before and after the writes of p. Changes that are blocked or left to a person are not made in it.
// The input must be the one that p was built from.
func TrustGraphOf(p *Plan, in Input) *TrustGraph {
	g := newTrustBuilder(p, in)
	before, after := sidesOf(p, in, Action.Writes)
	return g.join(g.read(before), g.read(after))
}

// LiveGraphOf returns the graph of what is live, marked by how it differs from the manifest: added is what the manifest has not, removed
// what it has and is not there. All changes of p count, also those that are not written, and roots that are owned and not listed are not
// in the manifest. The input must be the one that p was built from.
func LiveGraphOf(p *Plan, in Input) *TrustGraph {
	whole := *p
	whole.Changes = slices.Clone(p.Changes)
	for i := range p.Unexpected {
		whole.Changes = append(whole.Changes, Change{Address: p.Unexpected[i].Address, With: p.Unexpected[i].With})
	}
	g := newTrustBuilder(p, in)
	live, wanted := sidesOf(&whole, in, func(Action) bool { return true })
	return g.join(g.read(wanted), g.read(live))
}

// join marks how two sides differ.
func (g *trustBuilder) join(was, is map[addr.Address]*Actor) *TrustGraph {
	addresses := map[addr.Address]bool{}
	for _, side := range []map[addr.Address]*Actor{was, is} {
		for a := range side {
			addresses[a] = true
		}
	}
	graph := &TrustGraph{}
	for _, a := range slices.SortedFunc(maps.Keys(addresses), addr.Compare) {
		actor := joinActors(was[a], is[a])
		actor.Unmanaged = g.unmanaged[a]
		graph.Actors = append(graph.Actors, *actor)
	}
	return graph
}

// weighed is a resource with the names inside it looked up, or not yet, in what the plan changes.
type weighed struct {
	Resource
	unreadable []string
	later      bool
}

// sidesOf returns the resources before and after the changes of p whose actions count.
func sidesOf(p *Plan, in Input, counts func(Action) bool) (before, after []weighed) {
	gone, changed := map[addr.Address]bool{}, map[addr.Address]bool{}
	for i := range p.Changes {
		c := &p.Changes[i]
		if !counts(c.Action) {
			continue
		}
		gone[c.Address], changed[c.Address] = true, true
		for _, child := range c.With {
			gone[child] = true
		}
		if c.After != nil {
			after = append(after, weighed{Resource: *c.made(), later: true})
		}
	}
	for i := range in.Snapshot.Resources {
		l := &in.Snapshot.Resources[i]
		r := weighed{Resource: l.Resource, unreadable: l.Unreadable}
		before = append(before, r)
		if !gone[l.Address] {
			r.later = slices.ContainsFunc(l.Uses, func(use addr.Address) bool { return changed[use] })
			after = append(after, r)
		}
	}
	return before, after
}

// trustBuilder reads the two sides of a graph.
type trustBuilder struct {
	in          Input
	now, then   *Catalogue
	effectsNow  func(Resource) []access.Effect
	effectsThen func(Resource) []access.Effect
	// decisive are the rules whose findings say that something amounts to everything.
	decisive  map[string]bool
	unmanaged map[addr.Address]bool
}

func newTrustBuilder(p *Plan, in Input) *trustBuilder {
	now := in.Snapshot.Catalogue
	then := now.With(in.Entries...)
	g := &trustBuilder{
		in: in, now: now, then: then, effectsNow: in.Knowledge.Effects(now), effectsThen: in.Knowledge.Effects(then),
		decisive: map[string]bool{}, unmanaged: map[addr.Address]bool{},
	}
	for _, rule := range in.Knowledge.Rules() {
		if rule.Administrator {
			g.decisive[rule.ID] = true
		}
	}
	for _, a := range p.Unmanaged {
		g.unmanaged[a] = true
	}
	return g
}

// verdict is what the rules say of a resource: that it amounts to everything, and anything high.
type verdict struct{ administrator, high bool }

// verdicts returns what the rules say of the resources of a side that have findings.
func (g *trustBuilder) verdicts(side []weighed, later bool) map[addr.Address]verdict {
	catalogue, found := g.now, map[addr.Address]verdict{}
	if later {
		catalogue = g.then
	}
	if !slices.ContainsFunc(side, func(r weighed) bool { return r.later == later }) {
		return found
	}
	resources := make([]*Resource, len(side)) // all of them: what is said of a child rests on its parent
	for i := range side {
		resources[i] = &side[i].Resource
	}
	for _, f := range g.in.Knowledge.Assess(resources, g.in.Manifest, catalogue) {
		v := found[f.Address]
		found[f.Address] = verdict{v.administrator || g.decisive[f.Rule], v.high || f.Severity == High}
	}
	return found
}

// read returns the actors of one side, without marks.
func (g *trustBuilder) read(side []weighed) map[addr.Address]*Actor {
	roots := make(map[string]addr.Address, len(side))
	for i := range side {
		if side[i].Parent.IsZero() {
			roots[side[i].Address.String()] = side[i].Address
		}
	}
	actors, types := map[addr.Address]*Actor{}, map[string]bool{}
	actorAt := func(a addr.Address) *Actor {
		if actors[a] == nil {
			actors[a], types[a.Type()] = &Actor{Address: a}, true
		}
		return actors[a]
	}
	verdictsNow, verdictsLater := g.verdicts(side, false), g.verdicts(side, true)
	for i := range side {
		r := &side[i]
		effects, verdicts := g.effectsNow, verdictsNow
		if r.later {
			effects, verdicts = g.effectsThen, verdictsLater
		}
		for _, e := range effects(r.Resource) {
			if !e.Conveys.IsZero() {
				actorAt(e.Conveys).trust(Trusted{Principal: e.Principal, Lifetime: e.Lifetime, Endless: e.Endless, Foreign: e.Foreign})
				continue
			}
			to := e.To(r.Parent)
			root, own := roots[to]
			if !own { // the resource lets somebody from outside do something directly
				root = r.Root()
				actorAt(root).trust(Trusted{Principal: to})
			}
			actorAt(root).give(e, r.Address, verdicts[r.Address])
		}
	}
	for i := range side { // whom it trusts may be among what could not be read
		if r := &side[i]; len(r.unreadable) > 0 && r.Parent.IsZero() && types[r.Address.Type()] {
			actorAt(r.Address).Unreadable = r.unreadable
		}
	}
	for _, a := range actors {
		slices.SortFunc(a.Trusted, func(x, y Trusted) int { return strings.Compare(x.Principal, y.Principal) })
		slices.SortFunc(a.Grants, compareGrants)
	}
	return actors
}

func (a *Actor) trust(t Trusted) {
	if !slices.ContainsFunc(a.Trusted, func(have Trusted) bool { return have.Principal == t.Principal }) {
		a.Trusted = append(a.Trusted, t)
	}
}

// give adds an effect to what the resource at by gives already. The verdict is that of the rules about the resource.
func (a *Actor) give(e access.Effect, by addr.Address, rules verdict) {
	given := ActorGrant{
		Scope: e.Scope, As: e.As, By: by, Administrator: e.AboutActions() && (e.Admin || rules.administrator && !e.Deny), High: rules.high,
		Unknown: e.AboutActions() && e.Actions == nil && !e.Deny, Limited: e.Limit != "", Denies: e.Deny, effects: []access.Effect{e},
	}
	if e.As != "" {
		given.Scope = ""
	}
	// Effects of one resource stand together, so that the last ones are its own.
	for i := len(a.Grants) - 1; i >= 0 && a.Grants[i].By == by; i-- {
		if have := &a.Grants[i]; compareGrants(*have, given) == 0 {
			have.effects = append(have.effects, e)
			have.Administrator = have.Administrator || given.Administrator
			have.Unknown = have.Unknown || given.Unknown
			if have.Denies == given.Denies {
				have.Limited = have.Limited && given.Limited
			} else if have.Denies { // only what is given counts
				have.Denies, have.Limited = false, given.Limited
			}
			return
		}
	}
	a.Grants = append(a.Grants, given)
}

// compareGrants orders by scope, then by what is acted as, then by the resource that gives it.
func compareGrants(x, y ActorGrant) int {
	return cmp.Or(strings.Compare(x.Scope, y.Scope), strings.Compare(x.As, y.As), addr.Compare(x.By, y.By))
}

// joinActors marks what differs between the two sides of an actor; one of them may be nil.
func joinActors(was, is *Actor) *Actor {
	joined := Actor{}
	switch {
	case was == nil:
		joined, was = Actor{Address: is.Address, Mark: Added}, &Actor{}
	case is == nil:
		joined, is = Actor{Address: was.Address, Mark: Removed}, &Actor{}
	default:
		joined = Actor{Address: is.Address}
	}
	if joined.Unreadable = was.Unreadable; joined.Unreadable == nil {
		joined.Unreadable = is.Unreadable
	}
	joined.Trusted = joinSorted(was.Trusted, is.Trusted,
		func(x, y Trusted) int { return strings.Compare(x.Principal, y.Principal) }, func(t *Trusted) *Mark { return &t.Mark })
	joined.Grants = joinSorted(was.Grants, is.Grants, compareGrants, func(g *ActorGrant) *Mark { return &g.Mark })
	return &joined
}

// joinSorted merges two sorted lists without marks into one with marks. Of what is in both, the later one is taken.
func joinSorted[T any](was, is []T, compare func(x, y T) int, mark func(*T) *Mark) []T {
	var joined []T
	add := func(item T, m Mark) {
		*mark(&item) = m
		joined = append(joined, item)
	}
	for len(was)+len(is) > 0 {
		order := 0
		switch {
		case len(was) == 0:
			order = 1
		case len(is) == 0:
			order = -1
		default:
			order = compare(was[0], is[0])
		}
		switch {
		case order < 0:
			add(was[0], Removed)
			was = was[1:]
		case order > 0:
			add(is[0], Added)
			is = is[1:]
		case reflect.DeepEqual(was[0], is[0]):
			add(is[0], Kept)
			was, is = was[1:], is[1:]
		default:
			add(is[0], Altered)
			was, is = was[1:], is[1:]
		}
	}
	return joined
}
