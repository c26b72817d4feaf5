package cli_test

import (
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/conformance/memory"
	"github.com/agencyctl/agencyctl/plan"
)

// TestWhatIsRefusedInOneAccountStopsNoOther holds what apply checks before its first write, with an account beside it
// that has nothing to refuse.
func TestWhatIsRefusedInOneAccountStopsNoOther(t *testing.T) {
	const head = "apiVersion: agencyctl/v1\naccount: {name: alpha}\ncloud: {kind: huaweicloud, region: cn-north-4}\n"
	const wanted = "agencies:\n  - {name: one, trust: {account: someone}}\n  - {name: two, trust: {account: someone}}\n"
	for behaviour, c := range map[string]struct {
		alpha string
		// world is what alpha's credentials lead to, when it is not alpha.
		world plan.Account
		args  []string
		code  int
		// writes are what is written in alpha.
		writes []string
		says   string
	}{
		"another account's credentials": {
			alpha: head + wanted, world: plan.Account{Name: "omega", ID: "id-of-omega"}, code: 1,
			says: `wrong account: the manifest is for the account with name "alpha", and what was read is of "omega"`,
		},
		"what is protected": {alpha: head + "ownership: {protect: [box/one]}\n" + wanted, writes: []string{"box/two"}},
		"a tombstone of what is protected": {
			alpha: head + "ownership: {protect: [box/one]}\nagencies:\n  - {name: one, state: absent, trust: {account: someone}}\n",
		},
		"too many deletes": {
			alpha: head + "ownership: {include: [box/*], prune: true, maxDeletes: 0}\nagencies:\n  - {name: two, trust: {account: someone}}\n", code: 1,
			says: "too many deletes",
		},
		"the way in, in this account only": {alpha: head + wanted, args: []string{"--self", "alpha=box/one"}, writes: []string{"box/two"}},
	} {
		t.Run(behaviour, func(t *testing.T) {
			a := newAccounts(t, "alpha", "beta")
			require.NoError(t, os.WriteFile("m/2.yaml", []byte(c.alpha), 0o600))
			if c.world != (plan.Account{}) {
				world, err := memory.NewWorld(memory.Seed{Account: c.world, Boxes: []memory.Box{{Name: "one", Owner: "someone", Label: "by hand"}}})
				require.NoError(t, err)
				a.worlds["alpha"] = world
			}
			o := a.run(limited(t), t, nil, append([]string{"apply", "-f", "m", "--auto-approve"}, c.args...)...)
			assert.Equal(t, c.code, o.code, o.errors)
			assert.Contains(t, o.errors, c.says)
			assert.Equal(t, c.writes, writtenIn(a.worlds["alpha"]))
			assert.ElementsMatch(t, []string{"box/one", "box/two"}, writtenIn(a.worlds["beta"]))
		})
	}
}

func writtenIn(w *memory.World) []string {
	var written []string
	for _, c := range w.Writes() {
		written = append(written, c.Address.String())
	}
	return written
}
