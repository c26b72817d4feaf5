package traces

import (
	"cmp"
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/directory"
)

// partsOf returns what is known of the resource of a difference, once for each part of it that can have been made by somebody else: each
// child that was added, each attribute that differs, and each grant that an authorization has or lacks.
func partsOf(d providers.Difference, view *plan.View) (parts []marks) {
	switch {
	case len(d.Added) > 0:
		for _, a := range d.Added {
			parts = append(parts, partsOf(providers.Difference{Address: a, Became: providers.Appeared}, view)...)
		}
		return parts
	case d.Address.Type() == directory.TypeGrant:
		return []marks{grantMarks(d.Address, d.Became, view)}
	case d.Address.Type() != directory.TypeAgency && d.Address.Type() != directory.TypePolicy:
		return authorizationParts(d, view)
	case d.Became != providers.Altered && d.Became != providers.Noticed:
		return []marks{rootMarks(d.Address, d.Became, view)}
	}
	for _, c := range d.Attributes {
		m := rootMarks(d.Address, d.Became, view)
		m.attribute = c.Name
		m.live, _ = c.Before.AsString()
		parts = append(parts, m)
	}
	if len(parts) == 0 {
		parts = []marks{rootMarks(d.Address, d.Became, view)}
	}
	return parts
}

// rootMarks returns the marks of an agency or a policy.
func rootMarks(a addr.Address, became providers.Became, view *plan.View) marks {
	m := marks{kind: anAgency, names: []string{directory.NameOf(a)}}
	if a.Type() == directory.TypePolicy {
		m.kind = aPolicy
	}
	if l := view.Live(a); l != nil {
		if l.ID != "" {
			m.ids = append(m.ids, l.ID)
		}
		if !l.Was.IsZero() {
			m.names = append(m.names, directory.NameOf(l.Was))
		}
	}
	m.undone = []verb{deletes}
	switch became {
	case providers.Appeared:
		m.verbs = []verb{creates}
	case providers.Vanished:
		m.verbs, m.undone = []verb{deletes}, []verb{creates}
	case providers.Noticed:
		m.verbs = []verb{creates, updates, anyVerb}
	default:
		m.verbs, m.altered = []verb{updates, anyVerb}, true
	}
	return m
}

func grantMarks(a addr.Address, became providers.Became, view *plan.View) marks {
	m := rootMarks(directory.AgencyAddress(directory.NameOf(a)), became, view)
	m.grant, m.altered, m.verbs, m.undone = true, false, []verb{gives, creates, anyVerb}, []verb{takes, deletes}
	if became == providers.Vanished {
		m.verbs, m.undone = []verb{takes, deletes, anyVerb}, []verb{gives} // the delete of the agency too, which somebody may have made anew
	}
	var resource plan.Resource
	if l := view.Live(a); l != nil {
		resource = l.Resource
	} else if wanted := view.Desired(a); wanted != nil {
		resource = wanted.Resource
	}
	resource.Address = a
	g, ok := directory.GrantOf(resource)
	if !ok {
		return m
	}
	m.role, m.place = resource.Bindings[directory.BindingRole], resource.Bindings[g.Place.Binding()]
	if e, err := view.Catalogue().Lookup(directory.KindRole, g.Role); err == nil {
		m.role = cmp.Or(m.role, e.ID)
	}
	m.scope = map[directory.Scope]scope{
		directory.Domain: inDomain, directory.OneProject: inProject, directory.AllProjects: inAllProjects,
		directory.EnterpriseProject: inEnterpriseProject,
	}[g.Place.Scope]
	kinds := map[directory.Scope]string{
		directory.OneProject: directory.KindProject, directory.EnterpriseProject: directory.KindEnterpriseProject,
	}
	if kind := kinds[g.Place.Scope]; m.place == "" && kind != "" {
		if e, err := view.Catalogue().Lookup(kind, plan.Reference{Name: g.Place.Name}); err == nil {
			m.place = e.ID
		}
	}
	return m
}

// authorizationParts returns a part for each grant, policy and trust that the attributes of an authorization name. Of another difference
// nobody knows which operation of which service makes it: then there is one part, for all that authorizes or ends an authorization.
func authorizationParts(d providers.Difference, view *plan.View) (parts []marks) {
	for _, c := range d.Attributes {
		has, _ := c.Before.AsSet()
		wanted, _ := c.After.AsSet()
		trusts := map[string]bool{}
		for _, member := range slices.Concat(has, wanted) {
			became := providers.Appeared
			if !slices.Contains(has, member) {
				became = providers.Vanished
			}
			a, err := addr.Parse(member)
			isGrant := err == nil && a.Type() == directory.TypeGrant
			name, _, _ := strings.Cut(member, ": ")
			e, unknown := view.Catalogue().Lookup(directory.KindRole, plan.Reference{Name: member})
			switch {
			case slices.Contains(has, member) && slices.Contains(wanted, member):
			case isGrant && became == providers.Vanished && view.Live(a) != nil: // what is missing is the authorization alone
			case isGrant:
				parts = append(parts, grantMarks(a, became, view))
			case c.Name == directory.AttributeTrust && !trusts[name]: // what is live comes first
				trusts[name] = true
				if became == providers.Vanished {
					member = "" // nothing live is told
				}
				parts = append(parts, trustMarks(d, name, member, view)...)
			case c.Name != directory.AttributeTrust && unknown == nil:
				m := wholeMarks(d.Address, became, "", view)
				m.role = e.ID
				parts = append(parts, m)
			}
		}
	}
	if len(parts) > 0 {
		return parts
	}
	about := ""
	if d.Became == providers.Noticed && len(d.Attributes) > 0 {
		about = d.Attributes[0].Name
	}
	return []marks{wholeMarks(d.Address, d.Became, about, view)}
}

// wholeMarks returns the marks of an authorization by its agencies, of which an attribute is noticed.
func wholeMarks(a addr.Address, became providers.Became, noticed string, view *plan.View) marks {
	m := marks{kind: anAgency, whole: true, attribute: noticed}
	for _, agency := range view.Roots(func(root addr.Address) bool {
		l := view.Live(root)
		return l != nil && l.AnsweredBy == a
	}) {
		of := rootMarks(agency, became, view)
		m.ids, m.names = append(m.ids, of.ids...), append(m.names, of.names...)
	}
	switch {
	case noticed == directory.AttributeTrust:
		m.verbs = []verb{creates, updates, anyVerb}
	case became == providers.Vanished:
		m.verbs = []verb{deletes, takes, anyVerb}
	case became == providers.Altered:
		m.verbs = []verb{creates, gives, deletes, takes, anyVerb}
	default:
		m.verbs = []verb{creates, gives, anyVerb}
	}
	return m
}

// trustMarks returns the marks of whom an agency of a service trusts. An agency that is not there was deleted. One that is there may trust
// as it should, where an authorization through it is missing.
func trustMarks(d providers.Difference, name, live string, view *plan.View) []marks {
	a := directory.AgencyAddress(name)
	switch {
	case view.Live(a) == nil:
		return []marks{rootMarks(a, providers.Vanished, view)}
	case d.Became != providers.Altered:
		return nil
	}
	m := rootMarks(a, providers.Altered, view)
	m.attribute, m.live = directory.AttributeTrust, live
	return []marks{m}
}
