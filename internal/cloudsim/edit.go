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
	EditUpdate = "update"
	EditQuota  = "quota"
	EditHold   = "hold"

	EditPolicy            = "policy"
	EditAuthorization     = "authorization"
	EditProject           = "project"
	EditEnterpriseProject = "enterprise-project"
	EditAccount           = "account"
)

var editVerbs = []string{
	EditGrant, EditRevoke, EditSet, EditCreate, EditDelete, EditExpire, EditUpdate, EditQuota, EditHold, EditPolicy, EditAuthorization,
	EditProject, EditEnterpriseProject, EditAccount,
}

// UnknownWordError says that a word of an Edit names nothing. Known are the words that could stand in its place.
type UnknownWordError struct {
	Word  string
	Known []string
	text  string
}

func (e *UnknownWordError) Error() string { return e.text }

func unknownVerb(verb string) error {
	return &UnknownWordError{verb, editVerbs, fmt.Sprintf("%q is none of %s", verb, strings.Join(editVerbs, ", "))}
}

// EditUsage is the help text for the words that ParseEdit reads.
const EditUsage = `Agencies and their grants:
  create AGENCY WHO              make an agency that trusts WHO: an account, or op_svc_NAME
  set AGENCY trust WHO           change whom it trusts
  set AGENCY description TEXT    change its description
  set AGENCY duration DAYS       let it live from now for a number of days, or FOREVER
  expire AGENCY                  let its time run out
  delete AGENCY                  delete it with its grants
  grant AGENCY SCOPE ROLE        give it a role, by the role's display name; SCOPE is domain, all-projects, project:NAME or
                                 enterprise-project:NAME
  revoke AGENCY SCOPE ROLE       take the role away

Services:
  authorization create SERVICE PROJECT [PARTS]
                                 authorize csms, secmaster, fabric or lakeformation in a project
  authorization delete SERVICE PROJECT [PARTS]
                                 take away what the service has there, and its agency when nothing is left of it
  update AGENCY                  let the service that made this agency give it one more role, as a new version may
PARTS is the type of secret for csms, the type of agency for lakeformation, and the optional policies for fabric, with commas
between them.

Custom policies:
  policy create NAME SCOPE DOCUMENT
                                 make one; SCOPE is project or global
  policy set NAME DOCUMENT       change what it says
  policy delete NAME             delete it, and take it from every agency
  hold POLICY NUMBER             let so many users and groups have it
DOCUMENT is JSON, or the actions that it allows, with blanks between them and "!" before an action that it denies.

The account:
  project create|delete|enable|disable NAME
                                 NAME is a region, or REGION_NAME for a project in it; with a project go the grants in it
  enterprise-project create|delete|enable|disable NAME
  account create|delete NAME     another account, with the regions of this one
  quota agency|policy NUMBER     let the account have so many`

// Edit is one change by hand, as by a colleague in the console.
type Edit struct {
	// Verb is one of the Edit constants.
	Verb string
	// Agency is the name of the agency.
	Agency string
	// Scope and Role belong to grant and revoke. Scope is also that of a new policy, and the project of an authorization.
	Scope, Role string
	// Attribute belongs to set: trust, description or duration; to quota: agency or policy; and to hold: a custom policy. Of policy,
	// authorization, project, enterprise-project and account it is what is done: create, delete, set, enable or disable.
	Attribute string
	// Name is that of the policy, service, project, enterprise project or account.
	Name string
	// Value belongs to set, quota and hold, and is the trust of create, the document of a policy, and the parts of an authorization.
	Value string
	// At is the time of the change; the zero time means now.
	At time.Time
	// By is the user who makes the change in the console, which leaves a trace then. Without a user it leaves none, as one that is older
	// than all that is kept.
	By string
	// ID is the id of what is created; "" means a random one. Authorizations take none.
	ID string
}

// ErrEdit is wrapped by the error of an edit that is malformed, or about something that does not exist.
var ErrEdit = errors.New("cannot edit")

// editForm is how the words after a verb are read. The last of them may be left out where optional is set. A verb that needs
// another word after it reads none.
type editForm struct {
	into     []*string
	optional bool
	words    string
}

// form returns how the rest of the words is read. Its verb may be two words.
func (e *Edit) form(words []string) (form editForm, verb int, known bool) {
	grant := editForm{into: []*string{&e.Agency, &e.Scope, &e.Role}, words: "AGENCY SCOPE ROLE"}
	one := editForm{into: []*string{&e.Agency}, words: "AGENCY"}
	named := editForm{into: []*string{&e.Attribute, &e.Name}, words: "create|delete|enable|disable NAME"}
	forms := map[string]editForm{
		EditGrant: grant, EditRevoke: grant, EditDelete: one, EditExpire: one, EditUpdate: one,
		EditSet:     {into: []*string{&e.Agency, &e.Attribute, &e.Value}, words: "AGENCY trust|description|duration VALUE"},
		EditCreate:  {into: []*string{&e.Agency, &e.Value}, words: "AGENCY WHO"},
		EditQuota:   {into: []*string{&e.Attribute, &e.Value}, words: "agency|policy NUMBER"},
		EditHold:    {into: []*string{&e.Attribute, &e.Value}, words: "POLICY NUMBER"},
		EditProject: named, EditEnterpriseProject: named,
		EditAccount: {into: []*string{&e.Attribute, &e.Name}, words: "create|delete NAME"},
		EditAuthorization: {
			into: []*string{&e.Attribute, &e.Name, &e.Scope, &e.Value}, optional: true, words: "create|delete SERVICE PROJECT [PARTS]",
		},
		EditPolicy + " create": {into: []*string{&e.Name, &e.Scope, &e.Value}, words: "NAME project|global DOCUMENT"},
		EditPolicy + " set":    {into: []*string{&e.Name, &e.Value}, words: "NAME DOCUMENT"},
		EditPolicy + " delete": {into: []*string{&e.Name}, words: "NAME"},
		EditPolicy:             {words: "create|set|delete NAME ..."},
	}
	for verb := min(2, len(words)); verb > 0; verb-- {
		if form, known := forms[strings.Join(words[:verb], " ")]; known {
			return form, verb, true
		}
	}
	return editForm{}, 0, false
}

// ParseEdit reads an edit from the words of a command line.
func ParseEdit(args []string) (Edit, error) {
	if len(args) == 0 {
		return Edit{}, fmt.Errorf("%w: the verb is missing", ErrEdit)
	}
	var e Edit
	form, verb, known := e.form(args)
	if !known {
		return Edit{}, fmt.Errorf("%w: %w", ErrEdit, unknownVerb(args[0]))
	}
	rest := args[verb:]
	if form.into == nil || len(rest) != len(form.into) && !(form.optional && len(rest) == len(form.into)-1) {
		return Edit{}, fmt.Errorf("%w: write %s %s (quote a name with spaces)", ErrEdit, strings.Join(args[:verb], " "), form.words)
	}
	for i, word := range rest {
		*form.into[i] = word
	}
	e.Verb = args[0]
	if verb == 2 {
		e.Attribute = args[1]
	}
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
	id, before := a.ID, *a
	before.Agencies, before.Policies = slices.Clone(a.Agencies), slices.Clone(a.Policies)
	if err := w.edit(a, e); err != nil {
		return fmt.Errorf("%w: %w", ErrEdit, err)
	}
	if a = w.AccountNamed(id); e.By != "" && a != nil { // accounts may have moved, or the account is gone
		a.recordEdit(before, e)
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
	case EditPolicy:
		return a.editPolicy(e)
	case EditAuthorization:
		return w.editAuthorization(a, e)
	case EditProject:
		return a.editProject(e)
	case EditEnterpriseProject:
		return a.editEnterpriseProject(e)
	case EditAccount:
		return w.editAccount(a, e)
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
	case EditUpdate:
		return w.editUpdate(a, g, e)
	}
	return unknownVerb(e.Verb)
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
	id, err := e.newID()
	if err != nil {
		return err
	}
	a.Agencies = append(a.Agencies, Agency{ID: id, Name: e.Agency, Trust: trust, Created: e.At.UTC()})
	return nil
}

// newID returns the id of what is created.
func (e Edit) newID() (string, error) {
	if e.ID != "" {
		return e.ID, nil
	}
	return newID(rand.Reader)
}

// editTrust returns an account or a service. A service that is new to the world is added.
func (w *World) editTrust(nameOrID string) (Party, error) {
	p, found := w.party(nameOrID)
	if !found && serviceName.MatchString(nameOrID) {
		p = Party{ID: demoID("service", nameOrID), Name: nameOrID}
		w.Services = append(slices.Clip(w.Services), p)
		return p, nil
	}
	if !found {
		return Party{}, fmt.Errorf("nobody to trust is named %q, known are the accounts %s and services such as %s", nameOrID,
			list(w.Accounts, accountName), list(w.Services, func(p Party) string { return p.Name }))
	}
	return p, nil
}

// serviceName is the form of the names of services as parties to trust.
var serviceName = regexp.MustCompile("^" + servicePrefix + "[A-Za-z0-9]+$")

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
		unknown := &UnknownWordError{Word: name}
		for _, r := range all {
			unknown.Known = append(unknown.Known, r.DisplayName)
		}
		unknown.text = fmt.Sprintf("there is no role %q, known are %s", name, list(all, func(r Role) string { return r.DisplayName }))
		return Role{}, unknown
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
