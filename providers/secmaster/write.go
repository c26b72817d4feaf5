package secmaster

import (
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

// tries is how often an authorization with unknown outcome is sent. A repetition makes nothing twice: the service only
// adds what is not there.
const tries = 3

// create authorizes the service. An agency that was there before is done if it has exactly the wanted roles; only one
// that this Remote made a moment ago, for another project, is added to.
func (r *Remote) create(ctx context.Context, p place, projectID string, resource plan.Resource) error {
	want, err := roleIDs(resource, nil)
	if err != nil {
		return err
	}
	members, err := membersOf(resource)
	if err != nil {
		return err
	}
	said, err := r.ask(ctx, p, projectID)
	if err != nil {
		return err
	}
	if said.exists {
		have, known, err := r.roleIDsIn(ctx, projectID)
		if err != nil {
			return err
		}
		if known && !r.hasMade() && !slices.Equal(have, want) {
			return fmt.Errorf("%w: secmaster is authorized already, with other roles than %s says", providers.ErrConflict, resource.Address)
		}
		if known && len(members) == 0 && len(without(want, have)) == 0 {
			return nil
		}
		want = without(want, have)
	}
	return r.add(ctx, p, projectID, said, want, members)
}

// update adds what is missing and then takes what is too much, so that a failure leaves rather more than less of what is
// wanted before and after.
func (r *Remote) update(ctx context.Context, p place, projectID string, before, after plan.Resource) error {
	had, _ := before.Attributes[roles].AsSet()
	want, _ := after.Attributes[roles].AsSet()
	missing, err := roleIDs(after, had)
	if err != nil {
		return err
	}
	surplus, err := roleIDs(before, want)
	if err != nil {
		return err
	}
	members, err := membersOf(after)
	if err != nil {
		return err
	}
	if len(missing)+len(members) > 0 {
		said, err := r.ask(ctx, p, projectID)
		if err != nil {
			return err
		}
		if err := r.add(ctx, p, projectID, said, missing, members); err != nil {
			return err
		}
	}
	if len(surplus) == 0 {
		return nil
	}
	return r.revoke(ctx, projectID, surplus)
}

// add tells the service to make its agency with these roles. After an answer that does not tell whether it did, it looks
// before it sends again; organizations cannot be seen, so with them it always sends again.
func (r *Remote) add(ctx context.Context, p place, projectID string, said reading, ids []string, members []wireMember) error {
	if err := serviceagency.CheckTrustOf(ctx, r.client, agencyTitle, r.agency); err != nil {
		return err
	}
	add, err := r.complete(ctx, said, ids)
	if err != nil {
		return err
	}
	for try := 1; ; try++ {
		r.note(func() { r.made, r.gone = true, false; clear(r.revoked) })
		err := r.post(ctx, p, projectID, add, members)
		if err == nil || !isUnknown(err) {
			return err
		}
		done, looked := r.isDone(ctx, p, projectID, ids)
		switch {
		case looked != nil:
			return fmt.Errorf("it is unknown whether secmaster was authorized for %s: %w (after: %w)", p, looked, err)
		case done && len(members) == 0:
			return nil
		case try == tries:
			return fmt.Errorf("it is unknown whether secmaster was authorized for %s, after %d attempts: %w", p, tries, err)
		}
		if waited := serviceagency.Wait(ctx, r.pause); waited != nil {
			return fmt.Errorf("%w (while waiting after: %w)", waited, err)
		}
	}
}

// complete makes full roles of ids: from the service's own list, else from IAM.
func (r *Remote) complete(ctx context.Context, said reading, ids []string) ([]wireRole, error) {
	var all []wireRole
	for _, id := range ids {
		i := slices.IndexFunc(said.listed, func(w wireRole) bool { return w.ID == id })
		if i >= 0 {
			all = append(all, said.listed[i].complete())
			continue
		}
		role, err := r.client.Role(ctx, id)
		if err != nil {
			return nil, err
		}
		all = append(all, roleFrom(role).complete())
	}
	return all, nil
}

// isDone reports whether the service has its agency and IAM shows it with all of the roles.
func (r *Remote) isDone(ctx context.Context, p place, projectID string, ids []string) (bool, error) {
	said, err := r.ask(ctx, p, projectID)
	if err != nil || !said.exists {
		return false, err
	}
	have, known, err := r.roleIDsIn(ctx, projectID)
	return known && len(without(ids, have)) == 0, err
}

// roleIDsIn returns the roles that the agency has in the account and in the project, sorted; known is false where IAM
// does not show the agency.
func (r *Remote) roleIDsIn(ctx context.Context, projectID string) (ids []string, known bool, err error) {
	agency, found, err := r.find(ctx)
	if err != nil || !found {
		return nil, false, err
	}
	grants, err := r.grantsOf(ctx, agency, true)
	if err != nil {
		return nil, false, err
	}
	for _, g := range grants {
		if holds(g, projectID) {
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

// find looks the agency up by name. One that trusts no cloud service is somebody else's, and counts as not found.
func (r *Remote) find(ctx context.Context) (directory.Agency, bool, error) {
	agency, found, err := r.client.AgencyNamed(ctx, r.agency)
	if err != nil || !found || serviceagency.CheckTrust(agency, agencyTitle) != nil {
		return directory.Agency{}, false, err
	}
	return agency, true, nil
}

// note changes what is remembered of the account.
func (r *Remote) note(change func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	change()
}

func (r *Remote) hasMade() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.made
}

// roleIDs returns the ids of the resource's roles that are not among except, sorted.
func roleIDs(resource plan.Resource, except []string) ([]string, error) {
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
func membersOf(resource plan.Resource) ([]wireMember, error) {
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
