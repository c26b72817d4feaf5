package schema

import (
	"fmt"

	"github.com/agencyctl/agencyctl/plan"
)

// acceptances reads guardrails.accept. Whether there is such a rule is for others to say.
func (m *merger) acceptances(list *plan.Node) []plan.Acceptance {
	var all []plan.Acceptance
	first := map[plan.Acceptance]plan.Position{}
	for _, item := range list.Elements() {
		pattern, ok := m.pattern(item.Get("address"))
		if !ok {
			continue
		}
		a := plan.Acceptance{Rule: item.Get("rule").String(), Address: pattern}
		if at, twice := first[a]; twice {
			m.add(item.Position(), "accepted twice", fmt.Sprintf("%s is accepted for %s here and at %s", a.Rule, pattern, at), "keep one of the two")
			continue
		}
		first[a] = item.Position()
		a.Accepted = plan.Accepted{Reason: item.Get("reason").String(), ReviewBy: item.Get("reviewBy").String()}
		a.At = item.Position()
		all = append(all, a)
	}
	return all
}
