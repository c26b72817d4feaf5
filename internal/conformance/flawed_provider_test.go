package conformance

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/agencyctl/agencyctl/internal/conformance/memory"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/access"
	"github.com/agencyctl/agencyctl/providers"
)

// knowing is a Provider with one flaw.
type knowing struct {
	memory.Provider
	prefixes  []string
	fragments func([]providers.Fragment) []providers.Fragment
	expand    func([]plan.Desired) []plan.Desired
	resolve   func([]plan.Desired, providers.Resolution) providers.Resolution
	effects   func(plan.Resource, []access.Effect) []access.Effect
	assess    func([]*plan.Resource, []plan.Finding) []plan.Finding
	manual    func([]plan.Manual) []plan.Manual
	cover     func([]plan.Desired, []providers.Root) []providers.Root
	collapse  func(map[string][]*plan.Node) map[string][]*plan.Node
	permitted func([]plan.Desired, providers.Permissions) providers.Permissions
}

func (k knowing) Prefixes() []string {
	if k.prefixes != nil {
		return k.prefixes
	}
	return k.Provider.Prefixes()
}

func (k knowing) Fragments() []providers.Fragment { return via(k.fragments, k.Provider.Fragments()) }

func (k knowing) Expand(m *plan.Manifest) ([]plan.Desired, []plan.Problem) {
	desired, problems := k.Provider.Expand(m)
	return via(k.expand, desired), problems
}

func (k knowing) Resolve(desired []plan.Desired, m *plan.Manifest, c *plan.Catalogue) (providers.Resolution, []plan.Problem) {
	resolution, problems := k.Provider.Resolve(desired, m, c)
	if k.resolve != nil {
		resolution = k.resolve(desired, resolution)
	}
	return resolution, problems
}

func (k knowing) Effects(c *plan.Catalogue) func(plan.Resource) []access.Effect {
	effects := k.Provider.Effects(c)
	if k.effects != nil {
		return func(r plan.Resource) []access.Effect { return k.effects(r, effects(r)) }
	}
	return effects
}

func (k knowing) Assess(resources []*plan.Resource, m *plan.Manifest, c *plan.Catalogue) []plan.Finding {
	findings := k.Provider.Assess(resources, m, c)
	if k.assess != nil {
		return k.assess(resources, findings)
	}
	return findings
}

func (k knowing) Manual(before *plan.Live, after *plan.Desired, v *plan.View) []plan.Manual {
	return via(k.manual, k.Provider.Manual(before, after, v))
}

func (k knowing) Cover(desired []plan.Desired) (roots []providers.Root, names []string) {
	roots, names = k.Provider.Cover(desired)
	if k.cover != nil {
		return k.cover(desired, roots), names
	}
	return roots, names
}

func (k knowing) Collapse(live []plan.Live, c *plan.Catalogue) map[string][]*plan.Node {
	return via(k.collapse, k.Provider.Collapse(live, c))
}

func (k knowing) Permissions(desired []plan.Desired, m *plan.Manifest) providers.Permissions {
	all := k.Provider.Permissions(desired, m)
	if k.permitted != nil {
		return k.permitted(desired, all)
	}
	return all
}

// via applies change where there is one.
func via[V any](change func(V) V, value V) V {
	if change == nil {
		return value
	}
	return change(value)
}

const permitting = "permissions follow from the question, cover reading and writing, and grow with what is desired"

func TestEveryFlawOfKnowledgeIsFound(t *testing.T) {
	asked := 0
	shared := memory.Provider{}.Fragments()
	for name, flaw := range map[string]struct {
		promise, says string
		provider      knowing
	}{
		"what is to go is not read": {"what is read follows from what is listed, not from what is wanted of it", "depends on what is wanted",
			knowing{cover: func(desired []plan.Desired, roots []providers.Root) []providers.Root {
				return slices.DeleteFunc(roots, func(r providers.Root) bool {
					return slices.ContainsFunc(desired, func(d plan.Desired) bool { return d.Address == r.Address && d.Absent })
				})
			}}},
		"how it is to be is told": {"what is read follows from what is listed, not from what is wanted of it", "depends on what is wanted",
			knowing{cover: func(desired []plan.Desired, roots []providers.Root) []providers.Root {
				for i := range roots {
					at := slices.IndexFunc(desired, func(d plan.Desired) bool { return d.Address == roots[i].Address })
					roots[i].Settings = desired[at].Attributes
				}
				return roots
			}}},
		"a key is not described": {"fragments describe every key", ".ownedBy has no description", knowing{fragments: func(all []providers.Fragment) []providers.Fragment {
			all[0].Schema = []byte(`{"type": "object", "additionalProperties": false, "description": "d", "properties": {"name": {"description": "d"}, "ownedBy": {}}}`)
			return all
		}}},
		"a key deep inside is not described": {"fragments describe every key", ".items.domain has no description", knowing{fragments: func(all []providers.Fragment) []providers.Fragment {
			all[0].Schema = []byte(`{"type": "object", "additionalProperties": false, "description": "d", "properties": {"items": {"description": "d", "properties": {"domain": {}}}}}`)
			return all
		}}},
		"unknown keys pass": {"fragments describe every key", "lets unknown keys through", knowing{fragments: func(all []providers.Fragment) []providers.Fragment {
			all[0].Schema = []byte(`{"type": "object", "description": "d"}`)
			return all
		}}},
		"callers share the bytes": {"fragments describe every key", "a caller changed the bytes", knowing{fragments: func([]providers.Fragment) []providers.Fragment {
			return shared
		}}},
		"a prefix is missing": {"prefixes own every address", "lies below no prefix", knowing{prefixes: []string{"box", "doc"}}},
		"a resource has no place": {"expanding is repeatable and gives every resource a place", "stands nowhere", knowing{expand: func(desired []plan.Desired) []plan.Desired {
			for i := range desired {
				desired[i].Source = plan.Position{}
			}
			return desired
		}}},
		"expanding depends on the moment": {"expanding is repeatable and gives every resource a place", "expanding twice", knowing{expand: func(desired []plan.Desired) []plan.Desired {
			asked++
			for i := range desired {
				desired[i].Notes = &plan.Notes{Ticket: fmt.Sprint(asked)}
			}
			return desired
		}}},
		"resolving returns a stranger": {"resolving is repeatable and minds only its own", "all and only those", knowing{resolve: func(desired []plan.Desired, r providers.Resolution) providers.Resolution {
			for _, d := range desired {
				if d.Address == foreign {
					r.Desired = append(r.Desired, d)
				}
			}
			return r
		}}},
		"resolving changes what it is given": {"resolving is repeatable and minds only its own", "changed what it was given", knowing{resolve: func(desired []plan.Desired, r providers.Resolution) providers.Resolution {
			for i := range desired {
				if desired[i].Notes != nil {
					desired[i].Notes.Owner = "nobody"
				}
			}
			return r
		}}},
		"resolving twice gives another id": {"a saved plan is carried out by later runs, piece by piece", `follows {"attributes":{},"bindings":{"kind":"another"}}`, knowing{resolve: func(desired []plan.Desired, r providers.Resolution) providers.Resolution {
			for _, d := range desired {
				if d.Bindings[memory.BindingKind] == "" {
					continue // not resolved yet
				}
				for i := range r.Desired {
					if r.Desired[i].Address == d.Address {
						r.Desired[i].Bindings = map[string]string{memory.BindingKind: "another"}
					}
				}
			}
			return r
		}}},
		"effects depend on the moment": {"effects, manual parts and breaches follow from the question alone", "differs when asked again", knowing{effects: func(_ plan.Resource, effects []access.Effect) []access.Effect {
			asked++
			for i := range effects {
				effects[i].Scope = fmt.Sprint(asked)
			}
			return effects
		}}},
		"a finding follows no listed rule": {"effects, manual parts and breaches follow from the question alone", "Assess finds", knowing{assess: func(r []*plan.Resource, _ []plan.Finding) []plan.Finding {
			if len(r) == 0 {
				return nil
			}
			return []plan.Finding{{Rule: "made-up", Address: r[0].Address, Message: "m"}}
		}}},
		"a finding is about what is not ours": {"effects, manual parts and breaches follow from the question alone", "finds something about", knowing{assess: func(r []*plan.Resource, _ []plan.Finding) []plan.Finding {
			if len(r) == 0 {
				return nil
			}
			return []plan.Finding{{Rule: memory.RuleEveryAction, Address: r[len(r)-1].Address, Message: "m"}}
		}}},
		"a finding rests on other roots": {"effects, manual parts and breaches follow from the question alone", "more than a root", knowing{assess: func(r []*plan.Resource, findings []plan.Finding) []plan.Finding {
			roots := 0
			for i := range r {
				if r[i].Parent.IsZero() {
					roots++
				}
			}
			if roots < 2 {
				return findings
			}
			return append(findings, plan.Finding{Rule: memory.RuleEveryAction, Address: r[0].Address, Message: "one of many"})
		}}},
		"effects change the resource": {"effects, manual parts and breaches follow from the question alone", "changed the live resources", knowing{effects: func(r plan.Resource, effects []access.Effect) []access.Effect {
			if r.Attributes != nil {
				r.Attributes["seen"] = plan.BoolValue(true)
			}
			return effects
		}}},
		"permissions depend on the moment": {permitting, "differ when asked again", knowing{permitted: func(_ []plan.Desired, all providers.Permissions) providers.Permissions {
			asked++
			all.Read = append(all.Read, providers.Permission{Action: fmt.Sprint("memory:z", asked), Scope: providers.GlobalScope, Why: "w"})
			return all
		}}},
		"permissions are not sorted": {permitting, "not in canonical form", knowing{permitted: func(_ []plan.Desired, all providers.Permissions) providers.Permissions {
			slices.Reverse(all.Read)
			return all
		}}},
		"a permission has no reason": {permitting, "says no reason", knowing{permitted: func(_ []plan.Desired, all providers.Permissions) providers.Permissions {
			all.Read[0].Why = ""
			return all
		}}},
		"a permission has no scope": {permitting, "the scope of", knowing{permitted: func(_ []plan.Desired, all providers.Permissions) providers.Permissions {
			all.Read[0].Scope = ""
			return all
		}}},
		"a resource of another service needs permissions": {permitting, "another service counts", knowing{permitted: func(desired []plan.Desired, all providers.Permissions) providers.Permissions {
			if slices.ContainsFunc(desired, func(d plan.Desired) bool { return d.Address == foreign }) {
				all.Read = nil
			}
			return all
		}}},
		"reading needs nothing": {permitting, "reading box/a needs nothing", knowing{permitted: func(_ []plan.Desired, all providers.Permissions) providers.Permissions {
			all.Read = nil
			return all
		}}},
		"writing needs nothing": {permitting, "writing box/a needs nothing", knowing{permitted: func(_ []plan.Desired, all providers.Permissions) providers.Permissions {
			all.Write = nil
			return all
		}}},
		"more resources need less": {permitting, "more resources need it not", knowing{permitted: func(desired []plan.Desired, all providers.Permissions) providers.Permissions {
			if len(desired) > 1 {
				all.Read = all.Read[1:]
			}
			return all
		}}},
		"what is protected is written": {permitting, "what is protected needs", knowing{permitted: func(_ []plan.Desired, all providers.Permissions) providers.Permissions {
			if len(all.Write) == 0 {
				all.Write = all.Read
			}
			return all
		}}},
		"asking for permissions changes the resources": {permitting, "changed the desired resources", knowing{permitted: func(desired []plan.Desired, all providers.Permissions) providers.Permissions {
			for i := range desired {
				if desired[i].Notes != nil {
					desired[i].Notes.Owner = "nobody"
				}
			}
			return all
		}}},
		"an update is shown for ever": {"every state is reached from every other and nothing is left to do", "the second plan still has [update box/a]", knowing{manual: func(all []plan.Manual) []plan.Manual {
			for i := range all {
				if len(all[i].Values) > 0 {
					all[i].Attribute, all[i].Values = memory.AttributeTags, []string{"another"}
				}
			}
			return all
		}}},
		"an export forgets an attribute": {"an exported state is that state", "update", knowing{collapse: func(sections map[string][]*plan.Node) map[string][]*plan.Node {
			for _, n := range sections[memory.SectionBoxes] {
				for i, pair := range n.Entries {
					if pair.Key == memory.AttributeLabel {
						n.Entries[i].Value = &plan.Node{Kind: plan.Text, Text: "forgotten"}
					}
				}
			}
			return sections
		}}},
		"an export forgets a resource": {"an exported state is that state", "it must hold all", knowing{collapse: func(sections map[string][]*plan.Node) map[string][]*plan.Node {
			delete(sections, memory.SectionDocs)
			return sections
		}}},
	} {
		t.Run(name, func(t *testing.T) {
			w := prove(t, box(t, flaw.provider, plain), flaw.promise)
			assert.True(t, w.failed)
			assert.Contains(t, w.said, flaw.says)
		})
	}
}
