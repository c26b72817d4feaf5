package traces

import (
	"maps"
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/directory"
)

// marks are what an operation on a resource can be known by.
type marks struct {
	// kind is aPolicy for a policy, else anAgency. Ids and names are those of the agency or the policy; of a whole authorization, of all
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
	// verbs are those that can have made the difference, and undone those that end what was done before.
	verbs, undone []verb
	// whole is set for an authorization as a whole, where no grant of it is known that differs. Role is then set for one of its policies.
	whole bool
	// attribute is the one that differs, and live its value; both may be "".
	attribute, live string
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

// fitting returns the records that can have made a difference, in their order, each operation once.
func (m *marks) fitting(all []record, k known) (fit []*record) {
	m.former = m.onRecord(all, k)
	m.told = slices.ContainsFunc(all, func(r record) bool { return r.kind != stranger && r.scope != anywhere && r.scope == m.scope })
	operations := map[string]bool{}
	deleted := false
	for i := len(all) - 1; i >= 0; i-- { // in the order of time
		r := &all[i]
		if operations[r.key()] || !m.about(r, k) {
			continue
		}
		operations[r.key()] = true
		deleted = deleted || r.verb == deletes
		anew := m.altered && deleted && r.verb == creates
		switch {
		case slices.Contains(m.undone, r.verb) && m.isExact(r):
			fit = nil
		case anew, slices.Contains(m.verbs, r.verb) && m.canSet(r):
			fit = append(fit, r)
		}
	}
	slices.Reverse(fit)
	return fit
}

// isExact reports whether a record that is about the resource is about nothing else for sure. That of a grant may not tell its role.
func (m *marks) isExact(r *record) bool {
	return !m.grant || r.verb == deletes || r.ids[m.role] && r.scope == m.scope && (m.place == "" || r.ids[m.place])
}

// canSet reports whether a record can have given the attribute that differs its value. One that does not tell what it sets can.
func (m *marks) canSet(r *record) bool {
	keys := keysOf[m.attribute]
	if r.sets == nil || keys == nil || r.verb == creates {
		return true
	}
	isTold := false
	for _, key := range keys {
		value, is := r.sets[key]
		if is && m.live != "" && !isSet(key, value, m.live) {
			return false
		}
		isTold = isTold || is
	}
	return isTold
}

// isSet reports whether an attribute that is live can be what a key of a request says. Not all are written in the same way.
func isSet(key, value, live string) bool {
	switch key {
	case "description":
		return strings.TrimSpace(value) == strings.TrimSpace(live)
	case "trust_domain_name":
		return isTrust(live, value)
	}
	return true
}

// isTrust reports whether a trust, as an attribute of an agency or of an authorization writes it, can be in whom a request names.
func isTrust(text, name string) bool {
	t, ok := directory.ParseTrust(text)
	if !ok {
		_, member, _ := strings.Cut(text, ": ")
		t.Kind, t.Value, _ = strings.Cut(member, " ")
	}
	return t.Kind == directory.TrustAccountID || strings.EqualFold(t.Value, name)
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
	case m.grant && m.aboutGrant(r, k):
		return true
	case m.grant && r.verb != deletes: // a delete of the agency takes its grants too
		return false
	}
	isRoot := isKind && r.scope == anywhere && !m.isGiven(r, k)
	if !m.whole || m.attribute == directory.AttributeTrust {
		return isRoot
	}
	// An operation on an agency itself authorizes nothing, but for one that makes or ends it.
	return (r.verb != anyVerb || !isRoot) && (m.role == "" || r.ids[m.role] || !namesOne(r, k.roles))
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
