package secmaster

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/serviceagency"
)

// The attributes. Organizations are a set of "ACCOUNT_ID/ORGANIZATION_ID" that can be sent and never read back.
const (
	roles         = "roles"
	organizations = "organizations"
)

// The settings, beside [serviceagency.SettingAgency].
const (
	// settingRegion is the region that the service is called in: an address names the project only.
	settingRegion = "region"
	// settingTexts is what the manifest says of roles in full: a document of roleText by name.
	settingTexts = "roleTexts"
)

// roleBinding begins the bindings that tie each role to its id.
const roleBinding = "role:"

// Expand implements [providers.Provider]: one resource for each entry, named authorization/secmaster/PROJECT, where the
// project is that of the region when none is given. Entries of several projects share one agency of the account, so they
// must want the same roles.
func (p Provider) Expand(m *plan.Manifest) ([]plan.Desired, []plan.Problem) {
	var desired []plan.Desired
	entries, problems := p.Entries(m)
	for _, entry := range entries {
		project := entry.Get("project").String()
		if project == "" {
			project = entry.Region
		}
		d := entry.Desired(p.Address(project), entry.Position())
		d.Settings = plan.Attributes{settingRegion: plan.StringValue(entry.Region)}
		if name := entry.Get("agency").String(); name != "" {
			d.Settings[serviceagency.SettingAgency] = plan.StringValue(name)
		}
		for _, attribute := range []string{roles, organizations, "agency"} {
			if list := entry.Get(attribute); list != nil {
				d.Sources.Set(attribute, list.Position())
			}
		}
		problems = append(problems, p.State(&d, entry.Node, m)...)
		if !d.Absent {
			names, texts, problem := rolesOf(entry.Get(roles))
			problems = append(problems, problem...)
			d.Attributes = plan.Attributes{roles: plan.SetValue(names...)}
			if len(texts) > 0 {
				d.Settings[settingTexts] = documentOf(texts)
			}
			if list := entry.Get(organizations); list != nil {
				d.Attributes[organizations] = plan.SetValue(organizationsOf(list)...)
				d.WriteOnly = []string{organizations}
			}
		}
		desired = append(desired, d)
	}
	problems = append(problems, p.CheckStated(desired)...)
	problems = append(problems, serviceagency.ShareNames(desired, oneSort)...)
	return desired, append(problems, serviceagency.Contradictions(desired, roles, "projects")...)
}

// rolesOf returns the names of a list of roles, and for those that are given in full what they say. A role that is given
// twice, once in full, is a problem.
func rolesOf(list *plan.Node) (names []string, texts map[string]roleText, problems []plan.Problem) {
	texts = map[string]roleText{}
	for _, item := range list.Elements() {
		name := item.String()
		if full := item.Get("name"); full != nil {
			name = full.String()
			texts[name] = roleText{Allows: item.Get("allows").String(), Purpose: item.Get("purpose").String(), Scope: item.Get("scope").String()}
		}
		if slices.Contains(names, name) {
			problems = append(problems, plan.Problem{
				At: item.Position(), Summary: "role given twice", Detail: fmt.Sprintf("%q is listed already", name), Hint: "remove one of the two",
			})
			continue
		}
		names = append(names, name)
	}
	return names, texts, problems
}

// roleText is what a manifest says of a role in full.
type roleText struct {
	Allows  string `json:"allows,omitempty"`
	Purpose string `json:"purpose,omitempty"`
	Scope   string `json:"scope,omitempty"`
}

// documentOf returns role texts as a value, and textsOf takes them out of one.
func documentOf(texts map[string]roleText) plan.Value {
	text, err := json.Marshal(texts)
	if err != nil {
		panic(err) // texts always marshal
	}
	document, err := plan.DocumentValue(text)
	if err != nil {
		panic(err) // a map is an object
	}
	return document
}

func textsOf(settings plan.Attributes) (texts map[string]roleText, err error) {
	document, ok := settings[settingTexts].AsDocument()
	if !ok {
		return nil, nil
	}
	return texts, json.Unmarshal([]byte(document), &texts)
}

// oneSort says that all projects share one agency.
func oneSort(addr.Address) string { return "" }

func organizationsOf(list *plan.Node) []string {
	var members []string
	for _, item := range list.Elements() {
		members = append(members, item.Get("accountId").String()+"/"+item.Get("organizationId").String())
	}
	return members
}

// Collapse implements [providers.Provider]: one entry for each project. An authorization whose roles could not be read is left
// out, because an entry without roles would mean that it has none.
func (p Provider) Collapse(live []plan.Live, _ *plan.Catalogue) map[string][]*plan.Node {
	return p.Collapsed(live, roles, func(l *plan.Live) (region string, values []string, ok bool) {
		region, _ = l.Settings[settingRegion].AsString()
		values, readable := l.Attributes[roles].AsSet()
		_, ok = p.PlaceOf(l.Address)
		return region, values, ok && readable
	})
}
