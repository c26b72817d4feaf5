package serviceagency

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/directory"
)

// Ledger is what one run has done through the agencies of a service. Reads may still show the time before, and whoever
// takes an authorization away must know all that others have been given a moment ago. It is safe for concurrent use.
type Ledger struct {
	client *directory.Client
	// turn is taken while a write runs: what one removal may take depends on every other write.
	turn chan struct{}

	mu      sync.Mutex
	serving map[part]bool
	revoked map[directory.Assignment]bool
	// skipEnterpriseProjects is the wish of the manifest.
	skipEnterpriseProjects bool
}

// part is what one project has of an agency.
type part struct{ agency, projectID string }

// NewLedger returns an empty ledger that reads through client.
func NewLedger(client *directory.Client) *Ledger {
	return &Ledger{client: client, turn: make(chan struct{}, 1), serving: map[part]bool{}, revoked: map[directory.Assignment]bool{}}
}

// Turn waits until no other write runs. The caller calls done after its own. Who still waits when the run is told to stop
// gets the context's error.
func (l *Ledger) Turn(ctx context.Context) (done func(), err error) {
	queue := providers.Queue(ctx)
	select {
	case <-queue.Done():
		return nil, queue.Err()
	case l.turn <- struct{}{}:
	}
	if err := queue.Err(); err != nil { // both at once: a select chooses either
		<-l.turn
		return nil, err
	}
	return func() { <-l.turn }, nil
}

// SkipEnterpriseProjects sets whether grants in enterprise projects are to be left unread.
func (l *Ledger) SkipEnterpriseProjects(skip bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.skipEnterpriseProjects = skip
}

// Authorizes notes, before the call is sent, that a project is about to be authorized through the agencies of these names.
// What was revoked from them there may come back with it.
func (l *Ledger) Authorizes(projectID string, agencies ...string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, name := range agencies {
		if name != "" {
			l.serving[part{name, projectID}] = true
		}
	}
	for g := range l.revoked {
		if g.TargetID == projectID || g.TargetID == "" {
			delete(l.revoked, g)
		}
	}
}

// Withdrawn notes that a project no longer has anything of the agency.
func (l *Ledger) Withdrawn(projectID, agency string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.serving[part{agency, projectID}] = false
}

// HasWithdrawn reports whether this run took the project's part from the agency, or found it gone.
func (l *Ledger) HasWithdrawn(projectID, agency string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	serves, known := l.serving[part{agency, projectID}]
	return known && !serves
}

// SkipsEnterpriseProjects reports what [Ledger.SkipEnterpriseProjects] set.
func (l *Ledger) SkipsEnterpriseProjects() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.skipEnterpriseProjects
}

// Use is [ReadUse], read afresh and corrected by what this run did.
func (l *Ledger) Use(ctx context.Context, name string) (use Use, found bool, err error) {
	skip := l.SkipsEnterpriseProjects()
	agency, found, err := l.client.AgencyNamed(ctx, name)
	if err != nil || !found {
		return Use{}, false, err
	}
	if use, err = useOf(ctx, directory.New(l.client), agency, skip); err != nil {
		return Use{}, false, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	use.Grants = slices.DeleteFunc(use.Grants, func(g directory.Assignment) bool { return l.revoked[g] })
	for p, serves := range l.serving {
		if serves && p.agency == name {
			use.Serving = append(use.Serving, p.projectID)
		}
	}
	slices.Sort(use.Serving)
	return use, true, nil
}

// revoke takes grants away and notes them.
func (l *Ledger) revoke(ctx context.Context, agency string, grants []directory.Assignment) error {
	for _, g := range grants {
		if err := l.client.Revoke(ctx, g); err != nil {
			return fmt.Errorf("agency %s: %w", agency, err)
		}
		l.mu.Lock()
		l.revoked[g] = true
		l.mu.Unlock()
	}
	return nil
}
