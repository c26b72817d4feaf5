package lakeformation_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/conformance/cloudtest"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers/lakeformation"
)

func TestExpandMakesOneResourceForEachType(t *testing.T) {
	m := cloudtest.Authorizations(t,
		`{"service": "lakeformation", "agencyTypes": ["JOB_TRUST", "ADMIN_TRUST"], "owner": "me", "dependsOn": ["agency/ops"]}`,
		`{"service": "lakeformation", "agencyTypes": ["JOB_TRUST"], "region": "cn-east-3", "state": "absent"}`)
	desired, problems := lakeformation.New().Expand(m)
	require.Empty(t, problems)
	require.Len(t, desired, 3)
	north, east := m.Sections["authorizations"][0], m.Sections["authorizations"][1]
	types := north.Get("agencyTypes").Items
	notes := &plan.Notes{Owner: "me"}
	wanted := plan.Attributes{"authorized": plan.BoolValue(true), "missing": plan.SetValue()}
	dependsOn := []plan.Dependency{{On: cloudtest.Address(t, "agency/ops"), At: north.Get("dependsOn").Items[0].At}}
	assert.Equal(t, []plan.Desired{
		{
			Resource: plan.Resource{Address: cloudtest.Address(t, "authorization/lakeformation/cn-north-4/JOB_TRUST"), Attributes: wanted},
			Source:   types[0].At, Notes: notes, DependsOn: dependsOn,
		},
		{
			Resource: plan.Resource{Address: cloudtest.Address(t, "authorization/lakeformation/cn-north-4/ADMIN_TRUST"), Attributes: wanted},
			Source:   types[1].At, Notes: notes, DependsOn: dependsOn,
		},
		{
			Resource: plan.Resource{Address: cloudtest.Address(t, "authorization/lakeformation/cn-east-3/JOB_TRUST")},
			Absent:   true, Source: east.Get("agencyTypes").Items[0].At,
		},
	}, desired)
}
