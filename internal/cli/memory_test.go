package cli_test

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/cli"
	"github.com/agencyctl/agencyctl/internal/conformance/memory"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers"
)

// boxes reads each agency of a manifest as a box, owned by who is trusted, so that manifests that the published schema
// accepts can be about a service in memory.
type boxes struct{ memory.Provider }

func (b boxes) Expand(m *plan.Manifest) ([]plan.Desired, []plan.Problem) {
	text := func(at plan.Position, s string) *plan.Node { return &plan.Node{Kind: plan.Text, Text: s, At: at} }
	mine := *m
	mine.Sections = map[string][]*plan.Node{}
	for _, entry := range m.Sections["agencies"] {
		mine.Sections[memory.SectionBoxes] = append(mine.Sections[memory.SectionBoxes], &plan.Node{Kind: plan.Map, At: entry.At, Entries: []plan.Pair{
			{Key: "name", Value: entry.Get("name")},
			{Key: "ownedBy", Value: text(entry.At, entry.Get("trust").Get("account").String())},
			{Key: "label", Value: text(entry.At, entry.Get("description").String())},
		}})
	}
	return b.Provider.Expand(&mine)
}

// accounts are several accounts in memory.
type accounts struct {
	names  []string
	worlds map[string]*memory.World
	// wrap, when set, stands between a command and an account.
	wrap func(account string, remote providers.Remote) providers.Remote
	// targets are what commands connected to, by account.
	mu      sync.Mutex
	targets map[string]providers.Target
}

// newAccounts makes accounts, and a folder m with a manifest for each, which wants the boxes one and two.
func newAccounts(t *testing.T, names ...string) *accounts {
	t.Helper()
	a := &accounts{names: names}
	files := map[string]string{}
	for i, name := range names {
		// Files in another order than accounts: the order of outputs is that of the accounts.
		files[fmt.Sprintf("m/%d.yaml", len(names)-i)] = fmt.Sprintf(`apiVersion: agencyctl/v1
account: {name: %s}
cloud: {kind: huaweicloud, region: cn-north-4}
agencies:
  - {name: one, trust: {account: someone}}
  - {name: two, trust: {account: someone}}
`, name)
	}
	folder(t, files)
	a.reset(t)
	return a
}

// reset makes all accounts as new: in each there is a box one, with another label than is wanted.
func (a *accounts) reset(t *testing.T) {
	t.Helper()
	a.worlds, a.targets = map[string]*memory.World{}, map[string]providers.Target{}
	for _, name := range a.names {
		world, err := memory.NewWorld(memory.Seed{
			Account: plan.Account{Name: name, ID: "id-of-" + name}, Boxes: []memory.Box{{Name: "one", Owner: "someone", Label: "by hand"}},
		})
		require.NoError(t, err)
		a.worlds[name] = world
	}
}

func (a *accounts) run(ctx context.Context, t *testing.T, change func(*cli.Env), args ...string) outcome {
	t.Helper()
	registry, err := providers.NewRegistry(boxes{})
	require.NoError(t, err)
	var out, errs bytes.Buffer
	env := cli.Env{
		Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs, Registry: registry,
		Getenv: func(string) string { return "" },
		Connect: func(_ context.Context, target providers.Target) (*cli.Connection, error) {
			a.mu.Lock()
			defer a.mu.Unlock()
			name := target.Account.String()
			a.targets[name] = target
			world := a.worlds[name]
			if world == nil {
				return nil, fmt.Errorf("no keys for %s", name)
			}
			var remote providers.Remote = memory.NewRemote(world)
			if a.wrap != nil {
				remote = a.wrap(name, remote)
			}
			return &cli.Connection{Remotes: providers.Remotes{"memory": remote}, Close: func() {}}, nil
		},
	}
	if change != nil {
		change(&env)
	}
	code := cli.Run(ctx, env, args)
	return outcome{code, out.String(), errs.String()}
}

func (a *accounts) writes() (n int) {
	for _, w := range a.worlds {
		n += len(w.Writes())
	}
	return n
}

// turns lets accounts answer their first observations in a given order, so that which one is over first is decided by
// the test. Each waits for the one before it: the order can only come true when all are observed at the same time.
type turns struct {
	order []string
	done  map[string]chan struct{}
}

func newTurns(order []string) *turns {
	t := &turns{order: order, done: map[string]chan struct{}{}}
	for _, name := range order {
		t.done[name] = make(chan struct{})
	}
	return t
}

func (t *turns) wrap(account string, remote providers.Remote) providers.Remote {
	return &turn{Remote: remote, turns: t, account: account}
}

type turn struct {
	providers.Remote
	turns   *turns
	account string
	once    sync.Once
}

func (t *turn) Observe(ctx context.Context, request providers.ObserveRequest) (*providers.Observation, error) {
	if i := slices.Index(t.turns.order, t.account); i > 0 {
		select {
		case <-t.turns.done[t.turns.order[i-1]]:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	defer t.once.Do(func() { close(t.turns.done[t.account]) })
	return t.Remote.Observe(ctx, request)
}

// limited ends a run that hangs, so that the test fails instead of waiting for ever.
func limited(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}
