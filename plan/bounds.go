package plan

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/agencyctl/agencyctl/plan/access"
	"github.com/agencyctl/agencyctl/plan/addr"
)

// upperBound lays the edges around one root that keep every state within before ∪ after: what denies comes before what
// it would deny, and a denial is lifted when what it hid is taken away and what replaces it is there; a trust changes
// hands in between, when what the old principal alone had is seen to be gone.
func (o *orderer) upperBound(root addr.Address) {
	acts := o.acts[root]
	for _, x := range acts {
		for _, y := range acts {
			// What x denies by itself needs no denial before it; what y hides by itself stays hidden until it is taken.
			if access.MeetBeyond(x.gives, y.denies, x.denies) || access.MeetBeyond(y.takes, x.lifts, y.lifts) || access.Meet(x.lifts, y.denies) {
				o.need(x.change, y.change)
			}
		}
	}
	if i, changes := o.byAddr[root]; changes && o.updates(i) && o.changesTrust(i) {
		o.aroundTrust(i, acts)
		o.takenUnlisted(i)
		o.renewed(i)
	}
}

// changesTrust reports whether the update of a root hands its effects to somebody else, or hands them back to somebody
// whose time has run out or, as plans know no clock, will at a known moment.
func (o *orderer) changesTrust(root int) bool {
	c := o.changes[root]
	before, after := access.Conveying(o.effects(c.Before, o.before)), access.Conveying(o.effects(c.After, o.after))
	if o.handsOver(root) {
		return true
	}
	live := o.b.live[c.Address]
	return !live.Expires.IsZero() && !slices.EqualFunc(before, after, func(x, y access.Effect) bool { return x.Lifetime == y.Lifetime })
}

// handsOver reports whether the update of a root changes who may act as it.
func (o *orderer) handsOver(root int) bool {
	c := o.changes[root]
	before, after := access.Conveying(o.effects(c.Before, o.before)), access.Conveying(o.effects(c.After, o.after))
	return !slices.EqualFunc(before, after, func(x, y access.Effect) bool { return x.Principal == y.Principal && x.Conveys == y.Conveys })
}

// aroundTrust puts each act before or after a change of trust, and refuses what fits on neither side.
func (o *orderer) aroundTrust(trust int, acts []act) {
	root := o.changes[trust].Address
	var held []access.Effect
	for _, l := range o.kept[root] {
		held = append(append(held, o.allowed(&l.Resource, o.before)...), o.allowed(&l.Resource, o.after)...)
	}
	held = append(append(held, o.allowed(o.changes[trust].Before, o.before)...), o.allowed(o.changes[trust].After, o.after)...)
	for _, a := range acts {
		if a.change == trust {
			continue
		}
		early := len(a.takes) > 0 || access.Meet(a.denies, held)
		late := len(a.gives) > 0 || access.Meet(a.lifts, held)
		if !early && !late {
			early = len(a.denies) > 0
		}
		// What a change of content does to a child that stays is never split off from the trust.
		foreign := o.changes[a.change].Root() != root
		switch {
		case early && late || foreign:
			switch changes, alters := o.changes[trust].Action.Writes(), o.changes[a.change].Action.Writes(); {
			case changes && alters:
				o.refuseTwoSteps(trust, a.change)
			case changes && early:
				o.need(trust, a.change) // what it should take away is held back, and would go over with the trust
			case alters && late:
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
		Detail: fmt.Sprintf("%s changes whom it trusts while %s changes what it conveys, both giving and taking, or in what it keeps: every "+
			"order of the two gives somebody more than before or after", o.changes[trust].Address, o.changes[other].Address),
		Hint: "apply one of the two changes first, then the other",
	})
}

// takenUnlisted shows what a new principal takes over unseen.
func (o *orderer) takenUnlisted(root int) {
	address := o.changes[root].Address
	var taken []string
	for _, l := range o.kept[address] {
		if l.Address != address && o.b.desired[address] != nil && o.b.desired[l.Address] == nil {
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

// renewed shows that a trust which ends gets a new life. A plan knows no clock: whether it has ended is for the reader.
func (o *orderer) renewed(root int) {
	c := &o.changes[root]
	if o.handsOver(root) || !c.Action.Writes() {
		return
	}
	c.Findings = append(c.Findings, Finding{
		Rule: RuleTrustRenewed, Severity: Medium, Address: c.Address,
		Message: fmt.Sprintf("the trust ends at %s and gets a new life: if it has run out by then, all that is granted is given again",
			o.b.live[c.Address].Expires.UTC().Format(time.RFC3339)),
		Hint: "look at what it grants, and revoke what is not needed any more",
	})
}

// lowerBound orders what takes away after what gives, around one root, and what is only good order: denials first,
// their lifting last.
func (o *orderer) lowerBound(root addr.Address) {
	acts := o.acts[root]
	for _, g := range acts {
		if len(g.gives) == 0 {
			continue
		}
		var ancestors map[int]bool
		for _, r := range acts {
			if r.change == g.change || len(r.takes) == 0 || !access.Meet(g.gives, r.takes) {
				continue
			}
			if ancestors == nil {
				ancestors = o.all.ancestors(g.change)
			}
			o.giveBeforeTaking(root, g.change, r.change, ancestors)
		}
	}
	for _, first := range acts {
		if !o.isChild(first) {
			continue
		}
		ancestors := o.all.ancestors(first.change)
		if o.waiting(first.change, ancestors) {
			continue
		}
		for _, then := range acts {
			if o.isChild(then) && !ancestors[then.change] && turn(first) < turn(then) {
				o.all.connect(then.change, first.change)
			}
		}
	}
}

func (o *orderer) isChild(a act) bool { return !o.changes[a.change].Parent.IsZero() }

// turn is the place of an act in the good order: what denies, what gives, what takes, what lifts a denial.
func turn(a act) int {
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

// giveBeforeTaking holds r back until g succeeded, as both share actions in one scope. Where r has a high finding it
// only waits its turn, and where it has to come first the plan names the gap.
func (o *orderer) giveBeforeTaking(root addr.Address, g, r int, ancestors map[int]bool) {
	switch {
	case o.b.isLeftOut(o.changes[r].Address): // it takes nothing
	case ancestors[r] && !o.highFinding(r) && !o.trustForces(root, r):
		o.b.plan.Warnings = append(o.b.plan.Warnings, fmt.Sprintf("access gap in %s: %s must be over before %s; what the one takes and the "+
			"other gives is missing in between", root, o.changes[r].Address, o.changes[g].Address))
	case ancestors[r]:
	case !o.highFinding(r):
		o.need(r, g)
	case !o.waiting(g, ancestors):
		o.all.connect(r, g)
	}
}

// waiting reports whether a dependsOn holds the change back, by itself or by what it waits for.
func (o *orderer) waiting(change int, ancestors map[int]bool) bool {
	if o.waits[change] {
		return true
	}
	for a := range ancestors {
		if o.waits[a] {
			return true
		}
	}
	return false
}

// trustForces reports whether r comes early because its root changes hands: then nobody keeps access across the
// change, and there is no gap to name.
func (o *orderer) trustForces(root addr.Address, r int) bool {
	i, changes := o.byAddr[root]
	return changes && o.updates(i) && o.handsOver(i) && slices.Contains(o.confirms[i], r)
}

func (o *orderer) highFinding(i int) bool {
	return slices.ContainsFunc(o.changes[i].Resolves, func(f Finding) bool { return f.Severity == High })
}
