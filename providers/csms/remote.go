package csms

import (
	"context"
	"fmt"
	"sync"

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
	lag      serviceagency.Lag
	ledger   *serviceagency.Ledger

	mu sync.Mutex
	// written is what the latest write made of a type. Reads may still show the time before it.
	written map[target]bool
	// named are the agencies that the manifest names, by secret type.
	named map[string]string
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
		ledger: serviceagency.NewLedger(client), written: map[target]bool{},
	}
	for _, option := range options {
		option(r)
	}
	return r
}

// own returns the agency that a secret type has of its own: the one that the manifest names, else the one of [ownAgencies].
func (r *Remote) own(secretType string) ownAgency {
	r.mu.Lock()
	defer r.mu.Unlock()
	if name := r.named[secretType]; name != "" {
		return ownAgency{name: name, guessed: true}
	}
	return ownAgencies()[secretType]
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
	return r.write(ctx, resource, func(ctx context.Context, t target, projectID string) error {
		return r.withdraw(ctx, t, projectID, resource)
	})
}

// write calls do when it is its turn.
func (r *Remote) write(ctx context.Context, resource plan.Resource, do func(context.Context, target, string) error) error {
	t, ok := targetOf(resource.Address)
	if !ok {
		return fmt.Errorf("%w: %s cannot be written this way", providers.ErrInvalid, resource.Address)
	}
	done, err := r.ledger.Turn(ctx)
	if err != nil {
		return err
	}
	defer done()
	projectID, err := r.projects.Of(ctx, t.region)
	if err != nil {
		return err
	}
	return do(ctx, t, projectID)
}

// note keeps what a write made of a type.
func (r *Remote) note(t target, granted bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.written[t] = granted
}

// noted returns what this Remote last made of a type; known is false where it made nothing.
func (r *Remote) noted(t target) (granted, known bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	granted, known = r.written[t]
	return granted, known
}
