package directory

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud"
)

// sideBySide is how many reads run at once; the rate limit decides how fast they may start.
const sideBySide = 64

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

	// grants are those of single agencies, by what was asked, and roles those that were asked for by their ids.
	grants memos[grantsKey, Grants]
	roles  memos[string, roleAnswer]
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
	m := d.grants.at(grantsKey{agency.ID, skipEnterpriseProjects})
	return m.get(ctx, func(ctx context.Context) (Grants, error) {
		return d.ReadGrants(ctx, GrantsRequest{
			Agencies: func(context.Context) ([]Agency, error) { return []Agency{agency}, nil },
			Each:     true, SkipEnterpriseProjects: skipEnterpriseProjects,
		})
	})
}

// roleAnswer is an answer about a role: also that there is none, that it may not be read, or that it is not as documented.
type roleAnswer struct {
	role Role
	err  error
}

// Role is [Client.Role], once.
func (d *Directory) Role(ctx context.Context, id string) (Role, error) {
	answer, err := d.roles.at(id).get(ctx, func(ctx context.Context) (roleAnswer, error) {
		role, err := d.Client.Role(ctx, id)
		if err != nil && !hasStatus(err, http.StatusNotFound) && !hasStatus(err, http.StatusForbidden) && !IsOdd(err) {
			return roleAnswer{}, err
		}
		return roleAnswer{role, err}, nil
	})
	if err != nil {
		return Role{}, err
	}
	return answer.role, answer.err
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
	earlier.roles.mu.Lock()
	defer earlier.roles.mu.Unlock()
	for id, m := range earlier.roles.byKey {
		d.roles.at(id).set(m.peek())
	}
}

// memos are memos by a key. The zero value is empty.
type memos[K comparable, T any] struct {
	mu    sync.Mutex
	byKey map[K]*memo[T]
}

func (m *memos[K, T]) at(key K) *memo[T] {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.byKey == nil {
		m.byKey = map[K]*memo[T]{}
	}
	if m.byKey[key] == nil {
		m.byKey[key] = &memo[T]{}
	}
	return m.byKey[key]
}

// memo fetches a value once. A failure is not kept. Callers must not change the value.
type memo[T any] struct {
	mu sync.Mutex
	// fetching is closed when the fetch that is under way ends; nil where none is.
	fetching chan struct{}
	known    bool
	value    T
}

func (m *memo[T]) get(ctx context.Context, fetch func(context.Context) (T, error)) (T, error) {
	var none T
	for {
		m.mu.Lock()
		if m.known {
			defer m.mu.Unlock()
			return m.value, nil
		}
		others := m.fetching
		if others == nil {
			m.fetching = make(chan struct{})
		}
		m.mu.Unlock()
		if others == nil {
			break
		}
		select {
		case <-others:
		case <-ctx.Done():
			return none, providers.ContextError(ctx, ctx.Err())
		}
	}
	value, err := fetch(ctx)
	m.mu.Lock()
	defer m.mu.Unlock()
	close(m.fetching)
	m.fetching = nil
	if err != nil {
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
