package render

import (
	"time"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
)

// audits fills in what is wrong in all accounts.
func (s *sheet) audits(o Options) {
	findings := 0
	for i := range s.Accounts {
		a := &s.Accounts[i]
		if audit := a.source.Audit; audit != nil {
			a.audit(audit, o)
			findings += len(plan.AtLeast(audit.Findings, plan.Low))
		}
	}
	switch {
	case findings > 0:
		s.Verdict = plan.Counted(findings, "finding")
	case !s.Failed:
		s.Verdict = "no findings"
	}
}

func (a *sheetAccount) audit(audit *plan.Audit, o Options) {
	a.Cloud = cloudOf(audit.Account, audit.Cloud)
	if o.ShowNow {
		a.Cloud += ", judged at " + audit.Now.UTC().Format(time.RFC3339)
	}
	a.Verdict = "no findings"
	if n := len(plan.AtLeast(audit.Findings, plan.Low)); len(audit.Findings) > 0 {
		a.Verdict = plan.Counted(n, "finding") + ": " + joined(severities(audit.Findings))
	}
	a.Rest = sentence(auditTypes(audit), "From outside: "+auditPrincipals(audit))
	by, accepted := ofSeverity(audit.Findings)
	a.urgent("High findings", rowsByRoot(audit, by[plan.High]))
	p := newPage(Options{Verbose: true})
	var who, ways []sheetRow
	for i := range audit.Principals {
		one := &audit.Principals[i]
		row := sheetRow{Label: Clean(principalName(one, audit.Account)), Text: p.through(one), count: sheetCount{other: 1}}
		for _, power := range p.powers("may do", one.Powers, nil) {
			row.Under = append(row.Under, sheetRow{Label: power.subject, Text: power.text})
		}
		who = append(who, row)
	}
	for _, way := range audit.Chains {
		ways = append(ways, sheetRow{Text: wayText(way), count: sheetCount{other: 1}})
	}
	if audit.MoreChains > 0 {
		ways = append(ways, sheetRow{Text: "and " + plan.Counted(audit.MoreChains, "more way"), count: sheetCount{other: audit.MoreChains}})
	}
	if audit.ChainsCut {
		ways = append(ways, sheetRow{Text: waysCut})
	}
	a.kept("Who may act here from outside", who)
	a.section(titleWays, ways)
	for _, l := range auditLists(audit) {
		a.list(l)
	}
	a.section("Findings", append(rowsByRoot(audit, by[plan.Medium]), rowsByRoot(audit, by[plan.Low])...))
	var taken []sheetRow
	for _, f := range gravest(accepted) {
		taken = append(taken, findingRow(f, addr.Address{}))
	}
	a.section("Accepted", taken)
	a.remarks(&remarks{notRead: audit.NotRead, notCompared: audit.NotCompared, warnings: audit.Warnings})
}

// rowsByRoot are findings in the order of their roots, the worst first.
func rowsByRoot(audit *plan.Audit, findings []plan.Finding) (rows []sheetRow) {
	for _, r := range byRoot(audit, findings) {
		for _, f := range r.findings {
			rows = append(rows, findingRow(f, addr.Address{}))
		}
	}
	return rows
}
