package sdkjudge

import (
	"testing"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth/basic"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/sdkerr"
	csms "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/csms/v1"
	csmsmodel "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/csms/v1/model"
	fabric "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/dataartsfabric/v1"
	fabricmodel "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/dataartsfabric/v1/model"
	lakeformation "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/lakeformation/v1"
	lakemodel "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/lakeformation/v1/model"
	secmaster "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/secmaster/v1"
	secmodel "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/secmaster/v1/model"
	smn "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/smn/v2"
	smnmodel "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/smn/v2/model"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/cloudsim"
)

// newRegional returns a simulator that verifies signatures and what the vendor's regional clients are made from: a
// builder, with the credentials of a project, is finished for the simulator.
func newRegional(t *testing.T, o cloudsim.Options) (*cloudsim.Server, func(*core.HcHttpClientBuilder) *core.HcHttpClient) {
	t.Helper()
	sim, err := cloudsim.New(o)
	require.NoError(t, err)
	url, stop, err := cloudsim.Start(t.Context(), sim, "")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, stop()) })
	world := sim.World()
	projectID := ""
	for _, p := range world.AccountNamed("").Projects {
		if p.Name == "cn-north-4" {
			projectID = p.ID
		}
	}
	credentials, err := basic.NewCredentialsBuilder().WithAk(cloudsim.DemoAccessKey).WithSk(cloudsim.DemoSecretKey).WithProjectId(projectID).SafeBuild()
	require.NoError(t, err)
	return sim, func(builder *core.HcHttpClientBuilder) *core.HcHttpClient {
		t.Helper()
		client, err := builder.WithEndpoint(url).WithCredential(credentials).SafeBuild()
		require.NoError(t, err)
		return client
	}
}

func agencyOf(sim *cloudsim.Server, name string) *cloudsim.Agency {
	world := sim.World()
	return world.AccountNamed("").AgencyNamed(name)
}

func TestSDKSecrets(t *testing.T) {
	sim, build := newRegional(t, cloudsim.Options{Faults: cloudsim.Faults{Agencies: []cloudsim.AgencyFault{
		{Agency: "FunctionGraphAgencyForRotateRDSByCSMSV3", Message: "iam: try later", Times: 1}}}})
	c := csms.NewCsmsClient(build(csms.CsmsClientBuilder()))
	show := func() string {
		t.Helper()
		answer, err := c.ShowAgency(&csmsmodel.ShowAgencyRequest{SecretType: csmsmodel.GetShowAgencyRequestSecretTypeEnum().RDS_FG})
		require.NoError(t, err)
		return *answer.AgencyGranted
	}
	create := func() []csmsmodel.Agency {
		t.Helper()
		answer, err := c.CreateAgency(&csmsmodel.CreateAgencyRequest{Body: &csmsmodel.CreateAgencyRequestBody{
			SecretType: csmsmodel.GetCreateAgencyRequestBodySecretTypeEnum().RDS_FG}})
		require.NoError(t, err)
		return *answer.Agencies
	}
	assert.Equal(t, "false", show())
	agencies := create()
	require.Len(t, agencies, 2)
	assert.Equal(t, agencyOf(sim, "CSMSAccessFunctionGraph").ID, *agencies[0].AgencyId)
	assert.Nil(t, agencies[1].AgencyId)
	assert.Equal(t, "iam: try later", *agencies[1].ErrorMsg)
	assert.Equal(t, "false", show())
	assert.Nil(t, create()[1].ErrorMsg)
	assert.Equal(t, "true", show())
}

func TestSDKSecMaster(t *testing.T) {
	sim, build := newRegional(t, cloudsim.Options{Switches: cloudsim.Switches{OnlyPublishedRoles: true}})
	c := secmaster.NewSecMasterClient(build(secmaster.SecMasterClientBuilder()))
	list := func() *secmodel.ListServiceAgencyResponse {
		t.Helper()
		answer, err := c.ListServiceAgency(&secmodel.ListServiceAgencyRequest{XLanguage: ptr("en-us")})
		require.NoError(t, err)
		return answer
	}
	assert.False(t, *list().CreateAgency)
	roles := list().RoleDescriptions
	require.NotEmpty(t, *roles)
	answer, err := c.CreateServiceAgency(&secmodel.CreateServiceAgencyRequest{Body: &secmodel.CreateServiceAgencyRequestBody{
		RoleDescriptions: roles,
		Organizations:    &[]secmodel.Organization{{AccountId: "aaaabbbbccccddddeeeeffff00001111", OrganizationId: "o-exampleorg01"}},
	}})
	require.NoError(t, err)
	assert.Equal(t, 201, answer.HttpStatusCode)
	assert.True(t, *list().CreateAgency)
	assert.Len(t, agencyOf(sim, "SecMaster_Agency").Grants, len(*roles))

	for name, s := range map[string]cloudsim.Switches{"E1": {}, "E2": {SecMasterShapeE2: true}} {
		_, build := newRegional(t, cloudsim.Options{Switches: s, Faults: cloudsim.Faults{Targets: []cloudsim.Fault{{Status: 403, Times: 1}}}})
		c := secmaster.NewSecMasterClient(build(secmaster.SecMasterClientBuilder()))
		_, err := c.CreateServiceAgency(&secmodel.CreateServiceAgencyRequest{Body: &secmodel.CreateServiceAgencyRequestBody{}})
		var failed *sdkerr.ServiceResponseError
		require.ErrorAs(t, err, &failed, name)
		assert.Equal(t, "csb.00180005", failed.ErrorCode, name)
		assert.NotEmpty(t, failed.RequestId, name)
	}
}

func TestSDKFabric(t *testing.T) {
	for name, switches := range map[string]cloudsim.Switches{"an echo": {}, "an empty answer": {FabricEmptyAnswer: true}} {
		t.Run(name, func(t *testing.T) {
			sim, build := newRegional(t, cloudsim.Options{Switches: switches})
			c := fabric.NewDataArtsFabricClient(build(fabric.DataArtsFabricClientBuilder()))
			enabled := func() []string {
				t.Helper()
				answer, err := c.ListAgency(&fabricmodel.ListAgencyRequest{})
				require.NoError(t, err)
				assert.Equal(t, "fabric_admin_trust", *answer.AgencyName)
				out := []string{}
				for _, p := range *answer.AgencyPolicies {
					if p.IsEnable {
						out = append(out, p.PolicyType.Value())
					}
				}
				return out
			}
			assert.Empty(t, enabled())
			smn := fabricmodel.GetAgencyTypeBodyPolicyTypesEnum().FABRIC_SMN_POLICY
			_, err := c.CreateAgency(&fabricmodel.CreateAgencyRequest{Body: &fabricmodel.AgencyTypeBody{PolicyTypes: &[]fabricmodel.AgencyTypeBodyPolicyTypes{smn}}})
			require.NoError(t, err)
			assert.Equal(t, []string{"FABRIC_COMMON_POLICY", "FABRIC_LTS_POLICY", "FABRIC_SMN_POLICY"}, enabled())
			one := fabricmodel.GetDeleteAgencyRequestPolicyTypeEnum().FABRIC_SMN_POLICY
			_, err = c.DeleteAgency(&fabricmodel.DeleteAgencyRequest{PolicyType: &one})
			require.NoError(t, err)
			assert.Equal(t, []string{"FABRIC_COMMON_POLICY", "FABRIC_LTS_POLICY"}, enabled())
			_, err = c.DeleteAgency(&fabricmodel.DeleteAgencyRequest{})
			require.NoError(t, err)
			assert.Nil(t, agencyOf(sim, "fabric_admin_trust"))
			_, err = c.DeleteAgency(&fabricmodel.DeleteAgencyRequest{})
			assert.Equal(t, 404, statusOf(t, err))
		})
	}
}

// An error code that is a number makes the vendor's client take the one inside.
func TestSDKFabricDenied(t *testing.T) {
	_, build := newRegional(t, cloudsim.Options{Faults: cloudsim.Faults{Targets: []cloudsim.Fault{{Status: 403}}}})
	c := fabric.NewDataArtsFabricClient(build(fabric.DataArtsFabricClientBuilder()))
	_, err := c.ListAgency(&fabricmodel.ListAgencyRequest{})
	var failed *sdkerr.ServiceResponseError
	require.ErrorAs(t, err, &failed)
	assert.Equal(t, "403", failed.ErrorCode)
	assert.Equal(t, "X-Auth-Token is invalid in the request", failed.ErrorMessage)
}

func TestSDKLakeFormation(t *testing.T) {
	sim, build := newRegional(t, cloudsim.Options{})
	c := lakeformation.NewLakeFormationClient(build(lakeformation.LakeFormationClientBuilder()))
	body := &lakemodel.AgencyRequestBody{AgencyType: lakemodel.GetAgencyRequestBodyAgencyTypeEnum().JOB_TRUST}
	made, err := c.CreateAgency(&lakemodel.CreateAgencyRequest{Body: body})
	require.NoError(t, err)
	assert.Equal(t, 201, made.HttpStatusCode)
	shown, err := c.ShowAgency(&lakemodel.ShowAgencyRequest{AgencyType: lakemodel.GetShowAgencyRequestAgencyTypeEnum().JOB_TRUST})
	require.NoError(t, err)
	assert.Equal(t, "JOB_TRUST", shown.AgencyType.Value())
	require.NotNil(t, agencyOf(sim, "lakeformation_job_trust"))
	deleted, err := c.DeleteAgency(&lakemodel.DeleteAgencyRequest{Body: body})
	require.NoError(t, err)
	assert.NotEmpty(t, *deleted.XRequestId)
	assert.Nil(t, agencyOf(sim, "lakeformation_job_trust"))
	_, err = c.DeleteAgency(&lakemodel.DeleteAgencyRequest{Body: body})
	assert.Equal(t, 404, statusOf(t, err), "once more")
}

func TestSDKNotifications(t *testing.T) {
	sim, build := newRegional(t, cloudsim.Options{})
	c := smn.NewSmnClient(build(smn.SmnClientBuilder()))
	publish := func(urn string) (*smnmodel.PublishMessageResponse, error) {
		subject, message := "subject", "message"
		return c.PublishMessage(&smnmodel.PublishMessageRequest{TopicUrn: urn, Body: &smnmodel.PublishMessageRequestBody{Subject: &subject, Message: &message}})
	}
	urn := cloudsim.DemoTopic(cloudsim.HuaweiCloud)
	answer, err := publish(urn)
	require.NoError(t, err)
	world := sim.World()
	assert.Equal(t, []cloudsim.TopicMessage{{ID: *answer.MessageId, Subject: "subject", Message: "message"}}, world.AccountNamed("").Topics[0].Messages)
	_, err = publish(urn + "x")
	assert.Equal(t, 404, statusOf(t, err))
	var failed *sdkerr.ServiceResponseError
	require.ErrorAs(t, err, &failed)
	assert.Equal(t, "SMN.0006", failed.ErrorCode)
}
