package render_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/agencyctl/agencyctl/engine"
	"github.com/agencyctl/agencyctl/internal/render"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/access"
	"github.com/agencyctl/agencyctl/plan/addr"
)

// named returns reports in which a stranger has written every name and text.
func named(text string) []render.Report {
	name := text
	if name == "" {
		name = "x"
	}
	var (
		root    = addr.New("agency", addr.Plain(name))
		child   = addr.New("grant", addr.Plain(name), addr.Qualified("project", name), addr.Plain(name))
		at      = plan.Position{File: text, Line: 1}
		finding = plan.Finding{Rule: text, Severity: plan.High, Address: child, Attribute: text, Message: text, Hint: text}
		value   = plan.StringValue(text)
		problem = plan.Problem{At: at, Summary: text, Detail: text, Hint: text}
		failure = &render.Failure{Err: errors.New(text), Problems: []plan.Problem{problem}}
		owner   = plan.Account{Name: text, ID: text}
		gone    = &plan.Resource{Attributes: plan.Attributes{"trust": plan.StringValue("account:" + text)}}
		notes   = plan.Notes{Owner: text, Ticket: text, Reason: text, ReviewBy: text}
	)
	p := &plan.Plan{
		Account: owner, Cloud: plan.Cloud{Kind: text, Region: text},
		Changes: []plan.Change{
			{
				Address: root, Action: plan.Delete, Before: gone, With: []addr.Address{child}, Reason: text, Source: at, Notes: notes,
				Manual: []plan.Manual{{Attribute: text, Values: []string{text}, Instruction: text}}, Findings: []plan.Finding{finding},
			},
			{
				Address: child, Parent: root, Action: plan.Update, Before: gone, After: gone, Resolves: []plan.Finding{finding},
				Attributes: []plan.AttributeChange{
					{Name: text, Before: value, After: plan.SetValue(text, text+"x")}, {Name: text, After: value},
					{Name: "set", Before: plan.SetValue(text), After: plan.SetValue(text + "y")},
				},
				Holders: []plan.Holder{{Address: root, Fate: plan.HolderUnmanaged}},
			},
		},
		Findings: []plan.Finding{{Rule: text, Severity: plan.High, Address: root, Message: text, Accepted: plan.Accepted{Reason: text, ReviewBy: text}}},
		Privileges: access.Delta{
			Principals: []access.PrincipalDelta{{Principal: "account:" + text, Gained: []access.Power{{Scope: text, Actions: []string{text}}}}},
			Chains:     []access.Chain{{Path: []string{text, root.String()}, Through: child}},
		},
		Rules:   []plan.RuleChange{{Key: text, Before: plan.NewText(text), After: plan.NewText(text + "x"), Source: at}},
		NotRead: []plan.NotRead{{Subject: text, Reason: text, Regions: []string{text, text}}}, Warnings: []string{text},
		NotCompared: []plan.NotCompared{{Address: root, Attribute: text, Reason: text}}, Unmanaged: []addr.Address{root},
		Unexpected: []plan.Unexpected{{Live: plan.Live{Resource: plan.Resource{Address: root}}}},
	}
	r := &engine.Report{
		Account: owner, Results: []engine.Result{
			{Address: root, Action: plan.Create, Outcome: engine.Failed, Err: errors.New(text)},
			{Address: child, Action: plan.Delete, Outcome: engine.Skipped, Cause: root, Done: []string{text}, Open: []string{text}},
		},
		Unverified: []engine.Difference{{Address: root, Reason: text}},
	}
	d := &plan.Drift{
		Account: owner, Findings: []plan.Finding{finding},
		Changed: []plan.Difference{{Address: root, Reason: text, Attributes: []plan.AttributeChange{{Name: text, Before: value, After: plan.StringValue(text + "x")}}}},
		Expired: []plan.Difference{{Address: root, Reason: text, Notes: notes, State: plan.StateOverdue, StateReason: text}},
		Missing: []plan.Difference{{Address: root, State: plan.StateAccepted, Accepted: plan.Accepted{Reason: text, ReviewBy: text}}},
	}
	several := plans(p, p)
	several.Accounts[1].Failure = failure
	trust := &plan.TrustGraph{Actors: []plan.Actor{{
		Address: root, Unreadable: []string{text}, Trusted: []plan.Trusted{{Principal: "account:" + text, Lifetime: text}},
		Grants: []plan.ActorGrant{{Scope: "project:" + text, By: child}, {As: "account:" + text, By: root}},
	}}}
	applied := drawnAll(reports(r), trust)
	applied.Accounts[0].Plan = p
	return []render.Report{
		applied, plans(p), drawnAll(several, trust, trust), reports(r), drawnAll(drifts(d), trust), {Kind: render.Plan, Failure: failure},
		{Kind: render.Validate, Problems: []plan.Problem{problem}},
	}
}

// requireHarmless requires that a text is read as it is, wherever it stands, and does nothing.
func requireHarmless(t judge, text string) {
	t.Helper()
	for _, report := range named(text) {
		markdown := written(t, "markdown", report)
		document := comment(t, markdown)
		requireInert(t, document)
		require.True(t, strings.HasPrefix(markdown, "<!-- agencyctl:"))
		page := written(t, "html", report)
		requirePage(t, page)
		require.NotContains(t, page, "ZgotmplZ")
		for _, text := range []string{markdown, page} {
			for line := range strings.Lines(text) {
				line = strings.TrimSuffix(line, "\n")
				require.Equal(t, render.Clean(line), line, "nothing hides")
			}
		}
		for _, shown := range []string{textOf(document, true), textOf(parsed(t, page), true)} {
			requireReads(t, shown, text)
			if report.Kind == render.Plan && report.Failure == nil && text != "" {
				requireReads(t, shown, addr.New("agency", addr.Plain(text)).String())
			}
		}
	}
}

// hostileTexts are what a name may try in a comment or on a page.
var hostileTexts = []string{
	"@octocat", "a@octocat", "me@example.com", "#1", "org/repo#1", "GH-1", "deadbeef", "a5c3785ed8d6a35868bc169f07e40e889087fd2e",
	"http://example.com", "www.example.com", "https://example.com/`", "[x](http://example.com)", "![x](http://example.com/x.png)",
	"<script>alert(1)</script>", "<!-- agencyctl:plan:other -->", "-->", "<a href=x>", "</details>", "</code></pre>", "</style><b>",
	"`", "``", "```\n# x", "```\n@octocat", "````\n@octocat", "~~~", "` `", " `x` ", "a | b", "|---|", "**bold**", "_x_", "~~x~~", ":smile:", "- [ ] task", "1. x", "# x",
	"&lt;b&gt;", "&#64;octocat", "\\@octocat", "\\", "a\\|b", "a  b", "  a", "b ", "x\ny", "x\n\n# y", "x\r\n@y", "\t", "\u202egnp", "\u200b@x",
	"{{.}}", "javascript:alert(1)", "\" onload=\"x", "' style='x", "\xff", "東京@tokyo", "e\u0301", "🏴", "$x$", "$$x$$", "[^1]", "[[x]]", "==x==",
	"cafe", "1234567", "2031-06-30", "2031-06-3011", "(@x)", "x:y:z", "{a: @b, c: #1}", "{a: http://x", "a.b.c/d@e",
}

func TestHostileTextsAreHarmless(t *testing.T) {
	for _, text := range hostileTexts {
		t.Run(text, func(t *testing.T) { requireHarmless(t, text) })
	}
}

func TestTextsOfHostilePartsAreHarmless(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		parts := rapid.SliceOfN(rapid.OneOf(rapid.SampledFrom(hostileTexts), rapid.SampledFrom([]string{" ", "\n", "a", "1", "-", ":", ".", "(", ")", `"`}), rapid.String()), 0, 6)
		requireHarmless(t, strings.Join(parts.Draw(t, "parts"), ""))
	})
}

// A line end in a message ends no line of ours: the next one carries a bar.
func TestLinesOfMessagesCannotLookLikeOurs(t *testing.T) {
	p := emptyPlan()
	p.Warnings = []string{"a warning\n+ domain: Tenant Administrator"}
	require.Contains(t, written(t, "markdown", plans(p)), "\n  a warning\n  | + domain: Tenant Administrator\n")
}

func FuzzPagesAreHarmless(f *testing.F) {
	for _, text := range hostileTexts {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 300 { // a long one is cut in the head, and wrapped in the rest
			return
		}
		requireHarmless(t, text)
	})
}
