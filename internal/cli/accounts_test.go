package cli_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/cli"
	"github.com/agencyctl/agencyctl/internal/conformance/memory"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers"
)

func permutations(names []string) [][]string {
	if len(names) == 0 {
		return [][]string{nil}
	}
	var all [][]string
	for i, name := range names {
		rest := slices.Delete(slices.Clone(names), i, i+1)
		for _, p := range permutations(rest) {
			all = append(all, append([]string{name}, p...))
		}
	}
	return all
}

var elapsed = regexp.MustCompile(`"elapsedMs": \d+`)

// progressLine is a line that tells what was done at that moment: several accounts tell it side by side.
var progressLine = regexp.MustCompile(`(?m)^\d\d:\d\d:\d\d .*\n`)

func TestWhichAccountIsOverFirstDoesNotShow(t *testing.T) {
	names := []string{"alpha", "beta", "delta", "gamma"}
	for _, args := range [][]string{
		{"plan"}, {"plan", "-o", "json"}, {"plan", "--detailed-exitcode"}, {"drift"}, {"drift", "-o", "json"},
		{"apply", "--auto-approve"}, {"apply", "--auto-approve", "-o", "json"},
	} {
		t.Run(strings.Join(args, " "), func(t *testing.T) {
			a := newAccounts(t, names...)
			var first *outcome
			for _, order := range permutations(names) {
				a.reset(t)
				a.worlds["beta"].SetFaults(memory.Fault{Operation: memory.Observe, Nth: 1, Err: providers.ErrDenied})
				a.wrap = newTurns(order).wrap
				got := a.run(limited(t), t, nil, append(args, "-f", "m")...)
				got.out = elapsed.ReplaceAllString(got.out, `"elapsedMs": 0`)
				got.errors = progressLine.ReplaceAllString(got.errors, "")
				if first == nil {
					first = &got
					assert.Equal(t, 1, got.code, "the account that failed decides")
				}
				require.Equal(t, *first, got, "%v", order)
			}
			last := 0
			for _, name := range []string{"alpha", "delta", "gamma"} {
				at := strings.Index(first.out, name)
				require.Greater(t, at, last, "%s is missing or at the wrong place in %s", name, first.out)
				last = at
			}
			assert.Contains(t, first.errors, "Account beta:\nagencyctl: live state could not be read: memory: observe boxes")
			assert.Contains(t, first.errors, "hint: check the credentials")
			assert.Equal(t, 1, strings.Count(first.errors, "Account "), first.errors)
		})
	}
}

func TestMoreAccountsThanAtOnce(t *testing.T) {
	var names []string
	for i := range 20 {
		names = append(names, fmt.Sprintf("account-%02d", i))
	}
	a := newAccounts(t, names...)
	o := a.run(limited(t), t, nil, "apply", "-f", "m", "--auto-approve")
	require.Equal(t, 0, o.code, o.errors)
	assert.Equal(t, 20, strings.Count(o.out, "Applied 2 changes, verified."))
	assert.Equal(t, 40, a.writes())
}

// document is what all outputs about accounts have in common.
type document struct {
	Accounts []struct {
		Account plan.Account
		Error   *struct{ Kind, Message, Hint string }
		// Changes and Results are lists, or the word "failed".
		Changes, Results any
	}
}

func decode(t *testing.T, text string) (d document) {
	t.Helper()
	require.NoError(t, json.Unmarshal([]byte(text), &d), text)
	return d
}

func TestAnAccountThatFailedHasAnElement(t *testing.T) {
	for _, args := range [][]string{{"plan"}, {"drift"}, {"apply", "--auto-approve"}, {"apply"}} {
		t.Run(strings.Join(args, " "), func(t *testing.T) {
			a := newAccounts(t, "alpha", "beta", "gamma")
			delete(a.worlds, "alpha")
			a.worlds["beta"].SetFaults(memory.Fault{Operation: memory.Observe, Err: providers.ErrDenied})
			o := a.run(limited(t), t, nil, append(args, "-f", "m", "-o", "json")...)
			assert.Equal(t, 1, o.code)
			d := decode(t, o.out)
			require.Len(t, d.Accounts, 3)
			require.NotNil(t, d.Accounts[0].Error)
			assert.Equal(t, plan.Account{Name: "alpha"}, d.Accounts[0].Account)
			assert.Equal(t, "failed", d.Accounts[0].Error.Kind)
			assert.Equal(t, "no keys for alpha", d.Accounts[0].Error.Message)
			require.NotNil(t, d.Accounts[1].Error)
			assert.Equal(t, "denied", d.Accounts[1].Error.Kind)
			assert.Contains(t, d.Accounts[1].Error.Hint, "check the credentials")
			if len(args) == 1 && args[0] == "apply" {
				require.NotNil(t, d.Accounts[2].Error, "it was not approved, and nothing was done anywhere")
				assert.Equal(t, "refused", d.Accounts[2].Error.Kind)
				assert.Zero(t, a.writes())
			} else {
				assert.Nil(t, d.Accounts[2].Error)
			}
		})
	}
}

func TestARefusedPlanSaysSo(t *testing.T) {
	a := newAccounts(t, "alpha", "beta")
	text, err := os.ReadFile("m/1.yaml")
	require.NoError(t, err)
	limits := strings.Replace(string(text), "agencies:", "ownership: {include: [\"box/*\"], prune: true, maxDeletes: 0}\nagencies:", 1)
	limits = strings.Replace(limits, "  - {name: one, trust: {account: someone}}\n", "", 1)
	require.NoError(t, os.WriteFile("m/1.yaml", []byte(limits), 0o600))
	o := a.run(limited(t), t, nil, "plan", "-f", "m", "-o", "json")
	assert.Equal(t, 1, o.code)
	d := decode(t, o.out)
	require.Len(t, d.Accounts, 2)
	assert.Nil(t, d.Accounts[0].Error)
	require.NotNil(t, d.Accounts[1].Error, o.out)
	assert.Equal(t, "refused", d.Accounts[1].Error.Kind)
	assert.Contains(t, d.Accounts[1].Error.Message, "delete")
	assert.Len(t, d.Accounts[1].Changes, 2, "the plan is shown all the same")

	o = a.run(limited(t), t, nil, "apply", "-f", "m", "--auto-approve", "-o", "json")
	assert.Equal(t, 1, o.code, "beta was refused, alpha is done")
	d = decode(t, o.out)
	assert.Len(t, d.Accounts[0].Results, 2)
	require.NotNil(t, d.Accounts[1].Error)
	assert.Empty(t, a.worlds["beta"].Writes())
	assert.Len(t, a.worlds["alpha"].Writes(), 2)
}

func TestOneAnswerIsForAllAccounts(t *testing.T) {
	a := newAccounts(t, "alpha", "beta", "gamma")
	a.worlds["beta"].SetFaults(memory.Fault{Operation: memory.Observe, Err: providers.ErrUnavailable})
	require.Equal(t, 0, a.run(limited(t), t, nil, "apply", "-f", "m/1.yaml", "--auto-approve").code)
	o := a.run(limited(t), t, asked("yes\n", nil), "apply", "-f", "m")
	assert.Equal(t, 1, o.code, o.errors)
	assert.Contains(t, o.errors, `
Nothing will be applied to account beta: see above.
To be applied:
  account alpha (id-of-alpha): 1 create, 1 update
  account gamma (id-of-gamma): nothing
Apply all of it? Only yes is taken: `)
	assert.Contains(t, o.out, "Applied 2 changes, verified.")
	assert.Len(t, a.worlds["alpha"].Writes(), 2)
	assert.Empty(t, a.worlds["beta"].Writes())
}

func TestWhatIsTouchedIsReadOnceMoreBeforeTheFirstWrite(t *testing.T) {
	for name, c := range map[string]struct {
		answer func(*cli.Env)
		flags  []string
	}{
		"after a question, by making the plan again": {answer: asked("yes\n", nil)},
		"else alone": {flags: []string{"--auto-approve"}},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAccounts(t, "alpha")
			o := a.run(limited(t), t, c.answer, append([]string{"apply", "-f", "m"}, c.flags...)...)
			require.Equal(t, 0, o.code, o.errors)
			var calls []string
			for _, call := range a.worlds["alpha"].Calls() {
				switch {
				case call.Operation.Writes():
					calls = append(calls, "write")
				case call.Only != nil:
					calls = append(calls, "read what is touched")
				default:
					calls = append(calls, "read all")
				}
			}
			again := "read all"
			if c.answer == nil {
				again = "read what is touched"
			}
			assert.Equal(t, []string{"read all", again, "write", "write", "read what is touched"}, calls)
		})
	}
}

func TestAnAnswerIsForThePlansOfAllAccounts(t *testing.T) {
	a := newAccounts(t, "alpha", "beta")
	o := a.run(limited(t), t, asked("yes\n", func() {
		a.worlds["beta"].SetFaults(memory.Fault{Operation: memory.Observe, Err: providers.ErrThrottled})
	}), "apply", "-f", "m", "-o", "json")
	assert.Equal(t, 1, o.code)
	assert.Contains(t, o.errors, "Account beta:\nagencyctl: live state could not be read")
	assert.Zero(t, a.writes(), "what was approved is not so any more, so nothing is done anywhere")
	d := decode(t, o.out)
	require.Len(t, d.Accounts, 2)
	assert.Equal(t, "refused", d.Accounts[0].Error.Kind)
	assert.Equal(t, "throttled", d.Accounts[1].Error.Kind)
}

func TestTheWorstAccountDecidesTheExitCode(t *testing.T) {
	a := newAccounts(t, "alpha", "beta", "gamma")
	require.Equal(t, 0, a.run(limited(t), t, nil, "apply", "-f", "m/3.yaml", "--auto-approve").code)
	assert.Equal(t, 2, a.run(limited(t), t, nil, "drift", "-f", "m").code)
	a.worlds["beta"].SetFaults(memory.Fault{Operation: memory.Observe})
	assert.Equal(t, 1, a.run(limited(t), t, nil, "drift", "-f", "m").code)
	a.worlds["gamma"].SetFaults(memory.Fault{Operation: memory.Create})
	assert.Equal(t, 3, a.run(limited(t), t, nil, "apply", "-f", "m", "--auto-approve").code)
}

func TestOneAccountUnderTwoNamesIsRefused(t *testing.T) {
	for _, args := range [][]string{{"plan"}, {"drift"}, {"apply", "--auto-approve"}} {
		a := newAccounts(t, "alpha", "beta")
		text, err := os.ReadFile("m/2.yaml")
		require.NoError(t, err)
		require.NoError(t, os.WriteFile("m/3.yaml", bytes.Replace(text, []byte("name: alpha"), []byte("id: id-of-alpha"), 1), 0o600))
		a.worlds["id-of-alpha"] = a.worlds["alpha"]
		o := a.run(limited(t), t, nil, append(args, "-f", "m")...)
		assert.Equal(t, 1, o.code)
		assert.Contains(t, o.errors, "m/2.yaml:2:10: one account twice: this manifest and the one at m/3.yaml:2:10 are for the same account")
		assert.Contains(t, o.errors, "Account id-of-alpha:\nm/3.yaml:2:10: one account twice")
		assert.Empty(t, a.worlds["alpha"].Writes())
	}
}
