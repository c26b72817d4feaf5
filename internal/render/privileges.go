package render

import (
	"cmp"
	"reflect"
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/access"
)

const (
	// maxActions is how many actions one line on power names, and maxWays how many new ways to everything are written. --verbose writes all.
	maxActions = 12
	maxWays    = 12
)

// privileges writes which principals gain and lose power, who holds what changes, and which principals have a new way to
// everything; nothing for a plan that changes nobody's power.
func (p *page) privileges(pl *plan.Plan) {
	d, told := pl.Privileges, wordsOfFindings(pl)
	reaching := reachingOf(pl.Changes)
	if len(d.Principals)+len(reaching) > 0 {
		var rows [][]piece
		for _, who := range d.Principals {
			for _, power := range p.powers("gains", who.Gained, told) {
				rows = append(rows, []piece{{yellow, spoken(who.Principal) + " " + power.oneLine()}})
			}
			for _, power := range p.powers("loses", who.Lost, told) {
				rows = append(rows, []piece{{dim, spoken(who.Principal) + " " + power.oneLine()}})
			}
		}
		if len(reaching) == 0 {
			p.titled("Power:", rows)
			if len(rows) == 1 {
				p.joins = p.buf.Len()
			}
		} else {
			p.gap()
			p.line(0, bold, "Power:")
			p.rowsBelow(rows)
		}
		for _, c := range reaching {
			p.line(2, plain, title(c.Address.String())+" "+reachVerb(c))
			for _, h := range c.Holders {
				p.block(4, yellow, strings.TrimSuffix(title(h.Address.String())+" "+holderFate(h), " "))
			}
			if c.Unseen != (plan.Unseen{}) {
				p.block(4, yellow, c.Unseen.String())
			}
		}
		if len(reaching) > 0 {
			p.gap()
		}
	}
	if len(d.Chains) == 0 {
		return
	}
	shown := d.Chains
	if !p.verbose {
		shown = shown[:min(len(shown), maxWays)]
	}
	rows := make([][]piece, len(shown))
	for i, c := range shown {
		rows[i] = []piece{{red, wayText(c)}}
	}
	if more := len(d.Chains) - len(shown) + d.MoreChains; more > 0 {
		rows = append(rows, []piece{{dim, p.moreText(more, "way")}})
	}
	if d.ChainsCut {
		rows = append(rows, []piece{{dim, waysCut}})
	}
	p.titled("New ways to everything:", rows)
}

// waysCut says that ways may be missing.
const waysCut = "not all ways were followed: there may be more, but for nobody else and through nothing else"

// wayText is a way to everything, from whoever may begin it.
func wayText(c access.Chain) string {
	var way []string
	for _, step := range c.Path {
		if !strings.Contains(step, "/") { // no address: a principal from outside
			step = spoken(step)
		}
		way = append(way, title(step))
	}
	return strings.Join(append(way, title(c.Through.String())), " → ")
}

// reachingOf are the changes that reach others through what they delete or change.
func reachingOf(changes []plan.Change) (reaching []*plan.Change) {
	for i := range changes {
		if c := &changes[i]; c.Action.Writes() && (len(c.Holders) > 0 || c.Unseen != (plan.Unseen{})) {
			reaching = append(reaching, c)
		}
	}
	return reaching
}

func reachVerb(c *plan.Change) string {
	if c.Action == plan.Delete {
		return "is taken from"
	}
	return "changes for"
}

// holderFate says in brackets what else becomes of a holder; "" for nothing.
func holderFate(h plan.Holder) string {
	if h.Fate == plan.HolderManaged {
		return ""
	}
	return "(" + strings.Replace(string(h.Fate), "leftOut", "left out", 1) + ")"
}

// powers says what a principal gains or loses, and where, first what findings tell of. Scopes in which that is the same are told together.
func (p *page) powers(verb string, powers []access.Power, told map[string]bool) (lines []remark) {
	var merged []access.Power
	scopes := map[int][]string{}
	for _, power := range powers {
		scope := power.Scope
		power.Scope = ""
		at := slices.IndexFunc(merged, func(other access.Power) bool { return scope != everywhere && reflect.DeepEqual(power, other) })
		if at < 0 {
			at = len(merged)
			merged = append(merged, power)
			if scope == everywhere {
				merged[at].Scope = everywhere
			}
		}
		scopes[at] = append(scopes[at], scope)
	}
	for i, power := range merged {
		begin := verb + " in " + strings.Join(spokenEach(scopes[i]), ", ")
		if power.Scope == everywhere {
			begin = verb + " everywhere"
		}
		lines = append(lines, p.power(begin, power, told)...)
	}
	return lines
}

// everywhere is the scope of what holds in all others.
const everywhere = "*"

func (p *page) power(begin string, power access.Power, told map[string]bool) (lines []remark) {
	switch {
	case power.LimitUnsure:
		begin += ", under a limit that may be none"
	case power.Limited:
		begin += ", on some resources or conditions only"
	}
	if len(power.Actions) > 0 {
		text := p.someActions(power.Actions, told)
		if len(power.Except) > 0 {
			text += ", but not " + p.someActions(power.Except, told)
		}
		lines = append(lines, remark{subject: begin, text: text})
	}
	if len(power.Unknown) > 0 {
		lines = append(lines, remark{subject: begin + " what nobody can tell, by " + p.some(titlesOf(power.Unknown), maxActions)})
	}
	return lines
}

// someActions names the first of many actions, and those in any case that findings tell of: these come first, then patterns, then what
// writes, then what reads.
func (p *page) someActions(actions []string, told map[string]bool) string {
	most := 0
	for _, action := range actions {
		if told[action] {
			most++
		}
	}
	rank := func(action string) int {
		switch _, verb := cutLast(action, ":"); {
		case told[action]:
			return 0
		case strings.Contains(verb, "*"):
			return 1
		case slices.ContainsFunc(readingVerbs, func(reads string) bool { return strings.HasPrefix(strings.ToLower(verb), reads) }):
			return 3
		}
		return 2
	}
	sorted := slices.SortedStableFunc(slices.Values(actions), func(x, y string) int { return cmp.Compare(rank(x), rank(y)) })
	return p.some(sorted, max(maxActions, most))
}

// readingVerbs begin the names of most actions that only read. Nothing but an order follows from them.
var readingVerbs = []string{"get", "list", "show", "query", "head", "describe", "check", "count", "view", "read", "search"}

// cutLast parts a text at the last separator; all of it is behind where there is none.
func cutLast(text, separator string) (before, after string) {
	at := strings.LastIndex(text, separator)
	if at < 0 {
		return "", text
	}
	return text[:at], text[at+len(separator):]
}

// wordsOfFindings are the words in which the findings of a plan speak, those that it ends among them: an action is one word.
func wordsOfFindings(pl *plan.Plan) map[string]bool {
	all := slices.Concat(newRisks(pl), staying(pl))
	for i := range pl.Changes {
		all = append(all, pl.Changes[i].Resolves...)
	}
	words := map[string]bool{}
	for i := range all {
		for word := range strings.FieldsSeq(all[i].Message) {
			words[strings.Trim(word, `.,;:()"'`+"`")] = true
		}
	}
	return words
}

// some names the first of many, and counts the others.
func (p *page) some(names []string, most int) string {
	if p.verbose {
		return strings.Join(names, ", ")
	}
	p.abridged = p.abridged || len(names) > most
	return firstOf(names, most)
}

// spoken parts the kind of a principal or scope from its name.
func spoken(name string) string {
	kind, rest, is := strings.Cut(name, ":")
	switch {
	case !is:
		return title(name)
	case strings.Contains(rest, " "):
		return title(kind) + " " + quote(rest)
	}
	return title(kind + " " + rest)
}

func spokenEach(names []string) []string {
	all := make([]string, len(names))
	for i, name := range names {
		all[i] = spoken(name)
	}
	return all
}

func spokenAll(names []string) string { return strings.Join(spokenEach(names), " and ") }
