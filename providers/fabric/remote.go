package fabric

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/serviceagency"
)

// remote reads and writes Fabric's authorization in the regions of one account. It is safe for concurrent use and needs no
// closing; the connection belongs to the caller.
//
// The writes of a run follow one another, because all regions share one agency.
type remote struct {
	serviceagency.Remote
	known Provider
}

var _ providers.Remote = (*remote)(nil)

// run is what the calls of one run share.
type run struct {
	*serviceagency.Run

	mu sync.Mutex
	// asked are the policies that the run's creates and updates asked for, by region; see [run.visible].
	asked map[string][]string
}

// runOf returns the run that a call belongs to, or a new one.
func runOf(given providers.Run, covered providers.Coverage) *run {
	if r, is := given.(*run); is {
		return r
	}
	return &run{Run: serviceagency.NewRun(covered), asked: map[string][]string{}}
}

// visible returns the policies of a region that a change of the run is held against. Where the service did not tell before
// the first create which policies it requires, the plan could not name them, and they are not held against it.
func (r *run) visible(region string, s state) []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	asked, known := r.asked[region]
	if !known {
		return s.enabled
	}
	return slices.DeleteFunc(slices.Clone(s.enabled), func(name string) bool {
		return slices.Contains(s.required, name) && !slices.Contains(asked, name)
	})
}

// asks notes what a change is about to ask for.
func (r *run) asks(region string, names []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.asked[region] = names
}

// site is where the calls of one resource go.
type site struct{ region, project string }

// writer makes one change.
type writer struct {
	*remote
	*serviceagency.Writing
	run *run
	at  site
}

// write calls do when it is the write's turn.
func (r *remote) write(ctx context.Context, w providers.Write, do func(*writer) error) error {
	about := w.Resource().Address
	region, ok := r.known.PlaceOf(about)
	if !ok {
		return fmt.Errorf("%w: %s is no authorization of Fabric", providers.ErrInvalid, about)
	}
	run := runOf(w.Run, providers.Coverage{})
	return r.Write(ctx, w, run.Run, run.InRegion(region), func(w *serviceagency.Writing) error {
		return do(&writer{r, w, run, site{region, w.ProjectID}})
	})
}
