package serviceagency

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/directory"
)

// Bindings that carry a Removal from the reading to the plan and on to the write. None of them is compared.
const (
	bindingAgency  = "agency"
	bindingLeaving = "leaving"
	bindingStaying = "staying"
	// bindingStranger is whom the agency trusts, where that is no cloud service.
	bindingStranger = "stranger"
	// bindingByHand says why the removal is left to a person, by one of the words below.
	bindingByHand = "byHand"
)

const (
	// byHandRefused: IAM does not let the credentials see who uses the agency.
	byHandRefused = "refused"
	// byHandHidden: IAM does not list the agency.
	byHandHidden = "hidden"
	// byHandShared: others need the agency, and nothing of what it is granted belongs to the region alone.
	byHandShared = "shared"
	// byHandProtected: ownership.protect holds the agency.
	byHandProtected = "protected"
	// byHandStranger: the agency trusts somebody else, so it is not the service's.
	byHandStranger = "stranger"
)

// Removal is the taking away of an authorization in one region.
type Removal struct {
	// Agency is the name of the agency in IAM.
	Agency string
	// ProjectID is the project of the region.
	ProjectID string
	// Leaving are the projects of the other regions where the same plan takes the authorization away too.
	Leaving []string
	// Staying are the regions that go on needing the agency, as far as the service itself tells.
	Staying []string
}

// Wanted reports whether the manifest wants the authorization to be there.
func Wanted(request providers.ObserveRequest, a plan.Address) bool {
	return slices.ContainsFunc(request.Desired, func(d plan.Desired) bool { return d.Address == a && !d.Absent })
}

// Examine finds out whether the removal can be done, and returns it as bindings of the live resource. A refusal by IAM,
// or an agency that the manifest protects or that trusts somebody else, is no error: the plan then leaves the removal to a
// person.
func (r Removal) Examine(ctx context.Context, dir *directory.Directory, owned plan.Ownership) (bindings map[string]string, err error) {
	bindings = map[string]string{bindingAgency: r.Agency}
	if held := plan.NewAddress("agency", plan.Plain(r.Agency)); owned.Protects(held, held) {
		bindings[bindingByHand] = byHandProtected
		return bindings, nil
	}
	put := func(name string, values []string) {
		if len(values) > 0 {
			slices.Sort(values)
			bindings[name] = strings.Join(slices.Compact(values), ",")
		}
	}
	put(bindingLeaving, slices.Clone(r.Leaving))
	staying := slices.Clone(r.Staying)
	use, found, err := ReadUse(ctx, dir, r.Agency)
	switch {
	case errors.Is(err, providers.ErrDenied):
		bindings[bindingByHand] = byHandRefused
	case err != nil:
		return nil, fmt.Errorf("find out who uses the agency %s: %w", r.Agency, err)
	case !found:
		bindings[bindingByHand] = byHandHidden
	case use.Stranger != "":
		bindings[bindingByHand], bindings[bindingStranger] = byHandStranger, use.Stranger
	default:
		others := use.Elsewhere(append([]string{r.ProjectID}, r.Leaving...)...)
		names, err := projectNames(ctx, dir, others)
		if err != nil {
			return nil, err
		}
		staying = append(staying, names...)
		if len(staying) > 0 && len(use.In(r.ProjectID)) == 0 {
			bindings[bindingByHand] = byHandShared
		}
	}
	put(bindingStaying, staying)
	return bindings, nil
}

// projectNames names projects for people; one without a name keeps its id.
func projectNames(ctx context.Context, dir *directory.Directory, ids []string) ([]string, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	projects, err := dir.Projects(ctx)
	if err != nil {
		return nil, err
	}
	names := slices.Clone(ids)
	for i, id := range names {
		if k := slices.IndexFunc(projects, func(p directory.Project) bool { return p.ID == id }); k >= 0 {
			names[i] = projects[k].Name
		}
	}
	return names, nil
}

// Manual tells why the removal of a live resource is left to a person, and what to do; nil when it is not. Service is the
// service's name as people know it.
func Manual(before *plan.Live, service string) []plan.Manual {
	agency, staying := before.Bindings[bindingAgency], before.Bindings[bindingStaying]
	var instruction string
	switch before.Bindings[bindingByHand] {
	case byHandRefused:
		instruction = fmt.Sprintf("the credentials may not list agencies and their grants in IAM, so it cannot be told who else uses the agency %s: "+
			"allow that and plan again, or withdraw the authorization in the console of %s", agency, service)
	case byHandHidden:
		instruction = fmt.Sprintf("IAM lists no agency %s, so it cannot be told who else uses it: withdraw the authorization in the console of %s",
			agency, service)
	case byHandShared:
		instruction = fmt.Sprintf("the agency %s has no grants of this region alone, and is still needed by %s: withdraw the authorization there too, "+
			"or revoke in IAM what only this region needs", agency, staying)
	case byHandStranger:
		instruction = fmt.Sprintf("the agency %s, through which %s is authorized, trusts %s, which is no cloud service, so it is not removed: "+
			"look at it in IAM, and delete it there", agency, service, before.Bindings[bindingStranger])
	case byHandProtected:
		instruction = fmt.Sprintf("ownership.protect holds agency %s, through which %s is authorized: change that first, "+
			"or withdraw the authorization in the console of %s", agency, service, service)
	default:
		return nil
	}
	return []plan.Manual{{Instruction: instruction}}
}

// Remove takes the authorization of resource away in the project. When nobody else needs the agency, whole removes it by
// the service's own call; else the grants that the agency has in the project are revoked, each by its exact ids. Who needs
// it is read anew: a plan may be old. Safe to repeat.
func Remove(ctx context.Context, client *directory.Client, resource plan.Resource, agency, projectID string, whole func(context.Context) error) error {
	use, found, err := ReadUse(ctx, directory.New(client), agency)
	if err != nil {
		return fmt.Errorf("find out who uses the agency %s: %w", agency, err)
	}
	if !found {
		return fmt.Errorf("%w: IAM lists no agency %s, so it cannot be told who else uses it; nothing was removed", providers.ErrConflict, agency)
	}
	if use.Stranger != "" {
		return fmt.Errorf("%w: the agency %s trusts %s, which is no cloud service; nothing was removed", providers.ErrConflict, agency, use.Stranger)
	}
	going := []string{projectID}
	if leaving := resource.Bindings[bindingLeaving]; leaving != "" {
		going = append(going, strings.Split(leaving, ",")...)
	}
	if resource.Bindings[bindingStaying] == "" && len(use.Elsewhere(going...)) == 0 {
		return whole(ctx)
	}
	grants := use.In(projectID)
	if len(grants) == 0 {
		return fmt.Errorf("%w: the agency %s has no grants of this region alone and others need it; nothing was removed", providers.ErrConflict, agency)
	}
	for _, grant := range grants {
		if err := client.Revoke(ctx, grant); err != nil {
			return fmt.Errorf("revoke what the agency %s has in the region's project: %w", agency, err)
		}
	}
	return nil
}
