package schema

import (
	"slices"
	"sort"

	"gopkg.in/yaml.v3"

	"github.com/agencyctl/agencyctl/plan"
)

// isShared reports whether an alias stands for a value, so that a change of it would be one elsewhere.
func (w *rewriter) isShared(n *yaml.Node) bool { return w.uses[n] > 0 }

// use is an alias, and what it stands in. Merging is the mapping that has it behind <<, if any.
type use struct {
	at, merging *span
	in          surrounding
}

// moveAnchors writes values that go from a document in the place of the first alias that stays and stands for them. The others stand for
// that one then.
func (w *rewriter) moveAnchors(d *editableDocument) {
	if d.root == nil || len(w.uses) == 0 {
		return
	}
	var gone []*yaml.Node
	uses := map[*yaml.Node][]use{}
	isCut := isInside(w.cuts)
	var walk func(s, merging *span, in surrounding)
	walk = func(s, merging *span, in surrounding) {
		switch {
		case s.node.Kind == yaml.AliasNode && !isCut(s.start):
			uses[s.node.Alias] = append(uses[s.node.Alias], use{s, merging, in})
		case s.node.Anchor != "" && isCut(s.start):
			gone = append(gone, s.node)
		}
		for i, part := range s.parts {
			switch {
			case s.node.Kind == yaml.SequenceNode:
				walk(part, merging, surrounding{flow: s.isFlow(), column: -1})
			case i%2 == 1 && isMerge(s.parts[i-1].node):
				walk(part, s, valueOf(s, s.parts[i-1], w.layout))
			case i%2 == 1:
				walk(part, nil, valueOf(s, s.parts[i-1], w.layout))
			default:
				walk(part, nil, surrounding{flow: true})
			}
		}
	}
	walk(d.root, nil, surrounding{flow: true})
	for _, n := range gone {
		if value := d.anchored[n]; value != nil && len(uses[n]) > 0 { // no key, and used by somebody
			w.moveAnchor(n, value.node, uses[n])
		}
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

// moveAnchor writes the value of an anchor in the place of the first of its uses.
func (w *rewriter) moveAnchor(n *yaml.Node, value *plan.Node, uses []use) {
	wanted, first, anchor := wantedBy(uses, value), uses[0], ""
	if len(uses) > 1 {
		anchor = "&" + n.Anchor
	}
	if lines := linesBelow(wanted, first.in); lines != nil && first.at.mark >= 0 {
		w.replaceByLines(first.at, anchor, first.in.column, lines)
		return
	}
	text := flowText(wanted, n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle))
	if anchor != "" {
		text = anchor + " " + text
	}
	w.cuts = append(w.cuts, cut{first.at.start, first.at.end, text})
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
