package iam

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/directory"
)

// createPolicy makes the custom policy. Names of policies need not be unique, so a create with unknown outcome is never
// sent again: it is looked for, and if it does not appear, that is said.
func (w *writer) createPolicy(ctx context.Context) (id string, err error) {
	fields, err := w.policyFields()
	if err != nil {
		return "", err
	}
	id, err = w.client.CreatePolicy(ctx, fields)
	if err == nil {
		w.run.remember(id)
		return id, nil
	}
	unknown := errors.Is(err, providers.ErrUnavailable)
	if ctx.Err() != nil || !unknown && !errors.Is(err, providers.ErrConflict) {
		return "", err
	}
	id, looked := w.lookPolicy(ctx)
	switch {
	case looked == nil:
		w.run.remember(id)
		return id, nil
	case !isNotThere(looked):
		return "", fmt.Errorf("%w (after: %w)", looked, err)
	case unknown:
		return "", fmt.Errorf("it is unknown whether the policy was made: it is not there after %s: %w", w.lag.Limit, err)
	}
	return "", err
}

// lookPolicy finds the policy by name, waiting for as long as the cloud may lag, and accepts it if it is what is to be made.
func (w *writer) lookPolicy(ctx context.Context) (id string, err error) {
	name := directory.NameOf(w.After.Address)
	var found []directory.Role
	err = w.lag.Repeat(ctx, isNotThere, func() error {
		all, err := w.client.ListCustomPolicies(ctx)
		if err != nil {
			return err
		}
		if odd, may := all.MayHide(name); may {
			return fmt.Errorf("%w: one of the custom policies is not as documented, and may be it: %s", providers.ErrConflict, odd)
		}
		found = nil
		for _, role := range all.All {
			if role.DisplayName == name {
				found = append(found, role)
			}
		}
		if len(found) == 0 {
			return errNotThere
		}
		return nil
	})
	if err != nil {
		return "", err
	}
	if len(found) > 1 {
		return "", fmt.Errorf("%w: %d custom policies have the name %q", providers.ErrConflict, len(found), name)
	}
	names := map[string]string{}
	for _, uri := range agencyResources(*w.After) {
		if agency, is := agencyNamed(uri); is {
			names[w.agencyID(agency)] = directory.NameOf(agency)
		}
	}
	attributes, _ := policyAttributes(found[0], names)
	if len(plan.DiffAttributes(attributes, w.After.Attributes)) > 0 {
		return "", fmt.Errorf("%w: another custom policy has the name %q", providers.ErrConflict, name)
	}
	return found[0].ID, nil
}

func (w *writer) updatePolicy(ctx context.Context) error {
	fields, err := w.policyFields()
	if err != nil {
		return err
	}
	return w.lag.Repeat(ctx, func(err error) bool { return errors.Is(err, providers.ErrNotFound) && w.run.isFresh(w.ID) },
		func() error { return w.client.UpdatePolicy(ctx, w.ID, fields) })
}

// errStillHeld says that a policy has more grants than the plan removes with it. Right after revokes, the cloud may count old
// ones.
var errStillHeld = fmt.Errorf("%w: the policy has more grants than the plan removes", providers.ErrConflict)

// deletePolicy deletes the policy when its references are those that the plan knows of. Nobody documents whether the cloud refuses
// to delete a policy that is granted, or takes its grants along.
func (w *writer) deletePolicy(ctx context.Context) error {
	if w.View != nil {
		if live := w.View.Live(w.Before.Address); live != nil && !live.Unseen.Unknown {
			planned := live.Unseen.Count + len(w.View.Users(w.Before.Address))
			if err := w.checkReferences(ctx, live.Unseen.Count, planned); err != nil {
				return err
			}
		}
	}
	return w.client.DeletePolicy(ctx, w.ID)
}

// checkReferences is an error unless the policy has no more grants than expected. Up to as many as were planned with, they may be
// revoked ones that the cloud still counts: then it asks again, for as long as the cloud may lag.
func (w *writer) checkReferences(ctx context.Context, expected, planned int) error {
	references := 0
	return w.lag.Repeat(ctx, func(err error) bool { return errors.Is(err, errStillHeld) && references <= planned }, func() error {
		policies, err := w.client.ListCustomPolicies(ctx)
		if err != nil {
			return err
		}
		all := policies.All
		i := slices.IndexFunc(all, func(r directory.Role) bool { return r.ID == w.ID })
		switch {
		case i < 0 && slices.ContainsFunc(policies.Odd, func(o huaweicloud.Odd) bool { return o.ID == w.ID || o.ID == "" }):
			return fmt.Errorf("%w: the record of the policy is not as documented any more", providers.ErrConflict)
		case i < 0:
			return nil // it is gone
		case all[i].References == nil:
			return fmt.Errorf("%w: the cloud counted the grants of the policy when it was planned, and does not any more", providers.ErrConflict)
		}
		if references = *all[i].References; references > expected {
			return fmt.Errorf("%w: it has %s instead of %d", errStillHeld, plan.Counted(references, "reference"), expected)
		}
		return nil
	})
}

// policyFields returns the policy as sent. What is sent must mean what was planned.
func (w *writer) policyFields() (directory.PolicyFields, error) {
	r := w.After
	scope, _ := r.Attributes[attributeScope].AsString()
	description, _ := r.Attributes[attributeDescription].AsString()
	planned, ok := r.Attributes[attributeStatements].AsDocument()
	if !ok || typeOfScope(scope) == "" {
		return directory.PolicyFields{}, fmt.Errorf("%w: %s has no scope or no statements that can be sent", providers.ErrInvalid, r.Address)
	}
	names := map[string]string{}
	for _, uri := range agencyResources(*r) {
		agency, is := agencyNamed(uri)
		if !is {
			continue
		}
		id := w.agencyID(agency)
		if id == "" {
			return directory.PolicyFields{}, missingID(r, agency.String())
		}
		names[id] = directory.NameOf(agency)
	}
	document := documentSent(*r, w.agencyID)
	sent, err := canonicalPolicy(document, respellLive(names))
	if err != nil || string(sent) != planned {
		return directory.PolicyFields{}, fmt.Errorf("%w: the statements of %s as written are not those that were planned", providers.ErrInvalid,
			r.Address)
	}
	return directory.PolicyFields{
		DisplayName: directory.NameOf(r.Address), Type: typeOfScope(scope), Description: description, Document: document,
	}, nil
}

// agencyID returns the id of an agency that the policy names, that of one made in this run too; "" where it is not known.
func (w *writer) agencyID(agency addr.Address) string {
	return cmp.Or(w.After.Bindings[agency.String()], w.IDs[agency])
}

// policyAttributes is the canonical form of a live custom policy, where agencies have these names by id. Unreadable names what could
// not be understood.
func policyAttributes(role directory.Role, names map[string]string) (attributes plan.Attributes, unreadable []string) {
	attributes = plan.Attributes{
		attributeScope:       plan.StringValue(scopeOfType(role.Type)),
		attributeDescription: plan.StringValue(role.Description),
	}
	if canonical, err := canonicalPolicy(role.Policy, respellLive(names)); err == nil {
		if value, err := plan.DocumentValue(canonical); err == nil {
			attributes[attributeStatements] = value
			return attributes, nil
		}
	}
	return attributes, []string{attributeStatements}
}
