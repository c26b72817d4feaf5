package plan

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/agencyctl/agencyctl/plan/access"
	"github.com/agencyctl/agencyctl/plan/addr"
)

// upperBound adds the edges around one root that keep every state within before ∪ after. A new denial comes before the grants it
// denies. A denial is lifted after the grants it hid are revoked and the denial that replaces it is there. A change of trust
// comes after the revokes, when these were read back, and before the new grants.
func (o *orderer) upperBound(root addr.Address) {
	deltas := o.deltas[root]
	for _, x := range deltas {
		for _, y := range deltas {
			// A role's own denials already apply to its own grants, so those pairs need no edge.
			if access.MeetBeyond(x.gives, y.denies, x.denies) || access.MeetBeyond(y.takes, x.lifts, y.lifts) || access.Meet(x.lifts, y.denies) {
				o.need(x.change, y.change)
			}
		}
	}
	if i, changes := o.byAddr[root]; changes && o.updates(i) && o.changesTrust(i) {
		o.orderAroundTrust(i, deltas)
		if o.changesPrincipal(i) {
			o.findTakenUnlisted(i)
		} else {
			o.findRenewal(i)
		}
	}
}

// changesTrust is [ChangesHands] of the update of a root.
func (o *orderer) changesTrust(root int) bool {
	c := &o.changes[root]
	return c.Renew || ChangesHands(o.b.liveAt(c.Address), o.effects(c.Before, o.before), o.effects(c.After, o.after))
}

// ChangesHands reports whether an update of a live root, which has these effects before and after, lets another principal act as
// it, or gives a trust that expires a new lifetime. A plan knows no clock, so every trust with an end counts as one that may have
// expired.
func ChangesHands(live *Live, before, after []access.Effect) bool {
	before, after = access.Conveying(before), access.Conveying(after)
	return !sameHands(before, after) ||
		!live.Expires.IsZero() && !slices.EqualFunc(before, after, func(x, y access.Effect) bool { return x.Lifetime == y.Lifetime })
}

// SameHands reports whether the same principals may act as a root that has these effects.
func SameHands(x, y []access.Effect) bool { return sameHands(access.Conveying(x), access.Conveying(y)) }

func sameHands(x, y []access.Effect) bool {
	return slices.EqualFunc(x, y, func(x, y access.Effect) bool { return x.Principal == y.Principal && x.Conveys == y.Conveys })
}

// changesPrincipal reports whether the update of a root changes who may act as it.
func (o *orderer) changesPrincipal(root int) bool {
	c := o.changes[root]
	return !SameHands(o.effects(c.Before, o.before), o.effects(c.After, o.after))
}

// orderAroundTrust puts each effect delta before or after a change of trust, and refuses a delta that fits on neither side.
func (o *orderer) orderAroundTrust(trust int, deltas []effectDelta) {
	root := o.changes[trust].Address
	var held []access.Effect
	for _, l := range o.unchanged[root] {
		held = append(append(held, o.allowed(&l.Resource, o.before)...), o.allowed(&l.Resource, o.after)...)
	}
	held = append(append(held, o.allowed(o.changes[trust].Before, o.before)...), o.allowed(o.changes[trust].After, o.after)...)
	for _, a := range deltas {
		if a.change == trust {
			continue
		}
		early := len(a.takes) > 0 || access.Meet(a.denies, held)
		late := len(a.gives) > 0 || access.Meet(a.lifts, held)
		if !early && !late {
			early = len(a.denies) > 0
		}
		// A policy's new content reaches this root through an unchanged child: that cannot be split into two steps.
		foreign := o.changes[a.change].Root() != root
		switch {
		case early && late || foreign:
			switch changes, alters := o.changes[trust].Action.Writes(), o.changes[a.change].Action.Writes(); {
			case changes && alters:
				o.refuseTwoSteps(trust, a.change)
			case changes && early:
				o.need(trust, a.change) // blocked: the new principal would get the access that it should take away
			case alters && late && !o.b.isLeftOut(o.changes[trust].Address): // else somebody has chosen, and Power says who gains what
				o.need(a.change, trust)
			}
		case early:
			o.need(trust, a.change)
			o.confirms[trust] = append(o.confirms[trust], a.change)
		default:
			o.need(a.change, trust)
		}
	}
}

func (o *orderer) allowed(r *Resource, catalogue *Catalogue) []access.Effect {
	return access.Without(o.effects(r, catalogue), nil, false)
}

func (o *orderer) refuseTwoSteps(trust, other int) {
	o.b.problems = append(o.b.problems, Problem{
		At:      o.changes[trust].Source,
		Summary: "apply in two steps",
		Detail: fmt.Sprintf("%s changes whom it trusts while %s changes what it conveys: whichever runs first, somebody briefly has more "+
			"access than before or after", o.changes[trust].Address, o.changes[other].Address),
		Hint: fmt.Sprintf("apply %s alone first, by %s, then %s", o.changes[other].Address, o.b.selectionName(), o.changes[trust].Address),
	})
}

// findTakenUnlisted adds a finding about the unlisted children that a new principal gains.
func (o *orderer) findTakenUnlisted(root int) {
	address := o.changes[root].Address
	var taken []string
	for _, l := range o.unchanged[address] {
		if l.Address != address && o.b.entry(address) != nil && o.b.entry(l.Address) == nil {
			taken = append(taken, l.Address.String())
		}
	}
	if len(taken) > 0 {
		slices.Sort(taken)
		o.changes[root].Findings = append(o.changes[root].Findings, Finding{
			Rule: RuleTakesUnlisted, Severity: Medium, Address: address,
			Message: "the new principal also gains what the manifest does not list: " + strings.Join(taken, ", "),
			Hint:    "list these, or make the children exact, so that they are reviewed",
		})
	}
}

// findRenewal adds a finding about a trust with an end that gets a new lifetime. A plan knows no clock: it may have ended.
func (o *orderer) findRenewal(root int) {
	c := &o.changes[root]
	c.Findings = append(c.Findings, Finding{
		Rule: RuleTrustRenewed, Severity: Medium, Address: c.Address,
		Message: fmt.Sprintf("the trust ends at %s and gets a new life: if it has run out by then, all that is granted is given again",
			o.b.liveAt(c.Address).Expires.UTC().Format(time.RFC3339)),
		Hint: "look at what it grants, and revoke what is not needed any more",
	})
}

// lowerBound orders revokes after grants, around one root. Where nothing else decides, denials come first and the lifting of
// denials last.
func (o *orderer) lowerBound(root addr.Address) {
	deltas := o.deltas[root]
	for _, g := range deltas {
		if len(g.gives) == 0 {
			continue
		}
		var ancestors map[int]bool
		for _, r := range deltas {
			if r.change == g.change || len(r.takes) == 0 || !access.Meet(g.gives, r.takes) {
				continue
			}
			if ancestors == nil {
				ancestors = o.all.ancestors(g.change)
			}
			o.giveBeforeTaking(root, g.change, r.change, ancestors)
		}
	}
	for _, first := range deltas {
		if !o.isChild(first) {
			continue
		}
		ancestors := o.all.ancestors(first.change)
		if o.isDelayed(first.change, ancestors) {
			continue
		}
		for _, then := range deltas {
			if o.isChild(then) && !ancestors[then.change] && stage(first) < stage(then) {
				o.all.connect(then.change, first.change)
			}
		}
	}
}

func (o *orderer) isChild(a effectDelta) bool { return !o.changes[a.change].Parent.IsZero() }

// stage is the place of a delta where nothing else decides: new denials, grants, revokes, lifted denials.
func stage(a effectDelta) int {
	switch {
	case len(a.denies) > 0:
		return 0
	case len(a.lifts) > 0:
		return 3
	case len(a.gives) > 0:
		return 1
	}
	return 2
}

// giveBeforeTaking makes the revoke r depend on the grant g, as both share actions in one scope. A revoke that ends a high finding
// runs after g whether or not g succeeded. Where r must run before g, the plan warns of the gap.
func (o *orderer) giveBeforeTaking(root addr.Address, g, r int, ancestors map[int]bool) {
	switch {
	case o.b.isLeftOut(o.changes[r].Address): // it takes nothing
	case ancestors[r] && !o.highFinding(r) && !o.trustForces(root, r):
		o.b.plan.Warnings = append(o.b.plan.Warnings, fmt.Sprintf("access gap in %s: %s must be over before %s; the access that the "+
			"two have in common is missing in between", root, o.changes[r].Address, o.changes[g].Address))
	case ancestors[r]:
	case !o.highFinding(r):
		o.need(r, g)
	case !o.isDelayed(g, ancestors):
		o.all.connect(r, g)
	}
}

// isDelayed reports whether the change waits for a dependsOn, itself or through a change that it waits for.
func (o *orderer) isDelayed(change int, ancestors map[int]bool) bool {
	if o.delayed[change] {
		return true
	}
	for a := range ancestors {
		if o.delayed[a] {
			return true
		}
	}
	return false
}

// trustForces reports whether r comes early because another principal gets to act as its root: then nobody keeps access across
// the change, and there is no gap.
func (o *orderer) trustForces(root addr.Address, r int) bool {
	i, changes := o.byAddr[root]
	return changes && o.updates(i) && o.changesPrincipal(i) && slices.Contains(o.confirms[i], r)
}

func (o *orderer) highFinding(i int) bool {
	return slices.ContainsFunc(o.changes[i].Resolves, func(f Finding) bool { return f.Severity == High })
}

// effectDelta is what one change does to the access that one root conveys.
type effectDelta struct {
	change int
	// gives and takes are allowed actions, denies and lifts are denied ones. Each holds only what differs.
	gives, takes, denies, lifts []access.Effect
}

func (a effectDelta) isEmpty() bool {
	return len(a.gives)+len(a.takes)+len(a.denies)+len(a.lifts) == 0
}

// add adds the difference between before and after.
func (a *effectDelta) add(before, after []access.Effect) {
	a.gives = append(a.gives, access.Without(after, before, false)...)
	a.takes = append(a.takes, access.Without(before, after, false)...)
	a.denies = append(a.denies, access.Without(after, before, true)...)
	a.lifts = append(a.lifts, access.Without(before, after, true)...)
}

// findUnchanged collects the live resources of the given roots that do not change.
func (o *orderer) findUnchanged(roots []addr.Address) {
	wanted := make(map[addr.Address]bool, len(roots))
	for _, root := range roots {
		wanted[root] = true
	}
	for i := range o.b.in.Snapshot.Resources {
		l := &o.b.in.Snapshot.Resources[i]
		root := l.Root()
		if !wanted[root] {
			continue
		}
		if _, changes := o.byAddr[l.Address]; !changes {
			o.unchanged[root] = append(o.unchanged[root], l)
		}
	}
}

// deltasOf returns what the plan's changes do to the access that root conveys, sorted by change: the changes of its children, its
// own update, and updates of resources that an unchanged child uses. A root that is deleted has none.
func (o *orderer) deltasOf(root addr.Address) []effectDelta {
	byChange := map[int]*effectDelta{}
	alter := func(change int, before, after []access.Effect) {
		a := byChange[change]
		if a == nil {
			a = &effectDelta{change: change}
			byChange[change] = a
		}
		a.add(before, after)
	}
	if i, changes := o.byAddr[root]; changes {
		if o.removes(i) {
			return nil
		}
		if o.updates(i) {
			alter(i, o.effects(o.changes[i].Before, o.before), o.effects(o.changes[i].After, o.after))
		}
	}
	for _, i := range o.children[root] {
		alter(i, o.effects(o.changes[i].Before, o.before), o.effects(o.changes[i].After, o.after))
	}
	for _, l := range o.unchanged[root] {
		for _, use := range l.Uses {
			if used, changes := o.byAddr[use]; changes && o.updates(used) {
				alter(used, o.effects(&l.Resource, o.before), o.effects(&l.Resource, o.after))
			}
		}
	}
	var deltas []effectDelta
	for _, a := range byChange {
		if !a.isEmpty() {
			deltas = append(deltas, *a)
		}
	}
	slices.SortFunc(deltas, func(x, y effectDelta) int { return x.change - y.change })
	return deltas
}

func (o *orderer) effects(r *Resource, catalogue *Catalogue) []access.Effect {
	if r == nil {
		return nil
	}
	return o.b.effects(*r, catalogue)
}
