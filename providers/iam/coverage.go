package iam

import (
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/directory"
)

// coverage is what was read, but for gaps.
func (l *lister) coverage() []addr.Pattern {
	o := l.observed
	agencies := []string{"*"}
	if o.names != nil {
		agencies = nil
		for _, name := range o.names {
			agencies = append(agencies, addr.Plain(name).String())
		}
	}
	var texts []string
	if o.policies {
		texts = append(texts, directory.TypePolicy+"/*")
	}
	for _, agency := range agencies {
		texts = append(texts, directory.TypeAgency+"/"+agency)
		if len(o.grants.Read) == len(directory.Scopes()) {
			texts = append(texts, directory.TypeGrant+"/"+agency+"/**")
			continue
		}
		for _, scope := range o.grants.Read {
			place := directory.Place{Scope: scope, Name: "*"}
			texts = append(texts, directory.TypeGrant+"/"+agency+"/"+place.Segment().String()+"/*")
		}
		for _, project := range o.grants.Projects {
			place := directory.Place{Scope: directory.OneProject, Name: l.catalogue.Spell(l.project(project.ID)).String()}
			texts = append(texts, directory.TypeGrant+"/"+agency+"/"+place.Segment().String()+"/*")
		}
	}
	slices.Sort(texts)
	patterns := make([]addr.Pattern, 0, len(texts))
	for _, text := range texts {
		pattern, err := addr.ParsePattern(text)
		if err != nil {
			continue // a name too long to be a pattern: then it is not covered, and the planner says so
		}
		patterns = append(patterns, pattern)
	}
	return patterns
}

func notRead(gaps []directory.Gap, covered providers.Coverage, cloud plan.Cloud) []plan.NotRead {
	var all []plan.NotRead
	for _, gap := range gaps {
		all = append(all, plan.NotRead{Subject: gap.Subject, Reason: gap.Reason, Addresses: grantsIn(gap.Subject)})
	}
	if huaweicloud.TraitsOf(cloud.Kind).IdentityV5 {
		reason := "reading identity policies and trust agencies is not supported yet"
		if covered.LeavesOut(huaweicloud.PartIAMv5) {
			reason = directory.ReasonLeftOut
		}
		all = append(all, plan.NotRead{Subject: huaweicloud.PartIAMv5, Reason: reason, Usual: true}) // no manifest has it read
	}
	return all
}

// grantsIn returns the addresses of the grants in a part.
func grantsIn(part string) []addr.Pattern {
	place := directory.Place{Scope: directory.AllProjects}
	switch project, is := strings.CutPrefix(part, huaweicloud.PartProject); {
	case is:
		place = directory.Place{Scope: directory.OneProject, Name: project}
	case part == huaweicloud.PartEnterpriseProjects:
		place = directory.Place{Scope: directory.EnterpriseProject, Name: "*"}
	}
	pattern, err := addr.ParsePattern(directory.TypeGrant + "/*/" + place.Segment().String() + "/*")
	if err != nil {
		return nil // a name too long to be a pattern
	}
	return []addr.Pattern{pattern}
}

// named returns the names behind a word in what the manifest leaves unread.
func named(covered providers.Coverage, part string) (names []string) {
	for _, word := range covered.NotRead {
		if name, is := strings.CutPrefix(word, part); is {
			names = append(names, name)
		}
	}
	return names
}
