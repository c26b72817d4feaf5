package directory

import (
	"context"
	"errors"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud"
)

// sideBySide is how many reads run at once; the rate limit decides how fast they may start.
const sideBySide = 8

// Directory is one observation of an account: each list is fetched at most once, whoever asks. It is safe for
// concurrent use, and stays as old as its first answers; make a new one for the next observation.
type Directory struct {
	*Client

	agencies           memo[Listed[Agency]]
	systemRoles        memo[Listed[Role]]
	customPolicies     memo[Listed[Role]]
	projects           memo[Listed[Project]]
	enterpriseProjects memo[Listed[Project]]
	account            memo[Account]

	mu sync.Mutex
	// grants are those of single agencies, by what was asked.
	grants map[grantsKey]*memo[Grants]
}

type grantsKey struct {
	agencyID               string
	skipEnterpriseProjects bool
}

// New begins an observation.
func New(client *Client) *Directory { return &Directory{Client: client} }

// Of returns the directory of the observation that the lists belong to: services that look into the same account then fetch
// each list once among them all.
func Of(lists *providers.Lists, client *Client) *Directory {
	return providers.Shared(lists, sharedKey{client.conn}, func() *Directory { return New(client) })
}

type sharedKey struct{ connection *huaweicloud.Connection }

// Agencies is [Client.ListAgencies], once.
func (d *Directory) Agencies(ctx context.Context) (Listed[Agency], error) {
	return d.agencies.get(ctx, d.ListAgencies)
}

// AgenciesFor returns the agencies to somebody who looks for those with the names. One that is not as documented and may be one that
// the list does not show is an error: it must not pass for one that is not there. LeftOut are the words of cloud.notRead.
func (d *Directory) AgenciesFor(ctx context.Context, leftOut []string, names ...string) ([]Agency, error) {
	listed, err := d.Agencies(ctx)
	if err != nil {
		return nil, err
	}
	missing := slices.DeleteFunc(slices.Clone(names), func(name string) bool {
		return slices.ContainsFunc(listed.All, func(a Agency) bool { return a.Name == name })
	})
	return listed.All, listed.errIfHidden("list agencies", leftOut, missing...)
}

// SystemRoles is [Client.ListSystemRoles], once.
func (d *Directory) SystemRoles(ctx context.Context) (Listed[Role], error) {
	return d.systemRoles.get(ctx, d.ListSystemRoles)
}

// CustomPolicies is [Client.ListCustomPolicies], once.
func (d *Directory) CustomPolicies(ctx context.Context) (Listed[Role], error) {
	return d.customPolicies.get(ctx, d.ListCustomPolicies)
}

// Projects is [Client.ListProjects], once.
func (d *Directory) Projects(ctx context.Context) (Listed[Project], error) {
	return d.projects.get(ctx, d.ListProjects)
}

// EnterpriseProjects is [Client.ListEnterpriseProjects], once.
func (d *Directory) EnterpriseProjects(ctx context.Context) (Listed[Project], error) {
	return d.enterpriseProjects.get(ctx, d.ListEnterpriseProjects)
}

// Account is [Client.OwnAccount], once.
func (d *Directory) Account(ctx context.Context) (Account, error) {
	return d.account.get(ctx, d.OwnAccount)
}

// GrantsOf returns the grants of one agency in all scopes, or without enterprise projects; once.
func (d *Directory) GrantsOf(ctx context.Context, agency Agency, skipEnterpriseProjects bool) (Grants, error) {
	key := grantsKey{agency.ID, skipEnterpriseProjects}
	d.mu.Lock()
	if d.grants == nil {
		d.grants = map[grantsKey]*memo[Grants]{}
	}
	m, known := d.grants[key]
	if !known {
		m = &memo[Grants]{}
		d.grants[key] = m
	}
	d.mu.Unlock()
	return m.get(ctx, func(ctx context.Context) (Grants, error) {
		return d.ReadGrants(ctx, GrantsRequest{
			Agencies: func(context.Context) ([]Agency, error) { return []Agency{agency}, nil },
			Each:     true, SkipEnterpriseProjects: skipEnterpriseProjects,
		})
	})
}

// Remember takes roles and projects over from an earlier observation: they change rarely, and a narrow observation
// should not pay for them again. Custom policies are taken over where they only give names.
func (d *Directory) Remember(earlier *Directory, customPolicies bool) {
	if customPolicies {
		d.customPolicies.set(earlier.customPolicies.peek())
	}
	d.systemRoles.set(earlier.systemRoles.peek())
	d.projects.set(earlier.projects.peek())
	d.enterpriseProjects.set(earlier.enterpriseProjects.peek())
	d.account.set(earlier.account.peek())
}

// memo fetches a value once. A failure is not kept. Callers must not change the value.
type memo[T any] struct {
	mu    sync.Mutex
	known bool
	value T
}

func (m *memo[T]) get(ctx context.Context, fetch func(context.Context) (T, error)) (T, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.known {
		return m.value, nil
	}
	value, err := fetch(ctx)
	if err != nil {
		var none T
		return none, err
	}
	m.value, m.known = value, true
	return value, nil
}

func (m *memo[T]) peek() (T, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.value, m.known
}

func (m *memo[T]) set(value T, known bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if known && !m.known {
		m.value, m.known = value, true
	}
}

// Together runs reads side by side and returns all failures, in the order of the reads: whoever must mend permissions
// wants to hear of all that are missing at once. It returns when every read has ended.
func Together(ctx context.Context, reads ...func(context.Context) error) error {
	var group errgroup.Group
	group.SetLimit(sideBySide)
	failures := make([]error, len(reads))
	for i, read := range reads {
		group.Go(func() error {
			failures[i] = read(ctx)
			return nil
		})
	}
	_ = group.Wait() // failures holds what went wrong
	return errors.Join(failures...)
}
