package conformance

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers"
)

// bench is the place of one proof.
type bench struct {
	t        testing.TB
	suite    Suite
	registry *providers.Registry
}

func newBench(t testing.TB, s Suite) *bench {
	all := []providers.Provider{s.Provider}
	if s.Beside != nil {
		all = append(all, s.Beside)
	}
	registry, err := providers.NewRegistry(all...)
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(s.States), 2, "a suite needs states to move between")
	names := map[string]bool{}
	for _, state := range s.States {
		require.False(t, names[state.Name] || state.Name == "", "the state name %q is empty or given twice", state.Name)
		names[state.Name] = true
	}
	return &bench{t: t, suite: s, registry: registry}
}

// around calls step with each state and its successor, the first one's being the second, until the circle is closed.
func (b *bench) around(step func(from, to State)) {
	for i, from := range b.suite.States {
		step(from, b.suite.States[(i+1)%len(b.suite.States)])
	}
}

// session is a world and the connection to it.
type session struct {
	*bench
	world  World
	remote providers.Remote
	watch  *watch
	// run and seen are what the last look began and showed: the writes after it are given both.
	run  providers.Run
	seen *plan.View
}

// session makes a fresh world.
func (b *bench) session() *session {
	s := &session{bench: b, world: b.suite.New(b.t), watch: &watch{}}
	require.NotNil(b.t, s.world.Connect, "a world needs Connect")
	require.NotNil(b.t, s.world.SetHook, "a world needs SetHook")
	s.world.SetHook(s.watch.hook)
	s.restart()
	return s
}

// in makes a fresh world that is in the given state.
func (b *bench) in(state State) *session {
	s := b.session()
	s.converge(state.Manifest, "to "+state.Name)
	return s
}

// restart connects anew, as the next run of the program does.
func (s *session) restart() { s.remote, s.run, s.seen = s.world.Connect(), nil, nil }

// settle waits for calls whose callers have gone.
func (s *session) settle() {
	if s.world.Settle != nil {
		s.world.Settle()
	}
}

// watch sees every call to the cloud and decides about it.
type watch struct {
	mu     sync.Mutex
	calls  []Call
	decide Hook
}

func (w *watch) hook(ctx context.Context, c Call) Outcome {
	w.mu.Lock()
	w.calls = append(w.calls, c)
	decide := w.decide
	w.mu.Unlock()
	if decide == nil {
		return Pass
	}
	return decide(ctx, c)
}

// set forgets the calls so far and lets decide judge those that follow; nil lets all pass.
func (w *watch) set(decide Hook) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.calls, w.decide = nil, decide
}

// reads are the names of the read calls since set, each once, sorted.
func (w *watch) reads() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var names []string
	for _, c := range w.calls {
		if !c.Write {
			names = append(names, c.Name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// count tells how many calls there were since set.
func (w *watch) count() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.calls)
}

// expand gives the desired resources of a manifest that must be sound.
func (b *bench) expand(m *plan.Manifest, note string) []plan.Desired {
	b.t.Helper()
	desired, problems := b.registry.Expand(m)
	problems = append(problems, plan.Check(desired)...)
	require.Empty(b.t, plan.Fatal(problems), "%s: expand", note)
	return desired
}

// observe looks at the world for a manifest. Only may narrow it: then the run goes on, else one begins.
func (s *session) observe(ctx context.Context, m *plan.Manifest, desired []plan.Desired,
	only []addr.Address) (*providers.Observation, error) {
	request := providers.ObserveRequest{Coverage: s.registry.Cover(desired, m), Only: only, Lists: &providers.Lists{}}
	if only != nil {
		request.Run = s.run
	}
	return s.remote.Observe(ctx, request)
}

// snapshot is what was observed for a manifest, with what the service beside shows; it is not completed.
func (s *session) snapshot(m *plan.Manifest, desired []plan.Desired, o *providers.Observation, note string) *plan.Snapshot {
	s.t.Helper()
	all := []*providers.Observation{o}
	if s.world.Beside != nil {
		beside, err := s.world.Beside.Observe(context.Background(), providers.ObserveRequest{Coverage: s.registry.Cover(desired, m)})
		require.NoError(s.t, err, "%s: observe beside", note)
		all = append(all, beside)
	}
	snapshot := &plan.Snapshot{Account: cmp.Or(o.Account, m.Account), Cloud: m.Cloud, NotRead: o.NotRead, Warnings: o.Warnings,
		Quotas: o.Quotas}
	var entries []plan.CatalogueEntry
	for _, o := range all {
		snapshot.Resources, entries = append(snapshot.Resources, o.Resources...), append(entries, o.Entries...)
		snapshot.Coverage, snapshot.Gaps = append(snapshot.Coverage, o.Coverage...), append(snapshot.Gaps, o.Gaps...)
	}
	snapshot.Resources, snapshot.Catalogue = sorted(snapshot.Resources), plan.NewCatalogue(entries...)
	return snapshot
}

// view is what a look at the world showed, and what the manifest makes of it.
type view struct {
	expanded    []plan.Desired
	observation *providers.Observation
	// resources are those of the snapshot that are not of the service beside.
	resources []plan.Live
	catalogue *plan.Catalogue
	resolved  []plan.Desired
	input     plan.Input
	seen      *plan.View
	plan      *plan.Plan
}

// covers reports whether the address was read.
func (v *view) covers(a addr.Address) bool {
	return (&plan.Snapshot{Coverage: v.observation.Coverage, Gaps: v.observation.Gaps}).Covers(a)
}

// live finds the resource at the address.
func (v *view) live(a addr.Address) *plan.Live {
	i := slices.IndexFunc(v.resources, func(l plan.Live) bool { return l.Address == a })
	if i < 0 {
		return nil
	}
	return &v.resources[i]
}

// look observes and plans; all of it must succeed.
func (s *session) look(m *plan.Manifest, note string) *view {
	s.t.Helper()
	v := &view{expanded: s.expand(m, note)}
	var err error
	v.observation, err = s.observe(context.Background(), m, v.expanded, nil)
	require.NoError(s.t, err, "%s: observe", note)
	require.NotNil(s.t, v.observation, "%s: observe", note)
	snapshot := s.snapshot(m, v.expanded, v.observation, note)
	v.catalogue = snapshot.Catalogue
	var problems []plan.Problem
	v.input, problems = s.registry.Input(m, v.expanded, snapshot)
	require.Empty(s.t, plan.Fatal(problems), "%s: resolve", note)
	all := v.input.Snapshot.Resources
	for i, l := range all {
		require.False(s.t, i > 0 && all[i-1].Address == l.Address, "%s: two live resources of one address", note)
		if p, ok := s.registry.For(l.Address); !ok || p.Name() == s.suite.Provider.Name() {
			v.resources = append(v.resources, l)
		}
	}
	v.resolved = v.input.Desired
	v.seen = plan.NewView(v.input.Snapshot, m.Ownership, v.resolved)
	s.run, s.seen = v.observation.Run, v.seen
	v.plan, problems = plan.Build(v.input)
	require.Empty(s.t, plan.Fatal(problems), "%s: plan", note)
	return v
}

// send sends one change.
func (s *session) send(ctx context.Context, c *plan.Change, ids providers.IDs) (id string, err error) {
	w := providers.Write{ID: c.ID, Before: c.Before, After: c.After, IDs: ids, View: s.seen, Run: s.run}
	switch c.Action {
	case plan.Create:
		return s.remote.Create(ctx, w)
	case plan.Update:
		return c.ID, s.remote.Update(ctx, w)
	case plan.Delete:
		return "", s.remote.Delete(ctx, w)
	case plan.ByHand, plan.Blocked:
	}
	return "", fmt.Errorf("a change with action %s cannot be sent", c.Action)
}

// sender sends one change in some way of its own.
type sender func(c *plan.Change, ids providers.IDs) (id string, err error)

// execute sends the changes of a plan one by one, in order; all must succeed.
func (s *session) execute(p *plan.Plan, send sender, note string) {
	s.t.Helper()
	known := knownIDs(p)
	for i := range p.Changes {
		c := &p.Changes[i]
		if !c.Action.Writes() {
			continue
		}
		id, err := send(c, idsFor(c, known))
		require.NoError(s.t, err, "%s: %s", note, label(c))
		if id != "" {
			known[c.Address] = id
		}
	}
}

// knownIDs are the ids that a plan itself holds.
func knownIDs(p *plan.Plan) providers.IDs {
	known := providers.IDs{}
	for _, c := range p.Changes {
		if c.ID != "" {
			known[c.Address] = c.ID
		}
		if c.ParentID != "" {
			known[c.Parent] = c.ParentID
		}
	}
	return known
}

// idsFor are the ids that a change builds on: no more than the contract promises.
func idsFor(c *plan.Change, known providers.IDs) providers.IDs {
	ids := providers.IDs{}
	for _, a := range append([]addr.Address{c.Parent}, c.DependsOn...) {
		if id, ok := known[a]; ok {
			ids[a] = id
		}
	}
	return ids
}

// plainly sends a change as any run does.
func (s *session) plainly(c *plan.Change, ids providers.IDs) (string, error) {
	return s.send(context.Background(), c, ids)
}

// converge brings the world to the manifest, and returns a second look, which must find nothing more to write.
func (s *session) converge(m *plan.Manifest, note string) (first *plan.Plan, after *view) {
	s.t.Helper()
	first = s.look(m, note).plan
	s.execute(first, s.plainly, note)
	after = s.look(m, note+", again")
	require.Zero(s.t, after.plan.Writes(), "%s: the second plan still has %v", note, labels(after.plan))
	return first, after
}

// label names a change: "create box/a".
func label(c *plan.Change) string { return c.Action.String() + " " + c.Address.String() }

func labels(p *plan.Plan) []string {
	all := []string{}
	for i := range p.Changes {
		all = append(all, label(&p.Changes[i]))
	}
	return all
}

func sorted(live []plan.Live) []plan.Live {
	all := slices.Clone(live)
	slices.SortStableFunc(all, func(a, b plan.Live) int { return addr.Compare(a.Address, b.Address) })
	return all
}

// patience bounds waiting for something that must come at once; it only ends a test that has failed.
const patience = 20 * time.Second
