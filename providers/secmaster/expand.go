package secmaster

import (
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/serviceagency"
)

// The attributes. Organizations are a set of "ACCOUNT_ID/ORGANIZATION_ID" that can be sent and never read back.
const (
	roles         = "roles"
	organizations = "organizations"
)

// The bindings. An address names the project only, so its resource keeps the region that it is called in.
const (
	regionBinding = "region"
	// roleBinding begins the bindings that tie each role to its id.
	roleBinding = "role:"
	// bindingAgency is the id of the agency, where it was found in IAM.
	bindingAgency = "agency"
	// bindingShared is set where other projects need the agency too, and says by what.
	bindingShared    = "shared"
	sharedByManifest = "manifest"
	sharedByGrants   = "grants"
	// bindingProtected names the agency that ownership.protect holds.
	bindingProtected = "protected"
	// bindingPartial is set where grants in enterprise projects are not read.
	bindingPartial = "enterpriseProjectsUnread"
)

// Expand implements [providers.Provider]: one resource for each entry, named authorization/secmaster/PROJECT, where the
// project is that of the region when none is given. Entries of several projects share one agency of the account, so they
// must want the same roles.
func (Provider) Expand(m *plan.Manifest) ([]plan.Desired, []plan.Problem) {
	var desired []plan.Desired
	entries, problems := providers.RegionalEntriesOf(m, section, service)
	problems = append(problems, huaweicloud.NotOffered(m, section, service, service)...)
	for _, entry := range entries {
		project := entry.Get("project").String()
		if project == "" {
			project = entry.Region
		}
		d := entry.Desired(plan.NewAddress(typ, plan.Plain(service), plan.Plain(project)), entry.Position())
		d.Bindings = map[string]string{regionBinding: entry.Region}
		d.Sources = map[string]plan.Position{}
		for _, attribute := range []string{roles, organizations} {
			if list := entry.Get(attribute); list != nil {
				d.Sources[attribute] = list.Position()
			}
		}
		if !d.Absent {
			d.Attributes = plan.Attributes{roles: plan.SetValue(providers.TextsOf(entry.Get(roles))...)}
			if list := entry.Get(organizations); list != nil {
				d.Attributes[organizations] = plan.SetValue(organizationsOf(list)...)
				d.WriteOnly = []string{organizations}
			}
		}
		desired = append(desired, d)
	}
	return desired, append(problems, serviceagency.Contradictions(desired, roles, "projects")...)
}

func organizationsOf(list *plan.Node) []string {
	var members []string
	for _, item := range list.Elements() {
		members = append(members, item.Get("accountId").String()+"/"+item.Get("organizationId").String())
	}
	return members
}
