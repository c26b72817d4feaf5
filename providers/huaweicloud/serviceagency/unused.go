package serviceagency

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/directory"
)

// Unused implements [providers.UseTeller]: the service's agencies that no live authorization goes through. It says nothing where a place of
// the service was not read, but for those where it is not offered.
func (p Provider) Unused(s *plan.Snapshot) []plan.UnusedRoot {
	if !p.isRead(s) {
		return nil
	}
	view := plan.NewView(s, plan.Ownership{}, nil)
	used := map[string]bool{}
	for _, a := range view.Roots(p.isMember) {
		for _, agency := range p.Through(view, a) {
			used[agency.Name] = true
		}
	}
	var unused []plan.UnusedRoot
	for _, name := range slices.Sorted(maps.Keys(p.Agencies)) {
		if a := directory.AgencyAddress(name); !used[name] && view.Live(a) != nil {
			reason := fmt.Sprintf("no authorization of %s was found that goes through it", p.Title)
			unused = append(unused, plan.UnusedRoot{Address: a, Reason: reason})
		}
	}
	return unused
}

// isRead reports whether the service was read in every place where it may be authorized.
func (p Provider) isRead(s *plan.Snapshot) bool {
	if slices.ContainsFunc(s.NotRead, func(n plan.NotRead) bool {
		return strings.Contains(n.Subject, p.Service) && n.Reason != reasonNotOffered
	}) {
		return false
	}
	isGap := func(gap addr.Pattern) bool { return gap.Below(p.Prefix()) }
	reads := func(read addr.Pattern) bool { return read.Below(p.Prefix()) }
	return !slices.ContainsFunc(s.Gaps, isGap) && slices.ContainsFunc(s.Coverage, reads)
}

// cutOff returns the entries whose agencies all trust somebody else than the service, sorted. One that could not be read may trust it.
func cutOff(agencies map[string]*shared) (entries []addr.Address) {
	trusted := map[addr.Address]bool{}
	for _, s := range agencies {
		t, told := s.trust()
		other := told && !s.trustIsRight(t) && (t.Kind != directory.TrustService || s.trustKnown() != "")
		for _, entry := range s.entries {
			trusted[entry] = trusted[entry] || !other
		}
	}
	for entry, is := range trusted {
		if !is {
			entries = append(entries, entry)
		}
	}
	slices.SortFunc(entries, addr.Compare)
	return entries
}
