package iam

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/directory"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/policy"
)

// lister turns an observation into catalogue entries and live resources.
type lister struct {
	observed  *observed
	catalogue *plan.Catalogue
	// covered names the agencies that the manifest lists.
	covered   providers.Coverage
	known     Provider
	entries   []plan.CatalogueEntry
	resources []plan.Live
	warnings  []string
}

func newLister(o *observed, covered providers.Coverage, known Provider) *lister {
	l := &lister{observed: o, covered: covered, known: known}
	l.entries = slices.Concat(l.roleEntries(), l.projectEntries(), accountEntries(o.account, o.trusting))
	if slices.Contains(covered.Names, directory.KindAgency) {
		for _, a := range o.agencies {
			l.entries = append(l.entries, plan.CatalogueEntry{Kind: directory.KindAgency, Name: a.Name, ID: a.ID})
		}
	}
	l.catalogue = plan.NewCatalogue(l.entries...)
	l.entries = l.catalogue.Entries()
	return l
}

func (l *lister) roleEntries() []plan.CatalogueEntry {
	o := l.observed
	var entries []plan.CatalogueEntry
	for i, odd := range slices.Concat(o.odd.roles, o.odd.policies) {
		class := policy.System
		if i >= len(o.odd.roles) {
			class = policy.Custom
		}
		if odd.ID != "" && odd.Name != "" { // its content is not known, and whoever forbids it by name is heard
			entries = append(entries, plan.CatalogueEntry{
				Kind: directory.KindRole, Name: odd.Name, ID: odd.ID, Qualifier: class, Unusable: "it is not as documented: " + odd.Fault,
			})
		}
	}
	for _, role := range slices.Concat(o.system, o.custom, o.strays) {
		entries = append(entries, plan.CatalogueEntry{
			Kind: directory.KindRole, Name: role.DisplayName, ID: role.ID, Qualifier: role.Class(), Type: role.Type, InternalName: role.Name,
			Description: role.Description, Document: role.Policy,
		})
	}
	for _, id := range o.missing {
		entries = append(entries, unlisted(directory.KindRole, id))
	}
	return entries
}

// unlisted is the entry of something that is known by its id alone.
func unlisted(kind, id string) plan.CatalogueEntry {
	return plan.CatalogueEntry{Kind: kind, Name: id, ID: id, Unlisted: true}
}

// projectEntries returns projects and enterprise projects, and an entry by id for each that only a grant names.
func (l *lister) projectEntries() []plan.CatalogueEntry {
	o := l.observed
	var entries []plan.CatalogueEntry
	known := map[directory.Place]bool{}
	for scope, projects := range map[directory.Scope][]directory.Project{directory.OneProject: o.projects,
		directory.EnterpriseProject: o.enterprises} {
		for _, p := range projects {
			known[directory.Place{Scope: scope, Name: p.ID}] = true
			entries = append(entries, plan.CatalogueEntry{
				Kind: directory.Place{Scope: scope}.Kind(), Name: p.Name, ID: p.ID, Unusable: o.unusable(p),
			})
		}
	}
	for scope, projects := range map[directory.Scope][]huaweicloud.Odd{
		directory.OneProject: o.odd.projects, directory.EnterpriseProject: o.odd.enterprises,
	} {
		for _, odd := range projects {
			if target := (directory.Place{Scope: scope, Name: odd.ID}); odd.ID != "" && !known[target] {
				known[target] = true
				e := plan.CatalogueEntry{Kind: target.Kind(), Name: odd.Name, ID: odd.ID, Unusable: "it is not as documented: " + odd.Fault}
				if odd.Name == "" {
					e.Name, e.Unlisted = odd.ID, true
				}
				entries = append(entries, e)
			}
		}
	}
	for _, a := range o.grants.Assignments {
		target := directory.Place{Scope: a.Scope, Name: a.TargetID}
		if kind := target.Kind(); kind != "" && !known[target] {
			known[target] = true
			entries = append(entries, unlisted(kind, a.TargetID))
		}
	}
	return entries
}

// disabled is why nothing can be granted in a project that is switched off.
const disabled = "it is disabled"

// unusable says why nothing can be granted in a project, "" where something can.
func (o *observed) unusable(p directory.Project) string {
	if p.Disabled {
		return disabled
	}
	if reason, unread := o.grants.Unread[p.ID]; unread {
		return "the grants in it are not read: " + reason
	}
	return ""
}

// project returns the entry of a project.
func (l *lister) project(id string) plan.CatalogueEntry {
	if e, known := l.catalogue.ByID(directory.KindProject, id); known {
		return e
	}
	return unlisted(directory.KindProject, id)
}

// accountEntries returns the own account and all that agencies trust, each id once. Where one id shows several names,
// as after a renaming, the first in order is taken.
func accountEntries(own directory.Account, agencies []directory.Agency) []plan.CatalogueEntry {
	var entries []plan.CatalogueEntry
	if own.ID != "" && own.Name != "" {
		entries = append(entries, plan.CatalogueEntry{Kind: directory.KindAccount, Name: own.Name, ID: own.ID, Own: true})
	}
	for _, a := range agencies {
		if a.TrustID == "" || a.TrustName == "" || a.TrustID == own.ID {
			continue
		}
		e := plan.CatalogueEntry{Kind: directory.KindAccount, Name: a.TrustName, ID: a.TrustID}
		if _, is := directory.ServiceNamed(a.TrustName); is {
			e.Qualifier = qualifierService
		}
		entries = append(entries, e)
	}
	slices.SortStableFunc(entries, func(a, b plan.CatalogueEntry) int {
		return cmp.Or(strings.Compare(a.ID, b.ID), strings.Compare(a.Name, b.Name))
	})
	return slices.CompactFunc(entries, func(a, b plan.CatalogueEntry) bool { return a.ID == b.ID })
}

// list makes the live resources, and returns the addresses of the agencies by id.
func (l *lister) list() (byID map[string]addr.Address) {
	byID = map[string]addr.Address{}
	namesakes := map[string]int{}
	for _, a := range l.observed.agencies {
		namesakes[a.Name]++
	}
	for _, a := range l.observed.agencies {
		if namesakes[a.Name] > 1 { // no address could tell them apart
			l.observed.odd.agencies = append(l.observed.odd.agencies, huaweicloud.Odd{
				ID: a.ID, Name: a.Name, Fault: fmt.Sprintf("%d agencies have its name", namesakes[a.Name]),
			})
			continue
		}
		if odd, is := leftOut(l.covered, huaweicloud.PartAgency, a.Name, a.ID); is {
			l.observed.odd.agencies = append(l.observed.odd.agencies, odd)
			continue
		}
		live := l.agency(a)
		byID[a.ID] = live.Address
		l.resources = append(l.resources, live)
	}
	named := map[string]int{}
	for _, role := range l.observed.custom {
		named[role.DisplayName]++
	}
	policies := map[string]addr.Address{}
	for _, role := range l.observed.custom {
		if odd, is := leftOut(l.covered, huaweicloud.PartPolicy, role.DisplayName, role.ID); is {
			l.observed.odd.policies = append(l.observed.odd.policies, odd)
			continue
		}
		live := l.policy(role, named[role.DisplayName] == 1)
		for _, id := range agenciesNamed(role.Policy) {
			if agency, listed := byID[id]; listed {
				live.Names = append(live.Names, agency)
			}
		}
		policies[role.ID] = live.Address
		if l.observed.policies {
			l.resources = append(l.resources, live)
		}
	}
	l.grants(byID, policies)
	if l.observed.names == nil {
		l.unseen()
	}
	return byID
}

func (l *lister) agency(a directory.Agency) plan.Live {
	live := plan.Live{
		Resource: plan.Resource{
			Address:    directory.AgencyAddress(a.Name),
			Attributes: plan.Attributes{attributeDescription: plan.StringValue(a.Description)},
			Bindings:   map[string]string{},
		},
		ID:      a.ID,
		Expires: a.Expires,
	}
	t, ok := a.Trust()
	if ok {
		if !l.observed.byID[a.TrustID] {
			t, _, _ = canonicalTrust(t, l.catalogue)
		}
		live.Attributes[directory.AttributeTrust] = plan.StringValue(t.String())
	} else {
		live.Unreadable = append(live.Unreadable, directory.AttributeTrust)
		l.warn("%s trusts nobody that this API shows; it may be a trust agency of IAM v5", live.Address)
	}
	if a.TrustID != "" {
		live.Bindings[bindingTrust] = a.TrustID
	}
	if duration := durationText(a.Lifetime); duration != "" {
		live.Attributes[attributeDuration] = plan.StringValue(duration)
	} else {
		live.Unreadable = append(live.Unreadable, attributeDuration)
		l.warn("the duration of %s cannot be understood", live.Address)
	}
	if a.ExpiryUnknown != "" {
		l.warn("the expiry of %s cannot be understood: %.40q", live.Address, a.ExpiryUnknown)
	}
	slices.Sort(live.Unreadable)
	live.Undocumented = len(live.Unreadable) > 0
	_, made, _ := l.known.serviceMadeName(a.Name)
	live.ServiceMade = made
	live.MaybeServiceMade = !made && t.Kind == directory.TrustService && !l.covered.Has(live.Address)
	return live
}

// policy returns a custom policy. One whose name others have too is addressed by its id.
func (l *lister) policy(role directory.Role, unique bool) plan.Live {
	ref := plan.Reference{Name: role.DisplayName}
	if !unique {
		ref = plan.Reference{Qualifier: "id", Name: role.ID}
	}
	attributes, unreadable := policyAttributes(role, l.observed.agencyNames)
	_, made, _ := l.known.serviceMadeName(role.DisplayName)
	return plan.Live{
		Resource: plan.Resource{Address: directory.PolicyAddress(ref), Attributes: attributes, Bindings: map[string]string{}},
		ID:       role.ID, Unreadable: unreadable, Undocumented: len(unreadable) > 0, ServiceMade: made,
	}
}

// grants makes the grants of the agencies that were listed. A grant of another agency is of one that appeared or went while we read, or
// that the list does not show yet; it is counted, and its agency is not there to be planned.
func (l *lister) grants(agencies, policies map[string]addr.Address) {
	idle := map[string]int{}
	var orphans []string // the agencies of such grants, sorted as assignments are
	made, maybe := map[addr.Address]bool{}, map[addr.Address]bool{}
	// needed and maybeNeeded are the policies that an agency has which a service made, or may have made: the service needs them.
	needed, maybeNeeded := map[addr.Address]bool{}, map[addr.Address]bool{}
	for i := range l.resources {
		if live := &l.resources[i]; live.Address.Type() == directory.TypeAgency {
			made[live.Address], maybe[live.Address] = live.ServiceMade, live.MaybeServiceMade
		}
	}
	for _, a := range l.observed.grants.Assignments {
		parent, listed := agencies[a.AgencyID]
		if !listed {
			if !slices.ContainsFunc(l.observed.odd.agencies, func(odd huaweicloud.Odd) bool { return odd.ID == a.AgencyID }) {
				orphans = append(orphans, a.AgencyID)
			}
			continue
		}
		role, _ := l.catalogue.ByID(directory.KindRole, a.RoleID)
		spelled := l.catalogue.Spell(role)
		bindings := map[string]string{directory.BindingRole: a.RoleID}
		if spelled.Qualifier == "id" && !role.Unlisted {
			bindings[directory.BindingRoleName] = role.Name
		}
		place := directory.Place{Scope: a.Scope}
		if kind := place.Kind(); kind != "" {
			target, _ := l.catalogue.ByID(kind, a.TargetID)
			if kind == directory.KindProject && target.Unusable == disabled {
				idle[target.Name]++
			}
			place.Name = l.catalogue.Spell(target).String()
			bindings[place.Binding()] = a.TargetID
		}
		grant := &directory.Grant{Place: place, Role: spelled}
		live := plan.Live{Resource: plan.Resource{
			Address: grant.Address(directory.NameOf(parent)), Parent: parent, Attributes: plan.Attributes{}, Bindings: bindings, Parts: grant,
		}}
		if used, custom := policies[a.RoleID]; custom {
			live.Uses = []addr.Address{used}
			needed[used] = needed[used] || made[parent]
			maybeNeeded[used] = maybeNeeded[used] || maybe[parent]
		}
		l.resources = append(l.resources, live)
	}
	for i := range l.resources {
		live := &l.resources[i]
		live.ServiceMade = live.ServiceMade || needed[live.Address]
		live.MaybeServiceMade = !live.ServiceMade && (live.MaybeServiceMade || maybeNeeded[live.Address])
	}
	for project, n := range idle {
		l.warn("the project %s is disabled, and grants are live in it (%d): nobody documents whether the cloud lets them be revoked", project, n)
	}
	if n := len(orphans); n > 0 {
		orphans = slices.Compact(orphans)
		ids := strings.Join(orphans[:min(len(orphans), maxOrphans)], ", ")
		if more := len(orphans) - maxOrphans; more > 0 {
			ids += fmt.Sprintf(" and %d more", more)
		}
		l.warn("%d %s that the list of agencies does not show, as may be with a new or a deleted one: id %s", n,
			plan.Agree(n, "grant belongs to an agency", "grants belong to agencies"), ids)
	}
}

// maxOrphans is how many agencies that no list shows are named.
const maxOrphans = 5

// unseen sets what each policy's references tell of grants that are no live resource: those of users and groups, and those that
// were not read. A count below that of the grants means something else, and tells nothing.
func (l *lister) unseen() {
	references, seen := map[string]*int{}, map[addr.Address]int{}
	for _, role := range l.observed.custom {
		references[role.ID] = role.References
	}
	for i := range l.resources {
		for _, used := range l.resources[i].Uses {
			seen[used]++
		}
	}
	for i := range l.resources {
		live := &l.resources[i]
		if live.Address.Type() != directory.TypePolicy {
			continue
		}
		if all := references[live.ID]; all == nil || *all < seen[live.Address] {
			live.Unseen.Unknown = true
		} else {
			live.Unseen.Count = *all - seen[live.Address]
		}
	}
}

func (l *lister) warn(format string, arguments ...any) {
	l.warnings = append(l.warnings, fmt.Sprintf(format, arguments...))
}

// isForbidden reports whether the cloud accepts the credentials and does not let them do this.
func isForbidden(err error) bool {
	var failed *providers.CallError
	return errors.As(err, &failed) && failed.Status == http.StatusForbidden
}

func isNotFound(err error) bool { return errors.Is(err, providers.ErrNotFound) }
