package cloudsim

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// state is the running form of a World, with tables for reads with lag.
type state struct {
	world    World // without the accounts
	roles    map[string]*Role
	sorted   []*Role // system roles by id
	accounts map[string]*account
}

// account is the running form of an Account.
type account struct {
	Account                          // only projects, enterprise projects, quotas and topics; the rest is in the tables
	agencies  table[Agency]          // by id, without grants
	grants    table[Grant]           // by grantKey
	policies  table[Role]            // by id
	documents table[json.RawMessage] // by key
	// attempts are the traces of reads and of what failed. They are no part of the world.
	attempts []Trace
}

// grantKey sorts the grants of one agency next to each other. Ids hold no slash.
func grantKey(agency string, g Grant) string {
	return agency + "/" + g.Scope + "/" + g.Target + "/" + g.Role
}

func agencyOfGrant(key string) string {
	agency, _, _ := strings.Cut(key, "/")
	return agency
}

func newState(w World) *state {
	s := &state{world: w, roles: map[string]*Role{}, accounts: map[string]*account{}}
	for i := range w.Roles {
		s.roles[w.Roles[i].ID] = &w.Roles[i]
		s.sorted = append(s.sorted, &w.Roles[i])
	}
	slices.SortFunc(s.sorted, func(a, b *Role) int { return cmp.Compare(a.ID, b.ID) })
	s.world.Accounts = nil
	for _, a := range w.Accounts {
		s.accounts[a.ID] = newAccount(a)
	}
	return s
}

// addRole adds a system role to the catalogue.
func (s *state) addRole(r Role) *Role {
	s.world.Roles = append(slices.Clip(s.world.Roles), r)
	s.roles[r.ID] = &r
	s.sorted = append(s.sorted, &r)
	slices.SortFunc(s.sorted, func(a, b *Role) int { return cmp.Compare(a.ID, b.ID) })
	return &r
}

func newAccount(from Account) *account {
	a := &account{Account: from}
	a.Agencies, a.Policies, a.Documents = nil, nil, nil
	now := lag{}
	type keyed struct {
		key   string
		grant Grant
	}
	var grants []keyed
	for _, g := range from.Agencies {
		for _, grant := range g.Grants {
			grant.RoleName, grant.TargetName = "", ""
			grants = append(grants, keyed{grantKey(g.ID, grant), grant})
		}
		g.Grants = nil
		a.agencies.set(g.ID, &g, now)
	}
	// In key order every row is appended; in another order each would be inserted, in quadratic time.
	slices.SortFunc(grants, func(a, b keyed) int { return cmp.Compare(a.key, b.key) })
	for _, g := range grants {
		a.grants.set(g.key, &g.grant, now)
	}
	for _, p := range from.Policies {
		a.policies.set(p.ID, &p, now)
	}
	for _, key := range slices.Sorted(maps.Keys(from.Documents)) {
		document := from.Documents[key]
		a.documents.set(key, &document, now)
	}
	return a
}

// snapshot returns a copy of the present state.
func (s *state) snapshot() World {
	w := s.world
	w.Services, w.Roles, w.ServiceUpdates = slices.Clone(w.Services), slices.Clone(w.Roles), maps.Clone(w.ServiceUpdates)
	for _, id := range slices.Sorted(maps.Keys(s.accounts)) {
		w.Accounts = append(w.Accounts, s.accounts[id].snapshot())
	}
	w.normalize()
	return w
}

func (a *account) snapshot() Account {
	now := view{current: true}
	out := a.Account
	out.Projects, out.EnterpriseProjects = slices.Clone(a.Projects), slices.Clone(a.EnterpriseProjects)
	out.Quotas, out.Topics = maps.Clone(a.Quotas), slices.Clone(a.Topics)
	for i := range out.Topics {
		out.Topics[i].Messages = slices.Clone(out.Topics[i].Messages)
	}
	out.Traces = slices.Clone(a.Traces)
	grants := map[string][]Grant{}
	a.grants.each("", now, func(key string, g *Grant) {
		agency := agencyOfGrant(key)
		grants[agency] = append(grants[agency], *g)
	})
	a.agencies.each("", now, func(id string, g *Agency) {
		agency := *g
		agency.Grants = grants[id]
		out.Agencies = append(out.Agencies, agency)
	})
	a.policies.each("", now, func(_ string, p *Role) { out.Policies = append(out.Policies, *p) })
	a.documents.each("", now, func(key string, d *json.RawMessage) {
		if out.Documents == nil {
			out.Documents = map[string]json.RawMessage{}
		}
		out.Documents[key] = slices.Clone(*d)
	})
	return out
}

// party is World.party for the running form.
func (s *state) party(match func(Party) bool) (Party, bool) {
	for _, id := range slices.Sorted(maps.Keys(s.accounts)) {
		if p := (Party{ID: id, Name: s.accounts[id].Name}); match(p) {
			return p, true
		}
	}
	for _, p := range s.world.Services {
		if match(p) {
			return p, true
		}
	}
	return Party{}, false
}

func (a *account) agencyNamed(name string, v view) *Agency {
	var found *Agency
	a.agencies.each("", v, func(_ string, g *Agency) {
		if g.Name == name {
			found = g
		}
	})
	return found
}

func (a *account) project(id string) *Project {
	return first(a.Projects, func(p *Project) bool { return p.ID == id })
}

func (a *account) enterpriseProject(id string) *EnterpriseProject {
	return first(a.EnterpriseProjects, func(p *EnterpriseProject) bool { return p.ID == id })
}

// role returns a system role or a custom policy of the account, or nil.
func (s *state) role(a *account, id string, v view) *Role {
	if r := s.roles[id]; r != nil {
		return r
	}
	return a.policies.get(id, v)
}
