package render

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/plan"
)

// groupedAbove is the number of actors above which a picture draws several as one.
const groupedAbove = 100

// compactAbove is the number of rows above which a picture in which several are drawn as one has a line for each.
const compactAbove = 40

// isCompact tells whether each row has one line, as there are so many.
func (p *picture) isCompact() bool {
	return len(p.rows) > groupedAbove || p.isMerged && len(p.rows) > compactAbove
}

// mustStandAlone reports whether the row is one that a reader must not miss among others that look alike: an administrator, before or
// after, or one with a role that a high finding is about.
func (r *graphRow) mustStandAlone() bool {
	if is, was := r.power(); is || was {
		return true
	}
	return slices.ContainsFunc(r.links, func(l scopeLink) bool {
		return slices.ContainsFunc(l.roles, func(role graphRole) bool { return role.high })
	})
}

// grouped draws rows as one that differ in nothing but their names. What [graphRow.mustStandAlone] says always does.
func (p *picture) grouped() {
	p.rows = groupRows(p.rows, func(r *graphRow) string {
		return fmt.Sprintf("%s %d %q %v %v", r.typ, r.mark, r.remarks, r.trusted, r.links)
	}, func([]graphRow) {})
}

// merged returns the picture with rows as one that are trusted by the same and reach the same scopes, whatever the roles are called. What
// a plan does to a role, and what is to be said of it, must be alike in each scope. What [graphRow.mustStandAlone] says always does.
func (p *picture) merged() *picture {
	m := *p
	m.isMerged = true
	m.rows = groupRows(p.rows, (*graphRow).reach, func(group []graphRow) {
		r, all := &group[0], 0
		for i := range group {
			all += len(group[i].members)
		}
		for i := range r.links {
			var roles []graphRole
			for k := range group {
				for _, role := range group[k].links[i].roles {
					role.of, role.all = len(group[k].members), all
					roles = append(roles, role)
				}
			}
			r.links[i].roles = distinctRoles(roles)
		}
		r.differ = true
	})
	return &m
}

// reach is what rows must have alike to be drawn as one.
func (r *graphRow) reach() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %d %q", r.typ, r.mark, r.remarks)
	for _, t := range r.trusted {
		fmt.Fprintf(&b, " %d/%d", t.source, t.mark)
	}
	for i := range r.links {
		var looks []string
		for k := range r.links[i].roles {
			role := &r.links[i].roles[k]
			looks = append(looks, fmt.Sprintf("%d%q", role.mark, role.remarks))
		}
		slices.Sort(looks)
		fmt.Fprintf(&b, " %d:%q", r.links[i].target, slices.Compact(looks))
	}
	return b.String()
}

// groupRows returns a row for each key, with the members of all rows that have it. Of several, join makes the first one stand for all;
// its links are its own. The rows must be sorted by name.
func groupRows(rows []graphRow, key func(*graphRow) string, join func(group []graphRow)) []graphRow {
	var groups [][]graphRow
	at := map[string]int{}
	for i := range rows {
		r := &rows[i]
		if r.single || r.mustStandAlone() {
			groups = append(groups, []graphRow{r.clone()})
			continue
		}
		k := key(r)
		if known, ok := at[k]; ok {
			groups[known] = append(groups[known], r.clone())
			continue
		}
		at[k] = len(groups)
		groups = append(groups, []graphRow{r.clone()})
	}
	joined := make([]graphRow, len(groups))
	for i, group := range groups {
		if len(group) > 1 {
			join(group)
			for k := range group[1:] {
				group[0].members = append(group[0].members, group[k+1].members...)
			}
			slices.Sort(group[0].members)
		}
		joined[i] = group[0]
	}
	return joined
}

// clone returns a row that shares no list with this one.
func (r *graphRow) clone() graphRow {
	c := *r
	c.members, c.trusted, c.links = slices.Clone(r.members), slices.Clone(r.trusted), slices.Clone(r.links)
	for i := range c.links {
		c.links[i].roles = slices.Clone(r.links[i].roles)
	}
	return c
}

// distinctRoles returns each role once, with the number of members that have it.
func distinctRoles(roles []graphRole) []graphRole {
	look := func(x, y graphRole) int {
		return cmp.Or(strings.Compare(x.name, y.name), cmp.Compare(x.mark, y.mark), slices.Compare(x.remarks, y.remarks))
	}
	slices.SortStableFunc(roles, look)
	var distinct []graphRole
	for _, r := range roles {
		if n := len(distinct); n > 0 && look(distinct[n-1], r) == 0 {
			distinct[n-1].of += r.of
			continue
		}
		distinct = append(distinct, r)
	}
	return distinct
}

// labelColumns is about how wide the names of a group's first members are together.
const labelColumns = 34

// label is the row's name. A group has how many there are, and of those that are not alike the first names.
func (r *graphRow) label() string {
	switch {
	case len(r.members) == 1:
		return r.name
	case !r.differ:
		return plan.Counted(len(r.members), r.typ) + " like " + r.name
	}
	var names []string
	used := 0
	for _, name := range r.members {
		name = strings.TrimPrefix(name, r.typ+"/")
		if used += columns(Clean(name)) + 2; used > labelColumns && len(names) > 0 {
			break
		}
		names = append(names, name)
	}
	text := plan.Counted(len(r.members), r.typ) + ": " + strings.Join(names, ", ")
	if more := len(r.members) - len(names); more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// namedRoles is how many roles of a scope a group names. The others are counted.
const namedRoles = 4

// shown are the roles of a link as they are drawn: those of a row that stands for itself or for others like it all, those of a group
// as many as there is room for, first those that change, then those that most members have. What counts the others says what changes of
// them.
func (r *graphRow) shown(l *scopeLink) []graphRole {
	if !r.differ || len(l.roles) <= namedRoles {
		return l.roles
	}
	roles := slices.Clone(l.roles)
	slices.SortStableFunc(roles, func(x, y graphRole) int {
		return cmp.Or(cmp.Compare(min(y.mark, plan.Altered), min(x.mark, plan.Altered)), cmp.Compare(y.of, x.of))
	})
	shown, others := roles[:namedRoles:namedRoles], roles[namedRoles:]
	rest := graphRole{name: "and " + plan.Counted(len(others), "more role"), mark: plan.Kept}
	marks := map[plan.Mark]int{}
	for i := range others {
		marks[others[i].mark]++
	}
	if changes := markCounts(marks); changes != "" {
		rest.name += " (" + changes + ")"
	}
	return append(shown, rest)
}
