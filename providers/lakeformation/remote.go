package lakeformation

import (
	"context"
	"fmt"

	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/serviceagency"
)

// remote reads and writes LakeFormation's authorization in the regions of one account. It is safe for concurrent use and
// needs no closing; the connection belongs to the caller.
//
// The writes of a run follow one another, because the regions share the agencies.
type remote struct {
	serviceagency.Remote
	known Provider
}

var _ providers.Remote = (*remote)(nil)

// runOf returns the run that a call belongs to, or a new one.
func runOf(given providers.Run, covered providers.Coverage) *serviceagency.Run {
	if r, is := given.(*serviceagency.Run); is {
		return r
	}
	return serviceagency.NewRun(covered)
}

// site is what the calls for one resource are about.
type site struct{ region, project, agencyType string }

// writer makes one change.
type writer struct {
	*remote
	*serviceagency.Writing
	at site
}

// write calls do when it is the write's turn.
func (r *remote) write(ctx context.Context, w providers.Write, do func(*writer) error) error {
	about := w.Resource().Address
	region, agencyType, ok := r.known.parts(about)
	if !ok {
		return fmt.Errorf("%w: %s is no authorization of LakeFormation", providers.ErrInvalid, about)
	}
	run := runOf(w.Run, providers.Coverage{})
	return r.Write(ctx, w, run, run.InRegion(region), func(w *serviceagency.Writing) error {
		return do(&writer{r, w, site{region, w.ProjectID, agencyType}})
	})
}
