package render

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
)

// Graph is the kind of reports that [GraphFormats] draw: of each account its plan and its [Account.Trust].
const Graph Kind = "graph"

// GraphFormats returns the formats of a [Graph] by name. They draw the same picture: who may act in the account, as what, and with
// which roles in which scope.
func GraphFormats() map[string]Format {
	return map[string]Format{"dot": writeDOT, "mermaid": writeMermaid, "svg": writeSVG}
}

// picture is the graph of one account in three ranks: sources act as rows, which may do something in targets.
type picture struct {
	title string
	// summary says what is drawn, and what the plan does to it.
	summary string
	// administrators are the shown names of the rows that may do everything after the plan.
	administrators []string
	// isMerged tells that rows stand for agencies with different roles.
	isMerged bool
	sources  []graphPlace
	rows     []graphRow
	targets  []graphPlace
	// failure says why there is no picture, or one that must not be relied on; "" for neither.
	failure string
	// unread is what was not read, with the reason. NotDrawn is what else the picture does not show, or shows otherwise than it will be,
	// and beside what else is to be said of the account.
	unread, notDrawn, beside []string
	// legend says what the three marks mean.
	legend [3]string
}

// notes are what stands below a picture that stands alone.
func (p *picture) notes() []string { return slices.Concat(p.unread, p.notDrawn, p.beside) }

// principalKind says what a source or target is.
type principalKind uint8

const (
	otherPlace principalKind = iota
	ownAccount
	foreignAccount
	servicePlace
)

// graphPlace is a source or a target. Key is how the effects name it.
type graphPlace struct {
	key, name string
	kind      principalKind
}

// tag says in words what kind of principal it is.
func (p *graphPlace) tag() string {
	switch p.kind {
	case ownAccount:
		return "this account"
	case foreignAccount:
		return "another account"
	case servicePlace:
		return "a cloud service"
	case otherPlace:
	}
	return ""
}

// graphRow is an actor, or several that are alike.
type graphRow struct {
	// name is that of the first member, and members are all of them, as shown.
	name    string
	members []string
	typ     string
	mark    plan.Mark
	// remarks are words about the row as a whole, such as "unmanaged".
	remarks []string
	trusted []trustLink
	links   []scopeLink
	// single keeps the row from being drawn with others that look alike. Differ are members with other roles than the first one has.
	single, differ bool
}

// trustLink leads from a source to a row.
type trustLink struct {
	source   int
	mark     plan.Mark
	lifetime string
}

// scopeLink leads from a row to a target, with all that the row may do there.
type scopeLink struct {
	target int
	roles  []graphRole
}

// graphRole is what one resource gives.
type graphRole struct {
	name          string
	mark          plan.Mark
	administrator bool
	// high is set where a high finding is about it.
	high bool
	// remarks are words such as "not known".
	remarks []string
	// of is how many members of a group have the role, and all how many members there are. Both are 0 in other rows.
	of, all int
}

// power tells whether the row is an administrator after the plan, and whether it was one before.
func (r *graphRow) power() (is, was bool) {
	for i := range r.links {
		now, then := r.links[i].power()
		is, was = is || now, was || then
	}
	return is, was
}

func (l *scopeLink) power() (is, was bool) {
	for _, r := range l.roles {
		is = is || r.administrator && r.mark != plan.Removed
		was = was || r.administrator && r.mark == plan.Removed
	}
	return is, was
}

// mark is that of all roles, or Altered where they differ.
func (l *scopeLink) mark() plan.Mark {
	for _, r := range l.roles[1:] {
		if r.mark != l.roles[0].mark {
			return plan.Altered
		}
	}
	return l.roles[0].mark
}

// look is the mark of the edge of a link, and whether administrator power comes or goes with it.
func (l *scopeLink) look() (mark plan.Mark, power bool) {
	is, was := l.power()
	if was && !is {
		return plan.Removed, true
	}
	return l.mark(), is
}

// trustPower reports whether administrator power comes or goes with a trust of the row that has the mark.
func (r *graphRow) trustPower(m plan.Mark) bool {
	is, was := r.power()
	return is && m != plan.Removed || was && m == plan.Removed
}

// markLook is the sign of a mark, so that no meaning hangs on a colour, its word, and its class in a style. What is kept has none.
type markLook struct{ sign, word, class string }

func lookOf(m plan.Mark) markLook {
	switch m {
	case plan.Added:
		return markLook{"+ ", "+ added", "add"}
	case plan.Removed:
		return markLook{"- ", "- removed", "del"}
	case plan.Altered:
		return markLook{"~ ", "~ altered", "alter"}
	case plan.Kept:
	}
	return markLook{}
}

func markSign(m plan.Mark) string { return lookOf(m).sign }

// markWord says a mark in a word, for what takes a sign at the beginning for an item of a list.
func markWord(m plan.Mark) string { return lookOf(m).word }

func markClass(m plan.Mark) string { return lookOf(m).class }

// text is the role's name with its sign and remarks.
func (r *graphRole) text() string {
	remarks := r.remarks
	if r.administrator {
		remarks = append([]string{"administrator"}, remarks...)
	}
	name := markSign(r.mark) + r.name
	if r.of < r.all && r.mark != plan.Kept {
		name += fmt.Sprintf(" (%d of %d)", r.of, r.all)
	}
	if len(remarks) == 0 {
		return name
	}
	return name + " [" + strings.Join(remarks, ", ") + "]"
}

func roleTexts(roles []graphRole) string {
	texts := make([]string, len(roles))
	for i := range roles {
		texts[i] = roles[i].text()
	}
	return strings.Join(texts, ", ")
}

// pictureOf returns the picture of an account, its parts sorted by name. It has no ranks where the account has no graph.
func pictureOf(kind Kind, a *Account) *picture {
	p := &picture{title: "Who may act in " + title(cmp.Or(a.Account.String(), "the account"))}
	if f := a.failure(); f != nil {
		p.failure = f.message()
	}
	isRead := a.Plan != nil && (kind != Apply || a.Apply != nil)
	switch kind {
	case Drift:
		isRead = a.Drift != nil
	case Audit:
		isRead = a.Audit != nil
	}
	if !isRead || a.Trust == nil {
		p.failure = cmp.Or(p.failure, "nothing is known of this account")
		return p
	}
	account := identityOf(kind, a)
	p.title = "Who may act in " + title(account.String())
	if account.Name != "" && account.ID != "" {
		p.title += " (" + account.ID + ")"
	}
	p.fill(a.Trust, account)
	p.legend = [3]string{"+ added", "- removed", "~ altered"}
	p.summary = p.counts() + ". "
	switch kind {
	case Drift:
		p.summary += "Drawn is what is live, marked by how it differs from the manifest."
		p.legend = [3]string{"+ not in the manifest", "- missing", "~ otherwise in the manifest"}
	case Audit:
		p.summary += "Drawn is what is live."
	case Apply:
		p.summary += "Marked is what this run has done."
	default:
		p.summary += planCounts(a.Plan)
	}
	for i := range p.rows {
		if is, _ := p.rows[i].power(); is {
			p.administrators = append(p.administrators, p.rows[i].name)
		}
	}
	p.note(kind, a)
	return p
}

// fill adds the three ranks.
func (p *picture) fill(g *plan.TrustGraph, account plan.Account) {
	sources, targets := map[string]graphPlace{}, map[string]graphPlace{}
	for i := range g.Actors {
		for _, t := range g.Actors[i].Trusted {
			sources[t.Principal] = principalPlace(t.Principal, account)
		}
		for _, grant := range g.Actors[i].Grants {
			at := grantPlace(grant, account)
			targets[at.key] = at
		}
	}
	var sourceAt, targetAt map[string]int
	p.sources, sourceAt = sortPlaces(sources)
	p.targets, targetAt = sortPlaces(targets)
	for i := range g.Actors {
		a := &g.Actors[i]
		r := graphRow{name: graphName(a.Address.String()), typ: a.Address.Type(), mark: a.Mark}
		r.members = []string{r.name}
		if a.Unmanaged {
			r.remarks = append(r.remarks, "unmanaged")
		}
		if len(a.Unreadable) > 0 {
			r.remarks = append(r.remarks, "not read: "+strings.Join(a.Unreadable, ", "))
		}
		for _, t := range a.Trusted {
			r.trusted = append(r.trusted, trustLink{source: sourceAt[t.Principal], mark: t.Mark, lifetime: t.Lifetime})
		}
		at := map[int]int{}
		for _, grant := range a.Grants {
			target := targetAt[grantPlace(grant, account).key]
			if _, known := at[target]; !known {
				at[target] = len(r.links)
				r.links = append(r.links, scopeLink{target: target})
			}
			r.single = r.single || grant.By == a.Address
			link := &r.links[at[target]]
			link.roles = append(link.roles, roleOf(a.Address, grant))
		}
		r.sort()
		p.rows = append(p.rows, r)
	}
	slices.SortFunc(p.rows, func(x, y graphRow) int { return strings.Compare(x.name, y.name) })
}

// sort makes the row independent of the order in which its parts were found.
func (r *graphRow) sort() {
	slices.SortFunc(r.trusted, func(x, y trustLink) int { return cmp.Or(x.source-y.source, cmp.Compare(x.mark, y.mark)) })
	slices.SortFunc(r.links, func(x, y scopeLink) int { return x.target - y.target })
	for _, l := range r.links {
		slices.SortFunc(l.roles, func(x, y graphRole) int { return cmp.Or(strings.Compare(x.name, y.name), cmp.Compare(x.mark, y.mark)) })
	}
}

func sortPlaces(by map[string]graphPlace) (all []graphPlace, index map[string]int) {
	for _, at := range by {
		all = append(all, at)
	}
	slices.SortFunc(all, func(x, y graphPlace) int {
		return cmp.Or(strings.Compare(x.name, y.name), strings.Compare(x.key, y.key))
	})
	index = make(map[string]int, len(all))
	for i := range all {
		index[all[i].key] = i
	}
	return all, index
}

// graphName returns a name as it stands in a picture. One that could be taken for several, or for a mark or a remark of ours, is put in
// quotes.
func graphName(name string) string {
	quoted := title(name)
	if quoted == name && (strings.HasPrefix(name, "+ ") || strings.HasPrefix(name, "- ") || strings.HasPrefix(name, "~ ") ||
		strings.Contains(name, ", ") || strings.Contains(name, " [")) {
		return quote(name)
	}
	return quoted
}

// principalPlace says who a principal is, seen from the account.
func principalPlace(principal string, account plan.Account) graphPlace {
	kind, name, qualified := strings.Cut(principal, ":")
	at := graphPlace{key: principal, name: graphName(principal)}
	if !qualified {
		return at
	}
	at.name = kind + " " + graphName(name)
	switch {
	case kind == "service":
		at.kind = servicePlace
	case !strings.HasPrefix(kind, "account"):
	case name != "" && (name == account.Name || name == account.ID):
		at.kind = ownAccount
	default:
		at.kind = foreignAccount
	}
	return at
}

// grantPlace is where something may be done: a scope, or as another principal.
func grantPlace(g plan.ActorGrant, account plan.Account) graphPlace {
	switch {
	case g.As != "":
		at := principalPlace(g.As, account)
		return graphPlace{key: "as " + g.As, name: "acts as " + at.name, kind: at.kind}
	case g.Scope == "*":
		return graphPlace{key: "in *", name: "everywhere"}
	}
	kind, name, qualified := strings.Cut(g.Scope, ":")
	if !qualified {
		return graphPlace{key: "in " + g.Scope, name: graphName(g.Scope)}
	}
	return graphPlace{key: "in " + g.Scope, name: kind + " " + graphName(name)}
}

// roleOf names what a resource gives by the last part of its address.
func roleOf(actor addr.Address, g plan.ActorGrant) graphRole {
	r := graphRole{name: "directly", mark: g.Mark, administrator: g.Administrator, high: g.High}
	if segments := g.By.Segments(); g.By != actor && len(segments) > 0 {
		r.name = graphName(segments[len(segments)-1].String())
	}
	if g.Unknown {
		r.remarks = append(r.remarks, "not known")
	}
	if g.Limited {
		r.remarks = append(r.remarks, "limited")
	}
	if g.Denies {
		r.remarks = append(r.remarks, "only denies")
	}
	return r
}

// counts says how many there are of each type of actor, and how many act as them.
func (p *picture) counts() string {
	n := map[string]int{}
	var types []string
	for i := range p.rows {
		if n[p.rows[i].typ] == 0 {
			types = append(types, p.rows[i].typ)
		}
		n[p.rows[i].typ] += len(p.rows[i].members)
	}
	slices.Sort(types)
	words := []string{plan.Counted(len(p.sources), "principal")}
	for _, typ := range types {
		words = append(words, plan.Counted(n[typ], typ))
	}
	return strings.Join(words, ", ")
}
