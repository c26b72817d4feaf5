package sdkjudge

import (
	"slices"
	"testing"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth/global"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/config"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/region"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/sdkerr"
	eps "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/eps/v1"
	epsmodel "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/eps/v1/model"
	iam "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/iam/v3"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/services/iam/v3/model"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/cloudsim"
)

// sdk is the vendor's own client and signer, against a simulator that verifies signatures.
type sdk struct {
	*iam.IamClient
	eps  *eps.EpsClient
	sim  *cloudsim.Server
	home string
}

func newSDK(t *testing.T, o cloudsim.Options, withDomain bool) *sdk {
	t.Helper()
	sim, err := cloudsim.New(o)
	require.NoError(t, err)
	url, stop, err := cloudsim.Start(t.Context(), sim, "")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, stop()) })
	home := sim.World().Home
	builder := global.NewCredentialsBuilder().WithAk(cloudsim.DemoAccessKey).WithSk(cloudsim.DemoSecretKey).WithIamEndpointOverride(url)
	if withDomain {
		builder.WithDomainId(home)
	}
	credentials, err := builder.SafeBuild()
	require.NoError(t, err)
	// A region, other than a bare endpoint, makes the SDK look for its domain where none is given.
	client, err := iam.IamClientBuilder().WithRegion(region.NewRegion("sim-1", url)).WithCredential(credentials).WithHttpConfig(config.DefaultHttpConfig()).SafeBuild()
	require.NoError(t, err)
	epsClient, err := eps.EpsClientBuilder().WithEndpoint(url).WithCredential(credentials).SafeBuild()
	require.NoError(t, err)
	return &sdk{IamClient: iam.NewIamClient(client), eps: eps.NewEpsClient(epsClient), sim: sim, home: home}
}

func ptr[T any](v T) *T { return &v }

// request asks for an agency that lives so many days, "" for ever.
func (c *sdk) request(name string, days any) *model.CreateAgencyRequest {
	option := &model.CreateAgencyOption{Name: name, DomainId: c.home, TrustDomainName: ptr("partner-co"), Description: ptr("nightly & weekly")}
	if days != "" {
		option.Duration = &days
	}
	return &model.CreateAgencyRequest{Body: &model.CreateAgencyRequestBody{Agency: option}}
}

func (c *sdk) create(t *testing.T, name string) string {
	t.Helper()
	answer, err := c.CreateAgency(c.request(name, ""))
	require.NoError(t, err)
	return answer.Agency.Id
}

func (c *sdk) role(t *testing.T, display string) string {
	t.Helper()
	answer, err := c.KeystoneListPermissions(&model.KeystoneListPermissionsRequest{DisplayName: &display})
	require.NoError(t, err)
	for _, r := range *answer.Roles {
		if *r.DisplayName == display {
			return r.Id
		}
	}
	t.Fatalf("no role %q", display)
	return ""
}

func statusOf(t *testing.T, err error) int {
	t.Helper()
	var failed *sdkerr.ServiceResponseError
	require.ErrorAs(t, err, &failed)
	return failed.StatusCode
}

func TestSDKFindsItsDomain(t *testing.T) {
	c := newSDK(t, cloudsim.Options{}, false)
	_, err := c.ListAgencies(&model.ListAgenciesRequest{DomainId: c.home})
	require.NoError(t, err)
	assert.Equal(t, "KeystoneListAuthDomains", c.sim.Calls()[0].Operation)
}

// The vendor's client decodes durations as texts alone, whatever was asked for.
func TestSDKDurations(t *testing.T) {
	c := newSDK(t, cloudsim.Options{}, true)
	for name, tc := range map[string]struct {
		days  any
		hours string
	}{"text": {"20", "480"}, "number": {20, "480"}, "one day": {"ONEDAY", "24"}} {
		answer, err := c.CreateAgency(c.request(name, tc.days))
		require.NoError(t, err)
		assert.Equal(t, tc.hours, answer.Agency.Duration)
		shown, err := c.ShowAgency(&model.ShowAgencyRequest{AgencyId: answer.Agency.Id})
		require.NoError(t, err)
		assert.Equal(t, tc.hours, shown.Agency.Duration)
		assert.NotEmpty(t, shown.Agency.ExpireTime)
		listed, err := c.ListAgencies(&model.ListAgenciesRequest{DomainId: c.home, Name: &name})
		require.NoError(t, err)
		require.Len(t, *listed.Agencies, 1)
		assert.Equal(t, tc.hours, (*listed.Agencies)[0].Duration)
		updated, err := c.UpdateAgency(&model.UpdateAgencyRequest{AgencyId: answer.Agency.Id, Body: &model.UpdateAgencyRequestBody{
			Agency: &model.UpdateAgencyOption{Duration: ptr[any]("2")}}})
		require.NoError(t, err)
		assert.Equal(t, "48", *updated.Agency.Duration)
	}

	// With a number the agency is made, and the answer cannot be decoded.
	c = newSDK(t, cloudsim.Options{Switches: cloudsim.Switches{DurationNumber: true}}, true)
	_, err := c.CreateAgency(c.request("number", "20"))
	assert.Equal(t, 201, statusOf(t, err))
}

func TestSDKAgencies(t *testing.T) {
	c := newSDK(t, cloudsim.Options{}, true)
	id := c.create(t, "ci runner+1")
	shown, err := c.ShowAgency(&model.ShowAgencyRequest{AgencyId: id})
	require.NoError(t, err)
	assert.Equal(t, "partner-co", *shown.Agency.TrustDomainName)
	assert.Equal(t, "FOREVER", shown.Agency.Duration)
	assert.Equal(t, "nightly & weekly", shown.Agency.Description)

	listed, err := c.ListAgencies(&model.ListAgenciesRequest{DomainId: c.home, Name: ptr("ci runner+1"), Page: ptr(int32(1)), PerPage: ptr(int32(500))})
	require.NoError(t, err)
	require.Len(t, *listed.Agencies, 1)

	_, err = c.UpdateAgency(&model.UpdateAgencyRequest{AgencyId: id, Body: &model.UpdateAgencyRequestBody{Agency: &model.UpdateAgencyOption{
		TrustDomainName: ptr("op_svc_ecs"), Description: ptr("")}}})
	require.NoError(t, err)
	shown, err = c.ShowAgency(&model.ShowAgencyRequest{AgencyId: id})
	require.NoError(t, err)
	assert.Equal(t, "op_svc_ecs", *shown.Agency.TrustDomainName)
	assert.Empty(t, shown.Agency.Description)

	_, err = c.DeleteAgency(&model.DeleteAgencyRequest{AgencyId: id})
	require.NoError(t, err)
	_, err = c.ShowAgency(&model.ShowAgencyRequest{AgencyId: id})
	assert.Equal(t, 404, statusOf(t, err))
}

func TestSDKGrants(t *testing.T) {
	c := newSDK(t, cloudsim.Options{}, true)
	id, role, global := c.create(t, "ops"), c.role(t, "ECS ReadOnlyAccess"), c.role(t, "OBS ReadOnlyAccess")
	projects, err := c.KeystoneListProjects(&model.KeystoneListProjectsRequest{Name: ptr("cn-north-4")})
	require.NoError(t, err)
	require.Len(t, *projects.Projects, 1)
	project := (*projects.Projects)[0].Id

	_, err = c.AssociateAgencyWithDomainPermission(&model.AssociateAgencyWithDomainPermissionRequest{DomainId: c.home, AgencyId: id, RoleId: global})
	require.NoError(t, err)
	_, err = c.AssociateAgencyWithProjectPermission(&model.AssociateAgencyWithProjectPermissionRequest{ProjectId: project, AgencyId: id, RoleId: role})
	require.NoError(t, err)
	_, err = c.AssociateAgencyWithAllProjectsPermission(&model.AssociateAgencyWithAllProjectsPermissionRequest{DomainId: c.home, AgencyId: id, RoleId: role})
	require.NoError(t, err)

	domain, err := c.ListDomainPermissionsForAgency(&model.ListDomainPermissionsForAgencyRequest{DomainId: c.home, AgencyId: id})
	require.NoError(t, err)
	require.Len(t, *domain.Roles, 1)
	assert.Equal(t, "OBS ReadOnlyAccess", *(*domain.Roles)[0].DisplayName)
	inProject, err := c.ListProjectPermissionsForAgency(&model.ListProjectPermissionsForAgencyRequest{ProjectId: project, AgencyId: id})
	require.NoError(t, err)
	assert.Len(t, *inProject.Roles, 1)
	inherited, err := c.ListAllProjectsPermissionsForAgency(&model.ListAllProjectsPermissionsForAgencyRequest{DomainId: c.home, AgencyId: id})
	require.NoError(t, err)
	require.Len(t, *inherited.Roles, 1)
	assert.Equal(t, role, (*inherited.Roles)[0].Id)

	_, err = c.CheckDomainPermissionForAgency(&model.CheckDomainPermissionForAgencyRequest{DomainId: c.home, AgencyId: id, RoleId: global})
	require.NoError(t, err)
	_, err = c.CheckAllProjectsPermissionForAgency(&model.CheckAllProjectsPermissionForAgencyRequest{DomainId: c.home, AgencyId: id, RoleId: role})
	require.NoError(t, err)
	_, err = c.CheckProjectPermissionForAgency(&model.CheckProjectPermissionForAgencyRequest{ProjectId: project, AgencyId: id, RoleId: global})
	assert.Equal(t, 404, statusOf(t, err))

	all, err := c.ShowDomainRoleAssignments(&model.ShowDomainRoleAssignmentsRequest{DomainId: c.home, SubjectAgencyId: &id, Page: ptr(int32(1)), PerPage: ptr(int32(50))})
	require.NoError(t, err)
	assert.Len(t, *all.RoleAssignments, 3)
	only, err := c.ShowDomainRoleAssignments(&model.ShowDomainRoleAssignmentsRequest{DomainId: c.home, SubjectAgencyId: &id, Scope: ptr("domain"), IsInherited: ptr(true)})
	require.NoError(t, err)
	require.Len(t, *only.RoleAssignments, 1)
	assert.True(t, *(*only.RoleAssignments)[0].IsInherited)

	_, err = c.RemoveDomainPermissionFromAgency(&model.RemoveDomainPermissionFromAgencyRequest{DomainId: c.home, AgencyId: id, RoleId: global})
	require.NoError(t, err)
	_, err = c.RemoveProjectPermissionFromAgency(&model.RemoveProjectPermissionFromAgencyRequest{ProjectId: project, AgencyId: id, RoleId: role})
	require.NoError(t, err)
	_, err = c.RemoveAllProjectsPermissionFromAgency(&model.RemoveAllProjectsPermissionFromAgencyRequest{DomainId: c.home, AgencyId: id, RoleId: role})
	require.NoError(t, err)
	all, err = c.ShowDomainRoleAssignments(&model.ShowDomainRoleAssignmentsRequest{DomainId: c.home, SubjectAgencyId: &id})
	require.NoError(t, err)
	assert.Empty(t, *all.RoleAssignments)
}

func TestSDKEnterpriseProjectGrants(t *testing.T) {
	c := newSDK(t, cloudsim.Options{}, true)
	id, role := c.create(t, "ops"), c.role(t, "ECS ReadOnlyAccess")
	projects, err := c.eps.ListEnterpriseProject(&epsmodel.ListEnterpriseProjectRequest{Name: ptr("stag")})
	require.NoError(t, err)
	require.Len(t, *projects.EnterpriseProjects, 1)
	project := (*projects.EnterpriseProjects)[0].Id

	_, err = c.AssociateRoleToAgencyOnEnterpriseProject(&model.AssociateRoleToAgencyOnEnterpriseProjectRequest{Body: &model.CreateAgencyEpPolicyAssignmentReqBody{
		RoleAssignments: []model.CreateAgencyEpPolicyAssignmentReqBodyRoleAssignments{{AgencyId: id, EnterpriseProjectId: project, RoleId: role}}}})
	require.NoError(t, err)
	all, err := c.ShowDomainRoleAssignments(&model.ShowDomainRoleAssignmentsRequest{DomainId: c.home, ScopeEnterpriseProjectsId: &project})
	require.NoError(t, err)
	require.Len(t, *all.RoleAssignments, 1)
	assert.Equal(t, project, *(*all.RoleAssignments)[0].Scope.EnterpriseProject.Id)

	_, err = c.RevokeRoleFromAgencyOnEnterpriseProject(&model.RevokeRoleFromAgencyOnEnterpriseProjectRequest{Body: &model.CreateOrDelAgencyEpPolicyAssignmentReqBody{
		RoleAssignments: []model.CreateAgencyEpPolicyAssignmentReqBodyRoleAssignments{{AgencyId: id, EnterpriseProjectId: project, RoleId: role}}}})
	require.NoError(t, err)
	all, err = c.ShowDomainRoleAssignments(&model.ShowDomainRoleAssignmentsRequest{DomainId: c.home, Scope: ptr("enterprise_project")})
	require.NoError(t, err)
	assert.Empty(t, *all.RoleAssignments)
}

func TestSDKCustomPolicies(t *testing.T) {
	c := newSDK(t, cloudsim.Options{}, true)
	option := func(name string) *model.ServicePolicyRoleOption {
		return &model.ServicePolicyRoleOption{DisplayName: name, Type: "AX", Description: "read one bucket", Policy: &model.ServicePolicy{Version: "1.1",
			Statement: []model.ServiceStatement{{Effect: model.GetServiceStatementEffectEnum().ALLOW, Action: []string{"obs:object:GetObject"},
				Resource: &[]string{"obs:*:*:object:backup/*"}, Condition: map[string]map[string][]string{"StringEquals": {"g:UserName": {"ops"}}}}}}}
	}
	made, err := c.CreateCloudServiceCustomPolicy(&model.CreateCloudServiceCustomPolicyRequest{
		Body: &model.CreateCloudServiceCustomPolicyRequestBody{Role: option("backup-read")}})
	require.NoError(t, err)
	id := made.Role.Id

	assume, err := c.CreateAgencyCustomPolicy(&model.CreateAgencyCustomPolicyRequest{Body: &model.CreateAgencyCustomPolicyRequestBody{
		Role: &model.AgencyPolicyRoleOption{DisplayName: "assume-one", Type: "AX", Description: "switch to one agency", Policy: &model.AgencyPolicy{Version: "1.1",
			Statement: []model.AgencyPolicyStatement{{Effect: model.GetAgencyPolicyStatementEffectEnum().ALLOW,
				Action:   []model.AgencyPolicyStatementAction{model.GetAgencyPolicyStatementActionEnum().IAMAGENCIESASSUME},
				Resource: &model.AgencyPolicyResource{Uri: []string{"/iam/agencies/5a1e0c77b0f24d0f9a3b6f1c2d3e4f50"}}}}}}}})
	require.NoError(t, err)

	listed, err := c.ListCustomPolicies(&model.ListCustomPoliciesRequest{Page: ptr(int32(1)), PerPage: ptr(int32(300))})
	require.NoError(t, err)
	var found []string
	for _, r := range *listed.Roles {
		found = append(found, r.DisplayName)
	}
	slices.Sort(found)
	assert.Equal(t, []string{"assume-one", "backup-read"}, found)

	_, err = c.UpdateCloudServiceCustomPolicy(&model.UpdateCloudServiceCustomPolicyRequest{RoleId: id,
		Body: &model.UpdateCloudServiceCustomPolicyRequestBody{Role: option("backup-read-2")}})
	require.NoError(t, err)
	shown, err := c.ShowCustomPolicy(&model.ShowCustomPolicyRequest{RoleId: id})
	require.NoError(t, err)
	assert.Equal(t, "backup-read-2", shown.Role.DisplayName)
	own, err := c.KeystoneListPermissions(&model.KeystoneListPermissionsRequest{DomainId: &c.home})
	require.NoError(t, err)
	assert.Len(t, *own.Roles, 2)
	one, err := c.KeystoneShowPermission(&model.KeystoneShowPermissionRequest{RoleId: assume.Role.Id})
	require.NoError(t, err)
	assert.Equal(t, "assume-one", *one.Role.DisplayName)

	_, err = c.DeleteCustomPolicy(&model.DeleteCustomPolicyRequest{RoleId: id})
	require.NoError(t, err)
	_, err = c.ShowCustomPolicy(&model.ShowCustomPolicyRequest{RoleId: id})
	assert.Equal(t, 404, statusOf(t, err))
}

func TestSDKLookUps(t *testing.T) {
	c := newSDK(t, cloudsim.Options{}, true)
	quota, err := c.ShowDomainQuota(&model.ShowDomainQuotaRequest{DomainId: c.home, Type: ptr(model.GetShowDomainQuotaRequestTypeEnum().AGENCY)})
	require.NoError(t, err)
	require.Len(t, *quota.Quotas.Resources, 1)
	projects, err := c.KeystoneListAuthProjects(&model.KeystoneListAuthProjectsRequest{})
	require.NoError(t, err)
	assert.Len(t, *projects.Projects, 5)
	domains, err := c.KeystoneListAuthDomains(&model.KeystoneListAuthDomainsRequest{})
	require.NoError(t, err)
	require.Len(t, *domains.Domains, 1)
	assert.Equal(t, "example-co", (*domains.Domains)[0].Name)
}
