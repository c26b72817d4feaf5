package tiny

import (
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/access"
	"github.com/agencyctl/agencyctl/plan/addr"
)

// Knowledge is what the tiny cloud's provider knows. ByHand names addresses that its API cannot change at all, Partly
// those of which it cannot change one attribute.
type Knowledge struct{ ByHand, Partly string }

// RuleDanger is the guardrail of the tiny cloud: tests say what breaks it.
const RuleDanger = "danger"

// Prefixes implements [plan.Knowledge].
func (Knowledge) Prefixes() []string { return []string{"box", "doc", "item"} }

// Rules implements [plan.Knowledge].
func (Knowledge) Rules() []plan.Rule {
	return append(plan.Rules(), plan.Rule{ID: "does-x"}, plan.Rule{ID: RuleDanger, Guardrail: true})
}

// Effects implements [plan.Knowledge].
func (Knowledge) Effects(catalogue *plan.Catalogue) func(plan.Resource) []access.Effect {
	return func(r plan.Resource) []access.Effect { return effects(r, catalogue) }
}

func effects(r plan.Resource, catalogue *plan.Catalogue) []access.Effect {
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
		add := func(actions string, deny bool) {
			for _, g := range grouped(actions) {
				effects = append(effects, access.Effect{
					Principal: r.Parent.String(), Scope: segments[1].Text, Deny: deny, Limit: g.limit, Actions: g.actions,
				})
			}
		}
		add(allows, false)
		add(denies, true)
		return effects
	}
	return nil
}

// Assess finds the letter "x" risky: whoever may do it, in whatever scope.
func (c Knowledge) Assess(resources []*plan.Resource, m *plan.Manifest, catalogue *plan.Catalogue) []plan.Finding {
	var findings []plan.Finding
	for _, r := range resources {
		for _, e := range effects(*r, catalogue) {
			if !e.Deny && slices.Contains(e.Actions, "x") {
				findings = append(findings, plan.Finding{Rule: "does-x", Severity: plan.High, Address: r.Address, Message: "may do x"})
			}
		}
	}
	return findings
}

// Manual implements [plan.Knowledge].
func (c Knowledge) Manual(before *plan.Live, after *plan.Desired, _ *plan.View) []plan.Manual {
	var a addr.Address
	if before != nil {
		a = before.Address
	} else {
		a = after.Address
	}
	switch {
	case c.ByHand != "" && Patterns(c.ByHand)[0].Match(a):
		return []plan.Manual{{Instruction: "turn the key by hand"}}
	case c.Partly != "" && Patterns(c.Partly)[0].Match(a):
		return []plan.Manual{{Attribute: "opens", Values: []string{"p"}, Instruction: "turn the key by hand"}}
	}
	return nil
}
