package conformance

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/agencyctl/agencyctl/internal/conformance/memory"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// witness takes the place of a test and only notes whether and how it failed.
type witness struct {
	testing.TB
	failed bool
	said   string
}

func (w *witness) Errorf(format string, args ...any) {
	w.failed, w.said = true, w.said+fmt.Sprintf(format, args...)
}

func (w *witness) FailNow() {
	w.failed = true
	runtime.Goexit()
}

// prove tries to prove the promise.
func prove(t *testing.T, s Suite, promise string) *witness {
	t.Helper()
	at := slices.IndexFunc(checks(), func(c check) bool { return c.promise == promise })
	require.GreaterOrEqual(t, at, 0, "no promise %q", promise)
	w := &witness{TB: t}
	over := make(chan struct{})
	go func() {
		defer close(over)
		checks()[at].prove(newBench(w, s))
	}()
	<-over
	return w
}

// box is a small sound suite; the services below break it.
func box(t testing.TB, provider providers.Provider, wrap func(providers.Remote) providers.Remote) Suite {
	manifest := func(sections string) *plan.Manifest {
		return Manifest(t, `{"ownership": {"include": ["box/*", "doc/*"], "prune": true}, "guardrails": {"trustedOwners": ["pat", "eve"]}`+sections+`}`)
	}
	return Suite{
		Provider: provider,
		States: []State{
			{Name: "nothing", Manifest: manifest("")},
			{Name: "much", Manifest: manifest(`, "boxes": [{"name": "a", "ownedBy": "pat", "label": "l", "tags": ["locked", "x"], "items": {"north": ["reader", "d"]}}], "docs": [{"name": "d"}]`)},
			{Name: "other", Manifest: manifest(`, "boxes": [{"name": "a", "ownedBy": "pat", "label": "k", "tags": ["x"]}, {"name": "b", "ownedBy": "eve"}]`)},
		},
		New: func(t testing.TB) World {
			w, err := memory.NewWorld(memory.Seed{
				Account: plan.Account{Name: "example-co", ID: "0001"}, Scopes: []string{"north"},
				Kinds: []memory.Kind{{ID: "k-read", Name: "reader", Allow: []string{"read"}}},
			})
			require.NoError(t, err)
			return World{
				Connect: func() providers.Remote { return wrap(memory.NewRemote(w)) },
				SetHook: func(hook Hook) {
					w.SetHook(func(ctx context.Context, c memory.Call) error {
						outcome := hook(ctx, Call{Name: string(c.Operation), Write: c.Operation.Writes()})
						if err := ctx.Err(); err != nil {
							return providers.ContextError(ctx, err)
						}
						return map[Outcome]error{Fail: providers.ErrUnavailable, Refuse: providers.ErrDenied, Miss: providers.ErrNotFound, Lose: providers.ErrUnavailable}[outcome]
					})
				},
				ByHand: []Drift{{Name: "a label", In: "much", Want: []string{"update box/a"}, Make: func(t testing.TB) {
					require.NoError(t, w.PutBox(memory.Box{Name: "a", Owner: "pat", Label: "by hand", Tags: []string{"locked", "x"}}))
				}}, {Name: "a secret label", In: "much", Make: func(t testing.TB) {
					require.NoError(t, w.PutBox(memory.Box{Name: "a", Owner: "pat", Tags: []string{"locked", "x"}, Unreadable: []string{"label"}}))
				}}},
			}
		},
	}
}

func plain(r providers.Remote) providers.Remote { return r }

func TestASoundServiceKeepsEveryPromise(t *testing.T) {
	for _, c := range checks() {
		w := prove(t, box(t, memory.Provider{}, plain), c.promise)
		assert.False(t, w.failed, "%s: %s", c.promise, w.said)
	}
}

func TestASuiteThatTriesTooLittleIsRefused(t *testing.T) {
	s := box(t, memory.Provider{}, plain)
	s.States = s.States[:2]
	w := prove(t, s, "every state is reached from every other and nothing is left to do")
	assert.Contains(t, w.said, "the states need no delete")
	s.States = s.States[:1]
	w = prove(t, s, "fragments describe every key")
	assert.Contains(t, w.said, "a suite needs states to move between")
}
