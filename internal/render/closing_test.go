package render_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/engine"
	"github.com/agencyctl/agencyctl/internal/render"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
)

// burdened is a plan that changes nothing, with much beside it that it leaves alone.
func burdened(t testing.TB) *plan.Plan {
	p := emptyPlan()
	for i := range 7 {
		about := address(t, fmt.Sprintf("authorization/csms/cn-north-%d/RDS-FG", i))
		p.NotCompared = append(p.NotCompared, plan.NotCompared{Address: about, Attribute: "trust", Reason: "unreadable"})
	}
	for i := range 7 {
		p.NotRead = append(p.NotRead, plan.NotRead{Subject: fmt.Sprintf("a-service-of-the-cloud-%d", i), Reason: "no entry mentions it", Usual: true})
		p.Warnings = append(p.Warnings, fmt.Sprintf("warning %d: %s", i, strings.Repeat("word ", 20)))
	}
	for _, s := range []plan.Severity{plan.High, plan.Medium, plan.Low} {
		p.Findings = append(p.Findings, plan.Finding{Rule: "r", Severity: s, Address: address(t, "agency/a"), Message: "m"})
	}
	return p
}

func TestNothingToDoIsThreeLines(t *testing.T) {
	text := planText(t, burdened(t), render.Options{Width: 80})
	assert.LessOrEqual(t, strings.Count(text, "\n"), 3, text)
	flat := strings.Join(strings.Fields(text), " ")
	for _, part := range []string{
		"Warning: warning 0: word word", "… (1 of 7, --verbose) Nothing to do", "in example-co. 14 unchanged, 3 unmanaged.",
		"Left in place: 1 high, 1 medium, 1 low.", "Not read: 8 parts.", "Not compared: 7 attributes.",
	} {
		assert.Contains(t, flat, part)
	}
	text = planText(t, burdened(t), render.Options{Width: 80, Verbose: true})
	for _, part := range []string{"warning 6: ", "a-service-of-the-cloud-6", "authorization/csms/cn-north-6/RDS-FG trust"} {
		assert.Contains(t, text, part)
	}
}

func TestAnUnexpectedAdministratorIsNamedBeforeTheOthers(t *testing.T) {
	p := emptyPlan()
	for _, name := range []string{"a", "b", "c", "d", "e", "f", "g", "zz"} {
		p.Unexpected = append(p.Unexpected, plan.Unexpected{Live: plan.Live{Resource: plan.Resource{Address: address(t, "agency/"+name)}}})
	}
	p.Unexpected[7].Findings = []plan.Finding{{Rule: "administrator-role", Severity: plan.High, Address: address(t, "grant/zz/domain/A")}}
	assert.Contains(t, planText(t, p, render.Options{}), "Unexpected and not touched: agency/zz, agency/a, ")

	crowded := burdened(t)
	crowded.Unexpected = p.Unexpected
	flat := strings.Join(strings.Fields(planText(t, crowded, render.Options{Width: 80})), " ")
	assert.Contains(t, flat, "Unexpected and not touched: agency/zz and 7 more resources.", "where there is no room, too")
}

// What a manifest leaves out, and what nobody could read, is in no count, however long the paragraph gets.
func TestWhatIsNotReadAgainstTheRuleIsNamed(t *testing.T) {
	p := burdened(t)
	p.NotRead = append(p.NotRead, plan.NotRead{Subject: "all-projects", Reason: "the manifest leaves it unread"},
		plan.NotRead{Subject: "project:zz-admin", Reason: "answered 403"})
	flat := strings.Join(strings.Fields(planText(t, p, render.Options{Width: 80})), " ")
	assert.Contains(t, flat, "Not read: all-projects, project:zz-admin and 8 more parts. Not compared: 7 attributes.")
	p.NotRead = p.NotRead[len(p.NotRead)-2:]
	flat = strings.Join(strings.Fields(planText(t, p, render.Options{Width: 80})), " ")
	assert.Contains(t, flat, "Not read: all-projects, project:zz-admin. Not compared: 7 attributes.")
	for i := range 20 {
		p.NotRead = append(p.NotRead, plan.NotRead{Subject: fmt.Sprintf("project:p%02d", i), Reason: fmt.Sprintf("answered %d", 401+i%3)})
	}
	flat = strings.Join(strings.Fields(planText(t, p, render.Options{Width: 80})), " ")
	assert.Contains(t, flat, "Not read: all-projects, project:zz-admin, project:p00, project:p01, project:p02, project:p03 and 16 more parts.")
	d := &plan.Drift{Account: account, NotRead: burdened(t).NotRead, NotCompared: burdened(t).NotCompared}
	d.NotRead = append(d.NotRead, plan.NotRead{Subject: "all-projects", Reason: "the manifest leaves it unread"})
	assert.Contains(t, driftText(t, d, render.Options{}), "all-projects", "it stands before what is usual")
}

// Who reads that nothing is to do also reads that a guardrail forbids nothing. All warnings that fit into the three lines are there, the
// first one in any case, and the others are counted.
func TestNothingToDoTellsWhatItWarnsOf(t *testing.T) {
	const slip = `m.yaml:7:21: forbidden role unknown: "Tenant Admin" forbids nothing: the account has no such role`
	for situation, c := range map[string]struct {
		width    int
		warnings []string
		begins   string
		ends     string
	}{
		"one":             {80, []string{slip}, "Warning: " + slip + "\nNothing to do in example-co. 14 unchanged, ", "3 unmanaged.\n"},
		"two":             {80, []string{"a: b", "c: d"}, "Warning: a: b\nWarning: c: d\nNothing to do", "3 unmanaged.\n"},
		"three":           {80, []string{"a: b", "c: d", "e: f"}, "Warning: a: b\nNothing to do", "2 more warnings: c, e. (--verbose tells all)\n"},
		"three, and room": {120, []string{"a: b", "c: d", "e: f"}, "Warning: a: b\nWarning: c: d\nNothing to do", "1 more warning: e. (--verbose tells all)\n"},
	} {
		t.Run(situation, func(t *testing.T) {
			p := emptyPlan()
			p.NotRead, p.Warnings = nil, c.warnings
			text := planText(t, p, render.Options{Width: c.width})
			assert.LessOrEqual(t, strings.Count(text, "\n"), 3, text)
			flat := strings.NewReplacer("\n        ", " ", "\n    ", " ").Replace(text)
			assert.True(t, strings.HasPrefix(flat, c.begins) && strings.HasSuffix(flat, c.ends), text)
		})
	}
	p := emptyPlan()
	p.Warnings = []string{strings.Repeat(slip+"; ", 3)}
	assert.Regexp(t, `^Warning: m.yaml:7:21: forbidden role unknown: "Tenant Admin" f.*… \(--verbose\)\nNothing to do`, planText(t, p, render.Options{Width: 80}))
	assert.Contains(t, planText(t, p, render.Options{}), p.Warnings[0]+"\nNothing to do", "no line is cut where none is broken")
	d := &plan.Drift{Account: account, Warnings: []string{slip}}
	assert.Contains(t, driftText(t, d, render.Options{}), "Warning: "+slip+"\nNo drift")
}

func TestBesideChangesTheFirstWarningsAreWritten(t *testing.T) {
	p := burdened(t)
	p.Changes = []plan.Change{{Address: address(t, "agency/new"), Action: plan.Create, After: &plan.Resource{}}}
	p.Summary.Create = 1
	text := planText(t, p, render.Options{Width: 200})
	assert.Contains(t, text, "  warning 4: ")
	assert.NotContains(t, text, "warning 5: ")
	assert.Contains(t, text, "2 warnings: warning 5, warning 6. (--verbose tells all)\n")
	assert.NotContains(t, text, "Plan: 1 to create", "the head is in sight")
	assert.NotContains(t, text, "agencies +1", "the line of the change tells it")
}

// Of hundreds of one kind, the only one of another is told, and the counts have their kinds.
func TestWarningsOfOneKindHideNoOther(t *testing.T) {
	const other = `m.yaml:9:1: forbidden role unknown: "Tenant Admin" forbids nothing: the account has no such role`
	p := emptyPlan()
	for i := range 226 {
		p.Warnings = append(p.Warnings, fmt.Sprintf("m.yaml:%d:3: role may not fit the scope: role %d is not known to fit", i+1, i))
	}
	p.Warnings = append(p.Warnings, other)
	for _, changes := range [][]plan.Change{nil, {{Address: address(t, "agency/new"), Action: plan.Create, After: &plan.Resource{}}}} {
		p.Changes, p.Summary.Create = changes, len(changes)
		text := planText(t, p, render.Options{Width: 200})
		assert.Contains(t, text, other)
		assert.Regexp(t, `22[25]( more)? warnings: 22[25] × role may not fit the scope\. `, text)
	}
	assert.Contains(t, planText(t, p, render.Options{Verbose: true}), p.Warnings[225])
	p.Changes = nil
	p.Warnings = []string{strings.Repeat(p.Warnings[0]+"; ", 3), p.Warnings[1], other}
	assert.Contains(t, planText(t, p, render.Options{Width: 80}), "… (1 of 3, 2 kinds, --verbose)\n", "where no warning fits")
	d := &plan.Drift{Account: account, Warnings: append(slices.Repeat([]string{"a: b"}, 9), "c: d"), Missing: []plan.Difference{{Address: address(t, "agency/a")}}}
	text := driftText(t, d, render.Options{})
	assert.Contains(t, text, "  a: b\n  c: d\n")
	assert.Contains(t, text, "5 warnings: 5 × a.")
}

func TestTheTotalsOfALongPlanAreToldAgain(t *testing.T) {
	p := emptyPlan()
	for i := range 60 {
		p.Changes = append(p.Changes, plan.Change{Address: address(t, fmt.Sprintf("agency/a%02d", i)), Action: plan.Create, After: &plan.Resource{}})
	}
	p.Summary.Create = 60
	assert.Contains(t, planText(t, p, render.Options{Width: 80}), "\nPlan: 60 to create. 14 unchanged")
}

func TestWhatAChangeEndsStandsOnItsLineInShort(t *testing.T) {
	about := address(t, "grant/a/domain/Tenant Administrator")
	ends := plan.Finding{Rule: "administrator-role", Severity: plan.High, Address: about, Message: "allows everything"}
	p := onePlan(plan.Change{
		Address: about, Parent: address(t, "agency/a"), Action: plan.Delete, Before: &plan.Resource{}, Reason: "not listed in the manifest",
		Resolves: []plan.Finding{ends},
	})
	const line = "    - domain: Tenant Administrator  (not listed in the manifest)"
	assert.Contains(t, planText(t, p, render.Options{Width: 120}), line+"  ends high [administrator-role]\n")
	assert.Contains(t, planText(t, p, render.Options{Width: 80}), line+"\n        ends high [administrator-role]\n")
	assert.Contains(t, planText(t, p, render.Options{Width: 80, Verbose: true}), "\n        ends high: allows everything  [administrator-role]\n")
}

// One reason for many resources is told once, with the first of them; --verbose tells each.
func TestAReportTellsOneReasonOnce(t *testing.T) {
	r := &engine.Report{Account: account}
	refused := errors.New("the service is on fire")
	for i := range 1838 {
		about := addr.New("agency", addr.Plain(fmt.Sprintf("a%04d", i)))
		r.Results = append(r.Results, engine.Result{Address: about, Action: plan.Create, Outcome: engine.Failed, Err: refused})
		r.Unverified = append(r.Unverified, engine.Difference{Address: about, Reason: "could not be read back: the service is on fire"})
	}
	var b strings.Builder
	require.NoError(t, asText(reports(r), render.Options{Width: 120, Hint: sampleHint})(&b))
	text := b.String()
	assert.Less(t, strings.Count(text, "\n"), 12, text)
	assert.Contains(t, text, "a0005 and 1832 more")
	assert.Equal(t, 1, strings.Count(text, "hint: "), text)
	b.Reset()
	require.NoError(t, asText(reports(r), render.Options{Width: 120, Verbose: true, Hint: sampleHint})(&b))
	assert.Equal(t, 2, strings.Count(b.String(), "agency/a1837"))
	assert.Equal(t, 1, strings.Count(b.String(), "hint: "))
}

func TestMembersOfASetAreBrokenNowhere(t *testing.T) {
	side := &plan.Resource{}
	roles := []string{"CES ReadOnlyAccess", "ELB FullAccess", "KMS CMKReadOnlyAccess", "RDS ReadOnlyAccess", "Tenant Guest"}
	text := planText(t, onePlan(plan.Change{
		Address: address(t, "agency/a"), Action: plan.Update, Before: side, After: side,
		Attributes: []plan.AttributeChange{
			attribute("gone", plan.SetValue(roles...), plan.SetValue()), attribute("new", plan.Value{}, plan.SetValue(roles...)),
		},
	}), render.Options{Width: 40})
	for _, role := range roles {
		assert.Equal(t, 2, strings.Count(text, role), "%s in\n%s", role, text)
	}
	barred := strings.Count(text, "\n            | ")
	assert.Equal(t, strings.Count(text, "- ")-1, barred, "each further row of what goes has a bar:\n%s", text)
}

// A colour is set once a row.
func TestAColourIsSetOnceARow(t *testing.T) {
	p := emptyPlan()
	p.Changes = []plan.Change{{Address: address(t, "agency/new"), Action: plan.Create, After: &plan.Resource{}}}
	p.Warnings = []string{strings.Repeat("word ", 60)}
	text := planText(t, p, render.Options{Width: 80, Color: true})
	assert.Contains(t, text, "\x1b[33mword word word")
	assert.Less(t, strings.Count(text, "\x1b[33m"), 7, text)
}

// A block to paste stays as it is, on a narrow page too.
func TestABlockToPasteIsNotBroken(t *testing.T) {
	block := "    grants: {projects: {cn-north-4: [a-rather-long-name, another-rather-long-name]}}"
	text := planText(t, onePlan(plan.Change{
		Address: address(t, "agency/a"), Action: plan.ByHand, Before: &plan.Resource{}, After: &plan.Resource{},
		Manual: []plan.Manual{{Attribute: "grants", Instruction: "write in the entry:\nagencies:\n" + block}},
	}), render.Options{Width: 40})
	assert.Contains(t, text, "\n    | agencies:\n    | "+block+"\n")
}
