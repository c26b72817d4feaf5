package schema

import (
	"slices"
	"sort"

	"gopkg.in/yaml.v3"

	"github.com/agencyctl/agencyctl/plan"
)

// isShared reports whether an alias stands for a value, so that a change of it would be one elsewhere.
func (w *rewriter) isShared(n *yaml.Node) bool { return w.uses[n] > 0 }

// use is an alias. Merging is the mapping that has it behind <<, if any.
type use struct{ at, merging *span }

// moveAnchors writes values that go from a document in the place of the first alias that stays and stands for them. The others stand for
// that one then.
func (w *rewriter) moveAnchors(d *editableDocument) {
	if d.root == nil || len(w.uses) == 0 {
		return
	}
	var gone []*yaml.Node
	uses := map[*yaml.Node][]use{}
	isCut := isInside(w.cuts)
	var walk func(s, merging *span)
	walk = func(s, merging *span) {
		switch {
		case s.node.Kind == yaml.AliasNode && !isCut(s.start):
			uses[s.node.Alias] = append(uses[s.node.Alias], use{s, merging})
		case s.node.Anchor != "" && isCut(s.start):
			gone = append(gone, s.node)
		}
		for i, part := range s.parts {
			merging = nil
			if s.node.Kind == yaml.MappingNode && i%2 == 1 && isMerge(s.parts[i-1].node) {
				merging = s
			}
			walk(part, merging)
		}
	}
	walk(d.root, nil)
	for _, n := range gone {
		value := d.anchored[n]
		if value == nil || len(uses[n]) == 0 { // a key, or used by nobody
			continue
		}
		text := flowText(wantedBy(uses[n], value.node), n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle))
		if len(uses[n]) > 1 {
			text = "&" + n.Anchor + " " + text
		}
		first := uses[n][0].at
		w.cuts = append(w.cuts, cut{first.start, first.end, text})
	}
}

// isInside returns a function that reports whether an offset lies in one of some cuts.
func isInside(cuts []cut) func(at int) bool {
	sorted := slices.Clone(cuts)
	slices.SortFunc(sorted, func(a, b cut) int { return a.start - b.start })
	for i := 1; i < len(sorted); i++ {
		sorted[i].end = max(sorted[i].end, sorted[i-1].end)
	}
	return func(at int) bool {
		after := sort.Search(len(sorted), func(i int) bool { return sorted[i].start > at })
		return after > 0 && at < sorted[after-1].end
	}
}

// wantedBy returns a value without keys that are hidden wherever it is used: it may be an entry, whose name no other has.
func wantedBy(uses []use, value *plan.Node) *plan.Node {
	wanted := *value
	wanted.Entries = slices.DeleteFunc(slices.Clone(value.Entries), func(pair plan.Pair) bool {
		return !slices.ContainsFunc(uses, func(u use) bool { return u.merging == nil || !hasKey(u.merging, pair.Key) })
	})
	return &wanted
}

// hasKey reports whether a mapping has a key itself.
func hasKey(mapping *span, key string) bool {
	for i := 0; i < len(mapping.parts); i += 2 {
		if k := mapping.parts[i].node; !isMerge(k) && keyText(k) == key {
			return true
		}
	}
	return false
}
