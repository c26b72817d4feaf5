package serviceagency

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/directory"
)

// Removal is the taking away of an authorization in one project from one agency.
type Removal struct {
	// Agency is the name of the agency in IAM.
	Agency string
	// Project is the name of the project: that of the region.
	Project string
	// Staying are the projects that need the agency and are not to lose it, as far as the service or the manifest tells.
	Staying []string
	// Leaving are the other projects that are to lose the authorization too and read as authorized. That they are to is no
	// proof that they will: whoever is still there when this one goes needs the agency.
	Leaving []string
	// Optional says that an agency that is not there, or has nothing in the project, is no obstacle.
	Optional bool
}

// Sharing returns the other projects that share the agency of an authorization: those whose authorizations stay or are to be
// made, and those whose authorizations are to go. Shares reports whether an address goes through the same agency. Likely reports
// whether a live authorization that stays needs the agency, and there whether one that is to go still has a part of it.
func (p Provider) Sharing(
	view *plan.View, of addr.Address, count int, shares func(parts []string) bool, likely, there func(*plan.Live) bool,
) (staying, leaving []string) {
	own := p.Parts(of, count)
	for _, other := range view.Roots(func(a addr.Address) bool {
		parts := p.Parts(a, count)
		return parts != nil && parts[0] != own[0] && shares(parts)
	}) {
		project, live := p.Parts(other, count)[0], view.Live(other)
		switch {
		case view.Removes(other):
			if live != nil && there(live) {
				leaving = append(leaving, project)
			}
		case live != nil && likely(live), view.Wants(other): // one that this very plan makes would lose its agency
			staying = append(staying, project)
		}
	}
	return slices.Compact(staying), slices.Compact(leaving)
}

// IsLive is for [Provider.Sharing] where what is live needs its agency.
func IsLive(*plan.Live) bool { return true }

// ProjectID returns the id of the project of that name as live state knows it, "" for one that it does not know.
func ProjectID(view *plan.View, name string) string {
	projects := view.Catalogue().Named(directory.KindProject, name)
	if len(projects) == 0 {
		return ""
	}
	return projects[0].ID
}

// Words are how a service's removals are told to people.
type Words struct {
	// ByHand says how a person takes the authorization away, beginning with a verb or a place: "withdraw it in ...".
	ByHand string
	// Attribute is the one that an agency that stays behind is told with.
	Attribute string
}

// Removing tells why the removal of an authorization is left to a person, and what to do; nil when it is not.
func (p Provider) Removing(view *plan.View, words Words, removals ...Removal) []plan.Manual {
	var left []plan.Manual
	for _, r := range removals {
		instruction, unread := p.examine(view, words, r)
		if instruction != "" {
			return []plan.Manual{{Instruction: instruction}}
		}
		if unread != "" {
			left = append(left, plan.Manual{Attribute: words.Attribute, Instruction: fmt.Sprintf(
				"the agency %s stays, without grants in the region's project, because %s are not read; in IAM, delete it if it has no grant left",
				r.Agency, unread)})
		}
	}
	return left
}

// examine finds out whether a removal can be done: the instruction is for a person, where it cannot. Unread are the grants
// that are not read, where only these keep the agency.
func (p Provider) examine(view *plan.View, words Words, r Removal) (instruction, unread string) {
	if view.Protects(directory.AgencyAddress(r.Agency)) {
		return fmt.Sprintf("ownership.protect holds agency %s, through which %s is authorized: change that first, or %s", r.Agency, p.Title,
			words.ByHand), ""
	}
	use, found, read := UseIn(view, r.Agency)
	switch {
	case !read:
		return fmt.Sprintf("the credentials may not list agencies and their grants in IAM, so it cannot be told who else uses the agency %s: "+
			"allow that and plan again, or %s", r.Agency, words.ByHand), ""
	case !found && !r.Optional:
		return fmt.Sprintf("IAM lists no agency %s, so it cannot be told who else uses it: %s", r.Agency, words.ByHand), ""
	case !found:
		return "", ""
	case use.Stranger != "":
		return fmt.Sprintf("the agency %s, through which %s is authorized, trusts %s, which is no cloud service, so it is not removed: "+
			"look at it in IAM, and delete it there", r.Agency, p.Title, use.Stranger), ""
	}
	if instruction, unread = r.judge(view, words, use); instruction == "" && use.Judge(ProjectID(view, r.Project), r.isShared()) == Whole {
		if _, unexplained := p.accountGrants(view, r); len(unexplained) > 0 {
			return fmt.Sprintf("nobody explains what the agency %s has in the whole account, so it is not removed (%s): take that away in IAM, "+
				"or list it by agencies in an entry with state: absent, or %s", r.Agency, plan.SetValue(unexplained...), words.ByHand), ""
		}
	}
	return instruction, unread
}

// isShared reports whether other authorizations go through the agency.
func (r Removal) isShared() bool { return len(r.Staying)+len(r.Leaving) > 0 }

// accountGrants returns what holds in the whole account or in all projects: what the documentation, the service's answer or an entry
// explains, as the cloud's calls name it, and the addresses of the rest. The rest keeps the agency: somebody may rely on it.
func (p Provider) accountGrants(view *plan.View, r Removal) (explained map[directory.Assignment]bool, unexplained []string) {
	var agencies []Agency
	var listed []addr.Address
	for _, a := range view.Roots(p.isMember) {
		for _, agency := range p.Through(view, a) {
			if agency.Name == r.Agency && agency.Explains != nil {
				agencies = append(agencies, agency)
			}
		}
		if d := view.Desired(a); d != nil {
			listed = append(listed, statementsOf(d.Settings)[r.Agency].Grants...)
		}
	}
	live := view.Live(directory.AgencyAddress(r.Agency))
	if live == nil {
		return nil, nil
	}
	explained = map[directory.Assignment]bool{}
	for _, child := range view.Children(live.Address) {
		grant, _ := directory.GrantOf(child.Resource)
		scope := grant.Place.Scope
		if scope != directory.Domain && scope != directory.AllProjects {
			continue
		}
		role, _ := view.Catalogue().ByID(directory.KindRole, child.Bindings[directory.BindingRole])
		if slices.Contains(listed, child.Address) || scope == directory.Domain &&
			slices.ContainsFunc(agencies, func(a Agency) bool { return a.Explains(role, scope) }) {
			if assignment, ok := assignmentOf(live.ID, child); ok {
				explained[assignment] = true
			}
			continue
		}
		unexplained = append(unexplained, child.Address.String())
	}
	return explained, unexplained
}

// judge says what the use of the agency means for the removal; see [Provider.examine].
func (r Removal) judge(view *plan.View, words Words, use Use) (instruction, unread string) {
	projectID := ProjectID(view, r.Project)
	others := use.Elsewhere(projectID)
	switch verdict := use.Judge(projectID, r.isShared()); {
	case verdict == Nothing && !r.Optional:
		return fmt.Sprintf("the agency %s has no grants of this region alone, and is still needed by %s: withdraw the authorization there too, "+
			"or revoke in IAM what only this region needs", r.Agency, cmp.Or(r.needing(view, use, others),
			"the other regions that are to lose it")), ""
	case verdict == Unclear:
		return fmt.Sprintf("what the agency %s is granted does not show which regions use it (%s): %s", r.Agency, use.unclear(), words.ByHand), ""
	case verdict == Part && len(use.Unread) > 0 && len(r.Staying) == 0 &&
		!slices.ContainsFunc(others, func(id string) bool { return r.stays(view, id) }):
		return "", strings.Join(use.Unread, ", ")
	}
	return "", ""
}

// stays reports whether a project is none of those that are to lose the authorization too.
func (r Removal) stays(view *plan.View, projectID string) bool {
	return !slices.ContainsFunc(r.Leaving, func(name string) bool { return ProjectID(view, name) == projectID })
}

// needing names for people who else needs the agency; a project without a name keeps its id.
func (r Removal) needing(view *plan.View, use Use, others []string) string {
	all := slices.Concat(r.Staying, use.Unread)
	for _, id := range others {
		if project, known := view.Catalogue().ByID(directory.KindProject, id); known {
			id = project.Name
		}
		all = append(all, id)
	}
	slices.Sort(all)
	return strings.Join(slices.Compact(all), ", ")
}
