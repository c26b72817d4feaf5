package serviceagency

import (
	"fmt"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
)

// SettingAgency is the setting of a resource that holds the name of the service's agency in IAM. A desired resource has it
// where the manifest gives a name because the cloud's differs from what is known of it.
const SettingAgency = "agency"

// AgencyOf returns the name of the agency among the settings, "" for none.
func AgencyOf(settings plan.Attributes) string {
	name, _ := settings[SettingAgency].AsString()
	return name
}

// Names returns the names that the manifest gives to agencies, by what sort tells of each resource. An agency is there once
// in the account, so two names for one sort are a problem.
func Names(desired []plan.Desired, sort func(addr.Address) string) (map[string]string, []plan.Problem) {
	names := map[string]string{}
	first := map[string]plan.Position{}
	var problems []plan.Problem
	for _, d := range desired {
		name := AgencyOf(d.Settings)
		key := sort(d.Address)
		switch {
		case name == "":
		case names[key] == "":
			names[key], first[key] = name, d.SourceOf("agency")
		case names[key] != name:
			problems = append(problems, plan.Problem{
				At:      d.SourceOf("agency"),
				Summary: "contradictory authorizations",
				Detail:  fmt.Sprintf("%s goes through the agency %q, and at %s it is %q, but the account has one agency for both", d.Address, name, first[key], names[key]),
				Hint:    "write the same agency for both",
			})
		}
	}
	return names, problems
}
