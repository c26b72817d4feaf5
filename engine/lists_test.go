package engine_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/engine"
	"github.com/agencyctl/agencyctl/internal/conformance/memory"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers"
)

// unlisted is a provider without a part of any list.
type unlisted struct{ providers.Provider }

func (unlisted) Name() string       { return "unlisted" }
func (unlisted) Prefixes() []string { return []string{"crate"} }

func TestAListIsReadThroughTheServicesThatHaveAPartOfIt(t *testing.T) {
	r := setUp(t, memory.Seed{Boxes: []memory.Box{{Name: "one", Owner: "pat"}}})
	registry, err := providers.NewRegistry(memory.Provider{}, unlisted{memory.Provider{}})
	require.NoError(t, err)
	remote := &running{Remote: memory.NewRemote(r.world), t: t}
	e := engine.New(registry, providers.Remotes{"memory": remote, "unlisted": nil}, nil) // which must not be asked
	kinds := registry.Lists()[0]
	require.Equal(t, memory.ListKinds, kinds.Name)
	pattern, err := addr.ParsePattern("box/*")
	require.NoError(t, err)
	m := &plan.Manifest{Account: account, NotRead: []string{"left out"}, Ownership: plan.Ownership{Include: []addr.Pattern{pattern}}}

	s, problems, err := e.ReadList(t.Context(), m, kinds)
	require.NoError(t, err)
	require.Empty(t, problems)
	require.Len(t, remote.coverage, 1)
	assert.Equal(t, []string{memory.KindKind}, remote.coverage[0].Names)
	assert.Equal(t, []string{"left out"}, remote.coverage[0].NotRead)
	assert.Empty(t, remote.coverage[0].Owned.Include)
	assert.Empty(t, remote.coverage[0].Roots)
	l := registry.List(memory.ListKinds, s)
	assert.Equal(t, 4, l.Total)
	assert.Equal(t, "mover", l.Items[0].Name)
	assert.Equal(t, "k-move", l.Items[0].ID)

	m.Account.Name = "another"
	s, problems, err = e.ReadList(t.Context(), m, kinds)
	require.NoError(t, err)
	assert.Nil(t, s)
	require.Len(t, problems, 1)
	assert.Equal(t, "wrong account", problems[0].Summary)
}
