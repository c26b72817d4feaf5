package iam

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers"
)

// Additive entries of one agency, each in a file of its own, are laid together: so every team can keep the grants that it adds. The order
// of the files has no meaning: entries count by place.

// The words for what an entry makes of an agency's other grants.
const (
	modeAbsent   = "absent"
	modeAdditive = "additive"
	modeExact    = "exact"
)

func modeOf(entry *plan.Node) string {
	switch {
	case providers.IsAbsent(entry):
		return modeAbsent
	case entry.Get(keyGrantsMode).String() == modeAdditive:
		return modeAdditive
	}
	return modeExact
}

// index finds the entries by name.
func (x *expansion) index(section []*plan.Node) {
	for _, entry := range section {
		name := nameOf(entry)
		first := x.agencies[name]
		switch {
		case name == "": // the schema has said so
		case first == nil:
			x.agencies[name] = entry
		case len(x.again[name]) == 0:
			x.again[name] = []*plan.Node{first, entry}
		default:
			x.again[name] = append(x.again[name], entry)
		}
	}
	for name, entries := range x.again {
		slices.SortFunc(entries, func(a, b *plan.Node) int { return plan.ComparePositions(a.Position(), b.Position()) })
		x.agencies[name] = entries[0]
	}
}

// together lays the entries of one agency together, or says why they cannot be.
func (x *expansion) together(entries []*plan.Node) {
	if x.areApart(entries) {
		x.agency(entries[0], entries[:1])
		for i := range entries[1:] { // for the problems that they have alone
			known := len(x.desired)
			x.agency(entries[1+i], entries[1+i:2+i])
			x.desired = x.desired[:known]
		}
		return
	}
	whole := &plan.Node{Kind: plan.Map, At: entries[0].At}
	for _, entry := range entries {
		for _, pair := range entry.Pairs() {
			switch pair.Key {
			case keyGrants, keyGrantsAbsent, "dependsOn", "owner", "reason", "ticket", "reviewBy": // each entry has its own
				continue
			}
			if !whole.Has(pair.Key) {
				whole.Entries = append(whole.Entries, pair)
				continue
			}
			if first := whole.Get(pair.Key); !bytes.Equal(pair.Value.AppendJSON(nil), first.AppendJSON(nil)) {
				x.problem(pair.Value.Position(), "different "+pair.Key, "write the same in both, or leave it out in one of the two",
					"%s of the agency %q is %s here, and %s at %s", pair.Key, entry.Get("name"), said(pair.Value), said(first), first.Position())
			}
		}
	}
	x.agency(whole, entries)
}

// said returns what an entry says for a key, as a message has it.
func said(value *plan.Node) string {
	if t, is := manifestTrust(value); is {
		return t.String()
	}
	return fmt.Sprintf("%q", value)
}

// areApart reports whether entries of one agency cannot be laid together. It tells each but the first once.
func (x *expansion) areApart(entries []*plan.Node) (apart bool) {
	files := map[string]*plan.Node{}
	for i, entry := range entries {
		file := entry.Position().File
		other := files[file]
		if other == nil {
			files[file] = entry
		}
		if i > 0 && x.isApart(entries[0], other, entry) {
			apart = true
		}
	}
	return apart
}

// isApart reports whether an entry cannot be laid together with the first one, or, where it is not nil, with another one in its file.
func (x *expansion) isApart(first, other, entry *plan.Node) bool {
	name, mode, there := entry.Get("name"), modeOf(entry), modeOf(first)
	switch place := first.Get("name").Position(); {
	case mode != there && mode == modeAbsent:
		x.problem(name.Position(), "wanted and unwanted", "remove one of the two",
			"the agency %q is to be absent here, and is wanted at %s", name, place)
	case mode != there && there == modeAbsent:
		x.problem(name.Position(), "wanted and unwanted", "remove one of the two",
			"the agency %q is wanted here, and is to be absent at %s", name, place)
	case mode != there:
		x.problem(name.Position(), "exact and additive", "write grantsMode: additive in both, or keep one of the two",
			"the grants of the agency %q are %s here, and %s at %s", name, mode, there, place)
	case mode == modeAbsent:
		x.givenTwice(sectionAgencies, first, entry, "keep one of the two")
	case mode == modeExact:
		x.givenTwice(sectionAgencies, first, entry,
			"keep one of the two, or rename one; entries with grantsMode: additive may stand in several files")
	case other != nil:
		x.givenTwice(sectionAgencies, other, entry, "make one entry of the two: additive ones may stand in several files, once in each")
	default:
		return false
	}
	return true
}

// givenTwice refuses the second of two entries of one name.
func (x *expansion) givenTwice(section string, first, second *plan.Node, hint string) {
	name := second.Get("name")
	x.problem(name.Position(), "name given twice", hint, "%s: %q is listed here and at %s", section, name, first.Get("name").Position())
}

// join gives an agency what each of its entries says for itself.
func (x *expansion) join(d *plan.Desired, parts []*plan.Node) {
	said := d.SaidBeside()
	d.Said = &said
	for _, part := range parts {
		notes := providers.NotesOf(part)
		d.Notes = d.Notes.And(notes)
		said.Entries = append(said.Entries, plan.Entry{At: part.Position(), Notes: notes})
		dependsOn, problems := providers.DependsOnOf(part)
		x.problems = append(x.problems, problems...)
		for _, dep := range dependsOn {
			if !slices.ContainsFunc(d.DependsOn, func(known plan.Dependency) bool { return known.On == dep.On }) {
				d.DependsOn = append(d.DependsOn, dep)
			}
		}
	}
}

// jointGrants adds the grants that several entries of an agency list. One that several list is one grant, with the notes of all of them.
func (x *expansion) jointGrants(agency *plan.Desired, parts []*plan.Node) {
	type wish struct {
		grant  addr.Address
		absent bool
	}
	first := map[wish]int{}
	for _, part := range parts {
		start := len(x.desired)
		x.grants(agency, part, providers.NotesOf(part))
		own := x.desired[start:]
		x.desired = x.desired[:start]
		for _, d := range own {
			w := wish{d.Address, d.Absent}
			if i, known := first[w]; known && i < start {
				x.desired[i].Notes = x.desired[i].Notes.And(d.Notes)
				continue
			}
			first[w] = len(x.desired)
			x.desired = append(x.desired, d)
		}
	}
}
