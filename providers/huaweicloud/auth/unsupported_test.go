package auth_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/auth"
)

const (
	mfa      = "asks for multi-factor authentication (MFA), which is not supported"
	userAuth = "username: VALUE, password: VALUE, user_domain_name: VALUE"
)

func fileOf(entry string) map[string]string {
	return map[string]string{cloudsPath: "clouds: {c: " + entry + "}"}
}

// TestWhatChangesWhoWeAreIsRefused: what is not supported is an error that names it, and nothing else is used in its place, however
// much of that is there.
func TestWhatChangesWhoWeAreIsRefused(t *testing.T) {
	osUser := func(more ...string) env {
		return variables("OS_USERNAME=VALUE OS_PASSWORD=VALUE OS_USER_DOMAIN_NAME=VALUE", more...)
	}
	inFile := env{"OS_CLOUD": "c"}
	for name, test := range map[string]struct {
		env   env
		files map[string]string
		says  []string
	}{
		"OS_PASSCODE":                 {osUser("OS_PASSCODE=VALUE"), nil, []string{"OS_PASSCODE " + mfa, "(OS_AUTH_TOKEN)", "(OS_ACCESS_KEY, OS_SECRET_KEY)"}},
		"OS_AUTH_TYPE v3multifactor":  {osUser("OS_AUTH_TYPE=v3multifactor"), nil, []string{"OS_AUTH_TYPE " + mfa, "leave out OS_AUTH_TYPE"}},
		"OS_AUTH_METHODS":             {osUser("OS_AUTH_METHODS=v3password,v3totp"), nil, []string{"OS_AUTH_METHODS " + mfa}},
		"OS_AUTH_METHODS of others":   {osUser("OS_AUTH_METHODS=v3password,VALUE"), nil, []string{"OS_AUTH_METHODS"}},
		"OS_AUTH_TYPE v3oidcpassword": {osUser("OS_AUTH_TYPE=v3oidcpassword"), nil, []string{"OS_AUTH_TYPE is v3oidcpassword, which is not supported"}},
		"OS_AUTH_TYPE unknown":        {osUser("OS_AUTH_TYPE=VALUE"), nil, []string{"OS_AUTH_TYPE is no type"}},
		"OS_AUTH_TYPE with a token":   {env{"OS_TOKEN": "VALUE", "OS_AUTH_TYPE": "v3samlpassword"}, nil, []string{"OS_AUTH_TYPE is v3samlpassword"}},
		"OS_AUTH_TYPE with keys":      {env{"OS_AK": "VALUE", "OS_SK": "VALUE", "OS_AUTH_TYPE": "v3samlpassword"}, nil, []string{"OS_AUTH_TYPE is v3samlpassword"}},
		"OS_AUTH_TYPE alone":          {env{"OS_AUTH_TYPE": "v3applicationcredential"}, map[string]string{profilePath: "[global]\nak=VALUE\nsk=VALUE\n"}, []string{"OS_AUTH_TYPE is v3applicationcredential"}},
		"OS_AUTH_TYPE in vain":        {env{"OS_AUTH_TYPE": "v3token", "OS_USERNAME": "VALUE", "OS_PASSWORD": "VALUE"}, nil, []string{"set OS_AUTH_TOKEN"}},
		"OS_AUTH_TYPE token, no keys": {env{"OS_AUTH_TYPE": "aksk", "OS_TOKEN": "VALUE"}, nil, []string{"set OS_ACCESS_KEY, OS_SECRET_KEY"}},
		"OS_AUTH_TYPE agency alone":   {env{"OS_AUTH_TYPE": "agency"}, nil, []string{"OS_AUTH_TYPE is agency, and not set: OS_AGENCY_NAME"}},
		"OS_AUTH_TYPE agency":         {env{"OS_AUTH_TYPE": "agency", "OS_AK": "VALUE", "OS_SK": "VALUE"}, nil, []string{"not set: OS_AGENCY_NAME"}},
		"an application credential":   {env{"OS_APPLICATION_CREDENTIAL_ID": "VALUE"}, map[string]string{profilePath: "[global]\nak=VALUE\nsk=VALUE\n"}, []string{"OS_APPLICATION_CREDENTIAL_ID is set, which is not supported"}},
		"an identity provider":        {osUser("OS_IDENTITY_PROVIDER=VALUE"), nil, []string{"OS_IDENTITY_PROVIDER is set, which is not supported"}},
		"OS_CERT":                     {osUser("OS_CERT=VALUE"), nil, []string{"OS_CERT is set, and client certificates are not supported"}},
		"OS_KEY":                      {env{"OS_AK": "VALUE", "OS_SK": "VALUE", "OS_KEY": "VALUE"}, nil, []string{"OS_KEY is set, and client certificates are not supported"}},
		"HW_CERT":                     {env{"HW_AUTH_TOKEN": "VALUE", "HW_CERT": "VALUE"}, nil, []string{"HW_CERT is set, and client certificates are not supported"}},
		"OS_INTERFACE":                {osUser("OS_INTERFACE=internal"), nil, []string{"OS_INTERFACE is not public"}},
		"OS_ENDPOINT_TYPE":            {osUser("OS_ENDPOINT_TYPE=adminURL"), nil, []string{"OS_ENDPOINT_TYPE is not public"}},
		"OS_IDENTITY_API_VERSION":     {osUser("OS_IDENTITY_API_VERSION=2.0"), nil, []string{"OS_IDENTITY_API_VERSION is not 3"}},
		"OS_TARGET_AGENCY_NAME":       {osUser("OS_TARGET_AGENCY_NAME=VALUE"), nil, []string{"OS_TARGET_AGENCY_NAME is set, which is not supported; set OS_AGENCY_NAME"}},

		"v3multifactor":            {inFile, fileOf("{auth_type: v3multifactor, auth_methods: [v3password, v3totp], auth: {" + userAuth + ", passcode: VALUE}}"), []string{"auth_type in file", mfa, "(token)", "(ak, sk)"}},
		"a passcode":               {inFile, fileOf("{auth: {" + userAuth + ", passcode: VALUE}}"), []string{"passcode in file", mfa}},
		"a passcode beside auth":   {inFile, fileOf("{passcode: VALUE, auth: {" + userAuth + "}}"), []string{"passcode in file", mfa}},
		"a passcode of secure":     {inFile, map[string]string{cloudsPath: "clouds: {c: {auth: {" + userAuth + "}}}", ".config/openstack/secure.yaml": "clouds: {c: {auth: {passcode: 123456}}}"}, []string{"passcode in file", mfa}},
		"OS_PASSCODE with a file":  {env{"OS_CLOUD": "c", "OS_PASSCODE": "VALUE"}, fileOf("{auth: {" + userAuth + "}}"), []string{"OS_PASSCODE " + mfa, "(token)"}},
		"methods of two factors":   {inFile, fileOf("{auth_methods: [password, totp], auth: {" + userAuth + "}}"), []string{"auth_methods in file", mfa}},
		"v3oidcpassword":           {inFile, fileOf("{auth_type: v3oidcpassword, auth: {" + userAuth + ", ak: VALUE, sk: VALUE, identity_provider: VALUE}}"), []string{"auth_type in file", "is v3oidcpassword, which is not supported"}},
		"v3applicationcredential":  {inFile, fileOf("{auth_type: v3applicationcredential, auth: {token: VALUE, application_credential_id: VALUE}}"), []string{"is v3applicationcredential, which is not supported"}},
		"v3samlpassword":           {inFile, fileOf("{auth-type: v3samlpassword, auth: {" + userAuth + "}}"), []string{"is v3samlpassword, which is not supported"}},
		"an unknown auth_type":     {inFile, fileOf("{auth_type: VALUE, auth: {" + userAuth + "}}"), []string{"auth_type in file", "is no type of credentials"}},
		"a misspelt auth_type":     {inFile, fileOf("{auth_type: passwd, auth: {" + userAuth + "}}"), []string{"is no type of credentials"}},
		"auth_type agency":         {inFile, fileOf("{auth_type: agency, auth: {ak: VALUE, sk: VALUE}}"), []string{"set target_agency_name in file"}},
		"a key that is not read":   {inFile, fileOf("{auth: {" + userAuth + ", application_credential_id: VALUE}}"), []string{"application_credential_id below auth in file", "is not supported"}},
		"a key with a hyphen":      {inFile, fileOf("{auth: {" + userAuth + ", system-scope: all}}"), []string{"system_scope below auth in file"}},
		"a key beside auth":        {inFile, fileOf("{password: VALUE, auth: {username: VALUE, user_domain_name: VALUE}}"), []string{"password in file", "has no effect there; write it below auth"}},
		"a list that holds itself": {inFile, fileOf("{auth_methods: &m [*m], auth: {" + userAuth + "}}"), []string{"auth_methods in file"}},
		"an alias of a mapping":    {inFile, map[string]string{cloudsPath: "x: &x {VALUE: VALUE}\nclouds: {c: {auth: {username: *x, password: VALUE}}}"}, []string{"is not a file of the form of clouds.yaml"}},
		"cert":                     {inFile, fileOf("{cert: VALUE, key: VALUE, auth: {" + userAuth + "}}"), []string{"cert in file", "client certificates are not supported"}},
		"key":                      {inFile, fileOf("{key: VALUE, auth: {ak: VALUE, sk: VALUE}}"), []string{"key in file", "client certificates are not supported"}},
		"interface":                {inFile, fileOf("{interface: internal, auth: {" + userAuth + "}}"), []string{"interface in file", "is not public"}},
		"endpoint_type":            {inFile, fileOf("{endpoint_type: admin, auth: {" + userAuth + "}}"), []string{"endpoint_type in file", "is not public"}},
		"identity_api_version":     {inFile, fileOf("{identity_api_version: 2, auth: {" + userAuth + "}}"), []string{"identity_api_version in file", "is not 3"}},
		"another IAM":              {inFile, fileOf("{identity_endpoint_override: VALUE, auth: {" + userAuth + "}}"), []string{"identity_endpoint_override in file", "--endpoint iam=URL"}},
		"an unknown profile":       {inFile, fileOf("{profile: nowhere, auth: {" + userAuth + "}}"), []string{"profile in file", "neither in clouds-public.yaml", "otc"}},
		"an unknown cloud":         {inFile, fileOf("{cloud: VALUE, auth: {" + userAuth + "}}"), []string{"cloud in file", "neither in clouds-public.yaml"}},
		"a profile of secure":      {inFile, map[string]string{cloudsPath: "clouds: {c: {auth: {" + userAuth + "}}}", ".config/openstack/secure.yaml": "clouds: {c: {profile: nowhere}}"}, []string{"profile in file"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := find(t, test.env, test.files, auth.Wanted{Account: plan.Account{Name: "example-co"}})
			require.ErrorIs(t, err, auth.ErrNoCredentials)
			for _, text := range test.says {
				assert.ErrorContains(t, err, text)
			}
			assert.NotContains(t, err.Error(), "VALUE")
		})
	}
}

// variables returns variables written as NAME=VALUE.
func variables(base string, more ...string) env {
	all := env{}
	for _, pair := range append(strings.Fields(base), more...) {
		name, value, _ := strings.Cut(pair, "=")
		all[name] = value
	}
	return all
}

// TestSettingsOfAnotherSourceAreLeftAlone: what is refused in the source in use is nothing in another.
func TestSettingsOfAnotherSourceAreLeftAlone(t *testing.T) {
	refused := " OS_PASSCODE=1 OS_CERT=x OS_AUTH_TYPE=v3multifactor OS_INTERFACE=internal OS_APPLICATION_CREDENTIAL_ID=x"
	for name, test := range map[string]struct {
		env   env
		files map[string]string
		base  auth.Base
	}{
		"SDK keys":                     {variables("HUAWEICLOUD_SDK_AK=a HUAWEICLOUD_SDK_SK=s" + refused), nil, keys("a", "s", "")},
		"HW keys":                      {variables("HW_ACCESS_KEY=a HW_SECRET_KEY=s" + refused), nil, keys("a", "s", "")},
		"a passcode that is left over": {variables("OS_PASSCODE=1 OS_AUTH_METHODS=totp"), map[string]string{profilePath: "[global]\nak=a\nsk=s\n"}, keys("a", "s", "")},
		"clouds.yaml":                  {variables("OS_CLOUD=c OS_CERT=x OS_AUTH_TYPE=v3multifactor"), fileOf("{auth: {ak: a, sk: s}}"), keys("a", "s", "")},
		"a token made with a passcode": {variables("OS_TOKEN=t OS_PASSCODE=1 OS_USERNAME=u OS_PASSWORD=p"), nil, auth.Token{Value: secret("t")}},
		"a token in a file":            {variables("OS_CLOUD=c OS_PASSCODE=1"), fileOf("{auth: {token: t, passcode: 1}}"), auth.Token{Value: secret("t")}},
		"public, version 3":            {variables("OS_AK=a OS_SK=s OS_INTERFACE=public OS_ENDPOINT_TYPE=publicURL OS_IDENTITY_API_VERSION=3 OS_PROJECT_NAME=p OS_REGION_NAME=r"), nil, keys("a", "s", "")},
		"OS_AUTH_TYPE over the order":  {variables("OS_AUTH_TYPE=password OS_AK=a OS_SK=s OS_TOKEN=t OS_USER_ID=i OS_PASSWORD=p"), nil, auth.User{ID: "i", Password: secret("p")}},
		"OS_AUTH_TYPE agency":          {variables("OS_AUTH_TYPE=agency OS_AK=a OS_SK=s OS_AGENCY_NAME=o OS_AGENCY_DOMAIN_NAME=d"), nil, keys("a", "s", "")},
		"one factor by its methods":    {variables("OS_CLOUD=c"), fileOf("{auth_methods: [v3password], auth: {user_id: i, password: p}}"), auth.User{ID: "i", Password: secret("p")}},
		"other services' keys": {variables("OS_CLOUD=c"), fileOf("{interface: public, endpoint_type: publicURL, identity_api_version: 3, compute_api_version: 2, networks: [{name: n}], " +
			"auth: {ak: a, sk: s, project_name: p, project-domain-name: d, target_project_name: x}}"), keys("a", "s", "")},
		"a merged mapping": {variables("OS_CLOUD=c"), map[string]string{cloudsPath: "x: &x {user_id: i, password: a}\nclouds: {c: {auth: {<<: *x, password: b}}}"}, auth.User{ID: "i", Password: secret("b")}},
		"an alias":         {variables("OS_CLOUD=c"), map[string]string{cloudsPath: "x: &x {user_id: i, password: 0123}\nclouds: {c: {auth: *x}}"}, auth.User{ID: "i", Password: secret("0123")}},
	} {
		t.Run(name, func(t *testing.T) {
			found, err := find(t, test.env, test.files, auth.Wanted{})
			require.NoError(t, err)
			assert.Equal(t, test.base, found.Base)
		})
	}
}

// TestHowAnEntryConnects reads which CAs an entry trusts, its region and its vendor's address.
func TestHowAnEntryConnects(t *testing.T) {
	const base = "auth: {username: u, password: p, user_domain_name: d}"
	for name, test := range map[string]struct {
		entry string
		want  auth.Found
	}{
		"cacert":                   {"{cacert: ca.pem, " + base + "}", auth.Found{Authorities: "ca.pem", AuthoritiesFrom: `cacert in file clouds.yaml, entry "c"`}},
		"cacert at home":           {"{cacert: ~/ca.pem, " + base + "}", auth.Found{Authorities: "HOME/ca.pem", AuthoritiesFrom: `cacert in file clouds.yaml, entry "c"`}},
		"verify":                   {"{verify: true, insecure: false, " + base + "}", auth.Found{}},
		"verify: false":            {"{verify: false, " + base + "}", auth.Found{Unverified: `verify in file clouds.yaml, entry "c"`}},
		"verify: No":               {"{verify: No, " + base + "}", auth.Found{Unverified: `verify in file clouds.yaml, entry "c"`}},
		"insecure":                 {"{insecure: true, " + base + "}", auth.Found{Unverified: `insecure in file clouds.yaml, entry "c"`}},
		"profile":                  {"{profile: otc, " + base + "}", auth.Found{AuthURL: "https://iam.eu-nl.otc.t-systems.com/v3", AuthURLFrom: `auth_url of file clouds.yaml, entry "c"`}},
		"profile with a region":    {"{profile: otc, region_name: eu-de, " + base + "}", auth.Found{AuthURL: "https://iam.eu-de.otc.t-systems.com/v3", AuthURLFrom: `auth_url of file clouds.yaml, entry "c"`, Region: "eu-de", RegionFrom: `region_name in file clouds.yaml, entry "c"`}},
		"profile, old spelling":    {"{cloud: otc-swiss, " + base + "}", auth.Found{AuthURL: "https://iam-pub.eu-ch2.sc.otc.t-systems.com/v3", AuthURLFrom: `auth_url of file clouds.yaml, entry "c"`}},
		"an address over profiles": {"{profile: otc, auth: {auth_url: 'https://{region_name}.test', username: u, password: p, user_domain_name: d}}", auth.Found{AuthURL: "https://eu-nl.test", AuthURLFrom: `auth_url of file clouds.yaml, entry "c"`}},
	} {
		t.Run(name, func(t *testing.T) {
			found, err := find(t, env{"OS_CLOUD": "c"}, map[string]string{"clouds.yaml": "clouds: {c: " + test.entry + "}"}, auth.Wanted{Region: "eu-nl"})
			require.NoError(t, err)
			here, err := os.Getwd() // the home directory of find
			require.NoError(t, err)
			got := auth.Found{
				Authorities: strings.ReplaceAll(found.Authorities, here, "HOME"), AuthoritiesFrom: found.AuthoritiesFrom, Unverified: found.Unverified,
				Region: found.Region, RegionFrom: found.RegionFrom, AuthURL: found.AuthURL, AuthURLFrom: found.AuthURLFrom,
			}
			assert.Equal(t, test.want, got)
		})
	}
}

// TestTheDefaultAccountIsTheUsers: it stands in for the user's account, before the manifest's does.
func TestTheDefaultAccountIsTheUsers(t *testing.T) {
	for _, key := range []string{"OS_DEFAULT_DOMAIN", "OS_DEFAULT_DOMAIN_NAME"} {
		found, err := find(t, variables("OS_USERNAME=u OS_PASSWORD=p "+key+"=d"), nil, auth.Wanted{Account: plan.Account{Name: "example-co"}})
		require.NoError(t, err)
		assert.Equal(t, auth.User{Name: "u", Password: secret("p"), DomainName: "d"}, found.Base)
	}
	found, err := find(t, env{"OS_CLOUD": "c"}, fileOf("{auth: {username: u, password: p, default_domain_id: d}}"), auth.Wanted{Account: plan.Account{Name: "example-co"}})
	require.NoError(t, err)
	assert.Equal(t, auth.User{Name: "u", Password: secret("p"), DomainID: "d"}, found.Base)
	assert.Contains(t, found.AccountKey, "default_domain_id in file")
}

// TestTheDocumentNamesWhatIsNotSupported holds docs/CREDENTIALS.md against what is refused.
func TestTheDocumentNamesWhatIsNotSupported(t *testing.T) {
	text, err := os.ReadFile("../../../docs/CREDENTIALS.md")
	require.NoError(t, err)
	_, part, found := strings.Cut(string(text), "**Not supported")
	require.True(t, found)
	for _, name := range []string{
		"OS_PASSCODE", "passcode", "auth_methods", "v3multifactor", "v3totp", "v3oidcpassword", "v3applicationcredential", "v3samlpassword",
		"OS_AUTH_TYPE", "OS_CERT", "OS_KEY", "HW_CERT", "HW_KEY", "cert", "key", "interface", "endpoint_type", "identity_api_version",
		"identity_endpoint_override", "identity_endpoint", "profile", "cloud", "OS_TARGET_AGENCY_NAME",
		"HUAWEICLOUD_SDK_IDP_ID", "HUAWEICLOUD_SDK_ID_TOKEN_FILE", "HW_PROFILE", "HW_SHARED_CONFIG_FILE",
	} {
		assert.Contains(t, part, fmt.Sprintf("`%s`", name))
	}
	assert.Contains(t, string(text), "`verify: false` and `insecure: true` in clouds.yaml")
}
