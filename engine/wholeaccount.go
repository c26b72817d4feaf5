package engine

import (
	"context"
	"fmt"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers"
)

// WholeAccount returns a manifest that lists nothing and owns everything, so that all of an account is read for it. Nothing may be planned
// of it.
func WholeAccount(registry *providers.Registry, account plan.Account, cloud plan.Cloud) *plan.Manifest {
	m := &plan.Manifest{Account: account, Cloud: cloud}
	for _, prefix := range registry.Prefixes() {
		pattern, err := addr.ParsePattern(prefix + "/**")
		if err != nil {
			panic(fmt.Sprintf("engine: prefix %q of a service: %v", prefix, err))
		}
		m.Ownership.Include = append(m.Ownership.Include, pattern)
	}
	return m
}

// Snapshot reads all of the account that a manifest of [WholeAccount] is for, and returns the file of what its services answered, from
// which other runs can read the account as it is now; see [providers.DecodeSnapshot]. The engine's services keep their answers in
// record ([providers.Target.Record]), and have read nothing before. Tool is the version of the program.
func (e *Engine) Snapshot(ctx context.Context, whole *plan.Manifest, record *providers.Recording, tool string) ([]byte, error) {
	snapshot, err := e.ObserveAll(ctx, whole)
	if err != nil {
		return nil, err
	}
	record.Account, record.Cloud = snapshot.Account, whole.Cloud
	return providers.EncodeSnapshot(record, tool)
}

// ObserveAll reads all of the account that a manifest of [WholeAccount] is for. What is not as documented is told as not read.
func (e *Engine) ObserveAll(ctx context.Context, whole *plan.Manifest) (*plan.Snapshot, error) {
	covered := e.registry.Cover(nil, whole)
	covered.Lenient = true
	return e.observeOf(ctx, whole, nil, covered)
}

// ObserveListed reads what a manifest lists and owns. Desired is what it lists.
func (e *Engine) ObserveListed(ctx context.Context, m *plan.Manifest, desired []plan.Desired) (*plan.Snapshot, error) {
	return e.observeOf(ctx, m, desired, e.registry.Cover(desired, m))
}

// observeOf reads live state, of the account that the manifest is for and no other.
func (e *Engine) observeOf(
	ctx context.Context, m *plan.Manifest, desired []plan.Desired, covered providers.Coverage,
) (*plan.Snapshot, error) {
	observed, err := e.observe(ctx, m.Account, desired, covered)
	if err != nil {
		return nil, err
	}
	if problem, wrong := wrongAccount(m, observed.Snapshot.Account); wrong {
		return nil, fmt.Errorf("%w: %s", ErrUnreadable, problem.Detail)
	}
	return observed.Snapshot, nil
}
