package render_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/rivo/uniseg"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/agencyctl/agencyctl/engine"
	"github.com/agencyctl/agencyctl/internal/render"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/access"
	"github.com/agencyctl/agencyctl/plan/addr"
)

func planText(t testing.TB, p *plan.Plan, o render.Options) string {
	t.Helper()
	var b strings.Builder
	require.NoError(t, asText(plans(p), o)(&b))
	return b.String()
}

func onePlan(changes ...plan.Change) *plan.Plan {
	return &plan.Plan{Account: account, Changes: changes}
}

func TestAttributesOfAnUpdate(t *testing.T) {
	long := make([]string, 12)
	for i := range long {
		long[i] = fmt.Sprintf("FABRIC_POLICY_%02d", i)
	}
	for sentence, c := range map[string]struct {
		before, after plan.Value
		want          string
	}{
		"short texts stand side by side": {text("a b"), text("a c"), `x: a b → a c`},
		"prose has marks inside":         {text("the copies of all nights"), text("the copies of all days"), `x: "the copies of all [-nights-]{+days+}"`},
		"a changed phrase has one mark":  {text("reads one two from all the buckets"), text("reads three four from all the buckets"), `x: "reads [-one two-]{+three four+} from all the buckets"`},
		"prose with marks of its own stands side by side": {
			text("the copies of all [-nights-]{+days+}"), text("the copies of all days"), `x: the copies of all [-nights-]{+days+} → the copies of all days`,
		},
		"prose with little in common stands side by side": {
			text("one two three four five"), text("six seven eight nine five"), `x: one two three four five → six seven eight nine five`,
		},
		"an empty text is seen":         {text(""), text("a"), `x: "" → a`},
		"kinds may differ":              {plan.BoolValue(true), plan.SetValue("b", "a"), `x: true → [a, b]`},
		"a value that comes":            {plan.Value{}, text("a"), `x: none → a`},
		"a value that goes":             {plan.SetValue("a"), plan.Value{}, `x: none, was [a]`},
		"sets show what goes and comes": {plan.SetValue("a", "b", "c"), plan.SetValue("c", "d"), `x: - a, - b, + d, 1 other kept`},
		"a long set is broken between its members": {
			plan.SetValue(long[:7]...), plan.SetValue(long[6:7]...),
			"x: - FABRIC_POLICY_00, - FABRIC_POLICY_01, - FABRIC_POLICY_02, - FABRIC_POLICY_03,\n            | - FABRIC_POLICY_04, - FABRIC_POLICY_05, 1 other kept",
		},
		"a text that YAML takes for something else is quoted": {text("true"), text("2031"), `x: "true" → "2031"`},
		"a policy that comes is told in words": {
			plan.Value{}, document(t, `{"Statement":[{"Effect":"Allow","Action":["a:b:c"],"Resource":["x,y"],"Condition":{"StringEquals":{"g:K":["v"]}}},{"Effect":"Deny","NotAction":"*:*:*"}]}`),
			"x: none →\n      allow a:b:c on \"x,y\" if StringEquals g:K [v]\n      deny all but *:*:*",
		},
		"a policy with a key in another case is shown as it is": {
			plan.Value{}, document(t, `{"Statement":[{"Effect":"Allow","Action":["*:*:*"],"action":["a:b:c"]}]}`), "x: none →\n      {\n        \"Statement\": [",
		},
		"a policy whose texts could be taken for our words is shown as it is": {
			plan.Value{}, document(t, `{"Statement":[{"Effect":"Allow","Action":["a:b:c"],"Resource":["x if StringEquals g:K v"]}]}`), "x: none →\n      {\n        \"Statement\": [",
		},
		"a policy of another form is shown as it is": {
			plan.Value{}, document(t, `{"Statement":[{"Effect":"Allow","Action":["a:b:c"],"Principal":"x"}]}`), "x: none →\n      {\n        \"Statement\": [",
		},
		"a document that comes is shown whole": {plan.Value{}, document(t, `{"a":["b"]}`), "x: none →\n      {\n        \"a\": [\n          \"b\"\n        ]\n      }"},
	} {
		t.Run(sentence, func(t *testing.T) {
			side := &plan.Resource{}
			p := onePlan(plan.Change{
				Address: address(t, "agency/a"), Action: plan.Update, Before: side, After: side,
				Attributes: []plan.AttributeChange{attribute("x", c.before, c.after)},
			})
			assert.Contains(t, planText(t, p, render.Options{Width: 100}), "\n~ agency/a\n    "+c.want+"\n")
		})
	}
}

func TestChildrenNameOnlyWhatTheRootDoesNotSay(t *testing.T) {
	root := address(t, "agency/a%2Fb")
	change := func(text string) plan.Change {
		return plan.Change{Address: address(t, text), Parent: root, Action: plan.Create, After: &plan.Resource{}}
	}
	got := planText(t, onePlan(
		change("grant/a%2Fb/project:eu-de/system:Tenant Guest"),
		change("grant/a%2Fb/domain/x  (gone)"),
		change("attachment/a%2Fb/ReadOnly"),
		change("grant/other/domain/Odd"),
	), render.Options{})
	assert.Equal(t, `  agency/a%2Fb
    + attachment: ReadOnly
    + domain: "x  (gone)"
    + project:eu-de: system:Tenant Guest
    + grant/other/domain/Odd
`, got[strings.Index(got, "  agency/"):])
}

func TestParentsThatGoRoundInACircleEnd(t *testing.T) {
	a, b := address(t, "agency/a"), address(t, "agency/b")
	got := planText(t, onePlan(
		plan.Change{Address: a, Parent: b, Action: plan.Create, After: &plan.Resource{}},
		plan.Change{Address: b, Parent: a, Action: plan.Create, After: &plan.Resource{}},
	), render.Options{})
	assert.Contains(t, got, "agency/a")
	assert.Contains(t, got, "agency/b")
}

func TestNotesOfAGroupAreToldOnce(t *testing.T) {
	root := address(t, "agency/a")
	child := func(role string, n plan.Notes) plan.Change {
		return plan.Change{Address: address(t, "grant/a/domain/"+role), Parent: root, Action: plan.Create, After: &plan.Resource{}, Notes: n}
	}
	same := plan.Notes{Owner: "team"}
	assert.Equal(t, 1, strings.Count(planText(t, onePlan(child("A", same), child("B", same)), render.Options{}), "owner team\n"))
	differ := planText(t, onePlan(child("A", same), child("B", plan.Notes{Owner: "crew"})), render.Options{})
	assert.Equal(t, 1, strings.Count(differ, "owner team\n"))
	assert.Equal(t, 1, strings.Count(differ, "owner crew\n"))
}

func TestPlacesAreLeftOutWhereTheyDoNotFit(t *testing.T) {
	create := func(name string) plan.Change {
		return plan.Change{Address: addr.New("agency", addr.Plain(name)), Action: plan.Create, Source: plan.Position{File: "m.yaml", Line: 3}}
	}
	got := planText(t, onePlan(create("backup"), create(strings.Repeat("备", 10)), create(strings.Repeat("份", 11))), render.Options{Width: 39})
	assert.Contains(t, got, "+ agency/backup  m.yaml:3\n")
	assert.Contains(t, got, "备  m.yaml:3\n", "39 columns")
	assert.Contains(t, got, "份\n", "41 columns")
	got = planText(t, onePlan(create(strings.Repeat("份", 11))), render.Options{Width: 39, Verbose: true})
	assert.Contains(t, got, "份\n        m.yaml:3\n", "with --verbose nothing is left out")
}

// No line is wider than the page, whatever names hold.
func TestNoLineIsWiderThanThePage(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		parts := rapid.SliceOfN(rapid.SampledFrom([]string{"ops", " ", "  ", "备份", "e\u0301", "👩‍🚀", "-", "+ agency/admin", "\x1b", "very-long-name-without-any-blank", ","}), 1, 12)
		name, width := strings.Join(parts.Draw(r, "name"), ""), rapid.IntRange(20, 200).Draw(r, "width")
		for output, write := range map[string]func(io.Writer) error{
			"plan":    asText(plans(hostilePlan(t, name)), render.Options{Width: width}),
			"verbose": asText(plans(hostilePlan(t, name)), render.Options{Width: width, Verbose: true}),
			"drift":   asText(drifts(hostileDrift(t, name)), render.Options{Width: width}),
			"audit":   asText(audits(hostileAudit(t, name)), render.Options{Width: width}),
			"audited": asText(audits(hostileAudit(t, name)), render.Options{Width: width, Verbose: true}),
			"explain": func(w io.Writer) error { return render.ListEntries(w, entriesOf(name), render.Options{Width: width}) },
		} {
			var b bytes.Buffer
			require.NoError(r, write(&b))
			for _, line := range strings.Split(b.String(), "\n") {
				require.LessOrEqual(r, uniseg.StringWidth(line), width, "%s: %q", output, line)
				require.False(r, strings.HasPrefix(strings.TrimLeft(line, " "), "+ agency/admin"), "%s: forged: %q", output, line)
			}
		}
	})
}

// A column is no wider than the page that it stands on.
func TestNoColumnIsWiderThanThePage(t *testing.T) {
	p := emptyPlan()
	p.NotRead = []plan.NotRead{{Subject: strings.Repeat("s", 39), Reason: "far away"}, {Subject: "short", Reason: "not supported"}}
	entries := []render.Entry{{Word: "a", Summary: strings.Repeat("word ", 40)}, {Word: strings.Repeat("w", 39), Summary: "It is long."}}
	for width := 20; width <= 200; width++ {
		var b strings.Builder
		require.NoError(t, asText(plans(p), render.Options{Width: width, Verbose: true})(&b))
		require.NoError(t, render.ListEntries(&b, entries, render.Options{Width: width}))
		for line := range strings.Lines(b.String()) {
			require.LessOrEqual(t, uniseg.StringWidth(strings.TrimSuffix(line, "\n")), width, "%q", line)
		}
	}
}

// entriesOf is an explanation of a word.
func entriesOf(word string) []render.Entry {
	return []render.Entry{{Word: "a", Summary: "It is " + word}, {Word: "a-long-word-of-some-columns", Summary: strings.Repeat("word ", 40)}}
}

var ownColors = regexp.MustCompile(`\x1b\[[0-9]{1,2}m`)

// hostilePlan puts one text into every place of a plan that a stranger can write to.
func hostilePlan(t testing.TB, h string) *plan.Plan {
	t.Helper()
	side := &plan.Resource{}
	bad := addr.New("agency", addr.Plain(h))
	finding := plan.Finding{Rule: h, Address: bad, Attribute: h, Message: h, Hint: h}
	notes := plan.Notes{Owner: h, Reason: h, Ticket: h, ReviewBy: h}
	return &plan.Plan{
		Account: plan.Account{Name: h, ID: h}, Cloud: plan.Cloud{Kind: h, Region: h},
		Changes: []plan.Change{
			{
				Address: bad, Action: plan.Update, Before: side, After: side, Reason: h, Source: plan.Position{File: h, Line: 1}, Notes: notes,
				Attributes: hostileAttributes(t, h), Principals: []string{h},
				Manual: []plan.Manual{{Attribute: h, Values: []string{h}, Instruction: h}}, Findings: []plan.Finding{finding},
			},
			{Address: addr.New("grant", addr.Plain(h), addr.Plain(h)), Parent: bad, Action: plan.Blocked, Reason: h, With: []addr.Address{bad}},
		},
		Privileges: access.Delta{Principals: []access.PrincipalDelta{{Principal: h, Gained: []access.Power{{Scope: h, Actions: []string{h, h}}}}}},
		Findings:   []plan.Finding{finding}, Unmanaged: []addr.Address{bad}, Unexpected: []plan.Unexpected{{Live: plan.Live{Resource: plan.Resource{Address: bad}}}},
		NotRead: []plan.NotRead{{Subject: h, Reason: h, Regions: []string{h, h}}}, NotCompared: []plan.NotCompared{{Address: bad, Attribute: h, Reason: h}},
		Warnings: []string{h},
	}
}

func hostileAttributes(t testing.TB, h string) []plan.AttributeChange {
	return []plan.AttributeChange{
		attribute(h, text(h), text("a b c d e "+h)),
		attribute(h, text("one two three four "+h), text("one two three five "+h)),
		attribute(h, plan.SetValue(h), plan.SetValue(h+"x")),
		attribute(h, document(t, `{"a":"\u202e`+"\u202e\u009b"+`"}`), document(t, `{"b":"`+"\u202e\u009b"+`"}`)),
		attribute(h, plan.Value{}, text(h)),
	}
}

func hostileDrift(t testing.TB, h string) *plan.Drift {
	p := hostilePlan(t, h)
	c := p.Changes[0]
	difference := plan.Difference{
		Address: c.Address, Attributes: c.Attributes, With: []addr.Address{c.Address}, Reason: h, Source: c.Source, Notes: c.Notes,
		State: plan.StateWorsened, StateReason: h,
	}
	accepted := difference
	accepted.State, accepted.Accepted = plan.StateAccepted, plan.Accepted{Reason: h, ReviewBy: h}
	return &plan.Drift{
		Account: p.Account, Cloud: p.Cloud, Changed: []plan.Difference{difference, accepted}, Missing: []plan.Difference{difference},
		Expiring: []plan.Difference{difference}, Managed: []plan.Managed{{Type: h, Live: 1}},
		Unexpected: []plan.Difference{difference}, Expired: []plan.Difference{difference}, Findings: p.Findings, Unmanaged: p.Unmanaged,
		NotRead: p.NotRead, NotCompared: p.NotCompared, Warnings: p.Warnings,
	}
}

// outputsWith puts one text into every place that a stranger can write to, in every output.
func outputsWith(t *testing.T, h string) map[string]func(io.Writer) error {
	t.Helper()
	p, d := hostilePlan(t, h), hostileDrift(t, h)
	bad, attributes, source := p.Changes[0].Address, hostileAttributes(t, h), p.Changes[0].Source
	r := &engine.Report{
		Account: p.Account, Results: []engine.Result{{Address: bad, Action: plan.Create, Outcome: engine.Partly, Err: errors.New(h), Cause: bad, Done: []string{h}, Open: []string{h}}},
		NotRead: p.NotRead, NotCompared: p.NotCompared, Warnings: p.Warnings,
		Unverified:      []engine.Difference{{Address: bad, Reason: h, Attributes: append(attributes, attributes...)}},
		ChangedByOthers: []engine.Difference{{Address: bad, Reason: h}}, Besides: []plan.Beside{{Address: bad, Children: []addr.Address{bad, bad}}},
	}
	problems := []plan.Problem{{At: source, Summary: h, Detail: h, Hint: h}}
	failure := &render.Failure{Kind: render.Failed, Err: errors.New(h), Problems: problems}
	o := render.Options{Color: true, Hint: func(error) string { return h }}
	all := map[string]func(io.Writer) error{
		"plan":          asText(plans(p), o),
		"plan in full":  asText(plans(p), render.Options{Verbose: true}),
		"drift":         asText(drifts(d), o),
		"audit":         asText(audits(hostileAudit(t, h)), o),
		"audit in full": asText(audits(hostileAudit(t, h)), render.Options{Verbose: true}),
		"audit json":    asJSON(audits(hostileAudit(t, h)), o),
		"report":        asText(reports(r), o),
		"problems":      asText(render.Report{Kind: render.Validate, Problems: problems}, o),
		"failure":       func(w io.Writer) error { return render.WriteFailure(w, p.Account, failure, o) },
		"plan json":     asJSON(plans(p), o),
		"drift json":    asJSON(drifts(d), o),
		"report json":   asJSON(reports(r), o),
		"problems json": asJSON(render.Report{Kind: render.Validate, Problems: problems}, o),
		"failure json":  asJSON(render.Report{Kind: render.Plan, Failure: failure}, o),
	}
	o.Directory, o.Repository = "/", "/"
	for name, r := range map[string]render.Report{
		"plan": plans(p), "drift": drifts(d), "audit": audits(hostileAudit(t, h)), "report": reports(r), "problems": {Kind: render.Validate, Problems: problems},
		"failure": {Kind: render.Plan, Failure: failure},
	} {
		for _, format := range machineFormats {
			says := format != "gitlab-terraform" && format != "textfile" || name == "failure" && format != "textfile" // the others have numbers alone
			if slices.Contains(render.FormatsOf(r.Kind), format) && says {
				all[name+" "+format] = func(w io.Writer) error { return render.Formats()[format](w, r, o) }
			}
		}
	}
	return all
}

func TestNoTextCanForgeOutput(t *testing.T) {
	for name, write := range outputsWith(t, hostile) {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			require.NoError(t, write(&b))
			require.Contains(t, b.String(), "u202e", "the hostile text must be there, escaped")
			for n, line := range strings.Split(ownColors.ReplaceAllString(b.String(), ""), "\n") {
				for _, r := range line {
					require.True(t, unicode.IsPrint(r), "line %d: %q", n+1, line)
				}
				require.False(t, strings.HasPrefix(strings.TrimLeft(line, " "), "+ agency/admin"), "line %d is forged: %q", n+1, line)
			}
		})
	}
}

// Whatever a live name holds, each character of an output is seen, or is an escape.
func TestWhatIsNotSeenOfANameIsEscaped(t *testing.T) {
	tricky := []string{
		"ops", " ", "\\", `"`, "\t", "\n", "\r", "\x00", "\x1b[31m", "\x7f", "\u0085", "\u009b", "\u00a0", "\u00ad", "\u034f", "\u061c", "\u115f", "\u180e",
		"\u200b", "\u200c", "\u200d", "\u200e", "\u200f", "\u2028", "\u2029", "\u202a", "\u202e", "\u2060", "\u2066", "\u2069", "\u2800", "\u3000", "\u3164",
		"\ufe0f", "\ufeff", "\ufff9", "\uffa0", "\U000e0041", "\xff", "u\u0308", "\u0440",
	}
	rapid.Check(t, func(r *rapid.T) {
		parts := rapid.SliceOfN(rapid.OneOf(rapid.SampledFrom(tricky), rapid.String()), 1, 6).Draw(r, "name")
		for name, write := range outputsWith(t, "x"+strings.Join(parts, "")) {
			var b bytes.Buffer
			require.NoError(r, write(&b))
			for _, line := range strings.Split(ownColors.ReplaceAllString(b.String(), ""), "\n") {
				for _, c := range line {
					unseen := unicode.In(c, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Other_Default_Ignorable_Code_Point,
						unicode.Variation_Selector) || unicode.IsSpace(c) && c != ' '
					require.False(r, unseen, "%s: %q", name, line)
				}
			}
		}
	})
}

func TestANameThatIsNotWhatItSeemsIsQuoted(t *testing.T) {
	for name, want := range map[string]string{
		"example-co": "example-co", "example\u200b-co": `"example\u200b-co"`, `example\u200b-co`: `"example\\u200b-co"`, "example-co ": `"example-co "`,
	} {
		p := emptyPlan()
		p.Account = plan.Account{Name: name}
		var b bytes.Buffer
		require.NoError(t, asText(plans(p), render.Options{})(&b))
		require.Contains(t, b.String(), " in "+want+": 14 ")
	}
}

type brokenWriter struct{}

var errBroken = errors.New("broken pipe")

func (brokenWriter) Write([]byte) (int, error) { return 0, errBroken }

func TestWriteErrorsAreReturned(t *testing.T) {
	w, o := brokenWriter{}, render.Options{}
	valid := render.Report{Kind: render.Validate}
	for name, err := range map[string]error{
		"plan":     asText(plans(emptyPlan()), o)(w),
		"drift":    asText(drifts(&plan.Drift{}), o)(w),
		"audit":    asText(audits(&plan.Audit{}), o)(w),
		"report":   asText(reports(sampleReport(t)), o)(w),
		"problems": asText(valid, o)(w),
		"failure":  render.WriteFailure(w, account, sampleFailure(), o),
		"json":     asJSON(valid, o)(w),
	} {
		assert.ErrorIs(t, err, errBroken, name)
	}
	for _, format := range machineFormats {
		assert.ErrorIs(t, render.Formats()[format](w, plans(emptyPlan()), o), errBroken, format)
	}
}

func TestDriftShowsTheClockOnlyWhenAsked(t *testing.T) {
	d := sampleDrift(t)
	for _, verbose := range []bool{false, true} {
		var b strings.Builder
		require.NoError(t, asText(drifts(d), render.Options{Verbose: verbose})(&b))
		assert.NotContains(t, b.String(), "2026-03-01")
		b.Reset()
		require.NoError(t, asText(drifts(d), render.Options{Verbose: verbose, ShowNow: true})(&b))
		assert.Contains(t, b.String(), "2026-03-01T00:00:00Z")
	}
	var b strings.Builder
	require.NoError(t, asJSON(drifts(d), render.Options{})(&b))
	assert.NotContains(t, b.String(), `"now"`)
}

func TestFeet(t *testing.T) {
	report := func(r engine.Report) string {
		var b strings.Builder
		require.NoError(t, asText(reports(&r), render.Options{})(&b))
		return b.String()
	}
	applied := engine.Result{Address: address(t, "agency/a"), Action: plan.Create, Outcome: engine.Applied}
	assert.Equal(t, "agencies +2\nApplied 2 changes, verified.\n", report(engine.Report{Results: []engine.Result{applied, applied}, Verified: true}))
	assert.Equal(t, "agencies +1\nApplied 1 change, not verified.\n", report(engine.Report{Results: []engine.Result{applied}}))
	left := []plan.LeftOut{{Address: applied.Address, Action: plan.Create}}
	assert.Contains(t, report(engine.Report{Verified: true, LeftOut: left}), "Nothing was applied.\n")
	assert.Empty(t, report(engine.Report{Verified: true}), "the plan has said that there is nothing to do")

	foot := func(s plan.Summary) string { return planText(t, &plan.Plan{Summary: s}, render.Options{}) }
	assert.Equal(t, "Nothing to do.\n", foot(plan.Summary{}))
	assert.Equal(t, "Nothing to do: 1 resource is as the manifest says.\n", foot(plan.Summary{Unchanged: 1}))

	problems := func(list ...plan.Problem) string {
		var b strings.Builder
		accounts := []render.Account{{Resources: 2}, {Resources: 1}}
		require.NoError(t, asText(render.Report{Kind: render.Validate, Accounts: accounts, Problems: list}, render.Options{})(&b))
		_, foot, found := strings.Cut(b.String(), "\n\n")
		if !found {
			return b.String()
		}
		return foot
	}
	assert.Equal(t, "Valid: 3 resources in 2 accounts.\n", problems())
	assert.Equal(t, "1 problem.\n", problems(plan.Problem{Summary: "x"}))
	assert.Equal(t, "No problems, 2 warnings.\nValid: 3 resources in 2 accounts.\n",
		problems(plan.Problem{Summary: "x", Warning: true}, plan.Problem{Summary: "y", Warning: true}))
	assert.Equal(t, "1 problem, 1 warning.\n", problems(plan.Problem{Summary: "x"}, plan.Problem{Summary: "y", Warning: true}))
}

func TestAFailureIsToldWithItsAccountAndWhatToDo(t *testing.T) {
	told := func(account plan.Account, f *render.Failure, o render.Options) string {
		var b strings.Builder
		o.Hint = sampleHint
		require.NoError(t, render.WriteFailure(&b, account, f, o))
		return b.String()
	}
	one := &render.Failure{Err: errors.Join(errors.New("first"), errors.New("second"))}
	assert.Equal(t, "agencyctl: first\n| second\nhint: check the credentials\n", told(plan.Account{}, one, render.Options{}))
	named := plan.Account{Name: "example-co"}
	assert.Equal(t, "agencyctl: account example-co: first\n| second\nhint: check the credentials\n", told(named, one, render.Options{}))
	assert.Equal(t, "Account example-co:\nagencyctl: first\n| second\nhint: check the credentials\n", told(named, one, render.Options{Several: true}))
	problem := &render.Failure{Problems: []plan.Problem{{At: at(3), Summary: "bad", Detail: "worse", Hint: "mend it"}}}
	assert.Equal(t, "agencies.yaml:3:5: bad: worse\n  hint: mend it\n\n1 problem.\n", told(named, problem, render.Options{}))
	assert.Equal(t, "Account example-co:\nagencies.yaml:3:5: bad: worse\n  hint: mend it\n\n1 problem.\n", told(named, problem, render.Options{Several: true}))
}

// BenchmarkPlanText renders a plan of 2,000 changes: 200 agencies with nine grants each, every description edited.
func BenchmarkPlanText(b *testing.B) {
	side := &plan.Resource{}
	p := &plan.Plan{Account: account, Cloud: cloud}
	for i := range 200 {
		root := addr.New("agency", addr.Plain(fmt.Sprintf("ops-%03d", i)))
		p.Changes = append(p.Changes, plan.Change{
			Address: root, Action: plan.Update, Before: side, After: side, Source: at(i), Notes: plan.Notes{Owner: "platform"},
			Attributes: []plan.AttributeChange{
				attribute("description", text(strings.Repeat("copies of the night ", 12)+"one"), text(strings.Repeat("copies of the night ", 12)+"two")),
				attribute("trust", text("account:stranger"), text("account:partner-co")),
			},
		})
		for j := range 9 {
			p.Changes = append(p.Changes, plan.Change{
				Address: addr.New("grant", addr.Plain(fmt.Sprintf("ops-%03d", i)), addr.Qualified("project", "cn-north-4"), addr.Plain(fmt.Sprintf("Role %d", j))),
				Parent:  root, Action: plan.Create, After: side, Source: at(i + j),
			})
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := asText(plans(p), render.Options{Color: true})(io.Discard); err != nil {
			b.Fatal(err)
		}
	}
}

func TestEveryTextNamesItsAccount(t *testing.T) {
	for _, r := range []render.Report{plans(emptyPlan()), drifts(&plan.Drift{Account: account}), reports(sampleReport(t))} {
		var b bytes.Buffer
		require.NoError(t, asText(r, render.Options{})(&b))
		assert.Contains(t, b.String(), account.Name)
	}
}
