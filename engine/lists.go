package engine

import (
	"context"
	"slices"
	"time"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers"
)

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
