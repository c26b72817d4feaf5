package fabric

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud"
)

// Create implements [providers.Remote]. The resource has no id.
func (r *remote) Create(ctx context.Context, w providers.Write) (id string, err error) {
	return "", r.write(ctx, w, func(w *writer) error {
		return w.SetRight(ctx, w.known.Provider, func(ctx context.Context) error { return w.create(ctx, policiesOf(w.After)) })
	})
}

func (w *writer) create(ctx context.Context, wanted []string) error {
	s, err := w.read(ctx, w.at)
	if err != nil {
		return err
	}
	w.run.asks(w.at.region, wanted)
	if s.isThere() {
		if (s.authorized || s.unclear) && s.enabledAll(wanted) && len(without(without(s.enabled, wanted), s.required)) == 0 {
			return nil
		}
		return fmt.Errorf("%w: Fabric already has other policies in %s: %s", providers.ErrConflict, w.at.region, plan.SetValue(s.enabled...))
	}
	return w.add(ctx, s, wanted)
}

// Update implements [providers.Remote]: one call for all that is missing, then one for each policy too many.
func (r *remote) Update(ctx context.Context, w providers.Write) error {
	return r.write(ctx, w, func(w *writer) error {
		return w.SetRight(ctx, w.known.Provider, func(ctx context.Context) error {
			return w.update(ctx, policiesOf(w.Before), policiesOf(w.After))
		})
	})
}

func (w *writer) update(ctx context.Context, had, wanted []string) error {
	s, err := w.read(ctx, w.at)
	if err != nil {
		return err
	}
	w.run.asks(w.at.region, wanted)
	var parts []providers.Part
	if missing := without(wanted, s.enabled); len(missing) > 0 || !s.authorized && !s.unclear {
		parts = append(parts, providers.Part{
			Name: "grant " + plan.SetValue(missing...).String(), Do: func() error { return w.add(ctx, s, wanted) },
		})
	}
	surplus := without(had, wanted)
	stay := append(without(s.enabled, surplus), wanted...)
	held := entangled(had, wanted)
	for _, name := range surplus {
		if _, byHand := held[name]; byHand || !slices.Contains(s.enabled, name) {
			continue
		}
		parts = append(parts, providers.Part{Name: "revoke " + name, Do: func() error { return w.remove(ctx, name, stay) }})
	}
	return providers.InOrder(parts...)
}

// add grants what is missing. It counts as made when all that is wanted is enabled and the service is content.
func (w *writer) add(ctx context.Context, s state, wanted []string) error {
	missing := without(wanted, s.enabled)
	return w.Authorize(ctx, w.known.Provider, []string{s.agency},
		func(ctx context.Context) error { return w.grant(ctx, missing) },
		func(ctx context.Context) (bool, error) {
			now, err := w.read(ctx, w.at)
			return now.isThere() && (now.authorized || now.unclear) && now.enabledAll(wanted), err
		})
}

// remove revokes one policy. The server matches names loosely, so a name that is part of one that stays is refused.
func (w *writer) remove(ctx context.Context, name string, stay []string) error {
	if other := matchedBy(name, stay); other != "" {
		return fmt.Errorf("%w: the policy %s cannot be revoked alone: the service would match %s too; revoke it in the console of %s",
			providers.ErrConflict, name, other, w.known.Title)
	}
	gone := func(ctx context.Context) (bool, error) {
		now, err := w.read(ctx, w.at)
		return !slices.Contains(now.enabled, name), err
	}
	err := w.Lag.Send(ctx, func(ctx context.Context) error { return w.revoke(ctx, name) }, gone)
	if huaweicloud.IsAbsent(err) {
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
func (r *remote) Delete(ctx context.Context, w providers.Write) error {
	return r.write(ctx, w, func(w *writer) error { return w.delete(ctx) })
}

func (w *writer) delete(ctx context.Context) error {
	s, err := w.read(ctx, w.at)
	if err != nil {
		return err
	}
	if !s.isThere() {
		w.run.Withdrawn(w.at.project, s.agency)
		return nil
	}
	gone := func(ctx context.Context) (bool, error) {
		now, err := w.read(ctx, w.at)
		return !now.isThere(), err
	}
	isThere := func(ctx context.Context, region, projectID string) (bool, error) {
		s, err := w.read(ctx, site{region, projectID})
		return s.isThere(), err
	}
	return w.Withdraw(ctx, w.known.Provider, w.known.removal(w.View, w.Before.Address, s.agency), isThere, w.withdraw, gone)
}

func policiesOf(resource *plan.Resource) []string {
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
