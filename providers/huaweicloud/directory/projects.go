package directory

import (
	"context"
	"net/url"
	"slices"
	"strconv"

	"github.com/agencyctl/agencyctl/providers/huaweicloud"
)

const (
	projectsPerPage           = 1000
	enterpriseProjectsPerPage = 1000
)

// Project is a region project, a subproject, or an enterprise project.
type Project struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	// Disabled: the cloud says that it cannot be used. Enterprise projects do not say.
	Disabled bool `json:"disabled,omitempty"`

	isDomain bool
}

// usable implements [kept].
func (p Project) usable() bool { return huaweicloud.ValidID(p.ID) && ValidName(p.Name) }

// objectStorageProject is the built-in project of object storage. Roles about account-wide services are granted there; some accounts may
// use it, and others may not even read it.
const objectStorageProject = "MOS"

// ListProjects returns the projects of all regions.
func (c *Client) ListProjects(ctx context.Context) (Listed[Project], error) {
	const operation = "list projects"
	l := list[Project]{
		client: c, operation: operation, path: []string{"v3", "projects"}, query: url.Values{"domain_id": {c.domain}}, size: projectsPerPage,
		id: func(p Project) string { return p.ID },
	}
	l.page = func(ctx context.Context, path []string, query url.Values) (page[Project], error) {
		var answer struct {
			Projects huaweicloud.List[wireProject] `json:"projects"`
			Total    count                         `json:"total_number"`
			Links    links                         `json:"links"`
		}
		call := get(operation, query, path...)
		if err := c.conn.Do(ctx, call, &answer); err != nil {
			return page[Project]{}, err
		}
		items, err := answer.Projects.Items(call, "projects")
		return page[Project]{items: readProjects(operation, items), total: int(answer.Total), next: answer.Links.next()}, err
	}
	return asked(ctx, c, "projects", "", func(ctx context.Context) (Listed[Project], error) {
		all, err := l.inPages(ctx)
		return withoutDomains(all), err
	})
}

type wireProject struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	IsDomain bool   `json:"is_domain"`
	Enabled  *bool  `json:"enabled"`
}

// NameKeys implements [huaweicloud.Named].
func (wireProject) NameKeys() []string { return []string{"name"} }

// idAndName returns the id and the name that a record shows.
func (w wireProject) idAndName() (id, name string) { return w.ID, w.Name }

func readProjects(operation string, items []huaweicloud.Item[wireProject]) []huaweicloud.Item[Project] {
	return readItems(items, wireProject.idAndName, func(w wireProject) (Project, error) {
		p := Project{ID: w.ID, Name: w.Name, Disabled: w.Enabled != nil && !*w.Enabled, isDomain: w.IsDomain}
		if w.IsDomain {
			return p, nil // it is the account, and no project
		}
		if err := checkID(operation, "a project", w.ID); err != nil {
			return Project{}, err
		}
		if !ValidName(w.Name) {
			return Project{}, incomplete(operation, "the project with id %s has no usable name", w.ID)
		}
		return p, nil
	})
}

// withoutDomains drops what a list of projects shows of accounts.
func withoutDomains(l Listed[Project]) Listed[Project] {
	l.All = slices.DeleteFunc(l.All, func(p Project) bool { return p.isDomain })
	return l
}

// ListEnterpriseProjects returns the enterprise projects of the account.
func (c *Client) ListEnterpriseProjects(ctx context.Context) (Listed[Project], error) {
	const operation = "list enterprise projects"
	l := list[Project]{
		client: c, operation: operation, path: []string{"v1.0", "enterprise-projects"}, size: enterpriseProjectsPerPage,
		id: func(p Project) string { return p.ID },
		at: func(_, before int) url.Values {
			return url.Values{"limit": {strconv.Itoa(enterpriseProjectsPerPage)}, "offset": {strconv.Itoa(before)}}
		},
	}
	l.page = func(ctx context.Context, path []string, query url.Values) (page[Project], error) {
		var answer struct {
			Projects huaweicloud.List[wireProject] `json:"enterprise_projects"`
			Total    count                         `json:"total_count"`
		}
		call := huaweicloud.Get(huaweicloud.ServiceEPS, operation, query, path...)
		if err := c.conn.Do(ctx, call, &answer); err != nil {
			return page[Project]{}, err
		}
		items, err := answer.Projects.Items(call, "enterprise projects")
		return page[Project]{items: readProjects(operation, items), total: int(answer.Total)}, err
	}
	return asked(ctx, c, "enterprise projects", "", func(ctx context.Context) (Listed[Project], error) {
		all, err := l.numbered(ctx)
		return withoutDomains(all), err
	})
}

// Account is the account that the credentials belong to.
type Account struct {
	ID string
	// Name is empty where the cloud does not tell it.
	Name string
}

// OwnAccount returns the account that the cloud says the credentials work in. Credentials of another account than the
// claimed one are an error that wraps ErrConflict, and an account that the cloud does not tell one that wraps ErrDenied.
func (c *Client) OwnAccount(ctx context.Context) (Account, error) {
	account, err := c.conn.ConfirmedAccount(ctx)
	if err != nil {
		return Account{}, err
	}
	return Account{ID: account.ID, Name: account.Name}, nil
}
