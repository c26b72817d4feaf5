package csms

import (
	"fmt"
	"slices"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers/huaweicloud"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/directory"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/policy"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/serviceagency"
)

// SharedAgency is the agency that all secret types use. Taking it away for one type breaks the others.
const SharedAgency = "CSMSAccessFunctionGraph"

// The secret types, as a manifest and the service write them.
const (
	RDS     = "RDS-FG"
	GaussDB = "GaussDB-FG"
)

// types are all secret types, sorted.
var types = [...]string{GaussDB, RDS}

// ownAgency is the agency that a secret type has beside [SharedAgency].
type ownAgency struct {
	name string
	// guessed marks a name that the service's documents do not give, or that the manifest gives: an agency of that name is
	// the type's own, but one that is not there proves nothing.
	guessed bool
}

// ownAgencies returns the documented names, and for GaussDB-FG the likeliest one.
func ownAgencies() map[string]ownAgency {
	return map[string]ownAgency{
		RDS:     {name: "FunctionGraphAgencyForRotateRDSByCSMSV3"},
		GaussDB: {name: "FunctionGraphAgencyForRotateGaussDBByCSMSV3", guessed: true},
	}
}

// published returns the agencies of all secret types.
func published() huaweicloud.Published {
	agencies := huaweicloud.Published{SharedAgency: {Service: service}}
	for _, own := range ownAgencies() {
		agencies[own.name] = huaweicloud.PublishedAgency{Service: service, Likely: own.guessed}
	}
	return agencies
}

// ownAgencyOf returns the agency that a secret type has of its own: the one that the manifest names, else that of
// [ownAgencies].
func ownAgencyOf(secretType, named string) ownAgency {
	if named != "" {
		return ownAgency{name: named, guessed: true}
	}
	return ownAgencies()[secretType]
}

// sharedActions and rdsActions are what the agencies of RDS-FG may do, by the service's user guide ("Agency Permissions").
var (
	sharedActions = [...]string{"functiongraph:function:invoke"}
	rdsActions    = [...]string{
		"csms:secret:createVersion", "csms:secret:get", "csms:secret:getStage", "csms:secret:getVersion", "csms:secret:listVersion",
		"csms:secret:updateStage", "kms:cmk:createDataKey", "kms:cmk:decryptDataKey", "rds:password:update", "vpc:ports:create",
		"vpc:ports:delete", "vpc:ports:get", "vpc:subnets:get", "vpc:vpcs:get",
	}
)

// through returns the agencies of an authorization. The user guide names the account that [SharedAgency] trusts; of the others it says
// "cloud service FunctionGraph" in words. Each has one custom policy of its own name, in the region's project.
func through(view *plan.View, of addr.Address) []serviceagency.Agency {
	t, ok := New().targetOf(of)
	if !ok {
		return nil
	}
	own := serviceagency.Agency{
		Name:   ownAgencyOf(t.secretType, serviceagency.AgencyOf(serviceagency.SettingsOf(view, of))).name,
		Likely: []string{"op_svc_cff", "op_svc_functiongraph"},
	}
	if t.secretType == RDS {
		own.Explains = explains(ownAgencies()[RDS].name, rdsActions[:])
	}
	return []serviceagency.Agency{{Name: SharedAgency, Trust: "op_svc_kms", Explains: explains(SharedAgency, sharedActions[:])}, own}
}

// explains returns what tells whether a grant is that of the documented policy with these actions.
func explains(name string, actions []string) func(plan.CatalogueEntry, directory.Scope) bool {
	return func(role plan.CatalogueEntry, scope directory.Scope) bool {
		return scope == directory.OneProject && role.Name == name && role.Qualifier == policy.Custom &&
			policy.AllowsOnly(policy.RoleOf(name, role, nil), actions)
	}
}

// target is what one authorization is about.
type target struct{ region, secretType string }

// targetOf takes an address apart; ok is false for one that names no authorization of this service.
func (p Provider) targetOf(a addr.Address) (t target, ok bool) {
	parts := p.Parts(a, 2)
	if parts == nil {
		return target{}, false
	}
	return target{region: parts[0], secretType: parts[1]}, slices.Contains(types[:], parts[1])
}

func (p Provider) address(t target) addr.Address { return p.Address(t.region, t.secretType) }

func (t target) String() string { return fmt.Sprintf("%s in %s", t.secretType, t.region) }
