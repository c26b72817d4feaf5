package acceptance

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/engine"
	"github.com/agencyctl/agencyctl/internal/cloudsim"
	"github.com/agencyctl/agencyctl/internal/export"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/schema"
)

// TestAnUpdateOfManyEntriesThatAreRefusedReadsTheFileNoMoreOften counts what is allocated, which grows with the entries where the file is
// read as often for many as for few, and with their square where it is read for each of them.
func TestAnUpdateOfManyEntriesThatAreRefusedReadsTheFileNoMoreOften(t *testing.T) {
	few, many := allocatedByUpdate(t, 20), allocatedByUpdate(t, 160)
	assert.Less(t, many/few, 16.0, "%.0f for 20, %.0f for 160", few, many)
}

// allocatedByUpdate returns how many allocations it takes to update a manifest of agencies that merge a duration which they have no longer.
func allocatedByUpdate(t *testing.T, agencies int) float64 {
	w := cloudsim.DemoWorld(cloudsim.HuaweiCloud)
	home := w.AccountNamed("")
	legacy := *home.AgencyNamed("legacy-import")
	legacy.Grants = nil
	text := strings.Builder{}
	text.WriteString(updateHead + "agencies:\n- &m {name: a0, trust: {account: partner-co}, description: data import of 2024, duration: 5d}\n")
	for i := range agencies {
		a := legacy
		a.Name, a.ID = fmt.Sprintf("a%d", i), fmt.Sprintf("%032d", i)
		home.Agencies = append(home.Agencies, a)
		if i > 0 {
			fmt.Fprintf(&text, "- {<<: *m, name: a%d}\n", i)
		}
	}
	server, e, closed := openWorld(t, w)
	defer closed()
	edit, err := cloudsim.ParseEdit([]string{"set", "a0", "duration", "5"})
	require.NoError(t, err)
	require.NoError(t, server.Edit("", edit))
	sources := []schema.Source{{Name: "m.yaml", Data: []byte(text.String())}}
	manifests, _, problems := schema.Parse(sources)
	require.Empty(t, plan.Fatal(problems))
	desired, problems := engine.Validate(services.Registry(), manifests[0])
	require.Empty(t, plan.Fatal(problems))
	snapshot, err := e.ObserveListed(context.Background(), manifests[0], desired)
	require.NoError(t, err)
	return testing.AllocsPerRun(1, func() {
		account := export.LiveAccount{Manifest: manifests[0], Snapshot: snapshot}
		updated, problems, err := export.Update(services.Registry(), sources, []export.LiveAccount{account}, export.Options{Now: exportedAt})
		require.NoError(t, err)
		require.NotNil(t, updated, problems)
		assert.Empty(t, updated.Files)
		assert.Equal(t, agencies, len(updated.Remarks), "those that merge, and that a0 has expired")
	})
}
