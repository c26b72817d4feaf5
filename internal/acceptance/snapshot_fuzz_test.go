package acceptance

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/engine"
	"github.com/agencyctl/agencyctl/internal/cloudsim"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/schema"
)

// FuzzSnapshot plans from snapshots, and makes simulated clouds of them, in which one answer was changed at one place: always an answer,
// never a panic. Of is which answer, At which of its values, counted through all, and put by what it is replaced: JSON, or else a text.
func FuzzSnapshot(f *testing.F) {
	front := newFront(f, cloudsim.Options{})
	folder := f.TempDir()
	manifest, path := filepath.Join(folder, "main.yaml"), filepath.Join(folder, "account.json")
	require.NoError(f, os.WriteFile(manifest, []byte(forgedBefore), 0o600))
	front.succeeds(f, "apply", "-f", manifest, "--auto-approve")
	front.succeeds(f, "export", "--format", "snapshot", "--region", "cn-north-4", "--out", path)
	honest, err := os.ReadFile(path)
	require.NoError(f, err)
	manifests, _, problems := schema.Parse([]schema.Source{{Name: "main.yaml", Data: []byte(forgedMain)}})
	require.Empty(f, plan.Fatal(problems))
	registry := services.Registry()
	f.Add(uint(0), uint(0), `null`)
	f.Add(uint(7), uint(3), `"../a b"`)
	f.Add(uint(11), uint(2), `{}`)
	f.Add(uint(16), uint(9), `[]`)
	f.Add(uint(18), uint(5), `1e99`)
	f.Fuzz(func(t *testing.T, of, at uint, put string) {
		recorded, err := providers.DecodeSnapshot(honest)
		require.NoError(t, err)
		answers := slices.DeleteFunc(recorded.Answers(), func(a providers.Answer) bool { return a.Value == nil })
		changed := answers[of%uint(len(answers))]
		changed.Value = replaceValue(changed.Value, at, put)
		recorded.Note(changed)
		text, err := providers.EncodeSnapshot(recorded, "test")
		if err != nil {
			return
		}
		if recorded, err = providers.DecodeSnapshot(text); err != nil {
			require.ErrorIs(t, err, providers.ErrBadSnapshot)
			return
		}
		if world, _, err := cloudsim.SnapshotWorld(text); err == nil {
			_, err = cloudsim.New(cloudsim.Options{Seed: world})
			require.NoError(t, err)
		}
		connection, err := connect(context.Background(), providers.Target{Cloud: recorded.Cloud, Recorded: recorded})
		require.NoError(t, err)
		e := engine.New(registry, connection.Remotes, nil)
		_, _ = e.Fresh(manifests[0], engine.PlanOptions{}).Make(context.Background())
		_, _ = e.ObserveAll(context.Background(), engine.WholeAccount(registry, plan.Account{}, recorded.Cloud))
	})
}
