package cloudsim

import (
	"cmp"
	"crypto/rand"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// The verbs of an Edit.
const (
	EditGrant  = "grant"
	EditRevoke = "revoke"
	EditSet    = "set"
	EditCreate = "create"
	EditDelete = "delete"
	EditExpire = "expire"
	EditQuota  = "quota"
	EditHold   = "hold"
)

// EditUsage is the help text for the words that ParseEdit reads.
const EditUsage = `Verbs:
  grant AGENCY SCOPE ROLE        give a role, by its display name
  revoke AGENCY SCOPE ROLE       take it away
  set AGENCY trust ACCOUNT       change who is trusted: an account or op_svc_NAME
  set AGENCY description TEXT
  set AGENCY duration DAYS       a number of days, or FOREVER
  create AGENCY TRUST            make an agency without grants
  delete AGENCY                  delete it with its grants
  expire AGENCY                  let its time run out
  quota agency|policy NUMBER     let the account have so many
  hold POLICY NUMBER             let so many users and groups have a custom policy
SCOPE is domain, all-projects, project:NAME or enterprise-project:NAME.`

// Edit is one change by hand, as by a colleague in the console.
type Edit struct {
	// Verb is one of the Edit constants.
	Verb string
	// Agency is the name of the agency.
	Agency string
	// Scope and Role belong to grant and revoke.
	Scope, Role string
	// Attribute belongs to set: trust, description or duration; to quota: agency or policy; and to hold: a custom policy. Value
	// belongs to these, and is the trust of create.
	Attribute, Value string
	// At is the time of the change; the zero time means now.
	At time.Time
	// ID is the id of a created agency; "" means a random one.
	ID string
}

// ErrEdit is wrapped by the error of an edit that is malformed, or about something that does not exist.
var ErrEdit = errors.New("cannot edit")

// ParseEdit reads an edit from the words of a command line.
func ParseEdit(args []string) (Edit, error) {
	if len(args) == 0 {
		return Edit{}, fmt.Errorf("%w: the verb is missing", ErrEdit)
	}
	var e Edit
	type form struct {
		into  []*string
		words string
	}
	grant := form{[]*string{&e.Agency, &e.Scope, &e.Role}, "AGENCY SCOPE ROLE"}
	one := form{[]*string{&e.Agency}, "AGENCY"}
	verb, known := map[string]form{
		EditGrant: grant, EditRevoke: grant, EditDelete: one, EditExpire: one,
		EditSet:    {[]*string{&e.Agency, &e.Attribute, &e.Value}, "AGENCY trust|description|duration VALUE"},
		EditCreate: {[]*string{&e.Agency, &e.Value}, "AGENCY TRUST"},
		EditQuota:  {[]*string{&e.Attribute, &e.Value}, "agency|policy NUMBER"},
		EditHold:   {[]*string{&e.Attribute, &e.Value}, "POLICY NUMBER"},
	}[args[0]]
	if !known {
		return Edit{}, fmt.Errorf("%w: %q is none of grant, revoke, set, create, delete, expire, quota, hold", ErrEdit, args[0])
	}
	if len(args)-1 != len(verb.into) {
		return Edit{}, fmt.Errorf("%w: write %s %s (quote a name with spaces)", ErrEdit, args[0], verb.words)
	}
	for i, target := range verb.into {
		*target = args[i+1]
	}
	e.Verb = args[0]
	return e, nil
}

// Edit makes the change in the account with this name or id, "" for the home account. It is an error, and the world stays
// unchanged, where the account, agency, scope, role or value does not exist or there is nothing to change.
func (w *World) Edit(account string, e Edit) error {
	a := w.AccountNamed(account)
	if a == nil {
		return fmt.Errorf("%w: there is no account %q, known are %s", ErrEdit, account, list(w.Accounts, accountName))
	}
	if e.At.IsZero() {
		e.At = time.Now()
	}
	if err := w.edit(a, e); err != nil {
		return fmt.Errorf("%w: %w", ErrEdit, err)
	}
	return nil
}

func (w *World) edit(a *Account, e Edit) error {
	switch e.Verb {
	case EditCreate:
		return w.editCreate(a, e)
	case EditQuota:
		return editQuota(a, e)
	case EditHold:
		return editHold(a, e)
	}
	g := a.AgencyNamed(e.Agency)
	if g == nil {
		known := list(a.Agencies, func(g Agency) string { return g.Name })
		return fmt.Errorf("account %s has no agency %q, known are %s", a.Name, e.Agency, known)
	}
	switch e.Verb {
	case EditGrant, EditRevoke:
		return w.editGrant(a, g, e)
	case EditSet:
		return w.editSet(g, e)
	case EditDelete:
		a.Agencies = slices.DeleteFunc(a.Agencies, func(other Agency) bool { return other.ID == g.ID })
		return nil
	case EditExpire:
		end := e.At.UTC().Add(-time.Second)
		g.Hours, g.Expires = cmp.Or(g.Hours, hoursPerDay), &end
		return nil
	}
	return fmt.Errorf("%q is none of grant, revoke, set, create, delete, expire, quota, hold", e.Verb)
}

func (w *World) editCreate(a *Account, e Edit) error {
	if a.AgencyNamed(e.Agency) != nil {
		return fmt.Errorf("account %s has an agency %q already", a.Name, e.Agency)
	}
	if n := utf8.RuneCountInString(e.Agency); n < 1 || n > maxAgencyName {
		return fmt.Errorf("the agency name %q has not 1 to %d characters", e.Agency, maxAgencyName)
	}
	trust, err := w.editTrust(e.Value)
	if err != nil {
		return err
	}
	if e.ID == "" {
		if e.ID, err = newID(rand.Reader); err != nil {
			return err
		}
	}
	a.Agencies = append(a.Agencies, Agency{ID: e.ID, Name: e.Agency, Trust: trust, Created: e.At.UTC()})
	return nil
}

// serviceName matches the names of the accounts that cloud services act from.
var serviceName = regexp.MustCompile(`^op_svc_[A-Za-z]+$`)

func (w *World) editTrust(nameOrID string) (Party, error) {
	p, found := w.party(nameOrID)
	if !found && serviceName.MatchString(nameOrID) { // there are more services than those that have done something here
		p = Party{ID: demoID("service", nameOrID), Name: nameOrID}
		w.Services = append(w.Services, p)
		return p, nil
	}
	if !found {
		return Party{}, fmt.Errorf("nobody to trust is named %q, known are the accounts %s and services such as %s", nameOrID,
			list(w.Accounts, accountName), list(w.Services, func(p Party) string { return p.Name }))
	}
	return p, nil
}

func (w *World) editSet(g *Agency, e Edit) error {
	switch e.Attribute {
	case "trust":
		trust, err := w.editTrust(e.Value)
		if err != nil {
			return err
		}
		g.Trust = trust
	case "description":
		if utf8.RuneCountInString(e.Value) > maxDescription {
			return fmt.Errorf("the description is longer than %d characters", maxDescription)
		}
		g.Description = e.Value
	case "duration":
		if strings.EqualFold(e.Value, "forever") {
			g.Hours, g.Expires = 0, nil
			return nil
		}
		days, err := strconv.Atoi(strings.TrimSuffix(e.Value, "d"))
		if err != nil || days < 1 || days > maxDurationDays {
			return fmt.Errorf("the duration %q is neither FOREVER nor a number of days from 1 to %d", e.Value, maxDurationDays)
		}
		g.Hours = days * hoursPerDay
		end := e.At.UTC().AddDate(0, 0, days)
		g.Expires = &end
	default:
		return fmt.Errorf("%q is none of trust, description, duration", e.Attribute)
	}
	return nil
}

func (w *World) editGrant(a *Account, g *Agency, e Edit) error {
	role, err := w.editRole(a, e.Role)
	if err != nil {
		return err
	}
	wanted, err := a.editScope(e.Scope)
	if err != nil {
		return err
	}
	wanted.Role = role.ID
	at := slices.IndexFunc(g.Grants, func(have Grant) bool {
		return have.Scope == wanted.Scope && have.Target == wanted.Target && have.Role == wanted.Role
	})
	switch {
	case e.Verb == EditGrant && at >= 0:
		return fmt.Errorf("agency %s has %q in %s already", g.Name, e.Role, e.Scope)
	case e.Verb == EditGrant:
		g.Grants = append(slices.Clip(g.Grants), wanted)
	case at < 0:
		return fmt.Errorf("agency %s does not have %q in %s", g.Name, e.Role, e.Scope)
	default:
		g.Grants = slices.Delete(slices.Clone(g.Grants), at, at+1)
	}
	return nil
}

// editRole finds a role by its id or by its exact display name.
func (w *World) editRole(a *Account, name string) (Role, error) {
	all := slices.Concat(w.Roles, a.Policies)
	var found []Role
	for _, r := range all {
		if r.ID == name {
			return r, nil
		}
		if r.DisplayName == name {
			found = append(found, r)
		}
	}
	switch len(found) {
	case 0:
		return Role{}, fmt.Errorf("there is no role %q, known are %s", name, list(all, func(r Role) string { return r.DisplayName }))
	case 1:
		return found[0], nil
	}
	ids := list(found, func(r Role) string { return r.ID })
	return Role{}, fmt.Errorf("%d roles are named %q, use one of the ids %s", len(found), name, ids)
}

// editScope reads a scope with names and returns a grant with ids and without a role.
func (a *Account) editScope(scope string) (Grant, error) {
	kind, name, named := strings.Cut(scope, ":")
	switch {
	case !named && (kind == ScopeDomain || kind == ScopeAllProjects):
		return Grant{Scope: kind}, nil
	case named && kind == ScopeProject:
		if p := first(a.Projects, func(p *Project) bool { return p.Name == name }); p != nil {
			return Grant{Scope: kind, Target: p.ID}, nil
		}
		known := list(a.Projects, func(p Project) string { return p.Name })
		return Grant{}, fmt.Errorf("account %s has no project %q, known are %s", a.Name, name, known)
	case named && kind == ScopeEnterpriseProject:
		if p := first(a.EnterpriseProjects, func(p *EnterpriseProject) bool { return p.Name == name }); p != nil {
			return Grant{Scope: kind, Target: p.ID}, nil
		}
		known := list(a.EnterpriseProjects, func(p EnterpriseProject) string { return p.Name })
		return Grant{}, fmt.Errorf("account %s has no enterprise project %q, known are %s", a.Name, name, known)
	}
	return Grant{}, fmt.Errorf("the scope %q is none of domain, all-projects, project:NAME, enterprise-project:NAME", scope)
}

// list returns the names of up to ten items, sorted, for an error message.
func list[T any](items []T, name func(T) string) string {
	const most = 10
	names := make([]string, 0, len(items))
	for _, item := range items {
		names = append(names, name(item))
	}
	slices.Sort(names)
	switch {
	case len(names) == 0:
		return "none"
	case len(names) > most:
		return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
	}
	return strings.Join(names, ", ")
}

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
