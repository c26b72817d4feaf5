package serviceagency

import (
	"context"
	"fmt"
	"strings"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers"
)

// Step is what taking one project's part away from one agency comes to, read and decided before anything is written.
type Step struct {
	Use     Use
	Verdict Verdict
	project string
}

// IsThere asks a service whether it is authorized in a region.
type IsThere func(ctx context.Context, region, projectID string) (bool, error)

// Weigh decides what a removal takes from the agency of this name. Who needs the agency is read anew: a plan may be old,
// and other removals of it may have failed. Found is false when IAM lists no such agency. One that trusts somebody who is
// no cloud service is an error that wraps ErrConflict. The caller has the ledger's turn.
//
// IsThere, if not nil, asks the service whether it is authorized in another region: one that is to go and has not gone yet
// needs the agency, even where IAM shows no grant of its own.
func (l *Ledger) Weigh(ctx context.Context, resource plan.Resource, role, agency, projectID string, isThere IsThere) (step Step, found bool, err error) {
	use, found, err := l.Use(ctx, agency)
	switch {
	case err != nil:
		return Step{}, false, fmt.Errorf("find out who uses the agency %s: %w", agency, err)
	case !found:
		return Step{}, false, nil
	case use.Stranger != "":
		return Step{}, false, fmt.Errorf("%w: the agency %s trusts %s, which is no cloud service; nothing was removed", providers.ErrConflict, agency, use.Stranger)
	}
	needed, err := l.isNeeded(ctx, resource, role, agency, isThere)
	if err != nil {
		return Step{}, false, err
	}
	step = Step{Use: use, Verdict: use.Judge(projectID, needed), project: projectID}
	if step.Verdict == Unclear {
		return Step{}, false, fmt.Errorf("%w: what the agency %s is granted does not show which regions use it (%s); nothing was removed",
			providers.ErrConflict, agency, use.unclear())
	}
	return step, true, nil
}

// Take does what was decided: when nobody else needs the agency, whole removes it; when others do, the grants that it has
// in the project are revoked, each by its exact ids.
func (l *Ledger) Take(ctx context.Context, step Step, whole func(context.Context) error) error {
	var err error
	switch step.Verdict {
	case Whole:
		err = whole(ctx)
	case Part:
		err = l.revoke(ctx, step.Use.Name, step.Use.In(step.project))
	case Nothing, Unclear:
	}
	if err == nil {
		l.Withdrawn(step.project, step.Use.Name)
	}
	return err
}

// Remove weighs and takes for an authorization that has one agency only. An agency that is not there is an error that
// wraps ErrNotFound; one that has no grants of the region alone while others need it, one that wraps ErrConflict. Safe to
// repeat.
func (l *Ledger) Remove(
	ctx context.Context, resource plan.Resource, agency, projectID string, isThere IsThere, whole func(context.Context) error,
) error {
	if l.HasWithdrawn(projectID, agency) {
		return nil // reads may still show what this run revoked
	}
	step, found, err := l.Weigh(ctx, resource, "", agency, projectID, isThere)
	switch {
	case err != nil:
		return err
	case !found:
		return fmt.Errorf("%w: IAM lists no agency %s, so it cannot be told who else uses it; nothing was removed", providers.ErrNotFound, agency)
	case step.Verdict == Nothing:
		return fmt.Errorf("%w: the agency %s has no grants of this region alone and others need it; nothing was removed", providers.ErrConflict, agency)
	}
	return l.Take(ctx, step, whole)
}

// isNeeded reports whether others need the agency, by what the plan knew, what this run did since, and what the service
// says now.
func (l *Ledger) isNeeded(ctx context.Context, resource plan.Resource, role, agency string, isThere IsThere) (bool, error) {
	if resource.Bindings[bindingWanted+role] != "" {
		return true, nil
	}
	for key, projectID := range resource.Bindings {
		region, leaves := strings.CutPrefix(key, bindingLeaving)
		if !leaves || isThere == nil || l.HasWithdrawn(projectID, agency) {
			continue
		}
		if is, err := isThere(ctx, strings.TrimSuffix(region, role), projectID); err != nil || is {
			return true, err
		}
	}
	return false, nil
}
