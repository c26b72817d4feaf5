package saved

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
)

// Save returns p with what it was built from. The input must be the one that p was built from, and p must be free of fatal
// problems. A plan beyond the limits of [Decode] is an error.
func Save(p *plan.Plan, in plan.Input, program Program) (*Plan, error) {
	if !in.Now.IsZero() { // a file that says what day it is would be untrue on the next
		in.Now = time.Time{}
		var problems []plan.Problem
		if p, problems = plan.Build(in); len(plan.Fatal(problems)) > 0 {
			return nil, refusal(problems)
		}
	}
	text, err := encode(p, program.Version, collect(p, in))
	if err != nil {
		return nil, err
	}
	s, err := Decode(text, program)
	if err != nil {
		return nil, fmt.Errorf("the plan cannot be saved, because it could not be read back: %w", err)
	}
	return s, nil
}

// collect returns the basis of a plan.
func collect(p *plan.Plan, in plan.Input) Basis {
	k := &collector{plan: p, in: in, live: map[addr.Address]*plan.Live{}, roots: map[addr.Address]bool{}, words: map[string]bool{}}
	for i := range in.Snapshot.Resources {
		l := &in.Snapshot.Resources[i]
		k.live[l.Address] = l
	}
	k.findRoots()
	m, read := in.Manifest, in.Given.Snapshot
	b := Basis{
		Options: Options{Options: in.Options, Self: sorted(in.Caller.All(), addr.Compare)},
		Rules:   Rules{NotRead: slices.Clone(m.NotRead), Ownership: m.Ownership, Guardrails: m.Guardrails, Acceptances: m.Acceptances},
		Snapshot: plan.Snapshot{
			Resources: k.resources(), Quotas: read.Quotas,
			Coverage: patterns(read.Coverage), Gaps: patterns(read.Gaps),
		},
	}
	b.Desired, b.Listed = k.desired()
	k.noteDocuments(read.Catalogue.Entries())
	k.noteQualifiers(read.Catalogue.Entries())
	b.Snapshot.Catalogue = catalogue(read.Catalogue.Entries(), k.refersTo)
	return b
}

// patterns returns patterns in order, each once.
func patterns(all []addr.Pattern) []addr.Pattern {
	return slices.Compact(sorted(all, func(x, y addr.Pattern) int { return strings.Compare(x.String(), y.String()) }))
}

// collector collects the basis of a plan.
type collector struct {
	plan *plan.Plan
	in   plan.Input
	live map[addr.Address]*plan.Live
	// roots are the roots that are kept, with all that is part of them.
	roots map[addr.Address]bool
	// words are the names and ids by which the kept resources may refer to entries of the catalogue.
	words map[string]bool
}

// findRoots finds the roots that are kept.
func (k *collector) findRoots() {
	changes := map[addr.Address]bool{}
	for i := range k.plan.Changes {
		c := &k.plan.Changes[i]
		changes[c.Address], k.roots[c.Root()] = true, true
	}
	for _, l := range k.plan.LeftOut {
		changes[l.Address] = true
	}
	for _, l := range k.live {
		refers := func(to addr.Address) bool { return changes[to] }
		if changes[l.Address] || slices.ContainsFunc(l.Uses, refers) || slices.ContainsFunc(l.Names, refers) {
			k.roots[l.Root()] = true
		}
	}
	for i := range k.in.Desired {
		if d := &k.in.Desired[i]; changes[d.Address] {
			k.roots[d.Root()] = true
		}
	}
	k.judge(changes)
	for root := range plan.PrivilegeRoots(k.plan, k.in) {
		k.roots[root] = true
	}
	needs := map[addr.Address][]addr.Address{}
	for i := range k.in.Desired {
		d := &k.in.Desired[i]
		if !d.Previously.IsZero() {
			needs[d.Address] = append(needs[d.Address], d.Previously)
		}
		for _, dep := range d.DependsOn {
			needs[d.Root()] = append(needs[d.Root()], dep.On)
		}
	}
	for size := -1; size < len(k.roots); {
		size = len(k.roots)
		for queue := slices.Collect(maps.Keys(k.roots)); len(queue) > 0; queue = queue[1:] {
			for _, on := range needs[queue[0]] {
				if !k.roots[on] {
					k.roots[on] = true
					queue = append(queue, on)
				}
			}
		}
		for _, group := range k.in.Together {
			if slices.ContainsFunc(group, k.keeps) {
				for _, a := range group {
					k.roots[k.rootOf(a)] = true
				}
			}
		}
	}
}

// rootOf returns the root of a live resource, else the address itself.
func (k *collector) rootOf(a addr.Address) addr.Address {
	if l := k.live[a]; l != nil {
		return l.Root()
	}
	return a
}

func (k *collector) keeps(a addr.Address) bool { return k.roots[k.rootOf(a)] }

// judge keeps the roots by which providers judge whether the changes are for a person.
func (k *collector) judge(changes map[addr.Address]bool) {
	view := plan.NewView(k.in.Snapshot, k.in.Manifest.Ownership, k.in.Desired).Noting(func(a addr.Address) { k.roots[k.rootOf(a)] = true })
	desired := map[addr.Address]*plan.Desired{}
	for i := range k.in.Desired {
		if d := &k.in.Desired[i]; changes[d.Address] && !d.Absent {
			desired[d.Address] = d
		}
	}
	for a := range changes {
		if k.live[a] != nil || desired[a] != nil {
			k.in.Knowledge.Manual(k.live[a], desired[a], view)
		}
	}
}

func (k *collector) resources() []plan.Live {
	var kept []plan.Live
	for i := range k.in.Given.Snapshot.Resources {
		l := k.in.Given.Snapshot.Resources[i]
		if !k.roots[l.Root()] {
			continue
		}
		k.note(l.Resource)
		k.words[l.ID] = true
		for _, use := range l.Uses {
			if used := k.live[use]; used != nil {
				k.words[used.ID] = true
			}
		}
		l.Attributes, l.Expires = notNil(l.Attributes), l.Expires.UTC()
		l.Uses, l.Names = sorted(l.Uses, addr.Compare), sorted(l.Names, addr.Compare)
		l.Unreadable = sorted(l.Unreadable, strings.Compare)
		kept = append(kept, l)
	}
	return sorted(kept, func(x, y plan.Live) int { return addr.Compare(x.Address, y.Address) })
}

func (k *collector) desired() (kept []plan.Desired, listed []Listed) {
	for _, d := range k.in.Given.Desired {
		switch {
		case k.roots[d.Root()]:
			k.note(d.Resource)
			d.Attributes = notNil(d.Attributes)
			kept = append(kept, d)
		case d.Parent.IsZero():
			listed = append(listed, Listed{Address: d.Address, Absent: d.Absent, Additive: d.Additive, Settings: d.Settings, Bindings: d.Bindings})
		}
	}
	return sorted(kept, func(x, y plan.Desired) int { return addr.Compare(x.Address, y.Address) }),
		sorted(listed, func(x, y Listed) int { return addr.Compare(x.Address, y.Address) })
}

// note adds the words of a kept resource: only its provider knows which of them are names of the catalogue.
func (k *collector) note(r plan.Resource) {
	for _, id := range r.Bindings {
		k.words[id] = true
	}
	for _, segment := range r.Address.Segments() {
		k.words[segment.Text] = true
	}
	for _, rest, more := strings.Cut(r.Address.String(), "/"); more; _, rest, more = strings.Cut(rest, "/") {
		k.words[rest] = true // services name things of their own by it
	}
	for _, values := range []plan.Attributes{r.Attributes, r.Settings} {
		for _, value := range values {
			text, _ := value.AsString()
			k.words[text] = true
			members, _ := value.AsSet()
			for _, member := range members {
				k.words[member] = true
			}
		}
	}
}

// noteDocuments adds the words of the documents of kept entries: a role names the roles that it works beside, and these may name others.
func (k *collector) noteDocuments(entries []plan.CatalogueEntry) {
	entries = slices.DeleteFunc(slices.Clone(entries), func(e plan.CatalogueEntry) bool { return len(e.Document) == 0 })
	for again := true; again; {
		again = false
		entries = slices.DeleteFunc(entries, func(e plan.CatalogueEntry) bool {
			if !k.refersTo(e) {
				return false
			}
			again = true
			tokens := json.NewDecoder(bytes.NewReader(e.Document))
			for token, err := tokens.Token(); err == nil; token, err = tokens.Token() {
				if word, is := token.(string); is {
					k.words[word] = true
				}
			}
			return true
		})
	}
}

// noteQualifiers adds the id of one entry of each qualifier that the name of a kept entry begins with: without any, that name would be
// spelled otherwise; see [plan.Catalogue.Spell].
func (k *collector) noteQualifiers(entries []plan.CatalogueEntry) {
	for _, e := range slices.DeleteFunc(slices.Clone(entries), func(e plan.CatalogueEntry) bool { return !k.refersTo(e) }) {
		word, _, _ := strings.Cut(e.Name, ":")
		isOf := func(other plan.CatalogueEntry) bool {
			return other.Kind == e.Kind && other.Qualifier == word && word != "" && word != e.Name && other.ID != ""
		}
		if i := slices.IndexFunc(entries, isOf); i >= 0 {
			k.words[entries[i].ID] = true
		}
	}
}

// refersTo reports whether a kept resource may refer to the entry.
func (k *collector) refersTo(e plan.CatalogueEntry) bool {
	return e.ID != "" && k.words[e.ID] || k.words[e.Name]
}

// catalogue returns a catalogue of the wanted entries, without their descriptions; nil when there is none.
func catalogue(entries []plan.CatalogueEntry, wanted func(plan.CatalogueEntry) bool) *plan.Catalogue {
	kept := slices.DeleteFunc(slices.Clone(entries), func(e plan.CatalogueEntry) bool { return !wanted(e) })
	if len(kept) == 0 {
		return nil
	}
	for i := range kept {
		kept[i].Description = ""
	}
	return plan.NewCatalogue(kept...)
}

func notNil(a plan.Attributes) plan.Attributes {
	if a == nil {
		return plan.Attributes{}
	}
	return a
}

// sorted returns a sorted copy, nil when it is empty.
func sorted[T any](items []T, compare func(x, y T) int) []T {
	if len(items) == 0 {
		return nil
	}
	return slices.SortedFunc(slices.Values(items), compare)
}
