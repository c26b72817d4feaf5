package csms

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/directory"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/serviceagency"
)

// tries is how often an authorization with unknown outcome is sent. A repetition makes nothing twice: agencies have
// unique names.
const tries = 3

// authorize tells the service to make its agencies. An answer of success may hold failures of single agencies, and a
// service that was authorized before may call that a failure too; so what is there decides.
func (r *Remote) authorize(ctx context.Context, t target, projectID string) error {
	if err := serviceagency.CheckTrustOf(ctx, r.client, agencyTitle, SharedAgency, r.own[t.secretType].name); err != nil {
		return err
	}
	for try := 1; ; try++ {
		outcomes, err := r.post(ctx, t, projectID)
		if err != nil && !isUnknown(err) {
			return err
		}
		if err == nil {
			err = refusal(t, outcomes)
			if err == nil {
				r.note(t, true)
				return nil
			}
			if done, looked := r.isDone(ctx, t, projectID, outcomes); looked == nil && done {
				r.note(t, true)
				return nil
			}
			return err
		}
		done, looked := r.isDone(ctx, t, projectID, nil)
		switch {
		case looked != nil:
			return fmt.Errorf("it is unknown whether csms was authorized for %s: %w (after: %w)", t, looked, err)
		case done:
			r.note(t, true)
			return nil
		case try == tries:
			return fmt.Errorf("csms is not authorized for %s after %d attempts: %w", t, tries, err)
		}
		if waited := serviceagency.Wait(ctx, r.pause); waited != nil {
			return fmt.Errorf("%w (while waiting after: %w)", waited, err)
		}
	}
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

// isDone reports whether the service says that it is authorized and IAM shows all its agencies whose names are known, each with
// a role in the project.
func (r *Remote) isDone(ctx context.Context, t target, projectID string, outcomes []outcome) (bool, error) {
	if is, err := r.ask(ctx, t, projectID); err != nil || !is {
		return false, err
	}
	own := r.own[t.secretType]
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
func (r *Remote) withdraw(ctx context.Context, t target, projectID string) error {
	own := r.own[t.secretType]
	parts := make([]part, 0, 2)
	first, err := r.partOf(ctx, own.name, projectID)
	if err != nil {
		return err
	}
	if first.agency.ID != "" {
		parts = append(parts, first)
	} else if own.guessed {
		if is, err := r.ask(ctx, t, projectID); err != nil {
			return err
		} else if is {
			return fmt.Errorf("%w: csms is authorized for %s through an agency that is not named %s, so it must be taken back by hand in IAM",
				providers.ErrConflict, t, own.name)
		}
	}
	used, err := r.usesShared(ctx, t, projectID)
	if err != nil {
		return err
	}
	if !used {
		shared, err := r.partOf(ctx, SharedAgency, projectID)
		if err != nil {
			return err
		}
		if shared.agency.ID != "" {
			parts = append(parts, shared)
		}
	}
	for _, p := range parts {
		if err := r.remove(ctx, p); err != nil {
			return fmt.Errorf("agency %s: %w", p.agency.Name, err)
		}
	}
	r.note(t, false)
	return nil
}

// usesShared reports whether another type is authorized in the region: by what this Remote did last, else by what the
// service says, unless the type's own agency has no role there.
func (r *Remote) usesShared(ctx context.Context, t target, projectID string) (bool, error) {
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
	agency, found, err := r.client.AgencyNamed(ctx, r.own[t.secretType].name)
	if err != nil || !found {
		return true, err
	}
	return hasGrants(ctx, r.client, agency, projectID)
}

// hasGrants reports whether the agency has a role in the project; one that is gone meanwhile has none.
func hasGrants(ctx context.Context, client *directory.Client, agency directory.Agency, projectID string) (bool, error) {
	grants, err := client.ListGrants(ctx, agency.ID, directory.OneProject, projectID)
	if errors.Is(err, providers.ErrNotFound) {
		return false, nil
	}
	return len(grants) > 0, err
}

// part is one agency with what a removal in one project takes from it.
type part struct {
	agency directory.Agency
	// here are its grants in the project; elsewhere is set when it has others, or may have.
	here      []directory.Assignment
	elsewhere bool
}

// partOf reads an agency with all its grants; an agency that is not there has no id.
func (r *Remote) partOf(ctx context.Context, name, projectID string) (part, error) {
	agency, found, err := r.client.AgencyNamed(ctx, name)
	if err != nil || !found {
		return part{}, err
	}
	if err := serviceagency.CheckTrust(agency, agencyTitle); err != nil {
		return part{}, fmt.Errorf("%w; it is left alone", err)
	}
	r.mu.Lock()
	skip, revoked := r.skipEnterpriseProjects, maps.Clone(r.revoked)
	r.mu.Unlock()
	grants, err := directory.New(r.client).ReadGrants(ctx, directory.GrantsRequest{
		Agencies: func(context.Context) ([]directory.Agency, error) { return []directory.Agency{agency}, nil },
		Each:     true, SkipEnterpriseProjects: skip,
	})
	if err != nil {
		return part{}, err
	}
	p := part{agency: agency, elsewhere: skip}
	for _, a := range grants.Assignments {
		switch {
		case a.AgencyID != agency.ID || revoked[a]:
		case a.Scope == directory.OneProject && a.TargetID == projectID:
			p.here = append(p.here, a)
		default:
			p.elsewhere = true
		}
	}
	return p, nil
}

// remove deletes the agency, or where it is needed elsewhere takes its grants in the project.
func (r *Remote) remove(ctx context.Context, p part) error {
	if !p.elsewhere {
		return r.client.DeleteAgency(ctx, p.agency.ID)
	}
	for _, a := range p.here {
		if err := r.client.Revoke(ctx, a); err != nil {
			return err
		}
		r.mu.Lock()
		r.revoked[a] = true
		r.mu.Unlock()
	}
	return nil
}
