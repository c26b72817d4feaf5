package secmaster

import (
	"context"
	"fmt"
	"slices"

	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/directory"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/serviceagency"
)

// revoke takes these roles from the agency, in the account and in the project.
func (w *writer) revoke(ctx context.Context, ids []string) error {
	agency, found, err := w.find(ctx)
	if err != nil {
		return err
	}
	if !found {
		return fmt.Errorf("%w: the agency %s is not there, so what it has too much must be revoked by hand in IAM", providers.ErrConflict,
			w.agency)
	}
	grants, err := readGrants(ctx, w.Client, agency)
	if err != nil {
		return err
	}
	use := serviceagency.NewUse(agency, grants)
	return w.RevokeEach(ctx, use, slices.DeleteFunc(use.Grants, func(g directory.Assignment) bool {
		return !holds(g, w.ProjectID) || !slices.Contains(ids, g.RoleID)
	}))
}

// withdraw takes the authorization back in IAM. All that decides it is read before the first write: while another
// project is to be authorized, or the agency has grants in one, only what is granted in this project goes; otherwise the
// agency goes, and its roles in the account with it. Roles in the account show no project, so an agency with such roles
// alone is left to a person.
func (w *writer) withdraw(ctx context.Context) error {
	if _, found, err := w.find(ctx); err != nil {
		return err
	} else if !found {
		return w.checkGone(ctx)
	}
	removal := w.known.removal(w.View, w.Before)
	removal.Agency = w.agency
	step, found, err := w.Weigh(ctx, w.known.Provider, removal, nil)
	if err != nil || !found {
		return err
	}
	return w.Take(ctx, step, func(ctx context.Context) error {
		if err := w.Client.DeleteAgency(ctx, step.Use.AgencyID); err != nil {
			return err
		}
		w.run.note(func() { w.run.made, w.run.gone = false, true })
		return nil
	})
}

// checkGone is the error of an authorization that is still there through an agency that is not found.
func (w *writer) checkGone(ctx context.Context) error {
	gone := false
	w.run.note(func() { gone = w.run.gone })
	if gone {
		return nil
	}
	said, err := w.ask(ctx, w.place, w.ProjectID)
	if err != nil || !said.exists {
		return err
	}
	return fmt.Errorf("%w: secmaster is authorized through an agency that is not named %s, so it must be taken back by hand in IAM",
		providers.ErrConflict, w.agency)
}
