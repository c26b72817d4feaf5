package csms

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/directory"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/serviceagency"
)

// authorize tells the service to make its agencies. An answer of success may hold failures of single agencies, and a
// service that was authorized before may call that a failure too; so what is there decides.
func (w *writer) authorize(ctx context.Context) error {
	var outcomes []outcome
	answered := false
	err := w.Authorize(ctx, w.known.Provider, []string{SharedAgency, w.own.name},
		func(ctx context.Context) (err error) {
			outcomes, err = w.post(ctx)
			answered = err == nil
			return err
		},
		func(ctx context.Context) (bool, error) { return w.isDone(ctx, nil) })
	if err != nil {
		return err
	}
	if failed := refusal(w.target, outcomes); answered && failed != nil {
		done, looked := w.isDoneAllTheSame(ctx, outcomes)
		switch {
		case looked != nil:
			return fmt.Errorf("%w; and what is there could not be read: %v", failed, looked)
		case !done:
			return partly(outcomes, failed)
		}
	}
	w.run.note(w.target, true)
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
	message := fmt.Sprintf("%d of %s could not be made: %s", failed, plan.Counted(len(outcomes), "agency"), strings.Join(texts, "; "))
	if len(outcomes) == 0 {
		message = "the answer names no agency"
	} else if failed == 0 {
		return nil
	}
	return &providers.CallError{Operation: "authorize csms for " + t.String(), Service: endpoint, Status: http.StatusOK, Message: message}
}

// partly says which agencies are there after a refusal, and which are not.
func partly(outcomes []outcome, failed error) error {
	var done, open []string
	for _, o := range outcomes {
		if o.problem == "" {
			done = append(done, "agency "+o.name)
		} else {
			open = append(open, "agency "+o.name)
		}
	}
	return providers.Partial(done, open, failed)
}

// isDoneAllTheSame looks whether what the service calls a failure is there: it may have been before. Only where IAM shows
// every agency that failed is there hope, and it is waited for the rest to show.
func (w *writer) isDoneAllTheSame(ctx context.Context, outcomes []outcome) (bool, error) {
	for _, o := range outcomes {
		if o.problem == "" {
			continue
		}
		if _, found, err := w.Client.AgencyNamed(ctx, o.name, w.Run.LeftOut()...); err != nil || !found {
			return false, err
		}
	}
	return w.Lag.Look(ctx, func(ctx context.Context) (bool, error) { return w.isDone(ctx, outcomes) })
}

// isDone reports whether the service says that it is authorized and IAM shows all its agencies whose names are known, each with
// a role in the project.
func (w *writer) isDone(ctx context.Context, outcomes []outcome) (bool, error) {
	if is, err := w.ask(ctx, w.target, w.ProjectID); err != nil || !is {
		return false, err
	}
	names := []string{SharedAgency, w.own.name}
	for _, o := range outcomes {
		if !slices.Contains(names, o.name) {
			names = append(names, o.name)
		}
	}
	for _, name := range names {
		agency, found, err := w.Client.AgencyNamed(ctx, name, w.Run.LeftOut()...)
		switch {
		case err == nil && !found && w.own.guessed && name == w.own.name:
			continue // it may have another name
		case err != nil || !found:
			return false, err
		}
		if has, err := hasGrants(ctx, w.Client, agency, w.ProjectID); err != nil || !has {
			return false, err
		}
	}
	return true, nil
}

// withdraw takes the authorization back in IAM. All that decides it is read before the first write.
func (w *writer) withdraw(ctx context.Context) error {
	// The shared agency goes first: what is left of the own one still shows that the authorization is there.
	var steps []serviceagency.Step
	used, err := w.usesShared(ctx)
	if err != nil {
		return err
	}
	if !used {
		step, found, err := w.Weigh(ctx, w.known.Provider, w.known.removal(w.View, w.target, SharedAgency, true), nil)
		if err != nil {
			return err
		}
		if found {
			steps = append(steps, step)
		}
	}
	step, found, err := w.Weigh(ctx, w.known.Provider, w.known.removal(w.View, w.target, w.own.name, false), nil)
	switch {
	case err != nil:
		return err
	case found:
		steps = append(steps, step)
	case w.own.guessed:
		if is, err := w.ask(ctx, w.target, w.ProjectID); err != nil {
			return err
		} else if is {
			return fmt.Errorf("%w: csms is authorized for %s through an agency that is not named %s, so it must be taken back by hand in IAM",
				providers.ErrConflict, w.target, w.own.name)
		}
	}
	parts := make([]providers.Part, 0, len(steps))
	for _, step := range steps {
		parts = append(parts, providers.Part{Name: "take back agency " + step.Use.Name, Do: func() error {
			err := w.Take(ctx, step, func(ctx context.Context) error { return w.Client.DeleteAgency(ctx, step.Use.AgencyID) })
			if err != nil {
				return fmt.Errorf("agency %s: %w", step.Use.Name, err)
			}
			return nil
		}})
	}
	if err := providers.InOrder(parts...); err != nil {
		return err
	}
	w.run.note(w.target, false)
	return nil
}

// usesShared reports whether another type is or is to be authorized in the region: by the plan, by what the run did last, else
// by what the service says, unless the type's own agency has no role there.
func (w *writer) usesShared(ctx context.Context) (bool, error) {
	if w.known.keepsAnotherType(w.View, w.target) {
		return true, nil
	}
	for _, secretType := range types {
		other := target{w.target.region, secretType}
		if other == w.target {
			continue
		}
		is, known := w.run.noted(other)
		if !known {
			var err error
			if is, err = w.isUsed(ctx, other); err != nil {
				return false, err
			}
		}
		if is {
			return true, nil
		}
	}
	return false, nil
}

func (w *writer) isUsed(ctx context.Context, t target) (bool, error) {
	if is, err := w.ask(ctx, t, w.ProjectID); err != nil || !is {
		return false, err
	}
	agency, found, err := w.Client.AgencyNamed(ctx, w.run.own(t.secretType).name, w.Run.LeftOut()...)
	if err != nil || !found {
		return true, err
	}
	return hasGrants(ctx, w.Client, agency, w.ProjectID)
}

// hasGrants reports whether the agency has a role in the project; one that is gone meanwhile has none.
func hasGrants(ctx context.Context, client *directory.Client, agency directory.Agency, projectID string) (bool, error) {
	grants, err := client.ListGrants(ctx, agency.ID, directory.OneProject, projectID)
	if huaweicloud.IsAbsent(err) {
		return false, nil
	}
	return len(grants.All)+len(grants.Odd) > 0, err
}
