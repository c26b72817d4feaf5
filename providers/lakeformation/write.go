package lakeformation

import (
	"context"
	"errors"
	"fmt"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/directory"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/serviceagency"
)

// Create implements [providers.Remote]. The resource has no id. Where the service does not tell whether it is authorized,
// the call is made: it only ever gives the agency what it should have.
func (r *Remote) Create(ctx context.Context, resource plan.Resource, _ providers.IDs) (id string, err error) {
	return "", r.write(ctx, resource, func(at site) error { return r.create(ctx, at) })
}

func (r *Remote) create(ctx context.Context, at site) error {
	s, err := r.read(ctx, at)
	if err != nil || s.isWhole() {
		return err
	}
	if s.told {
		exists, err := r.exists(ctx, directory.New(r.client), s, at)
		switch {
		case err != nil:
			return err
		case exists.isLikely() && exists != isBare: // a bare one differs from none in name only
			return fmt.Errorf("%w: LakeFormation already has the agency %s, and it lacks actions", providers.ErrConflict, s.agency)
		}
	}
	return r.authorize(ctx, at, s.agency)
}

// Update implements [providers.Remote]: the same call as for the first time gives the agency what it lacks.
func (r *Remote) Update(ctx context.Context, _ string, _, after plan.Resource, _ providers.IDs) error {
	return r.write(ctx, after, func(at site) error {
		s, err := r.read(ctx, at)
		if err != nil || s.isWhole() {
			return err
		}
		return r.authorize(ctx, at, s.agency)
	})
}

// Delete implements [providers.Remote]. It removes the agency of the type, unless other regions need it: then only what it
// is granted in the region's project.
func (r *Remote) Delete(ctx context.Context, _ string, resource plan.Resource, _ providers.IDs) error {
	return r.write(ctx, resource, func(at site) error { return r.delete(ctx, at, resource) })
}

func (r *Remote) delete(ctx context.Context, at site, resource plan.Resource) error {
	s, exists, err := r.look(ctx, at)
	switch {
	case err != nil:
		return err
	case exists == isNotThere:
		r.ledger.Withdrawn(at.project, s.agency)
		return nil
	case exists == isUnknown || s.agency == "":
		return fmt.Errorf("%w: it cannot be told whether %s is there, and who uses its agency; nothing was removed", providers.ErrConflict, resource.Address)
	}
	gone := func(ctx context.Context) (bool, error) {
		_, now, err := r.look(ctx, at)
		return now == isNotThere, err
	}
	thereIn := func(ctx context.Context, region, projectID string) (bool, error) {
		_, now, err := r.look(ctx, site{region, projectID, at.agencyType})
		return now == isThere, err
	}
	err = r.ledger.Remove(ctx, resource, s.agency, at.project, thereIn, func(ctx context.Context) error {
		err := r.lag.Send(ctx, func(ctx context.Context) error { return r.withdraw(ctx, at) }, gone)
		if serviceagency.IsAbsent(err) {
			return nil // reads may still show what somebody has just removed
		}
		return err
	})
	if errors.Is(err, providers.ErrNotFound) {
		// Somebody else may have taken the agency a moment ago.
		if done, looked := r.lag.Look(ctx, gone); looked == nil && done {
			r.ledger.Withdrawn(at.project, s.agency)
			return nil
		}
	}
	return err
}

// authorize sends the grant. It counts as made when the service says so, or, where it does not tell, when IAM has the
// agency.
func (r *Remote) authorize(ctx context.Context, at site, agency string) error {
	if err := serviceagency.CheckTrustOf(ctx, r.client, agencyTitle, agency); err != nil {
		return err
	}
	r.ledger.Authorizes(at.project, agency)
	return r.lag.Send(ctx,
		func(ctx context.Context) error { return r.grant(ctx, at) },
		func(ctx context.Context) (bool, error) {
			s, exists, err := r.look(ctx, at)
			return s.isWhole() || !s.told && exists == isThere, err
		})
}

// look reads the type afresh, outside any observation.
func (r *Remote) look(ctx context.Context, at site) (state, existence, error) {
	s, err := r.read(ctx, at)
	if err != nil {
		return state{}, 0, err
	}
	exists, err := r.exists(ctx, directory.New(r.client), s, at)
	return s, exists, err
}
