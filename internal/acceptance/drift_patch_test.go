package acceptance

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/agencyctl/agencyctl/engine"
	"github.com/agencyctl/agencyctl/internal/cloudsim"
	"github.com/agencyctl/agencyctl/internal/export"
	"github.com/agencyctl/agencyctl/internal/patch/patchtest"
	"github.com/agencyctl/agencyctl/internal/render"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/schema"
)

// writtenIn writes sources into an empty working directory.
func writtenIn(t *rapid.T, folder string, sources []schema.Source) {
	require.NoError(t, os.RemoveAll(folder))
	require.NoError(t, os.MkdirAll(folder, 0o700))
	for _, s := range sources {
		require.NoError(t, os.WriteFile(filepath.Join(folder, s.Name), s.Data, 0o600))
	}
}

// editedAccount draws an account whose export, perhaps in an author's style, is in the folder m, and which somebody has changed since.
func editedAccount(t *testing.T, rt *rapid.T) *front {
	w := drawnAccount(rt, cloudsim.HuaweiCloud)
	_, e, closed := openWorld(rt, w)
	exported, _ := exportOf(rt, e, cloudOf(w)).Text()
	closed()
	sources := []schema.Source{{Name: "m.yaml", Data: exported}}
	if rapid.Bool().Draw(rt, "restyled") {
		sources = restyled(rt, string(exported))
	}
	writtenIn(rt, "m", sources)
	f := newFront(t, cloudsim.Options{Cloud: w.Cloud, Seed: w})
	editByHand(f.server, drawnEdits(rt, f.server.World()))
	return f
}

// editedServices is the same for an account in which services are authorized.
func editedServices(t *testing.T, rt *rapid.T) *front {
	server, e, closed := openServices(rt)
	exported, _ := exportOf(rt, e, cloudOf(server.World())).Text()
	closed()
	writtenIn(rt, "m", []schema.Source{{Name: "m.yaml", Data: exported}})
	f := newFront(t, cloudsim.Options{Seed: server.World()})
	editByHand(f.server, rapid.SliceOfN(rapid.SampledFrom(slices.Concat(edits, moreEdits)), 1, 4).Draw(rt, "by hand"))
	return f
}

// isAccepted requires that a patch of the manifests in the folder m accepts what is live, but for what its comments name. It returns how
// many lines the patch has.
func isAccepted(t *testing.T, rt *rapid.T, f *front, apply func(folder, diff string) error) int {
	drift := func(args ...string) outcome {
		return f.run(t, append([]string{"drift", "-f", "m", "--now", exportedAt.Format("2006-01-02")}, args...)...)
	}
	diff := drift("--patch")
	if diff.code == 1 { // what cannot be compared cannot be accepted
		require.Empty(rt, diff.stdout)
		require.Equal(rt, 1, drift().code)
		return 0
	}
	comments, files, found := strings.Cut(diff.stdout, "--- a/")
	if found {
		require.NoError(rt, apply(".", diff.stdout), diff)
	}
	for line := range strings.Lines(comments) {
		require.True(rt, strings.HasPrefix(line, "# "), "%q", line)
	}
	after := drift("-o", "json")
	var document struct {
		Accounts []struct {
			Changed, Missing, Unexpected, Expired []struct{ Address string }
			Findings                              []struct{ Address, Rule, Severity string }
		}
	}
	require.NoError(rt, json.Unmarshal([]byte(after.stdout), &document), after)
	require.Len(rt, document.Accounts, 1, after)
	of := document.Accounts[0]
	for _, differences := range [][]struct{ Address string }{of.Changed, of.Missing, of.Unexpected, of.Expired} {
		for _, d := range differences {
			require.Contains(rt, comments, render.Clean(d.Address), "%s\n%s", diff, after)
		}
	}
	for _, finding := range of.Findings {
		if finding.Severity != "accepted" {
			require.Regexp(rt, "(?m)^# "+finding.Severity+": .* \\["+finding.Rule+"\\]$", comments, "%s\n%s", diff, after)
		}
	}
	require.NotContains(rt, drift("--patch").stdout, "--- a/", "%s\n%s", diff, after)
	return strings.Count(files, "\n")
}

// patchesAccept draws accounts, manifests of them, and what somebody changed by hand, and applies the patches of the drift.
func patchesAccept(t *testing.T, apply func(folder, diff string) error) {
	t.Chdir(t.TempDir())
	lines := 0
	rapid.Check(t, func(rt *rapid.T) {
		lines += isAccepted(t, rt, editedAccount(t, rt), apply)
	})
	assert.True(t, lines > 0 || every > 1, "two draws may have nothing to accept")
}

func TestAPatchAcceptsWhatIsLive(t *testing.T) { patchesAccept(t, patchtest.Apply) }

func TestAPatchAcceptsWhatServicesAre(t *testing.T) {
	t.Chdir(t.TempDir())
	rapid.Check(t, func(rt *rapid.T) {
		isAccepted(t, rt, editedServices(t, rt), patchtest.Apply)
	})
}

// TestAnUpdateLeavesWhatItIsToLeave: drift goes on telling it, but for parts of what is missing as a whole and was not to be left.
func TestAnUpdateLeavesWhatItIsToLeave(t *testing.T) {
	t.Parallel()
	left := 0
	rapid.Check(t, func(t *rapid.T) {
		w := drawnAccount(t, cloudsim.HuaweiCloud)
		server, e, closed := openWorld(t, w)
		defer closed()
		exported, _ := exportOf(t, e, cloudOf(w)).Text()
		sources := []schema.Source{{Name: "m.yaml", Data: exported}}
		differing := func() (addresses []addr.Address, account export.LiveAccount) {
			manifests, _, problems := schema.Parse(sources)
			require.Empty(t, plan.Fatal(problems), string(sources[0].Data))
			d, compared, err := e.Drift(context.Background(), manifests[0], engine.DriftOptions{Now: exportedAt})
			require.NoError(t, err)
			if d == nil { // what cannot be compared
				return nil, account
			}
			for _, of := range slices.Concat(d.Changed, d.Missing, d.Unexpected) {
				addresses = append(addresses, of.Address)
			}
			return addresses, export.LiveAccount{Manifest: manifests[0], Snapshot: compared.Snapshot()}
		}
		editByHand(server, drawnEdits(t, server.World()))
		all, account := differing()
		if len(all) == 0 {
			return
		}
		account.Leave = rapid.SliceOfDistinct(rapid.SampledFrom(all), rapid.ID).Draw(t, "to leave")
		updated, problems, err := export.Update(services.Registry(), sources, []export.LiveAccount{account}, export.Options{Now: exportedAt})
		require.NoError(t, err)
		require.NotNil(t, updated, "%v", problems)
		for _, f := range updated.Files {
			sources[0].Data = f.Text
		}
		now, _ := differing()
		for _, a := range account.Leave {
			root := addr.New("agency", a.Segments()[0])
			if a.Type() == "grant" && slices.Contains(all, root) && !slices.Contains(account.Leave, root) {
				continue
			}
			left++
			require.Contains(t, now, a, "%s\n%s", exported, sources[0].Data)
		}
	})
	assert.True(t, left > 0 || every > 1, "two draws may have nothing to leave")
}
