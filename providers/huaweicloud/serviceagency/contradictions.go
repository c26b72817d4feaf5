package serviceagency

import (
	"fmt"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers"
)

// Contradictions finds authorizations that want another value of the attribute than the first one does, although all share
// one agency of the account. Places is what the authorizations differ by, in the plural. Tombstones want nothing.
func Contradictions(desired []plan.Desired, attribute, places string) []plan.Problem {
	var problems []plan.Problem
	var first *plan.Desired
	for i := range desired {
		d := &desired[i]
		switch {
		case d.Absent:
		case first == nil:
			first = d
		case first.Address != d.Address && !first.Attributes[attribute].Equal(d.Attributes[attribute]):
			problems = append(problems, plan.Problem{
				At:      d.SourceOf(attribute),
				Summary: "contradictory authorizations",
				Detail: fmt.Sprintf("%s wants other %s than %s at %s, and both %s share one agency of the account",
					d.Address, attribute, first.Address, first.SourceOf(attribute), places),
				Hint: fmt.Sprintf("write the same %s for both %s", attribute, places),
			})
		}
	}
	return problems
}

// SettingAgency is the setting of a resource that holds the name of the service's agency in IAM. A desired resource has it
// where the manifest gives a name because the cloud's differs from what is known of it.
const SettingAgency = "agency"

// AgencyOf returns the name of the agency among the settings, "" for none.
func AgencyOf(settings plan.Attributes) string {
	name, _ := settings[SettingAgency].AsString()
	return name
}

// ShareNames copies the agency's name from the resource at which the manifest gives it to all resources with the same key: they
// share one agency of the account. Two names for one key are a problem.
func ShareNames(desired []plan.Desired, key func(addr.Address) string) []plan.Problem {
	first := map[string]*plan.Desired{}
	var problems []plan.Problem
	for i := range desired {
		d := &desired[i]
		name, key := AgencyOf(d.Settings), key(d.Address)
		switch {
		case name == "":
		case first[key] == nil:
			first[key] = d
		case AgencyOf(first[key].Settings) != name:
			problems = append(problems, plan.Problem{
				At:      d.SourceOf(SettingAgency),
				Summary: "contradictory authorizations",
				Detail: fmt.Sprintf("%s goes through the agency %q, and at %s it is %q, but the account has one agency for both",
					d.Address, name, first[key].SourceOf(SettingAgency), AgencyOf(first[key].Settings)),
				Hint: "write the same agency for both",
			})
		}
	}
	for i := range desired {
		d := &desired[i]
		if named := first[key(d.Address)]; named != nil && AgencyOf(d.Settings) == "" {
			if d.Settings == nil {
				d.Settings = plan.Attributes{}
			}
			d.Settings[SettingAgency] = named.Settings[SettingAgency]
		}
	}
	return problems
}

// AgencyNames returns the names of agencies that the manifest gives, by the key of their roots.
func AgencyNames(roots []providers.Root, key func(addr.Address) string) map[string]string {
	names := map[string]string{}
	for _, root := range roots {
		if name := AgencyOf(root.Settings); name != "" && names[key(root.Address)] == "" {
			names[key(root.Address)] = name
		}
	}
	return names
}
