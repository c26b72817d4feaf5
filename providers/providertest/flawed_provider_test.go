package providertest

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/memory"
)

// knowing is a Provider with one flaw.
type knowing struct {
	memory.Provider
	prefixes  []string
	fragments func([]providers.Fragment) []providers.Fragment
	expand    func([]plan.Desired) []plan.Desired
	resolve   func([]plan.Desired, providers.Resolution) providers.Resolution
	effects   func(plan.Resource, []plan.Effect) []plan.Effect
	assess    func([]plan.Resource, []plan.Finding) []plan.Finding
	manual    func([]plan.Manual) []plan.Manual
	collapse  func(map[string][]*plan.Node) map[string][]*plan.Node
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

func (k knowing) Effects(r plan.Resource, c *plan.Catalogue) []plan.Effect {
	effects := k.Provider.Effects(r, c)
	if k.effects != nil {
		return k.effects(r, effects)
	}
	return effects
}

func (k knowing) Assess(resources []plan.Resource, m *plan.Manifest, c *plan.Catalogue) []plan.Finding {
	findings := k.Provider.Assess(resources, m, c)
	if k.assess != nil {
		return k.assess(resources, findings)
	}
	return findings
}

func (k knowing) Manual(before *plan.Live, after *plan.Desired) []plan.Manual {
	return via(k.manual, k.Provider.Manual(before, after))
}

func (k knowing) Collapse(live []plan.Live, c *plan.Catalogue) map[string][]*plan.Node {
	return via(k.collapse, k.Provider.Collapse(live, c))
}

// via applies change where there is one.
func via[V any](change func(V) V, value V) V {
	if change == nil {
		return value
	}
	return change(value)
}

func TestEveryFlawOfKnowledgeIsFound(t *testing.T) {
	asked := 0
	shared := memory.Provider{}.Fragments()
	for name, flaw := range map[string]struct {
		promise, says string
		provider      knowing
	}{
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
				desired[i].Notes.Ticket = fmt.Sprint(asked)
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
				desired[i].Notes.Owner = "nobody"
			}
			return r
		}}},
		"effects depend on the moment": {"effects, manual parts and breaches follow from the question alone", "differs when asked again", knowing{effects: func(_ plan.Resource, effects []plan.Effect) []plan.Effect {
			asked++
			for i := range effects {
				effects[i].Scope = fmt.Sprint(asked)
			}
			return effects
		}}},
		"a finding follows no listed rule": {"effects, manual parts and breaches follow from the question alone", "Assess finds", knowing{assess: func(r []plan.Resource, _ []plan.Finding) []plan.Finding {
			if len(r) == 0 {
				return nil
			}
			return []plan.Finding{{Rule: "made-up", Address: r[0].Address, Message: "m"}}
		}}},
		"a finding is about what is not ours": {"effects, manual parts and breaches follow from the question alone", "finds something about", knowing{assess: func(r []plan.Resource, _ []plan.Finding) []plan.Finding {
			if len(r) == 0 {
				return nil
			}
			return []plan.Finding{{Rule: memory.RuleEveryAction, Address: r[len(r)-1].Address, Message: "m"}}
		}}},
		"effects change the resource": {"effects, manual parts and breaches follow from the question alone", "changed the live resources", knowing{effects: func(r plan.Resource, effects []plan.Effect) []plan.Effect {
			if r.Attributes != nil {
				r.Attributes["seen"] = plan.BoolValue(true)
			}
			return effects
		}}},
		"an update is shown for ever": {"every state is reached from every other and nothing is left to do", "the second plan still has [update box/a]", knowing{manual: func(all []plan.Manual) []plan.Manual {
			for i := range all {
				if len(all[i].Values) > 0 {
					all[i].Attribute = memory.AttributeTags
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
