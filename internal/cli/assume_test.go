package cli_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/agencyctl/agencyctl/internal/cli"
	"github.com/agencyctl/agencyctl/internal/cloudsim"
	"github.com/agencyctl/agencyctl/providers"
)

func TestAssumeIsForEveryAccountOrForOne(t *testing.T) {
	for behaviour, c := range map[string]struct {
		args        []string
		alpha, beta string
	}{
		"none":                            {nil, "", ""},
		"an agency of every account":      {[]string{"--assume", "ops"}, "ops", "ops"},
		"an agency of one account":        {[]string{"--assume", "beta=ops"}, "", "ops"},
		"one account differs from others": {[]string{"--assume", "beta=auditor", "--assume", "ops"}, "ops", "auditor"},
		"each has its own":                {[]string{"--assume", "beta=auditor", "--assume", "alpha=a=b"}, "a=b", "auditor"},
	} {
		t.Run(behaviour, func(t *testing.T) {
			a := newAccounts(t, "alpha", "beta")
			o := a.run(limited(t), t, nil, append([]string{"plan", "-f", "m"}, c.args...)...)
			assert.Equal(t, 0, o.code, o.errors)
			assert.Equal(t, c.alpha, a.targets["alpha"].Assume)
			assert.Equal(t, c.beta, a.targets["beta"].Assume)
		})
	}
}

func TestAWrongAssumeIsRefusedBeforeAnyWork(t *testing.T) {
	for behaviour, c := range map[string]struct {
		args []string
		says string
	}{
		"no agency":                            {[]string{"--assume", ""}, `--assume "": it is empty`},
		"an account without an agency":         {[]string{"--assume", "alpha="}, "write AGENCY, or ACCOUNT=AGENCY"},
		"an agency without an account":         {[]string{"--assume", "=ops"}, "write AGENCY, or ACCOUNT=AGENCY"},
		"two for every account":                {[]string{"--assume", "ops", "--assume", "audit"}, `"ops" and "audit" are both for every account`},
		"two for one account":                  {[]string{"--assume", "beta=ops", "--assume", "beta=audit"}, "account beta is given twice"},
		"an account that no manifest names":    {[]string{"--assume", "omega=ops"}, `no manifest is for account "omega"; the accounts are alpha, beta`},
		"a misspelt account names the nearest": {[]string{"--assume", "aplha=ops"}, `did you mean "alpha"`},
	} {
		t.Run(behaviour, func(t *testing.T) {
			a := newAccounts(t, "alpha", "beta")
			o := a.run(limited(t), t, nil, append([]string{"plan", "-f", "m"}, c.args...)...)
			assert.Equal(t, 1, o.code)
			assert.Contains(t, o.errors, c.says)
			assert.Empty(t, a.targets)
		})
	}
}

func TestWhoAssumesInTheSimulatedCloudComesFromHome(t *testing.T) {
	other := strings.NewReplacer("example-co", "partner-co", "partner-co", "example-co").Replace(manifest)
	folder(t, map[string]string{"m/one.yaml": manifest, "m/two.yaml": other})
	var mu sync.Mutex
	domains := map[string]string{}
	o := run(t, func(env *cli.Env) {
		env.Connect = func(_ context.Context, target providers.Target) (*cli.Connection, error) {
			mu.Lock()
			defer mu.Unlock()
			domains[target.Account.Name+" "+target.Assume] = target.Getenv("HUAWEICLOUD_SDK_DOMAIN_ID")
			return nil, errors.New("seen enough")
		}
	}, "plan", "-f", "m", "--sim", "--assume", "partner-co=ops")
	assert.Equal(t, 1, o.code)
	home := cloudsim.DemoWorld("huaweicloud").Home
	assert.Equal(t, map[string]string{"example-co ": home, "partner-co ops": home}, domains)
}
