package iam

import (
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers/huaweicloud"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/directory"
)

// withoutOddGrants returns those agencies whose grants are all as documented, one by one, because no pattern says "all but these". Where
// a grant does not show whose it is, only listed agencies are left: [oddJudge] has found that it hides nothing of these.
func (l *lister) withoutOddGrants(byID map[string]addr.Address) (agencies []string) {
	names := map[string]bool{}
	for _, root := range l.covered.Within(directory.TypeAgency) {
		names[directory.NameOf(root.Address)] = true
	}
	if !slices.ContainsFunc(l.observed.grants.Odd, func(odd huaweicloud.Odd) bool { return odd.Of == "" }) {
		for _, agency := range byID {
			names[directory.NameOf(agency)] = true
		}
	}
	for _, odd := range l.observed.grants.Odd {
		if agency, listed := byID[odd.Of]; listed {
			delete(names, directory.NameOf(agency))
		}
	}
	for name := range names {
		if l.observed.names != nil && !slices.Contains(l.observed.names, name) || strings.ContainsAny(name, "*?") {
			continue // it was not read, or would cover others as a pattern
		}
		agencies = append(agencies, addr.Plain(name).String())
	}
	return agencies
}
