package secmaster

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"sync"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/directory"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/serviceagency"
)

// DefaultAgency is the name that SecMaster's agency most likely has in IAM; the service does not document it.
const DefaultAgency = "SecMaster_Agency"

// Remote reads and writes the SecMaster authorizations of one account. It is safe for concurrent use and needs no
// closing; the connection belongs to the caller.
//
// Writes run one after the other, because all projects share one agency.
type Remote struct {
	conn     *huaweicloud.Connection
	client   *directory.Client
	projects *serviceagency.Projects
	lag      serviceagency.Lag
	ledger   *serviceagency.Ledger

	mu sync.Mutex
	// named is the agency that the manifest names; "" for none.
	named string
	// made is set once this Remote has told the service to make its agency, gone once it deleted that. Reads may still
	// show the time before.
	made, gone bool
	// regions are the regions of projects by name, system the cloud's roles, both as last read.
	regions map[string]string
	system  []directory.Role
}

var _ providers.Remote = (*Remote)(nil)

// Option changes how a Remote works.
type Option func(*Remote)

// WithLag replaces [serviceagency.DefaultLag].
func WithLag(lag serviceagency.Lag) Option { return func(r *Remote) { r.lag = lag } }

// NewRemote returns the service behind conn.
func NewRemote(conn *huaweicloud.Connection, options ...Option) *Remote {
	client := directory.NewClient(conn)
	r := &Remote{
		conn: conn, client: client, projects: serviceagency.NewProjects(client), lag: serviceagency.DefaultLag(),
		ledger: serviceagency.NewLedger(client), regions: map[string]string{},
	}
	for _, option := range options {
		option(r)
	}
	return r
}

// agency returns the name of the service's agency: the one that the manifest gives, else [DefaultAgency].
func (r *Remote) agency() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return cmp.Or(r.named, DefaultAgency)
}

// Create implements [providers.Remote]. An authorization has no id.
func (r *Remote) Create(ctx context.Context, resource plan.Resource, _ providers.IDs) (id string, err error) {
	return "", r.write(ctx, resource, func(p place, projectID string) error { return r.create(ctx, p, projectID, resource) })
}

// Update implements [providers.Remote]: the service is told the missing roles only, and what is too much is then revoked
// in IAM.
func (r *Remote) Update(ctx context.Context, _ string, before, after plan.Resource, _ providers.IDs) error {
	return r.write(ctx, after, func(p place, projectID string) error { return r.update(ctx, p, projectID, before, after) })
}

// Delete implements [providers.Remote]. The service cannot take an authorization back, so it is done in IAM: while other
// projects use the agency, what it is granted in this one is revoked; with the last project it is deleted.
func (r *Remote) Delete(ctx context.Context, _ string, resource plan.Resource, _ providers.IDs) error {
	return r.write(ctx, resource, func(p place, projectID string) error { return r.withdraw(ctx, p, projectID, resource) })
}

// write calls do when it is its turn.
func (r *Remote) write(ctx context.Context, resource plan.Resource, do func(p place, projectID string) error) error {
	project, ok := projectOf(resource.Address)
	if !ok {
		return fmt.Errorf("%w: %s cannot be written this way", providers.ErrInvalid, resource.Address)
	}
	done, err := r.ledger.Turn(ctx)
	if err != nil {
		return err
	}
	defer done()
	p := place{project: project, region: r.regionOf(project, resource.Settings)}
	projectID, err := r.projectID(ctx, p)
	if err != nil {
		return err
	}
	return do(p, projectID)
}

// regionOf returns the region that a project is called in: as set, as last observed, or by the project's name, which
// begins with its region.
func (r *Remote) regionOf(project string, settings plan.Attributes) string {
	if region, _ := settings[settingRegion].AsString(); region != "" {
		return region
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if region := r.regions[project]; region != "" {
		return region
	}
	region, _, _ := strings.Cut(project, "_")
	return region
}

// projectID returns the id of the project.
func (r *Remote) projectID(ctx context.Context, p place) (string, error) {
	id, err := r.projects.Named(ctx, p.project)
	if err != nil {
		return "", fmt.Errorf("secmaster in region %s: %w", p.region, err)
	}
	return id, nil
}
