package acceptance

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/agencyctl/agencyctl/internal/patch/patchtest"
	"github.com/agencyctl/agencyctl/plan"
)

// driftTold is what a test reads of a drift.
type driftTold struct {
	Drifted  bool
	Summary  struct{ States map[plan.State]int }
	Findings []struct {
		Rule, Address string
		Accepted      *plan.Accepted
	}
	Changed, Missing, Unexpected, Expired []driftDifference
}

type driftDifference struct {
	Address string
	State   plan.State
}

// addresses returns what the drift tells of, each address once.
func (d *driftTold) addresses() (all []string) {
	for _, list := range [][]driftDifference{d.Changed, d.Missing, d.Unexpected, d.Expired} {
		for _, of := range list {
			all = append(all, of.Address)
		}
	}
	for _, f := range d.Findings {
		if f.Address != "" {
			all = append(all, f.Address)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// isSilenced requires that drift is silent about the manifests in the folder m once the patch of --acknowledge is applied, but for the
// findings that the patch names, and that a plan does what it did. It returns how many differences are accepted.
func isSilenced(t *testing.T, rt *rapid.T, f *front) int {
	drift := func(args ...string) outcome {
		return f.run(t, append([]string{"drift", "-f", "m", "--now", exportedAt.Format("2006-01-02")}, args...)...)
	}
	read := func(of outcome) (d driftTold) {
		var document struct{ Accounts []driftTold }
		require.NoError(rt, json.Unmarshal([]byte(of.stdout), &document), of)
		require.Len(rt, document.Accounts, 1, of)
		return document.Accounts[0]
	}
	changes := func() (all []string) {
		var document struct {
			Accounts []struct {
				Changes []struct{ Address, Action string }
			}
		}
		of := f.run(t, "plan", "-f", "m", "-o", "json")
		require.NoError(rt, json.Unmarshal([]byte(of.stdout), &document), of)
		for _, c := range document.Accounts[0].Changes {
			all = append(all, c.Action+" "+c.Address)
		}
		return all
	}
	before := drift("-o", "json")
	if before.code == 1 { // what cannot be compared cannot be accepted
		return 0
	}
	loud, planned := read(before), changes()
	args := []string{"--reason", "a trial: 'until June'", "--review-by", exportedAt.AddDate(0, 6, 0).Format("2006-01-02")}
	for _, address := range loud.addresses() {
		args = append(args, "--acknowledge", address)
	}
	if len(args) == 4 {
		require.Equal(rt, 1, drift(args...).code)
		return 0
	}
	diff := drift(args...)
	require.Equal(rt, before.code, diff.code, diff)
	comments, _, found := strings.Cut(diff.stdout, "--- a/")
	if found {
		require.NoError(rt, patchtest.Apply(".", diff.stdout), diff)
	}
	after := read(drift("-o", "json"))
	named := 0
	for _, list := range [][]driftDifference{after.Changed, after.Missing, after.Unexpected, after.Expired} {
		for _, of := range list {
			if of.State != plan.StateAccepted {
				named++
				require.Contains(rt, comments, fmt.Sprintf("# cannot be accepted: %s", of.Address), diff)
			}
		}
	}
	for _, finding := range after.Findings {
		if finding.Accepted == nil && finding.Address != "" && finding.Rule != plan.RuleReviewOverdue {
			named++
			require.Contains(rt, comments, fmt.Sprintf("# cannot be accepted: %s", finding.Address), diff)
		}
	}
	require.Equal(rt, named > 0, after.Drifted, "%s\n%v", diff, after)
	require.Equal(rt, planned, changes(), "a plan does what it did")
	return after.Summary.States[plan.StateAccepted]
}

func TestWhatIsAcknowledgedIsSilent(t *testing.T) {
	t.Chdir(t.TempDir())
	accepted := 0
	rapid.Check(t, func(rt *rapid.T) {
		accepted += isSilenced(t, rt, editedAccount(t, rt))
	})
	assert.True(t, accepted > 0 || every > 1, "two draws may have nothing to accept")
}

func TestWhatIsAcknowledgedOfServicesIsSilent(t *testing.T) {
	t.Chdir(t.TempDir())
	rapid.Check(t, func(rt *rapid.T) {
		isSilenced(t, rt, editedServices(t, rt))
	})
}
