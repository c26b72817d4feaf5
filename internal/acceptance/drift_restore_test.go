package acceptance

import (
	"bytes"
	"context"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/agencyctl/agencyctl/engine"
	"github.com/agencyctl/agencyctl/internal/cloudsim"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/plan/saved"
	"github.com/agencyctl/agencyctl/schema"
)

// editByHand changes an account as a colleague in the console would. An edit that does not fit the account changes nothing.
func editByHand(server *cloudsim.Server, edits [][]string) {
	for _, words := range edits {
		if edit, err := cloudsim.ParseEdit(words); err == nil {
			edit.At = exportedAt.Add(-time.Hour)
			_ = server.Edit("", edit)
		}
	}
}

// ruled gives a manifest rules about what a plan may do.
func ruled(t *rapid.T, m *plan.Manifest) {
	protect, err := addr.ParsePattern(rapid.SampledFrom([]string{"agency/none", "agency/ops*", "policy/*", "authorization/*/*"}).Draw(t, "protect"))
	require.NoError(t, err)
	m.Ownership.Protect = []addr.Pattern{protect}
	m.Ownership.Prune = rapid.Bool().Draw(t, "prune")
}

// acknowledge lets a manifest accept some of the differences of a drift.
func acknowledge(t *rapid.T, m *plan.Manifest, d *plan.Drift) {
	for i, list := range [][]plan.Difference{d.Changed, d.Missing, d.Unexpected, d.Expired} {
		for _, of := range list {
			class := plan.Classes()[i]
			a := plan.Acceptance{Rule: class, Address: addr.Exactly(of.Address), Accepted: plan.Accepted{Reason: "known", ReviewBy: "2031-01-31"}}
			if plan.ClassNeedsSeen(class) {
				a.Seen = of.Seen
			}
			if rapid.IntRange(1, 4).Draw(t, "acknowledged") == 1 && !a.Address.HasWildcard() {
				m.Acceptances = append(m.Acceptances, a)
			}
		}
	}
}

// isRestored requires that the plan of a drift is that of the same state, byte by byte, that it leaves what is acknowledged alone, and that
// its execution leaves no difference but those that were named. Made are the types of what services make and give up, beside what is asked
// of them. It returns how many changes it made. An execution that does not end well says so itself.
func isRestored(t *rapid.T, e *engine.Engine, m *plan.Manifest, made ...string) int {
	drift, compared, err := e.Drift(context.Background(), m, engine.DriftOptions{Now: exportedAt})
	require.NoError(t, err)
	var options engine.PlanOptions
	if drift != nil {
		acknowledge(t, m, drift)
		drift, compared, err = e.Drift(context.Background(), m, engine.DriftOptions{Now: exportedAt})
		require.NoError(t, err)
		options.Select = drift.Restoring()
	}
	fresh, err := e.Fresh(m, options).Make(context.Background())
	require.NoError(t, err)
	restoring := compared.Restore(options)
	require.Equal(t, drift == nil || fresh.Refused(), restoring.Refused())
	if restoring.Refused() {
		return 0
	}
	for _, of := range slices.Concat(drift.Changed, drift.Missing, drift.Unexpected) {
		changes := func(c plan.Change) bool { return c.Address == of.Address }
		require.Equal(t, of.Counts() && of.Action != 0, slices.ContainsFunc(restoring.Plan.Changes, changes), "%s", of.Address)
	}
	program := saved.Program{Services: services.Registry(), Version: "test"}
	one, err := fresh.Save(program)
	require.NoError(t, err)
	other, err := restoring.Save(program)
	require.NoError(t, err)
	require.True(t, bytes.Equal(one.Text(), other.Text()), "it is the plan of the same state")

	remaining := map[addr.Address]bool{}
	for _, left := range drift.RemainingAfter(restoring.Plan) {
		remaining[left.Address] = true
		require.NotEmpty(t, left.Why)
	}
	read, err := saved.Decode(other.Text(), program)
	require.NoError(t, err)
	job := e.Saved(read, engine.SavedOptions{})
	planned, err := job.Make(context.Background())
	require.NoError(t, err)
	require.Empty(t, plan.Fatal(planned.Problems))
	report := job.Execute(context.Background(), planned, engine.ApplyOptions{PollInterval: time.Millisecond, VerifyTimeout: 100 * time.Millisecond})
	if !report.OK() {
		return 0
	}
	after, compared, err := e.Drift(context.Background(), m, engine.DriftOptions{Now: exportedAt})
	require.NoError(t, err)
	require.NotNil(t, after, "%v", compared.Problems)
	for _, d := range slices.Concat(after.Changed, after.Missing, after.Unexpected) {
		require.True(t, remaining[d.Address] || slices.Contains(made, d.Address.Type()), "%s %s", d.Action, d.Address)
	}
	return restoring.Plan.Writes()
}

func TestThePlanOfADriftRestoresTheManifest(t *testing.T) {
	t.Parallel()
	writes := 0
	rapid.Check(t, func(t *rapid.T) {
		w := drawnAccount(t, rapid.SampledFrom([]string{cloudsim.HuaweiCloud, cloudsim.OpenTelekomCloud}).Draw(t, "cloud"))
		server, e, closed := openWorld(t, w)
		defer closed()
		exported, _ := exportOf(t, e, cloudOf(w)).Text()
		manifests, _, problems := schema.Parse([]schema.Source{{Name: "m.yaml", Data: exported}})
		require.Empty(t, plan.Fatal(problems), string(exported))
		ruled(t, manifests[0])
		editByHand(server, drawnEdits(t, server.World()))
		writes += isRestored(t, e, manifests[0])
	})
	assert.True(t, writes > 0 || every > 1, "two draws may have nothing to restore")
}

func TestThePlanOfADriftRestoresServices(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		server, e, closed := openServices(t)
		defer closed()
		exported, _ := exportOf(t, e, cloudOf(server.World())).Text()
		manifests, _, problems := schema.Parse([]schema.Source{{Name: "m.yaml", Data: exported}})
		require.Empty(t, plan.Fatal(problems), string(exported))
		ruled(t, manifests[0])
		editByHand(server, rapid.SliceOfN(rapid.SampledFrom(slices.Concat(edits, moreEdits)), 1, 4).Draw(t, "by hand"))
		isRestored(t, e, manifests[0], "authorization", "policy")
	})
}
