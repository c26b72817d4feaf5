package csms

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/directory"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/serviceagency"
)

// Remote reads and writes the CSMS authorizations of one account. It is safe for concurrent use and needs no closing;
// the connection belongs to the caller.
//
// Writes run one after the other: the types share an agency, so what one removal may take depends on the others.
type Remote struct {
	conn     *huaweicloud.Connection
	client   *directory.Client
	projects *serviceagency.Projects
	own      map[string]ownAgency
	pause    time.Duration
	// turn is taken while a write runs.
	turn chan struct{}

	mu sync.Mutex
	// written is what the latest write made of a type. Reads may still show the time before it.
	written map[target]bool
	// revoked are the grants that were taken back through this Remote and that lists may still show.
	revoked map[directory.Assignment]bool
	// skipEnterpriseProjects is the wish of the latest manifest observed for.
	skipEnterpriseProjects bool
}

var _ providers.Remote = (*Remote)(nil)

// Option changes how a Remote works.
type Option func(*Remote)

// WithPause sets how long to wait before a write whose outcome is unknown is sent again; the default is two seconds.
func WithPause(d time.Duration) Option { return func(r *Remote) { r.pause = d } }

// WithAgency names the agency that a secret type has of its own, where the cloud's differs from what is known of it.
func WithAgency(secretType, name string) Option {
	return func(r *Remote) { r.own[secretType] = ownAgency{name: name} }
}

// NewRemote returns the service behind conn.
func NewRemote(conn *huaweicloud.Connection, options ...Option) *Remote {
	client := directory.NewClient(conn)
	r := &Remote{
		conn: conn, client: client, projects: serviceagency.NewProjects(client), own: ownAgencies(), pause: 2 * time.Second,
		turn: make(chan struct{}, 1), written: map[target]bool{}, revoked: map[directory.Assignment]bool{},
	}
	for _, option := range options {
		option(r)
	}
	return r
}

// Create implements [providers.Remote]. An authorization has no id.
func (r *Remote) Create(ctx context.Context, resource plan.Resource, _ providers.IDs) (id string, err error) {
	return "", r.write(ctx, resource, r.authorize)
}

// Update implements [providers.Remote]: what is missing is repaired by authorizing again.
func (r *Remote) Update(ctx context.Context, _ string, _, after plan.Resource, _ providers.IDs) error {
	return r.write(ctx, after, r.authorize)
}

// Delete implements [providers.Remote]. The service cannot take an authorization back, so it is done in IAM: what its
// agencies are granted in the region's project is revoked, and an agency that has no grant left anywhere is deleted. The
// shared agency keeps its grants while another type is authorized in the region.
func (r *Remote) Delete(ctx context.Context, _ string, resource plan.Resource, _ providers.IDs) error {
	return r.write(ctx, resource, r.withdraw)
}

// write calls do when it is its turn.
func (r *Remote) write(ctx context.Context, resource plan.Resource, do func(context.Context, target, string) error) error {
	t, ok := targetOf(resource.Address)
	if !ok {
		return fmt.Errorf("%w: %s cannot be written this way", providers.ErrInvalid, resource.Address)
	}
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case r.turn <- struct{}{}:
	}
	defer func() { <-r.turn }()
	projectID, err := r.projects.Of(ctx, t.region)
	if err != nil {
		return err
	}
	return do(ctx, t, projectID)
}

// note keeps what a write made of a type. What was revoked before an authorization may have come back with it.
func (r *Remote) note(t target, granted bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.written[t] = granted
	if granted {
		clear(r.revoked)
	}
}

// noted returns what this Remote last made of a type; known is false where it made nothing.
func (r *Remote) noted(t target) (granted, known bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	granted, known = r.written[t]
	return granted, known
}
