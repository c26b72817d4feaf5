package csms

import (
	"fmt"
	"slices"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/serviceagency"
)

// The attributes. Granted is what the service says of itself: that it may rotate secrets of the type. Missing is what
// IAM lacks for that, in words, because the service may say yes all the same; nothing should be missing.
const (
	granted = "granted"
	missing = "missing"
)

// Expand implements [providers.Provider]: one resource for each of secretTypes, named authorization/csms/REGION/TYPE.
func (p Provider) Expand(m *plan.Manifest) ([]plan.Desired, []plan.Problem) {
	var desired []plan.Desired
	entries, problems := p.Entries(m)
	for _, entry := range entries {
		items := entry.Get("secretTypes").Elements()
		agency := entry.Get("agency")
		if agency != nil && len(items) > 1 {
			problems = append(problems, plan.Problem{
				At: agency.Position(), Summary: "one agency for several secret types",
				Detail: "each secret type has an agency of its own", Hint: "write one entry for each secret type",
			})
			continue
		}
		if agency != nil && slices.Contains(foreignNames(items), agency.String()) {
			problems = append(problems, plan.Problem{
				At: agency.Position(), Summary: "agency of another secret type",
				Detail: fmt.Sprintf("%q is not the agency that this secret type has of its own", agency),
				Hint:   "remove the key, or write the name of its own agency",
			})
			continue
		}
		for _, item := range items {
			d := entry.Desired(p.Address(entry.Region, item.String()), item.Position())
			if agency != nil {
				d.Settings = plan.Attributes{serviceagency.SettingAgency: plan.StringValue(agency.String())}
				d.Sources.Set("agency", agency.Position())
			}
			problems = append(problems, p.State(&d, entry.Node, m)...)
			if !d.Absent {
				d.Attributes = plan.Attributes{granted: plan.BoolValue(true), missing: plan.SetValue()}
			}
			desired = append(desired, d)
		}
	}
	problems = append(problems, p.CheckStated(desired)...)
	return desired, append(problems, serviceagency.ShareNames(desired, p.sortOf)...)
}

// foreignNames are the names of agencies that the entry's one secret type cannot have of its own.
func foreignNames(items []*plan.Node) []string {
	names := []string{SharedAgency}
	for secretType, own := range ownAgencies() {
		if len(items) > 0 && secretType != items[0].String() {
			names = append(names, own.name)
		}
	}
	return names
}

// sortOf is what an agency differs by: each secret type has its own.
func (p Provider) sortOf(a addr.Address) string {
	t, _ := p.targetOf(a)
	return t.secretType
}

// Collapse implements [providers.Provider]: one entry for each region, with the types that are there.
func (p Provider) Collapse(live []plan.Live, _ *plan.Catalogue) map[string][]*plan.Node {
	return p.Collapsed(live, "secretTypes", func(l *plan.Live) (region string, values []string, ok bool) {
		t, ok := p.targetOf(l.Address)
		return t.region, []string{t.secretType}, ok
	})
}
