package serviceagency

import (
	"context"
	"slices"

	"github.com/agencyctl/agencyctl/providers/huaweicloud/directory"
)

// Use tells what one agency is granted, and with that which regions use it.
type Use struct {
	AgencyID string
	// Stranger is whom the agency trusts when that is no cloud service; "" when it is one, or when it is not told.
	Stranger string
	// Grants are sorted, each once.
	Grants []directory.Assignment
}

// ReadUse reads the agency of exactly that name and its grants in all scopes: one call for the list, which an observation
// shares, and one for each scope. Found is false when IAM lists no such agency.
func ReadUse(ctx context.Context, dir *directory.Directory, name string) (use Use, found bool, err error) {
	all, err := dir.Agencies(ctx)
	if err != nil {
		return Use{}, false, err
	}
	i := slices.IndexFunc(all, func(a directory.Agency) bool { return a.Name == name })
	if i < 0 {
		return Use{}, false, nil
	}
	grants, err := dir.ReadGrants(ctx, directory.GrantsRequest{
		Agencies: func(context.Context) ([]directory.Agency, error) { return all[i : i+1], nil },
		Each:     true,
	})
	if err != nil {
		return Use{}, false, err
	}
	return Use{AgencyID: all[i].ID, Stranger: stranger(all[i]), Grants: grants.Assignments}, true, nil
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

// Elsewhere returns the ids of the projects and enterprise projects where the agency has grants, but for the given ones;
// sorted. Grants in the whole account or in all projects belong to no region and do not count.
func (u Use) Elsewhere(projectIDs ...string) []string {
	var others []string
	for _, g := range u.Grants {
		if g.TargetID != "" && !(g.Scope == directory.OneProject && slices.Contains(projectIDs, g.TargetID)) {
			others = append(others, g.TargetID)
		}
	}
	slices.Sort(others)
	return slices.Compact(others)
}

// Serves reports whether the agency is there for the project: it has grants in it, or in no project at all. One that only
// has grants in others was made for another region.
func (u Use) Serves(projectID string) bool {
	return len(u.In(projectID)) > 0 || len(u.Elsewhere()) == 0
}
