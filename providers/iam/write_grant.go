package iam

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/directory"
)

// grant gives the role. An agency or policy made a moment ago may not be known everywhere yet, so "not found" is
// believed only after the lag. A conflict counts as done when the grant is seen.
func (w *writer) grant(ctx context.Context) error {
	a, err := assignmentOf(w.After, w.IDs)
	if err != nil {
		return err
	}
	err = w.sendGrants(ctx, []directory.Assignment{a}, func() error { return w.client.Grant(ctx, a) })
	if !errors.Is(err, providers.ErrConflict) {
		return w.explainPlace(a, err)
	}
	has, looked := w.lag.Look(ctx, func(ctx context.Context) (bool, error) { return w.client.HasGrant(ctx, a) })
	switch {
	case looked != nil:
		return fmt.Errorf("%w; and whether the agency has the role already cannot be read: %w", err, looked)
	case !has:
		return fmt.Errorf("%w; and the agency does not have the role", err)
	}
	return nil
}

// sendGrants sends grants until the cloud knows all that they are about, where all are about what was made in this run: others are refused
// for good, and none waits for them. That the cloud does not know something is also told as an illegal request where many grants may go
// by one call.
func (w *writer) sendGrants(ctx context.Context, all []directory.Assignment, send func() error) error {
	fresh := !slices.ContainsFunc(all, func(a directory.Assignment) bool { return !w.run.isFresh(a.AgencyID, a.RoleID) })
	return w.lag.Repeat(ctx, func(err error) bool {
		unknown := errors.Is(err, providers.ErrNotFound) ||
			errors.Is(err, providers.ErrInvalid) && all[0].Scope == directory.EnterpriseProject
		return fresh && unknown
	}, send)
}

func (w *writer) revoke(ctx context.Context) error {
	a, err := assignmentOf(w.Before, w.IDs)
	if err != nil {
		return err
	}
	return w.explainPlace(a, w.client.Revoke(ctx, a))
}

// Batch implements [providers.Batcher]: one call gives, or takes, the roles of many agencies in enterprise projects.
func (r *remote) Batch(w providers.Write) (kind string, most int) {
	grant, is := directory.GrantOf(*w.Resource())
	switch {
	case !is || grant.Place.Scope != directory.EnterpriseProject:
		return "", 0
	case w.After == nil:
		return "revoke", directory.MostInBatch
	}
	return "grant", directory.MostInBatch
}

// WriteBatch implements [providers.Batcher]. A role that an agency has already, or has no more, is for the single call to judge.
func (r *remote) WriteBatch(ctx context.Context, writes []providers.Write) error {
	w := r.writer(writes[0])
	all := make([]directory.Assignment, 0, len(writes))
	for _, write := range writes {
		a, err := assignmentOf(write.Resource(), write.IDs)
		if err != nil {
			return err
		}
		all = append(all, a)
	}
	if w.After == nil {
		return w.client.RevokeAll(ctx, all)
	}
	return w.sendGrants(ctx, all, func() error { return w.client.GrantAll(ctx, all) })
}

// explainPlace says of a refusal in a project that the project is disabled, where the plan was made from that.
func (w *writer) explainPlace(a directory.Assignment, err error) error {
	var failed *providers.CallError
	if a.Scope != directory.OneProject || w.View == nil || !errors.As(err, &failed) || !isForbidden(failed) {
		return err
	}
	project, known := w.View.Catalogue().ByID(directory.KindProject, a.TargetID)
	if !known || project.Unusable != disabled {
		return err
	}
	explained := *failed
	explained.Hint = fmt.Sprintf("the project is disabled, and what is in it cannot be changed: enable it and run again, or leave it unread "+
		"by cloud.notRead: [%s]", huaweicloud.PartOf(huaweicloud.PartProject, project.Name, project.ID))
	return &explained
}

// assignmentOf finds the ids behind a grant: the agency among ids, role and project among the bindings, and a policy
// made in this run among ids again.
func assignmentOf(resource *plan.Resource, ids providers.IDs) (directory.Assignment, error) {
	grant, ok := directory.GrantOf(*resource)
	if !ok {
		return directory.Assignment{}, unknownType(resource)
	}
	a := directory.Assignment{AgencyID: ids[resource.Parent], RoleID: resource.Bindings[directory.BindingRole], Scope: grant.Place.Scope}
	if a.RoleID == "" {
		a.RoleID = ids[directory.PolicyAddress(plan.Reference{Name: grant.Role.Name})]
	}
	if kind := grant.Place.Kind(); kind != "" {
		a.TargetID = resource.Bindings[grant.Place.Binding()]
		if a.TargetID == "" {
			return directory.Assignment{}, missingID(resource, kind)
		}
	}
	if a.AgencyID == "" {
		return directory.Assignment{}, missingID(resource, "agency")
	}
	if a.RoleID == "" {
		return directory.Assignment{}, missingID(resource, "role")
	}
	return a, nil
}

func missingID(resource *plan.Resource, what string) error {
	return fmt.Errorf("%w: the id of the %s of %s is not known", providers.ErrInvalid, what, resource.Address)
}
