package providers

import (
	"cmp"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
)

// Rules implements [plan.Knowledge]: the rules of all services and of the planner, sorted by id, each once.
func (r *Registry) Rules() []plan.Rule {
	rules := plan.Rules()
	for _, p := range r.providers {
		rules = append(rules, p.Rules()...)
	}
	slices.SortFunc(rules, func(a, b plan.Rule) int { return strings.Compare(a.ID, b.ID) })
	return slices.Compact(rules)
}

// Guardrails returns the guardrails that services declare, sorted by key, each once.
func (r *Registry) Guardrails() []plan.Guardrail {
	var declared []plan.Guardrail
	for _, p := range r.providers {
		declared = append(declared, p.Guardrails()...)
	}
	slices.SortStableFunc(declared, func(a, b plan.Guardrail) int { return strings.Compare(a.Key, b.Key) })
	return slices.CompactFunc(declared, func(a, b plan.Guardrail) bool { return a.Key == b.Key })
}

// Assess implements [plan.Knowledge] by asking every service about its own resources.
func (r *Registry) Assess(resources []*plan.Resource, m *plan.Manifest, catalogue *plan.Catalogue) []plan.Finding {
	var findings []plan.Finding
	for _, p := range r.providers {
		findings = join(findings, p.Assess(resources, m, catalogue))
	}
	return plan.SortFindings(findings)
}

// acceptances finds entries of the manifest that accept what no rule says, or what cannot be accepted.
func (r *Registry) acceptances(m *plan.Manifest) []plan.Problem {
	if len(m.Acceptances) == 0 {
		return nil
	}
	known := map[string]plan.Rule{}
	acceptable := plan.Classes()
	for _, rule := range r.Rules() {
		known[rule.ID] = rule
		if !rule.Bookkeeping {
			acceptable = append(acceptable, rule.ID)
		}
	}
	var problems []plan.Problem
	for _, a := range m.Acceptances {
		isClass := slices.Contains(plan.Classes(), a.Rule)
		switch rule, is := known[a.Rule]; {
		case isClass && !plan.ClassNeedsSeen(a.Rule) && a.Address.HasWildcard():
			problems = append(problems, plan.Problem{
				At: a.At, Summary: "acceptance of many",
				Detail: fmt.Sprintf("%s is accepted for %s, so also for whatever goes missing later: nothing of it is live that could have been seen",
					a.Rule, a.Address),
				Hint: "name each resource in an entry of its own",
			})
		case isClass && plan.ClassNeedsSeen(a.Rule) && a.Seen == "":
			problems = append(problems, plan.Problem{
				At: a.At, Summary: "acceptance without seen",
				Detail: fmt.Sprintf("what is %s is live, and is accepted only as it was looked at", a.Rule),
				Hint:   "have drift write the entry, or add seen: sha256:..., which its JSON output has with the difference",
			})
		case a.Wanted != "" && !plan.ClassMayWant(a.Rule):
			problems = append(problems, plan.Problem{
				At: a.At, Summary: "acceptance of nothing wanted",
				Detail: fmt.Sprintf("of %s, the manifest wants nothing that wanted could say: it is for what is %s or %s",
					a.Rule, plan.ClassChanged, plan.ClassMissing),
				Hint: "take wanted out",
			})
		case isClass:
		case !is:
			problems = append(problems, plan.Problem{At: a.At, Summary: "unknown rule", Detail: fmt.Sprintf("there is no rule %q", a.Rule),
				Hint: cmp.Or(plan.DidYouMean(a.Rule, acceptable), "docs/rules.md lists the rules")})
		case rule.Bookkeeping:
			hint := "remove the entry, and mend the acceptance or the reviewBy that the finding names"
			if rule.ID == plan.RuleRuleWeakened {
				hint = "remove the entry; a change of the rules is told until it is merged"
			}
			problems = append(problems, plan.Problem{
				At: a.At, Summary: "rule cannot be accepted", Detail: fmt.Sprintf("%s is no risk to be weighed", a.Rule), Hint: hint,
			})
		case rule.Guardrail && a.Seen == "":
			problems = append(problems, plan.Problem{
				At: a.At, Summary: "acceptance without seen",
				Detail: fmt.Sprintf("%s is a guardrail: a breach is accepted only by what is live and not listed, as it was looked at", a.Rule),
				Hint:   "add seen: sha256:..., which drift prints with the finding; where the guardrail is too strict, change the guardrail",
			})
		}
	}
	return problems
}

// guardEach asks each service about its own resources.
func (r *Registry) guardEach(resources iter.Seq[*plan.Resource], m *plan.Manifest) []plan.Finding {
	var findings []plan.Finding
	guards := map[string]func(*plan.Resource) []plan.Finding{}
	for resource := range resources {
		p, known := r.For(resource.Address)
		if !known {
			continue
		}
		guard := guards[p.Name()]
		if guard == nil {
			guard = p.Guard(m)
			guards[p.Name()] = guard
		}
		findings = append(findings, guard(resource)...)
	}
	return plan.SortFindings(findings)
}

// breaches turns guardrail findings about desired resources into problems at their places.
func (r *Registry) breaches(desired []plan.Desired, m *plan.Manifest) []plan.Problem {
	findings := r.guardEach(func(yield func(*plan.Resource) bool) {
		for i := range desired {
			if !desired[i].Absent && !yield(&desired[i].Resource) {
				return
			}
		}
	}, m)
	if len(findings) == 0 {
		return nil
	}
	byAddress := make(map[addr.Address]*plan.Desired, len(desired))
	for i := range desired {
		if d := &desired[i]; !d.Absent {
			byAddress[d.Address] = d
		}
	}
	problems := make([]plan.Problem, 0, len(findings))
	for _, f := range findings {
		var at plan.Position
		if d := byAddress[f.Address]; d != nil {
			at = d.SourceOf(f.Attribute)
		}
		problems = append(problems, plan.Problem{
			At:      at,
			Summary: "guardrail " + f.Rule,
			Detail:  f.Message,
			Hint:    f.Hint,
		})
	}
	return problems
}
