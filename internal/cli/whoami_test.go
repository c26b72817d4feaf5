package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/cli"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/schema"
)

// being makes the connection say who it is, whatever the cloud would say.
func being(identity providers.Identity, err error) func(*cli.Env) {
	return func(env *cli.Env) {
		connect := env.Connect
		env.Connect = func(ctx context.Context, target providers.Target) (*cli.Connection, error) {
			c, failed := connect(ctx, target)
			if failed != nil {
				return nil, failed
			}
			c.WhoAmI = func(context.Context) (providers.Identity, error) { return identity, err }
			c.Endpoints = []providers.Endpoint{{Service: "iam", URL: "https://iam.example.test", Source: "vendor"}}
			return c, nil
		}
	}
}

func TestWhoamiHoldsTheAccountAgainstTheManifest(t *testing.T) {
	const withID = "account: {name: example-co, id: aaaabbbbccccddddeeeeffff00001111}"
	for behaviour, c := range map[string]struct {
		account  string
		identity plan.Account
		claimed  bool
		code     int
		says     string
	}{
		"the manifest's name":                        {"account: {name: example-co}", plan.Account{Name: "example-co", ID: "1"}, false, 0, "is for this account"},
		"another name":                               {"account: {name: example-co}", plan.Account{Name: "partner-co", ID: "1"}, false, 1, "is for another account"},
		"the same name and another id":               {withID, plan.Account{Name: "example-co", ID: "1"}, false, 1, "is for another account"},
		"a name that the cloud does not tell":        {"account: {name: example-co}", plan.Account{ID: "1"}, false, 1, "did not tell enough"},
		"an id, and a name that nobody asked for":    {"account: {id: aaaabbbbccccddddeeeeffff00001111}", plan.Account{Name: "x", ID: "aaaabbbbccccddddeeeeffff00001111"}, false, 0, "is for this account"},
		"an account that only the credentials claim": {"account: {name: example-co}", plan.Account{Name: "example-co", ID: "1"}, true, 1, "the cloud did not confirm it"},
	} {
		t.Run(behaviour, func(t *testing.T) {
			folder(t, map[string]string{"m.yaml": strings.Replace(manifest, "account: {name: example-co}", c.account, 1)})
			o := run(t, being(providers.Identity{Account: c.identity, AccountConfirmed: !c.claimed}, nil), "whoami", "-f", "m.yaml", "--sim")
			assert.Equal(t, c.code, o.code, o.errors)
			assert.Contains(t, o.out, c.says)
		})
	}
}

func TestWhoamiShowsAllThatTheConnectionKnows(t *testing.T) {
	folder(t, map[string]string{"m.yaml": manifest})
	identity := providers.Identity{
		Account: plan.Account{Name: "example-co", ID: "1"}, AccountConfirmed: true, Kind: "temporary access key", Source: "profile file",
		Principal: "ops-bot", Assumed: "example-co/ops", Expires: time.Date(2030, 1, 31, 9, 0, 0, 0, time.FixedZone("", 3600)),
	}
	o := run(t, being(identity, nil), "whoami", "-f", "m.yaml", "--sim")
	require.Equal(t, 0, o.code, o.errors)
	assert.Equal(t, `Calls are made in example-co (1) on huaweicloud, cn-north-4

Identity:
  account      as the cloud says
  manifest     is for this account
  credentials  temporary access key, from profile file
  principal    ops-bot
  assumed      example-co/ops
  expires      2030-01-31T08:00:00Z

Endpoints:
  iam  https://iam.example.test  (vendor)
`, o.out)
}

func TestOneAccountThatCannotBeAskedDoesNotHideAnother(t *testing.T) {
	other := strings.NewReplacer("example-co", "partner-co", "[partner-co]", "[example-co]", "account: partner-co}", "account: example-co}").Replace(manifest)
	folder(t, map[string]string{"both/one.yaml": manifest, "both/two.yaml": other})
	o := run(t, func(env *cli.Env) {
		connect := env.Connect
		env.Connect = func(ctx context.Context, target providers.Target) (*cli.Connection, error) {
			if target.Account.Name == "example-co" {
				return nil, errors.New("no way in")
			}
			return connect(ctx, target)
		}
	}, "whoami", "--permissions", "-f", "both", "--sim")
	assert.Equal(t, 1, o.code)
	assert.Contains(t, o.errors, "Account example-co:\nagencyctl: no way in")
	assert.Contains(t, o.out, "For example-co on huaweicloud")
	assert.Contains(t, o.out, "Reads: not tried:\n  the cloud could not be asked")
	assert.Contains(t, o.out, "Calls are made in partner-co (")
	assert.Contains(t, o.out, "Reads: all that plan needs are allowed.")
}

func TestWhoamiKeepsItsPublishedSchema(t *testing.T) {
	text, ok := schema.Published("whoami")
	require.True(t, ok)
	compiler := jsonschema.NewCompiler()
	require.NoError(t, compiler.AddResource("whoami.json", bytes.NewReader(text)))
	compiled, err := compiler.Compile("whoami.json")
	require.NoError(t, err)
	folder(t, map[string]string{"m.yaml": manifest})
	for _, args := range [][]string{
		{"whoami", "--sim"}, {"whoami", "--permissions", "-f", "m.yaml", "--sim"}, {"whoami", "-f", "m.yaml"}, {"whoami"},
		{"whoami", "--permissions", "--offline", "-f", "m.yaml"}, {"whoami", "--permissions", "-f", "m.yaml"},
	} {
		o := run(t, nil, append(args, "-o", "json")...)
		var document any
		require.NoError(t, json.Unmarshal([]byte(o.out), &document), o.out)
		assert.NoError(t, compiled.Validate(document), "%v: %s", args, o.out)
	}
}

func TestWhoamiNeverShowsAKey(t *testing.T) {
	folder(t, map[string]string{"m.yaml": manifest})
	secret := "hidden-" + strings.Repeat("x", 30)
	o := run(t, func(env *cli.Env) {
		env.Getenv = func(name string) string {
			return map[string]string{"HUAWEICLOUD_SDK_AK": "AKHIDDEN", "HUAWEICLOUD_SDK_SK": secret, "HUAWEICLOUD_SDK_DOMAIN_ID": "aaaabbbbccccddddeeeeffff00001111"}[name]
		}
	}, "whoami", "--permissions", "-f", "m.yaml", "--endpoint", "iam=http://127.0.0.1:1", "--timeout", "200ms")
	assert.Equal(t, 1, o.code)
	assert.NotContains(t, o.out+o.errors, secret)
	assert.NotContains(t, o.out+o.errors, "AKHIDDEN")
	_, err := os.Stat(".agencyctl-sim.json")
	assert.ErrorIs(t, err, os.ErrNotExist)
}

func TestAnAccountThatNobodyConfirmedIsNoSuccess(t *testing.T) {
	folder(t, map[string]string{})
	o := run(t, func(env *cli.Env) {
		connect := env.Connect
		env.Connect = func(ctx context.Context, target providers.Target) (*cli.Connection, error) {
			connection, err := connect(ctx, target)
			if err == nil {
				connection.WhoAmI = func(context.Context) (providers.Identity, error) {
					return providers.Identity{Account: plan.Account{ID: "claimed"}, Kind: providers.KindAccessKey}, nil
				}
			}
			return connection, err
		}
	}, "whoami", "--sim")
	assert.Equal(t, 1, o.code)
	assert.Contains(t, o.out, "Calls would be made in claimed")
	assert.Contains(t, o.out, "the cloud did not confirm it")
}
