package plan

import (
	"fmt"
	"maps"
	"slices"
)

// Guardrail says how a key of the section guardrails is to be read where two manifests differ in it: in which direction it weakens.
type Guardrail struct {
	Key  string
	Kind GuardrailKind
	// Severity is that of a weakening.
	Severity Severity
	// Meaning returns what an item of a list means: items that mean the same are one. Nil stands for the item itself.
	Meaning func(item string) string
	// Names says that the items are names which a stranger may choose: one that resembles another is told.
	Names bool
	// Size returns how much a bound allows, in any unit; ok is false for a text that is no bound.
	Size func(bound string) (size int, ok bool)
}

// GuardrailKind is what a guardrail does. The zero kind is that of a key which nobody declares: every change of it weakens.
type GuardrailKind uint8

// The kinds that services declare.
const (
	// AllowList: only what is listed is allowed. Without the list, everything is.
	AllowList GuardrailKind = iota + 1
	// DenyList: what is listed is forbidden. No list and an empty one are the same.
	DenyList
	// Bound: at most so much is allowed. Without it there is no limit.
	Bound
)

// acceptKey is the key of guardrails that holds the acceptances.
const acceptKey = "accept"

// guardrails compares the guardrails, key by key, and the acceptances.
func (c *ruleComparer) guardrails(declared []Guardrail) {
	kinds, keys := map[string]Guardrail{}, map[string]bool{}
	for _, g := range declared {
		kinds[g.Key] = g
	}
	for _, section := range []*Node{c.base.Guardrails, c.head.Guardrails} {
		for _, pair := range section.Pairs() {
			keys[pair.Key] = pair.Key != acceptKey
		}
	}
	c.acceptances()
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		if keys[key] {
			c.guardrail(key, kinds[key], c.base.Guardrails.Get(key), c.head.Guardrails.Get(key))
		}
	}
}

func (c *ruleComparer) guardrail(key string, g Guardrail, before, after *Node) {
	place := "guardrails." + key
	switch g.Kind {
	case AllowList:
		gone, come := g.differing(before, after)
		var weak []weakening
		switch {
		case before == nil && after == nil, before != nil && after != nil && len(gone)+len(come) == 0:
			return
		case after == nil:
			weak = one(g.Severity, "the list is gone, and all are allowed")
		case before != nil:
			weak = c.allowed(g, before, come)
		}
		c.add(place, sortedList(before), sortedList(after), weak)
	case DenyList:
		gone, come := g.differing(before, after)
		if len(gone)+len(come) == 0 {
			return
		}
		var weak []weakening
		for _, item := range gone {
			weak = append(weak, weakening{severity: g.Severity, at: item.At, message: fmt.Sprintf("%q is not forbidden any more", item)})
		}
		c.add(place, sortedList(before), sortedList(after), weak)
	case Bound:
		c.bound(place, g, before, after)
	default:
		if !sameNode(before, after) {
			c.add(place, before, after, one(Medium, "nobody declares what this guardrail does, so any change of it counts as a weaker one"))
		}
	}
}

// differing returns the items that mean nothing of what the other list holds.
func (g Guardrail) differing(before, after *Node) (gone, come []*Node) {
	return differing(before.Elements(), after.Elements(), func(n *Node) string {
		if g.Meaning == nil {
			return n.String()
		}
		return g.Meaning(n.String())
	})
}

// allowed tells of each item that comes to a list of what is allowed. What it resembles is named: the account's own name too.
func (c *ruleComparer) allowed(g Guardrail, before *Node, come []*Node) []weakening {
	names := slices.Clone(c.own)
	for _, other := range before.Elements() {
		names = append(names, other.String())
	}
	known := newKnownNames(names)
	var weak []weakening
	for _, item := range come {
		w := weakening{severity: g.Severity, at: item.At, message: fmt.Sprintf("%+q is allowed now", item.String())}
		if g.Names {
			if like := known.resembled(item.String()); like != "" {
				w.message += fmt.Sprintf(", and it resembles %+q", like)
				w.hint = "compare the two names letter by letter"
			}
		}
		weak = append(weak, w)
	}
	return weak
}

func (c *ruleComparer) bound(place string, g Guardrail, before, after *Node) {
	size := func(n *Node) (int, bool) {
		if g.Size == nil || n == nil {
			return 0, false
		}
		return g.Size(n.String())
	}
	was, wasKnown := size(before)
	is, isKnown := size(after)
	var weak []weakening
	switch {
	case sameNode(before, after), wasKnown && isKnown && was == is:
		return
	case before == nil:
	case after == nil:
		weak = one(g.Severity, "the limit of %s is gone", before)
	case !wasKnown || !isKnown || is > was:
		weak = one(g.Severity, "the limit is %s, and was %s", after, before)
	}
	c.add(place, before, after, weak)
}
