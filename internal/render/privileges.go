package render

import (
	"slices"
	"strconv"
	"strings"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/access"
)

const (
	// maxActions is how many actions one line of the section on power names, and maxWays how many new ways to everything
	// are written; the JSON output has all.
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
			p.line(2, plain, spoken(who.Principal))
			p.powers("gains", yellow, who.Gained)
			p.powers("loses", dim, who.Lost)
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
	shown := d.Chains[:min(len(d.Chains), maxWays)]
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
		p.line(2, dim, "and "+strconv.Itoa(more)+" more")
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

func (p *page) powers(verb string, look style, powers []access.Power) {
	for _, power := range powers {
		begin := verb + " in " + spoken(power.Scope)
		if power.Scope == "*" {
			begin = verb + " everywhere"
		}
		switch {
		case power.LimitUnsure:
			begin += ", under a limit that may be none"
		case power.Limited:
			begin += ", on some resources or conditions only"
		}
		if len(power.Actions) > 0 {
			text := begin + ": " + some(power.Actions)
			if len(power.Except) > 0 {
				text += ", but not " + some(power.Except)
			}
			p.block(4, look, text)
		}
		if len(power.Unknown) > 0 {
			var from []string
			for _, a := range power.Unknown {
				from = append(from, title(a.String()))
			}
			p.block(4, look, begin+" what nobody can tell, by "+some(from))
		}
	}
}

// some names the first of many.
func some(names []string) string {
	if more := len(names) - maxActions; more > 0 {
		return strings.Join(names[:maxActions], ", ") + " and " + strconv.Itoa(more) + " more"
	}
	return strings.Join(names, ", ")
}

// spoken parts the kind of a principal or scope from its name.
func spoken(name string) string { return strings.Replace(name, ":", " ", 1) }
