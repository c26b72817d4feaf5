package cli_test

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/cloudsim"
)

// saved makes a simulated cloud and a saved plan for it, in a folder of its own.
func saved(t *testing.T) {
	t.Helper()
	folder(t, map[string]string{"m.yaml": manifest})
	o := run(t, nil, "plan", "-f", "m.yaml", "--sim", "--out", "plan.json")
	require.Equal(t, 0, o.code, o.errors)
}

func agencyOps(t *testing.T) *cloudsim.Agency {
	t.Helper()
	world, err := cloudsim.LoadState(".agencyctl-sim.json")
	require.NoError(t, err)
	return world.AccountNamed("").AgencyNamed("ops")
}

func TestASavedPlanIsAskedAboutOnATerminal(t *testing.T) {
	saved(t)
	o := run(t, asked("no\n", nil), "apply", "plan.json", "--sim")
	assert.Equal(t, 1, o.code)
	assert.Contains(t, o.out, "+ agency/ops")
	assert.Contains(t, o.errors, "Apply 2 creates to account example-co (")
	assert.Nil(t, agencyOps(t))

	o = run(t, asked("", nil), "apply", "plan.json", "--sim", "--auto-approve")
	assert.Equal(t, 0, o.code, o.errors)
	assert.NotContains(t, o.errors, "Only yes is taken")
	assert.NotNil(t, agencyOps(t))

	o = run(t, asked("yes\n", nil), "apply", "plan.json", "--sim")
	assert.Equal(t, 0, o.code)
	assert.NotContains(t, o.errors, "Only yes is taken", "nothing is left to ask about")
}

func TestASavedPlanIsApprovedByItsReviewWhereNobodyCanBeAsked(t *testing.T) {
	saved(t)
	o := run(t, nil, "apply", "plan.json", "--sim")
	assert.Equal(t, 0, o.code, o.errors)
	assert.Contains(t, o.out, "Applied 2 changes, verified.")
}

func TestASavedPlanIsHeldAgainstLiveStateAgainAfterTheAnswer(t *testing.T) {
	edit := func(args ...string) {
		require.Equal(t, 0, run(t, nil, append([]string{"sim", "edit"}, args...)...).code)
	}
	t.Run("what moved meanwhile is named", func(t *testing.T) {
		saved(t)
		o := run(t, asked("yes\n", func() { edit("create", "ops", "audit-partner") }), "apply", "plan.json", "--sim")
		assert.Equal(t, 1, o.code)
		assert.Contains(t, o.errors, "live state has moved: agency/ops")
		assert.Empty(t, agencyOps(t).Grants, "nothing was written")
	})
	t.Run("what somebody else did of it meanwhile was not what was asked about", func(t *testing.T) {
		saved(t)
		o := run(t, asked("yes\n", func() {
			edit("create", "ops", "partner-co")
		}), "apply", "plan.json", "--sim")
		assert.Equal(t, 1, o.code)
		assert.Contains(t, o.errors, "the account changed while you were asked")
		assert.Empty(t, agencyOps(t).Grants)
	})
	t.Run("what has nothing to do with it is no reason", func(t *testing.T) {
		saved(t)
		o := run(t, asked("yes\n", func() { edit("create", "other", "partner-co") }), "apply", "plan.json", "--sim")
		assert.Equal(t, 0, o.code, o.errors)
		assert.Len(t, agencyOps(t).Grants, 1)
	})
}

func TestARiskIsRefusedBeforeTheQuestion(t *testing.T) {
	folder(t, map[string]string{"m.yaml": strings.Replace(manifest, "OBS ReadOnlyAccess", "Tenant Administrator", 1)})
	require.Equal(t, 0, run(t, nil, "plan", "-f", "m.yaml", "--sim", "--out", "plan.json").code)
	for _, args := range [][]string{{"apply", "-f", "m.yaml"}, {"apply", "plan.json"}} {
		o := run(t, asked("yes\n", func() { t.Error("asked") }), append(args, "--sim", "--fail-on", "high")...)
		assert.Equal(t, 1, o.code)
		assert.Contains(t, o.errors, "high risk: grant/ops/domain/Tenant Administrator")
		assert.Contains(t, o.errors, `{rule: administrator-role, address: "grant/ops/domain/Tenant Administrator", reason: WHY, reviewBy: YYYY-MM-DD}`)
	}
	assert.Nil(t, agencyOps(t))
}

func TestFlagsThatShapeAPlanAreRefusedWithASavedOne(t *testing.T) {
	saved(t)
	for _, args := range [][]string{{"--max-deletes", "1"}, {"--send-write-only"}} {
		o := run(t, nil, append([]string{"apply", "plan.json", "--sim"}, args...)...)
		assert.Equal(t, 1, o.code, args)
		assert.Contains(t, o.errors, args[0]+": a saved plan is executed as it was saved")
	}
	assert.Nil(t, agencyOps(t))
}

func TestASavedPlanIsForItsOwnerOnlyAndWrittenWhole(t *testing.T) {
	saved(t)
	info, err := os.Stat("plan.json")
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	entries, err := os.ReadDir(".")
	require.NoError(t, err)
	for _, e := range entries {
		assert.NotContains(t, e.Name(), "plan.json.", "nothing is left beside it")
	}

	// An empty file, as mktemp makes it, and a saved plan are replaced.
	require.NoError(t, os.WriteFile("empty", nil, 0o644))
	for _, name := range []string{"empty", "plan.json"} {
		assert.Equal(t, 0, run(t, nil, "plan", "-f", "m.yaml", "--sim", "--out", name).code)
	}
	text, err := os.ReadFile("empty")
	require.NoError(t, err)
	again, err := os.ReadFile("plan.json")
	require.NoError(t, err)
	assert.Equal(t, string(text), string(again))
}

func TestWhereASavedPlanIsToBeAppliedIsSaid(t *testing.T) {
	folder(t, map[string]string{"m.yaml": manifest})
	for flags, says := range map[string]string{
		"--sim --out plan.json":                "To apply it: agencyctl apply plan.json -f m.yaml --sim\n",
		"--sim=other.json --out plan.json":     "To apply it: agencyctl apply plan.json -f m.yaml --sim=other.json\n",
		"--sim --out plan.json --quiet":        "",
		"--sim --out it's.json":                `To apply it: agencyctl apply 'it'\''s.json' -f m.yaml --sim` + "\n",
		"--sim --fail-on medium --out no.json": "1 problem.\n", // the trust without an end
	} {
		o := run(t, nil, append([]string{"plan", "-f", "m.yaml"}, strings.Fields(flags)...)...)
		if says == "" {
			assert.Empty(t, o.errors, flags)
			continue
		}
		assert.True(t, strings.HasSuffix(o.errors, says), "%s: %s", flags, o.errors)
	}
	assert.NoFileExists(t, "no.json")
}
