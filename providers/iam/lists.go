package iam

import (
	"slices"
	"time"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/directory"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/policy"
)

// The lists of what manifests may name.
const (
	listRoles              = "roles"
	listPolicies           = "policies"
	listProjects           = "projects"
	listEnterpriseProjects = "enterprise-projects"
	listAgencies           = "agencies"
)

// The attributes of what is listed, beside those of resources.
const (
	// attributeScopes are the keys of a manifest below which a role can be granted.
	attributeScopes = "scopes"
	// attributeCustom is set for a policy that somebody made in the account, attributeAdministrator for a role that gives everything.
	attributeCustom        = "custom"
	attributeAdministrator = "administrator"
	// attributeNeeds are the roles that a role works only beside.
	attributeNeeds = "needs"
	// attributeServiceMade is set for what a cloud service made for itself.
	attributeServiceMade = "serviceMade"
	// attributeExpires is when an agency ends, attributeUnreadable what of it could not be understood.
	attributeExpires    = "expires"
	attributeUnreadable = "unreadable"
)

var _ providers.Lister = Provider{}

// Lists implements [providers.Lister].
func (Provider) Lists() []providers.List {
	return []providers.List{
		{Name: listRoles}, {Name: listPolicies}, {Name: listProjects}, {Name: listAgencies},
		{Name: listEnterpriseProjects, Entries: []string{directory.KindEnterpriseProject}},
	}
}

// List implements [providers.Lister]. Roles and places are spelled as below grants, policies and agencies as in their entries.
func (Provider) List(name string, s *plan.Snapshot) (all []plan.Listed) {
	switch name {
	case listRoles:
		return roles(s)
	case listProjects:
		return places(s, directory.KindProject)
	case listEnterpriseProjects:
		return places(s, directory.KindEnterpriseProject)
	case listPolicies:
		for i := range s.Resources {
			if l := &s.Resources[i]; l.Address.Type() == directory.TypePolicy {
				all = append(all, listedPolicy(l, s.Catalogue))
			}
		}
	case listAgencies:
		for i := range s.Resources {
			if l := &s.Resources[i]; l.Address.Type() == directory.TypeAgency {
				all = append(all, listedAgency(l))
			}
		}
	}
	return all
}

// roles returns the system roles and custom policies that grants may name.
func roles(s *plan.Snapshot) (all []plan.Listed) {
	statements := map[string]plan.Value{}
	for i := range s.Resources {
		if l := &s.Resources[i]; l.Address.Type() == directory.TypePolicy {
			statements[l.ID] = l.Attributes[attributeStatements]
		}
	}
	for _, e := range s.Catalogue.Entries() {
		if e.Kind != directory.KindRole {
			continue
		}
		item := listedEntry(e, written(s.Catalogue.Spell(e), e))
		item.Attributes[attributeCustom] = plan.BoolValue(e.Qualifier == policy.Custom)
		if item.Title == "" && e.Qualifier != policy.Custom { // for a custom policy, the cloud makes it up
			item.Title = e.InternalName
		}
		if item.Unusable == "" {
			scopes, why := directory.GrantableIn(e, s.Cloud.Kind)
			item.Attributes[attributeScopes], item.Unusable = plan.SetValue(scopes...), why
		}
		judgeListed(&item, e, s.Catalogue, statements[e.ID])
		all = append(all, item)
	}
	return all
}

// judgeListed adds what a role allows and how wide that is. Statements are those of the live policy behind it, if there is one.
func judgeListed(item *plan.Listed, e plan.CatalogueEntry, catalogue *plan.Catalogue, statements plan.Value) {
	content := policy.RoleOf("it", e, catalogue)
	findings := policy.Judge(content)
	if e.Qualifier == policy.Custom {
		findings = plan.SortFindings(slices.Concat(findings, policy.JudgeWildcards(content)))
	}
	item.Attributes[attributeAdministrator] = plan.BoolValue(slices.ContainsFunc(findings, func(f plan.Finding) bool {
		return f.Rule == policy.RuleAdministrator && f.Severity == plan.High
	}))
	item.Detail = &plan.Detail{Attributes: plan.Attributes{}, Risks: plan.RisksOf(findings)}
	if statements.IsZero() {
		statements = statementsOf(e.Document)
	}
	if !statements.IsZero() {
		item.Detail.Attributes[attributeStatements] = statements
	}
	if needs := policy.DependsOn(e.Document); len(needs) > 0 {
		item.Detail.Attributes[attributeNeeds] = plan.SetValue(needs...)
	}
}

// statementsOf returns the policy behind a role in the canonical form of policies where that surely says the same, and else as it is;
// the zero Value for none.
func statementsOf(document []byte) plan.Value {
	canonical, err := canonicalPolicy(document, asWritten)
	if err == nil && policy.Same(document, canonical) {
		document = canonical
	}
	value, err := plan.DocumentValue(document)
	if err != nil {
		return plan.Value{}
	}
	return value
}

// places returns the projects or enterprise projects that grants may name.
func places(s *plan.Snapshot, kind string) (all []plan.Listed) {
	for _, e := range s.Catalogue.Entries() {
		if e.Kind == kind {
			all = append(all, listedEntry(e, s.Catalogue.Spell(e).String()))
		}
	}
	return all
}

// unlistedReason is why nothing new should be made with what no list of the cloud shows.
const unlistedReason = "no list of the cloud shows it"

// listedEntry returns an entry by the name that a manifest has for it. One that is named by its id has its own name as the title.
func listedEntry(e plan.CatalogueEntry, name string) plan.Listed {
	item := plan.Listed{
		Name: name, ID: e.ID, Description: e.Description, Unusable: e.Unusable, Attributes: plan.Attributes{},
	}
	switch byID := name == (plan.Reference{Qualifier: "id", Name: e.ID}).String(); {
	case e.Unlisted && item.Unusable == "":
		item.Unusable = unlistedReason
	case byID && !e.Unlisted:
		item.Title = e.Name
	}
	return item
}

func listedPolicy(l *plan.Live, catalogue *plan.Catalogue) plan.Listed {
	first := l.Address.First()
	item := listedLive(l, plan.Reference{Qualifier: first.Qualifier, Name: first.Text}.String(), attributeScope)
	if e, known := catalogue.ByID(directory.KindRole, l.ID); known {
		item.Title = listedEntry(e, item.Name).Title
		judgeListed(&item, e, catalogue, l.Attributes[attributeStatements])
	}
	return item
}

func listedAgency(l *plan.Live) plan.Listed {
	item := listedLive(l, directory.NameOf(l.Address), directory.AttributeTrust, attributeDuration)
	if !l.Expires.IsZero() {
		item.Attributes[attributeExpires] = plan.StringValue(l.Expires.UTC().Format(time.RFC3339))
	}
	return item
}

// listedLive returns a live resource with some of its attributes.
func listedLive(l *plan.Live, name string, attributes ...string) plan.Listed {
	item := plan.Listed{Name: name, ID: l.ID, Attributes: plan.Attributes{attributeServiceMade: plan.BoolValue(l.ServiceMade)}}
	item.Description, _ = l.Attributes[attributeDescription].AsString()
	for _, attribute := range attributes {
		if value := l.Attributes[attribute]; !value.IsZero() {
			item.Attributes[attribute] = value
		}
	}
	if len(l.Unreadable) > 0 {
		item.Attributes[attributeUnreadable] = plan.SetValue(l.Unreadable...)
	}
	return item
}
