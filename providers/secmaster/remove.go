package secmaster

import (
	"context"
	"fmt"
	"slices"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/directory"
)

// revoke takes these roles from the agency, in the account and in the project.
func (r *Remote) revoke(ctx context.Context, projectID string, ids []string) error {
	agency, found, err := r.find(ctx)
	if err != nil {
		return err
	}
	if !found {
		return fmt.Errorf("%w: the agency %s is not there, so what it has too much must be revoked by hand in IAM", providers.ErrConflict, r.agency)
	}
	grants, err := r.grantsOf(ctx, agency, true)
	if err != nil {
		return err
	}
	return r.revokeAll(ctx, grants, func(g directory.Assignment) bool { return holds(g, projectID) && slices.Contains(ids, g.RoleID) })
}

func (r *Remote) revokeAll(ctx context.Context, grants []directory.Assignment, which func(directory.Assignment) bool) error {
	for _, g := range grants {
		if !which(g) {
			continue
		}
		if err := r.client.Revoke(ctx, g); err != nil {
			return err
		}
		r.note(func() { r.revoked[g] = true })
	}
	return nil
}

// withdraw takes the authorization back in IAM. All that decides it is read before the first write: while another
// project is to be authorized, or the agency has grants in one, only what is granted in this project goes; otherwise the
// agency goes, and its roles in the account with it.
func (r *Remote) withdraw(ctx context.Context, p place, projectID string, resource plan.Resource) error {
	agency, found, err := r.find(ctx)
	if err != nil {
		return err
	}
	if !found {
		return r.checkGone(ctx, p, projectID)
	}
	skip := r.skips()
	grants, err := r.grantsOf(ctx, agency, skip)
	if err != nil {
		return err
	}
	r.note(func() {
		grants = slices.DeleteFunc(grants, func(g directory.Assignment) bool { return r.revoked[g] })
	})
	if r.isShared(grants, projectID, resource) {
		return r.revokeAll(ctx, grants, func(g directory.Assignment) bool { return g.Scope == directory.OneProject && g.TargetID == projectID })
	}
	if skip || slices.ContainsFunc(grants, func(g directory.Assignment) bool { return g.Scope == directory.EnterpriseProject }) {
		return fmt.Errorf("%w: the agency %s has grants in enterprise projects, or may have, so it is not deleted; revoke these in IAM first",
			providers.ErrConflict, agency.Name)
	}
	if err := r.client.DeleteAgency(ctx, agency.ID); err != nil {
		return err
	}
	r.note(func() { r.made, r.gone = false, true })
	return nil
}

// isShared reports whether other projects need the agency: by the manifest, or by what the agency is granted now.
func (r *Remote) isShared(grants []directory.Assignment, projectID string, resource plan.Resource) bool {
	return resource.Bindings[bindingShared] == sharedByManifest ||
		slices.ContainsFunc(grants, func(g directory.Assignment) bool { return g.Scope == directory.OneProject && g.TargetID != projectID })
}

// checkGone is the error of an authorization that is still there through an agency that is not found.
func (r *Remote) checkGone(ctx context.Context, p place, projectID string) error {
	gone := false
	r.note(func() { gone = r.gone })
	if gone {
		return nil
	}
	said, err := r.ask(ctx, p, projectID)
	if err != nil || !said.exists {
		return err
	}
	return fmt.Errorf("%w: secmaster is authorized through an agency that is not named %s, so it must be taken back by hand in IAM",
		providers.ErrConflict, r.agency)
}
