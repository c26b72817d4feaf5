package serviceagency

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/directory"
)

// The reasons why a place of a service was not looked at, and what IAM shows of it.
const (
	reasonDisabled   = "its project is disabled"
	reasonNotOffered = "the service is not offered there"
	reasonRefused    = "the service refuses to be read there"
	reasonGrant      = "no entry mentions it, and an agency of the service holds a grant there"
	reasonGrants     = "no entry mentions them, and agencies of the service hold grants there"
	reasonWide       = "no entry mentions it, and its agency %s holds grants, in no region's project"
	reasonBare       = "no entry mentions it, and its agency %s is there, without grants"
	reasonNothing    = "no entry mentions it, and IAM has no agency that is known as its own"
	reasonBlind      = "no entry mentions it, and IAM does not tell whether it has an agency"
)

// NotReadWords implements [providers.Provider]: the service as a whole, or in one place.
func (p Provider) NotReadWords() []string { return []string{p.Service, p.Service + ":"} }

// part is the word for the service in a place.
func (p Provider) part(place string) string { return p.Service + ":" + place }

// leavesOut reports whether the manifest leaves the service unread in the place.
func (p Provider) leavesOut(covered providers.Coverage, place string) bool {
	return covered.LeavesOut(p.Service) || covered.LeavesOut(p.part(place))
}

// unread is the one element for all places with the reason; the places are sorted.
func (p Provider) unread(reason string, places ...string) plan.NotRead {
	n := plan.NotRead{Subject: p.Service, Reason: reason, Regions: slices.Sorted(slices.Values(places))}
	if len(places) == 1 {
		n.Subject = p.part(places[0])
	}
	return n
}

// placeIn returns the region or project in an address of the service, "" for any other address.
func (p Provider) placeIn(a addr.Address) string {
	if !p.isMember(a) {
		return ""
	}
	return placeOf(a)
}

// authorizations returns the addresses that the service has in a place.
func (p Provider) authorizations(place string) []addr.Address {
	if len(p.Kinds) == 0 {
		return []addr.Address{p.Address(place)}
	}
	all := make([]addr.Address, 0, len(p.Kinds))
	for _, kind := range p.Kinds {
		all = append(all, p.Address(place, kind))
	}
	return all
}

// agencies returns the names of the service's agencies: those that are known, and those that the manifest gives.
func (p Provider) agencies(covered providers.Coverage) []string {
	names := slices.Collect(maps.Keys(p.Agencies))
	for _, root := range covered.Within(p.Prefix()) {
		if name := AgencyOf(root.Settings); name != "" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// placeOfProject returns the place that a project belongs to: itself, or the region in which it is. ok is false for a project that lies in
// no region, such as that of object storage.
func (p Provider) placeOfProject(project string) (place string, ok bool) {
	region := regionOf(project)
	if region == "" {
		return "", false
	}
	if p.Projects {
		return project, true
	}
	return region, true
}

// isPlace reports whether the service can be authorized in a project: that of a region, or any of a region where the service is
// called in projects.
func (p Provider) isPlace(project string) bool {
	place, ok := p.placeOfProject(project)
	return ok && place == project
}

// regionOf returns the region in which a project is, as its name says: a subproject is named REGION_NAME. "" for a project of no
// region.
func regionOf(project string) string {
	region, _, _ := strings.Cut(project, "_")
	if !strings.Contains(region, "-") || region != strings.ToLower(region) {
		return ""
	}
	return region
}

// NotCovered implements [providers.Provider]. It looks the service's agencies up in IAM's part of the snapshot: a place in whose
// project one of them holds a grant is named.
func (p Provider) NotCovered(s *plan.Snapshot, covered providers.Coverage) []plan.NotRead {
	var all []plan.NotRead
	known := map[string]bool{} // the places that were read, or of which it is said that they were not
	for _, part := range covered.NotRead {
		switch place, inPlace := strings.CutPrefix(part, p.Service+":"); {
		case part == p.Service:
			return []plan.NotRead{{Subject: part, Reason: directory.ReasonLeftOut}}
		case inPlace:
			all, known[place] = append(all, p.unread(directory.ReasonLeftOut, place)), true
		}
	}
	for _, read := range s.Coverage {
		if a, err := addr.Parse(read.String()); err == nil && p.placeIn(a) != "" {
			known[p.placeIn(a)] = true
		}
	}
	for _, n := range s.NotRead {
		if n.Subject == p.Service || strings.HasPrefix(n.Subject, p.Service+":") {
			for _, place := range n.Regions {
				known[place] = true
			}
		}
	}
	mentioned := len(known) > len(all)
	held := p.holdings(s, covered)
	var places []string
	for _, place := range slices.Sorted(maps.Keys(held.places)) {
		if !known[place] {
			places = append(places, place)
		}
	}
	switch {
	case len(places) == 1:
		all = append(all, p.unread(reasonGrant, places...))
	case len(places) > 1:
		all = append(all, p.unread(reasonGrants, places...))
	case !mentioned:
		reason := held.reason()
		all = append(all, plan.NotRead{Subject: p.Service, Reason: reason, Usual: reason == reasonNothing})
	}
	return all
}

// holdings is what the agencies of a service hold, by IAM's part of a snapshot.
type holdings struct {
	// blind: IAM was not read.
	blind bool
	// wide and bare are the first agencies with grants in no region's project, and without any.
	wide, bare string
	// places are those in whose projects an agency holds a grant.
	places map[string]bool
}

func (p Provider) holdings(s *plan.Snapshot, covered providers.Coverage) holdings {
	h := holdings{places: map[string]bool{}}
	agencies := map[addr.Address]string{}
	for _, name := range p.agencies(covered) {
		address := directory.AgencyAddress(name)
		agencies[address] = name
		h.blind = h.blind || !s.Covers(address)
	}
	for i := range s.Resources {
		l := &s.Resources[i]
		if name, its := agencies[l.Address]; its {
			h.bare = cmp.Or(h.bare, name)
		}
		name, its := agencies[l.Parent]
		if !its {
			continue
		}
		if grant, is := directory.GrantOf(l.Resource); is {
			if place, inRegion := p.placeOfProject(grant.Place.Name); inRegion && grant.Place.Scope == directory.OneProject {
				h.places[place] = true
			} else {
				h.wide = cmp.Or(h.wide, name)
			}
		}
	}
	return h
}

// reason says what IAM shows of a service that no entry mentions and that has a grant in no region's project.
func (h holdings) reason() string {
	switch {
	case h.blind:
		return reasonBlind
	case h.wide != "":
		return fmt.Sprintf(reasonWide, h.wide)
	case h.bare != "":
		return fmt.Sprintf(reasonBare, h.bare)
	}
	return reasonNothing
}

// checkLeftOut warns of places that the manifest leaves unread and the account does not have.
func (p Provider) checkLeftOut(m *plan.Manifest, catalogue *plan.Catalogue) []plan.Problem {
	var problems []plan.Problem
	projects := catalogue.Names(directory.KindProject)
	for _, part := range m.NotRead {
		if place, is := strings.CutPrefix(part, p.Service+":"); is && !slices.Contains(projects, place) {
			problems = append(problems, directory.LeavesNothingOut(m, part, "the account has no such project", projects...))
		}
	}
	return problems
}

// leftOut finds the entries that need what the manifest leaves unread.
func (p Provider) leftOut(m *plan.Manifest, entries []providers.RegionalEntry) []plan.Problem {
	var problems []plan.Problem
	for _, entry := range entries {
		place := entry.Region
		if project := entry.Get("project").String(); p.Projects && project != "" {
			place = project
		}
		for _, part := range []string{p.Service, p.part(place), huaweicloud.PartProject + place} {
			if problem := directory.LeftOut("the entry", part, entry.Position(), m); problem != nil {
				problems = append(problems, *problem)
			}
		}
	}
	return problems
}
