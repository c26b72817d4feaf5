package secmaster

import (
	"context"
	"maps"
	"slices"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/policy"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/serviceagency"
)

// observation makes resources, entries and coverage of what was read.
func (o *observed) observation(ctx context.Context) (*providers.Observation, error) {
	slices.Sort(o.warnings)
	catalogue, offered := o.catalogue()
	result := &providers.Observation{Warnings: o.warnings, Entries: offered}
	for _, a := range o.answers {
		address := addr.New(typ, addr.Plain(service), addr.Plain(a.project))
		pattern, err := addr.ParsePattern(address.String())
		if err != nil {
			return nil, err
		}
		result.Coverage = append(result.Coverage, pattern)
		live, there, err := o.live(ctx, a, address, catalogue)
		if err != nil {
			return nil, err
		}
		if there {
			result.Resources = append(result.Resources, live)
		}
	}
	if o.unread != nil {
		result.NotRead = []plan.NotRead{{Subject: "the roles of secmaster's agency in IAM", Reason: "the credentials may not list agencies"}}
	}
	for _, subject := range o.hidden {
		result.NotRead = append(result.NotRead, plan.NotRead{Subject: subject + ", for the agency of secmaster", Reason: "the cloud does not let them be listed one by one"})
	}
	return result, nil
}

// catalogue returns the roles by which live ones are named, and entries for those that only SecMaster lists.
func (o *observed) catalogue() (all *plan.Catalogue, offered []plan.CatalogueEntry) {
	var entries []plan.CatalogueEntry
	known := map[string]bool{}
	for _, role := range slices.Concat(o.system, o.custom, o.strays) {
		known[role.ID] = true
		qualifier := policy.System
		if role.Custom {
			qualifier = policy.Custom
		}
		entries = append(entries, plan.CatalogueEntry{Kind: kindRole, Name: role.DisplayName, ID: role.ID, Qualifier: qualifier})
	}
	for _, a := range o.answers {
		for _, w := range a.listed {
			if w.DisplayName != "" && !known[w.ID] {
				known[w.ID] = true
				offered = append(offered, plan.CatalogueEntry{Kind: kindOffered, Name: w.DisplayName, ID: w.ID})
			}
		}
	}
	all = plan.NewCatalogue(slices.Concat(entries, offered)...)
	return all, plan.NewCatalogue(offered...).Entries()
}

// live is the canonical form of an authorization; there is false where nothing of it is. The service says only whether
// its agency exists, for the whole account: a project that the manifest wants rid of is done when others need the agency
// and nothing is granted in this one.
func (o *observed) live(ctx context.Context, a answer, address addr.Address, catalogue *plan.Catalogue) (l plan.Live, there bool, err error) {
	if !a.exists {
		return plan.Live{}, false, nil
	}
	l = plan.Live{Resource: plan.Resource{
		Address: address, Attributes: plan.Attributes{}, Bindings: map[string]string{}, Settings: plan.Attributes{settingRegion: plan.StringValue(a.region)},
	}}
	removal := serviceagency.Removal{
		Leaving: map[string]string{},
		Agency:  o.remote.agency(), ProjectID: a.projectID, SkipEnterpriseProjects: serviceagency.SkipsEnterpriseProjects(o.request.Manifest),
		Staying: slices.DeleteFunc(slices.Clone(o.kept), func(project string) bool { return project == a.project }),
	}
	if o.found {
		var names []string
		for _, g := range o.grants {
			if holds(g, a.projectID) {
				name := nameOf(catalogue, g.RoleID)
				names = append(names, name)
				l.Bindings[roleBinding+name] = g.RoleID
			}
		}
		l.Attributes[roles] = plan.SetValue(names...)
		if done, err := o.isDone(ctx, a, len(removal.Staying) > 0); done || err != nil {
			return plan.Live{}, false, err
		}
	} else {
		l.Unreadable = []string{roles}
	}
	if !serviceagency.Leaves(o.request, address) {
		return l, true, nil
	}
	for _, other := range o.answers {
		if other.absent && other.projectID != a.projectID && len(serviceagency.Use{Grants: o.grants}.In(other.projectID)) > 0 {
			removal.Leaving[other.project] = other.projectID
		}
	}
	bindings, err := removal.Examine(ctx, o.dir, o.request.Manifest.Ownership)
	maps.Copy(l.Bindings, bindings)
	return l, true, err
}

// isDone reports whether nothing is left to take away in a project that the manifest wants rid of: others need the agency
// and nothing is granted in this one, or this run has just taken its part and that shows.
func (o *observed) isDone(ctx context.Context, a answer, staying bool) (bool, error) {
	if !a.absent {
		return false, nil
	}
	if o.remote.ledger.HasWithdrawn(a.projectID, o.agency.Name) {
		return len(serviceagency.Use{Grants: o.grants}.In(a.projectID)) == 0, nil
	}
	use, found, err := serviceagency.ReadUse(ctx, o.dir, o.agency.Name, o.remote.ledger.SkipsEnterpriseProjects())
	if err != nil || !found {
		return false, err
	}
	return use.Judge(a.projectID, staying) == serviceagency.Nothing, nil
}

// nameOf spells the role with that id, by the id where nothing else is known of it.
func nameOf(catalogue *plan.Catalogue, id string) string {
	for _, kind := range []string{kindRole, kindOffered} {
		if e, ok := catalogue.ByID(kind, id); ok {
			return catalogue.Spell(e).String()
		}
	}
	return plan.Reference{Qualifier: "id", Name: id}.String()
}
