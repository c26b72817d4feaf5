package cloudsim

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxQuota is the largest quota that an edit may set.
const maxQuota = 1_000_000

func editQuota(a *Account, e Edit) error {
	if e.Attribute != "agency" && e.Attribute != "policy" {
		return fmt.Errorf("the quota of %q is none of agency, policy", e.Attribute)
	}
	n, err := strconv.Atoi(e.Value)
	if err != nil || n < 0 || n > maxQuota {
		return fmt.Errorf("the quota %q is no number from 0 to %d", e.Value, maxQuota)
	}
	if a.Quotas == nil {
		a.Quotas = map[string]int{}
	}
	a.Quotas[e.Attribute] = n
	return nil
}

// editHold lets so many users and groups have a custom policy.
func editHold(a *Account, e Edit) error {
	p := first(a.Policies, func(p *Role) bool { return p.DisplayName == e.Attribute })
	if p == nil {
		known := list(a.Policies, func(p Role) string { return p.DisplayName })
		return fmt.Errorf("account %s has no custom policy %q, known are %s", a.Name, e.Attribute, known)
	}
	n, err := strconv.Atoi(e.Value)
	if err != nil || n < 0 || n > maxQuota {
		return fmt.Errorf("%q is no number from 0 to %d", e.Value, maxQuota)
	}
	p.Others = n
	return nil
}

func accountName(a Account) string { return a.Name }

// What is done to a project or an enterprise project, beside EditCreate and EditDelete.
const (
	editEnable  = "enable"
	editDisable = "disable"
)

const maxProjectName = 64

// editProject changes a project. With a project go the grants in it.
func (a *Account) editProject(e Edit) error {
	p := first(a.Projects, func(p *Project) bool { return p.Name == e.Name })
	if e.Attribute == EditCreate {
		if p != nil {
			return fmt.Errorf("account %s has a project %q already", a.Name, e.Name)
		}
		if n := utf8.RuneCountInString(e.Name); n < 1 || n > maxProjectName {
			return fmt.Errorf("the project name %q has not 1 to %d characters", e.Name, maxProjectName)
		}
		id, err := e.newID()
		if err != nil {
			return err
		}
		made := Project{ID: id, Name: e.Name}
		if region, _, within := strings.Cut(e.Name, "_"); within {
			parent := first(a.Projects, func(p *Project) bool { return p.Name == region })
			if parent == nil {
				return fmt.Errorf("account %s has no project %q to hold %q", a.Name, region, e.Name)
			}
			made.Parent = parent.ID
		}
		a.Projects = append(slices.Clip(a.Projects), made)
		return nil
	}
	if p == nil {
		known := list(a.Projects, func(p Project) string { return p.Name })
		return fmt.Errorf("account %s has no project %q, known are %s", a.Name, e.Name, known)
	}
	if e.Attribute == EditDelete {
		id := p.ID
		if inside := first(a.Projects, func(p *Project) bool { return p.Parent == id }); inside != nil {
			return fmt.Errorf("the project %q holds %q: delete that first", e.Name, inside.Name)
		}
		a.Projects = slices.DeleteFunc(slices.Clone(a.Projects), func(p Project) bool { return p.ID == id })
		a.dropGrants(func(g Grant) bool { return g.Scope == ScopeProject && g.Target == id })
		return nil
	}
	return editState(&p.Disabled, e)
}

// editEnterpriseProject changes an enterprise project. With one go the grants in it.
func (a *Account) editEnterpriseProject(e Edit) error {
	p := first(a.EnterpriseProjects, func(p *EnterpriseProject) bool { return p.Name == e.Name })
	if e.Attribute == EditCreate {
		if p != nil || e.Name == "" {
			return fmt.Errorf("account %s has an enterprise project %q already, or the name is empty", a.Name, e.Name)
		}
		id, err := e.newID()
		if err != nil {
			return err
		}
		a.EnterpriseProjects = append(slices.Clip(a.EnterpriseProjects), EnterpriseProject{
			ID: dashed(id), Name: e.Name, Type: "prod", Created: e.At.UTC(),
		})
		return nil
	}
	if p == nil {
		known := list(a.EnterpriseProjects, func(p EnterpriseProject) string { return p.Name })
		return fmt.Errorf("account %s has no enterprise project %q, known are %s", a.Name, e.Name, known)
	}
	if e.Attribute == EditDelete {
		id := p.ID
		a.EnterpriseProjects = slices.DeleteFunc(slices.Clone(a.EnterpriseProjects), func(p EnterpriseProject) bool { return p.ID == id })
		a.dropGrants(func(g Grant) bool { return g.Scope == ScopeEnterpriseProject && g.Target == id })
		return nil
	}
	return editState(&p.Disabled, e)
}

// editState enables or disables.
func editState(disabled *bool, e Edit) error {
	switch {
	case e.Attribute != editEnable && e.Attribute != editDisable:
		return fmt.Errorf("%q is none of create, delete, enable, disable", e.Attribute)
	case *disabled == (e.Attribute == editDisable):
		return fmt.Errorf("%s %q is %sd already", e.Verb, e.Name, e.Attribute)
	}
	*disabled = !*disabled
	return nil
}

// dropGrants takes grants from all agencies of the account.
func (a *Account) dropGrants(drop func(Grant) bool) {
	for i := range a.Agencies {
		a.Agencies[i].Grants = slices.DeleteFunc(slices.Clone(a.Agencies[i].Grants), drop)
	}
}

// editAccount makes an account with the regions of a, or deletes one. What trusts a deleted account goes on trusting it.
func (w *World) editAccount(a *Account, e Edit) error {
	known := w.AccountNamed(e.Name)
	switch {
	case e.Attribute == EditDelete && (known == nil || e.Name == ""):
		return fmt.Errorf("there is no account %q, known are %s", e.Name, list(w.Accounts, accountName))
	case e.Attribute == EditDelete && known.ID == w.Home:
		return fmt.Errorf("%s is the account of the demo key", e.Name)
	case e.Attribute == EditDelete:
		id := known.ID
		w.Accounts = slices.DeleteFunc(slices.Clone(w.Accounts), func(other Account) bool { return other.ID == id })
		return nil
	case e.Attribute != EditCreate:
		return fmt.Errorf("%q is neither create nor delete", e.Attribute)
	}
	if _, taken := w.party(e.Name); taken || e.Name == "" {
		return fmt.Errorf("there is an account or a service %q already, or the name is empty", e.Name)
	}
	id, err := e.newID()
	if err != nil {
		return err
	}
	made := Account{ID: id, Name: e.Name}
	for _, p := range a.Projects {
		if p.Parent == "" {
			made.Projects = append(made.Projects, Project{ID: demoID("project", id+"/"+p.Name), Name: p.Name})
		}
	}
	made.EnterpriseProjects = []EnterpriseProject{{ID: "0", Name: "default", Type: "prod", Created: e.At.UTC()}}
	w.Accounts = append(slices.Clip(w.Accounts), made)
	return nil
}

// editPolicy changes a custom policy. A policy that is deleted is taken from every agency.
func (a *Account) editPolicy(e Edit) error {
	p := first(a.Policies, func(p *Role) bool { return p.DisplayName == e.Name })
	if p == nil && e.Attribute != EditCreate {
		known := list(a.Policies, func(p Role) string { return p.DisplayName })
		return fmt.Errorf("account %s has no custom policy %q, known are %s", a.Name, e.Name, known)
	}
	if e.Attribute == EditDelete {
		id := p.ID
		a.dropGrants(func(g Grant) bool { return g.Role == id })
		a.Policies = slices.DeleteFunc(slices.Clone(a.Policies), func(p Role) bool { return p.ID == id })
		return nil
	}
	document, err := editDocument(e.Value)
	if err != nil {
		return err
	}
	kind, known := map[string]string{"project": "XA", "global": "AX"}[e.Scope]
	switch {
	case e.Attribute == EditSet:
		p.Policy, p.Document, p.Updated = document, "", e.At.UTC()
		return nil
	case e.Attribute != EditCreate:
		return fmt.Errorf("%q is none of create, set, delete", e.Attribute)
	case p != nil:
		return fmt.Errorf("account %s has a custom policy %q already", a.Name, e.Name)
	case e.Name == "" || utf8.RuneCountInString(e.Name) > maxPolicyName:
		return fmt.Errorf("the policy name %q has not 1 to %d characters", e.Name, maxPolicyName)
	case !known:
		return fmt.Errorf("the scope %q of the policy is neither project nor global", e.Scope)
	}
	id, err := e.newID()
	if err != nil {
		return err
	}
	a.Policies = append(slices.Clip(a.Policies), Role{
		ID: id, Name: policyName(a.ID, slices.Values(a.Policies)), DisplayName: e.Name, Catalog: customCatalog, Type: kind, Policy: document,
		Created: e.At.UTC(), Updated: e.At.UTC(),
	})
	return nil
}

// editDocument reads a policy document in JSON, or a list of actions.
func editDocument(text string) (Policy, error) {
	raw := json.RawMessage(text)
	if !strings.HasPrefix(strings.TrimSpace(text), "{") {
		raw = encode(Policy{Version: "1.1", Statement: demoStatements(text)})
	}
	return checkPolicy(raw, func(_, format string, args ...any) error { return fmt.Errorf(format, args...) })
}
