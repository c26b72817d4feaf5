package serviceagency

import (
	"context"
	"errors"
	"fmt"

	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/directory"
)

// Step is what taking one project's part away from one agency comes to, read and decided before anything is written.
type Step struct {
	Use     Use
	Verdict Verdict
}

// IsThere asks a service whether it is authorized in a project.
type IsThere func(ctx context.Context, project, projectID string) (bool, error)

// Weigh decides what a removal takes from its agency. Who needs the agency is read anew: a plan may be old, and other removals
// of it may have failed. Found is false when IAM lists no such agency. One that trusts somebody who is no cloud service is an
// error that wraps ErrConflict.
//
// IsThere, if not nil, asks the service whether it is authorized in another project: one that is to go and has not gone yet
// needs the agency, even where IAM shows no grant of its own.
//
// What holds in the whole account or in all projects, and was not explained when the plan was made, is an error that wraps ErrConflict
// where the agency would go with it.
func (w *Writing) Weigh(ctx context.Context, p Provider, r Removal, isThere IsThere) (step Step, found bool, err error) {
	use, found, err := w.use(ctx, r.Agency)
	switch {
	case err != nil:
		return Step{}, false, fmt.Errorf("find out who uses the agency %s: %w", r.Agency, err)
	case !found:
		return Step{}, false, nil
	case use.Stranger != "":
		return Step{}, false, fmt.Errorf("%w: the agency %s trusts %s, which is no cloud service; nothing was removed", providers.ErrConflict,
			r.Agency, use.Stranger)
	}
	needed, err := w.isNeeded(ctx, r, isThere)
	if err != nil {
		return Step{}, false, err
	}
	step = Step{Use: use, Verdict: use.Judge(w.ProjectID, needed)}
	if step.Verdict == Unclear {
		return Step{}, false, fmt.Errorf("%w: what the agency %s is granted does not show which regions use it (%s); nothing was removed",
			providers.ErrConflict, r.Agency, use.unclear())
	}
	if step.Verdict == Whole && w.View.Covers(directory.AgencyAddress(r.Agency)) {
		explained, _ := p.accountGrants(w.View, r)
		for _, g := range use.Grants {
			if (g.Scope == directory.Domain || g.Scope == directory.AllProjects) && !explained[g] {
				return Step{}, false, fmt.Errorf("%w: the agency %s has %s in scope %s, which nobody explained when the plan was made; "+
					"nothing was removed", providers.ErrConflict, r.Agency, w.roleName(g.RoleID), g.Scope)
			}
		}
	}
	return step, true, nil
}

// use is [ReadUse], read afresh and corrected by what the run did.
func (w *Writing) use(ctx context.Context, name string) (use Use, found bool, err error) {
	agency, found, err := w.Client.AgencyNamed(ctx, name, w.Run.leftOut...)
	if err != nil || !found {
		return Use{}, false, err
	}
	if use, err = useOf(ctx, directory.New(w.Client), agency, w.Run.skipEnterpriseProjects); err != nil {
		return Use{}, false, err
	}
	return w.Run.correct(use), true, nil
}

// isNeeded reports whether others need the agency, by what the plan knew, what the run did since, and what the service says
// now.
func (w *Writing) isNeeded(ctx context.Context, r Removal, isThere IsThere) (bool, error) {
	if len(r.Staying) > 0 {
		return true, nil
	}
	if isThere == nil {
		return false, nil
	}
	for _, project := range r.Leaving {
		id, err := w.Run.Project(ctx, directory.New(w.Client), project)
		if err != nil {
			return false, err
		}
		if w.Run.HasWithdrawn(id, r.Agency) {
			continue
		}
		if is, err := isThere(ctx, project, id); err != nil || is {
			return true, err
		}
	}
	return false, nil
}

// Take does what was decided: when nobody else needs the agency, whole removes it; when others do, the grants that it has
// in the project are revoked, each by its exact ids.
func (w *Writing) Take(ctx context.Context, step Step, whole func(context.Context) error) error {
	switch step.Verdict {
	case Whole:
		if err := whole(ctx); err != nil {
			return err
		}
	case Part:
		if err := w.RevokeEach(ctx, step.Use, step.Use.In(w.ProjectID)); err != nil {
			return err
		}
	case Nothing, Unclear:
	}
	w.Run.Withdrawn(w.ProjectID, step.Use.Name)
	return nil
}

// RevokeEach revokes grants of an agency, one after the other.
func (w *Writing) RevokeEach(ctx context.Context, use Use, grants []directory.Assignment) error {
	parts := make([]providers.Part, 0, len(grants))
	for _, g := range grants {
		parts = append(parts, providers.Part{Name: fmt.Sprintf("revoke %s of agency %s", w.roleName(g.RoleID), use.Name), Do: func() error {
			if err := w.Client.Revoke(ctx, g); err != nil {
				return inAgency(use.Name, err)
			}
			w.Run.hasRevoked(g)
			return nil
		}})
	}
	return providers.InOrder(parts...)
}

// roleName returns the name of a role as the plan knew it, and else its id.
func (w *Writing) roleName(id string) string {
	if w.View != nil {
		if role, known := w.View.Catalogue().ByID(directory.KindRole, id); known {
			return role.Name
		}
	}
	return "the role with id " + id
}

// Remove weighs and takes for an authorization that has one agency only. An agency that is not there is an error that
// wraps ErrNotFound; one that has no grants of the project alone while others need it, one that wraps ErrConflict. Safe to
// repeat.
func (w *Writing) Remove(ctx context.Context, p Provider, r Removal, isThere IsThere, whole func(context.Context) error) error {
	if w.Run.HasWithdrawn(w.ProjectID, r.Agency) {
		return nil // reads may still show what this run revoked
	}
	step, found, err := w.Weigh(ctx, p, r, isThere)
	switch {
	case err != nil:
		return err
	case !found:
		return fmt.Errorf("%w: IAM lists no agency %s, so it cannot be told who else uses it; nothing was removed", providers.ErrNotFound,
			r.Agency)
	case step.Verdict == Nothing:
		return fmt.Errorf("%w: the agency %s has no grants of this region alone and others need it; nothing was removed", providers.ErrConflict,
			r.Agency)
	}
	return w.Take(ctx, step, whole)
}

// Withdraw is [Writing.Remove] by a service's own call, which is sent as [huaweicloud.Lag.Send] does. Gone asks whether it was
// done: somebody else may have taken the agency a moment ago.
func (w *Writing) Withdraw(
	ctx context.Context, p Provider, r Removal, isThere IsThere, send func(context.Context) error, gone func(context.Context) (bool, error),
) error {
	err := w.Remove(ctx, p, r, isThere, func(ctx context.Context) error {
		err := w.Lag.Send(ctx, send, gone)
		if huaweicloud.IsAbsent(err) {
			return nil // reads may still show what somebody has just removed
		}
		return err
	})
	if errors.Is(err, providers.ErrNotFound) {
		if done, looked := w.Lag.Look(ctx, gone); looked == nil && done {
			w.Run.Withdrawn(w.ProjectID, r.Agency)
			return nil
		}
	}
	return err
}
