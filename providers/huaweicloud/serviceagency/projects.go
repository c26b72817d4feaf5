package serviceagency

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/directory"
)

// Projects finds the project of a region: the one of the same name, which the cloud makes with the region. What was found
// is remembered for as long as Projects lives, because ids of projects do not change. It is safe for concurrent use.
type Projects struct {
	client *directory.Client

	mu    sync.Mutex
	known map[string]string
}

// NewProjects returns a finder that knows nothing yet.
func NewProjects(client *directory.Client) *Projects {
	return &Projects{client: client, known: map[string]string{}}
}

// Of returns the id of the region's project. One that the account does not have is an error that wraps ErrNotFound and a
// [*NoProjectError]. Within one observation all services share the list behind it.
func (p *Projects) Of(ctx context.Context, region string) (id string, err error) {
	id, err = p.Named(ctx, region)
	if err != nil {
		return "", fmt.Errorf("find the project of region %s: %w", region, err)
	}
	return id, nil
}

// Named returns the id of the project of that name. One that the account does not have is a [*NoProjectError].
func (p *Projects) Named(ctx context.Context, name string) (id string, err error) {
	p.mu.Lock()
	id = p.known[name]
	p.mu.Unlock()
	if id != "" {
		return id, nil
	}
	all, err := directory.Of(ctx, p.client).Projects(ctx)
	if err != nil {
		return "", err
	}
	names := make([]string, 0, len(all))
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, project := range all {
		p.known[project.Name] = project.ID
		names = append(names, project.Name)
	}
	if id = p.known[name]; id == "" {
		return "", &NoProjectError{Name: name, Hint: plan.DidYouMean(name, names)}
	}
	return id, nil
}

// NoProjectError says that the account has no project of that name. It wraps ErrNotFound.
type NoProjectError struct {
	Name string
	// Hint names projects that look like it; "" where none does.
	Hint string
}

func (e *NoProjectError) Error() string {
	if e.Hint != "" {
		return fmt.Sprintf("the account has no project %q; %s", e.Name, e.Hint)
	}
	return fmt.Sprintf("the account has no project %q; check the region and the project in the manifest, or open the region in the cloud's console once", e.Name)
}

// Unwrap makes errors.Is find the kind.
func (e *NoProjectError) Unwrap() error { return providers.ErrNotFound }

// AtEntry puts the place of the manifest's entry before the error of a project that the account does not have. Is tells the
// entry's resources; where none fits, and with any other error, the error stays as it is.
func AtEntry(err error, desired []plan.Desired, is func(addr.Address) bool) error {
	var missing *NoProjectError
	i := slices.IndexFunc(desired, func(d plan.Desired) bool { return is(d.Address) })
	if i < 0 || desired[i].Source.IsZero() || !errors.As(err, &missing) {
		return err
	}
	return fmt.Errorf("%s: %w", desired[i].Source, err)
}
