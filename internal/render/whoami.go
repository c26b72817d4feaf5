package render

import (
	"cmp"
	"fmt"
	"math"
	"strings"
)

// caller writes who the caller is, where calls go, the policies to paste, and what trying showed.
func (p *page) caller(c *Caller, o Options) {
	what := "Calls are made in"
	switch {
	case c.Identity == nil:
		what = "For"
	case !c.Identity.AccountConfirmed:
		what = "Calls would be made in"
	}
	p.heading(what, c.Account, c.Cloud, true)
	p.end()
	p.gap()
	p.identity(c)
	var rows []remark
	for _, e := range c.Endpoints {
		rows = append(rows, remark{e.Service, e.URL + "  (" + e.Source + ")"})
	}
	p.table("Endpoints:", rows)
	if c.Permissions != nil {
		p.permissions(c.Permissions, o)
	}
	if c.Check != nil {
		p.check(c.Check, c.Permissions)
	}
	p.trim()
}

// trim takes away the empty line that the last part of a caller ends with.
func (p *page) trim() {
	if text := p.buf.Bytes(); len(text) > 1 && text[len(text)-1] == '\n' && text[len(text)-2] == '\n' {
		p.buf.Truncate(len(text) - 1)
	}
}

func (p *page) identity(c *Caller) {
	if c.Identity == nil {
		return
	}
	account := "as the cloud says"
	if !c.Identity.AccountConfirmed {
		account = "as the credentials claim; the cloud did not confirm it"
	}
	rows := []remark{{"account", account}}
	if m := c.Manifest; m != nil {
		said := map[Matches]string{
			MatchesYes:     "is for this account",
			MatchesNo:      "is for another account: " + m.Account.String(),
			MatchesUnknown: "is for " + m.Account.String() + "; the cloud did not tell enough to compare",
		}
		rows = append(rows, remark{"manifest", said[m.Matches]})
	}
	rows = append(rows, remark{"credentials", cmp.Or(c.Identity.Kind, "unknown") + ", from " + cmp.Or(c.Identity.Source, "an unknown source")})
	for _, more := range []remark{
		{"principal", c.Identity.Principal}, {"assumed", c.Identity.Assumed}, {"expires", c.Identity.Expires},
	} {
		if more.text != "" {
			rows = append(rows, more)
		}
	}
	p.table("Identity:", rows)
}

func (p *page) permissions(all *CallerPermissions, o Options) {
	places := map[string]string{"global": "global services", "project": "services in a region, granted in its project"}
	for i, d := range all.Policies {
		p.line(0, bold, fmt.Sprintf("Custom policy %d of %d for %s, for %s:", i+1, len(all.Policies), all.For, cmp.Or(places[d.Scope], d.Scope)))
		for line := range strings.Lines(d.Document.text()) {
			p.unbroken(0, plain, strings.TrimSuffix(line, "\n"))
		}
		p.gap()
	}
	var rows []remark
	for _, n := range all.AlsoNeeded {
		role := "no role documented"
		if n.Role != "" {
			role = "role " + n.Role
		}
		rows = append(rows, remark{role + " (" + n.Scope + ")", n.Why})
	}
	heading := "Also needed, no fine-grained action documented:"
	if len(all.Policies) == 0 {
		heading = "Needed for " + all.For + ", no fine-grained action documented:"
	}
	p.reasons(heading, rows)
	rows = nil
	for _, a := range all.Actions {
		rows = append(rows, remark{a.Action, a.Why})
	}
	p.reasons("What each action is for:", rows)
	rows = nil
	for _, a := range all.Optional {
		rows = append(rows, remark{a.Action + " (" + a.Scope + ")", a.Why})
	}
	p.reasons("Optional:", rows)
}

// reasons is [page.table] with the second column behind the longest subject, however long that is: names of actions are.
func (p *page) reasons(title string, rows []remark) { p.aligned(title, rows, nil, math.MaxInt) }

func (p *page) check(c *CallerCheck, permissions *CallerPermissions) {
	p.list(titled{titleNotRead, p.byReason(c.NotRead)})
	look, said := red, string(c.Reads)+":"
	if c.Reads == ReadsAllowed {
		look, said = green, "all that plan needs are allowed."
		if permissions != nil && permissions.For == "drift" {
			said = "all that drift needs are allowed."
		}
	}
	p.line(0, look, "Reads: "+said)
	for _, problem := range c.Problems {
		p.block(2, plain, problem)
	}
	if permissions != nil && permissions.For == "apply" {
		p.line(0, plain, "Writes: not tried; there is no way to try them without writing.")
	}
}
