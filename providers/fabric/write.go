package fabric

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/serviceagency"
)

// Create implements [providers.Remote]. The resource has no id.
func (r *Remote) Create(ctx context.Context, resource plan.Resource, _ providers.IDs) (id string, err error) {
	return "", r.write(ctx, resource, func(at site) error { return r.create(ctx, at, policiesOf(resource)) })
}

func (r *Remote) create(ctx context.Context, at site, wanted []string) error {
	s, err := r.read(ctx, at)
	if err != nil {
		return err
	}
	r.ask(at.region, wanted)
	if s.isThere() {
		if (s.authorized || s.unclear) && s.enabledAll(wanted) && len(without(without(s.enabled, wanted), s.required)) == 0 {
			return nil
		}
		return fmt.Errorf("%w: Fabric already has other policies in %s: %s", providers.ErrConflict, at.region, plan.SetValue(s.enabled...))
	}
	return r.add(ctx, at, s, wanted)
}

// Update implements [providers.Remote]: one call for all that is missing, then one for each policy too many.
func (r *Remote) Update(ctx context.Context, _ string, before, after plan.Resource, _ providers.IDs) error {
	return r.write(ctx, after, func(at site) error { return r.update(ctx, at, policiesOf(before), policiesOf(after)) })
}

func (r *Remote) update(ctx context.Context, at site, had, wanted []string) error {
	s, err := r.read(ctx, at)
	if err != nil {
		return err
	}
	r.ask(at.region, wanted)
	if !s.enabledAll(wanted) || !s.authorized && !s.unclear {
		if err := r.add(ctx, at, s, wanted); err != nil {
			return err
		}
	}
	surplus := without(had, wanted)
	stay := append(without(s.enabled, surplus), wanted...)
	held := entangled(had, wanted)
	for _, name := range surplus {
		if _, byHand := held[name]; byHand || !slices.Contains(s.enabled, name) {
			continue
		}
		if err := r.remove(ctx, at, name, stay); err != nil {
			return err
		}
	}
	return nil
}

// add grants what is missing. It counts as made when all that is wanted is enabled and the service is content.
func (r *Remote) add(ctx context.Context, at site, s state, wanted []string) error {
	if err := serviceagency.CheckTrustOf(ctx, r.client, agencyTitle, s.agency); err != nil {
		return err
	}
	r.ledger.Authorizes(at.project, s.agency)
	missing := without(wanted, s.enabled)
	return r.lag.Send(ctx,
		func(ctx context.Context) error { return r.grant(ctx, at, missing) },
		func(ctx context.Context) (bool, error) {
			now, err := r.read(ctx, at)
			return now.isThere() && (now.authorized || now.unclear) && now.enabledAll(wanted), err
		})
}

// remove revokes one policy. The server matches names loosely, so a name that is part of one that stays is refused.
func (r *Remote) remove(ctx context.Context, at site, name string, stay []string) error {
	if other := matchedBy(name, stay); other != "" {
		return fmt.Errorf("%w: the policy %s cannot be revoked alone: the service would match %s too; revoke it in the console of %s",
			providers.ErrConflict, name, other, displayName)
	}
	gone := func(ctx context.Context) (bool, error) {
		now, err := r.read(ctx, at)
		return !slices.Contains(now.enabled, name), err
	}
	err := r.lag.Send(ctx, func(ctx context.Context) error { return r.revoke(ctx, at, name) }, gone)
	if serviceagency.IsAbsent(err) {
		return nil
	}
	if errors.Is(err, providers.ErrInvalid) {
		if done, looked := gone(ctx); looked == nil && done {
			return nil
		}
	}
	return err
}

// Delete implements [providers.Remote]. It removes the whole agency, unless other regions need it: then only what it is
// granted in the region's project.
func (r *Remote) Delete(ctx context.Context, _ string, resource plan.Resource, _ providers.IDs) error {
	return r.write(ctx, resource, func(at site) error { return r.delete(ctx, at, resource) })
}

func (r *Remote) delete(ctx context.Context, at site, resource plan.Resource) error {
	s, err := r.read(ctx, at)
	if err != nil {
		return err
	}
	if !s.isThere() {
		r.ledger.Withdrawn(at.project, s.agency)
		return nil
	}
	gone := func(ctx context.Context) (bool, error) {
		now, err := r.read(ctx, at)
		return !now.isThere(), err
	}
	err = r.ledger.Remove(ctx, resource, s.agency, at.project, r.isThere, func(ctx context.Context) error {
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

// isThere reports whether anything is granted in a region.
func (r *Remote) isThere(ctx context.Context, region, projectID string) (bool, error) {
	s, err := r.read(ctx, site{region, projectID})
	return s.isThere(), err
}

func policiesOf(resource plan.Resource) []string {
	set, _ := resource.Attributes[policies].AsSet()
	return set
}

// entangled returns the policies that are to go and cannot be revoked by the service's call, because their names are part
// of one that stays, which it gives.
func entangled(before, after []string) map[string]string {
	held := map[string]string{}
	for _, name := range without(before, after) {
		if other := matchedBy(name, after); other != "" {
			held[name] = other
		}
	}
	return held
}

// matchedBy returns the first of names that a loose match by name would hit; "" for none.
func matchedBy(name string, names []string) string {
	for _, other := range names {
		if strings.Contains(strings.ToLower(other), strings.ToLower(name)) {
			return other
		}
	}
	return ""
}
