package csms

import (
	"context"
	"fmt"
	"sync"

	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/serviceagency"
)

// remote reads and writes the CSMS authorizations of one account. It is safe for concurrent use and needs no closing;
// the connection belongs to the caller.
//
// The writes of a run follow one another: the types share an agency, so what one removal may take depends on the others.
type remote struct {
	serviceagency.Remote
	known Provider
}

var _ providers.Remote = (*remote)(nil)

// run is what the calls of one run share.
type run struct {
	*serviceagency.Run
	// named are the agencies that the manifest names, by secret type.
	named map[string]string

	mu sync.Mutex
	// written is what the latest write made of a type. Reads may still show the time before it.
	written map[target]bool
}

// runOf returns the run that a call belongs to, or a new one.
func (p Provider) runOf(given providers.Run, covered providers.Coverage) *run {
	if r, is := given.(*run); is {
		return r
	}
	return &run{
		Run: serviceagency.NewRun(covered), named: serviceagency.AgencyNames(covered.Within(p.Prefix()), p.sortOf), written: map[target]bool{},
	}
}

// own returns the agency that a secret type has of its own.
func (r *run) own(secretType string) ownAgency { return ownAgencyOf(secretType, r.named[secretType]) }

// note keeps what a write made of a type.
func (r *run) note(t target, granted bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.written[t] = granted
}

// noted returns what the run last made of a type; known is false where it made nothing.
func (r *run) noted(t target) (granted, known bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	granted, known = r.written[t]
	return granted, known
}

// writer makes one change.
type writer struct {
	*remote
	*serviceagency.Writing
	run    *run
	target target
	own    ownAgency
}

// Create implements [providers.Remote]. An authorization has no id.
func (r *remote) Create(ctx context.Context, w providers.Write) (id string, err error) {
	return "", r.write(ctx, w, func(w *writer) error { return w.SetRight(ctx, w.known.Provider, w.authorize) })
}

// Update implements [providers.Remote]: what is missing is repaired by authorizing again.
func (r *remote) Update(ctx context.Context, w providers.Write) error {
	return r.write(ctx, w, func(w *writer) error { return w.SetRight(ctx, w.known.Provider, w.authorize) })
}

// Delete implements [providers.Remote]. The service cannot take an authorization back, so it is done in IAM: what its
// agencies are granted in the region's project is revoked, and an agency that has no grant left anywhere is deleted. The
// shared agency keeps its grants while another type is authorized in the region.
func (r *remote) Delete(ctx context.Context, w providers.Write) error {
	return r.write(ctx, w, func(w *writer) error { return w.withdraw(ctx) })
}

// write calls do when it is the write's turn.
func (r *remote) write(ctx context.Context, w providers.Write, do func(*writer) error) error {
	resource := w.Resource()
	t, ok := r.known.targetOf(resource.Address)
	if !ok {
		return fmt.Errorf("%w: %s cannot be written this way", providers.ErrInvalid, resource.Address)
	}
	run := r.known.runOf(w.Run, providers.Coverage{})
	own := run.own(t.secretType)
	if named := serviceagency.AgencyOf(resource.Settings); named != "" {
		own = ownAgencyOf(t.secretType, named)
	}
	return r.Write(ctx, w, run.Run, run.InRegion(t.region), func(w *serviceagency.Writing) error { return do(&writer{r, w, run, t, own}) })
}
