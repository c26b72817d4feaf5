package serviceagency

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/directory"
)

// An authorization answers for its agencies as a whole: whom they trust, how long they live, and all that they are granted. What a
// service says of itself proves none of that. Nobody documents all of it either, so what is live is held against what a page of the
// cloud's documentation, the service's own answer, or the entry explains.
//
// What belongs to the account is told once, at the first entry by address. A grant in the project of an entry belongs to that entry.

// The attributes that an authorization has of its agencies.
const (
	// attributeTrust is a set of "AGENCY: KIND NAME".
	attributeTrust = "trust"
	// attributeGrants are addresses of grants in the authorization's own project, attributeAccountGrants those of all others that
	// belong to no other entry: all of them where an entry states them exactly, else those that nothing explains.
	attributeGrants        = "grants"
	attributeAccountGrants = "accountGrants"
)

// Agency is an agency that an authorization goes through, with what is known of it beside what IAM shows.
type Agency struct {
	Name string
	// Trust is the name of the service's account where a page gives it, else Likely are names that would be no surprise. Case
	// does not count in either.
	Trust  string
	Likely []string
	// Explains reports whether the documentation or the service's answer explains a grant of the role in the account, which is
	// [directory.Domain], or in the authorization's own project, which is [directory.OneProject]; nil explains none. Nothing is
	// documented to be granted in other scopes.
	Explains func(role plan.CatalogueEntry, scope directory.Scope) bool
}

// placeOf returns the region or project of an authorization, which is the name of its project.
func placeOf(a addr.Address) string {
	var room [4]addr.Segment
	if segments := a.AppendSegments(room[:0]); len(segments) > 1 {
		return segments[1].Text
	}
	return ""
}

// SettingsOf returns the settings of an authorization: those of its entry, else those that are live.
func SettingsOf(view *plan.View, of addr.Address) plan.Attributes {
	if d := view.Desired(of); d != nil {
		return d.Settings
	}
	if live := view.Live(of); live != nil {
		return live.Settings
	}
	return nil
}

// shared is one agency with all that goes through it.
type shared struct {
	Agency
	// read is set where IAM's answer shows whether the agency is there; live is nil where it is not.
	read bool
	live *plan.Live
	// entries are the present entries that go through it, sorted: the first answers for the account. Projects are those of the
	// entries, each with the first that has it.
	entries  []addr.Address
	projects map[string]addr.Address
	// leaving are the projects whose authorizations are to go, and take with them what the agency has there.
	leaving map[string]bool
	stated  statements
	grants  []heldGrant
}

// heldGrant is one live grant of a service's agency.
type heldGrant struct {
	address addr.Address
	grant   directory.Grant
	role    plan.CatalogueEntry
	// by is the entry that answers for it; zero for what belongs to the authorization of a region that no entry mentions.
	by addr.Address
	// explained is set where the documentation or the service's answer explains it.
	explained bool
}

// isMember reports whether an address is one of the service's authorizations.
func (p Provider) isMember(a addr.Address) bool {
	if a.Type() != typ { // most are not, and to join texts costs memory
		return false
	}
	return strings.HasPrefix(a.String(), p.Prefix()+"/")
}

// sharedAgencies returns the agencies that present entries go through, by name.
func (p Provider) sharedAgencies(view *plan.View) map[string]*shared {
	all := map[string]*shared{}
	for _, entry := range view.Roots(p.isMember) {
		if !view.Wants(entry) {
			continue
		}
		for _, agency := range p.Through(view, entry) {
			if agency.Name == "" {
				continue
			}
			s := all[agency.Name]
			if s == nil {
				address := directory.AgencyAddress(agency.Name)
				s = &shared{
					Agency: agency, live: view.Live(address), read: view.Covers(address),
					projects: map[string]addr.Address{}, leaving: map[string]bool{},
				}
				all[agency.Name] = s
			}
			s.entries = append(s.entries, entry)
			if s.projects[placeOf(entry)].IsZero() {
				s.projects[placeOf(entry)] = entry
			}
		}
	}
	for _, a := range view.Roots(p.isMember) {
		if !view.Removes(a) && (view.Wants(a) || view.Desired(a) == nil) {
			continue
		}
		for _, agency := range p.Through(view, a) {
			if s := all[agency.Name]; s != nil && s.projects[placeOf(a)].IsZero() {
				s.leaving[placeOf(a)] = true
			}
		}
	}
	for name, s := range all {
		s.stated = statementsAbout(view, name, s.entries[0], s.entries, s.projects)
		s.readGrants(view, p)
	}
	return all
}

// readGrants finds who answers for each live grant, and whether something explains it.
func (s *shared) readGrants(view *plan.View, p Provider) {
	if s.live == nil {
		return
	}
	explains := map[addr.Address]func(plan.CatalogueEntry, directory.Scope) bool{}
	for _, entry := range s.entries {
		for _, agency := range p.Through(view, entry) {
			if agency.Name == s.Name && agency.Explains != nil {
				explains[entry] = agency.Explains
			}
		}
	}
	does := func(entry addr.Address, role plan.CatalogueEntry, scope directory.Scope) bool {
		return explains[entry] != nil && explains[entry](role, scope)
	}
	for _, child := range view.Children(s.live.Address) {
		g := heldGrant{address: child.Address, by: s.entries[0]}
		g.grant, _ = directory.GrantOf(child.Resource)
		g.role, _ = view.Catalogue().ByID(directory.KindRole, child.Bindings[directory.BindingRole])
		switch g.grant.Place.Scope {
		case directory.Domain:
			g.explained = slices.ContainsFunc(s.entries, func(entry addr.Address) bool { return does(entry, g.role, directory.Domain) })
		case directory.OneProject:
			project := g.grant.Place.Name
			if own := s.projects[project]; !own.IsZero() {
				g.by = own
				g.explained = slices.ContainsFunc(s.entries, func(entry addr.Address) bool {
					return placeOf(entry) == project && does(entry, g.role, directory.OneProject)
				})
			} else if s.leaving[project] {
				continue
			} else if p.isPlace(project) && slices.ContainsFunc(s.entries, func(entry addr.Address) bool {
				return does(entry, g.role, directory.OneProject)
			}) {
				g.by, g.explained = addr.Address{}, true
			}
		case directory.AllProjects, directory.EnterpriseProject:
		}
		s.grants = append(s.grants, g)
	}
}

// trustKnown returns whom the agency must trust, "" where neither a page nor an entry says.
func (s *shared) trustKnown() string {
	if s.stated.trust != "" {
		return s.stated.trust
	}
	return s.Trust
}

// trust returns whom the live agency trusts; told is false where that could not be read.
func (s *shared) trust() (t directory.Trust, told bool) {
	if s.live == nil {
		return directory.Trust{}, false
	}
	return directory.TrustOf(s.live.Resource)
}

// trustIsRight reports whether the live agency trusts whom it must, or, where nobody says whom, a likely service.
func (s *shared) trustIsRight(t directory.Trust) bool {
	if t.Kind != directory.TrustService {
		return false
	}
	if known := s.trustKnown(); known != "" {
		return strings.EqualFold(known, t.Value)
	}
	return slices.ContainsFunc(s.Likely, func(name string) bool { return strings.EqualFold(name, t.Value) })
}

// trustMember is how a trust stands in the attribute.
func trustMember(agency string, t directory.Trust) string {
	return agency + ": " + t.Kind + " " + t.Value
}

// allows reports whether the agency may have a live grant: the entries that state its part list it, or nobody states that part and
// something explains it.
func (s *shared) allows(g heldGrant) bool {
	if slices.Contains(s.stated.absent, g.address) {
		return false
	}
	if listed, exact := s.listed(g); exact {
		return slices.Contains(listed, g.address)
	}
	return g.explained
}

// listed returns what the entries list for the part of the agency that a grant is in; exact is false where they do not say.
func (s *shared) listed(g heldGrant) (listed []addr.Address, exact bool) {
	if project := g.grant.Place.Name; g.grant.Place.Scope == directory.OneProject && !s.projects[project].IsZero() {
		listed, exact = s.stated.in[project]
		return listed, exact
	}
	return s.stated.account, s.stated.exact
}

// revocable reports whether we may take away a grant that the agency may not have: only where an entry says so.
func (s *shared) revocable(g heldGrant) bool {
	_, exact := s.listed(g)
	return exact || slices.Contains(s.stated.absent, g.address)
}

// wholes are what the authorizations of one service answer for.
type wholes struct {
	live, desired map[addr.Address]plan.Attributes
	expires       map[addr.Address]time.Time
	// waits gives entries to those that put the trust of an agency of theirs right: before, nothing may be authorized through it.
	waits map[addr.Address][]addr.Address
}

// Complete implements [providers.Provider]. An authorization that is live has what its agencies trust and are granted, and is wanted
// to have what something explains.
func (p Provider) Complete(view *plan.View) (c providers.Completion) {
	w := wholes{
		live: map[addr.Address]plan.Attributes{}, desired: map[addr.Address]plan.Attributes{},
		expires: map[addr.Address]time.Time{}, waits: map[addr.Address][]addr.Address{},
	}
	all := p.sharedAgencies(view)
	c.AnsweredBy, c.Answers = map[addr.Address]addr.Address{}, map[addr.Address][]addr.Address{}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		s := all[name]
		first := s.entries[0]
		for _, entry := range s.entries {
			c.Answers[entry] = append(c.Answers[entry], directory.AgencyAddress(name))
		}
		if !s.read {
			c.NotCompared = append(c.NotCompared, plan.NotCompared{
				Address: first, Attribute: attributeGrants, Reason: "IAM does not show the agency " + name,
			})
			continue
		}
		w.add(s)
		for _, a := range s.statedPolicies(view) {
			c.AnsweredBy[a] = first
		}
		if s.live != nil {
			c.AnsweredBy[s.live.Address] = first
			c.Findings = append(c.Findings, p.findings(s, view.Catalogue())...)
			c.NotCompared = append(c.NotCompared, p.undocumented(s)...)
		}
	}
	c.CutOff = cutOff(all)
	for _, a := range view.Roots(p.isMember) {
		live, d, through := view.Live(a), view.Desired(a), p.throughOf(view, a)
		if live != nil {
			c.Live = append(c.Live, owning(*live, through))
		}
		switch {
		case view.Wants(a):
			if live != nil {
				w.completeLive(&c.Live[len(c.Live)-1])
			}
			c.Desired = append(c.Desired, w.completeDesired(*d, live != nil))
		case d != nil || view.Removes(a): // its agencies are on their way out
			for _, gone := range through {
				if view.Live(gone) != nil && c.AnsweredBy[gone].IsZero() {
					c.AnsweredBy[gone] = a
				}
			}
		}
	}
	return c
}

// throughOf returns the agencies of an authorization that have a name, live or not.
func (p Provider) throughOf(view *plan.View, of addr.Address) (all []addr.Address) {
	for _, agency := range p.Through(view, of) {
		if agency.Name != "" {
			all = append(all, directory.AgencyAddress(agency.Name))
		}
	}
	return all
}

// owning returns a live authorization that tells what it is by itself, and what it answers for.
func owning(l plan.Live, answers []addr.Address) plan.Live {
	own := plan.Own{Attributes: l.Attributes, Answers: answers}
	if l.Own != nil { // it was completed before
		own.Attributes = l.Own.Attributes
	}
	l.Own = &own
	return l
}

// add notes what each entry has and is wanted to have of an agency.
func (w wholes) add(s *shared) {
	note := func(of map[addr.Address]plan.Attributes, entry addr.Address, attribute string, members ...string) {
		attributes := of[entry]
		if attributes == nil {
			attributes = plan.Attributes{}
			of[entry] = attributes
		}
		had, _ := attributes[attribute].AsSet()
		attributes[attribute] = plan.SetValue(append(had, members...)...)
	}
	first := s.entries[0]
	for _, of := range []map[addr.Address]plan.Attributes{w.live, w.desired} {
		note(of, first, attributeTrust)
		note(of, first, attributeAccountGrants)
		for _, entry := range s.entries {
			if s.projects[placeOf(entry)] == entry {
				note(of, entry, attributeGrants)
			}
		}
	}
	if t, told := s.trust(); told {
		note(w.live, first, attributeTrust, trustMember(s.Name, t))
		if s.trustIsRight(t) {
			note(w.desired, first, attributeTrust, trustMember(s.Name, t))
		} else if s.trustKnown() != "" {
			known := s.trustKnown()
			note(w.desired, first, attributeTrust, trustMember(s.Name, directory.Trust{Kind: directory.TrustService, Value: known}))
			for _, entry := range s.entries[1:] {
				w.waits[entry] = append(w.waits[entry], first)
			}
		}
	}
	for _, g := range s.grants {
		if g.by.IsZero() {
			continue
		}
		if _, exact := s.listed(g); exact || !s.allows(g) {
			note(w.live, g.by, s.attributeOf(g), g.address.String())
		}
	}
	for _, a := range s.stated.account {
		note(w.desired, first, attributeAccountGrants, a.String())
	}
	for project, listed := range s.stated.in {
		for _, a := range listed {
			note(w.desired, s.projects[project], attributeGrants, a.String())
		}
	}
	if s.live != nil && !s.live.Expires.IsZero() {
		if known := w.expires[first]; known.IsZero() || s.live.Expires.Before(known) {
			w.expires[first] = s.live.Expires
		}
	}
}

// wholeAttributes are those that only completing sets.
var wholeAttributes = [...]string{attributeTrust, attributeGrants, attributeAccountGrants}

func (w wholes) completeLive(l *plan.Live) {
	l.Attributes, l.Expires = withWhole(l.Attributes, w.live[l.Address]), w.expires[l.Address]
}

// completeDesired adds what is wanted of the agencies. An authorization that is not there yet wants no more grants than its entry
// states: what the service will grant, and whom its agencies will trust, is not known.
func (w wholes) completeDesired(d plan.Desired, isLive bool) plan.Desired {
	wanted := w.desired[d.Address]
	if !isLive {
		stated := plan.Attributes{}
		for name, value := range wanted {
			if members, _ := value.AsSet(); name != attributeTrust && statementsOf(d.Settings) != nil && len(members) > 0 {
				stated[name] = value
			}
		}
		wanted = stated
	}
	d.Attributes, d.DependsOn = withWhole(d.Attributes, wanted), slices.Clone(d.DependsOn)
	for _, on := range w.waits[d.Address] {
		if implied := (plan.Dependency{On: on, Implied: true}); !slices.Contains(d.DependsOn, implied) {
			d.DependsOn = append(d.DependsOn, implied)
		}
	}
	return d
}

func withWhole(attributes, whole plan.Attributes) plan.Attributes {
	all := maps.Clone(attributes)
	if all == nil {
		all = plan.Attributes{}
	}
	for _, name := range wholeAttributes {
		delete(all, name)
	}
	maps.Copy(all, whole)
	return all
}
