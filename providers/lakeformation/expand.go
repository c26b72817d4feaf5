package lakeformation

import "github.com/agencyctl/agencyctl/plan"

const (
	// keyTypes is the key of an entry that names its resources.
	keyTypes = "agencyTypes"
	// authorized: the agency exists and covers what the service requires.
	authorized = "authorized"
	// missing is the set of actions that the agency lacks. Nobody asks for any, so each one is drift.
	missing = "missing"
	// agency is the name of the agency in IAM. The service chooses it, so it is shown and never desired.
	agency = "agency"
)

// Expand implements [providers.Provider]: one resource for each of agencyTypes, named authorization/lakeformation/REGION/TYPE.
func (p Provider) Expand(m *plan.Manifest) ([]plan.Desired, []plan.Problem) {
	var desired []plan.Desired
	entries, problems := p.Entries(m)
	for _, entry := range entries {
		for _, item := range entry.Get(keyTypes).Elements() {
			d := entry.Desired(p.Address(entry.Region, item.String()), item.Position())
			problems = append(problems, p.State(&d, entry.Node, m)...)
			if !d.Absent {
				d.Attributes = plan.Attributes{authorized: plan.BoolValue(true), missing: plan.SetValue()}
			}
			desired = append(desired, d)
		}
	}
	return desired, append(problems, p.CheckStated(desired)...)
}

// Collapse implements [providers.Provider]: one entry for each region, with the types that are there.
func (p Provider) Collapse(live []plan.Live, _ *plan.Catalogue) map[string][]*plan.Node {
	return p.Collapsed(live, keyTypes, func(l *plan.Live) (region string, values []string, ok bool) {
		region, agencyType, ok := p.parts(l.Address)
		return region, []string{agencyType}, ok
	})
}
