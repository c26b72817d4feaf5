package serviceagency

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/directory"
)

// SetRight makes a change of an authorization: it takes from the service's agencies what the entry says must go, then puts their trust
// right, then lets the service be authorized, and last gives what the entry states. So nobody ever has more than before or after.
// Authorize is called where more differs than what the agencies trust and have. Where it fails in the middle, the error is a
// [*providers.PartialError].
func (w *Writing) SetRight(ctx context.Context, p Provider, authorize func(context.Context) error) error {
	all := p.sharedAgencies(w.View)
	var before plan.Attributes
	if w.Before != nil {
		before = w.Before.Attributes
	}
	after := w.After.Attributes
	var parts []providers.Part
	add := func(name string, do func() error) { parts = append(parts, providers.Part{Name: name, Do: do}) }
	var revoked []addr.Address
	for _, attribute := range []string{attributeGrants, attributeAccountGrants} {
		for _, member := range surplusOf(before[attribute], after[attribute]) {
			if !p.takesAway(all, w.After.Address, attribute, member) {
				continue
			}
			a, err := addr.Parse(member)
			if err != nil {
				return fmt.Errorf("%w: %q is no grant", providers.ErrInvalid, member)
			}
			add("revoke "+member, func() error {
				revoked = append(revoked, a)
				return w.revoke(ctx, a)
			})
		}
	}
	for _, name := range w.mistrusting(p, all, before) {
		add("put right whom agency "+name+" trusts", func() error { return inAgency(name, w.putTrustRight(ctx, all[name], revoked)) })
	}
	for _, name := range w.renewable(all) {
		add("renew agency "+name, func() error { return inAgency(name, w.renew(ctx, all[name], revoked)) })
	}
	if w.Before == nil || authorizes(&plan.Live{Resource: *w.Before}, &plan.Desired{Resource: *w.After}) {
		add("authorize "+p.Title, func() error { return authorize(ctx) })
	}
	for _, attribute := range []string{attributeGrants, attributeAccountGrants} {
		for _, member := range missingIn(before[attribute], after[attribute]) {
			add("make "+member, func() error { return w.give(ctx, all, member) })
		}
	}
	return providers.InOrder(parts...)
}

// inAgency names the agency that an error is about.
func inAgency(name string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("agency %s: %w", name, err)
}

// missingIn returns the members that a set is to get; before may have no value.
func missingIn(before, after plan.Value) []string {
	had, _ := before.AsSet()
	wanted, _ := after.AsSet()
	return slices.DeleteFunc(wanted, func(member string) bool { return slices.Contains(had, member) })
}

// mistrusting returns the names of the agencies whose trust the change puts right, sorted: those whose trust differs, and all through
// which something is authorized that is not there yet.
func (w *Writing) mistrusting(p Provider, all map[string]*shared, before plan.Attributes) []string {
	var names []string
	add := func(name string, is func(known directory.Trust) bool) {
		s := all[name]
		if s == nil || w.Run.isEntrusted(name) || slices.Contains(names, name) {
			return
		}
		known := directory.Trust{Kind: directory.TrustService, Value: s.trustKnown()}
		if t, told := s.trust(); told && !s.trustIsRight(t) && known.Value != "" && is(known) {
			names = append(names, name)
		}
	}
	if w.Before == nil {
		for _, agency := range p.Through(w.View, w.After.Address) {
			add(agency.Name, func(directory.Trust) bool { return true })
		}
	}
	for _, member := range missingIn(before[attributeTrust], w.After.Attributes[attributeTrust]) {
		for name := range all {
			add(name, func(known directory.Trust) bool { return trustMember(name, known) == member })
		}
	}
	slices.Sort(names)
	return names
}

// putTrustRight gives the agency to the service. What was revoked before must have gone, and nobody may have granted it anything since
// the plan was made: the service would gain it.
func (w *Writing) putTrustRight(ctx context.Context, s *shared, revoked []addr.Address) error {
	if _, err := w.asPlanned(ctx, s, revoked); err != nil {
		return err
	}
	name := s.trustKnown()
	if err := w.Client.UpdateAgency(ctx, s.live.ID, directory.AgencyFields{TrustName: &name}); err != nil {
		return err
	}
	w.Run.hasEntrusted(s.Name)
	return nil
}

// renewable returns the names of the agencies whose life the change gives anew, sorted: those for whose life the authorization answers.
func (w *Writing) renewable(all map[string]*shared) []string {
	if !w.Renew {
		return nil
	}
	return slices.DeleteFunc(slices.Sorted(maps.Keys(all)), func(name string) bool {
		s := all[name]
		return s.entries[0] != w.After.Address || s.live == nil || s.live.Expires.IsZero()
	})
}

// renew gives an agency its whole life again: its duration is sent once more.
func (w *Writing) renew(ctx context.Context, s *shared, revoked []addr.Address) error {
	agency, err := w.asPlanned(ctx, s, revoked)
	if err != nil {
		return err
	}
	days := (agency.Lifetime.Hours + hoursPerDay - 1) / hoursPerDay
	if days == 0 {
		return fmt.Errorf("%w: how long it lives is not known", providers.ErrInvalid)
	}
	duration := strconv.Itoa(days)
	return w.Client.UpdateAgency(ctx, agency.ID, directory.AgencyFields{Duration: &duration})
}

const hoursPerDay = 24

// asPlanned returns the agency, read afresh, once it has no grant but those that the plan knows and has not revoked. Whoever may act as
// it next would gain any other.
func (w *Writing) asPlanned(ctx context.Context, s *shared, revoked []addr.Address) (agency directory.Agency, err error) {
	planned := map[directory.Assignment]bool{}
	for _, child := range w.View.Children(s.live.Address) {
		if g, ok := assignmentOf(s.live.ID, child); ok && !slices.Contains(revoked, child.Address) {
			planned[g] = true
		}
	}
	unknown := 0
	gone, err := w.Lag.Look(ctx, func(ctx context.Context) (bool, error) {
		var found bool
		agency, found, err = w.Client.AgencyNamed(ctx, s.Name, w.Run.leftOut...)
		if err == nil && (!found || agency.ID != s.live.ID) {
			err = fmt.Errorf("%w: it is not the agency that was planned with", providers.ErrConflict)
		}
		if err != nil {
			return false, err
		}
		use, err := useOf(ctx, directory.New(w.Client), agency, w.Run.skipEnterpriseProjects)
		if err != nil {
			return false, err
		}
		others := slices.DeleteFunc(use.Grants, func(g directory.Assignment) bool { return planned[g] })
		unknown = len(others) + len(use.Odd)
		return unknown == 0, nil
	})
	if err == nil && !gone {
		err = fmt.Errorf("%w: it has %s that %s to be revoked or that the plan does not know; who may act as it was not changed",
			providers.ErrConflict, plan.Counted(unknown, "grant"), plan.Agree(unknown, "was", "were"))
	}
	return agency, err
}

// assignmentOf returns a live grant as the cloud's call names it.
func assignmentOf(agencyID string, live *plan.Live) (a directory.Assignment, ok bool) {
	grant, ok := directory.GrantOf(live.Resource)
	if !ok {
		return directory.Assignment{}, false
	}
	return directory.Assignment{
		AgencyID: agencyID, RoleID: live.Bindings[directory.BindingRole], Scope: grant.Place.Scope,
		TargetID: live.Bindings[grant.Place.Binding()],
	}, true
}

func (w *Writing) revoke(ctx context.Context, a addr.Address) error {
	live, agency := w.View.Live(a), w.View.Live(directory.AgencyAddress(directory.NameOf(a)))
	if live == nil || agency == nil {
		return fmt.Errorf("%w: %s is not live", providers.ErrConflict, a)
	}
	g, ok := assignmentOf(agency.ID, live)
	if !ok {
		return fmt.Errorf("%w: %s is no grant", providers.ErrInvalid, a)
	}
	if err := w.Client.Revoke(ctx, g); err != nil {
		return inAgency(directory.NameOf(a), err)
	}
	w.Run.hasRevoked(g)
	return nil
}

// give grants what an entry states, to an agency that the authorization goes through. The service may have made it a moment ago.
func (w *Writing) give(ctx context.Context, all map[string]*shared, member string) error {
	a, err := addr.Parse(member)
	grant, ok := directory.GrantOf(plan.Resource{Address: a})
	if err != nil || !ok {
		return fmt.Errorf("%w: %q is no grant", providers.ErrInvalid, member)
	}
	name := directory.NameOf(a)
	if s := all[name]; s == nil || !slices.Contains(s.entries, w.After.Address) {
		return fmt.Errorf("%w: %s is not authorized through the agency %s", providers.ErrInvalid, w.After.Address, name)
	}
	assignment := directory.Assignment{RoleID: w.After.Bindings[member], Scope: grant.Place.Scope}
	switch kind := grant.Place.Kind(); {
	case grant.Place.Scope == directory.OneProject && grant.Place.Name == placeOf(w.After.Address):
		assignment.TargetID = w.ProjectID
	case kind != "":
		e, err := w.View.Catalogue().Lookup(kind, plan.ParseReference(grant.Place.Name))
		if err != nil {
			return fmt.Errorf("%w: %w", providers.ErrInvalid, err)
		}
		assignment.TargetID = e.ID
	}
	there, err := w.Lag.Look(ctx, func(ctx context.Context) (bool, error) {
		agency, found, err := w.Client.AgencyNamed(ctx, name, w.Run.leftOut...)
		assignment.AgencyID = agency.ID
		return found, err
	})
	if err == nil && !there {
		err = fmt.Errorf("%w: the service has made no agency of this name", providers.ErrNotFound)
	}
	if err == nil {
		err = w.Client.Grant(ctx, assignment)
	}
	return inAgency(name, err)
}

// checkTrust is the error of authorizing through agencies of which one trusts somebody else than it must, read anew: a plan may be
// old, and what a service is granted through an agency goes to whom the agency trusts. Agencies that are not there pass, and so do
// those that the credentials may not read.
func (w *Writing) checkTrust(ctx context.Context, p Provider) error {
	about := w.Resource().Address
	all := p.sharedAgencies(w.View)
	for _, agency := range p.Through(w.View, about) {
		s := all[agency.Name]
		if agency.Name == "" || w.Run.isEntrusted(agency.Name) {
			continue
		}
		if s == nil {
			s = &shared{Agency: agency}
		}
		a, found, err := w.Client.AgencyNamed(ctx, agency.Name, w.Run.leftOut...)
		switch {
		case errors.Is(err, providers.ErrDenied):
			continue
		case err != nil:
			return fmt.Errorf("find out whom the agency %s trusts: %w", agency.Name, err)
		case !found:
			continue
		}
		t, told := a.Trust()
		if !told {
			continue
		}
		if t.Kind == directory.TrustAccountID && a.TrustName != "" {
			t = directory.Trust{Kind: directory.TrustAccount, Value: a.TrustName} // people know the name
		}
		if !s.trustIsRight(t) {
			return fmt.Errorf("%w: agency %s is to be an agency of %s, and trusts %s %s; nothing was sent, delete or mend it in IAM first",
				providers.ErrConflict, a.Name, p.Title, t.Kind, t.Value)
		}
	}
	return nil
}
