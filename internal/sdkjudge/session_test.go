package sdkjudge

import (
	"testing"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth/basic"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth/global"
	iam "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/iam/v3"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/services/iam/v3/model"
	sts "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/sts/v1"
	stsmodel "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/sts/v1/model"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/cloudsim"
)

// sessions are the vendor's clients for one key pair.
type sessions struct {
	iam *iam.IamClient
	sts *sts.StsClient
}

func newSessions(t *testing.T, url, access, secret, token, domain string) sessions {
	t.Helper()
	// The vendor's client of STS wants the credentials of a project, which STS does not look at.
	const project = "0123456789abcdef0123456789abcdef"
	credentials, err := global.NewCredentialsBuilder().WithAk(access).WithSk(secret).WithSecurityToken(token).WithDomainId(domain).SafeBuild()
	require.NoError(t, err)
	iamClient, err := iam.IamClientBuilder().WithEndpoint(url).WithCredential(credentials).SafeBuild()
	require.NoError(t, err)
	regional, err := basic.NewCredentialsBuilder().WithAk(access).WithSk(secret).WithSecurityToken(token).WithProjectId(project).SafeBuild()
	require.NoError(t, err)
	stsClient, err := sts.StsClientBuilder().WithEndpoint(url).WithCredential(regional).SafeBuild()
	require.NoError(t, err)
	return sessions{iam.NewIamClient(iamClient), sts.NewStsClient(stsClient)}
}

func (s sessions) domain(t *testing.T) string {
	t.Helper()
	answer, err := s.iam.KeystoneListAuthDomains(&model.KeystoneListAuthDomainsRequest{})
	require.NoError(t, err)
	require.Len(t, *answer.Domains, 1)
	return (*answer.Domains)[0].Name
}

func TestSDKSessions(t *testing.T) {
	sim, err := cloudsim.New(cloudsim.Options{})
	require.NoError(t, err)
	url, stop, err := cloudsim.Start(t.Context(), sim, "")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, stop()) })
	world := sim.World()
	partner := world.AccountNamed("partner-co").ID
	base := newSessions(t, url, cloudsim.DemoAccessKey, cloudsim.DemoSecretKey, "", world.Home)
	assert.Equal(t, "example-co", base.domain(t))

	made, err := base.iam.KeystoneCreateUserTokenByPassword(&model.KeystoneCreateUserTokenByPasswordRequest{Body: &model.KeystoneCreateUserTokenByPasswordRequestBody{
		Auth: &model.PwdAuth{
			Identity: &model.PwdIdentity{
				Methods: []model.PwdIdentityMethods{model.GetPwdIdentityMethodsEnum().PASSWORD},
				Password: &model.PwdPassword{User: &model.PwdPasswordUser{
					Name: cloudsim.DemoUser, Password: cloudsim.DemoUserPassword, Domain: &model.PwdPasswordUserDomain{Name: "example-co"}}},
			},
			Scope: &model.AuthScope{Domain: &model.AuthScopeDomain{Name: ptr("example-co")}},
		}}})
	require.NoError(t, err)
	assert.Equal(t, cloudsim.DemoUser, made.Token.User.Name)
	assert.Equal(t, world.Home, made.Token.Domain.Id)
	assert.NotEmpty(t, made.Token.Catalog)
	token := *made.XSubjectToken
	shown, err := base.iam.KeystoneValidateToken(&model.KeystoneValidateTokenRequest{XSubjectToken: token})
	require.NoError(t, err)
	assert.Equal(t, made.Token, shown.Token)

	assume := []model.AgencyTokenIdentityMethods{model.GetAgencyTokenIdentityMethodsEnum().ASSUME_ROLE}
	agency, err := base.iam.KeystoneCreateAgencyToken(&model.KeystoneCreateAgencyTokenRequest{Body: &model.KeystoneCreateAgencyTokenRequestBody{
		Auth: &model.AgencyTokenAuth{
			Identity: &model.AgencyTokenIdentity{Methods: assume,
				AssumeRole: &model.AgencyTokenAssumerole{DomainName: ptr("partner-co"), AgencyName: cloudsim.DemoPartnerAgency}},
			Scope: &model.AgencyTokenScope{Domain: &model.AgencyTokenScopeDomain{Name: ptr("partner-co")}},
		}}})
	require.NoError(t, err)
	assert.Equal(t, "partner-co/"+cloudsim.DemoPartnerAgency, agency.Token.User.Name)
	assert.Equal(t, cloudsim.DemoUser, agency.Token.AssumedBy.User.Name)

	byAgency, err := base.iam.CreateTemporaryAccessKeyByAgency(&model.CreateTemporaryAccessKeyByAgencyRequest{Body: &model.CreateTemporaryAccessKeyByAgencyRequestBody{
		Auth: &model.AgencyAuth{Identity: &model.AgencyAuthIdentity{
			Methods:    []model.AgencyAuthIdentityMethods{model.GetAgencyAuthIdentityMethodsEnum().ASSUME_ROLE},
			AssumeRole: &model.IdentityAssumerole{AgencyName: cloudsim.DemoPartnerAgency, DomainName: ptr("partner-co"), DurationSeconds: ptr(int32(3600))},
		}}}})
	require.NoError(t, err)
	assumed := newSessions(t, url, byAgency.Credential.Access, byAgency.Credential.Secret, byAgency.Credential.Securitytoken, partner)
	assert.Equal(t, "partner-co", assumed.domain(t))
	agencies, err := assumed.iam.ListAgencies(&model.ListAgenciesRequest{DomainId: partner})
	require.NoError(t, err)
	require.Len(t, *agencies.Agencies, 1)
	assert.Equal(t, cloudsim.DemoPartnerAgency, (*agencies.Agencies)[0].Name)

	byToken, err := base.iam.CreateTemporaryAccessKeyByToken(&model.CreateTemporaryAccessKeyByTokenRequest{Body: &model.CreateTemporaryAccessKeyByTokenRequestBody{
		Auth: &model.TokenAuth{Identity: &model.TokenAuthIdentity{
			Methods: []model.TokenAuthIdentityMethods{model.GetTokenAuthIdentityMethodsEnum().TOKEN}, Token: &model.IdentityToken{Id: &token}}}}})
	require.NoError(t, err)
	own := newSessions(t, url, byToken.Credential.Access, byToken.Credential.Secret, byToken.Credential.Securitytoken, world.Home)
	assert.Equal(t, "example-co", own.domain(t))
}

func TestSDKTokenService(t *testing.T) {
	sim, err := cloudsim.New(cloudsim.Options{})
	require.NoError(t, err)
	url, stop, err := cloudsim.Start(t.Context(), sim, "")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, stop()) })
	world := sim.World()
	partner := world.AccountNamed("partner-co").ID
	base := newSessions(t, url, cloudsim.DemoAccessKey, cloudsim.DemoSecretKey, "", world.Home)
	identity := func(s sessions) string {
		t.Helper()
		answer, err := s.sts.GetCallerIdentity(&stsmodel.GetCallerIdentityRequest{})
		require.NoError(t, err)
		return *answer.AccountId + " " + *answer.PrincipalUrn
	}
	assert.Equal(t, world.Home+" iam::"+world.Home+":user:"+cloudsim.DemoUser, identity(base))
	request := func(agency string) *stsmodel.AssumeAgencyRequest {
		return &stsmodel.AssumeAgencyRequest{Body: &stsmodel.AssumeAgencyReqBody{
			AgencyUrn: "iam::" + partner + ":agency:" + agency, AgencySessionName: "deploy", DurationSeconds: ptr(int32(900))}}
	}
	answer, err := base.sts.AssumeAgency(request(cloudsim.DemoPartnerAgency))
	require.NoError(t, err)
	assert.NotNil(t, answer.Credentials.Expiration)
	c := answer.Credentials
	assumed := newSessions(t, url, c.AccessKeyId, c.SecretAccessKey, c.SecurityToken, partner)
	assert.Equal(t, partner+" "+answer.AssumedAgency.Urn, identity(assumed))
	_, err = base.sts.AssumeAgency(request("nobody"))
	assert.Equal(t, 404, statusOf(t, err))
}
