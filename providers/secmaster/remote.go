package secmaster

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"sync"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/directory"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/serviceagency"
)

// remote reads and writes the SecMaster authorizations of one account. It is safe for concurrent use and needs no
// closing; the connection belongs to the caller.
//
// The writes of a run follow one another, because all projects share one agency.
type remote struct {
	serviceagency.Remote
	known Provider
}

var _ providers.Remote = (*remote)(nil)

// run is what the calls of one run share.
type run struct {
	*serviceagency.Run
	// named is the agency that the manifest names; "" for none.
	named string
	// regions are the regions of projects by name.
	regions map[string]string

	mu sync.Mutex
	// made is set once the run has told the service to make its agency, gone once it deleted that. Reads may still show the
	// time before.
	made, gone bool
	// system are the cloud's roles, as read when the run began.
	system []directory.Role
}

// runOf returns the run that a call belongs to, or a new one.
func (p Provider) runOf(given providers.Run, covered providers.Coverage) *run {
	if r, is := given.(*run); is {
		return r
	}
	roots := covered.Within(p.Prefix())
	r := &run{Run: serviceagency.NewRun(covered), named: serviceagency.AgencyNames(roots, oneSort)[oneSort(addr.Address{})],
		regions: map[string]string{}}
	for _, root := range roots {
		if project, ok := p.PlaceOf(root.Address); ok {
			r.regions[project], _ = root.Settings[settingRegion].AsString()
		}
	}
	return r
}

// agency returns the name of the service's agency.
func (r *run) agency() string { return cmp.Or(r.named, DefaultAgency) }

// place returns where a project is called: in the region that the settings or the manifest say, else in the one that its name
// begins with.
func (r *run) place(project string, settings plan.Attributes) place {
	set, _ := settings[settingRegion].AsString()
	begins, _, _ := strings.Cut(project, "_")
	return place{project: project, region: cmp.Or(set, r.regions[project], begins)}
}

// settings are those of a live authorization.
func (r *run) settings(at place) plan.Attributes {
	settings := plan.Attributes{settingRegion: plan.StringValue(at.region)}
	if r.named != "" {
		settings[serviceagency.SettingAgency] = plan.StringValue(r.named)
	}
	return settings
}

// note changes what is known of the account.
func (r *run) note(change func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	change()
}

func (r *run) hasMade() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.made
}

// projectID returns the id of the project.
func (r *run) projectID(ctx context.Context, dir *directory.Directory, at place) (string, error) {
	id, err := r.Project(ctx, dir, at.project)
	if err != nil {
		return "", fmt.Errorf("secmaster in region %s: %w", at.region, err)
	}
	return id, nil
}

// writer makes one change.
type writer struct {
	*remote
	*serviceagency.Writing
	run   *run
	place place
	// agency is the name of the service's agency.
	agency string
}

// Create implements [providers.Remote]. An authorization has no id.
func (r *remote) Create(ctx context.Context, w providers.Write) (id string, err error) {
	return "", r.write(ctx, w, func(w *writer) error { return w.SetRight(ctx, w.known.Provider, w.create) })
}

// Update implements [providers.Remote]: the service is told the missing roles only, and what is too much is then revoked
// in IAM.
func (r *remote) Update(ctx context.Context, w providers.Write) error {
	return r.write(ctx, w, func(w *writer) error { return w.SetRight(ctx, w.known.Provider, w.update) })
}

// Delete implements [providers.Remote]. The service cannot take an authorization back, so it is done in IAM: while other
// projects use the agency, what it is granted in this one is revoked; with the last project it is deleted.
func (r *remote) Delete(ctx context.Context, w providers.Write) error {
	return r.write(ctx, w, func(w *writer) error { return w.withdraw(ctx) })
}

// write calls do when it is the write's turn.
func (r *remote) write(ctx context.Context, w providers.Write, do func(*writer) error) error {
	resource := w.Resource()
	project, ok := r.known.PlaceOf(resource.Address)
	if !ok {
		return fmt.Errorf("%w: %s cannot be written this way", providers.ErrInvalid, resource.Address)
	}
	run := r.known.runOf(w.Run, providers.Coverage{})
	at := run.place(project, resource.Settings)
	agency := cmp.Or(serviceagency.AgencyOf(resource.Settings), run.agency())
	find := func(ctx context.Context, dir *directory.Directory) (string, error) {
		return run.projectID(ctx, dir, at)
	}
	return r.Write(ctx, w, run.Run, find, func(w *serviceagency.Writing) error { return do(&writer{r, w, run, at, agency}) })
}
