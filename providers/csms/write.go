package csms

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/directory"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/serviceagency"
)

// authorize tells the service to make its agencies. An answer of success may hold failures of single agencies, and a
// service that was authorized before may call that a failure too; so what is there decides.
func (r *Remote) authorize(ctx context.Context, t target, projectID string) error {
	own := r.own(t.secretType)
	if err := serviceagency.CheckTrustOf(ctx, r.client, agencyTitle, SharedAgency, own.name); err != nil {
		return err
	}
	r.ledger.Authorizes(projectID, SharedAgency, own.name)
	var outcomes []outcome
	answered := false
	err := r.lag.Send(ctx,
		func(ctx context.Context) (err error) {
			outcomes, err = r.post(ctx, t, projectID)
			answered = err == nil
			return err
		},
		func(ctx context.Context) (bool, error) { return r.isDone(ctx, t, projectID, nil) })
	if err != nil {
		return err
	}
	if failed := refusal(t, outcomes); answered && failed != nil {
		done, looked := r.isDoneAllTheSame(ctx, t, projectID, outcomes)
		switch {
		case looked != nil:
			return fmt.Errorf("%w; and what is there could not be read: %v", failed, looked)
		case !done:
			return failed
		}
	}
	r.note(t, true)
	return nil
}

// refusal is the error of an answer of success that holds a failure: it names every agency with what became of it.
func refusal(t target, outcomes []outcome) error {
	failed := 0
	texts := make([]string, 0, len(outcomes))
	for _, o := range outcomes {
		if o.problem != "" {
			failed++
		}
		texts = append(texts, o.String())
	}
	message := fmt.Sprintf("%d of %d agencies could not be made: %s", failed, len(outcomes), strings.Join(texts, "; "))
	if len(outcomes) == 0 {
		message = "the answer names no agency"
	} else if failed == 0 {
		return nil
	}
	return &providers.CallError{Operation: "authorize csms for " + t.String(), Service: endpoint, Status: http.StatusOK, Message: message}
}

// isDoneAllTheSame looks whether what the service calls a failure is there: it may have been before. Only where IAM shows
// every agency that failed is there hope, and it is waited for the rest to show.
func (r *Remote) isDoneAllTheSame(ctx context.Context, t target, projectID string, outcomes []outcome) (bool, error) {
	for _, o := range outcomes {
		if o.problem == "" {
			continue
		}
		if _, found, err := r.client.AgencyNamed(ctx, o.name); err != nil || !found {
			return false, err
		}
	}
	return r.lag.Look(ctx, func(ctx context.Context) (bool, error) { return r.isDone(ctx, t, projectID, outcomes) })
}

// isDone reports whether the service says that it is authorized and IAM shows all its agencies whose names are known, each with
// a role in the project.
func (r *Remote) isDone(ctx context.Context, t target, projectID string, outcomes []outcome) (bool, error) {
	if is, err := r.ask(ctx, t, projectID); err != nil || !is {
		return false, err
	}
	own := r.own(t.secretType)
	names := []string{SharedAgency, own.name}
	for _, o := range outcomes {
		if !slices.Contains(names, o.name) {
			names = append(names, o.name)
		}
	}
	for _, name := range names {
		agency, found, err := r.client.AgencyNamed(ctx, name)
		switch {
		case err == nil && !found && own.guessed && name == own.name:
			continue // it may have another name
		case err != nil || !found:
			return false, err
		}
		if has, err := hasGrants(ctx, r.client, agency, projectID); err != nil || !has {
			return false, err
		}
	}
	return true, nil
}

// withdraw takes the authorization back in IAM. All that decides it is read before the first write.
func (r *Remote) withdraw(ctx context.Context, t target, projectID string, resource plan.Resource) error {
	own := r.own(t.secretType)
	// The shared agency goes first: what is left of the own one still shows that the authorization is there.
	var steps []serviceagency.Step
	used, err := r.usesShared(ctx, t, projectID, resource)
	if err != nil {
		return err
	}
	if !used {
		step, found, err := r.ledger.Weigh(ctx, resource, roleShared, SharedAgency, projectID, nil)
		if err != nil {
			return err
		}
		if found {
			steps = append(steps, step)
		}
	}
	step, found, err := r.ledger.Weigh(ctx, resource, roleOwn, own.name, projectID, nil)
	switch {
	case err != nil:
		return err
	case found:
		steps = append(steps, step)
	case own.guessed:
		if is, err := r.ask(ctx, t, projectID); err != nil {
			return err
		} else if is {
			return fmt.Errorf("%w: csms is authorized for %s through an agency that is not named %s, so it must be taken back by hand in IAM",
				providers.ErrConflict, t, own.name)
		}
	}
	for _, step := range steps {
		err := r.ledger.Take(ctx, step, func(ctx context.Context) error { return r.client.DeleteAgency(ctx, step.Use.AgencyID) })
		if err != nil {
			return fmt.Errorf("agency %s: %w", step.Use.Name, err)
		}
	}
	r.note(t, false)
	return nil
}

// usesShared reports whether another type is or is to be authorized in the region: by the manifest, by what this Remote
// did last, else by what the service says, unless the type's own agency has no role there.
func (r *Remote) usesShared(ctx context.Context, t target, projectID string, resource plan.Resource) (bool, error) {
	if resource.Bindings[bindingSharedHere] != "" {
		return true, nil
	}
	for _, secretType := range types {
		other := target{t.region, secretType}
		if other == t {
			continue
		}
		is, known := r.noted(other)
		if !known {
			var err error
			if is, err = r.isUsed(ctx, other, projectID); err != nil {
				return false, err
			}
		}
		if is {
			return true, nil
		}
	}
	return false, nil
}

func (r *Remote) isUsed(ctx context.Context, t target, projectID string) (bool, error) {
	if is, err := r.ask(ctx, t, projectID); err != nil || !is {
		return false, err
	}
	agency, found, err := r.client.AgencyNamed(ctx, r.own(t.secretType).name)
	if err != nil || !found {
		return true, err
	}
	return hasGrants(ctx, r.client, agency, projectID)
}

// hasGrants reports whether the agency has a role in the project; one that is gone meanwhile has none.
func hasGrants(ctx context.Context, client *directory.Client, agency directory.Agency, projectID string) (bool, error) {
	grants, err := client.ListGrants(ctx, agency.ID, directory.OneProject, projectID)
	if serviceagency.IsAbsent(err) {
		return false, nil
	}
	return len(grants) > 0, err
}
