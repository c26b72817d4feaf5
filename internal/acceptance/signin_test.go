package acceptance

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/cloudsim"
	"github.com/agencyctl/agencyctl/providers/huaweicloud"
)

const (
	tokensPath = "/v3/auth/tokens"
	tempPath   = "/v3.0/OS-CREDENTIAL/securitytokens"
)

// tokenRequest asks for a token of the demo user for the account.
const tokenRequest = `{"auth":{"identity":{"methods":["password"],"password":{"user":{"name":"` + cloudsim.DemoUser + `","password":"` +
	cloudsim.DemoUserPassword + `","domain":{"name":"example-co"}}}},"scope":{"domain":{"name":"example-co"}}}}`

// signIn is a way to sign in: an environment, files that it names, and arguments.
type signIn struct {
	env map[string]string
	// files are written to a folder that $DIR stands for in env.
	files map[string]string
	args  []string
	// needs is what the environment can only be made with: a token, temporary keys, a metadata service.
	needs func(t *testing.T, f *front)
	// says is what whoami prints.
	says []string
	// account is the one that is worked in; "" is that of the demo key.
	account string
}

// set is what a test's needs add to the environment.
func (f *front) set(pairs ...string) {
	for i := 0; i < len(pairs); i += 2 {
		f.env[pairs[i]] = pairs[i+1]
	}
}

// entrance asks the simulator for a token or for keys, as a colleague's tool would.
func (f *front) entrance(t *testing.T, path, token, body string) (http.Header, []byte) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, f.url+path, strings.NewReader(body))
	require.NoError(t, err)
	request.Header.Set("X-Auth-Token", token)
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	defer http.DefaultClient.CloseIdleConnections()
	var answer bytes.Buffer
	_, err = answer.ReadFrom(response.Body)
	require.NoError(t, err)
	require.Equal(t, http.StatusCreated, response.StatusCode, answer.String())
	return response.Header, answer.Bytes()
}

// token gets a token of the demo user for the account.
func (f *front) token(t *testing.T) string {
	t.Helper()
	header, _ := f.entrance(t, tokensPath, "", tokenRequest)
	return header.Get("X-Subject-Token")
}

// tempKeys gets temporary keys of the demo user.
func (f *front) tempKeys(t *testing.T) (access, secret, token string) {
	t.Helper()
	_, body := f.entrance(t, tempPath, f.token(t), `{"auth":{"identity":{"methods":["token"],"token":{"duration_seconds":900}}}}`)
	var told minted
	require.NoError(t, json.Unmarshal(body, &told))
	return told.Credential.Access, told.Credential.Secret, told.Credential.SecurityToken
}

// instance makes the program run on a cloud server whose agency is "monitoring" of the demo world.
func instance(t *testing.T, f *front) {
	metadata := httptest.NewServer(f.watched(cloudsim.Metadata(f.server, "monitoring")))
	t.Cleanup(metadata.Close)
	f.connect = hasty(huaweicloud.WithMetadataURL(metadata.URL))
}

var user = map[string]string{"HW_USER_NAME": cloudsim.DemoUser, "HW_USER_PASSWORD": cloudsim.DemoUserPassword, "HW_DOMAIN_NAME": "example-co"}

// signIns are the ways that docs/CREDENTIALS.md lists, by name.
func signIns() map[string]signIn {
	partner := []string{`in partner-co \(`, `partner-co/` + cloudsim.DemoPartnerAgency}
	assume := []string{"--assume", cloudsim.DemoPartnerAgency}
	return map[string]signIn{
		"SDK keys":                 {env: map[string]string{"HUAWEICLOUD_SDK_AK": cloudsim.DemoAccessKey, "HUAWEICLOUD_SDK_SK": cloudsim.DemoSecretKey}, says: []string{"access key, from environment: HUAWEICLOUD_SDK_AK"}},
		"HW keys":                  {env: map[string]string{"HW_ACCESS_KEY": cloudsim.DemoAccessKey, "HW_SECRET_KEY": cloudsim.DemoSecretKey}, says: []string{"access key, from environment: HW_ACCESS_KEY"}},
		"HW keys of a named one":   {env: map[string]string{"HW_ACCESS_KEY": cloudsim.DemoAccessKey, "HW_SECRET_KEY": cloudsim.DemoSecretKey, "HW_DOMAIN_NAME": "example-co"}, says: []string{"access key, from environment: HW_ACCESS_KEY"}},
		"OS keys":                  {env: map[string]string{"OS_ACCESS_KEY": cloudsim.DemoAccessKey, "OS_SECRET_KEY": cloudsim.DemoSecretKey}, says: []string{"access key, from environment: OS_ACCESS_KEY"}},
		"OS keys with short names": {env: map[string]string{"OS_AK": cloudsim.DemoAccessKey, "OS_SK": cloudsim.DemoSecretKey}, says: []string{"access key, from environment: OS_AK"}},
		"temporary keys": {needs: func(t *testing.T, f *front) {
			access, secret, token := f.tempKeys(t)
			f.set("HUAWEICLOUD_SDK_AK", access, "HUAWEICLOUD_SDK_SK", secret, "HUAWEICLOUD_SDK_SECURITY_TOKEN", token)
		}, says: []string{"temporary access key, from environment: HUAWEICLOUD_SDK_AK"}},
		"HW token": {needs: func(t *testing.T, f *front) { f.set("HW_AUTH_TOKEN", f.token(t)) }, says: []string{"token, from environment: HW_AUTH_TOKEN"}},
		"OS token": {needs: func(t *testing.T, f *front) { f.set("OS_AUTH_TOKEN", f.token(t)) }, says: []string{"token, from environment: OS_AUTH_TOKEN"}},
		"HW user":  {env: user, says: []string{"user, from environment: HW_USER_NAME", cloudsim.DemoUser}},
		"OS user":  {env: map[string]string{"OS_USERNAME": cloudsim.DemoUser, "OS_PASSWORD": cloudsim.DemoUserPassword, "OS_USER_DOMAIN_NAME": "example-co"}, says: []string{"user, from environment: OS_USERNAME"}},
		"clouds.yaml": {
			env: map[string]string{"OS_CLOUD": "demo", "OS_CLIENT_CONFIG_FILE": "$DIR/clouds.yaml"},
			files: map[string]string{
				"clouds.yaml": "clouds:\n  demo:\n    auth: {username: " + cloudsim.DemoUser + ", user_domain_name: example-co}\n",
				"secure.yaml": "clouds:\n  demo:\n    auth: {password: " + cloudsim.DemoUserPassword + "}\n",
			}, says: []string{"user, from .*clouds.yaml"},
		},
		"a credentials file": {
			env:   map[string]string{"HUAWEICLOUD_SDK_CREDENTIALS_FILE": "$DIR/credentials"},
			files: map[string]string{"credentials": "[global]\nak = " + cloudsim.DemoAccessKey + "\nsk = " + cloudsim.DemoSecretKey + "\n"},
			says:  []string{"access key, from .*credentials"},
		},
		"a cloud server": {needs: instance, says: []string{"temporary access key, from the metadata service"}},
		"keys, and an agency of another account": {
			env:  map[string]string{"HW_ACCESS_KEY": cloudsim.DemoAccessKey, "HW_SECRET_KEY": cloudsim.DemoSecretKey},
			args: assume, account: "partner-co", says: partner,
		},
		"a user, and an agency of another account": {env: user, args: assume, account: "partner-co", says: partner},
		"a token, and an agency of another account": {
			needs: func(t *testing.T, f *front) { f.set("OS_AUTH_TOKEN", f.token(t)) }, args: assume, account: "partner-co", says: partner,
		},
		"an agency of the environment": {
			env: map[string]string{
				"HW_ACCESS_KEY": cloudsim.DemoAccessKey, "HW_SECRET_KEY": cloudsim.DemoSecretKey,
				"HW_ASSUME_ROLE_AGENCY_NAME": cloudsim.DemoPartnerAgency, "HW_ASSUME_ROLE_DOMAIN_NAME": "partner-co",
			}, account: "partner-co", says: partner,
		},
	}
}

// TestEveryWayToSignIn signs in every way on both clouds, plans and applies; and no secret that is used or handed out on
// the way is in any output, log, plan or file.
func TestEveryWayToSignIn(t *testing.T) {
	for _, cloud := range []string{cloudsim.HuaweiCloud, cloudsim.OpenTelekomCloud} {
		for name, way := range signIns() {
			t.Run(cloud+"/"+name, func(t *testing.T) {
				t.Parallel()
				folder := t.TempDir()
				state, log := filepath.Join(folder, "state.json"), filepath.Join(folder, "events.jsonl")
				var callLog bytes.Buffer
				f := newFront(t, cloudsim.Options{Cloud: cloud, State: state, CallLog: &callLog})
				f.signIn(t, way)

				manifest := filepath.Join(folder, "m.yaml")
				require.NoError(t, os.WriteFile(manifest, []byte(manifestFor(cloud, way.account)), 0o600))
				args := append([]string{"-f", manifest, "--log-level", "debug"}, way.args...)
				said := f.succeeds(t, append([]string{"whoami"}, args...)...)
				for _, words := range way.says {
					assert.Regexp(t, words, said.stdout)
				}
				assert.Contains(t, said.stdout, "as the cloud says", "the account must be confirmed")
				f.succeeds(t, append([]string{"plan"}, args...)...)
				f.succeeds(t, append([]string{"plan", "-o", "json"}, args...)...)
				f.succeeds(t, append([]string{"apply", "--auto-approve", "--log", log}, args...)...)
				f.succeeds(t, append([]string{"drift", "-o", "json"}, args...)...)

				world := f.server.World()
				for _, account := range world.Accounts {
					assert.Equal(t, account.Name == accountOf(way), account.AgencyNamed("ops-signed-in") != nil, account.Name)
				}
				texts := map[string]string{"the output": f.said.String(), "the log of calls": callLog.String()}
				for _, path := range []string{state, log} {
					text, err := os.ReadFile(path)
					require.NoError(t, err)
					require.NotEmpty(t, text)
					texts[path] = string(text)
				}
				f.assertNoSecret(t, texts)
			})
		}
	}
}

func accountOf(way signIn) string {
	if way.account != "" {
		return way.account
	}
	return "example-co"
}

// signIn gives the program an environment of its own.
func (f *front) signIn(t *testing.T, way signIn) {
	t.Helper()
	folder := t.TempDir()
	for name, text := range way.files {
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600))
	}
	f.env = map[string]string{"AGENCYCTL_METADATA": "off"}
	for name, value := range way.env {
		f.env[name] = strings.ReplaceAll(value, "$DIR", folder)
	}
	if way.needs != nil {
		way.needs(t, f)
	}
	if way.env == nil && len(f.env) == 1 {
		delete(f.env, "AGENCYCTL_METADATA")
	}
}

// manifestFor asks for one agency, and on Huawei Cloud for something that is called in a project.
func manifestFor(cloud, account string) string {
	trusted, region, more := "partner-co", "eu-de", ""
	if account == "" {
		account = "example-co"
	} else {
		trusted = "example-co"
	}
	if cloud == cloudsim.HuaweiCloud {
		region, more = "cn-north-4", "authorizations:\n  - {service: csms, secretTypes: [RDS-FG]}\n"
	}
	return "apiVersion: agencyctl/v1\naccount: {name: " + account + "}\ncloud: {kind: " + cloud + ", region: " + region + "}\n" +
		"agencies:\n  - {name: ops-signed-in, trust: {account: " + trusted + "}, grants: {domain: [OBS ReadOnlyAccess]}}\n" + more
}

// TestAnExpiredTokenIsRenewedOnce lets the cloud take a token no longer in the middle of an apply.
func TestAnExpiredTokenIsRenewedOnce(t *testing.T) {
	f := newFront(t, cloudsim.Options{})
	f.env = user
	expire := func(r *http.Request) {
		if r.Method == http.MethodPut {
			f.ahead.CompareAndSwap(0, int64(25*time.Hour))
		}
	}
	f.before.Store(&expire)
	f.succeeds(t, "apply", "-f", "examples/quickstart", "--auto-approve")
	require.NotZero(t, f.ahead.Load())
	require.Equal(t, 2, f.asked(http.MethodPost, tokensPath))
	require.Empty(t, twice(f.server))
}

// asked counts calls.
func (f *front) asked(method, path string) (n int) {
	for _, c := range f.server.Calls() {
		if c.Method == method && c.Path == path {
			n++
		}
	}
	return n
}

// TestTheAccountIsFound asks the cloud for the account where nobody tells it.
func TestTheAccountIsFound(t *testing.T) {
	keys := map[string]string{"HW_ACCESS_KEY": cloudsim.DemoAccessKey, "HW_SECRET_KEY": cloudsim.DemoSecretKey}
	t.Run("by the list of accounts", func(t *testing.T) {
		f := newFront(t, cloudsim.Options{})
		f.env = keys
		f.succeeds(t, "plan", "-f", "examples/quickstart")
		require.NotZero(t, f.asked(http.MethodGet, "/v3/auth/domains"))
	})
	t.Run("by the caller identity", func(t *testing.T) {
		f := newFront(t, cloudsim.Options{Switches: cloudsim.Switches{EmptyAuthDomains: true}})
		f.env = keys
		path := filepath.Join(t.TempDir(), "m.yaml")
		require.NoError(t, os.WriteFile(path, []byte("apiVersion: agencyctl/v1\naccount: {id: "+f.server.World().Home+
			"}\ncloud: {kind: huaweicloud, region: cn-north-4}\nagencies:\n  - {name: ops, trust: {account: partner-co}}\n"), 0o600))
		f.succeeds(t, "plan", "-f", path)
		require.NotZero(t, f.asked(http.MethodGet, "/v5/caller-identity"))
	})
}

// TestSignInsThatAreRefused: the mistake is told with what to do, sent once, and no secret is in what is told.
func TestSignInsThatAreRefused(t *testing.T) {
	const wrong = "my-very-own-wrong-secret"
	for name, c := range map[string]struct {
		way   signIn
		words []string
		// path counts the calls that the mistake was sent with.
		path string
	}{
		"a wrong secret key": {
			signIn{env: map[string]string{"HW_ACCESS_KEY": cloudsim.DemoAccessKey, "HW_SECRET_KEY": wrong}},
			[]string{"access denied", "HTTP 401", "hint: check access key and secret key"}, "/v3/auth/domains",
		},
		"a wrong password": {
			signIn{env: map[string]string{"HW_USER_NAME": cloudsim.DemoUser, "HW_USER_PASSWORD": wrong, "HW_DOMAIN_NAME": "example-co"}},
			[]string{"access denied", "HTTP 401", "hint: check user, password and account"}, tokensPath,
		},
		"a wrong token": {
			signIn{env: map[string]string{"OS_AUTH_TOKEN": wrong}},
			[]string{"access denied", "HTTP 401", "hint: the token has expired or was made for another account or region: get a new one"}, "",
		},
		"a token that has expired": {
			signIn{needs: func(t *testing.T, f *front) {
				f.set("OS_AUTH_TOKEN", f.token(t))
				f.ahead.Store(int64(25 * time.Hour))
			}},
			[]string{"access denied", "HTTP 401", "hint: the token has expired"}, "",
		},
		"an agency that is not there": {
			signIn{env: map[string]string{"HW_ACCESS_KEY": cloudsim.DemoAccessKey, "HW_SECRET_KEY": cloudsim.DemoSecretKey}, args: []string{"--assume", "nobody"}, account: "partner-co"},
			[]string{"assume the agency nobody", "hint: "}, tempPath,
		},
		"an agency that does not trust us": {
			signIn{env: user, args: []string{"--assume", "legacy-import"}},
			[]string{"assume the agency legacy-import", "access denied", "hint: "}, "",
		},
		"half of it": {
			signIn{env: map[string]string{"HW_ACCESS_KEY": cloudsim.DemoAccessKey}}, []string{"HW_SECRET_KEY"}, "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			var callLog bytes.Buffer
			f := newFront(t, cloudsim.Options{CallLog: &callLog})
			f.signIn(t, c.way)
			manifest := filepath.Join(t.TempDir(), "m.yaml")
			require.NoError(t, os.WriteFile(manifest, []byte(manifestFor(cloudsim.HuaweiCloud, c.way.account)), 0o600))
			f.server.ResetCalls()
			f.refused(t, c.words, append([]string{"plan", "-f", manifest, "--log-level", "debug"}, c.way.args...)...)
			if c.path != "" {
				sent := 0
				for _, call := range f.server.Calls() {
					if call.Path == c.path && call.Status >= 400 {
						sent++
					}
				}
				require.Equal(t, 1, sent, "%v", f.server.Calls())
			}
			require.Zero(t, written(f.server))
			f.noteSecrets(wrong)
			f.assertNoSecret(t, map[string]string{"the output": f.said.String(), "the log of calls": callLog.String()})
		})
	}
}

// TestTheSimulatorKnowsEveryService holds the simulator's list of services, which it hands out with tokens, against the program's.
func TestTheSimulatorKnowsEveryService(t *testing.T) {
	server, err := cloudsim.New(cloudsim.Options{})
	require.NoError(t, err)
	response := httptest.NewRecorder()
	request := httptest.NewRequest(http.MethodPost, tokensPath, strings.NewReader(tokenRequest))
	request.Header.Set("Content-Type", "application/json")
	server.ServeHTTP(response, request)
	var answer struct {
		Token struct {
			Catalog []struct {
				Name      string
				Endpoints []struct{ URL string }
			}
		}
	}
	require.NoError(t, json.Unmarshal(response.Body.Bytes(), &answer), response.Body)
	// The program calls enterprise projects for IAM and notifications for itself, and Keystone's clients find IAM by another name.
	want, got := map[string]string{huaweicloud.ServiceEPS: "/v1.0", "smn": "/v2", "keystone": "/v3"}, map[string]string{}
	for _, s := range services {
		want[s.Host.Name] = s.Simulated
	}
	for _, s := range answer.Token.Catalog {
		at, err := url.Parse(s.Endpoints[0].URL)
		require.NoError(t, err)
		got[s.Name] = at.Path
	}
	assert.Equal(t, want, got)
}
