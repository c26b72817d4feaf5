package serviceagency

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/directory"
)

// Bindings that carry a Removal from the reading to the plan and on to the write, each with the removal's Role behind it.
// None of them is compared.
const (
	bindingAgency = "agency"
	// bindingStaying names the regions that go on needing the agency, for people.
	bindingStaying = "staying"
	// bindingWanted is set where some of those are known from something else than the agency's grants.
	bindingWanted = "wanted"
	// bindingLeaving begins bindings of the other regions that are to lose the authorization too, with the ids of their
	// projects.
	bindingLeaving = "leaving:"
	// bindingStranger is whom the agency trusts, where that is no cloud service.
	bindingStranger = "stranger"
	// bindingUnread says which grants are not read, where only these keep the agency.
	bindingUnread = "unread"
	// bindingReason is why that is unclear, in words.
	bindingReason = "reason"
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
	// byHandUnclear: it cannot be told whether others need the agency.
	byHandUnclear = "unclear"
	// byHandProtected: ownership.protect holds the agency.
	byHandProtected = "protected"
	// byHandStranger: the agency trusts somebody else, so it is not the service's.
	byHandStranger = "stranger"
)

// Removal is the taking away of an authorization in one region from one agency.
type Removal struct {
	// Agency is the name of the agency in IAM.
	Agency string
	// Role tells the agencies of one authorization apart; "" where it has only one.
	Role string
	// ProjectID is the project of the region.
	ProjectID string
	// Staying are the regions that need the agency and are not to lose it, as far as the service or the manifest tells.
	Staying []string
	// Leaving are the other regions that are to lose the authorization too and read as authorized, with the ids of their
	// projects. That they are to is no proof that they will: whoever is still there when this one goes needs the agency.
	Leaving map[string]string
	// Optional says that an agency that is not there, or has nothing in the project, is no obstacle.
	Optional bool
	// SkipEnterpriseProjects leaves grants in enterprise projects unread.
	SkipEnterpriseProjects bool
}

// SkipsEnterpriseProjects reports whether the manifest leaves grants in enterprise projects alone.
func SkipsEnterpriseProjects(m *plan.Manifest) bool {
	return slices.Contains(m.NotRead, huaweicloud.PartEnterpriseProjects)
}

// Wanted reports whether the manifest wants the authorization to be there.
func Wanted(request providers.ObserveRequest, a addr.Address) bool {
	return slices.ContainsFunc(request.Desired, func(d plan.Desired) bool { return d.Address == a && !d.Absent })
}

// Leaves reports whether the manifest wants the authorization gone, by a tombstone or by pruning, and lets it go. In a
// narrow observation nothing leaves.
func Leaves(request providers.ObserveRequest, a addr.Address) bool {
	owned := request.Manifest.Ownership
	if owned.Protects(a, a) || request.Only != nil {
		return false
	}
	i := slices.IndexFunc(request.Desired, func(d plan.Desired) bool { return d.Address == a })
	if i >= 0 {
		return request.Desired[i].Absent
	}
	return owned.Prune && owned.Owns(a)
}

// Examine finds out whether the removal can be done, and returns it as bindings of the live resource. A refusal by IAM,
// or an agency that the manifest protects or that trusts somebody else, is no error: the plan then leaves the removal to a
// person.
func (r Removal) Examine(ctx context.Context, dir *directory.Directory, owned plan.Ownership) (bindings map[string]string, err error) {
	bindings = map[string]string{bindingAgency + r.Role: r.Agency}
	if held := addr.New("agency", addr.Plain(r.Agency)); owned.Protects(held, held) {
		bindings[bindingByHand+r.Role] = byHandProtected
		return bindings, nil
	}
	use, found, err := ReadUse(ctx, dir, r.Agency, r.SkipEnterpriseProjects)
	switch {
	case errors.Is(err, providers.ErrDenied):
		bindings[bindingByHand+r.Role] = byHandRefused
	case err != nil:
		return nil, fmt.Errorf("find out who uses the agency %s: %w", r.Agency, err)
	case !found && !r.Optional:
		bindings[bindingByHand+r.Role] = byHandHidden
	case !found:
	case use.Stranger != "":
		bindings[bindingByHand+r.Role], bindings[bindingStranger+r.Role] = byHandStranger, use.Stranger
	default:
		if err := r.judge(ctx, dir, use, bindings); err != nil {
			return nil, err
		}
	}
	return bindings, nil
}

// judge puts into bindings what the use of the agency means.
func (r Removal) judge(ctx context.Context, dir *directory.Directory, use Use, bindings map[string]string) error {
	others := use.Elsewhere(r.ProjectID)
	names, err := projectNames(ctx, dir, others)
	if err != nil {
		return err
	}
	known := len(r.Staying)+len(r.Leaving) > 0
	switch verdict := use.Judge(r.ProjectID, known); {
	case verdict == Nothing && !r.Optional:
		bindings[bindingByHand+r.Role] = byHandShared
	case verdict == Unclear:
		bindings[bindingByHand+r.Role], bindings[bindingReason+r.Role] = byHandUnclear, use.unclear()
	case verdict == Part && len(use.Unread) > 0 && len(r.Staying) == 0 && !slices.ContainsFunc(others, r.stays):
		bindings[bindingUnread+r.Role] = strings.Join(use.Unread, ", ")
	}
	if bindings[bindingByHand+r.Role] != "" { // for the words of the instruction alone: it changes as others come and go
		staying := slices.Concat(r.Staying, names, use.Unread)
		slices.Sort(staying)
		bindings[bindingStaying+r.Role] = strings.Join(slices.Compact(staying), ", ")
	}
	for region, projectID := range r.Leaving {
		bindings[bindingLeaving+region+r.Role] = projectID
	}
	if len(r.Staying) > 0 {
		bindings[bindingWanted+r.Role] = "true"
	}
	return nil
}

// stays reports whether a project is none of those that are to lose the authorization too.
func (r Removal) stays(projectID string) bool {
	for _, leaving := range r.Leaving {
		if leaving == projectID {
			return false
		}
	}
	return true
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

// Words are how a service's removals are told to people.
type Words struct {
	// Service is its name.
	Service string
	// ByHand says how a person takes the authorization away, beginning with a verb or a place: "withdraw it in ...".
	ByHand string
	// Attribute is the one that an agency that stays behind is told with.
	Attribute string
	// Roles are those of the agencies.
	Roles []string
}

// Manual tells why the removal of a live resource is left to a person, and what to do; nil when it is not.
func Manual(before *plan.Live, words Words) []plan.Manual {
	var left []plan.Manual
	for _, role := range words.Roles {
		if instruction := byHand(before.Bindings, role, words); instruction != "" {
			return []plan.Manual{{Instruction: instruction}}
		}
		if unread := before.Bindings[bindingUnread+role]; unread != "" {
			left = append(left, plan.Manual{Attribute: words.Attribute, Instruction: fmt.Sprintf(
				"the agency %s stays, without grants in the region's project, because %s are not read; in IAM, delete it if it has no grant left",
				before.Bindings[bindingAgency+role], unread)})
		}
	}
	return left
}

func byHand(bindings map[string]string, role string, words Words) string {
	agency, staying := bindings[bindingAgency+role], bindings[bindingStaying+role]
	switch bindings[bindingByHand+role] {
	case byHandRefused:
		return fmt.Sprintf("the credentials may not list agencies and their grants in IAM, so it cannot be told who else uses the agency %s: "+
			"allow that and plan again, or %s", agency, words.ByHand)
	case byHandHidden:
		return fmt.Sprintf("IAM lists no agency %s, so it cannot be told who else uses it: %s", agency, words.ByHand)
	case byHandShared:
		return fmt.Sprintf("the agency %s has no grants of this region alone, and is still needed by %s: withdraw the authorization there too, "+
			"or revoke in IAM what only this region needs", agency, cmp.Or(staying, "the other regions that are to lose it"))
	case byHandUnclear:
		return fmt.Sprintf("what the agency %s is granted does not show which regions use it (%s): %s", agency, bindings[bindingReason+role], words.ByHand)
	case byHandStranger:
		return fmt.Sprintf("the agency %s, through which %s is authorized, trusts %s, which is no cloud service, so it is not removed: "+
			"look at it in IAM, and delete it there", agency, words.Service, bindings[bindingStranger+role])
	case byHandProtected:
		return fmt.Sprintf("ownership.protect holds agency %s, through which %s is authorized: change that first, or %s", agency, words.Service, words.ByHand)
	}
	return ""
}
