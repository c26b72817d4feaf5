package secmaster

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/directory"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/serviceagency"
)

// busyTries is how often an authorization is sent to a service that says that it is busy.
const busyTries = 3

// create authorizes the service. An agency that was there before is done if it has exactly the wanted roles; only one
// that the run made a moment ago, for another project, is added to.
func (w *writer) create(ctx context.Context) error {
	want, err := roleIDs(w.After, nil)
	if err != nil {
		return err
	}
	members, err := membersOf(w.After)
	if err != nil {
		return err
	}
	said, err := w.ask(ctx, w.place, w.ProjectID)
	if err != nil {
		return err
	}
	if said.exists {
		have, known, err := w.roleIDsIn(ctx)
		if err != nil {
			return err
		}
		switch {
		case w.run.hasMade():
		case !known:
			return fmt.Errorf("%w: secmaster is authorized already, through an agency that IAM does not show, so its roles cannot be compared",
				providers.ErrConflict)
		case !slices.Equal(have, want):
			return fmt.Errorf("%w: secmaster is authorized already, with other roles than %s says", providers.ErrConflict, w.After.Address)
		}
		if known && len(members) == 0 && len(without(want, have)) == 0 {
			return nil
		}
		want = without(want, have)
	}
	return w.add(ctx, said, want, members)
}

// update adds what is missing and then takes what is too much, so that a failure leaves rather more than less of what is
// wanted before and after.
func (w *writer) update(ctx context.Context) error {
	had, _ := w.Before.Attributes[roles].AsSet()
	want, _ := w.After.Attributes[roles].AsSet()
	missing, err := roleIDs(w.After, had)
	if err != nil {
		return err
	}
	surplus, err := roleIDs(w.Before, want)
	if err != nil {
		return err
	}
	members, err := membersOf(w.After)
	if err != nil {
		return err
	}
	var parts []providers.Part
	if len(missing)+len(members) > 0 {
		parts = append(parts, providers.Part{Name: "authorize " + plan.SetValue(without(want, had)...).String(), Do: func() error {
			said, err := w.ask(ctx, w.place, w.ProjectID)
			if err != nil {
				return err
			}
			return w.add(ctx, said, missing, members)
		}})
	}
	if len(surplus) > 0 {
		parts = append(parts, providers.Part{Name: "revoke " + plan.SetValue(without(had, want)...).String(), Do: func() error {
			return w.revoke(ctx, surplus)
		}})
	}
	return providers.InOrder(parts...)
}

// add tells the service to make its agency with these roles. Organizations cannot be seen, so with them an answer that does
// not tell whether it was done stays unknown.
func (w *writer) add(ctx context.Context, said reading, ids []string, members []wireMember) error {
	add, err := w.complete(ctx, said, ids)
	if err != nil {
		return err
	}
	send := func(ctx context.Context) error {
		w.run.note(func() { w.run.made, w.run.gone = true, false })
		return w.postPatiently(ctx, add, members)
	}
	if len(members) == 0 {
		return w.Authorize(ctx, w.known.Provider, []string{w.agency}, send, func(ctx context.Context) (bool, error) { return w.isDone(ctx, ids) })
	}
	return w.AuthorizeUnseen(ctx, w.known.Provider, []string{w.agency}, func(ctx context.Context) error {
		err := send(ctx)
		if huaweicloud.IsUnknown(err) {
			return fmt.Errorf("it is unknown whether secmaster was authorized for %s with its organizations, which cannot be read back; "+
				"apply --send-write-only sends them again: %w", w.place, err)
		}
		return err
	})
}

// postPatiently sends, and sends again to a service that says that it is busy: what it adds is added once.
func (w *writer) postPatiently(ctx context.Context, add []wireRole, members []wireMember) error {
	pause := w.Lag.Poll
	for try := 1; ; try++ {
		err := w.post(ctx, add, members)
		if !isBusy(err) || try == busyTries {
			return err
		}
		if waited := huaweicloud.Wait(ctx, pause); waited != nil {
			return fmt.Errorf("%w (while waiting after: %w)", waited, err)
		}
		pause *= 2
	}
}

// complete makes full roles of ids: what the manifest says of them in full comes first, then the service's own list, then
// IAM.
func (w *writer) complete(ctx context.Context, said reading, ids []string) ([]wireRole, error) {
	written, err := textsOf(w.After.Settings)
	if err != nil {
		return nil, fmt.Errorf("%w: what the manifest says of roles of %s cannot be read", providers.ErrInvalid, w.After.Address)
	}
	texts := make(map[string]roleText, len(written))
	for name, text := range written {
		texts[w.After.Bindings[roleBinding+name]] = text
	}
	var all []wireRole
	for _, id := range ids {
		var role wireRole
		if i := slices.IndexFunc(said.listed, func(w wireRole) bool { return w.ID == id }); i >= 0 {
			role = said.listed[i]
		} else {
			known, err := w.Client.Role(ctx, id)
			if err != nil {
				return nil, err
			}
			role = roleFrom(known)
		}
		text := texts[id]
		role.RoleText, role.Reason, role.Scope = cmp.Or(text.Allows, role.RoleText), cmp.Or(text.Purpose, role.Reason), cmp.Or(text.Scope,
			role.Scope)
		all = append(all, role.complete())
	}
	return all, nil
}

// isDone reports whether the service has its agency and IAM shows it with all of the roles.
func (w *writer) isDone(ctx context.Context, ids []string) (bool, error) {
	said, err := w.ask(ctx, w.place, w.ProjectID)
	if err != nil || !said.exists {
		return false, err
	}
	have, known, err := w.roleIDsIn(ctx)
	return known && len(without(ids, have)) == 0, err
}

// roleIDsIn returns the roles that the agency has in the account and in the project, sorted; known is false where IAM
// does not show the agency.
func (w *writer) roleIDsIn(ctx context.Context) (ids []string, known bool, err error) {
	agency, found, err := w.find(ctx)
	if err != nil || !found {
		return nil, false, err
	}
	grants, err := readGrants(ctx, w.Client, agency)
	if err != nil {
		return nil, false, err
	}
	use := serviceagency.NewUse(agency, grants)
	if err := use.CheckOdd(w.Resource().Address); err != nil {
		return nil, false, err
	}
	for _, g := range use.Grants {
		if holds(g, w.ProjectID) {
			ids = append(ids, g.RoleID)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids), true, nil
}

// holds reports whether the grant is one of those that make up the roles in the project.
func holds(g directory.Assignment, projectID string) bool {
	return g.Scope == directory.Domain || g.Scope == directory.AllProjects || g.Scope == directory.OneProject && g.TargetID == projectID
}

// find looks the agency up by name.
func (w *writer) find(ctx context.Context) (directory.Agency, bool, error) {
	return w.Client.AgencyNamed(ctx, w.agency, w.Run.LeftOut()...)
}

// roleIDs returns the ids of the resource's roles that are not among except, sorted.
func roleIDs(resource *plan.Resource, except []string) ([]string, error) {
	names, _ := resource.Attributes[roles].AsSet()
	var ids []string
	for _, name := range without(names, except) {
		id := resource.Bindings[roleBinding+name]
		if !huaweicloud.ValidID(id) {
			return nil, fmt.Errorf("%w: the id of the role %q of %s is not known", providers.ErrInvalid, name, resource.Address)
		}
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids, nil
}

// membersOf returns the organizations of the resource as sent.
func membersOf(resource *plan.Resource) ([]wireMember, error) {
	texts, _ := resource.Attributes[organizations].AsSet()
	var members []wireMember
	for _, text := range texts {
		account, organization, ok := strings.Cut(text, "/")
		if !ok || account == "" || organization == "" {
			return nil, fmt.Errorf("%w: %q names no member account and organization", providers.ErrInvalid, text)
		}
		members = append(members, wireMember{account, organization})
	}
	return members, nil
}

// without returns the members that are not among others.
func without(members, others []string) []string {
	return slices.DeleteFunc(slices.Clone(members), func(m string) bool { return slices.Contains(others, m) })
}
