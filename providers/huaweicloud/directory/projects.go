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
	var all []Project
	seen := map[string]bool{}
	for page := 1; page <= maxPages; page++ {
		items, err := c.projects(ctx, operation, paged(query, page, projectsPerPage))
		if page == 1 && refusesPaging(err) {
			return c.projects(ctx, operation, query)
		}
		if err != nil {
			return nil, err
		}
		fresh := 0
		for _, p := range items {
			if !seen[p.ID] {
				seen[p.ID] = true
				all = append(all, p)
				fresh++
			}
		}
		if len(items) != projectsPerPage || fresh == 0 {
			return all, nil
		}
	}
	return nil, incomplete(operation, "more than %d pages", maxPages)
}

func (c *Client) projects(ctx context.Context, operation string, query url.Values) ([]Project, error) {
	var answer struct {
		Projects list[wireProject] `json:"projects"`
	}
	if err := c.conn.Do(ctx, get(operation, query, "v3", "projects"), &answer); err != nil {
		return nil, err
	}
	if !answer.Projects.Present {
		return nil, incomplete(operation, "the answer holds no list of projects")
	}
	return usableProjects(operation, answer.Projects.Items)
}

type wireProject struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	IsDomain bool   `json:"is_domain"`
	Enabled  *bool  `json:"enabled"`
}

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
	var all []Project
	seen := map[string]bool{}
	for offset, page := 0, 0; page < maxPages; page++ {
		var answer struct {
			Projects list[wireProject] `json:"enterprise_projects"`
			Total    count             `json:"total_count"`
		}
		query := url.Values{"limit": {strconv.Itoa(enterpriseProjectsPerPage)}, "offset": {strconv.Itoa(offset)}}
		call := huaweicloud.Get(huaweicloud.ServiceEPS, operation, query, "v1.0", "enterprise-projects")
		if err := c.conn.Do(ctx, call, &answer); err != nil {
			return nil, err
		}
		if !answer.Projects.Present {
			return nil, incomplete(operation, "the answer holds no list of enterprise projects")
		}
		items, err := usableProjects(operation, answer.Projects.Items)
		if err != nil {
			return nil, err
		}
		fresh := 0
		for _, p := range items {
			if !seen[p.ID] {
				seen[p.ID] = true
				all = append(all, p)
				fresh++
			}
		}
		offset += len(items)
		switch {
		case fresh == 0 && int(answer.Total) > len(all):
			return nil, incomplete(operation, "the cloud counts %d and lists %d", answer.Total, len(all))
		case fresh == 0, len(items) < enterpriseProjectsPerPage && int(answer.Total) <= len(all):
			return all, nil
		}
	}
	return nil, incomplete(operation, "more than %d pages", maxPages)
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
