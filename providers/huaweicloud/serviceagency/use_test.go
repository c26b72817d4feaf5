package serviceagency_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/agencyctl/agencyctl/providers/huaweicloud/directory"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/serviceagency"
)

func TestWhomAnAgencyServes(t *testing.T) {
	in := func(scope directory.Scope, target string) directory.Assignment {
		return directory.Assignment{AgencyID: "a", RoleID: "r", Scope: scope, TargetID: target}
	}
	use := serviceagency.Use{AgencyID: "a", Grants: []directory.Assignment{
		in(directory.Domain, ""), in(directory.AllProjects, ""), in(directory.OneProject, "p1"), in(directory.OneProject, "p2"), in(directory.EnterpriseProject, "p1"),
	}}
	assert.Equal(t, []directory.Assignment{in(directory.OneProject, "p1")}, use.In("p1"))
	assert.Equal(t, []string{"p1", "p2"}, use.Elsewhere(""))
	assert.Equal(t, []string{"p1", "p2"}, use.Elsewhere("p1"), "an enterprise project of the same id is another thing")
	assert.True(t, use.Serves("p2"))
	assert.False(t, use.Serves("p3"))
	assert.True(t, serviceagency.Use{Grants: []directory.Assignment{in(directory.Domain, "")}}.Serves("p3"))
}
