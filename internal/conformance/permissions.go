package conformance

import (
	"slices"

	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers"
)

// permitting proves that the permissions follow from the question alone, are written one way, cover reading and writing,
// grow with what is desired, and leave out what deletes what is protected.
func (b *bench) permitting() {
	p := b.suite.Provider
	for _, state := range b.suite.States {
		desired := b.expand(state.Manifest, state.Name)
		given := copyOf(desired)
		all := p.Permissions(desired, state.Manifest)
		require.Equal(b.t, all, p.Permissions(desired, state.Manifest), "%s: the permissions differ when asked again", state.Name)
		require.Equal(b.t, given, desired, "%s: asking for permissions changed the desired resources", state.Name)
		require.Equal(b.t, all.Canonical(), all, "%s: the permissions are not in canonical form", state.Name)
		b.explained(state.Name, all)

		stranger := plan.Desired{Resource: plan.Resource{Address: foreign, Attributes: plan.Attributes{}}}
		require.Equal(b.t, all, p.Permissions(append([]plan.Desired{stranger}, desired...), state.Manifest),
			"%s: a resource of another service counts", state.Name)

		held := b.protecting(state.Manifest)
		b.within(state.Name+": what is protected", p.Permissions(desired, held).Write, all.Write)
		for i, d := range desired {
			one := p.Permissions(desired[i:i+1], state.Manifest)
			require.NotEmpty(b.t, one.Read, "%s: reading %s needs nothing", state.Name, d.Address)
			if !d.Absent || !state.Manifest.Ownership.Protects(d.Address, d.Root()) {
				require.NotEmpty(b.t, one.Write, "%s: writing %s needs nothing", state.Name, d.Address)
			}
			if d.Absent {
				require.Empty(b.t, p.Permissions(desired[i:i+1], held).Write, "%s: a protected tombstone needs permissions to write", state.Name)
			}
			b.within(state.Name+": reading "+d.Address.String(), one.Read, all.Read)
			b.within(state.Name+": writing "+d.Address.String(), one.Write, all.Write)
		}
	}
}

// explained requires of every permission a scope and a reason.
func (b *bench) explained(note string, all providers.Permissions) {
	for _, p := range slices.Concat(all.Read, all.Write) {
		require.NotEmpty(b.t, p.Why, "%s: the permission %q says no reason", note, p.Action+p.Role)
		require.Contains(b.t, []providers.PermissionScope{providers.GlobalScope, providers.ProjectScope}, p.Scope, "%s: the scope of %q", note,
			p.Action+p.Role)
		require.False(b.t, p.Action != "" && p.Role != "", "%s: %q is an action and a role", note, p.Action)
	}
}

// within requires that the larger set allows all that the smaller one does.
func (b *bench) within(note string, part, whole []providers.Permission) {
	for _, p := range part {
		require.True(b.t, slices.ContainsFunc(whole, func(w providers.Permission) bool {
			return w.Scope == p.Scope && w.Action == p.Action && w.Role == p.Role
		}), "%s needs %q, and more resources need it not", note, p.Action+p.Role)
	}
}

// protecting returns the manifest with all that belongs to the service protected, and nothing pruned.
func (b *bench) protecting(m *plan.Manifest) *plan.Manifest {
	held := *m
	held.Ownership.Prune, held.Ownership.Protect = false, nil
	for _, prefix := range b.suite.Provider.Prefixes() {
		pattern, err := addr.ParsePattern(prefix + "/**")
		require.NoError(b.t, err)
		held.Ownership.Protect = append(held.Ownership.Protect, pattern)
	}
	return &held
}
