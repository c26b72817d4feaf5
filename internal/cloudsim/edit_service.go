package cloudsim

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// editedService is a service whose authorizations an edit makes and removes.
type editedService struct {
	// call authorizes in a project, with the body of request.
	call    projectHandler
	request func(x *exchange, parts string) any
	// agencies are the names of its agencies. The first of them may be shared with other parts.
	agencies func(parts string) ([]string, error)
}

func editedServices() map[string]editedService {
	alone := func(name string) func(string) ([]string, error) {
		return func(string) ([]string, error) { return []string{name}, nil }
	}
	return map[string]editedService{
		"csms": {createSecretAgency, func(_ *exchange, parts string) any { return map[string]string{"secret_type": parts} },
			func(parts string) ([]string, error) {
				if parts != secretsOfRDS && parts != secretsOfGaussDB {
					return nil, fmt.Errorf("the type of secret %q is neither %s nor %s", parts, secretsOfRDS, secretsOfGaussDB)
				}
				specs := secretAgencies(parts)
				return []string{specs[0].name, specs[1].name}, nil
			}},
		"secmaster": {createSecMasterAgency, func(x *exchange, _ string) any {
			return map[string]any{"role_descriptions": x.secMasterCatalogue()}
		}, alone(secMasterAgency)},
		"fabric": {createFabricAgency, func(_ *exchange, parts string) any {
			return map[string][]string{"policy_types": strings.FieldsFunc(parts, func(r rune) bool { return r == ',' })}
		}, alone(fabricAgency)},
		"lakeformation": {createLakeAgency, func(_ *exchange, parts string) any { return map[string]string{"agency_type": parts} },
			func(parts string) ([]string, error) {
				spec, known := lakeAgency(parts)
				if !known {
					return nil, fmt.Errorf("the type of agency %q is none of ADMIN_TRUST, JOB_TRUST and TABLE_SERVICE_TRUST", parts)
				}
				return []string{spec.name}, nil
			}},
	}
}

// editAuthorization authorizes a service in a project, or takes that away.
func (w *World) editAuthorization(a *Account, e Edit) error {
	service, known := editedServices()[e.Name]
	if !known {
		return fmt.Errorf("the service %q is none of csms, secmaster, fabric, lakeformation", e.Name)
	}
	p := first(a.Projects, func(p *Project) bool { return p.Name == e.Scope })
	if p == nil {
		known := list(a.Projects, func(p Project) string { return p.Name })
		return fmt.Errorf("account %s has no project %q, known are %s", a.Name, e.Scope, known)
	}
	switch e.Attribute {
	case EditCreate:
		return w.authorize(a, *p, service, e)
	case EditDelete:
		return a.withdrawAuthorization(*p, service, e)
	}
	return fmt.Errorf("%q is neither create nor delete", e.Attribute)
}

// authorize makes the call of the service, as its console does. SecMaster's agency has its usual name, and gets all roles that
// SecMaster asks for.
func (w *World) authorize(a *Account, p Project, service editedService, e Edit) error {
	from := *w
	if from.RoleSeed == "" {
		seed, err := newID(rand.Reader)
		if err != nil {
			return err
		}
		from.RoleSeed = seed
	}
	x := &exchange{
		route: &route{}, request: &http.Request{Header: http.Header{}}, cloud: w.Cloud, state: newState(from), now: e.At,
		view: view{current: true}, random: rand.Reader, faults: new(faultInjector), secMaster: secMasterAgency,
	}
	x.account = x.state.accounts[a.ID]
	x.body = encode(service.request(x, e.Value))
	out, err := service.call(x, &p)
	if err != nil {
		return err
	}
	if answer, is := out.body.(map[string]any); is { // only CSMS fails inside a success
		made, _ := answer["agencies"].([]map[string]any)
		for _, item := range made {
			if problem, failed := item["error_msg"]; failed {
				return fmt.Errorf("%s: %v", item["agency_name"], problem)
			}
		}
	}
	*w = x.state.snapshot()
	return nil
}

// withdrawAuthorization takes from the service's agencies what they have in the project. An agency that has nothing in any project
// then is deleted.
func (a *Account) withdrawAuthorization(p Project, service editedService, e Edit) error {
	names, err := service.agencies(e.Value)
	if err != nil {
		return err
	}
	here := func(g Grant) bool { return g.Scope == ScopeProject && g.Target == p.ID }
	if e.Name == "csms" && a.otherSecrets(e.Value, here) {
		names = names[1:]
	}
	found := false
	for _, name := range names {
		g := a.AgencyNamed(name)
		if g == nil {
			continue
		}
		found = true
		g.Grants = slices.DeleteFunc(slices.Clone(g.Grants), here)
		if !slices.ContainsFunc(g.Grants, func(g Grant) bool { return g.Scope == ScopeProject }) {
			a.Agencies = slices.DeleteFunc(slices.Clone(a.Agencies), func(other Agency) bool { return other.Name == name })
		}
	}
	if !found {
		return fmt.Errorf("%s has no agency in account %s", e.Name, a.Name)
	}
	return nil
}

// otherSecrets reports whether the other type of secret has grants there. Both need the agency that they share.
func (a *Account) otherSecrets(secretType string, here func(Grant) bool) bool {
	other := secretsOfRDS
	if secretType == other {
		other = secretsOfGaussDB
	}
	g := a.AgencyNamed(secretAgencies(other)[1].name)
	return g != nil && slices.ContainsFunc(g.Grants, here)
}

// editUpdate lets the service that made the agency give it one more role that no page names.
func (w *World) editUpdate(a *Account, g *Agency, e Edit) error {
	known := unpublishedRole(w.RoleSeed, g.Name, earlyRole).display
	names := w.names(a)
	if !slices.ContainsFunc(g.Grants, func(grant Grant) bool { return names.roles[grant.Role] == known }) {
		return fmt.Errorf("the agency %s has no role that only its service would know, so no service has made it", g.Name)
	}
	if w.ServiceUpdates == nil {
		w.ServiceUpdates = map[string]int{}
	}
	w.ServiceUpdates[g.Name]++
	r := unpublishedRole(w.RoleSeed, g.Name, lateRole+w.ServiceUpdates[g.Name])
	role := r.systemRole(e.At.UTC())
	if r.system {
		w.Roles = append(slices.Clip(w.Roles), role)
	} else {
		id, err := e.newID()
		if err != nil {
			return err
		}
		role.ID, role.Name, role.Catalog, role.Flag = id, policyName(a.ID, slices.Values(a.Policies)), customCatalog, ""
		a.Policies = append(slices.Clip(a.Policies), role)
	}
	var projects []string
	for _, grant := range g.Grants {
		if r.scope == ScopeProject && grant.Scope == ScopeProject && !slices.Contains(projects, grant.Target) {
			projects = append(projects, grant.Target)
		}
	}
	g.Grants = slices.Clip(g.Grants)
	for _, project := range projects {
		g.Grants = append(g.Grants, grantIn(role.ID, ScopeProject, project))
	}
	if projects == nil {
		g.Grants = append(g.Grants, grantIn(role.ID, ScopeDomain, ""))
	}
	return nil
}
