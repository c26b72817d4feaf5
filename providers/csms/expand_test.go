package csms_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/conformance/cloudtest"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers/csms"
)

func TestExpandMakesOneResourceForEachType(t *testing.T) {
	m := cloudtest.Authorizations(t,
		`{"service": "csms", "secretTypes": ["RDS-FG", "GaussDB-FG"], "owner": "me", "dependsOn": ["agency/ops"]}`,
		`{"service": "csms", "secretTypes": ["RDS-FG"], "region": "cn-east-3", "state": "absent"}`)
	desired, problems := csms.New().Expand(m)
	require.Empty(t, problems)
	require.Len(t, desired, 3)
	north, east := m.Sections["authorizations"][0], m.Sections["authorizations"][1]
	types := north.Get("secretTypes").Items
	notes := &plan.Notes{Owner: "me"}
	wanted := plan.Attributes{"granted": plan.BoolValue(true), "missing": plan.SetValue()}
	dependsOn := []plan.Dependency{{On: cloudtest.Address(t, "agency/ops"), At: north.Get("dependsOn").Items[0].At}}
	assert.Equal(t, []plan.Desired{
		{
			Resource: plan.Resource{Address: cloudtest.Address(t, "authorization/csms/cn-north-4/RDS-FG"), Attributes: wanted},
			Source:   types[0].At, Notes: notes, DependsOn: dependsOn,
		},
		{
			Resource: plan.Resource{Address: cloudtest.Address(t, "authorization/csms/cn-north-4/GaussDB-FG"), Attributes: wanted},
			Source:   types[1].At, Notes: notes, DependsOn: dependsOn,
		},
		{
			Resource: plan.Resource{Address: cloudtest.Address(t, "authorization/csms/cn-east-3/RDS-FG")},
			Absent:   true, Source: east.Get("secretTypes").Items[0].At,
		},
	}, desired)
}
