package plan_test

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/access"
	"github.com/agencyctl/agencyctl/plan/addr"
)

// A tiny invented cloud. A box opens for one principal and lasts for some time. An item is part of a box and lets
// whoever opens the box do something in one scope: what its role says. A role is a word such as "ab-c" (may do a and b,
// must not do c) or "doc-x", which means the word inside the doc named x. A digit limits the letter before it: "a1".

type item struct{ scope, role string }

type box struct {
	opens, lasts string
	// expires is set when the live box has an end; whether that is past is for the reader of the world to say.
	expires bool
	items   map[item]bool
}

type world struct {
	boxes map[string]box
	docs  map[string]string
}

// wish is what a manifest asks for.
type wish struct {
	boxes map[string]wishedBox
	docs  map[string]wishedDoc
}

type wishedBox struct {
	box
	absent, additive bool
	dependsOn        []string
}

type wishedDoc struct {
	word      string
	absent    bool
	dependsOn []string
}

func items(pairs ...string) map[item]bool {
	all := map[item]bool{}
	for _, pair := range pairs {
		scope, role, _ := strings.Cut(pair, "/")
		all[item{scope, role}] = true
	}
	return all
}

func boxAt(name string) addr.Address { return addr.New("box", addr.Plain(name)) }
func docAt(name string) addr.Address { return addr.New("doc", addr.Plain(name)) }
func itemAt(box string, i item) addr.Address {
	return addr.New("item", addr.Plain(box), addr.Qualified("scope", i.scope), addr.Plain(i.role))
}

func (b box) resource(name string) plan.Resource {
	return plan.Resource{Address: boxAt(name), Attributes: plan.Attributes{
		"opens": plan.StringValue(b.opens), "lasts": plan.StringValue(b.lasts),
	}}
}

func (i item) resource(box string) plan.Resource {
	return plan.Resource{Address: itemAt(box, i), Parent: boxAt(box), Attributes: plan.Attributes{}}
}

func docResource(name, word string) plan.Resource {
	return plan.Resource{Address: docAt(name), Attributes: plan.Attributes{"word": plan.StringValue(word)}}
}

func docEntry(name, word, id string) plan.CatalogueEntry {
	return plan.CatalogueEntry{Kind: "doc", Name: name, ID: id, Type: word}
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

func sortedItems(m map[item]bool) []item {
	return slices.SortedFunc(maps.Keys(m), func(a, b item) int {
		return strings.Compare(a.scope+"/"+a.role, b.scope+"/"+b.role)
	})
}

// snapshot is what an observation of the whole world gives.
func (w world) snapshot() *plan.Snapshot {
	s := &plan.Snapshot{
		Account: plan.Account{Name: "example-co", ID: "acc1"}, Cloud: plan.Cloud{Kind: "tiny", Region: "here"},
		Coverage: patterns("box/**", "item/**", "doc/**"),
	}
	for _, name := range sortedKeys(w.boxes) {
		b := w.boxes[name]
		l := plan.Live{Resource: b.resource(name), ID: "id-" + name}
		if b.expires {
			l.Expires = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
		}
		s.Resources = append(s.Resources, l)
		for _, i := range sortedItems(b.items) {
			l := plan.Live{Resource: i.resource(name)}
			if doc, uses := strings.CutPrefix(i.role, "doc-"); uses {
				l.Uses = []addr.Address{docAt(doc)}
			}
			s.Resources = append(s.Resources, l)
		}
	}
	var entries []plan.CatalogueEntry
	for _, name := range sortedKeys(w.docs) {
		s.Resources = append(s.Resources, plan.Live{Resource: docResource(name, w.docs[name]), ID: "id-" + name})
		entries = append(entries, docEntry(name, w.docs[name], "id-"+name))
	}
	slices.SortFunc(s.Resources, func(a, b plan.Live) int { return addr.Compare(a.Address, b.Address) })
	s.Catalogue = plan.NewCatalogue(entries...)
	return s
}

// input is the wish against the world, owned as the manifest says.
func (w world) input(want wish, owned plan.Ownership) plan.Input {
	in := plan.Input{
		Manifest: &plan.Manifest{Digest: "sha256:0", Ownership: owned}, Snapshot: w.snapshot(), Knowledge: tinyCloud{},
	}
	line := 0
	next := func() plan.Position { line++; return plan.Position{File: "tiny.yaml", Line: line, Column: 3} }
	for _, name := range sortedKeys(want.boxes) {
		b := want.boxes[name]
		d := plan.Desired{Resource: b.resource(name), Absent: b.absent, Additive: b.additive, Source: next()}
		d.DependsOn = explicit(b.dependsOn, d.Source)
		in.Desired = append(in.Desired, d)
		if b.absent {
			continue
		}
		for _, i := range sortedItems(b.items) {
			d := plan.Desired{Resource: i.resource(name), Source: next()}
			if doc, uses := strings.CutPrefix(i.role, "doc-"); uses {
				d.DependsOn = append(d.DependsOn, plan.Dependency{On: docAt(doc), Implied: true})
			}
			in.Desired = append(in.Desired, d)
		}
	}
	for _, name := range sortedKeys(want.docs) {
		doc := want.docs[name]
		d := plan.Desired{Resource: docResource(name, doc.word), Absent: doc.absent, Source: next()}
		d.DependsOn = explicit(doc.dependsOn, d.Source)
		in.Desired = append(in.Desired, d)
		if doc.absent {
			continue
		}
		id := ""
		if _, live := w.docs[name]; live {
			id = "id-" + name
		}
		in.Entries = append(in.Entries, docEntry(name, doc.word, id))
	}
	return in
}

func explicit(on []string, at plan.Position) []plan.Dependency {
	var deps []plan.Dependency
	for _, text := range on {
		deps = append(deps, plan.Dependency{On: address(text), At: at})
	}
	return deps
}

func address(text string) addr.Address {
	a, err := addr.Parse(text)
	if err != nil {
		panic(err)
	}
	return a
}

func patterns(texts ...string) []addr.Pattern {
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

// tinyCloud is what the tiny cloud's provider knows. ByHand names addresses that its API cannot change at all, Partly
// those of which it cannot change one attribute.
type tinyCloud struct{ byHand, partly string }

func (c tinyCloud) Effects(catalogue *plan.Catalogue) func(plan.Resource) []access.Effect {
	return func(r plan.Resource) []access.Effect { return c.gives(r, catalogue) }
}

func (tinyCloud) gives(r plan.Resource, catalogue *plan.Catalogue) []access.Effect {
	switch r.Address.Type() {
	case "box":
		opens, _ := r.Attributes["opens"].AsString()
		lasts, _ := r.Attributes["lasts"].AsString()
		return []access.Effect{{Principal: opens, Conveys: r.Address, Lifetime: lasts}}
	case "item":
		segments := r.Address.Segments()
		word := segments[2].Text
		if doc, uses := strings.CutPrefix(word, "doc-"); uses {
			e, err := catalogue.Lookup("doc", plan.Reference{Name: doc})
			if err != nil {
				return []access.Effect{{Principal: r.Parent.String(), Scope: segments[1].Text}}
			}
			word = e.Type
		}
		allows, denies, _ := strings.Cut(word, "-")
		var effects []access.Effect
		for _, g := range grouped(allows) {
			effects = append(effects, access.Effect{Principal: r.Parent.String(), Scope: segments[1].Text, Limit: g.limit, Actions: g.actions})
		}
		for _, g := range grouped(denies) {
			effects = append(effects, access.Effect{Principal: r.Parent.String(), Scope: segments[1].Text, Deny: true, Limit: g.limit, Actions: g.actions})
		}
		return effects
	}
	return nil
}

// Assess finds the letter "x" risky: whoever may do it, in whatever scope.
func (c tinyCloud) Assess(resources []plan.Resource, m *plan.Manifest, catalogue *plan.Catalogue) []plan.Finding {
	var findings []plan.Finding
	for _, r := range resources {
		for _, e := range c.gives(r, catalogue) {
			if !e.Deny && slices.Contains(e.Actions, "x") {
				findings = append(findings, plan.Finding{Rule: "does-x", Severity: plan.High, Address: r.Address, Message: "may do x"})
			}
		}
	}
	return findings
}

func (c tinyCloud) Manual(before *plan.Live, after *plan.Desired) []plan.Manual {
	var a addr.Address
	if before != nil {
		a = before.Address
	} else {
		a = after.Address
	}
	switch {
	case c.byHand != "" && patterns(c.byHand)[0].Match(a):
		return []plan.Manual{{Instruction: "turn the key by hand"}}
	case c.partly != "" && patterns(c.partly)[0].Match(a):
		return []plan.Manual{{Attribute: "opens", Values: []string{"p"}, Instruction: "turn the key by hand"}}
	}
	return nil
}
