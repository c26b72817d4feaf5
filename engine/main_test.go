package engine_test

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/agencyctl/agencyctl/engine"
	"github.com/agencyctl/agencyctl/internal/conformance"
	"github.com/agencyctl/agencyctl/internal/conformance/memory"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/access"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// recorder is a sink that notices when it is called concurrently.
type recorder struct {
	mu         sync.Mutex
	events     []engine.Event
	busy       atomic.Bool
	overlapped atomic.Bool
}

func (r *recorder) sink(e engine.Event) {
	if !r.busy.CompareAndSwap(false, true) {
		r.overlapped.Store(true)
	}
	runtime.Gosched()
	r.mu.Lock()
	r.events = append(r.events, e)
	r.mu.Unlock()
	r.busy.Store(false)
}

func (r *recorder) of(kinds ...engine.EventKind) []engine.Event {
	r.mu.Lock()
	defer r.mu.Unlock()
	var found []engine.Event
	for _, e := range r.events {
		if slices.Contains(kinds, e.Kind) {
			found = append(found, e)
		}
	}
	return found
}

// rig is an engine on a world.
type rig struct {
	world  *memory.World
	engine *engine.Engine
	events *recorder
	// planned are the results that plans came from.
	planned map[*plan.Plan]*engine.Planned
}

var account = plan.Account{Name: "example-co", ID: "0001"}

func setUp(t require.TestingT, seed memory.Seed) *rig {
	if seed.Account == (plan.Account{}) {
		seed.Account = account
	}
	seed.Scopes = []string{"north", "south"}
	seed.Kinds = append(seed.Kinds,
		memory.Kind{ID: "k-read", Name: "reader", Allow: []string{"read"}},
		memory.Kind{ID: "k-write", Name: "writer", Allow: []string{"read", "write"}},
		memory.Kind{ID: "k-stop", Name: "stopper", Deny: []string{"write"}},
		memory.Kind{ID: "k-move", Name: "mover", Allow: []string{"move"}})
	w, err := memory.NewWorld(seed)
	require.NoError(t, err)
	registry, err := providers.NewRegistry(memory.Provider{}, shelves{})
	require.NoError(t, err)
	r := &rig{world: w, events: &recorder{}, planned: map[*plan.Plan]*engine.Planned{}}
	r.engine = engine.New(registry, providers.Remotes{"memory": memory.NewRemote(w)}, r.events.sink)
	return r
}

// plan makes a plan that must be sound.
func (r *rig) plan(t require.TestingT, m *plan.Manifest) *plan.Plan {
	planned, err := r.engine.Plan(context.Background(), m, engine.PlanOptions{})
	require.NoError(t, err)
	require.False(t, planned.Refused(), "%+v", planned.Problems)
	r.planned[planned.Plan] = planned
	return planned.Plan
}

// apply executes a plan that r.plan made.
func (r *rig) apply(ctx context.Context, p *plan.Plan, options engine.ApplyOptions) *engine.Report {
	return r.engine.Apply(ctx, r.planned[p], options)
}

// manifest makes a manifest of JSON; see [conformance.Manifest].
func manifest(t require.TestingT, text string) *plan.Manifest { return conformance.Manifest(t, text) }

func pattern(t require.TestingT, text string) addr.Pattern {
	p, err := addr.ParsePattern(text)
	require.NoError(t, err)
	return p
}

func changeAddresses(changes []plan.Change) []string {
	texts := []string{}
	for _, c := range changes {
		texts = append(texts, c.Action.String()+" "+c.Address.String())
	}
	return texts
}

// outcomes gives "ADDRESS OUTCOME" for every result, with the cause of a skipped one.
func outcomes(report *engine.Report) []string {
	var texts []string
	for _, r := range report.Results {
		text := r.Address.String() + " " + r.Outcome.String()
		if !r.Cause.IsZero() {
			text += " because of " + r.Cause.String()
		}
		texts = append(texts, text)
	}
	slices.Sort(texts)
	return texts
}

func resultOf(t require.TestingT, report *engine.Report, address string) engine.Result {
	for _, r := range report.Results {
		if r.Address.String() == address {
			return r
		}
	}
	require.Fail(t, "no result", address)
	return engine.Result{}
}

// callOn returns the one write to the address.
func callOn(t require.TestingT, w *memory.World, address string) memory.Call {
	var found []memory.Call
	for _, c := range w.Writes() {
		if c.Address.String() == address {
			found = append(found, c)
		}
	}
	require.Len(t, found, 1, "writes to %s", address)
	return found[0]
}

// shelves is a second service, whose resources are only names.
type shelves struct{}

func (shelves) Name() string                    { return "shelves" }
func (shelves) Prefixes() []string              { return []string{"shelf"} }
func (shelves) Fragments() []providers.Fragment { return nil }
func (shelves) Guard(*plan.Manifest) func(*plan.Resource) []plan.Finding {
	return func(*plan.Resource) []plan.Finding { return nil }
}
func (shelves) Guardrails() []plan.Guardrail { return nil }
func (shelves) Rules() []plan.Rule           { return nil }
func (shelves) Effects(*plan.Catalogue) func(plan.Resource) []access.Effect {
	return func(plan.Resource) []access.Effect { return nil }
}

func (shelves) Manual(*plan.Live, *plan.Desired, *plan.View) []plan.Manual { return nil }
func (shelves) Complete(*plan.View) providers.Completion                   { return providers.Completion{} }

func (shelves) Cover(desired []plan.Desired) ([]providers.Root, []string) {
	return providers.RootsOf(desired, []string{"shelf"}), nil
}

func (shelves) NotReadWords() []string { return nil }

func (s shelves) NotCovered(snapshot *plan.Snapshot, _ providers.Coverage) []plan.NotRead {
	return memory.NotMentioned(snapshot, s.Prefixes())
}

func (shelves) Assess([]*plan.Resource, *plan.Manifest, *plan.Catalogue) []plan.Finding { return nil }

func (shelves) Collapse([]plan.Live, *plan.Catalogue) map[string][]*plan.Node { return nil }

func (shelves) Permissions([]plan.Desired, *plan.Manifest) providers.Permissions {
	return providers.Permissions{}
}

func (shelves) Expand(m *plan.Manifest) ([]plan.Desired, []plan.Problem) {
	var desired []plan.Desired
	for _, n := range m.Sections["shelves"] {
		desired = append(desired, plan.Desired{
			Resource: plan.Resource{Address: addr.New("shelf", addr.Plain(n.Get("name").String()))}, Source: n.At,
		})
	}
	return desired, nil
}

func (shelves) Resolve(desired []plan.Desired, _ *plan.Manifest, _ *plan.Catalogue) (providers.Resolution, []plan.Problem) {
	var mine providers.Resolution
	for _, d := range desired {
		if d.Address.Type() == "shelf" {
			mine.Desired = append(mine.Desired, d)
		}
	}
	return mine, nil
}

// seen is a remote of shelves that answers every observation with the same.
type seen struct {
	observation *providers.Observation
	err         error
}

var errNoWrites = errors.New("shelves cannot be written")

func (s seen) Observe(context.Context, providers.ObserveRequest) (*providers.Observation, error) {
	return s.observation, s.err
}
func (seen) Create(context.Context, providers.Write) (string, error) { return "", errNoWrites }
func (seen) Update(context.Context, providers.Write) error           { return errNoWrites }
func (seen) Delete(context.Context, providers.Write) error           { return errNoWrites }

// withShelves returns an engine on the rig's world that also has a connection to shelves.
func (r *rig) withShelves(t testing.TB, remote providers.Remote) *engine.Engine {
	t.Helper()
	registry, err := providers.NewRegistry(memory.Provider{}, shelves{})
	require.NoError(t, err)
	return engine.New(registry, providers.Remotes{"memory": memory.NewRemote(r.world), "shelves": remote}, r.events.sink)
}
