package auth_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/auth"
)

type env map[string]string

// find looks in an environment and a home directory of its own.
func find(t *testing.T, values env, files map[string]string, wanted auth.Wanted) (auth.Found, error) {
	t.Helper()
	home := t.TempDir()
	for name, text := range files {
		path := filepath.Join(home, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	}
	t.Chdir(home)
	values = maps.Clone(values)
	if values == nil {
		values = env{}
	}
	values["HOME"] = home
	wanted.Getenv = func(name string) string { return values[name] }
	found, err := auth.Find(wanted)
	found.Source = strings.ReplaceAll(found.Source, home, "HOME")
	found.AuthURLFrom = strings.ReplaceAll(found.AuthURLFrom, home, "HOME")
	found.AccountKey = strings.ReplaceAll(found.AccountKey, home, "HOME")
	return found, err
}

func secret(text string) auth.Secret { return auth.NewSecret(text) }

func keys(access, secretKey, token string) auth.Keys {
	return auth.Keys{Access: secret(access), Secret: secret(secretKey), SecurityToken: secret(token)}
}

const (
	cloudsPath  = ".config/openstack/clouds.yaml"
	profilePath = ".huaweicloud/credentials"
)

// rows are the rows of docs/CREDENTIALS.md, in its order, each with everything that it may hold.
var rows = []struct {
	name  string
	env   env
	files map[string]string
	want  auth.Found
}{
	{"SDK keys", env{"HUAWEICLOUD_SDK_AK": "a1", "HUAWEICLOUD_SDK_SK": "s1", "HUAWEICLOUD_SDK_SECURITY_TOKEN": "t1", "HUAWEICLOUD_SDK_DOMAIN_ID": "d1"}, nil, auth.Found{
		Base: keys("a1", "s1", "t1"), AccountID: "d1", AccountKey: "HUAWEICLOUD_SDK_DOMAIN_ID", Source: "environment: HUAWEICLOUD_SDK_AK, HUAWEICLOUD_SDK_SK, HUAWEICLOUD_SDK_SECURITY_TOKEN",
	}},
	{"HW keys", env{"HW_ACCESS_KEY": "a2", "HW_SECRET_KEY": "s2", "HW_SECURITY_TOKEN": "t2", "HW_DOMAIN_ID": "d2", "HW_DOMAIN_NAME": "n2"}, nil, auth.Found{
		Base: keys("a2", "s2", "t2"), AccountID: "d2", AccountName: "n2", AccountKey: "HW_DOMAIN_ID", ProjectKeys: []string{"HW_PROJECT_NAME"}, Source: "environment: HW_ACCESS_KEY, HW_SECRET_KEY, HW_SECURITY_TOKEN",
	}},
	{"OS keys", env{"OS_ACCESS_KEY": "a3", "OS_SECRET_KEY": "s3", "OS_SECURITY_TOKEN": "t3", "OS_DOMAIN_ID": "d3", "OS_DOMAIN_NAME": "n3"}, nil, auth.Found{
		Base: keys("a3", "s3", "t3"), AccountID: "d3", AccountName: "n3", AccountKey: "OS_DOMAIN_ID", ProjectKeys: []string{"OS_PROJECT_NAME", "OS_TENANT_NAME"}, Source: "environment: OS_ACCESS_KEY, OS_SECRET_KEY, OS_SECURITY_TOKEN",
	}},
	{"OS keys, short names", env{"OS_AK": "a4", "OS_SK": "s4", "OS_ST": "t4"}, nil, auth.Found{
		Base: keys("a4", "s4", "t4"), AccountKey: "OS_DOMAIN_ID", ProjectKeys: []string{"OS_PROJECT_NAME", "OS_TENANT_NAME"}, Source: "environment: OS_AK, OS_SK, OS_ST",
	}},
	{"HW token", env{"HW_AUTH_TOKEN": "t5", "HW_AUTH_URL": "u5"}, nil, auth.Found{
		Base: auth.Token{Value: secret("t5")}, AccountKey: "HW_DOMAIN_ID", ProjectKeys: []string{"HW_PROJECT_NAME"}, Source: "environment: HW_AUTH_TOKEN", AuthURL: "u5", AuthURLFrom: "HW_AUTH_URL",
	}},
	{"OS token", env{"OS_AUTH_TOKEN": "t6", "OS_AUTH_URL": "u6"}, nil, auth.Found{
		Base: auth.Token{Value: secret("t6")}, AccountKey: "OS_DOMAIN_ID", ProjectKeys: []string{"OS_PROJECT_NAME", "OS_TENANT_NAME"}, Source: "environment: OS_AUTH_TOKEN", AuthURL: "u6", AuthURLFrom: "OS_AUTH_URL",
	}},
	{"OS token, short name", env{"OS_TOKEN": "t7"}, nil, auth.Found{
		Base: auth.Token{Value: secret("t7")}, AccountKey: "OS_DOMAIN_ID", ProjectKeys: []string{"OS_PROJECT_NAME", "OS_TENANT_NAME"}, Source: "environment: OS_TOKEN",
	}},
	{"HW user", env{"HW_USER_NAME": "u8", "HW_USER_PASSWORD": "p w8", "HW_DOMAIN_NAME": "n8"}, nil, auth.Found{
		Base:       auth.User{Name: "u8", Password: secret("p w8"), DomainName: "n8"},
		AccountKey: "HW_DOMAIN_ID", ProjectKeys: []string{"HW_PROJECT_NAME"}, Source: "environment: HW_USER_NAME, HW_USER_PASSWORD", AccountName: "n8",
	}},
	{"HW user by id", env{"HW_USER_ID": "i9", "HW_USER_PASSWORD": "p9"}, nil, auth.Found{
		Base: auth.User{ID: "i9", Password: secret("p9")}, AccountKey: "HW_DOMAIN_ID", ProjectKeys: []string{"HW_PROJECT_NAME"}, Source: "environment: HW_USER_ID, HW_USER_PASSWORD",
	}},
	{"OS user", env{"OS_USERNAME": "u10", "OS_PASSWORD": "p10", "OS_USER_DOMAIN_NAME": "n10"}, nil, auth.Found{
		Base:       auth.User{Name: "u10", Password: secret("p10"), DomainName: "n10"},
		AccountKey: "OS_DOMAIN_ID", ProjectKeys: []string{"OS_PROJECT_NAME", "OS_TENANT_NAME"}, Source: "environment: OS_USERNAME, OS_PASSWORD", AccountName: "n10",
	}},
	{"OS user by id", env{"OS_USER_ID": "i11", "OS_PASSWORD": "p11", "OS_USER_DOMAIN_ID": "d11", "OS_DOMAIN_ID": "e11"}, nil, auth.Found{
		Base:       auth.User{ID: "i11", Password: secret("p11"), DomainID: "d11"},
		AccountKey: "OS_DOMAIN_ID", ProjectKeys: []string{"OS_PROJECT_NAME", "OS_TENANT_NAME"}, Source: "environment: OS_USER_ID, OS_PASSWORD", AccountID: "e11",
	}},
	{"clouds.yaml", env{"OS_CLOUD": "mine"}, map[string]string{
		cloudsPath: "clouds: {mine: {auth: {auth_url: u12, username: u12, user_domain_name: n12}}}", ".config/openstack/secure.yaml": "clouds: {mine: {auth: {password: p12}}}",
	}, auth.Found{
		Base:       auth.User{Name: "u12", Password: secret("p12"), DomainName: "n12"},
		AccountKey: `domain_id in file HOME/.config/openstack/clouds.yaml, entry "mine"`, ProjectKeys: []string{"project_name"}, Source: `file HOME/.config/openstack/clouds.yaml, entry "mine"`, AccountName: "n12",
		AuthURL: "u12", AuthURLFrom: `auth_url of file HOME/.config/openstack/clouds.yaml, entry "mine"`,
	}},
	{"credentials file", nil, map[string]string{
		profilePath: "[basic]\nak = b\nsk = b\n[global]\nak = a13\nsk = s%(ak)s13\nsecurity_token = t13\ndomain_id = d13\n",
	}, auth.Found{Base: keys("a13", "s%(ak)s13", "t13"), AccountID: "d13", AccountKey: "domain_id in section [global] of HOME/.huaweicloud/credentials", Source: "file HOME/.huaweicloud/credentials, section [global]"}},
	{"metadata service", nil, nil, auth.Found{Base: auth.Instance{}, AccountKey: "account.id in the manifest", Source: "the metadata service of this server"}},
}

func TestEverySourceIsRead(t *testing.T) {
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			found, err := find(t, row.env, row.files, auth.Wanted{})
			require.NoError(t, err)
			assert.Equal(t, row.want, found)
		})
	}
}

func TestTheFirstSourceWins(t *testing.T) {
	for i, first := range rows {
		for _, second := range rows[i+1:] {
			values, files := maps.Clone(second.env), maps.Clone(second.files)
			if values == nil {
				values = env{}
			}
			if files == nil {
				files = map[string]string{}
			}
			maps.Copy(values, first.env)
			maps.Copy(files, first.files)
			family := func(name string) string { return strings.Fields(name)[0] + strings.Fields(name + " x")[1] }
			if family(first.name) == family(second.name) {
				continue // spellings of one source
			}
			t.Run(first.name+" before "+second.name, func(t *testing.T) {
				found, err := find(t, values, files, auth.Wanted{})
				require.NoError(t, err)
				assert.Equal(t, first.want.Source, found.Source)
			})
		}
	}
}

func TestTheDocumentNamesEveryVariableInOrder(t *testing.T) {
	text, err := os.ReadFile("../../../docs/CREDENTIALS.md")
	require.NoError(t, err)
	last := 0
	for _, row := range rows {
		for _, name := range slices.Sorted(maps.Keys(row.env)) {
			assert.Contains(t, string(text), "`"+name+"`")
		}
		at := strings.Index(string(text), "| "+row.name+" |")
		if assert.Greater(t, at, last, row.name) {
			last = at
		}
	}
}

func TestHalfOfASourceIsAnErrorThatNamesTheRest(t *testing.T) {
	for name, test := range map[string]struct {
		env     env
		files   map[string]string
		missing []string
		not     []string
	}{
		"no secret key":             {env{"HUAWEICLOUD_SDK_AK": "VALUE"}, nil, []string{"HUAWEICLOUD_SDK_SK"}, nil},
		"no access key":             {env{"HW_SECRET_KEY": "VALUE"}, nil, []string{"HW_ACCESS_KEY"}, nil},
		"a security token alone":    {env{"OS_SECURITY_TOKEN": "VALUE"}, nil, []string{"OS_ACCESS_KEY", "OS_SECRET_KEY"}, nil},
		"no password":               {env{"HW_USER_NAME": "VALUE", "HW_DOMAIN_NAME": "VALUE"}, nil, []string{"HW_USER_PASSWORD"}, nil},
		"no account of the user":    {env{"OS_USERNAME": "VALUE", "OS_PASSWORD": "VALUE"}, nil, []string{"OS_USER_DOMAIN_NAME", "OS_DOMAIN_NAME"}, nil},
		"the nearest is named":      {env{"HW_USER_PASSWORD": "VALUE", "OS_ACCESS_KEY": "VALUE"}, nil, []string{"OS_SECRET_KEY"}, []string{"HW_USER_NAME"}},
		"before a complete one too": {env{"HW_ACCESS_KEY": "VALUE", "OS_AK": "VALUE", "OS_SK": "VALUE"}, nil, []string{"HW_SECRET_KEY"}, nil},
		"in clouds.yaml":            {env{"OS_CLOUD": "c"}, map[string]string{cloudsPath: "clouds: {c: {auth: {ak: VALUE}}}"}, []string{"sk in file"}, nil},
		"an empty entry":            {env{"OS_CLOUD": "c"}, map[string]string{cloudsPath: "clouds: {c: }"}, []string{"username", "password"}, nil},
		"in the credentials file":   {nil, map[string]string{profilePath: "[global]\nsk = VALUE\n"}, []string{"ak in section [global]"}, nil},
		"whose agency":              {env{"HW_ASSUME_ROLE_AGENCY_NAME": "VALUE", "OS_AK": "VALUE", "OS_SK": "VALUE"}, nil, []string{"HW_ASSUME_ROLE_DOMAIN_NAME"}, nil},
		"which agency":              {env{"OS_AGENCY_DOMAIN_NAME": "VALUE", "OS_AK": "VALUE", "OS_SK": "VALUE"}, nil, []string{"OS_AGENCY_NAME"}, []string{"HW_"}},
		"whose agency, OS":          {env{"OS_AGENCY_NAME": "VALUE", "OS_AK": "VALUE", "OS_SK": "VALUE"}, nil, []string{"OS_AGENCY_DOMAIN_NAME"}, []string{"HW_"}},
		"whose agency, in a file":   {env{"OS_CLOUD": "c"}, map[string]string{cloudsPath: "clouds: {c: {auth: {ak: VALUE, sk: VALUE, target_agency_name: VALUE}}}"}, []string{"target_domain_name in file"}, []string{"HW_"}},
		"which agency, in a file":   {env{"OS_CLOUD": "c"}, map[string]string{cloudsPath: "clouds: {c: {auth: {ak: VALUE, sk: VALUE, target_domain_id: VALUE}}}"}, []string{"not set: target_agency_name in file"}, []string{"HW_"}},
		"nothing at all":            {env{"AGENCYCTL_METADATA": "off"}, nil, []string{"HUAWEICLOUD_SDK_AK", "HUAWEICLOUD_SDK_SK", "docs/CREDENTIALS.md"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := find(t, test.env, test.files, auth.Wanted{})
			require.ErrorIs(t, err, auth.ErrNoCredentials)
			for _, text := range test.missing {
				assert.ErrorContains(t, err, text)
			}
			for _, text := range append(test.not, "VALUE") {
				assert.NotContains(t, err.Error(), text)
			}
		})
	}
}

func TestWhatCannotBeUsedIsRefusedWithoutShowingIt(t *testing.T) {
	long := strings.Repeat("#", 1<<20+1)
	for name, test := range map[string]struct {
		env   env
		files map[string]string
		says  string
	}{
		"a line feed in a key":        {env{"HUAWEICLOUD_SDK_AK": "VALUE", "HUAWEICLOUD_SDK_SK": "VALUE\n"}, nil, "HUAWEICLOUD_SDK_SK"},
		"a line feed in a token":      {env{"OS_TOKEN": "VALUE\n"}, nil, "OS_TOKEN"},
		"an id that is none":          {env{"OS_AK": "VALUE", "OS_SK": "VALUE", "OS_DOMAIN_ID": "VALUE/.."}, nil, "OS_DOMAIN_ID"},
		"an id in a file":             {nil, map[string]string{profilePath: "[basic]\nak=VALUE\nsk=VALUE\ndomain_id=VALUE/..\n"}, "account id"},
		"an agency's account":         {env{"OS_AK": "VALUE", "OS_SK": "VALUE", "OS_AGENCY_NAME": "x", "HW_ASSUME_ROLE_DOMAIN_ID": "VALUE/.."}, nil, "account id"},
		"no clouds.yaml":              {env{"OS_CLOUD": "c"}, nil, "no clouds.yaml in"},
		"a clouds.yaml that is named": {env{"OS_CLOUD": "c", "OS_CLIENT_CONFIG_FILE": "nowhere.yaml"}, nil, "OS_CLIENT_CONFIG_FILE"},
		"no such entry":               {env{"OS_CLOUD": "c"}, map[string]string{cloudsPath: "clouds: {d: {}}"}, `entry "c"`},
		"no YAML":                     {env{"OS_CLOUD": "c"}, map[string]string{cloudsPath: "clouds: {c: [VALUE"}, "clouds.yaml"},
		"another form":                {env{"OS_CLOUD": "c"}, map[string]string{cloudsPath: "clouds: {c: {auth: VALUE}}"}, "clouds.yaml"},
		"a key in clouds.yaml":        {env{"OS_CLOUD": "c"}, map[string]string{cloudsPath: `clouds: {c: {auth: {ak: "VALUE\n", sk: x}}}`}, "ak in file"},
		"secure.yaml":                 {env{"OS_CLOUD": "c"}, map[string]string{cloudsPath: "clouds: {c: {}}", ".config/openstack/secure.yaml": "VALUE"}, "secure.yaml"},
		"too large":                   {env{"OS_CLOUD": "c"}, map[string]string{cloudsPath: long}, "larger than"},
		"no INI":                      {nil, map[string]string{profilePath: "VALUE"}, profilePath},
		"no section":                  {nil, map[string]string{profilePath: "ak = VALUE\nsk = VALUE\n"}, "[global] or [basic]"},
		"a key in a section":          {nil, map[string]string{profilePath: "[basic]\nak = VALUE VALUE\nsk = VALUE\n"}, "ak of section [basic]"},
		"a file that is named":        {env{"HUAWEICLOUD_SDK_CREDENTIALS_FILE": "nowhere"}, nil, "HUAWEICLOUD_SDK_CREDENTIALS_FILE"},
		"a folder":                    {env{"HUAWEICLOUD_SDK_CREDENTIALS_FILE": "."}, nil, "not a file"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := find(t, test.env, test.files, auth.Wanted{})
			require.ErrorIs(t, err, auth.ErrNoCredentials)
			assert.ErrorContains(t, err, test.says)
			assert.NotContains(t, err.Error(), "VALUE")
		})
	}
}

func TestEntriesOfCloudsYAML(t *testing.T) {
	for name, test := range map[string]struct {
		entry, public string
		base          auth.Base
		account       string
	}{
		"keys":                       {"{auth: {ak: a, sk: s, security_token: t, domain_id: d}}", "", keys("a", "s", "t"), "d"},
		"keys, long names":           {"{auth: {access_key: a, secret_key: s}}", "", keys("a", "s", ""), ""},
		"a token":                    {"{auth_type: v3token, auth: {token: t, domain_id: d}}", "", auth.Token{Value: secret("t")}, "d"},
		"auth_type decides":          {"{auth_type: password, auth: {ak: a, sk: s, token: t, user_id: i, password: p}}", "", auth.User{ID: "i", Password: secret("p")}, ""},
		"a profile below":            {"{profile: pub, auth: {username: u, password: p}}", "{auth: {username: x, user_domain_id: d}}", auth.User{Name: "u", Password: secret("p"), DomainID: "d"}, "d"},
		"numbers are taken as texts": {"{auth: {user_id: 12, password: 34}}", "", auth.User{ID: "12", Password: secret("34")}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			files := map[string]string{"clouds.yml": "clouds: {c: " + test.entry + "}"}
			if test.public != "" {
				files["clouds-public.yaml"] = "public-clouds: {pub: " + test.public + "}"
			}
			found, err := find(t, env{"OS_CLOUD": "c"}, files, auth.Wanted{})
			require.NoError(t, err)
			assert.Equal(t, test.base, found.Base)
			assert.Equal(t, test.account, found.AccountID)
		})
	}
}

func TestAgenciesToAssume(t *testing.T) {
	base := env{"OS_AK": "a", "OS_SK": "s"}
	account := plan.Account{ID: domain, Name: "example-co"}
	for name, test := range map[string]struct {
		env    env
		wanted auth.Wanted
		want   auth.Assumption
		claims string
	}{
		"none":                       {nil, auth.Wanted{Account: account}, auth.Assumption{}, domain},
		"asked for":                  {nil, auth.Wanted{Account: account, Assume: "ops"}, auth.Assumption{Agency: "ops", AccountID: domain, AccountName: "example-co"}, ""},
		"asked for, over the rest":   {env{"OS_AGENCY_NAME": "x", "OS_AGENCY_DOMAIN_NAME": "y"}, auth.Wanted{Account: account, Assume: "ops"}, auth.Assumption{Agency: "ops", AccountID: domain, AccountName: "example-co"}, ""},
		"HW":                         {env{"HW_ASSUME_ROLE_AGENCY_NAME": "ops", "HW_ASSUME_ROLE_DOMAIN_NAME": "n"}, auth.Wanted{Account: account}, auth.Assumption{Agency: "ops", AccountName: "n"}, ""},
		"HW by id":                   {env{"HW_ASSUME_ROLE_AGENCY_NAME": "ops", "HW_ASSUME_ROLE_DOMAIN_ID": "d"}, auth.Wanted{}, auth.Assumption{Agency: "ops", AccountID: "d"}, ""},
		"OS":                         {env{"OS_AGENCY_NAME": "ops", "OS_AGENCY_DOMAIN_NAME": "n"}, auth.Wanted{}, auth.Assumption{Agency: "ops", AccountName: "n"}, ""},
		"in the manifest's account":  {env{"OS_AGENCY_NAME": "ops"}, auth.Wanted{Account: account}, auth.Assumption{Agency: "ops", AccountID: domain, AccountName: "example-co"}, ""},
		"with an account of the key": {env{"OS_AGENCY_NAME": "ops", "OS_DOMAIN_ID": "base"}, auth.Wanted{Account: account}, auth.Assumption{Agency: "ops", AccountID: domain, AccountName: "example-co"}, "base"},
	} {
		t.Run(name, func(t *testing.T) {
			values := maps.Clone(base)
			maps.Copy(values, test.env)
			found, err := find(t, values, nil, test.wanted)
			require.NoError(t, err)
			found.Assume.AccountKey = ""
			assert.Equal(t, test.want, found.Assume)
			assert.Equal(t, test.claims, found.AccountID, "the manifest's account is the agency's, not the key's")
		})
	}
	entry := map[string]string{cloudsPath: "clouds: {c: {auth: {ak: a, sk: s, target_agency_name: ops}}}"}
	found, err := find(t, env{"OS_CLOUD": "c"}, entry, auth.Wanted{Account: account})
	require.NoError(t, err)
	found.Assume.AccountKey = ""
	assert.Equal(t, auth.Assumption{Agency: "ops", AccountID: domain, AccountName: "example-co"}, found.Assume)
	assert.Empty(t, found.AccountID)
}

func TestWithoutAnEnvironmentNothingIsRead(t *testing.T) {
	_, err := auth.Find(auth.Wanted{Account: plan.Account{ID: domain}})
	require.ErrorIs(t, err, auth.ErrNoCredentials)
}

func TestSecretsCannotBePrinted(t *testing.T) {
	found := auth.Found{Base: keys("VALUE-A", "VALUE-S", "VALUE-T"), Source: "s"}
	inside := struct {
		found  auth.Found
		base   auth.Base
		secret auth.Secret
	}{found, auth.User{Password: secret("VALUE-P")}, secret("VALUE-X")}
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "found", found, "inside", inside, "secret", inside.secret)
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "found", found, "inside", inside, "secret", inside.secret)
	encoded, err := json.Marshal(found)
	require.NoError(t, err)
	texts := []string{log.String(), string(encoded)}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%p"} {
		for _, value := range []any{found, &found, inside, &inside, inside.secret, &inside.secret, found.Base} {
			texts = append(texts, fmt.Sprintf(verb, value))
		}
	}
	for _, text := range texts {
		assert.NotContains(t, text, "VALUE")
		assert.NotContains(t, text, fmt.Sprintf("%x", "VALUE"))
	}
	assert.Equal(t, "[redacted]", fmt.Sprint(inside.secret))
}

func lookup(env map[string]string) func(string) string {
	return func(name string) string { return env[name] }
}

func TestTheProfilesIdentityServiceIsKept(t *testing.T) {
	file := filepath.Join(t.TempDir(), "credentials")
	require.NoError(t, os.WriteFile(file, []byte("[global]\nak = a\nsk = s\niam_endpoint = https://iam.eu-de.otc.t-systems.com\n"), 0o600))
	found, err := auth.Find(auth.Wanted{Getenv: lookup(map[string]string{auth.EnvCredentialsFile: file})})
	require.NoError(t, err)
	assert.Equal(t, "https://iam.eu-de.otc.t-systems.com", found.AuthURL)
	assert.Equal(t, "iam_endpoint in section [global] of "+file, found.AuthURLFrom)
}

func TestWaysInThatAreNotSupportedAreNamed(t *testing.T) {
	for _, name := range []string{"HUAWEICLOUD_SDK_IDP_ID", "HUAWEICLOUD_SDK_ID_TOKEN_FILE", "HW_PROFILE", "HW_SHARED_CONFIG_FILE"} {
		_, err := auth.Find(auth.Wanted{Getenv: lookup(map[string]string{name: "hunter2"})})
		require.ErrorIs(t, err, auth.ErrNoCredentials)
		require.ErrorContains(t, err, name+" is set, which is not supported")
		assert.NotContains(t, err.Error(), "hunter2")

		_, err = auth.Find(auth.Wanted{Getenv: lookup(map[string]string{name: "x", "OS_AK": "a", "OS_SK": "s"})})
		require.NoError(t, err, "something else is complete")
		_, err = auth.Find(auth.Wanted{Getenv: lookup(map[string]string{name: "x", "OS_AK": "a"})})
		require.ErrorContains(t, err, "half set")
	}
}
