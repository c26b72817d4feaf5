package render

import (
	"strconv"
	"strings"

	"github.com/agencyctl/agencyctl/plan/access"
)

const (
	// maxActions is how many actions one line of the section on power names, and maxWays how many new ways to everything
	// are written; the JSON output has all.
	maxActions = 12
	maxWays    = 12
)

// privileges writes who may do more and less after the plan, and who has a new way to everything. Nothing for a plan
// that changes nobody's power.
func (p *page) privileges(d access.Delta) {
	if d.IsZero() {
		return
	}
	if len(d.Principals) > 0 {
		p.line(0, bold, "Power:")
		for _, who := range d.Principals {
			p.line(2, plain, spoken(who.Principal))
			p.powers("gains", yellow, who.Gained)
			p.powers("loses", dim, who.Lost)
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

func (p *page) powers(verb string, look style, powers []access.Power) {
	for _, power := range powers {
		begin := verb + " in " + spoken(power.Scope)
		if power.Scope == "*" {
			begin = verb + " everywhere"
		}
		if power.Limited {
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
