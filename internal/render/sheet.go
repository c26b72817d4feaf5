package render

import (
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
)

// sheet is what people read of a report on a page, whatever the page is written in: Markdown and HTML have the same sheet. All
// texts are as strangers wrote them: whoever writes a sheet out escapes each of them.
type sheet struct {
	Kind Kind
	// Title is what the report is of; Whom names the one account that it is about, "" for several.
	Title, Whom string
	Failed      bool
	Several     bool
	// Verdict is what came out, in one sentence, and Risks what risks are new.
	Verdict, Risks string
	// Rest is what else there is, in whole sentences.
	Rest  string
	Kinds []kindCount
	// Problems are those of manifests, and of the input as a whole.
	Problems []sheetRow
	// Failures are those of the run, and after them those of accounts.
	Failures []sheetRow
	Accounts []sheetAccount
}

// sheetAccount is what came out for one account.
type sheetAccount struct {
	// Name tells the accounts of a run apart.
	Name, Verdict, Rest, Risks string
	Failed                     bool
	// Cloud names cloud, region and the id of the account.
	Cloud string
	// Urgent is what a reader must see first, before Groups and More.
	Urgent []sheetSection
	Groups []sheetGroup
	More   []sheetSection
	// NotRead is what no other part of the sheet can speak of.
	NotRead []sheetRow
	// source is what all of it is taken from.
	source *Account
}

// sheetSection is a titled list. Several accounts have the same sections, found by their titles.
type sheetSection struct {
	Title string
	Rows  []sheetRow
	// Kept is set where a page with little room keeps some for the section.
	Kept bool
}

// sheetGroup is a root resource with all that happens to it and to its parts.
type sheetGroup struct {
	Address addr.Address
	// Mark and Fate say what happens to the root itself, in words of ours, and Reason why; all may be empty.
	Mark, Fate, Reason string
	// Trust are the principals that may act as it.
	Trust []string
	Notes string
	Place string
	Rows  []sheetRow
	// Gravity is that of the gravest change.
	Gravity gravity
	// count and mentions are what Rows do not have: those of the change of the root itself.
	count    sheetCount
	mentions []mention
}

// about says where the root stands and whom to ask.
func (g *sheetGroup) about() string { return parts(" · ", g.Place, g.Reason, g.Notes) }

// sheetRow is one statement, with further ones below it.
type sheetRow struct {
	// Mark is the sign of what happens: + ~ - ! ×, or "" for nothing.
	Mark string
	// Link is the resource it is about, where that is not the one above.
	Link addr.Address
	// Tells are the resources that it is all about: what other statements refer to is found here.
	Tells []addr.Address
	Label string
	Text  string
	// Severity and Rule are those of a finding, else empty.
	Severity, Rule string
	Place          string
	// Code is set for a line of a document, in which blanks count.
	Code  bool
	Under []sheetRow
	count sheetCount
	// mentions are what of the count other rows may tell too.
	mentions []mention
	// mustSee is set where that is the gravity of a change that the row tells of.
	mustSee bool
}

// mention is a delete or a finding that a sheet may tell in several places.
type mention struct {
	key   string
	count sheetCount
}

func deleteMention(of addr.Address) mention {
	return mention{"delete " + of.String(), sheetCount{acts: actionCount{plan.Delete: 1}}}
}

func findingMention(f *plan.Finding) mention {
	m := mention{key: strings.Join([]string{"finding", f.Rule, f.Address.String(), f.Attribute, f.Message}, "\x00")}
	m.count.findings[f.Severity]++
	return m
}

// allMentions returns those of a row and of all below it.
func (r *sheetRow) allMentions() []mention {
	all := slices.Clone(r.mentions)
	for i := range r.Under {
		all = append(all, r.Under[i].allMentions()...)
	}
	return all
}

// sheetCount counts what a part of a sheet speaks of.
type sheetCount struct {
	acts     actionCount
	findings severityCount
	// other counts statements of any other kind.
	other int
}

func (c *sheetCount) add(d sheetCount) {
	c.acts.add(d.acts)
	for s, n := range d.findings {
		c.findings[s] += n
	}
	c.other += d.other
}

// less returns the counts without those of a part.
func (c sheetCount) less(part sheetCount) sheetCount {
	for action, n := range part.acts {
		c.acts[action] -= n
	}
	for s, n := range part.findings {
		c.findings[s] -= n
	}
	c.other -= part.other
	return c
}

// sum counts all of it.
func (c *sheetCount) sum() int { return c.acts.sum() + c.findings.sum() + c.other }

// all returns the counts of a row and of all below it.
func (r *sheetRow) all() sheetCount {
	c := countOf(r.Under)
	c.add(r.count)
	return c
}

// countOf adds up the counts of rows.
func countOf(rows []sheetRow) (c sheetCount) {
	for i := range rows {
		c.add(rows[i].all())
	}
	return c
}

// newSheet returns the sheet of a report.
func newSheet(r Report, o Options) sheet {
	s := sheet{Kind: r.Kind, Several: o.Several || len(r.Accounts) > 1}
	if f := r.Failure; f != nil {
		s.Failures = append(s.Failures, failureRow("", f, o))
	}
	for _, p := range r.Problems {
		s.Problems = append(s.Problems, problemRow(p))
	}
	for i := range r.Accounts {
		a := &r.Accounts[i]
		account := sheetAccount{Name: Clean(a.Account.String()), source: a}
		if f := a.failure(); f != nil {
			account.Failed, s.Failed = true, true
			if a.Failure != nil || a.Apply == nil { // an apply tells itself what failed
				s.Failures = append(s.Failures, failureRow(account.Name, f, o))
			}
		}
		s.Accounts = append(s.Accounts, account)
	}
	s.Failed = s.Failed || r.Failure != nil
	s.title()
	switch r.Kind {
	case Plan:
		s.plans(o)
	case Drift:
		s.drifts(o)
	case Audit:
		s.audits(o)
	case Apply:
		s.applies(o)
	case Validate:
		s.validated(&r)
	case Whoami:
		s.callers(o)
	}
	if len(s.Accounts) == 1 && !s.Several && s.Accounts[0].Verdict != "" {
		s.Verdict, s.Rest = s.Accounts[0].Verdict, s.Accounts[0].Rest
	}
	return s
}

func (s *sheet) title() {
	titles := map[Kind]string{
		Plan: "Plan for", Drift: "Drift of", Audit: "Audit of", Apply: "Apply to", Validate: "Manifests", Whoami: "Credentials for",
	}
	s.Title = titles[s.Kind]
	switch {
	case s.Kind == Validate:
	case s.Several:
		s.Title += " " + plan.Counted(len(s.Accounts), "account")
	case len(s.Accounts) == 1:
		s.Whom = s.Accounts[0].Name
	default: // it failed before anybody knew
		s.Title = strings.Fields(s.Title)[0]
	}
}

// section adds a list, unless it is empty.
func (a *sheetAccount) section(title string, rows []sheetRow) {
	if len(rows) > 0 {
		a.More = append(a.More, sheetSection{Title: title, Rows: rows})
	}
}

// kept adds a list that a page with little room keeps some for, unless it is empty.
func (a *sheetAccount) kept(title string, rows []sheetRow) {
	if len(rows) > 0 {
		a.More = append(a.More, sheetSection{Title: title, Rows: rows, Kept: true})
	}
}

func (a *sheetAccount) urgent(title string, rows []sheetRow) {
	if len(rows) > 0 {
		a.Urgent = append(a.Urgent, sheetSection{Title: title, Rows: rows})
	}
}
