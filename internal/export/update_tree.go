package export

import (
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/plan"
)

// Trees are shared with the manifest: each function here returns another tree that shares with the old one what is the same.

// withKey returns a mapping with a value at a key. A key that it has not stands behind the one that comes before it in order, or last.
func withKey(n *plan.Node, key string, value, order *plan.Node) *plan.Node {
	c := *n
	c.Entries = slices.Clone(n.Entries)
	for i := range c.Entries {
		if c.Entries[i].Key == key {
			c.Entries[i].Value = value
			return &c
		}
	}
	at := len(c.Entries)
	for _, pair := range order.Pairs() {
		if pair.Key == key {
			break
		}
		if i := slices.IndexFunc(c.Entries, func(p plan.Pair) bool { return p.Key == pair.Key }); i >= 0 {
			at = i + 1
		}
	}
	c.Entries = slices.Insert(c.Entries, at, plan.Pair{Key: key, Value: value})
	return &c
}

func withoutKey(n *plan.Node, key string) *plan.Node {
	c := *n
	c.Entries = slices.DeleteFunc(slices.Clone(n.Entries), func(p plan.Pair) bool { return p.Key == key })
	return &c
}

// without returns a tree without the item that stands at a place. A list or mapping in which nothing is left goes with it.
func without(n *plan.Node, at plan.Position) (left *plan.Node, found bool) {
	c := *n
	for i, item := range n.Items {
		if below, found := without(item, at); found || item.At == at {
			if c.Items = slices.Clone(n.Items); found && below != nil {
				c.Items[i] = below
			} else if c.Items = slices.Delete(c.Items, i, i+1); len(c.Items) == 0 {
				return nil, true
			}
			return &c, true
		}
	}
	for i, pair := range n.Entries {
		if below, found := without(pair.Value, at); found {
			if c.Entries = slices.Clone(n.Entries); below != nil {
				c.Entries[i].Value = below
			} else if c.Entries = slices.Delete(c.Entries, i, i+1); len(c.Entries) == 0 {
				return nil, true
			}
			return &c, true
		}
	}
	return n, false
}

// joined returns a tree with the items of another one added to its lists. A list of texts that is sorted stays so.
func joined(n, more *plan.Node) *plan.Node {
	if n == nil || n.Kind != more.Kind {
		return more
	}
	c := *n
	if n.Kind == plan.Map {
		for _, pair := range more.Entries {
			value := pair.Value
			if had := c.Get(pair.Key); had != nil {
				value = joined(had, value)
			}
			c = *withKey(&c, pair.Key, value, more)
		}
		return &c
	}
	c.Items = slices.Clone(n.Items)
	before := func(a, b *plan.Node) int { return strings.Compare(a.String(), b.String()) }
	for _, item := range more.Items {
		at := len(c.Items)
		if slices.IsSortedFunc(c.Items, before) {
			at, _ = slices.BinarySearchFunc(c.Items, item, before)
		}
		c.Items = slices.Insert(c.Items, at, item)
	}
	return &c
}

// towards returns a tree that means what another one means, as the author of the first would have written it: what is the same in both
// stays, in its order.
func towards(n, fresh *plan.Node) *plan.Node {
	switch {
	case n == nil || n.Kind != fresh.Kind:
		if n != nil && meaning(n) == meaning(fresh) {
			return n
		}
		return fresh
	case n.Kind == plan.Map:
		c := *n
		c.Entries = nil
		for _, pair := range n.Entries {
			if value := fresh.Get(pair.Key); value != nil {
				pair.Value = towards(pair.Value, value)
				c.Entries = append(c.Entries, pair)
			}
		}
		for _, pair := range fresh.Entries {
			if !n.Has(pair.Key) {
				c = *withKey(&c, pair.Key, pair.Value, fresh)
			}
		}
		return &c
	case n.Kind == plan.List:
		return listTowards(n, fresh)
	case meaning(n) == meaning(fresh):
		return n
	}
	return fresh
}

func listTowards(n, fresh *plan.Node) *plan.Node {
	c := *n
	c.Items = nil
	left := slices.Clone(fresh.Items)
	taken := make([]bool, len(n.Items))
	for i, item := range n.Items {
		if k := slices.IndexFunc(left, func(f *plan.Node) bool { return meaning(f) == meaning(item) }); k >= 0 {
			left, taken[i] = slices.Delete(left, k, k+1), true
		}
	}
	var texts plan.Node
	for _, item := range left {
		if item.Kind != plan.Map {
			texts.Items = append(texts.Items, item)
		}
	}
	left = slices.DeleteFunc(left, func(f *plan.Node) bool { return f.Kind != plan.Map })
	for i, item := range n.Items {
		switch {
		case taken[i]:
			c.Items = append(c.Items, item)
		case item.Kind == plan.Map && len(left) > 0:
			c.Items, left = append(c.Items, towards(item, left[0])), left[1:]
		}
	}
	c.Items = append(c.Items, left...)
	texts.Kind = plan.List
	return joined(&c, &texts)
}

// meaning is the same for trees of which no service makes a difference: lists have no order, and one text is a list of one.
func meaning(n *plan.Node) string {
	switch n.Kind {
	case plan.List:
		var items []string
		for _, item := range n.Items {
			items = append(items, meaning(item))
		}
		slices.Sort(items)
		return strings.Join(slices.Compact(items), ",")
	case plan.Map:
		var pairs []string
		for _, pair := range n.Entries {
			pairs = append(pairs, string(plan.NewText(pair.Key).AppendJSON(nil))+":"+meaning(pair.Value))
		}
		slices.Sort(pairs)
		return "{" + strings.Join(pairs, ",") + "}"
	case plan.Null, plan.Bool, plan.Int, plan.Float, plan.Text:
	}
	return string(n.AppendJSON(nil))
}
