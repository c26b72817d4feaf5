package csms

import (
	"fmt"
	"slices"

	"github.com/agencyctl/agencyctl/plan/addr"
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

// sharedActions and rdsActions are what the agencies of RDS-FG may do, by the service's user guide ("Agency Permissions").
var (
	sharedActions = [...]string{"functiongraph:function:invoke"}
	rdsActions    = [...]string{
		"csms:secret:createVersion", "csms:secret:get", "csms:secret:getStage", "csms:secret:getVersion", "csms:secret:listVersion",
		"csms:secret:updateStage", "kms:cmk:createDataKey", "kms:cmk:decryptDataKey", "rds:password:update", "vpc:ports:create",
		"vpc:ports:delete", "vpc:ports:get", "vpc:subnets:get", "vpc:vpcs:get",
	}
)

// target is what one authorization is about.
type target struct{ region, secretType string }

// targetOf takes an address apart; ok is false for one that names no authorization of this service.
func targetOf(a addr.Address) (t target, ok bool) {
	if a.Type() != typ { // most are not, and the rest costs memory
		return target{}, false
	}
	segments := a.Segments()
	if len(segments) != 3 || segments[0] != addr.Plain(service) {
		return target{}, false
	}
	for _, s := range segments {
		if s.Qualifier != "" {
			return target{}, false
		}
	}
	t = target{region: segments[1].Text, secretType: segments[2].Text}
	return t, slices.Contains(types[:], t.secretType)
}

func (t target) address() addr.Address {
	return addr.New(typ, addr.Plain(service), addr.Plain(t.region), addr.Plain(t.secretType))
}

func (t target) String() string { return fmt.Sprintf("%s in %s", t.secretType, t.region) }
