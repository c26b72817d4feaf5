package plan

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/plan/addr"
)

// Some resources give their meaning to others, which use them. Whatever happens to such a resource reaches its users: a delete
// takes it from them, and a new content changes what each of them means. A holder is a live user that keeps the resource in a
// plan.

// Holder is a live resource that uses another one.
type Holder struct {
	Address addr.Address `json:"address"`
	Fate    HolderFate   `json:"fate"`
}

// HolderFate says why a plan leaves a holder what it holds.
type HolderFate string

// The fates of holders.
const (
	// HolderManaged is listed in the manifest, or its root is and has exact children.
	HolderManaged HolderFate = "managed"
	// HolderProtected is held by ownership.protect.
	HolderProtected HolderFate = "protected"
	// HolderUnmanaged is part of a root that the manifest does not list.
	HolderUnmanaged HolderFate = "unmanaged"
	// HolderAdditive is not listed, and its root has additive children.
	HolderAdditive HolderFate = "additive"
	// HolderLeftOut would be removed, and the selection leaves that out.
	HolderLeftOut HolderFate = "leftOut"
	// HolderBlocked would be removed, and that is blocked or left to a person.
	HolderBlocked HolderFate = "blocked"
)

// takeFromHolders adds the removals that are made only for a delete of what is in use. What is protected or listed is left alone,
// and holds the delete back.
func (b *builder) takeFromHolders() {
	b.takenFor = map[addr.Address]addr.Address{}
	removals := b.removals()
	for i, all := 0, len(b.changes); i < all; i++ {
		d := b.entry(b.changes[i].Address)
		if b.changes[i].After != nil || d == nil || !d.DeleteInUse {
			continue
		}
		for _, user := range b.view.Users(d.Address) {
			_, removed := removals[user.Address]
			if removed || user.Parent.IsZero() || b.lists(user.Address) || b.protects(user) {
				continue
			}
			b.add(user, nil, nil, fmt.Sprintf("made for the delete of %s", d.Address))
			c := &b.changes[len(b.changes)-1]
			c.Source, c.Notes = d.Source, d.Noted()
			b.takenFor[user.Address] = d.Address
		}
	}
	for i := range b.plan.Unexpected {
		u := &b.plan.Unexpected[i]
		u.With = slices.DeleteFunc(u.With, func(child addr.Address) bool { return !b.takenFor[child].IsZero() })
	}
}

// lists reports whether the manifest wants the resource to be there.
func (b *builder) lists(a addr.Address) bool { return b.entry(a) != nil && !b.entry(a).Absent }

// protects reports whether the manifest holds a live resource.
func (b *builder) protects(l *Live) bool {
	return b.in.Manifest.Ownership.holds(l)
}

// removals returns which change removes a live resource, itself or with its root.
func (b *builder) removals() map[addr.Address]int {
	removals := map[addr.Address]int{}
	for i := range b.changes {
		if c := &b.changes[i]; c.After == nil {
			removals[c.Address] = i
			for _, child := range c.With {
				removals[child] = i
			}
		}
	}
	return removals
}

// holdForHolders finds the holders of every change, and blocks the changes that must not reach theirs. Of all that stands in the
// way of a delete, only a manifest that lists what it deletes is a problem.
func (b *builder) holdForHolders() {
	removals := b.removals()
	b.refuseListed(removals)
	for i := range b.changes {
		c := &b.changes[i]
		if c.Before == nil {
			continue
		}
		users, unseen := b.view.Users(c.Address), b.liveAt(c.Address).Unseen
		if len(users) == 0 && unseen == (Unseen{}) || c.After != nil && !b.changesContent(c, users) {
			continue
		}
		for _, user := range users {
			if fate := b.fate(user, removals); fate != "" {
				c.Holders = append(c.Holders, Holder{user.Address, fate})
			}
		}
		slices.SortFunc(c.Holders, func(x, y Holder) int { return addr.Compare(x.Address, y.Address) })
		c.Unseen = unseen
		if c.After == nil {
			b.holdDelete(c)
		} else if held := c.heldAs(HolderProtected); len(held) > 0 && c.Action == Update {
			c.Action, c.Reason = Blocked, "holders: "+b.describe(held, Unseen{})
		}
	}
}

// fate returns why the plan leaves a user what it uses, "" where it removes the user first.
func (b *builder) fate(user *Live, removals map[addr.Address]int) HolderFate {
	i, removed := removals[user.Address]
	root := b.entry(user.Root())
	switch {
	case removed && b.changes[i].Action.Writes():
		return ""
	case removed && b.isLeftOut(b.changes[i].Address):
		return HolderLeftOut
	case b.protects(user):
		return HolderProtected
	case removed:
		return HolderBlocked
	case root == nil || root.Absent:
		return HolderUnmanaged
	case root.Additive && !b.lists(user.Address):
		return HolderAdditive
	}
	return HolderManaged
}

// holdDelete blocks a delete that the plan does not take from all holders first. What nobody can see goes along where the
// manifest says so.
func (b *builder) holdDelete(c *Change) {
	d := b.entry(c.Address)
	inUse := d != nil && d.DeleteInUse
	if c.Action != Delete || len(c.Holders) == 0 && (inUse || c.Unseen.Count == 0) {
		return
	}
	c.Action, c.Reason = Blocked, "holders: "+b.describe(c.Holders, c.Unseen)
	onlyForeign := !slices.ContainsFunc(c.Holders, func(h Holder) bool { return h.Fate != HolderUnmanaged && h.Fate != HolderAdditive })
	if !inUse && onlyForeign && (d == nil || d.ReplacedBy.IsZero()) {
		c.Reason += "; state: absent with inUse: delete takes it from them"
	}
}

// refuseListed adds a problem for each listed resource that uses what the plan deletes.
func (b *builder) refuseListed(removals map[addr.Address]int) {
	deleted := map[addr.Address]string{} // the reason of each delete of a root
	for a, i := range removals {
		if c := &b.changes[i]; c.Address == a && c.Parent.IsZero() && !b.in.Manifest.Ownership.Protects(a, a) {
			deleted[a] = c.Reason
		}
	}
	if len(deleted) == 0 {
		return
	}
	refuse := func(d *Desired, used addr.Address) (refused bool) {
		reason, goes := deleted[used]
		if goes {
			b.problems = append(b.problems, Problem{
				At: d.Source, Summary: "still listed",
				Detail: fmt.Sprintf("%s is listed, and needs %s, which is to be deleted: %s", d.Address, used, reason),
				Hint:   fmt.Sprintf("list %s too, or exclude it from what is owned, or remove %s", used, d.Address),
			})
		}
		return goes
	}
	for i := range b.in.Desired {
		d := &b.in.Desired[i]
		if d.Absent {
			continue
		}
		refused := slices.ContainsFunc(d.DependsOn, func(on Dependency) bool { return on.Implied && refuse(d, on.On) })
		if live := b.liveAt(d.Address); live != nil && !refused {
			for _, used := range live.Uses {
				refuse(d, used)
			}
		}
	}
}

// changesContent reports whether an update changes what its users mean: a document, the class of its catalogue entry, or the
// effects of a user.
func (b *builder) changesContent(c *Change, users []*Live) bool {
	isDocument := func(a AttributeChange) bool {
		_, before := a.Before.AsDocument()
		_, after := a.After.AsDocument()
		return before || after
	}
	differs := func(e CatalogueEntry) bool {
		was, known := b.in.Snapshot.Catalogue.ByID(e.Kind, e.ID)
		return known && e.ID == c.ID && was.Type != e.Type
	}
	return slices.ContainsFunc(c.Attributes, isDocument) || slices.ContainsFunc(b.in.Entries, differs) ||
		slices.ContainsFunc(users, func(user *Live) bool {
			return !reflect.DeepEqual(b.effects(user.Resource, b.in.Snapshot.Catalogue), b.effects(user.Resource, b.after))
		})
}

// heldAs returns the holders of a fate.
func (c *Change) heldAs(fate HolderFate) []Holder {
	return slices.DeleteFunc(slices.Clone(c.Holders), func(h Holder) bool { return h.Fate != fate })
}

// maxHoldersNamed is how many holders a text names; the change has all.
const maxHoldersNamed = 10

// describe names holders, each with its fate.
func (b *builder) describe(holders []Holder, unseen Unseen) string {
	words := map[HolderFate]string{
		HolderManaged: "listed", HolderProtected: "protected by ownership.protect", HolderUnmanaged: "unmanaged", HolderAdditive: "additive",
		HolderLeftOut: "its removal is left out", HolderBlocked: "its removal is not made",
	}
	var parts []string
	for _, h := range holders[:min(len(holders), maxHoldersNamed)] {
		parts = append(parts, fmt.Sprintf("%s (%s)", h.Address, words[h.Fate]))
	}
	if more := len(holders) - len(parts); more > 0 {
		parts = append(parts, fmt.Sprintf("%d more", more))
	}
	if unseen.Count > 0 {
		parts = append(parts, unseen.String())
	}
	return strings.Join(parts, ", ")
}

// String returns what a message says of uses that nobody can see.
func (u Unseen) String() string {
	if u.Unknown {
		return "grants that nobody can count"
	}
	return Counted(u.Count, "grant") + " that agencyctl cannot see"
}

// blockTaken blocks the removals that are made only for a delete which is not made, and reports whether there were any.
func (o *orderer) blockTaken() (blocked bool) {
	for taken, target := range o.b.takenFor {
		c, deleted := &o.changes[o.byAddr[taken]], &o.changes[o.byAddr[target]]
		if c.Action.Writes() && !deleted.Action.Writes() {
			c.Action, c.Reason, blocked = Blocked, fmt.Sprintf("only made for the delete of %s, which is not made", target), true
		}
	}
	return blocked
}

// takenFrom returns the roots of which the plan removes children for a delete elsewhere.
func (b *builder) takenFrom() map[addr.Address]bool {
	roots := map[addr.Address]bool{}
	for i := range b.changes {
		if c := &b.changes[i]; c.Action.Writes() && !b.takenFor[c.Address].IsZero() {
			roots[c.Parent] = true
		}
	}
	return roots
}

// findHolders adds findings about what the writes of a plan reach beyond what it manages, and warnings where nobody can tell.
func (b *builder) findHolders() {
	changes, taken := map[addr.Address]bool{}, map[addr.Address][]string{}
	for i := range b.plan.Changes {
		c := &b.plan.Changes[i]
		if !c.Action.Writes() {
			continue
		}
		for _, a := range append([]addr.Address{c.Address}, c.With...) {
			changes[a] = true
		}
		if target, is := b.takenFor[c.Address]; is {
			taken[target] = append(taken[target], c.Address.String())
		}
	}
	naming := map[addr.Address][]string{}
	for i := range b.in.Snapshot.Resources {
		if l := &b.in.Snapshot.Resources[i]; !changes[l.Address] {
			for _, a := range l.Names {
				naming[a] = append(naming[a], l.Address.String())
			}
		}
	}
	for i := range b.plan.Changes {
		c := &b.plan.Changes[i]
		switch {
		case c.Action == Delete:
			b.findDeleted(c, taken[c.Address], naming[c.Address])
		case c.Action == Update:
			b.findUpdated(c)
		default:
			continue
		}
		if c.Unseen.Unknown {
			b.plan.Warnings = append(b.plan.Warnings,
				fmt.Sprintf("%s %s: nobody tells what else uses it, so this may reach more than is shown", c.Action, c.Address))
		}
	}
}

// findDeleted adds findings about a delete: what it is taken from, and what goes on naming it.
func (b *builder) findDeleted(c *Change, taken, naming []string) {
	find := func(rule string, severity Severity, message, hint string) {
		c.Findings = append(c.Findings, Finding{Rule: rule, Severity: severity, Address: c.Address, Message: message, Hint: hint})
	}
	var takes []string
	if len(taken) > 0 {
		slices.Sort(taken)
		takes = append(takes, "takes from others "+strings.Join(taken, ", "))
	}
	if c.Unseen.Count > 0 {
		takes = append(takes, "takes with it "+c.Unseen.String())
	} else if d := b.entry(c.Address); c.Unseen.Unknown && d != nil && d.DeleteInUse {
		takes = append(takes, "takes with it whatever else uses it: nobody tells how much that is")
	}
	if len(takes) > 0 {
		find(RuleDeleteInUse, High, strings.Join(takes, ", and "), "see that nobody needs it there any more")
	}
	if len(naming) > 0 {
		slices.Sort(naming)
		find(RuleLeavesDangling, Medium, "still named by "+strings.Join(naming, ", ")+", which then refers to nothing",
			"change what names it too; a new resource of the same name is another one")
	}
}

// findUpdated adds a finding about a new content that reaches what the manifest does not list.
func (b *builder) findUpdated(c *Change) {
	var reached []string
	for _, h := range c.heldAs(HolderUnmanaged) {
		reached = append(reached, h.Address.String())
	}
	if c.Unseen.Count > 0 {
		reached = append(reached, c.Unseen.String())
	}
	if len(reached) > 0 {
		c.Findings = append(c.Findings, Finding{
			Rule: RuleUpdateInUse, Severity: Medium, Address: c.Address,
			Message: "changes what the manifest does not list: " + strings.Join(reached, ", "),
			Hint:    "have it reviewed by those who use it, or give the new content another name",
		})
	}
}
