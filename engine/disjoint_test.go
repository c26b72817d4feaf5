package engine_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/agencyctl/agencyctl/engine"
	"github.com/agencyctl/agencyctl/internal/conformance/memory"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
)

// Two teams keep one account: what is team a's begins with "a-", team b's with "b-", and "x-" is nobody's.

var teamNames = []string{"one", "two", "three"}

// drawTeamSeed makes a world of things of both teams and of nobody.
func drawTeamSeed(t *rapid.T) memory.Seed {
	var seed memory.Seed
	for _, team := range []string{"a-", "b-", "x-"} {
		kinds := []string{"reader", "writer", "stopper"}
		if rapid.Bool().Draw(t, "live doc "+team) {
			seed.Docs = append(seed.Docs, memory.Doc{Name: team + "doc", Allow: some(t, []string{"read", "write"}, "allow")})
			kinds = append(kinds, team+"doc")
		}
		for _, name := range some(t, teamNames, "live box of "+team) {
			seed.Boxes = append(seed.Boxes, memory.Box{Name: team + name, Owner: rapid.SampledFrom(owners).Draw(t, "owner"), Label: "l"})
			for _, kind := range some(t, kinds, "live item") {
				seed.Items = append(seed.Items, memory.Item{Box: team + name, Scope: rapid.SampledFrom(scopes).Draw(t, "scope"), Kind: kind})
			}
		}
	}
	return seed
}

// drawTeamManifest lists some of a team's things, and owns further ones by a pattern that never reaches the other's.
func drawTeamManifest(t *rapid.T, seed memory.Seed, team, other string) *plan.Manifest {
	kinds := []string{"reader", "writer", "stopper"}
	var boxEntries, docEntries []any
	for _, d := range seed.Docs {
		if strings.HasPrefix(d.Name, team) {
			docEntries = append(docEntries, map[string]any{"name": d.Name, "allow": some(t, []string{"read", "write"}, "allow")})
			kinds = append(kinds, d.Name)
		}
	}
	for _, name := range teamNames {
		switch rapid.IntRange(0, 3).Draw(t, "fate of "+team+name) {
		case 0: // not listed
		case 1:
			boxEntries = append(boxEntries, map[string]any{"name": team + name, "state": "absent"})
		default:
			boxEntries = append(boxEntries, map[string]any{
				"name": team + name, "ownedBy": rapid.SampledFrom(owners).Draw(t, "owner"), "label": "l",
				"items":     map[string]any{"north": some(t, kinds, "item"), "south": some(t, kinds, "item")},
				"itemsMode": rapid.SampledFrom([]string{"exact", "exact", "additive"}).Draw(t, "mode"),
			})
		}
	}
	text, err := json.Marshal(map[string]any{"boxes": boxEntries, "docs": docEntries})
	require.NoError(t, err)
	m := manifest(t, string(text))
	switch rapid.IntRange(0, 2).Draw(t, "owns") {
	case 0:
	case 1:
		m.Ownership.Include = []addr.Pattern{pattern(t, "box/"+team+"*")}
	default:
		m.Ownership.Include = []addr.Pattern{pattern(t, "box/*"), pattern(t, "doc/*")}
		for _, foreign := range []string{other, "x-"} {
			m.Ownership.Exclude = append(m.Ownership.Exclude, pattern(t, "box/"+foreign+"*"), pattern(t, "doc/"+foreign+"*"))
		}
	}
	m.Ownership.Prune = len(m.Ownership.Include) > 0 && rapid.Bool().Draw(t, "prune")
	if rapid.IntRange(0, 2).Draw(t, "protects") == 0 {
		m.Ownership.Protect = []addr.Pattern{pattern(t, rapid.SampledFrom([]string{"box/" + team + "one", "box/*", "box/" + other + "*", "item/*/*/reader"}).Draw(t, "protect"))}
	}
	return m
}

// others is all that is live and not the team's, with ids.
func others(w *memory.World, team string) []plan.Live {
	var all []plan.Live
	for _, l := range w.Live() {
		if !strings.HasPrefix(l.Address.Segments()[0].Text, team) {
			all = append(all, l)
		}
	}
	return all
}

// TestTeamsWithDisjointOwnershipNeverTouchEachOther applies two manifests to one account in turn, under faults too: no
// write is sent to what is not the team's, and nothing of it differs afterwards.
func TestTeamsWithDisjointOwnershipNeverTouchEachOther(t *testing.T) {
	writes := 0
	checkTimeless(t, func(t *rapid.T) {
		seed := drawTeamSeed(t)
		r := setUp(t, seed)
		manifests := map[string]*plan.Manifest{"a-": drawTeamManifest(t, seed, "a-", "b-"), "b-": drawTeamManifest(t, seed, "b-", "a-")}
		options := engine.ApplyOptions{Parallelism: rapid.IntRange(1, 4).Draw(t, "parallelism")}
		apply := func(team string) {
			planned, err := r.engine.Plan(context.Background(), manifests[team], engine.PlanOptions{})
			require.NoError(t, err)
			if planned.Refused() {
				return
			}
			before := others(r.world, team)
			r.world.ForgetCalls()
			r.engine.Apply(context.Background(), planned, options)
			for _, call := range r.world.Writes() {
				writes++
				require.True(t, strings.HasPrefix(call.Address.Segments()[0].Text, team), "%s is none of %s", call.Address, team)
			}
			require.Equal(t, before, others(r.world, team))
		}
		if rapid.Bool().Draw(t, "faulty") {
			r.world.SetFaults(drawFaults(t)...)
			apply("a-")
			apply("b-")
			r.world.SetFaults()
		}
		for _, team := range []string{"a-", "b-", "a-", "b-"} {
			apply(team)
		}
		for team, m := range manifests {
			planned, err := r.engine.Plan(context.Background(), m, engine.PlanOptions{})
			require.NoError(t, err)
			require.True(t, planned.Refused() || planned.Plan.Writes() == 0, "%s has something left to do: %v", team, planned.Plan)
		}
	})
	require.NotZero(t, writes)
}
