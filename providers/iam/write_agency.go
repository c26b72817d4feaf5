package iam

import (
	"context"
	"errors"
	"fmt"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/directory"
)

// createTries is how often a create is sent. A further one is safe: agency names are unique in an account, so if an earlier one
// arrived after all, the cloud refuses the next as a conflict.
const createTries = 5

// createAgency makes the agency. After an answer that does not tell whether it was made, it looks, and sends again where the agency
// does not show: the answer to that tells more than any waiting. What is there already is accepted only if it is exactly what was
// asked for, with no grant on it that the plan does not know.
func (w *writer) createAgency(ctx context.Context) (id string, err error) {
	defer func() {
		if err == nil {
			w.run.made(id, directory.NameOf(w.After.Address))
		}
	}()
	fields, err := agencyFields(&plan.Resource{}, w.After)
	if err != nil {
		return "", err
	}
	fields.Name = directory.NameOf(w.After.Address)
	w.run.trusted(w.After)
	now := huaweicloud.Lag{Poll: w.lag.Poll} // one look
	for try := 1; ; try++ {
		id, err = w.client.CreateAgency(ctx, fields)
		if err == nil {
			w.run.remember(id)
			return id, nil
		}
		unknown := errors.Is(err, providers.ErrUnavailable)
		if ctx.Err() != nil || !unknown && !errors.Is(err, providers.ErrConflict) {
			return "", w.explainTrust(fields, err)
		}
		patience := w.lag
		if unknown && try < createTries {
			patience = now
		}
		id, looked := w.look(ctx, patience)
		switch {
		case looked == nil:
			return id, nil
		case !isNotThere(looked):
			return "", fmt.Errorf("%w (after: %w)", looked, err)
		case !unknown:
			return "", err
		case try == createTries:
			return "", fmt.Errorf("it is unknown whether the agency was made: it is not there after %s: %w", w.lag.Limit, err)
		}
		if waited := huaweicloud.Wait(ctx, w.lag.Poll); waited != nil {
			return "", fmt.Errorf("it is unknown whether the agency was made: %w (while waiting after: %w)", waited, err)
		}
	}
}

// look finds the agency by name, waiting as long as lag says, and accepts it if it is what is to be made. The error wraps
// errNotThere when there is none, and ErrConflict when there is another.
func (w *writer) look(ctx context.Context, lag huaweicloud.Lag) (id string, err error) {
	var found directory.Agency
	err = lag.Repeat(ctx, isNotThere, func() error {
		agency, is, err := w.client.AgencyNamed(ctx, directory.NameOf(w.After.Address), w.run.leftOut...)
		if err != nil {
			return err
		}
		if !is {
			return errNotThere
		}
		found = agency
		return nil
	})
	if err != nil {
		return "", err
	}
	if !sameAgency(found, w.After) {
		return "", fmt.Errorf("%w: another agency has the name %q", providers.ErrConflict, found.Name)
	}
	grants, err := directory.New(w.client).ReadGrants(ctx, directory.GrantsRequest{
		Agencies:               func(context.Context) ([]directory.Agency, error) { return []directory.Agency{found}, nil },
		Each:                   true,
		SkipEnterpriseProjects: w.run.skipEnterpriseProjects,
	})
	if err != nil {
		return "", fmt.Errorf("%w: an agency of that name exists, and its grants cannot be read: %v", providers.ErrConflict, err)
	}
	unknown, err := w.unplanned(ctx, grants.Assignments)
	unknown += len(grants.Odd)
	if err != nil {
		return "", fmt.Errorf("%w: an agency of that name exists, and its grants cannot be understood: %v", providers.ErrConflict, err)
	}
	if unknown > 0 {
		return "", fmt.Errorf("%w: an agency of that name exists and already has grants that the plan does not make: %d",
			providers.ErrConflict, unknown)
	}
	w.run.remember(found.ID)
	return found.ID, nil
}

// unplanned counts the grants of the agency that the plan does not make. Two runs of the same plan make the same ones.
func (w *writer) unplanned(ctx context.Context, found []directory.Assignment) (count int, err error) {
	if len(found) == 0 || w.View == nil {
		return len(found), nil
	}
	type place struct {
		scope  directory.Scope
		target string
		role   string
	}
	// Policies that the plan makes are known by their names only.
	byID, byName := map[place]bool{}, map[place]bool{}
	for _, d := range w.View.Wanted(w.After.Address) {
		grant, is := directory.GrantOf(d.Resource)
		if !is {
			continue
		}
		at := place{scope: grant.Place.Scope}
		if grant.Place.Kind() != "" {
			at.target = d.Bindings[grant.Place.Binding()]
		}
		if at.role = d.Bindings[directory.BindingRole]; at.role != "" {
			byID[at] = true
		} else {
			at.role = grant.Role.Name
			byName[at] = true
		}
	}
	names := map[string]string{}
	if len(byName) > 0 {
		policies, err := w.client.ListCustomPolicies(ctx)
		if err != nil {
			return 0, err
		}
		for _, policy := range policies.All {
			names[policy.ID] = policy.DisplayName
		}
	}
	for _, a := range found {
		if !byID[place{a.Scope, a.TargetID, a.RoleID}] && !byName[place{a.Scope, a.TargetID, names[a.RoleID]}] {
			count++
		}
	}
	return count, nil
}

// sameAgency reports whether the live agency is what resource says, in all that the resource manages.
func sameAgency(a directory.Agency, resource *plan.Resource) bool {
	t, ok := sentTrust(resource)
	if !ok {
		return false
	}
	switch t.Kind {
	case directory.TrustAccountID:
		ok = a.TrustID == t.Value
	default:
		id := resource.Bindings[bindingTrust]
		ok = a.TrustName == t.Value && (id == "" || a.TrustID == "" || a.TrustID == id)
	}
	description, _ := resource.Attributes[attributeDescription].AsString()
	duration, _ := resource.Attributes[attributeDuration].AsString()
	return ok && a.Description == description && durationText(a.Lifetime) == duration
}

// updateAgency sends only what differs, and for a renewal the duration too: sent again, it starts the agency's life anew.
func (w *writer) updateAgency(ctx context.Context) error {
	fields, err := agencyFields(w.Before, w.After)
	if err == nil && w.Renew && fields.Duration == nil { // it does not differ, so what is live is sent
		fields.Duration, err = sentDuration(w.Before)
	}
	if err != nil || fields == (directory.AgencyFields{}) {
		return err
	}
	w.run.trusted(w.After)
	return w.lag.Repeat(ctx, func(err error) bool {
		// A conflict on an update means that another change of the agency is still under way.
		return errors.Is(err, providers.ErrConflict) || errors.Is(err, providers.ErrNotFound) && w.run.isFresh(w.ID)
	}, func() error { return w.explainTrust(fields, w.client.UpdateAgency(ctx, w.ID, fields)) })
}

// agencyFields returns what must be sent to get from before to after.
func agencyFields(before, after *plan.Resource) (fields directory.AgencyFields, err error) {
	for _, change := range plan.DiffAttributes(before.Attributes, after.Attributes) {
		value, ok := change.After.AsString()
		if !ok {
			continue
		}
		switch change.Name {
		case directory.AttributeTrust:
			t, ok := sentTrust(after)
			if !ok {
				return fields, fmt.Errorf("%w: the trust %q cannot be sent", providers.ErrInvalid, value)
			}
			fields.TrustID, fields.TrustName = trustFields(t, after.Bindings[bindingTrust])
		case attributeDescription:
			fields.Description = &value
		case attributeDuration:
			if fields.Duration, err = sentDuration(after); err != nil {
				return fields, err
			}
		}
	}
	return fields, nil
}

// sentDuration returns the duration of an agency as requests spell it.
func sentDuration(agency *plan.Resource) (*string, error) {
	value, _ := agency.Attributes[attributeDuration].AsString()
	spelled, err := wireDuration(value)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", providers.ErrInvalid, err)
	}
	return &spelled, nil
}
