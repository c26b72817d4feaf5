package fabric

import (
	"fmt"
	"slices"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/serviceagency"
)

const (
	// policies is the set of policy types that are switched on.
	policies = "policies"
	// authorized is what the service says of itself: the agency has all that it requires.
	authorized = "authorized"
)

// knownPolicies are the documented policy types. The list is open: the service adds to it.
var knownPolicies = []string{
	"FABRIC_AOM_POLICY", "FABRIC_COMMON_POLICY", "FABRIC_DNS_POLICY", "FABRIC_LAKEFORMATION_POLICY", "FABRIC_LTS_POLICY",
	"FABRIC_OBS_POLICY", "FABRIC_SELF_POLICY", "FABRIC_SMN_POLICY", "FABRIC_SWR_POLICY", "FABRIC_VPCEP_POLICY",
}

// Expand implements [providers.Provider]: one resource for each entry, named authorization/fabric/REGION. A policy type
// that is not documented is a warning. Entries of several regions share one agency of the account, so they must want the
// same policies.
func (p Provider) Expand(m *plan.Manifest) ([]plan.Desired, []plan.Problem) {
	var desired []plan.Desired
	entries, problems := p.Entries(m)
	for _, entry := range providers.EntriesOf(m, serviceagency.Section, service) {
		problems = append(problems, unknownPolicies(entry)...)
	}
	for _, entry := range entries {
		d := entry.Desired(p.Address(entry.Region), entry.Position())
		if list := entry.Get(policies); list != nil {
			d.Sources.Set(policies, list.Position())
		}
		problems = append(problems, p.State(&d, entry.Node, m)...)
		if !d.Absent {
			d.Attributes = plan.Attributes{
				policies: plan.SetValue(providers.TextsOf(entry.Get(policies))...), authorized: plan.BoolValue(true),
			}
		}
		desired = append(desired, d)
	}
	problems = append(problems, p.CheckStated(desired)...)
	return desired, append(problems, serviceagency.Contradictions(desired, policies, "regions")...)
}

func unknownPolicies(entry *plan.Node) []plan.Problem {
	var problems []plan.Problem
	for _, item := range entry.Get(policies).Elements() {
		if slices.Contains(knownPolicies, item.String()) {
			continue
		}
		hint := plan.DidYouMean(item.String(), knownPolicies)
		if hint == "" {
			hint = "leave it if the service has a policy of that name by now"
		}
		problems = append(problems, plan.Problem{
			At:      item.Position(),
			Summary: "unknown policy type",
			Detail:  fmt.Sprintf("%q is no documented policy type of Fabric", item),
			Hint:    hint,
			Warning: true,
		})
	}
	return problems
}

// Collapse implements [providers.Provider]: one entry for each region, with all its policies, also those that the service
// requires today.
func (p Provider) Collapse(live []plan.Live, _ *plan.Catalogue) map[string][]*plan.Node {
	return p.Collapsed(live, policies, func(l *plan.Live) (region string, values []string, ok bool) {
		region, ok = p.PlaceOf(l.Address)
		return region, policiesOf(&l.Resource), ok
	})
}
