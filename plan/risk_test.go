package plan_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

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
	x := item{"s1", "x"}
	for behaviour, c := range map[string]struct {
		live world
		want wish
		own  plan.Ownership
		at   addr.Address
		// holding the change at that address, of the plan, and of the unexpected one
		brings, ends, stays, unexpected []plan.Finding
	}{
		"what a create brings is told with it": {
			live: world{boxes: boxes("one", openBox("p"))}, want: wish{boxes: wants("one", openBox("p", "s1/x"))},
			at: itemAt("one", x), brings: []plan.Finding{doesX(itemAt("one", x))},
		},
		"what a delete ends is told with it": {
			live: world{boxes: boxes("one", openBox("p", "s1/x"))}, want: wish{boxes: wants("one", openBox("p"))},
			at: itemAt("one", x), ends: []plan.Finding{doesX(itemAt("one", x))},
		},
		"what goes with a root is told with the root": {
			live: world{boxes: boxes("one", openBox("p", "s1/x"))}, want: wish{boxes: wants("one", wishedBox{absent: true})},
			at: boxAt("one"), ends: []plan.Finding{doesX(itemAt("one", x))},
		},
		"what stays is told with the plan": {
			live: world{boxes: boxes("one", openBox("p", "s1/x"))}, want: wish{boxes: wants("one", openBox("p", "s1/x", "s1/a"))},
			at: itemAt("one", item{"s1", "a"}), stays: []plan.Finding{doesX(itemAt("one", x))},
		},
		"what is kept without being listed stays too": {
			live: world{boxes: boxes("one", openBox("p", "s1/x"))}, want: wish{boxes: wants("one", wishedBox{box: openBox("p", "s1/a"), additive: true})},
			at: itemAt("one", item{"s1", "a"}), stays: []plan.Finding{doesX(itemAt("one", x))},
		},
		"a change of content speaks for what is kept": {
			live: world{boxes: boxes("one", openBox("p", "s1/doc-d")), docs: map[string]string{"d": "a"}},
			want: wish{boxes: wants("one", openBox("p", "s1/doc-d")), docs: wantsDocs("d", "x")},
			at:   docAt("d"), brings: []plan.Finding{doesX(itemAt("one", item{"s1", "doc-d"}))},
		},
		"a change of content ends what it takes": {
			live: world{boxes: boxes("one", openBox("p", "s1/doc-d")), docs: map[string]string{"d": "x"}},
			want: wish{boxes: wants("one", openBox("p", "s1/doc-d")), docs: wantsDocs("d", "a")},
			at:   docAt("d"), ends: []plan.Finding{doesX(itemAt("one", item{"s1", "doc-d"}))},
		},
		"what is held back ends nothing": {
			live: world{boxes: boxes("one", openBox("p", "s1/x"))}, want: wish{boxes: wants("one", openBox("p"))},
			own: plan.Ownership{Protect: patterns("box/one")},
			at:  itemAt("one", x), stays: []plan.Finding{doesX(itemAt("one", x))},
		},
		"the unexpected is told apart": {
			live: world{boxes: boxes("one", openBox("p", "s1/x"))}, want: wish{boxes: wants("two", openBox("p"))},
			own: plan.Ownership{Include: patterns("box/*")},
			at:  boxAt("two"), unexpected: []plan.Finding{doesX(itemAt("one", x))},
		},
		"what is not ours is not weighed": {
			live: world{boxes: boxes("one", openBox("p", "s1/x"))}, want: wish{boxes: wants("two", openBox("p"))}, at: boxAt("two"),
		},
	} {
		t.Run(behaviour, func(t *testing.T) {
			p := build(t, c.live.input(c.want, c.own))
			changed := change(t, p, c.at)
			require.ElementsMatch(t, c.brings, changed.Findings)
			require.ElementsMatch(t, c.ends, changed.Resolves)
			require.ElementsMatch(t, c.stays, p.Findings)
			require.ElementsMatch(t, c.brings, p.Raised())
			var unexpected []plan.Finding
			for _, u := range p.Unexpected {
				unexpected = append(unexpected, u.Findings...)
			}
			require.ElementsMatch(t, c.unexpected, unexpected)
		})
	}
}

func TestTakingAHighRiskWaitsForNoGrant(t *testing.T) {
	for role, waits := range map[string]bool{"a": true, "ax": false} {
		live := world{boxes: boxes("one", openBox("p", "s1/"+role))}
		p := build(t, live.input(wish{boxes: wants("one", openBox("p", "s1/ab"))}, plan.Ownership{}))
		taking := change(t, p, itemAt("one", item{"s1", role}))
		giving := itemAt("one", item{"s1", "ab"})
		if waits {
			require.Equal(t, []addr.Address{giving}, taking.DependsOn)
		} else {
			require.Empty(t, taking.DependsOn)
			require.Equal(t, []addr.Address{giving}, taking.RunsAfter)
		}
	}
}

func accepting(rule, pattern, reviewBy string) plan.Acceptance {
	return plan.Acceptance{
		Rule: rule, Address: patterns(pattern)[0], Accepted: plan.Accepted{Reason: "known", ReviewBy: reviewBy},
		At: plan.Position{File: "tiny.yaml", Line: 9, Column: 1},
	}
}

func TestAcceptedFindingsStayInSightAndCountForNothing(t *testing.T) {
	live := world{boxes: boxes("kept", openBox("p", "s1/x"), "one", openBox("p"))}
	in := live.input(wish{boxes: wants("kept", openBox("p", "s1/x"), "one", openBox("p", "s1/x", "s2/x"))}, plan.Ownership{})
	in.Manifest.Acceptances = []plan.Acceptance{
		accepting("does-x", "item/one/scope:s1/*", "2031-01-01"), accepting("does-x", "item/kept/**", "2031-01-01"),
		accepting("does-x", "item/other/**", "2031-01-01"), accepting("does-y", "item/**", "2031-01-01"),
	}
	p, problems := plan.Build(in)
	require.Empty(t, plan.Fatal(problems))
	require.Len(t, problems, 2, "what accepts nothing is a warning")
	for _, problem := range problems {
		require.Equal(t, "nothing to accept", problem.Summary)
	}
	accepted := doesX(itemAt("one", item{"s1", "x"}))
	accepted.Accepted = plan.Accepted{Reason: "known", ReviewBy: "2031-01-01"}
	open := doesX(itemAt("one", item{"s2", "x"}))
	require.Equal(t, []plan.Finding{accepted, open}, p.Raised())
	require.Equal(t, []plan.Finding{open}, plan.AtLeast(p.Raised(), plan.Low))
	require.Equal(t, "known", p.Findings[0].Accepted.Reason)
	_, any := plan.Worst(p.Findings)
	require.False(t, any)
}

func TestWorstIsTheHighestThatNobodyAccepted(t *testing.T) {
	findings := []plan.Finding{{Severity: plan.Low}, {Severity: plan.Medium}, {Severity: plan.High, Accepted: plan.Accepted{Reason: "r"}}}
	worst, any := plan.Worst(findings)
	require.True(t, any)
	require.Equal(t, plan.Medium, worst)
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
	require.Empty(t, plan.Overdue(acceptances, day(30)))
	overdue := plan.Overdue(acceptances, day(30).Add(time.Second))
	require.Len(t, overdue, 1)
	require.Equal(t, plan.RuleAcceptanceOverdue, overdue[0].Rule)
	require.Contains(t, overdue[0].Message, "item/**")
	require.Contains(t, overdue[0].Hint, "tiny.yaml:9:1")
}

func TestDriftTellsTheRisksOfWhatDiffers(t *testing.T) {
	live := world{boxes: boxes("kept", openBox("p", "s1/x"), "one", openBox("p", "s1/x"), "glass", openBox("p", "s1/x"), "strange", openBox("p", "s1/x"))}
	in := live.input(wish{boxes: wants("kept", openBox("p", "s1/x"), "one", openBox("p"), "glass", openBox("p"))},
		plan.Ownership{Include: patterns("box/*"), Protect: patterns("box/glass")})
	x := item{"s1", "x"}
	require.Equal(t, []plan.Finding{doesX(itemAt("glass", x)), doesX(itemAt("one", x)), doesX(itemAt("strange", x))},
		plan.DriftOf(build(t, in), in, time.Time{}).Findings, "what is live as the manifest says was weighed when it was reviewed")
}
