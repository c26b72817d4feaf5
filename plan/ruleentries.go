package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/plan/addr"
)

// Statement is a part of an entry that live state is held against, beside its attributes and its children: without it, what is live there
// is left alone.
type Statement struct {
	// Key is the key of the entry, and Value what it says, as one of several.
	Key, Value string
	// Loosens, where it is not empty, says what the part lets through, as a sentence: it weakens where it comes, and not where it goes.
	Loosens string
	At      Position
}

// The keys of entries that say how exact their children are.
const (
	keyExactness = "grantsMode"
	keyBans      = "grantsAbsent"
)

// entries compares what the entries hold live state against: those that both sides list, and that are not tombstones. Of an entry that
// only the manifest lists, what it lets through is told. What leaves the manifest as a whole is told by [Plan.Leaving].
func (c *ruleComparer) entries(base, head []Desired) {
	before, after := index(base), index(head)
	bans, kept := bansOf(base), bansOf(head)
	var roots []addr.Address
	for a, is := range after {
		if was := before[a]; is.Parent.IsZero() && !is.Absent && (was != nil && !was.Absent || is.loosens()) {
			roots = append(roots, a)
		}
	}
	slices.SortFunc(roots, addr.Compare)
	for _, a := range roots {
		was, is := before[a], after[a]
		if was == nil || was.Absent {
			c.statements(a, nil, slices.DeleteFunc(slices.Clone(is.SaidBeside().States), func(s Statement) bool { return s.Loosens == "" }))
			continue
		}
		if was.Additive != is.Additive {
			var weak []weakening
			if is.Additive {
				weak = one(Medium, "grants that the manifest does not list are left alone%s", leftOut(is.Kept))
			}
			c.addAbout(a, keyExactness, exactness(was), exactness(is), weak)
		}
		if was.Additive || is.Additive { // an exact entry bans all that it does not list
			c.bans(a, is.Additive, bans[a], kept[a])
		}
		if was.Additive && is.Additive {
			c.kept(a, was, is)
		}
		c.statements(a, was.SaidBeside().States, is.SaidBeside().States)
	}
}

// loosens reports whether a part of the entry lets something through.
func (d *Desired) loosens() bool {
	return slices.ContainsFunc(d.SaidBeside().States, func(s Statement) bool { return s.Loosens != "" })
}

// leftOut names what an additive entry leaves as it is, as the end of a sentence.
func leftOut(kept Attributes) string {
	if len(kept) == 0 {
		return ""
	}
	return ", and so is what it leaves out: " + strings.Join(kept.NamesWith(nil), ", ")
}

// kept compares what two additive entries leave as it is live.
func (c *ruleComparer) kept(root addr.Address, was, is *Desired) {
	node := func(d *Desired, name string) *Node {
		if _, kept := d.Kept[name]; kept {
			return nil
		}
		return textAt(d.Attributes[name].String(), d.SourceOf(name))
	}
	for _, name := range was.Kept.NamesWith(is.Kept) {
		before, after := node(was, name), node(is, name)
		switch {
		case after == nil && before != nil:
			c.addAbout(root, name, before, nil, one(Medium, "the entry does not say it any more: what is live there is left as it is"))
		case before == nil && after != nil:
			c.addAbout(root, name, nil, after, nil)
		}
	}
}

func exactness(d *Desired) *Node {
	if d.Additive {
		return textAt("additive", d.SourceOf(keyExactness))
	}
	return textAt("exact", d.SourceOf(keyExactness))
}

func index(desired []Desired) map[addr.Address]*Desired {
	byAddress := make(map[addr.Address]*Desired, len(desired))
	for i := range desired {
		byAddress[desired[i].Address] = &desired[i]
	}
	return byAddress
}

// bansOf returns the children that must be absent, by their roots.
func bansOf(desired []Desired) map[addr.Address][]*Desired {
	bans := map[addr.Address][]*Desired{}
	for i := range desired {
		if d := &desired[i]; d.Absent && !d.Parent.IsZero() {
			bans[d.Parent] = append(bans[d.Parent], d)
		}
	}
	return bans
}

// bans compares the children that must be absent. Where the root becomes exact, none is needed any more.
func (c *ruleComparer) bans(root addr.Address, additive bool, was, is []*Desired) {
	node := func(all []*Desired) (list *Node) {
		for _, d := range all {
			if list == nil {
				list = &Node{Kind: List}
			}
			list.Items = append(list.Items, textAt(d.Address.String(), d.Source))
		}
		return sortedList(list)
	}
	c.lost(root, keyBans, node(was), node(is), func(child string) string {
		if !additive {
			return ""
		}
		return fmt.Sprintf("%q may be there: nothing forbids it any more", child)
	})
}

// statements compares the other parts of an entry, key by key.
func (c *ruleComparer) statements(root addr.Address, was, is []Statement) {
	var keys []string
	for _, s := range slices.Concat(was, is) {
		keys = append(keys, s.Key)
	}
	slices.Sort(keys)
	for _, key := range slices.Compact(keys) {
		node := func(all []Statement) (list *Node) {
			for _, s := range all {
				if s.Key != key {
					continue
				}
				if list == nil {
					list = &Node{Kind: List}
				}
				list.Items = append(list.Items, textAt(s.Value, s.At))
			}
			return sortedList(list)
		}
		if i := slices.IndexFunc(is, func(h Statement) bool { return h.Key == key && h.Loosens != "" }); i >= 0 {
			if !slices.ContainsFunc(was, func(h Statement) bool { return h.Key == key }) {
				c.addAbout(root, key, nil, node(is), []weakening{{severity: Medium, message: is[i].Loosens, at: is[i].At}})
			}
			continue
		}
		if slices.ContainsFunc(was, func(h Statement) bool { return h.Key == key && h.Loosens != "" }) {
			c.addAbout(root, key, node(was), nil, nil)
			continue
		}
		c.lost(root, key, node(was), node(is), func(value string) string {
			return fmt.Sprintf("the entry does not state %q any more: what is live there is not held against it", value)
		})
	}
}

// lost adds the difference of two lists of which each item that goes weakens, in the words of message; "" where it does not.
func (c *ruleComparer) lost(root addr.Address, key string, before, after *Node, message func(item string) string) {
	gone, come := differing(before.Elements(), after.Elements(), textOf)
	if len(gone)+len(come) == 0 {
		return
	}
	var weak []weakening
	for _, item := range gone {
		if text := message(item.String()); text != "" {
			weak = append(weak, weakening{severity: Medium, message: text, at: item.At})
		}
	}
	c.addAbout(root, key, before, after, weak)
}
