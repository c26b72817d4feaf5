package cloudsim

import (
	"encoding/json"
	"time"
)

// WorldFormat is the format version of a World in a state file.
const WorldFormat = "1"

// The scopes of a Grant.
const (
	ScopeDomain            = "domain"
	ScopeAllProjects       = "all-projects"
	ScopeProject           = "project"
	ScopeEnterpriseProject = "enterprise-project"
)

// World is the whole state of a simulated cloud. It is plain data: not safe for concurrent use, and free of secrets.
type World struct {
	FormatVersion string `json:"formatVersion"`
	Cloud         string `json:"cloud"`
	// Home is the id of the account that the demo key acts for.
	Home string `json:"home"`
	// Accounts are all accounts, among them those that only have a name.
	Accounts []Account `json:"accounts"`
	// Services are the cloud services that an agency may trust, named op_svc_NAME.
	Services []Party `json:"services,omitempty"`
	// Roles is the catalogue of system roles and policies.
	Roles []Role `json:"roles,omitempty"`
	// Lost are ids of roles, projects and enterprise projects that grants name and that are not there any more, sorted.
	Lost []string `json:"lost,omitempty"`
	// RoleSeed is what the names of the roles are drawn from that services give their agencies and no page names. A server
	// draws one for a world without.
	RoleSeed string `json:"roleSeed,omitempty"`
	// OnlyPublishedRoles keeps services from giving such roles, as the switch of that name does.
	OnlyPublishedRoles bool `json:"onlyPublishedRoles,omitempty"`
	// ServiceUpdates is how many of these roles new versions of a service have added, by the name of its agency.
	ServiceUpdates map[string]int `json:"serviceUpdates,omitempty"`
}

// Party is an account or a cloud service that an agency may trust.
type Party struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Account is one account (domain, tenant) with its resources.
type Account struct {
	ID                 string              `json:"id"`
	Name               string              `json:"name"`
	Projects           []Project           `json:"projects,omitempty"`
	EnterpriseProjects []EnterpriseProject `json:"enterpriseProjects,omitempty"`
	Agencies           []Agency            `json:"agencies,omitempty"`
	Policies           []Role              `json:"policies,omitempty"`
	// Quotas overrides the default quota of a type, such as "agency" or "policy".
	Quotas map[string]int `json:"quotas,omitempty"`
	// Topics are those of Simple Message Notification.
	Topics []Topic `json:"topics,omitempty"`
	// Documents are values of services, by keys that start with the service's name and a slash.
	Documents map[string]json.RawMessage `json:"documents,omitempty"`
	// Traces are the records of changes, the oldest first.
	Traces []Trace `json:"traces,omitempty"`
}

// Project is a region project, or a subproject when Parent is the id of another project.
type Project struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	// Parent is the id of the region project; "" stands for the account.
	Parent      string `json:"parent,omitempty"`
	Description string `json:"description,omitempty"`
	Disabled    bool   `json:"disabled,omitempty"`
}

// EnterpriseProject is a resource group across regions. The id of the default one is "0".
type EnterpriseProject struct {
	ID          string    `json:"id"`
	Name        string    `json:"name"`
	Description string    `json:"description,omitempty"`
	Disabled    bool      `json:"disabled,omitempty"`
	Type        string    `json:"type"`
	Created     time.Time `json:"created"`
}

// Agency is a delegation of trust with its grants.
type Agency struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	Trust       Party  `json:"trust"`
	Description string `json:"description,omitempty"`
	// Hours is the life of the agency; 0 means for ever.
	Hours   int        `json:"hours,omitempty"`
	Created time.Time  `json:"created"`
	Expires *time.Time `json:"expires,omitempty"`
	Grants  []Grant    `json:"grants,omitempty"`
}

// Grant gives the agency that holds it a role in a scope.
type Grant struct {
	Scope string `json:"scope"`
	// Target is the id of the project or enterprise project; "" in the two account-wide scopes.
	Target string `json:"target,omitempty"`
	Role   string `json:"role"`
	// TargetName and RoleName are for human readers. They must be right or empty.
	TargetName string `json:"targetName,omitempty"`
	RoleName   string `json:"roleName,omitempty"`
}

// Role is a system role or policy, or a custom policy of an account.
type Role struct {
	ID            string `json:"id"`
	Name          string `json:"name"`
	DisplayName   string `json:"displayName"`
	Catalog       string `json:"catalog"`
	Type          string `json:"type"`
	Flag          string `json:"flag,omitempty"`
	Description   string `json:"description,omitempty"`
	DescriptionCN string `json:"descriptionCn,omitempty"`
	Policy        Policy `json:"policy"`
	// Document is JSON that is answered in the place of Policy, which does not hold all of it; "" for none.
	Document string `json:"document,omitempty"`
	// Others is how many users and groups have a custom policy. They count among its references and show nowhere else.
	Others  int       `json:"others,omitempty"`
	Created time.Time `json:"created"`
	Updated time.Time `json:"updated"`
}

// Policy is a policy document, version 1.0 (roles) or 1.1 (policies), spelled as on the wire.
type Policy struct {
	Version   string      `json:"Version"`
	Statement []Statement `json:"Statement"`
	Depends   []Depend    `json:"Depends,omitempty"`
}

// Statement allows or denies actions. Condition and Resource are kept as they were sent.
type Statement struct {
	Effect    string          `json:"Effect"`
	Action    []string        `json:"Action"`
	Condition json.RawMessage `json:"Condition,omitempty"`
	Resource  json.RawMessage `json:"Resource,omitempty"`
}

// Depend names a role that another role needs.
type Depend struct {
	Catalog     string `json:"catalog"`
	DisplayName string `json:"display_name"`
}

// AccountNamed returns the account with this name or id, the home account for "", or nil.
func (w *World) AccountNamed(nameOrID string) *Account {
	if nameOrID == "" {
		nameOrID = w.Home
	}
	return first(w.Accounts, func(a *Account) bool { return a.ID == nameOrID || a.Name == nameOrID })
}

// AgencyNamed returns the account's agency with this name, or nil.
func (a *Account) AgencyNamed(name string) *Agency {
	return first(a.Agencies, func(g *Agency) bool { return g.Name == name })
}

// first returns the first item that matches, nil for none.
func first[T any](items []T, matches func(*T) bool) *T {
	for i := range items {
		if matches(&items[i]) {
			return &items[i]
		}
	}
	return nil
}

// party returns the account, or else the cloud service, with a name or an id.
func (w *World) party(nameOrID string) (Party, bool) {
	if nameOrID == "" {
		return Party{}, false
	}
	if a := w.AccountNamed(nameOrID); a != nil {
		return Party{ID: a.ID, Name: a.Name}, true
	}
	if s := first(w.Services, func(s *Party) bool { return s.ID == nameOrID || s.Name == nameOrID }); s != nil {
		return *s, true
	}
	return Party{}, false
}
