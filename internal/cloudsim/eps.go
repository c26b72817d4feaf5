package cloudsim

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

const maxEnterpriseProjects = 1000

// enterpriseProjectService is EPS, which lists the resource groups of an account.
func enterpriseProjectService() service {
	return service{name: "eps", routes: route{shape: ShapeB, anyScope: true}.with(
		operation{http.MethodGet, "/v1.0/enterprise-projects", "ListEnterpriseProject", listEnterpriseProjects},
	)}
}

func listEnterpriseProjects(x *exchange) (answer, error) {
	if x.switches.NoEnterpriseProjects {
		return answer{}, x.failCode(http.StatusNotFound, "APIGW.0101", "The API does not exist")
	}
	limit, hasLimit, err := x.queryInt("limit", 1, maxEnterpriseProjects)
	if err != nil {
		return answer{}, err
	}
	if !hasLimit {
		limit = maxEnterpriseProjects
	}
	offset, _, err := x.queryInt("offset", 0, 1<<30)
	if err != nil {
		return answer{}, err
	}
	state, byState, err := x.queryInt("status", 1, 2)
	if err != nil {
		return answer{}, err
	}
	id, name, kind := x.query.Get("id"), x.query.Get("name"), x.query.Get("type")
	var found []EnterpriseProject
	for _, p := range x.account.EnterpriseProjects {
		named := (id == "" || p.ID == id) && strings.Contains(p.Name, name)
		if named && (kind == "" || p.Type == kind) && (!byState || state == p.status()) {
			found = append(found, p)
		}
	}
	if x.query.Get("sort_key") != "" {
		slices.SortStableFunc(found, func(a, b EnterpriseProject) int { return a.Created.Compare(b.Created) })
		if x.query.Get("sort_dir") == "desc" {
			slices.Reverse(found)
		}
	}
	items := []map[string]any{}
	for _, p := range found[min(offset, len(found)):min(offset+limit, len(found))] {
		items = append(items, map[string]any{
			"id": p.ID, "name": p.Name, "description": p.Description, "status": p.status(), "type": p.Type,
			"delete_flag": false,
			"created_at":  p.Created.UTC().Format(time.RFC3339),
			"updated_at":  p.Created.UTC().Format(time.RFC3339),
		})
	}
	return answer{http.StatusOK, map[string]any{"enterprise_projects": items, "total_count": len(found)}}, nil
}

// status returns 1 for enabled and 2 for disabled.
func (p EnterpriseProject) status() int {
	if p.Disabled {
		return 2
	}
	return 1
}
