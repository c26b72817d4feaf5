package schema

import (
	"bytes"
	"slices"

	"gopkg.in/yaml.v3"

	"github.com/agencyctl/agencyctl/plan"
)

// rewriter turns changes of trees into changes of the text.
type rewriter struct {
	*editable
	edits []EntryEdit
	// chosen are the edits of this attempt: by entry, and those that add, by document and section. Refused are the reasons of those that
	// cannot be made.
	chosen  map[*editableEntry]int
	added   map[*editableDocument]map[string][]int
	refused map[int]string
	cuts    []cut
	// why is set by what cannot be done.
	why string
}

// cut replaces the bytes of a text between two offsets.
type cut struct {
	start, end int
	text       string
}

func (w *rewriter) fail(why string) {
	if w.why == "" {
		w.why = why
	}
}

// choose takes an edit into the attempt.
func (w *rewriter) choose(i int) {
	edit := w.edits[i]
	if w.chosen == nil {
		w.chosen, w.added = map[*editableEntry]int{}, map[*editableDocument]map[string][]int{}
	}
	if edit.Section != "" {
		d := w.documentAt(edit.At.Line)
		if d == nil || edit.Node == nil {
			w.refused[i] = whyNowhere
			return
		}
		if w.added[d] == nil {
			w.added[d] = map[string][]int{}
		}
		w.added[d][edit.Section] = append(w.added[d][edit.Section], i)
		return
	}
	entry := w.entries[lineColumn{edit.At.Line, edit.At.Column}]
	if entry == nil {
		w.refused[i] = whyNowhere
		return
	}
	if _, again := w.chosen[entry]; entry.twice || again {
		w.refused[i] = whyTwice
		return
	}
	w.chosen[entry] = i
}

// documentAt returns the document that a line is in.
func (e *editable) documentAt(line int) (found *editableDocument) {
	for _, d := range e.documents {
		if d.tree.At.Line <= line || found == nil {
			found = d
		}
	}
	return found
}

// document makes the edits of one document, and returns what it says then.
func (w *rewriter) document(d *editableDocument) *plan.Node {
	says := *d.tree
	says.Entries = slices.Clone(d.tree.Entries)
	for i := range says.Entries {
		if items, edited := w.section(d, i); edited {
			list := plan.Node{Kind: plan.List, Items: items}
			says.Entries[i].Value = &list
		} else if node := w.mappingSection(d, i); node != nil {
			says.Entries[i].Value = node
		}
	}
	for _, section := range w.newSections(d) {
		list := &plan.Node{Kind: plan.List}
		for _, i := range w.added[d][section] {
			list.Items = append(list.Items, w.edits[i].Node)
		}
		value := list
		if first := w.edits[w.added[d][section][0]]; first.Whole {
			value = first.Node
		}
		if w.try(w.added[d][section], func() { w.addSection(d, section, value) }) {
			says.Entries = append(says.Entries, plan.Pair{Key: section, Value: value})
		}
	}
	return &says
}

// newSections are the sections that are added to a document, in the order of the edits.
func (w *rewriter) newSections(d *editableDocument) (sections []string) {
	var first []int
	for section, edits := range w.added[d] {
		if !d.tree.Has(section) {
			first = append(first, edits[0])
		}
	}
	slices.Sort(first)
	for _, i := range first {
		sections = append(sections, w.edits[i].Section)
	}
	return sections
}

// try does something for edits, and takes it back and refuses them where it fails.
func (w *rewriter) try(edits []int, do func()) bool {
	before := len(w.cuts)
	w.why = ""
	do()
	if w.why == "" {
		return true
	}
	for _, i := range edits {
		w.refused[i] = w.why
	}
	w.cuts, w.why = w.cuts[:before], ""
	return false
}

// section makes the edits of a section, and returns the entries that it has then.
func (w *rewriter) section(d *editableDocument, index int) (items []*plan.Node, edited bool) {
	pair := d.tree.Entries[index]
	part := w.sectionSpan(d, pair.Key)
	var steps []step
	var touching []int
	for j, item := range pair.Value.Elements() {
		s := step{old: j, node: item}
		if entry := w.entries[lineColumn{item.At.Line, item.At.Column}]; entry != nil && entry.document == d && entry.section == index {
			if i, chosen := w.chosen[entry]; chosen && entry.item == j && w.canEdit(i, part, j) {
				if node := w.edits[i].Node; node == nil || w.try([]int{i}, func() { w.value(part.parts[j], item, node, inList) }) {
					s.node, touching = node, append(touching, i)
				}
			}
		}
		steps = append(steps, s)
	}
	for _, i := range w.added[d][pair.Key] {
		steps = append(steps, step{old: -1, node: w.edits[i].Node, comments: w.edits[i].Comments})
		touching = append(touching, i)
	}
	if len(touching) == 0 {
		return nil, false
	}
	if !w.try(touching, func() { w.entryList(part, steps) }) {
		return nil, false
	}
	for _, s := range steps {
		if s.node != nil {
			items = append(items, s.node)
		}
	}
	return items, true
}

// mappingSection makes the edit of a section that is a mapping, and returns what it says then; nil where none is made.
func (w *rewriter) mappingSection(d *editableDocument, index int) *plan.Node {
	pair := d.tree.Entries[index]
	entry := w.entries[lineColumn{pair.Value.At.Line, pair.Value.At.Column}]
	if entry == nil || entry.document != d || entry.section != index || entry.item != wholeSection {
		return nil
	}
	i, chosen := w.chosen[entry]
	if !chosen {
		return nil
	}
	node := w.edits[i].Node
	key, value := w.sectionSpans(d, pair.Key)
	made := w.try([]int{i}, func() {
		switch {
		case value == nil || node == nil:
			w.fail(whyUnproven)
		case value.node.Kind == yaml.AliasNode:
			w.fail(whyShared)
		default:
			w.value(value, pair.Value, node, valueOf(d.root, key, w.layout))
		}
	})
	if !made {
		return nil
	}
	return node
}

// sectionSpan returns where the value of a key of the document is; nil where that is not known.
func (w *rewriter) sectionSpan(d *editableDocument, key string) *span {
	_, value := w.sectionSpans(d, key)
	return value
}

// sectionSpans returns where a key of the document is, and its value; nil where that is not known.
func (w *rewriter) sectionSpans(d *editableDocument, key string) (at, value *span) {
	if d.root == nil || d.root.node.Kind != yaml.MappingNode {
		return nil, nil
	}
	for k := 0; k+1 < len(d.root.parts); k += 2 {
		if keyText(d.root.parts[k].node) == key {
			return d.root.parts[k], d.root.parts[k+1]
		}
	}
	return nil, nil
}

func keyText(n *yaml.Node) string {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	return n.Value
}

// canEdit reports whether the item of a list is where it seems to be, and may be changed or removed.
func (w *rewriter) canEdit(edit int, list *span, item int) bool {
	switch {
	case list == nil:
		w.refused[edit] = whyUnproven
	case list.node.Kind == yaml.AliasNode, w.isShared(list.node), list.parts[item].node.Kind == yaml.AliasNode:
		w.refused[edit] = whyShared
	default:
		return true
	}
	return false
}

func same(a, b *plan.Node) bool {
	return a == b || a != nil && b != nil && bytes.Equal(a.AppendJSON(nil), b.AppendJSON(nil))
}

// value changes the text of a value from one tree to another.
func (w *rewriter) value(s *span, old, now *plan.Node, in surrounding) {
	switch n := s.node; {
	case same(old, now):
	case n.Kind == yaml.AliasNode:
		w.replace(s, now, in)
	case w.isShared(n):
		w.fail(whyShared)
	case n.Kind == yaml.MappingNode && now.Kind == plan.Map && len(now.Entries) > 0 && len(s.parts) > 0:
		w.mapping(s, old, now, in)
	case n.Kind == yaml.SequenceNode && now.Kind == plan.List && len(now.Items) > 0 && len(s.parts) > 0:
		w.list(s, old, now, in)
	default:
		w.replace(s, now, in)
	}
}

func (w *rewriter) mapping(s *span, old, now *plan.Node, in surrounding) {
	count := len(s.parts) / 2
	own, removed := map[string]int{}, make([]bool, count)
	kept, merged := 0, map[string]bool{}
	for i := range count {
		key, value := s.parts[2*i], s.parts[2*i+1]
		if isMerge(key.node) {
			mergedKeys(value.node, merged)
			kept++
			continue
		}
		name := keyText(key.node)
		own[name] = i
		wanted := now.Get(name)
		if removed[i] = wanted == nil; removed[i] {
			continue
		}
		kept++
		w.value(value, old.Get(name), wanted, valueOf(s, key, w.layout))
	}
	for _, pair := range old.Entries { // what stands here itself may hide what << gives
		if _, is := own[pair.Key]; !now.Has(pair.Key) && (!is || merged[pair.Key]) {
			w.fail(whyMerged)
		}
	}
	var additions []addition
	after := -1
	for _, pair := range now.Entries {
		if i, is := own[pair.Key]; is {
			after = i
		} else if !same(old.Get(pair.Key), pair.Value) {
			additions = append(additions, w.newPair(s, pair, after))
		}
	}
	switch {
	case w.why != "":
	case in == inList && !slices.Contains(removed, true) && w.partLine(s, additions):
	case kept > 0:
		w.units(s, unitsOfMapping(s), removed, additions)
	case count == 1 && len(additions) == 1 && w.isOneLine(s) && len(additions[0].lines) <= 1:
		w.cuts = append(w.cuts, cut{s.parts[0].start, max(s.parts[1].end, s.parts[1].mark), additions[0].text()})
	default:
		w.replace(s, now, in)
	}
}

func isMerge(key *yaml.Node) bool { return key.Kind == yaml.ScalarNode && key.Tag == "!!merge" }

// mergedKeys adds the keys that the value of a << gives. Aliases make no circle: the document was read.
func mergedKeys(value *yaml.Node, keys map[string]bool) {
	switch value.Kind {
	case yaml.AliasNode:
		mergedKeys(value.Alias, keys)
	case yaml.SequenceNode:
		for _, one := range value.Content {
			mergedKeys(one, keys)
		}
	case yaml.MappingNode:
		for i := 0; i+1 < len(value.Content); i += 2 {
			if isMerge(value.Content[i]) {
				mergedKeys(value.Content[i+1], keys)
			} else {
				keys[keyText(value.Content[i])] = true
			}
		}
	}
}

func (w *rewriter) isOneLine(s *span) bool { return w.layout.line(s.start) == w.layout.line(s.end) }

func (w *rewriter) list(s *span, old, now *plan.Node, in surrounding) {
	if s.node.Kind != yaml.SequenceNode || len(old.Items) != len(s.parts) {
		w.fail(whyUnproven)
		return
	}
	steps := stepsOf(old.Items, now.Items)
	for _, st := range steps {
		if st.old >= 0 && st.node != nil {
			w.value(s.parts[st.old], old.Items[st.old], st.node, inList)
		}
	}
	if w.why == "" && !w.items(s, steps, false) {
		w.replace(s, now, in)
	}
}

// items makes the steps of a list, but for those that change an item. It returns false where nothing of the list is left.
func (w *rewriter) items(s *span, steps []step, entries bool) bool {
	removed := make([]bool, len(s.parts))
	var additions []addition
	after, kept := -1, 0
	for _, st := range steps {
		switch {
		case st.old < 0:
			additions = append(additions, w.newItem(s, st, after, entries))
		case st.node == nil:
			removed[st.old] = true
		default:
			after = st.old
			kept++
		}
	}
	if kept == 0 {
		return false
	}
	w.units(s, unitsOfList(s), removed, additions)
	return true
}

// entryList makes the steps of a section.
func (w *rewriter) entryList(s *span, steps []step) {
	switch {
	case s == nil:
		w.fail(whyUnproven)
	case s.node.Kind == yaml.AliasNode || w.isShared(s.node):
		w.fail(whyShared)
	case w.items(s, steps, true):
	default:
		w.refill(s, steps)
	}
}
