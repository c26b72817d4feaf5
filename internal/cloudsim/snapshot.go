package cloudsim

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"time"
)

// LoadSeed reads the world of a state file, or that of a snapshot of a real account, as agencyctl writes it. Notes say what of a snapshot
// the world does not have.
func LoadSeed(path string) (w World, notes []string, err error) {
	text, is := readSnapshot(path)
	if !is {
		w, err = LoadState(path)
		return w, nil, err
	}
	if w, notes, err = SnapshotWorld(text); err != nil {
		return World{}, nil, fmt.Errorf("simulator seed %s: %w", path, err)
	}
	return w, notes, nil
}

// IsSnapshot reports whether a file says that it is a snapshot.
func IsSnapshot(path string) bool {
	_, is := readSnapshot(path)
	return is
}

func readSnapshot(path string) (text []byte, is bool) {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() || info.Size() > maxStateBytes {
		return nil, false
	}
	var head struct{ Kind string }
	text, err = os.ReadFile(path)
	return text, err == nil && json.Unmarshal(text, &head) == nil && head.Kind == "snapshot"
}

// snapshotFile is a snapshot as far as a world is made of it.
type snapshotFile struct {
	FormatVersion string
	Account       Party
	Cloud         struct{ Kind, Region string }
	Answers       []snapshotAnswer
}

type snapshotAnswer struct {
	Service, About, At string
	Value              json.RawMessage
	Failure            *snapshotFailure
}

type snapshotFailure struct {
	Status        int
	Code, Message string
}

// snapshotList is a list in a snapshot.
type snapshotList[T any] struct {
	All []T
	Odd []json.RawMessage
}

type snapshotAgency struct {
	ID, Name, Description, TrustID, TrustName string
	Lifetime                                  struct {
		Forever bool
		Hours   int
	}
	Expires *time.Time
}

type snapshotRole struct {
	ID, Name, DisplayName, Catalog, Type, Description string
	Custom                                            bool
	Policy                                            json.RawMessage
	References                                        *int
}

type snapshotGrant struct{ AgencyID, RoleID, Scope, TargetID string }

// seeding makes a world of a snapshot.
type seeding struct {
	from    snapshotFile
	world   World
	account Account
	notes   []string
	err     error
}

// SnapshotWorld returns the world in which a snapshot's account is the home account: with its agencies, grants, policies, projects,
// quotas and the catalogue of roles, all with their ids, with what services said of themselves, and with the accounts that agencies trust,
// by name and id alone. Notes say what the world does not have.
func SnapshotWorld(text []byte) (World, []string, error) {
	var s seeding
	if err := json.Unmarshal(text, &s.from); err != nil {
		return World{}, nil, errors.New("it is no snapshot")
	}
	if s.from.FormatVersion != "1" {
		return World{}, nil, fmt.Errorf("the snapshot's format version %.20q is not known", s.from.FormatVersion)
	}
	s.world = World{FormatVersion: WorldFormat, Cloud: s.from.Cloud.Kind, Home: s.from.Account.ID, OnlyPublishedRoles: true}
	s.account = Account{ID: s.from.Account.ID, Name: s.from.Account.Name, Documents: map[string]json.RawMessage{}}
	s.roles()
	s.projects()
	s.agencies()
	s.grants()
	s.quotas()
	s.parties()
	s.world.Accounts = append(s.world.Accounts, s.account)
	if s.err == nil {
		s.err = s.world.check()
	}
	if s.err != nil {
		return World{}, nil, s.err
	}
	s.services()
	s.world.normalize()
	return s.world, s.notes, s.err
}

// answer returns the answer to a question, nil where there is none.
func (s *seeding) answer(service, about, at string) *snapshotAnswer {
	return first(s.from.Answers, func(a *snapshotAnswer) bool { return a.Service == service && a.About == about && a.At == at })
}

// value decodes the answer to a question about IAM. What was refused is noted.
func (s *seeding) value(about, at string, into any) {
	switch a := s.answer("iam", about, at); {
	case s.err != nil:
	case a == nil || a.Failure != nil:
		s.notes = append(s.notes, strings.TrimSpace(about+" "+at)+": the cloud did not tell")
	case json.Unmarshal(a.Value, into) != nil:
		s.err = fmt.Errorf("the snapshot's %s %s cannot be read", about, at)
	}
}

// listOf returns a list. Elements that are not as documented are noted.
func listOf[T any](s *seeding, about, at string) []T {
	var l snapshotList[T]
	s.value(about, at, &l)
	if len(l.Odd) > 0 {
		s.notes = append(s.notes, fmt.Sprintf("%s: %d that are not as documented", about, len(l.Odd)))
	}
	return l.All
}

func (s *seeding) roles() {
	all := listOf[snapshotRole](s, "roles", "")
	for i := range s.from.Answers {
		if a := &s.from.Answers[i]; a.Service == "iam" && a.About == "role" && a.Failure == nil {
			var r snapshotRole
			s.value("role", a.At, &r)
			all = append(all, r)
		}
	}
	for _, r := range append(all, listOf[snapshotRole](s, "policies", "")...) {
		if role := r.role(); role.Catalog == customCatalog {
			s.account.Policies = append(s.account.Policies, role)
		} else {
			s.world.Roles = append(s.world.Roles, role)
		}
	}
}

// role returns the role. A document is kept as it is where it has more than a policy has, or would be answered in another spelling.
func (r snapshotRole) role() Role {
	role := Role{
		ID: r.ID, Name: r.Name, DisplayName: r.DisplayName, Catalog: r.Catalog, Type: r.Type, Description: r.Description,
		Created: demoBirth, Updated: demoBirth,
	}
	if r.Custom {
		role.Catalog = customCatalog
	}
	var compact bytes.Buffer
	if json.Compact(&compact, r.Policy) != nil {
		compact.Reset() // there is none
	}
	known := json.Unmarshal(r.Policy, &role.Policy) == nil
	if role.Policy.Version == "1.1" {
		role.Flag = fineGrained
	}
	if !known || r.Custom || !bytes.Equal(compact.Bytes(), encode(role.Policy)) {
		role.Document = cmp.Or(compact.String(), "null")
	}
	if r.References != nil {
		role.Others = *r.References // less those of agencies, once their grants are known
	}
	return role
}

func (s *seeding) projects() {
	s.account.Projects = listOf[Project](s, "projects", "")
	regions := map[string]string{}
	for _, p := range s.account.Projects {
		regions[p.Name] = p.ID
	}
	for i := range s.account.Projects {
		p := &s.account.Projects[i]
		if region, _, sub := strings.Cut(p.Name, "_"); sub {
			p.Parent = regions[region]
		}
	}
	s.account.EnterpriseProjects = listOf[EnterpriseProject](s, "enterprise projects", "")
	for i := range s.account.EnterpriseProjects {
		s.account.EnterpriseProjects[i].Type, s.account.EnterpriseProjects[i].Created = "prod", demoBirth
	}
}

func (s *seeding) agencies() {
	for _, a := range listOf[snapshotAgency](s, "agencies", "") {
		g := Agency{
			ID: a.ID, Name: a.Name, Description: a.Description, Hours: a.Lifetime.Hours, Created: demoBirth, Expires: a.Expires,
			Trust: Party{ID: a.TrustID, Name: a.TrustName},
		}
		if !a.Lifetime.Forever && g.Hours == 0 {
			s.notes = append(s.notes, fmt.Sprintf("the duration of agency %s: it was not understood, and is for ever here", a.Name))
		}
		if a.Expires != nil {
			g.Created = a.Expires.Add(-time.Duration(g.Hours) * time.Hour)
		}
		s.account.Agencies = append(s.account.Agencies, g)
	}
}

// grants gives agencies their grants, and takes them out of what policies are used for beside.
func (s *seeding) grants() {
	agencies, policies := map[string]*Agency{}, map[string]*Role{}
	for i := range s.account.Agencies {
		agencies[s.account.Agencies[i].ID] = &s.account.Agencies[i]
	}
	for i := range s.account.Policies {
		policies[s.account.Policies[i].ID] = &s.account.Policies[i]
	}
	var all []snapshotGrant
	for _, scope := range []string{ScopeDomain, ScopeAllProjects, ScopeProject, ScopeEnterpriseProject} {
		all = append(all, listOf[snapshotGrant](s, "grants", scope)...)
	}
	for i := range s.from.Answers { // one agency at a time, where the cloud refuses to list those of all
		if a := &s.from.Answers[i]; a.Service == "iam" && a.About == "grants of an agency" && a.Failure == nil {
			all = append(all, listOf[snapshotGrant](s, a.About, a.At)...)
		}
	}
	names, lost, seen, orphans := s.world.names(&s.account), map[string]bool{}, map[snapshotGrant]bool{}, 0
	for _, g := range all {
		if seen[g] {
			continue
		}
		seen[g] = true
		agency := agencies[g.AgencyID]
		if agency == nil {
			orphans++
			continue
		}
		if _, known := names.roles[g.RoleID]; !known {
			lost[g.RoleID] = true
		}
		for scope, known := range map[string]map[string]string{ScopeProject: names.projects, ScopeEnterpriseProject: names.enterpriseProjects} {
			if _, is := known[g.TargetID]; g.Scope == scope && !is {
				lost[g.TargetID] = true
			}
		}
		agency.Grants = append(agency.Grants, Grant{Scope: g.Scope, Target: g.TargetID, Role: g.RoleID})
		if p := policies[g.RoleID]; p != nil {
			p.Others = max(0, p.Others-1)
		}
	}
	s.world.Lost = slices.Sorted(maps.Keys(lost))
	if orphans > 0 {
		s.notes = append(s.notes, fmt.Sprintf("grants: %d of agencies that it does not list", orphans))
	}
}

func (s *seeding) quotas() {
	var all []struct {
		Type  string
		Limit int
	}
	s.value("quotas", "", &all)
	s.account.Quotas = map[string]int{}
	for _, q := range all {
		s.account.Quotas[q.Type] = q.Limit
	}
}

// parties adds those whom agencies trust, each id and each name once, and the services of the demo world, which others may come to trust.
func (s *seeding) parties() {
	ids, names := map[string]bool{s.account.ID: true}, map[string]bool{s.account.Name: true}
	add := func(p Party) {
		if p.ID == "" || ids[p.ID] || p.Name != "" && names[p.Name] {
			return
		}
		ids[p.ID], names[p.Name] = true, true
		if strings.HasPrefix(strings.ToLower(p.Name), servicePrefix) {
			s.world.Services = append(s.world.Services, p)
		} else {
			s.world.Accounts = append(s.world.Accounts, Account{ID: p.ID, Name: p.Name})
		}
	}
	for _, g := range s.account.Agencies {
		add(g.Trust)
	}
	for _, p := range DemoWorld(s.world.Cloud).Services {
		add(p)
	}
}
