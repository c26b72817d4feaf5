package secmaster

import (
	"context"
	"fmt"
	"slices"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers"
)

// revoke takes these roles from the agency, in the account and in the project.
func (r *Remote) revoke(ctx context.Context, projectID string, ids []string) error {
	agency, found, err := r.find(ctx)
	if err != nil {
		return err
	}
	if !found {
		return fmt.Errorf("%w: the agency %s is not there, so what it has too much must be revoked by hand in IAM", providers.ErrConflict, r.agency())
	}
	use, err := r.grantsOf(ctx, agency)
	if err != nil {
		return err
	}
	for _, g := range use.Grants {
		if !holds(g, projectID) || !slices.Contains(ids, g.RoleID) {
			continue
		}
		if err := r.client.Revoke(ctx, g); err != nil {
			return err
		}
	}
	return nil
}

// withdraw takes the authorization back in IAM. All that decides it is read before the first write: while another
// project is to be authorized, or the agency has grants in one, only what is granted in this project goes; otherwise the
// agency goes, and its roles in the account with it. Roles in the account show no project, so an agency with such roles
// alone is left to a person.
func (r *Remote) withdraw(ctx context.Context, p place, projectID string, resource plan.Resource) error {
	if _, found, err := r.find(ctx); err != nil {
		return err
	} else if !found {
		return r.checkGone(ctx, p, projectID)
	}
	step, found, err := r.ledger.Weigh(ctx, resource, "", r.agency(), projectID, nil)
	if err != nil || !found {
		return err
	}
	return r.ledger.Take(ctx, step, func(ctx context.Context) error {
		if err := r.client.DeleteAgency(ctx, step.Use.AgencyID); err != nil {
			return err
		}
		r.note(func() { r.made, r.gone = false, true })
		return nil
	})
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
		providers.ErrConflict, r.agency())
}
