package cloudsim

import (
	"net/http"
	"slices"
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
		named := (name == "" || p.Name == name) && (parent == "" || x.parent(p) == parent)
		if named && (!byState || enabled != p.Disabled) && (!byDomain || !domains) {
			found = append(found, x.projectObject(p))
		}
	}
	return answer{http.StatusOK, map[string]any{"projects": pageOf(found, wanted), "links": x.links("/v3/projects")}}, nil
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
		domains = append(domains, map[string]any{
			"id": x.account.ID, "name": x.account.Name, "enabled": true, "description": "",
			"links": x.links("/v3/domains/" + x.account.ID),
		})
	}
	return answer{http.StatusOK, map[string]any{"domains": domains, "links": x.links("/v3/auth/domains")}}, nil
}

// parent returns the region project of a subproject, and the account of a region project.
func (x *exchange) parent(p Project) string {
	if p.Parent == "" {
		return x.account.ID
	}
	return p.Parent
}

func (x *exchange) projectObject(p Project) map[string]any {
	return map[string]any{
		"id": p.ID, "name": p.Name, "domain_id": x.account.ID, "parent_id": x.parent(p),
		"enabled": !p.Disabled, "is_domain": false, "description": p.Description,
		"links": x.links("/v3/projects/" + p.ID),
	}
}

// quotaType is a kind of resource with a quota: the least and the most that it can be, and how many are allowed by default. The
// spellings are the vendor's.
type quotaType struct {
	name                 string
	least, most, initial int
	huaweiOnly           bool
}

func quotaTypes() []quotaType {
	return []quotaType{
		{name: "user", least: 50, most: 1000, initial: 50},
		{name: "group", least: 10, most: 300, initial: 20},
		{name: "idp", least: 10, most: 300, initial: 10},
		{name: "agency", least: 10, most: 5000, initial: 50},
		{name: "policy", least: 50, most: 300, initial: 200},
		{name: "assigment_group_mp", least: 5, most: 1000, initial: 500, huaweiOnly: true},
		{name: "assigment_agency_mp", least: 5, most: 1000, initial: 500, huaweiOnly: true},
		{name: "assigment_group_ep", least: 5, most: 5000, initial: 1000, huaweiOnly: true},
		{name: "assigment_user_ep", least: 5, most: 5000, initial: 1000, huaweiOnly: true},
		{name: "mapping", least: 10, most: 100, initial: 50, huaweiOnly: true},
	}
}

func showQuota(x *exchange) (answer, error) {
	if err := x.ownDomain(x.params["domain_id"]); err != nil {
		return answer{}, err
	}
	wanted := x.query.Get("type")
	resources := []map[string]any{}
	for _, t := range quotaTypes() {
		if wanted != "" && wanted != t.name || t.huaweiOnly && !x.huawei() {
			continue
		}
		limit := x.quota(t)
		resources = append(resources, map[string]any{
			"type": t.name, "min": t.least, "max": max(t.most, limit), "quota": limit, "used": x.used(t.name),
		})
	}
	if wanted != "" && len(resources) == 0 {
		return answer{}, x.failCode(http.StatusBadRequest, "IAM.0007", "the quota type %q is not known", wanted)
	}
	return answer{http.StatusOK, map[string]any{"quotas": map[string]any{"resources": resources}}}, nil
}

func (x *exchange) quota(t quotaType) int {
	if n, set := x.account.Quotas[t.name]; set {
		return n
	}
	return t.initial
}

func (x *exchange) used(name string) int {
	n, now := 0, view{current: true}
	switch name {
	case "agency":
		x.account.agencies.each("", now, func(string, *Agency) { n++ })
	case "policy":
		x.account.policies.each("", now, func(string, *Role) { n++ })
	}
	return n
}

// hasRoom reports whether the quota, which it returns, allows so many more.
func (x *exchange) hasRoom(name string, more int) (quota int, ok bool) {
	i := slices.IndexFunc(quotaTypes(), func(t quotaType) bool { return t.name == name })
	quota = x.quota(quotaTypes()[i])
	return quota, more == 0 || x.used(name)+more <= quota
}

// roomFor refuses a resource that would exceed its quota.
func (x *exchange) roomFor(name string) error {
	quota, ok := x.hasRoom(name, 1)
	switch {
	case ok:
		return nil
	case x.switches.QuotaStatus400:
		return x.fail(http.StatusBadRequest, "The quota of %d for %s is exceeded", quota, name)
	}
	return x.fail(http.StatusForbidden, "The quota of %d for %s is exceeded", quota, name)
}
