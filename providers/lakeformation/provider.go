// Package lakeformation knows the authorization of LakeFormation, which lets it use other services through agencies that
// it makes itself: one for each sort of agency.
//
// Start reading at [Provider], and at [remote] for what needs a connection.
package lakeformation

import (
	_ "embed"
	"fmt"
	"slices"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/access"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/directory"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/policy"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/serviceagency"
)

const (
	// service is the name by which entries, addresses and endpoints know it.
	service = "lakeformation"
	// kindAgency is the kind of the catalogue's entries for agencies, by region and type, with their names in IAM.
	kindAgency = "lakeformation agency"
)

//go:embed authorization.schema.json
var entrySchema []byte

// agencyTypes are the types of agency that the service has, with the names of their agencies: those that are not published
// are likely.
var agencyTypes = []struct {
	name, agency string
	likely       bool
}{
	{"ADMIN_TRUST", "lakeformation_admin_trust", false},
	{"JOB_TRUST", "lakeformation_job_trust", false},
	{"TABLE_SERVICE_TRUST", "lakeformation_table_service_trust", true},
}

// publishedName returns the name of a type's agency, "" where it is not published, and whether there is such a type.
func publishedName(agencyType string) (name string, known bool) {
	for _, t := range agencyTypes {
		if t.name == agencyType && !t.likely {
			return t.agency, true
		}
		known = known || t.name == agencyType
	}
	return "", known
}

// Provider is what is known of LakeFormation without a connection. It is immutable and safe for concurrent use.
type Provider struct{ serviceagency.Provider }

var _ providers.Provider = Provider{}

// New returns the provider.
func New() Provider {
	agencies, types := huaweicloud.Published{}, make([]string, 0, len(agencyTypes))
	for _, t := range agencyTypes {
		agencies[t.agency] = huaweicloud.PublishedAgency{Service: service, Likely: t.likely}
		types = append(types, t.name)
	}
	return Provider{serviceagency.Provider{
		Service: service, Title: "LakeFormation", Schema: entrySchema,
		Host: huaweicloud.Host{Name: service, Title: "LakeFormation", TokenDenied: true,
			APIs: []huaweicloud.API{"GET /v2/agency", "POST /v2/agency", "DELETE /v2/agency"}}, Agencies: agencies, Kinds: types, Through: through,
	}}
}

// Service returns LakeFormation.
func Service() huaweicloud.Service {
	return huaweicloud.Service{
		Provider: New(), Host: New().Host, Agencies: New().Agencies, Simulated: "/v2",
		Connect: func(conn *huaweicloud.Connection, lag huaweicloud.Lag) providers.Remote {
			return &remote{serviceagency.NewRemote(conn, lag), New()}
		},
	}
}

// parts is the inverse of [Provider.Address]; ok is false for a type that the service does not have.
func (p Provider) parts(a addr.Address) (region, agencyType string, ok bool) {
	parts := p.Parts(a, 2)
	if parts == nil {
		return "", "", false
	}
	_, known := publishedName(parts[1])
	return parts[0], parts[1], known
}

// agencyEntry is the catalogue's entry for the agency of a type in a region.
func agencyEntry(at site, name string) plan.CatalogueEntry {
	key := at.region + "/" + at.agencyType
	return plan.CatalogueEntry{Kind: kindAgency, Name: key, ID: key, InternalName: name}
}

// agencyOf returns the name of a type's agency in a region, as far as the service told it, else the published one; "" where
// neither is known.
func agencyOf(catalogue *plan.Catalogue, region, agencyType string) string {
	if e, told := catalogue.ByID(kindAgency, region+"/"+agencyType); told {
		return e.InternalName
	}
	name, _ := publishedName(agencyType)
	return name
}

// Effects implements [plan.Knowledge]: the service may do in the region's project what its agency is granted, which it
// does not tell.
func (p Provider) Effects(*plan.Catalogue) func(plan.Resource) []access.Effect {
	return func(r plan.Resource) []access.Effect {
		region, _, ok := p.parts(r.Address)
		if !ok {
			return nil
		}
		return []access.Effect{{Principal: "service:" + service, Scope: "project:" + region}}
	}
}

// Assess implements [plan.Knowledge]: the service does not tell what its agencies are granted.
func (p Provider) Assess(resources []*plan.Resource, _ *plan.Manifest, catalogue *plan.Catalogue) []plan.Finding {
	findings := p.AssessGranted(resources, catalogue)
	for _, r := range resources {
		_, agencyType, ok := p.parts(r.Address)
		if !ok {
			continue
		}
		findings = append(findings, plan.Finding{
			Rule: policy.RuleUnknownContent, Severity: plan.Medium, Address: r.Address,
			Message: fmt.Sprintf("the service does not tell what its agency for %s may do", agencyType),
			Hint:    "look it up in the console of IAM after the authorization, and accept the finding if it is as it should be",
		})
	}
	return plan.SortFindings(findings)
}

// Rules implements [providers.Provider].
func (Provider) Rules() []plan.Rule { return serviceagency.Rules() }

// through returns the agency of an authorization. The user guide names the roles of the agency for ADMIN_TRUST, and no scope; nobody
// documents those of the others, or whom they trust.
func through(view *plan.View, of addr.Address) []serviceagency.Agency {
	region, agencyType, ok := New().parts(of)
	if !ok {
		return nil
	}
	a := serviceagency.Agency{Name: agencyOf(view.Catalogue(), region, agencyType), Likely: []string{"op_svc_lakeformation"}}
	if agencyType == "ADMIN_TRUST" {
		a.Explains = func(role plan.CatalogueEntry, _ directory.Scope) bool {
			switch role.Name {
			case "ReadOnlyAccess", "VPCEndpoint Administrator":
				return role.Qualifier == policy.System
			case "lakeformation_admin_additional_domain": // made by the service, and anybody who may edit policies can widen it
				return !slices.ContainsFunc(policy.Judge(policy.RoleOf("", role, view.Catalogue())), func(f plan.Finding) bool {
					return f.Severity == plan.High || f.Rule == policy.RuleUnknownContent
				})
			}
			return false
		}
	}
	return []serviceagency.Agency{a}
}

// Manual implements [plan.Knowledge]. A removal that cannot be judged or divided, and everything that goes through an agency
// that ownership.protect holds or that trusts somebody else, is left to a person.
func (p Provider) Manual(before *plan.Live, after *plan.Desired, view *plan.View) []plan.Manual {
	if after != nil {
		return p.LeftToPerson(before, after, view)
	}
	if !view.Removes(before.Address) {
		return nil
	}
	_, agencyType, _ := p.parts(before.Address)
	name, _ := before.Attributes[agency].AsString()
	if name == "" || p.existenceOf(before, view) == isUnknown {
		return []plan.Manual{{Instruction: "it cannot be told whether the service has an agency of type " + agencyType +
			" here, and who else uses it: look in the console of " + p.Title + ", and withdraw it there"}}
	}
	words := serviceagency.Words{ByHand: "withdraw the authorization in the console of " + p.Title, Attribute: authorized}
	return p.Removing(view, words, p.removal(view, before.Address, name))
}

// removal is the taking away of the authorization of one type in a region.
func (p Provider) removal(view *plan.View, of addr.Address, agency string) serviceagency.Removal {
	region, agencyType, _ := p.parts(of)
	r := serviceagency.Removal{Agency: agency, Project: region}
	r.Staying, r.Leaving = p.Sharing(view, of, 2, func(other []string) bool { return other[1] == agencyType },
		func(live *plan.Live) bool { return p.existenceOf(live, view).isLikely() },
		func(live *plan.Live) bool { return p.existenceOf(live, view) == isThere })
	return r
}

// existenceOf tells by live state what [remote.exists] tells of an authorization.
func (p Provider) existenceOf(live *plan.Live, view *plan.View) existence {
	region, _, _ := p.parts(live.Address)
	s := stateOf(live)
	use, found, read := serviceagency.Use{}, false, false
	if s.agency != "" {
		use, found, read = serviceagency.UseIn(view, s.agency)
	}
	return s.existence(use, found, read, serviceagency.ProjectID(view, region))
}

// stateOf is what the service said of an authorization that is live.
func stateOf(live *plan.Live) state {
	s := state{told: !slices.Contains(live.Unreadable, authorized), toldMissing: !slices.Contains(live.Unreadable, missing)}
	s.agency, _ = live.Attributes[agency].AsString()
	s.authorized, _ = live.Attributes[authorized].AsBool()
	s.missing, _ = live.Attributes[missing].AsSet()
	return s
}
