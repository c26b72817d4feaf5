package acceptance

import (
	"encoding/pem"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/cloudsim"
)

const domainsPath = "/v3/auth/domains"

// tokenFor gets a token of the demo user for a project.
func (f *front) tokenFor(t *testing.T, project string) string {
	t.Helper()
	header, _ := f.entrance(t, tokensPath, "", strings.Replace(tokenRequest, `"scope":{"domain":{"name":"example-co"}}`, `"scope":{"project":{"name":"`+project+`"}}`, 1))
	return header.Get("X-Subject-Token")
}

// writeManifest writes a manifest that wants one agency.
func writeManifest(t *testing.T, account string, cloud, region string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "m.yaml")
	require.NoError(t, os.WriteFile(path, []byte("apiVersion: agencyctl/v1\naccount: "+account+"\ncloud: {kind: "+cloud+", region: "+region+"}\n"+
		"agencies:\n  - {name: ops-one, trust: {account: partner-co}, duration: 20d}\n"), 0o600))
	return path
}

// TestATokenForAProjectIsOneLine: a token that is made for a project is told as that, once, after the one call that asks what it is.
func TestATokenForAProjectIsOneLine(t *testing.T) {
	for cloud, regions := range map[string][]string{
		cloudsim.HuaweiCloud: {"cn-north-4", "cn-north-4_data"}, cloudsim.OpenTelekomCloud: {"eu-de", "eu-de_prod"},
	} {
		for _, project := range regions {
			for source, keys := range map[string]string{
				"OS_AUTH_TOKEN": "OS_PROJECT_NAME, OS_TENANT_NAME", "OS_TOKEN": "OS_PROJECT_NAME, OS_TENANT_NAME", "HW_AUTH_TOKEN": "HW_PROJECT_NAME", "clouds.yaml": "project_name",
			} {
				for _, command := range []string{"plan", "apply", "drift", "whoami"} {
					t.Run(strings.Join([]string{cloud, project, source, command}, "/"), func(t *testing.T) {
						t.Parallel()
						f := newFront(t, cloudsim.Options{Cloud: cloud})
						token := f.tokenFor(t, project)
						f.signIn(t, signIn{env: map[string]string{source: token}})
						if source == "clouds.yaml" {
							f.signIn(t, signIn{
								env:   map[string]string{"OS_CLOUD": "demo", "OS_CLIENT_CONFIG_FILE": "$DIR/clouds.yaml"},
								files: map[string]string{"clouds.yaml": "clouds: {demo: {auth: {token: " + token + "}}}\n"},
							})
						}
						// A claim of the account must not hide it either.
						for _, account := range []string{"{name: example-co}", "{id: " + f.server.World().Home + "}"} {
							f.server.ResetCalls()
							args := []string{command, "-f", writeManifest(t, account, cloud, regions[0])}
							if command == "apply" {
								args = append(args, "--auto-approve")
							}
							o := f.refused(t, []string{
								"the token is scoped to project " + project + "; agencies need one for the account",
								"hint: leave out the project (" + keys + ") when making it",
							}, args...)
							assert.Len(t, strings.Split(strings.TrimSpace(o.stderr), "\n"), 2, "%s", o)
							assert.NotContains(t, o.stderr, "HUAWEICLOUD_SDK")
							assert.Len(t, f.server.Calls(), f.asked(http.MethodGet, tokensPath), "nothing else is asked: %v", f.server.Calls())
							assert.LessOrEqual(t, f.asked(http.MethodGet, tokensPath), 2, "who we are, and whose account it is")
						}
						f.noteSecrets(token)
						f.assertNoSecret(t, map[string]string{"the output": f.said.String()})
					})
				}
			}
		}
	}
}

// TestATokenForTheAccountCostsNoFurtherCall: what the token is for is asked in place of the list of accounts.
func TestATokenForTheAccountCostsNoFurtherCall(t *testing.T) {
	f := newFront(t, cloudsim.Options{})
	manifest := writeManifest(t, "{name: example-co}", cloudsim.HuaweiCloud, "cn-north-4")
	f.signIn(t, signIn{env: user})
	f.succeeds(t, "plan", "-f", manifest)
	asUser := len(f.server.Calls()) - 1 // the user's token is got first
	token := f.token(t)
	f.signIn(t, signIn{env: map[string]string{"OS_AUTH_TOKEN": token}})
	f.server.ResetCalls()
	f.succeeds(t, "plan", "-f", manifest)
	assert.Zero(t, f.asked(http.MethodGet, domainsPath))
	assert.Len(t, f.server.Calls(), asUser)
}

// TestAnAgencyIsAssumedWithATokenForAProject: the token that is got then is for the account.
func TestAnAgencyIsAssumedWithATokenForAProject(t *testing.T) {
	f := newFront(t, cloudsim.Options{})
	f.signIn(t, signIn{env: map[string]string{"OS_AUTH_TOKEN": f.tokenFor(t, "cn-north-4")}})
	f.succeeds(t, "plan", "-f", func() string {
		path := writeManifest(t, "{name: partner-co}", cloudsim.HuaweiCloud, "cn-north-4")
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(path, []byte(strings.Replace(string(text), "trust: {account: partner-co}", "trust: {account: example-co}", 1)), 0o600))
		return path
	}(), "--assume", cloudsim.DemoPartnerAgency)
}

// TestAWrongAccountIDIsOneLine: the id that was sent along, and where it comes from, are told once.
func TestAWrongAccountIDIsOneLine(t *testing.T) {
	const wrong = "0123456789abcdef0123456789abcdef"
	right := map[string]string{"HW_ACCESS_KEY": cloudsim.DemoAccessKey, "HW_SECRET_KEY": cloudsim.DemoSecretKey}
	for name, c := range map[string]struct {
		way  signIn
		from string
	}{
		"SDK":          {signIn{env: map[string]string{"HUAWEICLOUD_SDK_AK": cloudsim.DemoAccessKey, "HUAWEICLOUD_SDK_SK": cloudsim.DemoSecretKey, "HUAWEICLOUD_SDK_DOMAIN_ID": wrong}}, "HUAWEICLOUD_SDK_DOMAIN_ID"},
		"HW":           {signIn{env: map[string]string{"HW_ACCESS_KEY": cloudsim.DemoAccessKey, "HW_SECRET_KEY": cloudsim.DemoSecretKey, "HW_DOMAIN_ID": wrong}}, "HW_DOMAIN_ID"},
		"OS":           {signIn{env: map[string]string{"OS_ACCESS_KEY": cloudsim.DemoAccessKey, "OS_SECRET_KEY": cloudsim.DemoSecretKey, "OS_DOMAIN_ID": wrong}}, "OS_DOMAIN_ID"},
		"the manifest": {signIn{env: right}, "account.id in the manifest"},
		"clouds.yaml": {signIn{
			env:   map[string]string{"OS_CLOUD": "demo", "OS_CLIENT_CONFIG_FILE": "$DIR/clouds.yaml"},
			files: map[string]string{"clouds.yaml": "clouds: {demo: {auth: {ak: " + cloudsim.DemoAccessKey + ", sk: " + cloudsim.DemoSecretKey + ", domain_id: " + wrong + "}}}\n"},
		}, "domain_id in file "},
	} {
		for cloud, region := range map[string]string{cloudsim.HuaweiCloud: "cn-north-4", cloudsim.OpenTelekomCloud: "eu-de"} {
			t.Run(name+"/"+cloud, func(t *testing.T) {
				f := newFront(t, cloudsim.Options{Cloud: cloud})
				f.signIn(t, c.way)
				account := "{name: example-co}"
				if name == "the manifest" {
					account = "{id: " + wrong + "}"
				}
				for _, command := range []string{"plan", "whoami"} {
					o := f.refused(t, []string{
						"the credentials belong to account " + f.server.World().Home + ", and not to " + wrong + ", which " + c.from, "hint: correct " + c.from,
					}, command, "-f", writeManifest(t, account, cloud, region))
					assert.Len(t, strings.Split(strings.TrimSpace(o.stderr), "\n"), 2, "%s", o)
					if name != "SDK" {
						assert.NotContains(t, o.stderr, "HUAWEICLOUD_SDK")
					}
				}
				assert.Len(t, f.server.Calls(), f.asked(http.MethodGet, domainsPath), "nothing else is asked: %v", f.server.Calls())
			})
		}
	}
}

// TestATokenInAWrongAccountNamesTheAccount: the password is right, and the account to work in is another's or nobody's.
func TestATokenInAWrongAccountNamesTheAccount(t *testing.T) {
	const wrong = "0123456789abcdef0123456789abcdef"
	for name, value := range map[string]string{"OS_DOMAIN_ID": wrong, "OS_DOMAIN_NAME": "partner-co"} {
		t.Run(name, func(t *testing.T) {
			f := newFront(t, cloudsim.Options{Cloud: cloudsim.OpenTelekomCloud})
			f.signIn(t, signIn{env: map[string]string{
				"OS_USERNAME": cloudsim.DemoUser, "OS_PASSWORD": cloudsim.DemoUserPassword, "OS_USER_DOMAIN_NAME": "example-co", name: value,
			}})
			hint := "hint: check that OS_DOMAIN_ID (" + wrong + ") is the account"
			if name == "OS_DOMAIN_NAME" {
				hint = `hint: check that "partner-co" is the account that the user belongs to`
			}
			o := f.refused(t, []string{hint}, "plan", "-f", writeManifest(t, "{name: example-co}", cloudsim.OpenTelekomCloud, "eu-de"))
			assert.NotContains(t, o.stderr, "HUAWEICLOUD_SDK")
			assert.Equal(t, 1, f.asked(http.MethodPost, tokensPath), "a password is sent once")
		})
	}
}

// TestNothingIsSentForWhatIsNotSupported counts the calls: a password without its second factor would be a wrong attempt.
func TestNothingIsSentForWhatIsNotSupported(t *testing.T) {
	osUser := func(name, value string) map[string]string {
		return map[string]string{"OS_USERNAME": cloudsim.DemoUser, "OS_PASSWORD": cloudsim.DemoUserPassword, "OS_USER_DOMAIN_NAME": "example-co", name: value}
	}
	inFile := func(entry string) signIn {
		auth := "username: " + cloudsim.DemoUser + ", password: " + cloudsim.DemoUserPassword + ", user_domain_name: example-co"
		return signIn{
			env:   map[string]string{"OS_CLOUD": "demo", "OS_CLIENT_CONFIG_FILE": "$DIR/clouds.yaml"},
			files: map[string]string{"clouds.yaml": "clouds: {demo: " + strings.Replace(entry, "USER", auth, 1) + "}\n"},
		}
	}
	const mfa = "multi-factor authentication (MFA), which is not supported"
	for name, c := range map[string]struct {
		way   signIn
		words []string
	}{
		"OS_PASSCODE":             {signIn{env: osUser("OS_PASSCODE", "123456")}, []string{"OS_PASSCODE", mfa, "a token that was made beforehand (OS_AUTH_TOKEN)", "(OS_ACCESS_KEY, OS_SECRET_KEY)"}},
		"OS_AUTH_TYPE":            {signIn{env: osUser("OS_AUTH_TYPE", "v3multifactor")}, []string{"OS_AUTH_TYPE", mfa}},
		"v3multifactor":           {inFile("{auth_type: v3multifactor, auth_methods: [v3password, v3totp], auth: {USER, passcode: 123456}}"), []string{"auth_type", mfa, "a token that was made beforehand (token)", "(ak, sk)"}},
		"a passcode":              {inFile("{auth: {USER, passcode: 123456}}"), []string{"passcode", mfa}},
		"v3oidcpassword":          {inFile("{auth_type: v3oidcpassword, auth: {USER}}"), []string{"is v3oidcpassword, which is not supported"}},
		"v3applicationcredential": {inFile("{auth_type: v3applicationcredential, auth: {USER, application_credential_id: x}}"), []string{"is v3applicationcredential, which is not supported"}},
		"cert":                    {inFile("{cert: c.pem, key: k.pem, auth: {USER}}"), []string{"cert in", "client certificates are not supported"}},
		"profile":                 {inFile("{profile: nowhere, auth: {USER}}"), []string{"profile in", "vendor profile"}},
		"cacert not there":        {inFile("{cacert: nowhere.pem, auth: {USER}}"), []string{"cacert in file", "nowhere.pem"}},
		"cacert empty":            {inFile("{cacert: " + os.DevNull + ", auth: {USER}}"), []string{"cacert in file", os.DevNull}},
		"a region's profile":      {inFile("{profile: otc-swiss, interface: admin, auth: {USER}}"), []string{"interface in", "is not public"}},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFront(t, cloudsim.Options{Cloud: cloudsim.OpenTelekomCloud})
			f.signIn(t, c.way)
			o := f.refused(t, c.words, "plan", "-f", writeManifest(t, "{name: example-co}", cloudsim.OpenTelekomCloud, "eu-de"))
			assert.Empty(t, f.server.Calls())
			assert.NotContains(t, o.stderr, "HUAWEICLOUD_SDK")
			assert.NotContains(t, o.stderr, "123456")
		})
	}
}

// TestAnEntryTrustsItsOwnCA signs in at a server whose certificate only the entry's CA vouches for.
func TestAnEntryTrustsItsOwnCA(t *testing.T) {
	entry := func(more string) signIn {
		return signIn{
			env: map[string]string{"OS_CLOUD": "demo", "OS_CLIENT_CONFIG_FILE": "$DIR/clouds.yaml"},
			files: map[string]string{"clouds.yaml": "clouds: {demo: {" + more + "auth: {username: " + cloudsim.DemoUser + ", password: " +
				cloudsim.DemoUserPassword + ", user_domain_name: example-co}}}\n"},
		}
	}
	f := newFront(t, cloudsim.Options{Cloud: cloudsim.OpenTelekomCloud})
	listening := httptest.NewUnstartedServer(f.watched(f.server))
	listening.Config.ErrorLog = log.New(io.Discard, "", 0) // it tells of each connection that is refused
	listening.StartTLS()
	t.Cleanup(listening.Close)
	f.url = listening.URL
	folder := t.TempDir()
	ca, empty := filepath.Join(folder, "ca.pem"), filepath.Join(folder, "empty.pem")
	require.NoError(t, os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: listening.Certificate().Raw}), 0o600))
	require.NoError(t, os.WriteFile(empty, nil, 0o600))
	manifest := writeManifest(t, "{name: example-co}", cloudsim.OpenTelekomCloud, "eu-de")

	f.signIn(t, entry("cacert: "+ca+", "))
	f.succeeds(t, "plan", "-f", manifest)
	f.env["OS_CACERT"] = filepath.Join(folder, "not-read.pem")
	f.succeeds(t, "plan", "-f", manifest)
	f.signIn(t, entry("cacert: "+ca+", verify: false, region_name: eu-nl, "))
	o := f.succeeds(t, "plan", "-f", manifest)
	assert.Contains(t, o.stderr, "certificates are always verified")
	assert.Contains(t, o.stderr, "verify in file")
	assert.Contains(t, o.stderr, "region_name in file")

	f.server.ResetCalls()
	f.signIn(t, entry("verify: false, "))
	f.refused(t, []string{"certificates are always verified", "verify in file", "signed by an authority that this machine does not trust"}, "plan", "-f", manifest)
	f.signIn(t, entry("cacert: "+empty+", "))
	f.refused(t, []string{"cacert in file", "entry \"demo\"", "holds no certificate in PEM"}, "plan", "-f", manifest)
	f.signIn(t, entry("cacert: "+folder+", "))
	f.refused(t, []string{"cacert in file", "is a directory"}, "plan", "-f", manifest)
	assert.Empty(t, f.server.Calls())
}
