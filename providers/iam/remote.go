package iam

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/directory"
)

// Lag says how patient to be with a cloud that shows a change only some time after it was made.
type Lag struct {
	// Limit is how long a new thing may stay invisible.
	Limit time.Duration
	// Poll is waited between looks.
	Poll time.Duration
}

// DefaultLag is what production uses: new agencies were seen to stay invisible for up to two minutes.
func DefaultLag() Lag { return Lag{Limit: 2 * time.Minute, Poll: 2 * time.Second} }

// Option changes how a Remote works.
type Option func(*Remote)

// WithLag replaces [DefaultLag].
func WithLag(lag Lag) Option { return func(r *Remote) { r.lag = lag } }

// Remote reads and writes the agencies, grants and custom policies of one account. It is safe for concurrent use and
// needs no closing; the connection belongs to the caller.
type Remote struct {
	client *directory.Client
	cloud  plan.Cloud
	lag    Lag

	mu sync.Mutex
	// fresh are the ids that were made through this Remote: the cloud may not know them yet where it should.
	fresh map[string]bool
	// byID are the accounts that were trusted by id through this Remote, because nobody knew their name.
	byID map[string]bool
	// last is the latest full observation.
	last *observed
	// skipEnterpriseProjects is the wish of the latest manifest observed for.
	skipEnterpriseProjects bool
}

var _ providers.Remote = (*Remote)(nil)

// NewRemote returns the service behind conn.
func NewRemote(conn *huaweicloud.Connection, options ...Option) *Remote {
	r := &Remote{client: directory.NewClient(conn), cloud: conn.Cloud(), lag: DefaultLag(), fresh: map[string]bool{}, byID: map[string]bool{}}
	for _, option := range options {
		option(r)
	}
	return r
}

// Create implements [providers.Remote].
func (r *Remote) Create(ctx context.Context, resource plan.Resource, ids providers.IDs) (id string, err error) {
	switch resource.Address.Type() {
	case directory.TypeAgency:
		return r.createAgency(ctx, resource)
	case directory.TypePolicy:
		return r.createPolicy(ctx, resource)
	case directory.TypeGrant:
		return "", r.grant(ctx, resource, ids)
	}
	return "", unknownType(resource)
}

// Update implements [providers.Remote].
func (r *Remote) Update(ctx context.Context, id string, before, after plan.Resource, _ providers.IDs) error {
	switch after.Address.Type() {
	case directory.TypeAgency:
		return r.updateAgency(ctx, id, before, after)
	case directory.TypePolicy:
		return r.updatePolicy(ctx, id, after)
	}
	return unknownType(after)
}

// Delete implements [providers.Remote].
func (r *Remote) Delete(ctx context.Context, id string, resource plan.Resource, ids providers.IDs) error {
	switch resource.Address.Type() {
	case directory.TypeAgency:
		return r.client.DeleteAgency(ctx, id)
	case directory.TypePolicy:
		return r.client.DeletePolicy(ctx, id)
	case directory.TypeGrant:
		return r.revoke(ctx, resource, ids)
	}
	return unknownType(resource)
}

func unknownType(resource plan.Resource) error {
	return fmt.Errorf("%w: %s cannot be written this way", providers.ErrInvalid, resource.Address)
}

// remember notes that the id was made a moment ago.
func (r *Remote) remember(id string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.fresh[id] = true
}

// isFresh reports whether one of the ids was made through this Remote.
func (r *Remote) isFresh(ids ...string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, id := range ids {
		if r.fresh[id] {
			return true
		}
	}
	return false
}

// trusted notes that an agency was made to trust an account by its id.
func (r *Remote) trusted(fields directory.AgencyFields) {
	if fields.TrustID == nil || fields.TrustName != nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.byID[*fields.TrustID] = true
}

// errNotThere says that a list was read and does not hold the thing. It is no answer of the cloud, which may say "not
// found" about the list itself.
var errNotThere = errors.New("not there")

func isNotThere(err error) bool { return errors.Is(err, errNotThere) }

// patiently repeats call while again says that its error may pass, for as long as the cloud may lag. It returns the
// last error.
func (r *Remote) patiently(ctx context.Context, again func(error) bool, call func() error) error {
	deadline := time.Now().Add(r.lag.Limit)
	for {
		err := call()
		if err == nil || !again(err) || !time.Now().Add(r.lag.Poll).Before(deadline) {
			return err
		}
		timer := time.NewTimer(r.lag.Poll)
		select {
		case <-ctx.Done():
			timer.Stop()
			return fmt.Errorf("%w (while waiting after: %w)", context.Cause(ctx), err)
		case <-timer.C:
		}
	}
}
