package engine

import (
	"context"
	"fmt"
	"slices"
	"time"

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

// ReadList reads of the manifest's account what a list of the registry needs, through the services that have a part of it. What the
// manifest lists and owns does not count. An account that is not the manifest's is a problem, and then there is no snapshot.
func (e *Engine) ReadList(ctx context.Context, m *plan.Manifest, list providers.List) (*plan.Snapshot, []plan.Problem, error) {
	remotes := providers.Remotes{}
	for _, name := range e.registry.Listers(list.Name) {
		if remote, connected := e.remotes[name]; connected {
			remotes[name] = remote
		}
	}
	part := New(e.registry, remotes, e.sink)
	coverage := e.registry.Cover(nil, &plan.Manifest{Cloud: m.Cloud, NotRead: m.NotRead, NotReadAt: m.NotReadAt})
	coverage.Names = slices.Compact(slices.Sorted(slices.Values(list.Entries)))
	started := time.Now()
	part.emit(Event{Kind: ObserveStarted, Account: m.Account})
	observed, err := part.read(ctx, Observed{coverage: coverage}, nil)
	part.emit(Event{Kind: ObserveFinished, Account: m.Account, Elapsed: time.Since(started)})
	if err != nil {
		return nil, nil, err
	}
	if problem, wrong := wrongAccount(m, observed.Snapshot.Account); wrong {
		return nil, []plan.Problem{problem}, nil
	}
	return observed.Snapshot, nil, nil
}

// Audit reads all of the account that a manifest of [WholeAccount] is for, and judges it at now; see [AuditSnapshot].
func (e *Engine) Audit(ctx context.Context, whole *plan.Manifest, now time.Time) (*plan.Audit, error) {
	s, err := e.ObserveAll(ctx, whole)
	if err != nil {
		return nil, err
	}
	return AuditSnapshot(e.registry, whole, s, now)
}

// AuditSnapshot judges a snapshot of a whole account at now, by every rule and by the guardrails of the manifest. It is pure. A snapshot of
// another account than the manifest is for is an error.
func AuditSnapshot(registry *providers.Registry, whole *plan.Manifest, s *plan.Snapshot, now time.Time) (*plan.Audit, error) {
	if problem, wrong := wrongAccount(whole, s.Account); wrong {
		return nil, fmt.Errorf("%w: %s", ErrUnreadable, problem.Detail)
	}
	own := *whole
	own.Account = s.Account // else the account itself would count as a stranger
	in, problems := registry.Input(&own, nil, s)
	if fatal := plan.Fatal(problems); len(fatal) > 0 {
		return nil, fmt.Errorf("%w: %s", ErrUnreadable, fatal[0].String())
	}
	in.Now = now
	return registry.Audit(in), nil
}
