package providers_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers"
)

func TestPermissionsAreMergedByActionAndScope(t *testing.T) {
	read := []providers.Permission{
		{Action: "b", Scope: providers.ProjectScope, Why: "two"},
		{Action: "b", Scope: providers.GlobalScope, Why: "two"},
		{Action: "a", Scope: providers.GlobalScope, Why: "one; three"},
		{Role: "r", Scope: providers.GlobalScope, Why: "y"},
		{Role: "r", Scope: providers.GlobalScope, Why: "x"},
		{Action: "a", Scope: providers.GlobalScope, Why: "two"},
		{Role: "r", Scope: providers.GlobalScope, Why: "x"},
	}
	given := slices.Clone(read)
	p := providers.Permissions{Read: read, Write: []providers.Permission{{Action: "a", Scope: providers.GlobalScope, Why: "four"}}}
	plain := []providers.Permission{
		{Role: "r", Scope: providers.GlobalScope, Why: "x"},
		{Role: "r", Scope: providers.GlobalScope, Why: "y"},
		{Action: "a", Scope: providers.GlobalScope, Why: "one; three; two"},
		{Action: "b", Scope: providers.GlobalScope, Why: "two"},
		{Action: "b", Scope: providers.ProjectScope, Why: "two"},
	}
	assert.Equal(t, plain, p.ForPlan())
	both := slices.Clone(plain)
	both[2].Why = "four; one; three; two"
	assert.Equal(t, both, p.ForApply())
	assert.Equal(t, plain, p.Canonical().Read)
	assert.Equal(t, p.Canonical(), p.Canonical().Canonical())
	assert.Equal(t, given, read, "the given slice stays as it is")
}

func manifestOwning(t *testing.T, prune bool, patterns ...string) *plan.Manifest {
	t.Helper()
	m := &plan.Manifest{Ownership: plan.Ownership{Prune: prune}}
	for _, text := range patterns {
		p, err := addr.ParsePattern(text)
		require.NoError(t, err)
		m.Ownership.Include = append(m.Ownership.Include, p)
	}
	return m
}

func TestMayPruneLooksAtWhatTheManifestOwns(t *testing.T) {
	for name, c := range map[string]struct {
		prune    bool
		pattern  string
		prefix   string
		expected bool
	}{
		"the very type":                   {true, "box/ops-*", "box", true},
		"another type":                    {true, "box/ops-*", "doc", false},
		"without prune":                   {false, "box/*", "box", false},
		"the service itself":              {true, "box/north/*", "box/north", true},
		"another service":                 {true, "box/south/*", "box/north", false},
		"any service":                     {true, "box/*/x", "box/north", true},
		"everything below":                {true, "box/**", "box/north", true},
		"a name as long as the prefix":    {true, "box/north", "box/north", true},
		"a name shorter than the prefix":  {true, "box/north", "box/north/x", false},
		"one character that may be other": {true, "box/nort?", "box/north", true},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, c.expected, providers.MayPrune(manifestOwning(t, c.prune, c.pattern), c.prefix))
		})
	}
}

func TestWhatIsProtectedIsMadeAndNotChanged(t *testing.T) {
	root := addr.New("box", addr.Plain("held"))
	part := addr.New("item", addr.Plain("held"), addr.Plain("x"))
	free := addr.New("box", addr.Plain("free"))
	desired := []plan.Desired{
		{Resource: plan.Resource{Address: root}}, {Resource: plan.Resource{Address: part, Parent: root}}, {Resource: plan.Resource{Address: free}},
	}
	gone := []plan.Desired{{Resource: plan.Resource{Address: root}, Absent: true}}
	m := manifestOwning(t, false)
	assert.True(t, providers.HasTombstones(gone, m, "box"))
	held, err := addr.ParsePattern("box/held")
	require.NoError(t, err)
	m.Ownership.Protect = []addr.Pattern{held}
	assert.Len(t, providers.Makeable(desired, "box"), 2, "what is not there is not held")
	assert.Len(t, providers.Makeable(desired, "item"), 1)
	assert.Empty(t, providers.Makeable(gone, "box"))
	assert.Equal(t, desired[2:], providers.Changeable(desired, m, "box"))
	assert.Empty(t, providers.Changeable(desired, m, "item"), "it is held with its parent")
	assert.False(t, providers.HasTombstones(gone, m, "box"))
	assert.Len(t, desired, 3)
}
