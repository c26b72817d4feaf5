package traces

import (
	"maps"
	"slices"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/directory"
)

// marks are what an operation on a resource can be known by.
type marks struct {
	// kind is aPolicy for a policy, else anAgency. Ids and names are those of the agency or the policy; of an authorization, of all
	// agencies that it answers for.
	kind       kind
	ids, names []string
	// former are the ids that had such a name on record: a delete may tell the id alone, and what is gone has none that is known.
	former []string
	// grant is set for a grant. Role and place are then the ids of its role and its place, "" where they are not known, and scope is that
	// of the place.
	grant       bool
	role, place string
	scope       scope
	// told is set where grants in that scope are on record with it. Their operation has one name, so that a record without a scope is not
	// about one of them.
	told bool
	// verbs are those that can have made the difference; nil means any.
	verbs []verb
	// altered is set for an agency or a policy that is another one: it may also have been deleted and made anew.
	altered bool
}

// known are the ids of agencies, roles and places that the account has: a record that names another one is about that. The short id of the
// default enterprise project, 0, is not among them: it stands for too much else.
type known struct{ agencies, roles, places map[string]bool }

func knownIn(view *plan.View) known {
	k := known{agencies: map[string]bool{}, roles: map[string]bool{}, places: map[string]bool{}}
	for _, a := range view.Roots(func(a addr.Address) bool { return a.Type() == directory.TypeAgency }) {
		if l := view.Live(a); l != nil && l.ID != "" {
			k.agencies[l.ID] = true
		}
	}
	for _, e := range view.Catalogue().Entries() {
		switch {
		case e.Kind == directory.KindRole:
			k.roles[e.ID] = true
		case (e.Kind == directory.KindProject || e.Kind == directory.KindEnterpriseProject) && len(e.ID) > 1:
			k.places[e.ID] = true
		}
	}
	return k
}

// wordsOf returns all ids and names that a record can be matched by.
func wordsOf(all []marks, k known) map[string]bool {
	words := map[string]bool{}
	for i := range all {
		for _, word := range slices.Concat(all[i].ids, all[i].names, []string{all[i].role, all[i].place}) {
			words[word] = true
		}
	}
	maps.Copy(words, k.agencies)
	maps.Copy(words, k.roles)
	maps.Copy(words, k.places)
	return words
}

// marksOf returns what is known of the resource of a difference.
func marksOf(d providers.Difference, view *plan.View) marks {
	switch d.Address.Type() {
	case directory.TypeAgency, directory.TypePolicy:
		m := rootMarks(d.Address, view)
		m.verbs = map[providers.Became][]verb{
			providers.Appeared: {creates}, providers.Altered: {updates, anyVerb}, providers.Vanished: {deletes},
			providers.Noticed: {creates, updates, anyVerb},
		}[d.Became]
		m.altered = d.Became == providers.Altered
		return m
	case directory.TypeGrant:
		return grantMarks(d, view)
	}
	answered := view.Roots(func(a addr.Address) bool {
		l := view.Live(a)
		return l != nil && l.AnsweredBy == d.Address
	})
	m := marks{kind: anAgency}
	for _, a := range answered {
		of := rootMarks(a, view)
		m.ids, m.names = append(m.ids, of.ids...), append(m.names, of.names...)
	}
	return m
}

// rootMarks returns id and names of an agency or a policy.
func rootMarks(a addr.Address, view *plan.View) marks {
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
	return m
}

func grantMarks(d providers.Difference, view *plan.View) marks {
	var resource plan.Resource
	if l := view.Live(d.Address); l != nil {
		resource = l.Resource
	} else if wanted := view.Desired(d.Address); wanted != nil {
		resource = wanted.Resource
	}
	m := rootMarks(directory.AgencyAddress(directory.NameOf(d.Address)), view)
	m.grant, m.verbs = true, []verb{gives, creates, anyVerb}
	if d.Became == providers.Vanished {
		m.verbs = []verb{takes, deletes, anyVerb} // the delete of the agency too, which somebody may have made anew
	}
	resource.Address = d.Address
	if g, ok := directory.GrantOf(resource); ok {
		m.role, m.place = resource.Bindings[directory.BindingRole], resource.Bindings[g.Place.Binding()]
		m.scope = map[directory.Scope]scope{
			directory.Domain: inDomain, directory.OneProject: inProject, directory.AllProjects: inAllProjects,
			directory.EnterpriseProject: inEnterpriseProject,
		}[g.Place.Scope]
	}
	return m
}

// fitting returns the records that can have made a difference, in their order, each operation once.
func (m *marks) fitting(all []record, k known) (fit []*record) {
	m.former = m.onRecord(all, k)
	m.told = slices.ContainsFunc(all, func(r record) bool { return r.kind != stranger && r.scope != anywhere && r.scope == m.scope })
	operations := map[string]bool{}
	deleted := false
	for i := len(all) - 1; i >= 0; i-- { // in the order of time
		r := &all[i]
		if !m.about(r, k) {
			continue
		}
		deleted = deleted || r.verb == deletes
		anew := m.altered && deleted && r.verb == creates
		if (m.verbs == nil || slices.Contains(m.verbs, r.verb) || anew) && !operations[r.key()] {
			operations[r.key()] = true
			fit = append(fit, r)
		}
	}
	slices.Reverse(fit)
	return fit
}

// onRecord returns the ids of the agencies, or policies, that were created or updated by such a name.
func (m *marks) onRecord(all []record, k known) (ids []string) {
	for i := range all {
		r := &all[i]
		isMade := r.kind == m.kind && r.scope == anywhere && (r.verb == creates || r.verb == updates)
		if isMade && isOf(m.names, r.names) && !m.isGiven(r, k) {
			ids = append(ids, r.own...)
		}
	}
	return ids
}

func isOf(words []string, has map[string]bool) bool {
	return slices.ContainsFunc(words, func(word string) bool { return has[word] })
}

// about reports whether a record is about the resource. A policy may have the name of an agency, so a name counts for its own kind alone.
func (m *marks) about(r *record, k known) bool {
	isKind := r.kind == anyKind || r.kind == m.kind
	isFormer := r.verb == deletes && slices.ContainsFunc(r.own, func(id string) bool { return slices.Contains(m.former, id) })
	switch {
	case r.kind == stranger, !isOf(m.ids, r.ids) && !(isKind && (isFormer || isOf(m.names, r.names))):
		return false
	case m.verbs == nil, m.grant && m.aboutGrant(r, k):
		return true
	case m.grant && r.verb != deletes: // a delete of the agency takes its grants too
		return false
	}
	return isKind && r.scope == anywhere && !m.isGiven(r, k)
}

// isGiven reports whether a record is about a grant of the policy, or to the agency: it names a role or an agency beside it. The document
// of a policy may name such too, so where the verb is known, only a role beside an agency counts.
func (m *marks) isGiven(r *record, k known) bool {
	for id := range r.ids {
		unclear := r.verb == anyVerb
		if !slices.Contains(m.ids, id) && (k.roles[id] && (unclear || m.kind == anAgency) || k.agencies[id] && unclear) {
			return true
		}
	}
	return false
}

// aboutGrant reports whether a record of the agency is about the grant. Nobody documents what it holds beside the agency: what it does
// not tell does not count against it, and another scope, role or place does. One that does not even say that it is about a role is not.
func (m *marks) aboutGrant(r *record, k known) bool {
	hasRole := r.ids[m.role]
	if r.scope != m.scope && (r.scope != anywhere || m.told) || !hasRole && (r.scope == anywhere || r.verb == anyVerb) {
		return false
	}
	return (hasRole || !namesOne(r, k.roles)) && (r.ids[m.place] || !namesOne(r, k.places))
}

// namesOne reports whether a record has one of the ids.
func namesOne(r *record, ids map[string]bool) bool {
	for id := range r.ids {
		if ids[id] {
			return true
		}
	}
	return false
}
