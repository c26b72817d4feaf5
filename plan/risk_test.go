package plan_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/conformance/tiny"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
)

// doesX is what [tinyCloud] finds at a place.
func doesX(a addr.Address) plan.Finding {
	return plan.Finding{Rule: "does-x", Severity: plan.High, Address: a, Message: "may do x"}
}

func change(t *testing.T, p *plan.Plan, a addr.Address) plan.Change {
	t.Helper()
	for _, c := range p.Changes {
		if c.Address == a {
			return c
		}
	}
	require.Fail(t, "no change", a.String())
	return plan.Change{}
}

func TestFindingsStandWhereTheyBelong(t *testing.T) {
	x := tiny.Item{Scope: "s1", Role: "x"}
	for behaviour, c := range map[string]struct {
		live tiny.World
		want tiny.Wish
		own  plan.Ownership
		at   addr.Address
		// holding the change at that address, of the plan, and of the unexpected one
		brings, ends, stays, unexpected []plan.Finding
	}{
		"what a create brings is told with it": {
			live: tiny.World{Boxes: tiny.Boxes("one", tiny.OpenBox("p"))}, want: tiny.Wish{Boxes: tiny.Wants("one", tiny.OpenBox("p", "s1/x"))},
			at: tiny.ItemAt("one", x.Scope, x.Role), brings: []plan.Finding{doesX(tiny.ItemAt("one", x.Scope, x.Role))},
		},
		"what a delete ends is told with it": {
			live: tiny.World{Boxes: tiny.Boxes("one", tiny.OpenBox("p", "s1/x"))}, want: tiny.Wish{Boxes: tiny.Wants("one", tiny.OpenBox("p"))},
			at: tiny.ItemAt("one", x.Scope, x.Role), ends: []plan.Finding{doesX(tiny.ItemAt("one", x.Scope, x.Role))},
		},
		"what goes with a root is told with the root": {
			live: tiny.World{Boxes: tiny.Boxes("one", tiny.OpenBox("p", "s1/x"))},
			want: tiny.Wish{Boxes: tiny.Wants("one", tiny.WantedBox{Absent: true})},
			at:   tiny.BoxAt("one"), ends: []plan.Finding{doesX(tiny.ItemAt("one", x.Scope, x.Role))},
		},
		"what stays is told with the plan": {
			live: tiny.World{Boxes: tiny.Boxes("one", tiny.OpenBox("p", "s1/x"))},
			want: tiny.Wish{Boxes: tiny.Wants("one", tiny.OpenBox("p", "s1/x", "s1/a"))},
			at:   tiny.ItemAt("one", "s1", "a"), stays: []plan.Finding{doesX(tiny.ItemAt("one", x.Scope, x.Role))},
		},
		"what is kept without being listed stays too": {
			live: tiny.World{Boxes: tiny.Boxes("one", tiny.OpenBox("p", "s1/x"))},
			want: tiny.Wish{Boxes: tiny.Wants("one", tiny.WantedBox{Box: tiny.OpenBox("p", "s1/a"), Additive: true})},
			at:   tiny.ItemAt("one", "s1", "a"), stays: []plan.Finding{doesX(tiny.ItemAt("one", x.Scope, x.Role))},
		},
		"a change of content speaks for what is kept": {
			live: tiny.World{Boxes: tiny.Boxes("one", tiny.OpenBox("p", "s1/doc-d")), Docs: map[string]string{"d": "a"}},
			want: tiny.Wish{Boxes: tiny.Wants("one", tiny.OpenBox("p", "s1/doc-d")), Docs: tiny.WantsDocs("d", "x")},
			at:   tiny.DocAt("d"), brings: []plan.Finding{doesX(tiny.ItemAt("one", "s1", "doc-d"))},
		},
		"a change of content ends what it takes": {
			live: tiny.World{Boxes: tiny.Boxes("one", tiny.OpenBox("p", "s1/doc-d")), Docs: map[string]string{"d": "x"}},
			want: tiny.Wish{Boxes: tiny.Wants("one", tiny.OpenBox("p", "s1/doc-d")), Docs: tiny.WantsDocs("d", "a")},
			at:   tiny.DocAt("d"), ends: []plan.Finding{doesX(tiny.ItemAt("one", "s1", "doc-d"))},
		},
		"what is held back ends nothing": {
			live: tiny.World{Boxes: tiny.Boxes("one", tiny.OpenBox("p", "s1/x"))}, want: tiny.Wish{Boxes: tiny.Wants("one", tiny.OpenBox("p"))},
			own: plan.Ownership{Protect: tiny.Patterns("box/one")},
			at:  tiny.ItemAt("one", x.Scope, x.Role), stays: []plan.Finding{doesX(tiny.ItemAt("one", x.Scope, x.Role))},
		},
		"the unexpected is told apart": {
			live: tiny.World{Boxes: tiny.Boxes("one", tiny.OpenBox("p", "s1/x"))}, want: tiny.Wish{Boxes: tiny.Wants("two", tiny.OpenBox("p"))},
			own: plan.Ownership{Include: tiny.Patterns("box/*")},
			at:  tiny.BoxAt("two"), unexpected: []plan.Finding{doesX(tiny.ItemAt("one", x.Scope, x.Role))},
		},
		"what is not ours is not weighed": {
			live: tiny.World{Boxes: tiny.Boxes("one", tiny.OpenBox("p", "s1/x"))}, want: tiny.Wish{Boxes: tiny.Wants("two", tiny.OpenBox("p"))},
			at: tiny.BoxAt("two"),
		},
	} {
		t.Run(behaviour, func(t *testing.T) {
			p := build(t, c.live.Input(c.want, c.own))
			changed := change(t, p, c.at)
			require.ElementsMatch(t, c.brings, changed.Findings)
			require.ElementsMatch(t, c.ends, changed.Resolves)
			require.ElementsMatch(t, c.stays, unseen(p.Findings))
			require.ElementsMatch(t, c.brings, p.Raised())
			var unexpected []plan.Finding
			for _, u := range p.Unexpected {
				unexpected = append(unexpected, u.Findings...)
			}
			require.ElementsMatch(t, c.unexpected, unseen(unexpected))
		})
	}
}

func TestTakingAHighRiskWaitsForNoGrant(t *testing.T) {
	for role, waits := range map[string]bool{"a": true, "ax": false} {
		live := tiny.World{Boxes: tiny.Boxes("one", tiny.OpenBox("p", "s1/"+role))}
		p := build(t, live.Input(tiny.Wish{Boxes: tiny.Wants("one", tiny.OpenBox("p", "s1/ab"))}, plan.Ownership{}))
		taking := change(t, p, tiny.ItemAt("one", "s1", role))
		giving := tiny.ItemAt("one", "s1", "ab")
		if waits {
			require.Equal(t, []addr.Address{giving}, taking.DependsOn)
		} else {
			require.Empty(t, taking.DependsOn)
			require.Equal(t, []addr.Address{giving}, taking.RunsAfter)
		}
	}
}

// unseen returns the findings without the digests of what they are about.
func unseen(findings []plan.Finding) []plan.Finding {
	findings = slices.Clone(findings)
	for i := range findings {
		findings[i].Seen = ""
	}
	return findings
}

func accepting(rule, pattern, reviewBy string) plan.Acceptance {
	return plan.Acceptance{
		Rule: rule, Address: tiny.Patterns(pattern)[0], Accepted: plan.Accepted{Reason: "known", ReviewBy: reviewBy},
		At: plan.Position{File: "tiny.yaml", Line: 9, Column: 1},
	}
}

func TestAcceptedFindingsStayInSightAndCountForNothing(t *testing.T) {
	live := tiny.World{Boxes: tiny.Boxes("kept", tiny.OpenBox("p", "s1/x"), "one", tiny.OpenBox("p"))}
	in := live.Input(tiny.Wish{Boxes: tiny.Wants("kept", tiny.OpenBox("p", "s1/x"), "one", tiny.OpenBox("p", "s1/x", "s2/x"))},
		plan.Ownership{})
	in.Manifest.Acceptances = []plan.Acceptance{
		accepting("does-x", "item/one/scope:s1/*", "2031-01-01"), accepting("does-x", "item/kept/**", "2031-01-01"),
		accepting("does-x", "item/other/**", "2031-01-01"), accepting("does-y", "item/none/**", "2031-01-01"),
	}
	p, problems := plan.Build(in)
	require.Empty(t, problems)
	at := plan.Position{File: "tiny.yaml", Line: 9, Column: 1}
	require.Equal(t, []plan.Remark{
		{Kind: plan.RemarkAcceptance, Address: tiny.Patterns("item/none/**")[0], Rule: "does-y", Source: at},
		{Kind: plan.RemarkAcceptance, Address: tiny.Patterns("item/other/**")[0], Rule: "does-x", Source: at},
	}, p.Remarks, "what accepts nothing can go")
	accepted := doesX(tiny.ItemAt("one", "s1", "x"))
	accepted.Accepted = plan.Accepted{Reason: "known", ReviewBy: "2031-01-01"}
	open := doesX(tiny.ItemAt("one", "s2", "x"))
	require.Equal(t, []plan.Finding{accepted, open}, p.Raised())
	require.Equal(t, []plan.Finding{open}, plan.AtLeast(p.Raised(), plan.Low))
	require.Equal(t, "known", p.Findings[0].Accepted.Reason)
	require.Empty(t, plan.AtLeast(p.Findings, plan.Low))
}

func TestAnAcceptanceOfWhatIsLeftOutIsNotUnused(t *testing.T) {
	in := tiny.World{Boxes: tiny.Boxes("one", tiny.OpenBox("p"))}.Input(
		tiny.Wish{Boxes: tiny.Wants("one", tiny.OpenBox("q", "s1/x"))}, plan.Ownership{})
	in.Manifest.Acceptances = []plan.Acceptance{accepting("does-x", "item/one/**", "2031-01-01")}
	require.Empty(t, build(t, in).Remarks)
	in.Options.Select = plan.Selection{Exclude: tiny.Patterns("item/one/**")}
	require.Empty(t, build(t, in).Remarks, "the finding is about a change that is not selected")
}

func TestALimitHoldsForWhatNobodyAccepted(t *testing.T) {
	findings := []plan.Finding{{Severity: plan.Low}, {Severity: plan.Medium}, {Severity: plan.High, Accepted: plan.Accepted{Reason: "r"}}}
	require.Len(t, plan.AtLeast(findings, plan.Medium), 1)
	require.Empty(t, plan.AtLeast(findings, plan.High))
	for _, s := range []plan.Severity{plan.Low, plan.Medium, plan.High} {
		read, err := plan.ParseSeverity(s.String())
		require.NoError(t, err)
		require.Equal(t, s, read)
	}
	_, err := plan.ParseSeverity("grave")
	require.ErrorContains(t, err, "write low, medium or high")
}

func TestAnAcceptanceIsOverdueFromTheDayAfter(t *testing.T) {
	acceptances := []plan.Acceptance{accepting("does-x", "item/**", "2031-06-30"), accepting("does-x", "box/**", "2031-07-30")}
	day := func(d int) time.Time { return time.Date(2031, 6, d, 23, 59, 59, 0, time.UTC) }
	acceptances[1].At.Line = 10
	boxes := tiny.OpenBox("p", "s1/x")
	in := tiny.World{Boxes: tiny.Boxes("one", boxes)}.Input(tiny.Wish{Boxes: tiny.Wants("one", boxes)}, plan.Ownership{})
	in.Manifest.Acceptances = acceptances
	of := func(now time.Time) (overdue []plan.Finding) {
		in.Now = now
		for _, f := range build(t, in).Findings {
			if f.Rule == plan.RuleAcceptanceOverdue {
				overdue = append(overdue, f)
			}
		}
		return overdue
	}
	require.Empty(t, of(day(30)))
	overdue := of(day(30).Add(time.Second))
	require.Len(t, overdue, 1)
	require.Contains(t, overdue[0].Message, "item/**")
	require.Contains(t, overdue[0].Hint, "tiny.yaml:9:1")
	in.Manifest.Acceptances[0] = accepting("does-x", "item/other/**", "2031-06-30")
	require.Empty(t, of(day(30).Add(time.Second)), "it covers nothing, and a remark says so")
	for _, f := range plan.DriftOf(build(t, in), in, nil).Findings {
		require.NotEqual(t, plan.RuleAcceptanceOverdue, f.Rule)
	}
	require.Len(t, build(t, in).Remarks, 2)
}

func TestAnEntryIsOverdueFromTheDayAfter(t *testing.T) {
	w := tiny.World{Boxes: tiny.Boxes("one", tiny.OpenBox("p", "s1/a"))}
	in := w.Input(tiny.Wish{Boxes: tiny.Wants("one", tiny.OpenBox("p", "s1/a"), "gone", tiny.WantedBox{Absent: true})}, plan.Ownership{})
	for i := range in.Desired {
		in.Desired[i].Notes = &plan.Notes{Reason: "a trial", ReviewBy: "2031-06-30"}
	}
	before := plan.Desired{Resource: tiny.Box{}.Resource("before"), Absent: true, ReplacedBy: tiny.BoxAt("one"), Notes: in.Desired[0].Notes}
	in.Desired = append(in.Desired, before)
	last := time.Date(2031, 6, 30, 23, 59, 59, 0, time.UTC)
	p := build(t, in)
	require.Empty(t, p.Findings, "a plan knows no day")
	in.Now = last
	require.False(t, plan.DriftOf(build(t, in), in, nil).Drifted())

	after := last.Add(time.Second)
	finding := func(name string, line int) plan.Finding {
		at := plan.Position{File: "tiny.yaml", Line: line, Column: 3}
		return plan.Finding{
			Rule: plan.RuleReviewOverdue, Severity: plan.Medium, Address: tiny.BoxAt(name), Attribute: "reviewBy",
			Message: "the entry was to be looked at again by 2031-06-30 (a trial)",
			Hint:    "take it out, or look at it and give " + at.String() + " a later reviewBy", Source: at,
		}
	}
	overdue := []plan.Finding{finding("gone", 1), finding("one", 2)}
	in.Now = after
	d := plan.DriftOf(build(t, in), in, nil)
	require.True(t, d.Drifted())
	require.Equal(t, overdue, d.Findings, "once for an entry")
	warnings := plan.ReviewWarnings(in.Manifest, in.Desired, in.Knowledge, after)
	require.Len(t, warnings, 2)
	require.Equal(t, in.Desired[0].Source, warnings[0].At)
	require.Empty(t, plan.Fatal(warnings))

	p = build(t, in)
	require.Equal(t, overdue, p.Findings)
	require.False(t, p.Differs(), "nothing is to be changed")
	require.Empty(t, p.Raised())
}

func TestDriftTellsTheRisksOfWhatDiffers(t *testing.T) {
	live := tiny.World{Boxes: tiny.Boxes("kept", tiny.OpenBox("p", "s1/x"), "one", tiny.OpenBox("p", "s1/x"), "glass",
		tiny.OpenBox("p", "s1/x"), "strange", tiny.OpenBox("p", "s1/x"))}
	in := live.Input(tiny.Wish{Boxes: tiny.Wants("kept", tiny.OpenBox("p", "s1/x"), "one", tiny.OpenBox("p"), "glass", tiny.OpenBox("p"))},
		plan.Ownership{Include: tiny.Patterns("box/*"), Protect: tiny.Patterns("box/glass")})
	x := tiny.Item{Scope: "s1", Role: "x"}
	require.Equal(t, []plan.Finding{doesX(tiny.ItemAt("glass", x.Scope, x.Role)), doesX(tiny.ItemAt("one", x.Scope, x.Role)),
		doesX(tiny.ItemAt("strange", x.Scope, x.Role))},
		unseen(plan.DriftOf(build(t, in), in, nil).Findings), "what is live as the manifest says was weighed when it was reviewed")
}
