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

// defaultLag is what production uses: new agencies were seen to stay invisible for up to two minutes.
var defaultLag = huaweicloud.Lag{Limit: 2 * time.Minute, Poll: 2 * time.Second}

// remote reads and writes the agencies, grants and custom policies of one account. It is safe for concurrent use and
// needs no closing; the connection belongs to the caller.
type remote struct {
	client *directory.Client
	cloud  plan.Cloud
	lag    huaweicloud.Lag
	known  Provider
}

var (
	_ providers.Remote  = (*remote)(nil)
	_ providers.Batcher = (*remote)(nil)
)

// run is what the calls of one run share.
type run struct {
	// began is the observation that began the run; nil where none did.
	began *observed
	// skipEnterpriseProjects leaves grants in enterprise projects unread.
	skipEnterpriseProjects bool
	// leftOut are the words of cloud.notRead.
	leftOut []string

	mu sync.Mutex
	// fresh are the ids that were made in this run: the cloud may not know them yet where it should.
	fresh map[string]bool
	// byID are the accounts that were trusted by id in this run, because nobody knew their name.
	byID map[string]bool
	// agencies are the names of the agencies that were made in this run, by id.
	agencies map[string]string
}

// runOf returns the run that a call belongs to, or a new one.
func runOf(given providers.Run) *run {
	if r, is := given.(*run); is {
		return r
	}
	return &run{fresh: map[string]bool{}, byID: map[string]bool{}, agencies: map[string]string{}}
}

// remember notes that the id was made a moment ago.
func (r *run) remember(id string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.fresh[id] = true
}

// made notes that the agency was made in this run.
func (r *run) made(id, name string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.agencies[id] = name
}

// isFresh reports whether one of the ids was made in this run.
func (r *run) isFresh(ids ...string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, id := range ids {
		if r.fresh[id] {
			return true
		}
	}
	return false
}

// trusted notes that an agency was made to trust an account by its id, because nobody knew its name.
func (r *run) trusted(after *plan.Resource) {
	t, ok := directory.TrustOf(*after)
	if !ok || t.Kind != directory.TrustAccountID {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.byID[t.Value] = true
}

// writer sends one change.
type writer struct {
	*remote
	providers.Write
	run *run
	// client counts the attempts.
	client *directory.Client
}

func (r *remote) writer(w providers.Write) *writer {
	return &writer{remote: r, Write: w, run: runOf(w.Run), client: r.client.Counting(w.Attempts)}
}

// Create implements [providers.Remote].
func (r *remote) Create(ctx context.Context, w providers.Write) (id string, err error) {
	switch w.After.Address.Type() {
	case directory.TypeAgency:
		return r.writer(w).createAgency(ctx)
	case directory.TypePolicy:
		return r.writer(w).createPolicy(ctx)
	case directory.TypeGrant:
		return "", r.writer(w).grant(ctx)
	}
	return "", unknownType(w.After)
}

// Update implements [providers.Remote].
func (r *remote) Update(ctx context.Context, w providers.Write) error {
	switch w.After.Address.Type() {
	case directory.TypeAgency:
		return r.writer(w).updateAgency(ctx)
	case directory.TypePolicy:
		return r.writer(w).updatePolicy(ctx)
	}
	return unknownType(w.After)
}

// Delete implements [providers.Remote].
func (r *remote) Delete(ctx context.Context, w providers.Write) error {
	switch w.Before.Address.Type() {
	case directory.TypeAgency:
		return r.writer(w).client.DeleteAgency(ctx, w.ID)
	case directory.TypePolicy:
		return r.writer(w).deletePolicy(ctx)
	case directory.TypeGrant:
		return r.writer(w).revoke(ctx)
	}
	return unknownType(w.Before)
}

func unknownType(resource *plan.Resource) error {
	return fmt.Errorf("%w: %s cannot be written this way", providers.ErrInvalid, resource.Address)
}

// errNotThere says that a list was read and does not hold the thing. It is no answer of the cloud, which may say "not
// found" about the list itself.
var errNotThere = errors.New("not there")

func isNotThere(err error) bool { return errors.Is(err, errNotThere) }
