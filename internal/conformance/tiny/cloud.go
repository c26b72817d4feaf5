// Package tiny is an invented cloud for the tests of the planner and of saved plans, which share it.
//
// A box opens for one principal and lasts for some time. An item is part of a box and lets whoever opens the box do
// something in one scope: what its role says. A role is a word such as "ab-c" (may do a and b, must not do c) or "doc-x",
// which means the word inside the doc named x. A digit limits the letter before it: "a1".
package tiny

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
)

// Item lets whoever opens its box do what the role says in the scope.
type Item struct{ Scope, Role string }

// Box opens for one principal.
type Box struct {
	Opens, Lasts string
	// Expires is set when the live box has an end; whether that is past is for the test to say.
	Expires bool
	// Renewed is set when that end is the one of a new life, which is later.
	Renewed bool
	Items   map[Item]bool
}

// World is the state of the whole cloud, boxes and docs by name.
type World struct {
	Boxes map[string]Box
	Docs  map[string]string
	// Unseen are how many things that no snapshot shows mean a doc.
	Unseen map[string]int
}

// Wish is what a manifest asks for.
type Wish struct {
	Boxes map[string]WantedBox
	Docs  map[string]WantedDoc
}

// WantedBox is an entry of a manifest for a box.
type WantedBox struct {
	Box
	Absent, Additive bool
	// Without are items that must be absent.
	Without   map[Item]bool
	DependsOn []string
}

// WantedDoc is an entry of a manifest for a doc.
type WantedDoc struct {
	Word      string
	Absent    bool
	InUse     bool
	DependsOn []string
}

// Items reads items written as "SCOPE/ROLE".
func Items(pairs ...string) map[Item]bool {
	all := map[Item]bool{}
	for _, pair := range pairs {
		scope, role, _ := strings.Cut(pair, "/")
		all[Item{scope, role}] = true
	}
	return all
}

// BoxAt returns the address of a box.
func BoxAt(name string) addr.Address { return addr.New("box", addr.Plain(name)) }

// DocAt returns the address of a doc.
func DocAt(name string) addr.Address { return addr.New("doc", addr.Plain(name)) }

// ItemAt returns the address of an item of a box.
func ItemAt(box, scope, role string) addr.Address {
	return addr.New("item", addr.Plain(box), addr.Qualified("scope", scope), addr.Plain(role))
}

// Resource returns the box as the planner sees it.
func (b Box) Resource(name string) plan.Resource {
	return plan.Resource{Address: BoxAt(name), Attributes: plan.Attributes{
		"opens": plan.StringValue(b.Opens), "lasts": plan.StringValue(b.Lasts),
	}}
}

// Resource returns the item as the planner sees it.
func (i Item) Resource(box string) plan.Resource {
	return plan.Resource{Address: ItemAt(box, i.Scope, i.Role), Parent: BoxAt(box), Attributes: plan.Attributes{}}
}

func docResource(name, word string) plan.Resource {
	return plan.Resource{Address: DocAt(name), Attributes: plan.Attributes{"word": plan.StringValue(word)}}
}

// Services are all services of the tiny cloud: those that a saved plan is read with.
type Services struct {
	plan.Knowledge
	// Findings are what they say of live resources.
	Findings []plan.Finding
}

// Input returns what a plan is built from. The tiny cloud has no names to resolve, and completes nothing.
func (s Services) Input(m *plan.Manifest, desired []plan.Desired, live *plan.Snapshot) (plan.Input, []plan.Problem) {
	given := plan.Given{Desired: desired, Snapshot: live}
	live, desired = Renamed(live, desired)
	in := plan.Input{Manifest: m, Desired: desired, Snapshot: live, Knowledge: s.Knowledge, Findings: s.Findings, Given: given}
	var problems []plan.Problem
	check := func(r plan.Resource) {
		if !isWhole(r) {
			problems = append(problems, plan.Problem{Summary: "no such thing", Detail: r.Address.String() + " of " + r.Parent.String()})
		}
	}
	ids := map[addr.Address]string{}
	for _, l := range live.Resources {
		check(l.Resource)
		ids[l.Address] = l.ID
	}
	for _, d := range desired {
		check(d.Resource)
	}
	if len(problems) > 0 {
		return plan.Input{}, problems
	}
	for _, d := range desired {
		if word, isDoc := d.Attributes["word"].AsString(); isDoc && !d.Absent {
			in.Entries = append(in.Entries, docEntry(d.Address.Segments()[0].Text, word, ids[d.Address]))
		}
	}
	return in, nil
}

// Renamed gives live docs the names that they are to have, as the services of a real cloud do; see [plan.Renamed].
func Renamed(s *plan.Snapshot, desired []plan.Desired) (*plan.Snapshot, []plan.Desired) {
	live := map[addr.Address]*plan.Live{}
	for i := range s.Resources {
		live[s.Resources[i].Address] = &s.Resources[i]
	}
	renames := plan.Renames{To: map[addr.Address]addr.Address{}}
	for i := range desired {
		d := &desired[i]
		was := live[d.Previously]
		if was == nil || live[d.Address] != nil || d.Address.Type() != "doc" || d.Previously.Type() != "doc" {
			continue
		}
		renames.To[d.Previously] = d.Address
		name := d.Address.Segments()[0].Text
		if e, known := s.Catalogue.ByID("doc", was.ID); known {
			e.Name = name
			renames.Entries = append(renames.Entries, e)
		}
		for a, l := range live {
			if segments := a.Segments(); len(segments) == 3 && slices.Contains(l.Uses, d.Previously) {
				renames.To[a] = addr.New("item", segments[0], segments[1], addr.Plain("doc-"+name))
			}
		}
	}
	return plan.Renamed(s, desired, renames)
}

// isWhole reports whether the address and the parent of a resource are those that a box, an item or a doc has.
func isWhole(r plan.Resource) bool {
	switch segments := r.Address.Segments(); r.Address.Type() {
	case "box", "doc":
		return len(segments) == 1 && r.Parent.IsZero()
	case "item":
		return len(segments) == 3 && r.Parent == addr.New("box", segments[0])
	}
	return false
}

func docEntry(name, word, id string) plan.CatalogueEntry {
	return plan.CatalogueEntry{Kind: "doc", Name: name, ID: id, Type: word}
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// SortedItems returns the items of a box in a fixed order.
func SortedItems(m map[Item]bool) []Item {
	return slices.SortedFunc(maps.Keys(m), func(a, b Item) int {
		return strings.Compare(a.Scope+"/"+a.Role, b.Scope+"/"+b.Role)
	})
}

// Snapshot is what an observation of the whole world gives.
func (w World) Snapshot() *plan.Snapshot {
	s := &plan.Snapshot{
		Account: plan.Account{Name: "example-co", ID: "acc1"}, Cloud: plan.Cloud{Kind: "tiny", Region: "here"},
		Coverage: Patterns("box/**", "item/**", "doc/**"),
	}
	for _, name := range sortedKeys(w.Boxes) {
		b := w.Boxes[name]
		l := plan.Live{Resource: b.Resource(name), ID: "id-" + name}
		if b.Expires {
			l.Expires = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
			if b.Renewed {
				l.Expires = l.Expires.AddDate(1, 0, 0)
			}
		}
		s.Resources = append(s.Resources, l)
		for _, i := range SortedItems(b.Items) {
			l := plan.Live{Resource: i.Resource(name)}
			if doc, uses := strings.CutPrefix(i.Role, "doc-"); uses {
				l.Uses = []addr.Address{DocAt(doc)}
			}
			s.Resources = append(s.Resources, l)
		}
	}
	var entries []plan.CatalogueEntry
	for _, name := range sortedKeys(w.Docs) {
		s.Resources = append(s.Resources, plan.Live{
			Resource: docResource(name, w.Docs[name]), ID: "id-" + name, Unseen: plan.Unseen{Count: w.Unseen[name]},
		})
		entries = append(entries, docEntry(name, w.Docs[name], "id-"+name))
	}
	slices.SortFunc(s.Resources, func(a, b plan.Live) int { return addr.Compare(a.Address, b.Address) })
	s.Catalogue = plan.NewCatalogue(entries...)
	return s
}

// Input is the wish against the world, owned as the manifest says.
func (w World) Input(want Wish, owned plan.Ownership) plan.Input {
	in := plan.Input{
		Manifest: &plan.Manifest{Digest: "sha256:0", Ownership: owned}, Snapshot: w.Snapshot(), Knowledge: Knowledge{},
	}
	line := 0
	next := func() plan.Position { line++; return plan.Position{File: "tiny.yaml", Line: line, Column: 3} }
	for _, name := range sortedKeys(want.Boxes) {
		b := want.Boxes[name]
		d := plan.Desired{Resource: b.Resource(name), Absent: b.Absent, Additive: b.Additive, Source: next()}
		d.DependsOn = explicit(b.DependsOn, d.Source)
		in.Desired = append(in.Desired, d)
		if b.Absent {
			continue
		}
		for _, i := range SortedItems(b.Items) {
			d := plan.Desired{Resource: i.Resource(name), Source: next()}
			if doc, uses := strings.CutPrefix(i.Role, "doc-"); uses {
				d.DependsOn = append(d.DependsOn, plan.Dependency{On: DocAt(doc), Implied: true})
			}
			in.Desired = append(in.Desired, d)
		}
		for _, i := range SortedItems(b.Without) {
			in.Desired = append(in.Desired, plan.Desired{Resource: i.Resource(name), Absent: true, Source: next()})
		}
	}
	for _, name := range sortedKeys(want.Docs) {
		doc := want.Docs[name]
		d := plan.Desired{Resource: docResource(name, doc.Word), Absent: doc.Absent, DeleteInUse: doc.InUse, Source: next()}
		d.DependsOn = explicit(doc.DependsOn, d.Source)
		in.Desired = append(in.Desired, d)
		if doc.Absent {
			continue
		}
		id := ""
		if _, live := w.Docs[name]; live {
			id = "id-" + name
		}
		in.Entries = append(in.Entries, docEntry(name, doc.Word, id))
	}
	return in
}

func explicit(on []string, at plan.Position) []plan.Dependency {
	var deps []plan.Dependency
	for _, text := range on {
		deps = append(deps, plan.Dependency{On: Address(text), At: at})
	}
	return deps
}

// Address parses an address.
func Address(text string) addr.Address {
	a, err := addr.Parse(text)
	if err != nil {
		panic(err)
	}
	return a
}

// Patterns parses patterns.
func Patterns(texts ...string) []addr.Pattern {
	var all []addr.Pattern
	for _, text := range texts {
		p, err := addr.ParsePattern(text)
		if err != nil {
			panic(err)
		}
		all = append(all, p)
	}
	return all
}

// OpenBox returns a box that lasts long, with items written as "SCOPE/ROLE".
func OpenBox(opens string, pairs ...string) Box {
	return Box{Opens: opens, Lasts: "long", Items: Items(pairs...)}
}

// Want returns the entry that asks for exactly this box.
func Want(b Box) WantedBox { return WantedBox{Box: b} }

// Boxes takes pairs of a name and a [Box].
func Boxes(pairs ...any) map[string]Box {
	all := map[string]Box{}
	for i := 0; i < len(pairs); i += 2 {
		all[pairs[i].(string)] = pairs[i+1].(Box)
	}
	return all
}

// Wants takes pairs of a name and a [Box] or a [WantedBox].
func Wants(pairs ...any) map[string]WantedBox {
	all := map[string]WantedBox{}
	for i := 0; i < len(pairs); i += 2 {
		switch b := pairs[i+1].(type) {
		case Box:
			all[pairs[i].(string)] = Want(b)
		case WantedBox:
			all[pairs[i].(string)] = b
		}
	}
	return all
}

// WantsDocs takes pairs of a name and a word; an empty word asks for a doc that is absent.
func WantsDocs(pairs ...string) map[string]WantedDoc {
	all := map[string]WantedDoc{}
	for i := 0; i < len(pairs); i += 2 {
		all[pairs[i]] = WantedDoc{Word: pairs[i+1], Absent: pairs[i+1] == ""}
	}
	return all
}

// DependingOn returns the entry for a box that depends on other resources.
func DependingOn(b Box, on ...string) WantedBox { return WantedBox{Box: b, DependsOn: on} }

// LiveAt returns the resource of the snapshot at an address, to be changed in place.
func LiveAt(s *plan.Snapshot, address string) *plan.Live {
	for i := range s.Resources {
		if s.Resources[i].Address.String() == address {
			return &s.Resources[i]
		}
	}
	panic("no " + address)
}

// WithQuota adds to the input what the cloud tells of a quota.
func WithQuota(in plan.Input, quotas ...plan.Quota) plan.Input {
	s := *in.Snapshot
	s.Quotas = quotas
	in.Snapshot = &s
	return in
}
