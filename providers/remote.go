package providers

import (
	"context"
	"fmt"
	"sync"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
)

// Remote is a service behind a connection to one account. Implementations are safe for concurrent use, pass the
// context on to every call, honour its end promptly, and leave no goroutine behind.
//
// A Remote remembers nothing between its calls. What the calls of one run share, such as what it has made and what lists
// may not show yet, is in the [Run] that an observation begins and that the run's writes and narrow observations are given.
// So any Remote of the account can carry out a plan, whichever one observed for it.
//
// Errors wrap the kinds of this package ([ErrNotFound], [ErrConflict], ...) where one fits, and name operation, HTTP
// status, the service's own code and request id; they never hold a secret. Retrying what is safe to repeat is the
// Remote's business. An error that it returns is final, but for the parts of a protected root: their creates are sent again. A write
// of several parts that fails in the middle returns a [*PartialError].
type Remote interface {
	// Observe reads live state in the fewest calls. It is a function of the cloud and of the request: equal requests of an
	// unchanged cloud give equal observations, but for their runs. A read that fails, is refused or is cut short is an error
	// that says what could not be read, as a [*RootError] where it is about roots of the coverage: Observe never returns
	// less than the truth in silence.
	Observe(ctx context.Context, request ObserveRequest) (*Observation, error)

	// Create makes w.After and returns its id, "" for a kind that has none. It is safe to repeat: a resource that exists, equals it,
	// and has no child that the plan does not make is done. Any other is an error that wraps ErrConflict, and is never adopted.
	Create(ctx context.Context, w Write) (id string, err error)

	// Update brings the live resource from w.Before to w.After, sending only what differs. With w.Renew it gives the resource its
	// whole life again, also where nothing differs.
	Update(ctx context.Context, w Write) error

	// Delete removes w.Before. One that is gone already is done. What others use goes only where no more use it than w.View tells as
	// unseen; else it is an error that wraps ErrConflict.
	Delete(ctx context.Context, w Write) error
}

// Batcher is implemented by a Remote whose service makes several changes by one call.
type Batcher interface {
	// Batch returns the kind of change that a write is, of which only Before and After are set, and how many of the kind, at least 1, may
	// be sent by one call; "" is a change that is sent alone.
	Batch(w Write) (kind string, most int)

	// WriteBatch makes changes of one kind, by one call. All share their Attempts. It is safe to repeat, alone or together. An error says
	// nothing of any single one, which may have been made: the engine then sends each alone, and its outcome is that of this.
	WriteBatch(ctx context.Context, writes []Write) error
}

// Run is what the calls of one run of one service share, of a type that only the service knows. It is safe for concurrent
// use and lives as long as the run. Nil is a run in which nothing has happened yet; what a call notes in it is lost.
type Run any

// ObserveRequest says what to read.
type ObserveRequest struct {
	Coverage Coverage
	// Only narrows the reading to these roots, each as a whole with all its children, or to single children; nil means all of the
	// coverage. A service may read more than asked where that costs fewer calls.
	Only []addr.Address
	// Run is given when a run reads back what it has written; nil begins a run.
	Run Run
	// Lists are shared by all services that take part in one observation; nil shares nothing.
	Lists *Lists
}

// Observation is what a service found.
type Observation struct {
	// Resources are in canonical form, in any order, each address once.
	Resources []plan.Live
	// Entries belong into the catalogue.
	Entries []plan.CatalogueEntry
	// Quotas tell how many resources of a type the account may have, each type once.
	Quotas []plan.Quota
	// Coverage are the addresses that were read.
	Coverage []addr.Pattern
	// Gaps are addresses within Coverage of which nothing is known all the same.
	Gaps     []addr.Pattern
	NotRead  []plan.NotRead
	Warnings []string
	// Account is set by the service that can tell which account the credentials belong to.
	Account plan.Account
	// Run is the request's, or the one that this observation begins; nil for a service whose calls share nothing.
	Run Run
}

// Write is one change that is to be sent.
type Write struct {
	// ID is the live resource's id, "" where it has none or is to be created.
	ID string
	// Before is nil for a create, After for a delete.
	Before, After *plan.Resource
	// Renew is set for an update that starts the resource's life anew.
	Renew bool
	IDs   IDs
	// View is what the plan was made from.
	View *plan.View
	// Run is that of the observation that the plan was made from.
	Run Run
	// Attempts counts how often a write is sent to the cloud for the change, repeats included. A look that precedes it does
	// not count.
	Attempts *Attempts
	// Stop is closed when nothing new may begin: what still waits for its turn then ends with [context.Canceled], while what
	// has begun goes on for as long as its context lasts. Nil never stops.
	Stop <-chan struct{}
}

// Resource is what the write is about: what is to be, or what is to go.
func (w Write) Resource() *plan.Resource {
	if w.After != nil {
		return w.After
	}
	return w.Before
}

// IDs are the cloud's ids of the resources that a change builds on: its parent, and all it depends on, those created a
// moment ago by the same run included (lists may not show them yet).
type IDs map[addr.Address]string

// Attempts counts the writes that are sent. A nil Attempts counts nothing. It is safe for concurrent use.
type Attempts struct {
	mu      sync.Mutex
	sent    int
	stopped bool
}

// Add counts one, right before the bytes leave. It reports whether they may: see [Attempts.Stop].
func (a *Attempts) Add() bool {
	if a == nil {
		return true
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.stopped {
		return false
	}
	a.sent++
	return true
}

// Stop forbids to begin. It reports whether nothing was sent, and nothing will be; what has begun may go on.
func (a *Attempts) Stop() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.stopped = a.sent == 0
	return a.stopped
}

// Count returns how many were sent so far.
func (a *Attempts) Count() int {
	if a == nil {
		return 0
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.sent
}

// Lists holds what the services that take part in one observation read once for all of them. The zero Lists is empty; it is
// safe for concurrent use.
type Lists struct {
	mu     sync.Mutex
	values map[any]any
}

// Shared returns the value that all services share under key, making it on the first call. Where lists are nil it makes a
// new one. Key must be comparable and of a type of the caller's own.
func Shared[T any](l *Lists, key any, make func() T) T {
	if l == nil {
		return make()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if value, known := l.values[key].(T); known {
		return value
	}
	if l.values == nil {
		l.values = map[any]any{}
	}
	value := make()
	l.values[key] = value
	return value
}

// RootError is the error of roots that cannot be read because the manifest is wrong about them, such as about a region that the
// account does not have. Its text is that of Err: a service does not know the manifest, and the engine adds the entry's place.
type RootError struct {
	Roots []addr.Address
	Err   error
}

// Error gives the text of what went wrong.
func (e *RootError) Error() string { return e.Err.Error() }

// Unwrap makes errors.Is find what went wrong.
func (e *RootError) Unwrap() error { return e.Err }

// Remotes are the connected services of one account, by provider name.
type Remotes map[string]Remote

// For returns the connected service that the address belongs to, and its name.
func (r Remotes) For(registry *Registry, a addr.Address) (name string, remote Remote, err error) {
	p, ok := registry.For(a)
	if !ok {
		return "", nil, fmt.Errorf("no provider knows %s", a)
	}
	remote, ok = r[p.Name()]
	if !ok {
		return "", nil, fmt.Errorf("%s: the %s service can be validated, but not yet planned or applied", a, p.Name())
	}
	return p.Name(), remote, nil
}
