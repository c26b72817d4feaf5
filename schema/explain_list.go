package schema

import "github.com/agencyctl/agencyctl/plan"

// noList tells what keeps a mapping or a text from being the list that is wanted, where its form shows that: dashes that are left out,
// or that no blank follows.
func (e *explainer) noList(p place, name string) bool {
	switch n := p.node; {
	case n.Kind == plan.Text && withoutDashBlank(n.Text):
		e.problems = append(e.problems, dashProblem(n.At, name))
	case n.Kind == plan.Map && len(n.Entries) > 0 && withoutDashBlank(n.Entries[0].Key):
		e.problems = append(e.problems, dashProblem(n.Entries[0].KeyAt, name))
	case n.Kind == plan.Map:
		hint := "begin each item with a dash"
		section, _ := e.lookUp([]string{"$defs", p.key.Key}).(object)
		if required := stringsOf(section["required"]); len(required) > 0 {
			hint = "begin each entry with a dash: - " + required[0] + ": ..."
		}
		e.add(p, "wrong type", name+": a list is wanted, and a mapping is written", hint)
	default:
		return false
	}
	return true
}

func dashProblem(at plan.Position, name string) plan.Problem {
	return plan.Problem{
		At: at, Summary: "wrong type", Detail: name + ": no blank stands behind this -, so that it does not begin an item", Hint: dashHint,
	}
}
