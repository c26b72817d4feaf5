package directory

import (
	"context"
	"net/url"
	"strconv"

	"github.com/agencyctl/agencyctl/providers/huaweicloud"
)

const (
	projectsPerPage           = 1000
	enterpriseProjectsPerPage = 1000
)

// Project is a region project, a subproject, or an enterprise project.
type Project struct {
	ID, Name string
	// Disabled: the cloud says that it cannot be used. Enterprise projects do not say.
	Disabled bool
}

// objectStorageProject is a built-in project that some accounts may use and others may not even read.
const objectStorageProject = "MOS"

// ListProjects returns the projects of all regions.
func (c *Client) ListProjects(ctx context.Context) ([]Project, error) {
	const operation = "list projects"
	query := url.Values{"domain_id": {c.domain}}
	pages := huaweicloud.NewPages(get(operation, nil), projectsPerPage, wireProject.id)
	all, err := readPages(query, pages, projectsPerPage, func(query url.Values) ([]wireProject, error) {
		return c.projects(ctx, operation, query)
	})
	if err != nil {
		return nil, err
	}
	return usableProjects(operation, all)
}

func (c *Client) projects(ctx context.Context, operation string, query url.Values) ([]wireProject, error) {
	var answer struct {
		Projects huaweicloud.List[wireProject] `json:"projects"`
	}
	call := get(operation, query, "v3", "projects")
	if err := c.conn.Do(ctx, call, &answer); err != nil {
		return nil, err
	}
	return answer.Projects.All(call, "projects")
}

type wireProject struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	IsDomain bool   `json:"is_domain"`
	Enabled  *bool  `json:"enabled"`
}

func (w wireProject) id() string { return w.ID }

func usableProjects(operation string, items []wireProject) ([]Project, error) {
	projects := make([]Project, 0, len(items))
	for _, w := range items {
		if w.IsDomain {
			continue
		}
		if err := checkID(operation, "a project", w.ID); err != nil {
			return nil, err
		}
		if !validName(w.Name) {
			return nil, incomplete(operation, "the project with id %s has no usable name", w.ID)
		}
		projects = append(projects, Project{ID: w.ID, Name: w.Name, Disabled: w.Enabled != nil && !*w.Enabled})
	}
	return projects, nil
}

// ListEnterpriseProjects returns the enterprise projects of the account.
func (c *Client) ListEnterpriseProjects(ctx context.Context) ([]Project, error) {
	const operation = "list enterprise projects"
	pages := huaweicloud.NewPages(huaweicloud.Get(huaweicloud.ServiceEPS, operation, nil), enterpriseProjectsPerPage, wireProject.id)
	for offset := 0; ; {
		var answer struct {
			Projects huaweicloud.List[wireProject] `json:"enterprise_projects"`
			Total    count                         `json:"total_count"`
		}
		query := url.Values{"limit": {strconv.Itoa(enterpriseProjectsPerPage)}, "offset": {strconv.Itoa(offset)}}
		call := huaweicloud.Get(huaweicloud.ServiceEPS, operation, query, "v1.0", "enterprise-projects")
		if err := c.conn.Do(ctx, call, &answer); err != nil {
			return nil, err
		}
		items, err := answer.Projects.All(call, "enterprise projects")
		if err != nil {
			return nil, err
		}
		switch last, err := pages.Add(items, int(answer.Total)); {
		case err != nil:
			return nil, err
		case last:
			return usableProjects(operation, pages.All())
		}
		offset += len(items)
	}
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
