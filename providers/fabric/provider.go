// Package fabric knows the authorization of DataArts Fabric, which lets it use other services through an agency that it
// makes itself: one for the account, with policies that are switched on and off.
//
// Start reading at [Provider], and at [remote] for what needs a connection.
package fabric

import (
	_ "embed"
	"maps"
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/directory"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/policy"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/serviceagency"
)

const (
	// service is the name by which entries, addresses and endpoints know it.
	service = "fabric"
	// publishedName is that of the service's agency.
	publishedName = "fabric_admin_trust"
	// kindAgency is the kind of the catalogue's entries for the agency by region, with its name in IAM.
	kindAgency = "fabric agency"
)

//go:embed authorization.schema.json
var entrySchema []byte

// Provider is what is known of DataArts Fabric without a connection. It is immutable and safe for concurrent use.
type Provider struct{ serviceagency.Provider }

var _ providers.Provider = Provider{}

// New returns the provider.
func New() Provider {
	return Provider{serviceagency.Provider{
		Service: service, Title: "DataArts Fabric", Schema: entrySchema,
		Host: huaweicloud.Host{
			Name: service, Title: "DataArts Fabric", TokenDenied: true, Regions: []string{"cn-north-4", "cn-southwest-2"},
			APIs: []huaweicloud.API{"GET /v1/agency", "POST /v1/agency", "DELETE /v1/agency"},
		},
		Agencies: huaweicloud.Published{publishedName: {Service: service}}, Through: through,
	}}
}

// Service returns DataArts Fabric.
func Service() huaweicloud.Service {
	return huaweicloud.Service{
		Provider: New(), Host: New().Host, Agencies: New().Agencies, Simulated: "/v1",
		Connect: func(conn *huaweicloud.Connection, lag huaweicloud.Lag) providers.Remote {
			return &remote{serviceagency.NewRemote(conn, lag), New()}
		},
	}
}

// agencyIn returns the name of the agency in a region, as far as the service told it, else the published one.
func agencyIn(catalogue *plan.Catalogue, region string) string {
	if e, told := catalogue.ByID(kindAgency, region); told {
		return e.InternalName
	}
	return publishedName
}

// removal is the taking away of the authorization in a region.
func (p Provider) removal(view *plan.View, of addr.Address, agency string) serviceagency.Removal {
	region, _ := p.PlaceOf(of)
	r := serviceagency.Removal{Agency: agency, Project: region}
	r.Staying, r.Leaving = p.Sharing(view, of, 1, func([]string) bool { return true }, serviceagency.IsLive, serviceagency.IsLive)
	return r
}

// Manual implements [plan.Knowledge]. A policy whose name is part of one that stays cannot be revoked by the service's
// call. A removal that cannot be judged or divided, and everything that goes through an agency that ownership.protect holds
// or that trusts somebody else, is left to a person.
func (p Provider) Manual(before *plan.Live, after *plan.Desired, view *plan.View) []plan.Manual {
	if after == nil {
		if !view.Removes(before.Address) {
			return nil
		}
		region, _ := p.PlaceOf(before.Address)
		words := serviceagency.Words{ByHand: "withdraw the authorization in the console of " + p.Title, Attribute: policies}
		return p.Removing(view, words, p.removal(view, before.Address, agencyIn(view.Catalogue(), region)))
	}
	left := p.LeftToPerson(before, after, view)
	if before == nil {
		return left
	}
	had, wanted := policiesOf(&before.Resource), policiesOf(&after.Resource)
	tangled := entangled(had, wanted)
	if len(tangled) == 0 {
		return left
	}
	var reasons []string
	for _, name := range slices.Sorted(maps.Keys(tangled)) {
		reasons = append(reasons, name+" (part of the name "+tangled[name]+")")
	}
	return append(left, plan.Manual{
		Attribute: policies, Values: slices.Sorted(maps.Keys(tangled)),
		Instruction: "revoke in the console of " + p.Title + ", because the call matches names loosely and would revoke another policy too: " +
			strings.Join(reasons, ", "),
	})
}

// through returns the agency of an authorization. The service tells which policies are granted and what they allow, and names them
// nowhere in IAM; nobody documents whom the agency trusts.
func through(view *plan.View, of addr.Address) []serviceagency.Agency {
	region, ok := New().PlaceOf(of)
	if !ok {
		return nil
	}
	var actions []string
	if live := view.Live(of); live != nil {
		for _, name := range policiesOf(&live.Resource) {
			actions = append(actions, actionsOf(view.Catalogue(), region, name)...)
		}
	}
	return []serviceagency.Agency{{
		Name: agencyIn(view.Catalogue(), region), Likely: []string{"op_svc_fabric", "op_svc_dataartsfabric"},
		Explains: func(role plan.CatalogueEntry, _ directory.Scope) bool {
			return policy.AllowsOnly(policy.RoleOf("", role, view.Catalogue()), actions)
		},
	}}
}
