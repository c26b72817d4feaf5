package serviceagency

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/directory"
)

// Use tells what one agency is granted, and with that which regions use it.
type Use struct {
	AgencyID, Name string
	// Stranger is whom the agency trusts when that is no cloud service; "" when it is one, or when it is not told.
	Stranger string
	// Grants are sorted, each once.
	Grants []directory.Assignment
	// Odd are the grants that are not as documented: each is there, or may be, and nobody knows what it gives and where.
	Odd []huaweicloud.Odd
	// Unread says which grants could not be read, in words. Whoever decides about the agency as a whole must take them
	// for being there.
	Unread []string
	// Hidden are the projects in which the grants were not read.
	Hidden directory.UnreadProjects
	// Serving are the projects that this run has authorized through the agency, which reads may not show yet.
	Serving []string
}

// UseIn tells the use of the agency of that name by live state as a plan sees it. Found is false when there is no such
// agency, and read when agencies were not read.
func UseIn(view *plan.View, name string) (use Use, found, read bool) {
	address := directory.AgencyAddress(name)
	live := view.Live(address)
	if live == nil {
		return Use{}, false, view.Covers(address)
	}
	use = Use{AgencyID: live.ID, Name: name, Stranger: strangerTo(live)}
	for _, child := range view.Children(address) {
		if grant, is := directory.GrantOf(child.Resource); is {
			use.Grants = append(use.Grants, directory.Assignment{
				AgencyID: live.ID, RoleID: child.Bindings[directory.BindingRole], Scope: grant.Place.Scope,
				TargetID: child.Bindings[grant.Place.Binding()],
			})
		}
	}
	if !coversGrants(view, name, directory.Domain) {
		use.Unread = []string{unreadOdd}
		return use, true, true
	}
	for _, scope := range directory.Scopes() {
		if !coversGrants(view, name, scope) {
			use.Unread = append(use.Unread, unreadIn(scope))
		}
	}
	slices.Sort(use.Unread)
	return use, true, true
}

// coversGrants reports whether all grants of the agency in a scope were read.
func coversGrants(view *plan.View, agency string, scope directory.Scope) bool {
	place := directory.Place{Scope: scope, Name: "*"}
	all, err := addr.ParsePattern(directory.TypeGrant + "/" + addr.Plain(agency).String() + "/" + place.Segment().String() + "/*")
	return err == nil && view.CoversAll(all)
}

// unreadOdd are grants that are not as documented, in words. Live state covers no grant of an agency that has one, and else always those
// in the whole account.
const unreadOdd = "grants that are not as documented"

// unreadIn names the grants of a scope that were not read.
func unreadIn(scope directory.Scope) string {
	switch scope {
	case directory.AllProjects:
		return "grants in all projects"
	case directory.OneProject:
		return "grants in some projects"
	case directory.EnterpriseProject:
		return "grants in enterprise projects"
	case directory.Domain:
	}
	return unreadOdd
}

// ReadUse reads the agency of exactly that name and its grants in all scopes: one call for the list, which an observation
// shares, and one for each scope, without what the run leaves unread. Found is false when IAM lists no such agency.
func ReadUse(ctx context.Context, dir *directory.Directory, name string, run *Run) (use Use, found bool, err error) {
	all, err := dir.AgenciesFor(ctx, run.leftOut, name)
	if err != nil {
		return Use{}, false, err
	}
	i := slices.IndexFunc(all, func(a directory.Agency) bool { return a.Name == name })
	if i < 0 {
		return Use{}, false, nil
	}
	use, err = useOf(ctx, dir, all[i], run.skipEnterpriseProjects)
	return use, err == nil, err
}

func useOf(ctx context.Context, dir *directory.Directory, agency directory.Agency, skipEnterpriseProjects bool) (Use, error) {
	grants, err := dir.GrantsOf(ctx, agency, skipEnterpriseProjects)
	if err != nil {
		return Use{}, err
	}
	return NewUse(agency, grants), nil
}

// NewUse tells the use of an agency from grants that were read before, others' among them.
func NewUse(agency directory.Agency, grants directory.Grants) Use {
	use := Use{AgencyID: agency.ID, Name: agency.Name, Stranger: stranger(agency), Hidden: grants.Unread}
	for _, g := range grants.Assignments {
		if g.AgencyID == agency.ID {
			use.Grants = append(use.Grants, g)
		}
	}
	for _, odd := range grants.Odd {
		if odd.Of == agency.ID || odd.Of == "" {
			use.Odd, use.Unread = append(use.Odd, odd), append(use.Unread, unreadOdd)
		}
	}
	for _, gap := range grants.Gaps {
		use.Unread = append(use.Unread, unreadIn(gap.Scope()))
	}
	slices.Sort(use.Unread)
	use.Unread = slices.Compact(use.Unread)
	return use
}

// CheckOdd returns an error where a grant is not as documented, which is about the roots: what cannot be read must not pass for absent.
func (u Use) CheckOdd(roots ...addr.Address) error {
	if len(u.Odd) == 0 {
		return nil
	}
	return &providers.RootError{Roots: roots, Err: fmt.Errorf(
		"one of the grants of agency/%s, through which the service works, is not as documented in the cloud's answer: %s; have it repaired",
		u.Name, u.Odd[0])}
}

// In returns the grants that hold in the project alone.
func (u Use) In(projectID string) []directory.Assignment {
	var own []directory.Assignment
	for _, g := range u.Grants {
		if g.Scope == directory.OneProject && g.TargetID == projectID {
			own = append(own, g)
		}
	}
	return own
}

// Elsewhere returns the ids of the other projects and of the enterprise projects where the agency has grants, and of the
// projects that this run has authorized; sorted. Grants in the whole account or in all projects belong to no region and do
// not count.
func (u Use) Elsewhere(projectID string) []string {
	var others []string
	for _, g := range u.Grants {
		if g.TargetID != "" && !(g.Scope == directory.OneProject && g.TargetID == projectID) {
			others = append(others, g.TargetID)
		}
	}
	others = append(others, slices.DeleteFunc(slices.Clone(u.Serving), func(id string) bool { return id == projectID })...)
	slices.Sort(others)
	return slices.Compact(others)
}

// Serves reports whether the agency is there for the project: it has grants in it, or in no project at all. One that only
// has grants in others was made for another region.
func (u Use) Serves(projectID string) bool {
	return len(u.In(projectID)) > 0 || len(u.Elsewhere("")) == 0
}

// Verdict is what taking one project's part away from an agency comes to.
type Verdict uint8

// The verdicts. The zero Verdict is invalid.
const (
	// Whole: nobody else has anything through the agency, so it goes.
	Whole Verdict = iota + 1
	// Part: others need it, so only the grants in the project go.
	Part
	// Nothing: others need it, and it has no grants in the project.
	Nothing
	// Unclear: it cannot be told whether others need it. Its grants hold in the whole account or in all projects, so that
	// they show no region, or some of its grants cannot be read.
	Unclear
)

// Judge decides by what the agency is granted. Staying says that others need the agency for another reason, such as a
// manifest that wants them authorized.
func (u Use) Judge(projectID string, staying bool) Verdict {
	here := len(u.In(projectID)) > 0
	known := staying || len(u.Elsewhere(projectID)) > 0
	switch {
	case here && (known || len(u.Unread) > 0) && u.isSpread():
		return Unclear // the project would keep what holds in all of them
	case here && (known || len(u.Unread) > 0):
		return Part
	case known:
		return Nothing
	case len(u.Unread) > 0, !here && len(u.Grants) > 0:
		return Unclear
	}
	return Whole
}

// isSpread reports whether the agency has grants in all projects at once.
func (u Use) isSpread() bool {
	return slices.ContainsFunc(u.Grants, func(g directory.Assignment) bool { return g.Scope == directory.AllProjects })
}

// unclear says in words why a verdict is [Unclear].
func (u Use) unclear() string {
	switch {
	case u.isSpread():
		return "some of its grants hold in all projects"
	case len(u.Unread) > 0:
		return strings.Join(u.Unread, " and ") + " are not read"
	}
	return "its grants hold in the whole account"
}

// stranger names whom the agency trusts when that is no cloud service; "" when it is one, or when it is not told.
func stranger(a directory.Agency) string {
	switch t, told := a.Trust(); {
	case !told, t.Kind == directory.TrustService:
		return ""
	case a.TrustName == "":
		return "the account with id " + a.TrustID
	}
	return a.TrustName
}

// strangerTo is [stranger] of a live resource.
func strangerTo(live *plan.Live) string {
	t, told := directory.TrustOf(live.Resource)
	switch {
	case !told, t.Kind == directory.TrustService:
		return ""
	case t.Kind == directory.TrustAccountID:
		return "the account with id " + t.Value
	}
	return t.Value
}
