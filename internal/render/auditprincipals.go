package render

import (
	"fmt"
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/plan"
)

// principals writes who may act in the account from outside, administrators first, and with --verbose all that each may do.
func (p *page) principals(a *plan.Audit) {
	if len(a.Principals) == 0 {
		return
	}
	p.gap()
	p.line(0, bold, "Who may act here from outside:")
	told, left := 0, 0
	for i := range a.Principals {
		who := &a.Principals[i]
		if !p.verbose && told >= maxPrincipals && !(who.Administrator && who.Foreign) {
			left++
			continue
		}
		told++
		p.hang = 6
		p.indent(2)
		p.put(plain, principalName(who, a.Account)+": ")
		look := dim
		if who.Administrator {
			look = red
		}
		p.put(look, p.through(who))
		p.end()
		if p.verbose {
			for _, power := range p.powers("may do", who.Powers, nil) {
				p.line(4, dim, power.oneLine())
			}
		}
		p.hang = 0
	}
	if left > 0 {
		p.more(2, left, "principal")
	}
	p.gap()
	if !p.verbose {
		return
	}
	ways := titled{title: titleWays}
	for _, way := range a.Chains {
		ways.all = append(ways.all, listed{name: wayText(way)})
	}
	if a.MoreChains > 0 {
		ways.all = append(ways.all, listed{name: "and " + plan.Counted(a.MoreChains, "more way")})
	}
	if a.ChainsCut {
		ways.all = append(ways.all, listed{name: waysCut})
	}
	p.list(ways)
}

const titleWays = "Ways to everything"

// principalName names a principal, and says where it belongs.
func principalName(who *plan.Principal, account plan.Account) string {
	place := principalPlace(who.Name, account)
	if tag := place.tag(); tag != "" && place.kind != servicePlace { // of a service, the name says it
		return place.name + " (" + tag + ")"
	}
	return place.name
}

// through says what a principal may do, and through which roots: those first that give everything.
func (p *page) through(who *plan.Principal) string {
	passages := slices.SortedStableFunc(slices.Values(who.Through), func(x, y plan.Passage) int {
		switch {
		case x.Administrator == y.Administrator:
			return 0
		case x.Administrator:
			return -1
		}
		return 1
	})
	texts := make([]string, len(passages))
	for i := range passages {
		texts[i] = p.passage(&passages[i])
	}
	begin := ""
	if who.Administrator {
		begin = "everything, "
	}
	if len(texts) == 0 {
		return begin + "directly"
	}
	return begin + "through " + p.some(texts, maxThrough)
}

// passage names a root with what it gives: without --verbose, of one that gives everything only what does.
func (p *page) passage(at *plan.Passage) string {
	all := slices.DeleteFunc(slices.Clone(at.Grants), func(g plan.ActorGrant) bool { return g.By == at.Root || g.Denies })
	if !p.verbose && slices.ContainsFunc(all, func(g plan.ActorGrant) bool { return g.Administrator }) {
		all = slices.DeleteFunc(all, func(g plan.ActorGrant) bool { return !g.Administrator })
	}
	var given []string
	for _, g := range all {
		if segments := g.By.Segments(); len(segments) > 0 {
			given = append(given, title(segments[len(segments)-1].String()))
		}
	}
	slices.Sort(given)
	given = slices.Compact(given)
	text := title(at.Root.String())
	var about []string
	if at.Expired {
		about = append(about, "expired")
	}
	if at.CutOff {
		about = append(about, "cut off")
	}
	switch {
	case len(given) > 0:
		about = append(about, p.some(given, maxThrough))
	case len(at.Grants) == 0:
		about = append(about, "nothing granted")
	}
	if len(about) > 0 {
		text += " (" + strings.Join(about, ": ") + ")"
	}
	return text
}

// auditLists are what an audit finds beside findings.
func auditLists(a *plan.Audit) []titled {
	expired := titled{title: "Expired"}
	for i := range a.Expired {
		d := &a.Expired[i]
		expired.all = append(expired.all, listed{about: d.Address, text: differenceReason(d)})
	}
	endless := titled{title: "Trusted from another account without an end"}
	for i := range a.ForeignTrusts {
		if t := &a.ForeignTrusts[i]; t.Endless {
			endless.all = append(endless.all, listed{about: t.Root, text: spoken(t.Principal)})
		}
	}
	lost := titled{title: "Refers to what no list of the cloud shows (gone, or hidden)"}
	for _, l := range a.Lost {
		lost.all = append(lost.all, listed{about: l.Address, text: l.Kind + " " + l.ID})
	}
	unused := titled{title: "Made by a service, and not in use as far as was read"}
	for _, u := range a.Unused {
		unused.all = append(unused.all, listed{about: u.Address, text: u.Reason})
	}
	return []titled{expired, endless, lost, unused}
}

// first writes the first rows of a list, and counts the others.
func (p *page) first(l titled, most int) {
	if more := len(l.all) - most; more > 1 && !p.verbose {
		l.all = append(l.all[:most:most], listed{name: fmt.Sprintf("and %d more", more)})
		p.abridged = true
	}
	p.list(l)
}
