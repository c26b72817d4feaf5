package schema

import (
	"bytes"
	"errors"
	"io"
	"slices"

	"gopkg.in/yaml.v3"

	"github.com/agencyctl/agencyctl/plan"
)

// EntryEdit is what becomes of an entry of a manifest file, or of a whole section that is a mapping.
type EntryEdit struct {
	// At is where the entry or the mapping stands. Of what is added it is a place in the document that gets it.
	At plan.Position
	// Node is what the entry says then; nil removes it. What it does not change should be the tree that was read.
	Node *plan.Node
	// Section is set for an entry that is added: it becomes the last one of this section. Comments are then written above it, as those of a
	// [FileEntry] are.
	Section  string
	Comments []string
	// Whole is set where Section is added as a mapping, and Node is all of it.
	Whole bool
}

// Refused is an edit that was not made.
type Refused struct {
	// Edit is its index among the edits.
	Edit int
	// Why is half a sentence: "it stands behind an anchor".
	Why string
}

// The reasons of [Edit] to refuse an edit.
const (
	whyUnread   = "the file cannot be read"
	whyNowhere  = "no entry stands there"
	whyTwice    = "it stands in the file several times, by way of an anchor"
	whyShared   = "it stands behind an anchor that others use too"
	whyMerged   = "<< takes it from another place"
	whyUnproven = "its text cannot be changed in place without changing what the file says elsewhere"
)

// Edit makes edits of entries in the text of a manifest file, and keeps every other byte: comments, order, anchors, style and line
// ends. What is added is written in the style of what stands beside it; an entry on one line gets a line for each key where that is too
// long for one. A value that goes and that aliases stand for moves to the first of them. With nothing to change it returns the text itself.
//
// The text is read again afterwards: it says what the edits say, and nothing else has another meaning. An edit for which that cannot
// be done is refused, and the others are made.
func Edit(source Source, edits []EntryEdit) (text []byte, refused []Refused) {
	all := make([]int, len(edits))
	why := map[int]string{}
	for i := range all {
		all[i] = i
	}
	read, err := readForEdit(source)
	if err != nil {
		for i := range edits {
			why[i] = whyUnread
		}
		return source.Data, refusedOf(why)
	}
	text, made := read.prove(edits, all, why, source.Data, nil)
	for _, i := range all {
		if _, known := why[i]; !known && !slices.Contains(made, i) {
			why[i] = whyUnproven
		}
	}
	return text, refusedOf(why)
}

func refusedOf(why map[int]string) (refused []Refused) {
	for i, text := range why {
		refused = append(refused, Refused{Edit: i, Why: text})
	}
	slices.SortFunc(refused, func(a, b Refused) int { return a.Edit - b.Edit })
	return refused
}

// editable is a file that was read for edits.
type editable struct {
	source    Source
	mark      string // the byte order mark
	layout    *layout
	documents []*editableDocument
	// entries are the entries by where they stand, also those that stand there several times.
	entries map[lineColumn]*editableEntry
	// uses counts the aliases of a value.
	uses map[*yaml.Node]int
}

// lineColumn is a [plan.Position] in one file.
type lineColumn struct{ line, column int }

type editableDocument struct {
	root *span
	tree *plan.Node
	// anchored has what anchors stand for.
	anchored map[*yaml.Node]*shared
}

type editableEntry struct {
	document *editableDocument
	section  int // among the pairs of the document
	item     int // wholeSection for a section that is a mapping
	twice    bool
}

const wholeSection = -1

func readForEdit(source Source) (*editable, error) {
	clean, problem := checkText(source)
	if problem != nil {
		return nil, errors.New(problem.Detail)
	}
	e := &editable{
		source: source, mark: string(source.Data[:len(source.Data)-len(clean)]), layout: newLayout(string(clean)),
		entries: map[lineColumn]*editableEntry{}, uses: map[*yaml.Node]int{},
	}
	decoder, budget := yaml.NewDecoder(bytes.NewReader(clean)), newBudget()
	for {
		root, err := next(decoder)
		if errors.Is(err, io.EOF) {
			return e, nil
		}
		if err != nil {
			return nil, err
		}
		c := newConverter(source.Name, budget)
		tree := c.document(root)
		if len(c.problems.all) > 0 {
			return nil, errors.New(c.problems.all[0].Summary)
		}
		if tree == nil || tree.Kind == plan.Null {
			continue
		}
		d := &editableDocument{tree: tree, anchored: c.shared, root: e.layout.measure(root.Content[0], 0)}
		e.documents = append(e.documents, d)
		e.noteAliases(root)
		e.index(d)
	}
}

// noteAliases counts the aliases of values.
func (e *editable) noteAliases(n *yaml.Node) {
	if n.Kind == yaml.AliasNode {
		e.uses[n.Alias]++
		return
	}
	for _, child := range n.Content {
		e.noteAliases(child)
	}
}

// index notes where the entries of a document stand.
func (e *editable) index(d *editableDocument) {
	note := func(n *plan.Node, section, item int) {
		at := lineColumn{n.At.Line, n.At.Column}
		if had := e.entries[at]; had != nil {
			had.twice = true
			return
		}
		e.entries[at] = &editableEntry{document: d, section: section, item: item}
	}
	for i, pair := range d.tree.Pairs() {
		if pair.Value.Kind == plan.Map {
			note(pair.Value, i, wholeSection)
		}
		for j, item := range pair.Value.Elements() {
			note(item, i, j)
		}
	}
}

// prove makes edits on top of those that are made, as far as the text says what they say, and notes why others are not made.
func (e *editable) prove(edits []EntryEdit, chosen []int, why map[int]string, text []byte, made []int) ([]byte, []int) {
	if more, all, proven := e.attempt(edits, slices.Concat(made, chosen), why); proven {
		return more, all
	}
	if len(chosen) < 2 {
		return text, made
	}
	half := len(chosen) / 2
	text, made = e.prove(edits, chosen[:half], why, text, made)
	return e.prove(edits, chosen[half:], why, text, made)
}

// attempt makes edits, and reads the text to prove it.
func (e *editable) attempt(edits []EntryEdit, chosen []int, why map[int]string) (text []byte, made []int, proven bool) {
	w := &rewriter{editable: e, edits: edits, refused: why}
	var expected []*plan.Node
	for _, i := range chosen {
		w.choose(i)
	}
	for _, d := range e.documents {
		expected = append(expected, w.document(d))
	}
	for _, d := range e.documents {
		w.moveAnchors(d)
	}
	for _, i := range chosen {
		if why[i] == "" {
			made = append(made, i)
		}
	}
	if len(made) == 0 {
		return e.source.Data, nil, true
	}
	text = append([]byte(e.mark), w.text()...)
	again, err := readForEdit(Source{Name: e.source.Name, Data: text})
	if err != nil || len(again.documents) != len(e.documents) {
		return nil, made, false
	}
	for i := range expected {
		if !bytes.Equal(again.documents[i].tree.AppendJSON(nil), expected[i].AppendJSON(nil)) {
			return nil, made, false
		}
	}
	return text, made, true
}
