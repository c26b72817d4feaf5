package render

import (
	"reflect"
	"slices"
	"strconv"
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
	d := pl.Privileges
	reaching := slices.DeleteFunc(slices.Clone(pl.Changes), func(c plan.Change) bool {
		return !c.Action.Writes() || len(c.Holders) == 0 && c.Unseen == (plan.Unseen{})
	})
	if len(d.Principals)+len(reaching) > 0 {
		p.line(0, bold, "Power:")
		for _, who := range d.Principals {
			p.powers(who.Principal, "gains", yellow, who.Gained)
			p.powers(who.Principal, "loses", dim, who.Lost)
		}
		for i := range reaching {
			p.holders(&reaching[i])
		}
		p.gap()
	}
	if len(d.Chains) == 0 {
		return
	}
	p.line(0, bold, "New ways to everything:")
	shown := d.Chains
	if !p.verbose {
		shown = shown[:min(len(shown), maxWays)]
	}
	for _, c := range shown {
		var way []string
		for _, step := range c.Path {
			if !strings.Contains(step, "/") { // no address: a principal from outside
				step = spoken(step)
			}
			way = append(way, title(step))
		}
		p.block(2, red, strings.Join(append(way, title(c.Through.String())), " → "))
	}
	if more := len(d.Chains) - len(shown) + d.MoreChains; more > 0 {
		p.more(2, more, "way")
	}
	if d.ChainsCut {
		p.line(2, dim, "not all ways were followed: there may be more, but for nobody else and through nothing else")
	}
	p.gap()
}

// holders names all that a change reaches through what it deletes or changes.
func (p *page) holders(c *plan.Change) {
	verb := " changes for"
	if c.Action == plan.Delete {
		verb = " is taken from"
	}
	p.line(2, plain, title(c.Address.String())+verb)
	for _, h := range c.Holders {
		text := title(h.Address.String())
		if h.Fate != plan.HolderManaged {
			text += " (" + strings.Replace(string(h.Fate), "leftOut", "left out", 1) + ")"
		}
		p.block(4, yellow, text)
	}
	if c.Unseen != (plan.Unseen{}) {
		p.block(4, yellow, c.Unseen.String())
	}
}

// powers writes what a principal gains or loses. Scopes in which that is the same share a line.
func (p *page) powers(principal, verb string, look style, powers []access.Power) {
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
		begin := spoken(principal) + " " + verb
		if power.Scope == everywhere {
			begin += " everywhere"
		} else {
			begin += " in " + strings.Join(spokenEach(scopes[i]), ", ")
		}
		p.power(begin, look, power)
	}
}

// everywhere is the scope of what holds in all others.
const everywhere = "*"

func (p *page) power(begin string, look style, power access.Power) {
	switch {
	case power.LimitUnsure:
		begin += ", under a limit that may be none"
	case power.Limited:
		begin += ", on some resources or conditions only"
	}
	if len(power.Actions) > 0 {
		text := begin + ": " + p.some(power.Actions, maxActions)
		if len(power.Except) > 0 {
			text += ", but not " + p.some(power.Except, maxActions)
		}
		p.line(2, look, text)
	}
	if len(power.Unknown) > 0 {
		var from []string
		for _, a := range power.Unknown {
			from = append(from, title(a.String()))
		}
		p.line(2, look, begin+" what nobody can tell, by "+p.some(from, maxActions))
	}
}

// some names the first of many, and counts the others.
func (p *page) some(names []string, most int) string {
	if more := len(names) - most; more > 0 && !p.verbose {
		p.abridged = true
		return strings.Join(names[:most], ", ") + " and " + strconv.Itoa(more) + " more"
	}
	return strings.Join(names, ", ")
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
