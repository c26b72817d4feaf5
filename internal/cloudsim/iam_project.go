package cloudsim

import (
	"net/http"
)

const maxProjectPage = 5000

func listProjects(x *exchange) (answer, error) {
	if domain := x.query.Get("domain_id"); domain != "" {
		if err := x.ownDomain(domain); err != nil {
			return answer{}, err
		}
	}
	wanted, err := x.paging(maxProjectPage)
	if err != nil {
		return answer{}, err
	}
	enabled, byState, err := x.queryBool("enabled")
	if err != nil {
		return answer{}, err
	}
	domains, byDomain, err := x.queryBool("is_domain")
	if err != nil {
		return answer{}, err
	}
	name, parent := x.query.Get("name"), x.query.Get("parent_id")
	found := []map[string]any{}
	for _, p := range x.account.Projects {
		if (name == "" || p.Name == name) && (parent == "" || x.parent(p) == parent) && (!byState || enabled != p.Disabled) && (!byDomain || !domains) {
			found = append(found, x.projectObject(p))
		}
	}
	return answer{http.StatusOK, map[string]any{"projects": cut(found, wanted), "links": x.links("/v3/projects")}}, nil
}

func showProject(x *exchange) (answer, error) {
	p := x.account.project(x.params["project_id"])
	if p == nil {
		return answer{}, x.fail(http.StatusNotFound, "Could not find project: %s", x.params["project_id"])
	}
	return answer{http.StatusOK, map[string]any{"project": x.projectObject(*p)}}, nil
}

func listAuthProjects(x *exchange) (answer, error) {
	found := []map[string]any{}
	for _, p := range x.account.Projects {
		found = append(found, x.projectObject(p))
	}
	return answer{http.StatusOK, map[string]any{"projects": found, "links": x.links("/v3/auth/projects")}}, nil
}

func listAuthDomains(x *exchange) (answer, error) {
	domains := []map[string]any{}
	if !x.switches.EmptyAuthDomains {
		domains = append(domains, map[string]any{"id": x.account.ID, "name": x.account.Name, "enabled": true, "description": "",
			"links": x.links("/v3/domains/" + x.account.ID)})
	}
	return answer{http.StatusOK, map[string]any{"domains": domains, "links": x.links("/v3/auth/domains")}}, nil
}

// parent is the region project of a subproject, and the account of a region project.
func (x *exchange) parent(p Project) string {
	if p.Parent == "" {
		return x.account.ID
	}
	return p.Parent
}

func (x *exchange) projectObject(p Project) map[string]any {
	return map[string]any{
		"id": p.ID, "name": p.Name, "domain_id": x.account.ID, "parent_id": x.parent(p), "enabled": !p.Disabled, "is_domain": false,
		"description": p.Description, "links": x.links("/v3/projects/" + p.ID),
	}
}
