package engine_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/agencyctl/agencyctl/engine"
	"github.com/agencyctl/agencyctl/internal/conformance/memory"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers"
)

var (
	boxNames = []string{"a", "b", "c"}
	docNames = []string{"own", "made"}
	owners   = []string{"pat", "eve"}
	scopes   = []string{"north", "south"}
)

// some draws a subset of from, in order.
func some[T any](t *rapid.T, from []T, label string) []T {
	var chosen []T
	for _, item := range from {
		if rapid.Bool().Draw(t, label) {
			chosen = append(chosen, item)
		}
	}
	return chosen
}

// scene is a random world and what a manifest asks it to become. A tidy one is owned and pruned as a whole, so that
// docs may go; in any other one, boxes may be unmanaged, additive, protected or locked.
type scene struct {
	seed     memory.Seed
	manifest *plan.Manifest
}

func drawScene(t *rapid.T) scene {
	tidy := rapid.Bool().Draw(t, "tidy")
	seed := memory.Seed{}
	liveDocs := some(t, docNames, "live doc")
	for _, name := range liveDocs {
		seed.Docs = append(seed.Docs, memory.Doc{Name: name, Allow: some(t, []string{"read", "write"}, "allow")})
	}
	kinds := append([]string{"reader", "writer", "stopper"}, liveDocs...)
	for _, name := range some(t, boxNames, "live box") {
		b := memory.Box{Name: name, Owner: rapid.SampledFrom(owners).Draw(t, "owner"), Label: rapid.SampledFrom([]string{"", "l"}).Draw(t, "label")}
		if !tidy && rapid.IntRange(0, 4).Draw(t, "locked") == 0 {
			b.Tags = []string{memory.LockedTag}
		}
		seed.Boxes = append(seed.Boxes, b)
		for _, scope := range scopes {
			for _, kind := range some(t, kinds, "live item") {
				seed.Items = append(seed.Items, memory.Item{Box: name, Scope: scope, Kind: kind})
			}
		}
	}
	return scene{seed, drawManifest(t, tidy, liveDocs)}
}

func drawManifest(t *rapid.T, tidy bool, liveDocs []string) *plan.Manifest {
	docs := some(t, docNames, "doc")
	if !tidy {
		for _, name := range liveDocs {
			if !slices.Contains(docs, name) {
				docs = append(docs, name)
			}
		}
	}
	var boxEntries, docEntries []any
	for _, name := range docs {
		docEntries = append(docEntries, map[string]any{"name": name, "allow": some(t, []string{"read", "write"}, "allow")})
	}
	var earlier []string
	for _, name := range boxNames {
		switch rapid.IntRange(0, 4).Draw(t, "fate of "+name) {
		case 0: // not listed
		case 1:
			boxEntries = append(boxEntries, map[string]any{"name": name, "state": "absent"})
		default:
			items := map[string]any{}
			for _, scope := range scopes {
				items[scope] = some(t, append([]string{"reader", "writer", "stopper"}, docs...), "item")
			}
			entry := map[string]any{
				"name": name, "ownedBy": rapid.SampledFrom(owners).Draw(t, "owner"), "label": "l", "items": items, "dependsOn": some(t, earlier, "depends"),
			}
			if !tidy {
				entry["itemsMode"] = rapid.SampledFrom([]string{"exact", "additive"}).Draw(t, "mode")
				entry["tags"] = some(t, []string{"x"}, "tag")
			}
			boxEntries = append(boxEntries, entry)
			earlier = append(earlier, "box/"+name)
		}
	}
	text, err := json.Marshal(map[string]any{"boxes": boxEntries, "docs": docEntries})
	require.NoError(t, err)
	m := manifest(t, string(text))
	if tidy {
		m.Ownership = plan.Ownership{Include: []addr.Pattern{pattern(t, "box/*"), pattern(t, "doc/*")}, Prune: true}
	} else if rapid.Bool().Draw(t, "protects") {
		m.Ownership.Protect = []addr.Pattern{pattern(t, "box/"+rapid.SampledFrom(boxNames).Draw(t, "protected"))}
	}
	return m
}

func drawFaults(t *rapid.T) []memory.Fault {
	kinds := []error{providers.ErrDenied, providers.ErrThrottled, providers.ErrUnavailable, providers.ErrNotFound, providers.ErrConflict, nil}
	var faults []memory.Fault
	for range rapid.IntRange(0, 4).Draw(t, "faults") {
		faults = append(faults, memory.Fault{
			Operation: rapid.SampledFrom([]memory.Operation{memory.Create, memory.Update, memory.Delete}).Draw(t, "operation"),
			Nth:       rapid.IntRange(0, 4).Draw(t, "nth"),
			Err:       rapid.SampledFrom(kinds).Draw(t, "kind"),
			After:     rapid.Bool().Draw(t, "after"),
		})
	}
	return faults
}

// checkTimeless checks a property whose runs may wait for minutes: the creates of a protected root are repeated for long. The clock of
// the bubble goes on when all wait. rapid asks a *testing.T for its deadline, which a bubble refuses, so it gets another type.
func checkTimeless(t *testing.T, property func(*rapid.T)) {
	synctest.Test(t, func(t *testing.T) { rapid.Check(struct{ testing.TB }{t}, property) })
}

// TestAnyRunIsContainedAndRepeatingConverges executes random plans under random faults: nothing downstream of a failure
// runs, the order holds, and repeating without faults ends with nothing left to do.
func TestAnyRunIsContainedAndRepeatingConverges(t *testing.T) {
	checkTimeless(t, func(t *rapid.T) {
		s := drawScene(t)
		r := setUp(t, s.seed)
		batches := rapid.Bool().Draw(t, "batches")
		if batches {
			r.batching(t, rapid.IntRange(1, 4).Draw(t, "most"))
		}
		options := engine.ApplyOptions{Parallelism: rapid.IntRange(1, 6).Draw(t, "parallelism")}
		planned, err := r.engine.Plan(context.Background(), s.manifest, engine.PlanOptions{})
		require.NoError(t, err)
		require.Empty(t, r.world.Writes(), "a plan sends no write")
		if planned.Refused() {
			return
		}
		r.world.SetLag(rapid.IntRange(0, 2).Draw(t, "lag"))
		r.world.SetFaults(drawFaults(t)...)
		report := r.engine.Apply(context.Background(), planned, options)
		requireContained(t, r.world, planned.Plan, s.manifest.Ownership, batches, report)
		requireOrder(t, r.world, planned.Plan)
		requireEvents(t, r.events, planned.Plan, report)

		r.world.SetFaults()
		// The first look may still be shown what was there before the faulty run.
		for range 2 {
			r.apply(context.Background(), r.plan(t, s.manifest), options)
		}
		left := r.plan(t, s.manifest)
		require.Equal(t, 0, left.Writes(), "%v", changeAddresses(left.Changes))
		requireUntouched(t, s, r)
	})
}

// requireContained checks every outcome against those of what the change depends on, and against what was sent.
func requireContained(t require.TestingT, w *memory.World, p *plan.Plan, owned plan.Ownership, batches bool, report *engine.Report) {
	sent, repeated := map[addr.Address]bool{}, map[addr.Address]bool{}
	for i := range p.Changes {
		c := &p.Changes[i]
		repeated[c.Address] = c.Action == plan.Create && owned.Protects(c.Root(), c.Root()) || batches && !c.Parent.IsZero()
	}
	for _, c := range w.Writes() {
		require.False(t, sent[c.Address] && !repeated[c.Address], "%s was sent twice", c.Address)
		sent[c.Address] = true
	}
	results := map[addr.Address]engine.Result{}
	for _, result := range report.Results {
		results[result.Address] = result
	}
	for _, c := range p.Changes {
		result := results[c.Address]
		succeeded := !slices.ContainsFunc(c.DependsOn, func(a addr.Address) bool { return results[a].Outcome != engine.Applied })
		switch {
		case c.Action == plan.ByHand:
			require.Equal(t, engine.ByHand, result.Outcome)
		case c.Action == plan.Blocked:
			require.Equal(t, engine.Blocked, result.Outcome)
		case succeeded:
			require.Contains(t, []engine.Outcome{engine.Applied, engine.Failed}, result.Outcome, c.Address)
		default:
			require.Equal(t, engine.Skipped, result.Outcome, c.Address)
			require.NotEqual(t, engine.Skipped, results[result.Cause].Outcome, "the cause of %s is a root cause", c.Address)
		}
		require.Equal(t, result.Outcome == engine.Failed, result.Err != nil, c.Address)
		if result.Outcome != engine.Applied && result.Outcome != engine.Failed {
			require.False(t, sent[c.Address], "%s was sent", c.Address)
		}
		if result.Outcome == engine.Failed && !errors.Is(result.Err, context.Canceled) {
			require.True(t, sent[c.Address], "%s failed without being sent: %v", c.Address, result.Err)
		}
	}
}

// requireUntouched checks that what is unmanaged or protected is as it was.
func requireUntouched(t require.TestingT, s scene, r *rig) {
	listed := map[addr.Address]bool{}
	for _, section := range s.manifest.Sections {
		for _, entry := range section {
			listed[memory.BoxAddress(entry.Get("name").String())] = true
		}
	}
	before := setUp(t, s.seed).world.Live()
	after := map[addr.Address]plan.Live{}
	for _, l := range r.world.Live() {
		after[l.Address] = l
	}
	for _, l := range before {
		root := l.Parent
		if root.IsZero() {
			root = l.Address
		}
		theirs := root.Type() == "box" && !listed[root] && !s.manifest.Ownership.Owns(root)
		if theirs || s.manifest.Ownership.Protects(l.Address, root) {
			require.Equal(t, l.Attributes, after[l.Address].Attributes, l.Address)
		}
	}
}
