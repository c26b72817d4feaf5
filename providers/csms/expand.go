package csms

import (
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud"
)

// The attributes. Granted is what the service says of itself: that it may rotate secrets of the type. Missing is what
// IAM lacks for that, in words, because the service may say yes all the same; nothing should be missing.
const (
	granted = "granted"
	missing = "missing"
)

// Expand implements [providers.Provider]: one resource for each of secretTypes, named authorization/csms/REGION/TYPE.
func (Provider) Expand(m *plan.Manifest) ([]plan.Desired, []plan.Problem) {
	var desired []plan.Desired
	entries, problems := providers.RegionalEntriesOf(m, section, service)
	problems = append(problems, huaweicloud.NotOffered(m, section, service, endpoint)...)
	for _, entry := range entries {
		for _, item := range entry.Get("secretTypes").Elements() {
			d := entry.Desired(target{entry.Region, item.String()}.address(), item.Position())
			if !d.Absent {
				d.Attributes = plan.Attributes{granted: plan.BoolValue(true), missing: plan.SetValue()}
			}
			desired = append(desired, d)
		}
	}
	return desired, problems
}
