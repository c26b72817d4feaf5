package cli_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/agencyctl/agencyctl/internal/cli"
	"github.com/agencyctl/agencyctl/internal/cloudsim"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers"
)

// as lets commands run with credentials of another identity than they have.
func as(identity providers.Identity, err error) func(*cli.Env) {
	return func(env *cli.Env) {
		connect := env.Connect
		env.Connect = func(ctx context.Context, target providers.Target) (*cli.Connection, error) {
			connection, failed := connect(ctx, target)
			if failed == nil {
				connection.WhoAmI = func(context.Context) (providers.Identity, error) { return identity, err }
			}
			return connection, failed
		}
	}
}

// wider asks for a change to the one agency that is there, and for a new one.
const wider = `apiVersion: agencyctl/v1
account: {name: example-co}
cloud: {kind: huaweicloud, region: cn-north-4}
guardrails: {trustedAccounts: [partner-co]}
agencies:
  - name: ops
    trust: {account: partner-co}
    description: another
    grants: {domain: [OBS ReadOnlyAccess, CTS ReadOnlyAccess]}
  - name: new
    trust: {account: partner-co}
`

func TestTheOwnWayIn(t *testing.T) {
	const came = "the running credentials came through agency/ops"
	temporary := providers.Identity{Kind: "temporary access key", Source: "environment", CameThroughUnknown: true}
	assumed := providers.Identity{Kind: "access key", Assumed: "example-co/ops", CameThrough: []addr.Address{addr.New("agency", addr.Plain("ops"))}}
	for behaviour, c := range map[string]struct {
		identity providers.Identity
		err      error
		args     []string
		code     int
		out      []string
		errors   []string
		// writes is whether apply, which is tried after plan, writes anything; applyCode its exit code.
		writes    bool
		applyCode int
	}{
		"a user's key":          {identity: providers.Identity{Kind: "access key"}, writes: true},
		"an assumed agency":     {identity: assumed, out: []string{came}, writes: true},
		"it stays blocked":      {identity: assumed, args: []string{"--self", "none"}, out: []string{came}, writes: true},
		"the user says so":      {identity: temporary, args: []string{"--self", "agency/ops"}, out: []string{came}, writes: true},
		"a bare name":           {identity: temporary, args: []string{"--self", "ops"}, out: []string{came}, writes: true},
		"for this account":      {identity: temporary, args: []string{"--self", "example-co=ops", "--self", "none"}, out: []string{came}, writes: true},
		"there is none":         {identity: temporary, args: []string{"--self", "none"}, writes: true},
		"nobody knows":          {identity: temporary, out: []string{"own way in unknown", "--self ADDRESS"}, applyCode: 1},
		"a misspelt one":        {identity: temporary, args: []string{"--self", "opps"}, code: 1, errors: []string{"own way in not found", `did you mean "agency/ops"?`}, applyCode: 1},
		"the cloud cannot tell": {err: errors.New("no answer"), code: 1, errors: []string{"whose credentials these are: no answer"}, applyCode: 1},
	} {
		t.Run(behaviour, func(t *testing.T) {
			folder(t, map[string]string{"first.yaml": manifest, "m.yaml": wider})
			first := run(t, nil, "apply", "-f", "first.yaml", "--sim=sim.json", "--auto-approve")
			assert.Equal(t, 0, first.code, first.errors)
			before, err := cloudsim.LoadState("sim.json")
			assert.NoError(t, err)

			o := run(t, as(c.identity, c.err), append([]string{"plan", "-f", "m.yaml", "--sim=sim.json"}, c.args...)...)
			assert.Equal(t, c.code, o.code, o.errors)
			for _, text := range c.out {
				assert.Contains(t, o.out, text)
			}
			for _, text := range c.errors {
				assert.Contains(t, o.errors, text)
			}
			o = run(t, as(c.identity, c.err), append([]string{"apply", "-f", "m.yaml", "--sim=sim.json", "--auto-approve"}, c.args...)...)
			assert.Equal(t, c.applyCode, o.code, o.errors)
			after, err := cloudsim.LoadState("sim.json")
			assert.NoError(t, err)
			assert.Equal(t, c.writes, len(before.AccountNamed("").Agencies) != len(after.AccountNamed("").Agencies))
			if len(c.out) > 0 || !c.writes {
				assert.Equal(t, agencyNamed(before, "ops"), agencyNamed(after, "ops"), "left alone")
			} else {
				assert.Equal(t, "another", agencyNamed(after, "ops").Description)
			}
		})
	}
}

func agencyNamed(w cloudsim.World, name string) cloudsim.Agency {
	for _, a := range w.AccountNamed("").Agencies {
		if a.Name == name {
			return a
		}
	}
	return cloudsim.Agency{}
}

func TestSelfIsForEveryAccountOrForOne(t *testing.T) {
	for behaviour, c := range map[string]struct {
		args []string
		// blocked says in which accounts the box one may not be changed.
		alpha, beta bool
	}{
		"of every account":          {[]string{"--self", "box/one"}, true, true},
		"of one account":            {[]string{"--self", "beta=box/one"}, false, true},
		"one account differs":       {[]string{"--self", "box/one", "--self", "alpha=none"}, false, true},
		"none is said of every one": {[]string{"--self", "none"}, false, false},
		"nothing is said":           {nil, false, false},
		"each has its own":          {[]string{"--self", "alpha=box/one", "--self", "beta=box/one"}, true, true},
	} {
		t.Run(behaviour, func(t *testing.T) {
			a := newAccounts(t, "alpha", "beta")
			o := a.run(limited(t), t, nil, append([]string{"apply", "-f", "m", "--auto-approve"}, c.args...)...)
			assert.Equal(t, 0, o.code, o.errors)
			for account, blocked := range map[string]bool{"alpha": c.alpha, "beta": c.beta} {
				updated := false
				for _, w := range a.worlds[account].Writes() {
					updated = updated || w.Address == addr.New("box", addr.Plain("one"))
				}
				assert.Equal(t, !blocked, updated, account)
			}
		})
	}
}

func TestAWrongSelfIsRefusedBeforeAnyWork(t *testing.T) {
	for behaviour, c := range map[string]struct {
		args []string
		says string
	}{
		"nothing":                              {[]string{"--self", ""}, `--self "": it is empty`},
		"an account without an address":        {[]string{"--self", "alpha="}, "write none, ADDRESS, or ACCOUNT=ADDRESS"},
		"an address without an account":        {[]string{"--self", "=ops"}, "write none, ADDRESS, or ACCOUNT=ADDRESS"},
		"none and one":                         {[]string{"--self", "none", "--self", "ops"}, "contradict each other"},
		"one and none":                         {[]string{"--self", "beta=ops", "--self", "beta=none"}, "contradict each other"},
		"one twice":                            {[]string{"--self", "ops", "--self", "agency/ops"}, "agency/ops is given twice"},
		"no address":                           {[]string{"--self", "agency//"}, "write it as a plan shows it"},
		"an account that no manifest names":    {[]string{"--self", "omega=ops"}, `no manifest is for account "omega"; the accounts are alpha, beta`},
		"a misspelt account names the nearest": {[]string{"--self", "aplha=ops"}, `did you mean "alpha"`},
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
