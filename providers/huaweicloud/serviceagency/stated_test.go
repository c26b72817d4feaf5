package serviceagency_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers/csms"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/directory"
)

// A saved plan holds what entries state, and somebody may have written it: it is not believed to trust an account, or to be about
// agencies of others.
func TestStatementsOfAFileThatNoEntryCanMakeAreNone(t *testing.T) {
	trusted := directory.Trust{Kind: directory.TrustAccount, Value: "partner-co"}
	agency := plan.Resource{
		Address: directory.AgencyAddress(csms.SharedAgency), Attributes: plan.Attributes{"trust": plan.StringValue(trusted.String())},
	}
	entry := csms.New().Address("cn-north-4", csms.RDS)
	for text, wanted := range map[string]plan.Value{
		`{"CSMSAccessFunctionGraph": {"trust": "op_svc_cff"}}`:                                                                            plan.SetValue("CSMSAccessFunctionGraph: service op_svc_cff"),
		`{"CSMSAccessFunctionGraph": {"trust": "partner-co"}}`:                                                                            plan.SetValue("CSMSAccessFunctionGraph: service op_svc_kms"),
		`{"CSMSAccessFunctionGraph": {"trust": "op_svc_cff", "exact": true, "grants": ["grant/ops-backup/domain/Tenant Administrator"]}}`: plan.SetValue("CSMSAccessFunctionGraph: service op_svc_kms"),
		`{"CSMSAccessFunctionGraph": {"trust": "op_svc_cff", "absent": ["agency/ops-backup"]}}`:                                           plan.SetValue("CSMSAccessFunctionGraph: service op_svc_kms"),
	} {
		t.Run(text, func(t *testing.T) {
			settings, err := plan.DocumentValue([]byte(text))
			require.NoError(t, err)
			resource := plan.Resource{Address: entry, Attributes: plan.Attributes{}, Settings: plan.Attributes{"agencies": settings}}
			c := csms.New().Complete(plan.NewView(&plan.Snapshot{
				Catalogue: plan.NewCatalogue(), Coverage: []addr.Pattern{addr.Exactly(agency.Address)},
				Resources: []plan.Live{{Resource: agency, ID: "1"}, {Resource: resource}},
			}, plan.Ownership{}, []plan.Desired{{Resource: resource}}))
			require.Len(t, c.Desired, 1)
			assert.Equal(t, wanted, c.Desired[0].Attributes["trust"])
			assert.False(t, c.Desired[0].Attributes["accountGrants"].Equal(plan.SetValue("grant/ops-backup/domain/Tenant Administrator")))
		})
	}
}
