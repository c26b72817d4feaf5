package render_test

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/engine"
	"github.com/agencyctl/agencyctl/internal/render"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
)

// resultIn is what one format tells of a rule in one place.
type resultIn struct{ Severity, Text string }

// qualityOf returns the elements of a Code Quality report, by rule.
func qualityOf(t judge, r render.Report) map[string][]resultIn {
	t.Helper()
	var all []struct {
		Description, Severity string
		Check                 string `json:"check_name"`
	}
	require.NoError(t, json.Unmarshal([]byte(written(t, "gitlab-codequality", r)), &all))
	by := map[string][]resultIn{}
	for _, one := range all {
		by[one.Check] = append(by[one.Check], resultIn{one.Severity, one.Description})
	}
	return by
}

// alertsOf returns the results of a SARIF document, by rule and severity.
func alertsOf(t testing.TB, r render.Report) map[string][]resultIn {
	by := map[string][]resultIn{}
	for _, run := range sarif(t, r).Runs {
		for _, one := range run.Results {
			by[one.RuleID] = append(by[one.RuleID], resultIn{one.Level, one.Message.Text})
		}
	}
	return by
}

// testOf is a case of a JUnit document. A verdict that is not there is nil.
type testOf struct {
	Name    string     `xml:"name,attr"`
	Failure *verdictOf `xml:"failure"`
	Error   *verdictOf `xml:"error"`
	Skipped *verdictOf `xml:"skipped"`
	Out     string     `xml:"system-out"`
}

type verdictOf struct {
	Message string `xml:"message,attr"`
}

func (c *testOf) passes() bool { return c.Failure == nil && c.Error == nil && c.Skipped == nil }

// testsOf returns the cases of a JUnit document by name.
func testsOf(t judge, r render.Report) map[string]testOf {
	t.Helper()
	var all struct {
		Suites []struct {
			Cases []testOf `xml:"testcase"`
		} `xml:"testsuite"`
	}
	require.NoError(t, xml.Unmarshal([]byte(written(t, "junit", r)), &all))
	by := map[string]testOf{}
	for _, suite := range all.Suites {
		for _, c := range suite.Cases {
			by[c.Name] = c
		}
	}
	return by
}

// leftOutReports are a plan and an apply whose selection leaves out a delete, and which have no change beside it.
func leftOutReports(t testing.TB) map[string]render.Report {
	leftOut := []plan.LeftOut{
		{Address: address(t, "agency/ops-backup"), Action: plan.Delete}, {Address: address(t, "agency/ops-late"), Action: plan.Create, NotInPlan: true},
	}
	p := &plan.Plan{Account: account, LeftOut: leftOut}
	applied := withPlaces(t, reports(&engine.Report{Account: account, Verified: true, LeftOut: leftOut}))
	applied.Accounts[0].Plan = p
	return map[string]render.Report{"plan": withPlaces(t, plans(p)), "apply": applied}
}

func TestNoFormatReadsAChangeThatIsLeftOutAsNone(t *testing.T) {
	for name, r := range leftOutReports(t) {
		tests := testsOf(t, r)
		require.NotNil(t, tests["agency/ops-backup"].Skipped, name)
		require.Equal(t, "delete left out by --target/--exclude", tests["agency/ops-backup"].Skipped.Message, name)
		require.Equal(t, "create not in the saved plan", tests["agency/ops-late"].Skipped.Message, name)

		require.Equal(t, []resultIn{
			{"minor", "agency/ops-backup: delete left out by --target/--exclude"}, {"minor", "agency/ops-late: create not in the saved plan"},
		}, qualityOf(t, r)["left-out"], name)
		require.Equal(t, []resultIn{
			{"note", "agency/ops-backup: delete left out by --target/--exclude"}, {"note", "agency/ops-late: create not in the saved plan"},
		}, alertsOf(t, r)["left-out/low"], name)
		require.Equal(t, `{"create":0,"update":0,"delete":0,"leftOut":2}`+"\n", written(t, "gitlab-terraform", r), name)
	}
	require.Contains(t, written(t, "textfile", leftOutReports(t)["plan"]), `agencyctl_changes{account="example-co",action="left-out"} 2`)
	require.Contains(t, written(t, "textfile", leftOutReports(t)["apply"]), `agencyctl_results{account="example-co",outcome="left-out"} 2`)
}

// heldReports are a plan and an apply with one blocked change and one for a person, and nothing else.
func heldReports(t testing.TB) map[string]render.Report {
	held, csms := address(t, "agency/break-glass"), address(t, "authorization/csms/cn-north-4/RDS-FG")
	p := &plan.Plan{Account: account, Changes: []plan.Change{
		{
			Address: held, Action: plan.Blocked, Before: &plan.Resource{}, After: &plan.Resource{}, Reason: "protected by ownership.protect",
			Attributes: []plan.AttributeChange{attribute("trust", text("account:stranger"), text("account:partner-co"))}, Source: at(40),
		},
		{Address: csms, Action: plan.ByHand, Reason: "state: absent", Manual: []plan.Manual{{Instruction: "delete it in the console"}}, Source: at(60)},
	}}
	applied := withPlaces(t, reports(&engine.Report{Account: account, Verified: true, Results: []engine.Result{
		{Address: held, Action: plan.Blocked, Outcome: engine.Blocked}, {Address: csms, Action: plan.ByHand, Outcome: engine.ByHand},
	}}))
	applied.Accounts[0].Plan = p
	return map[string]render.Report{"plan": withPlaces(t, plans(p)), "apply": applied}
}

func TestAChangeThatIsBlockedOrLeftToAPersonIsAResultWithItsReason(t *testing.T) {
	blocked := `blocked; protected by ownership.protect; trust: live "account:stranger", manifest "account:partner-co"`
	manual := "manual; state: absent; delete it in the console"
	for name, r := range heldReports(t) {
		tests := testsOf(t, r)
		require.Equal(t, blocked, tests["agency/break-glass"].Skipped.Message, name)
		require.Equal(t, manual, tests["authorization/csms/cn-north-4/RDS-FG"].Skipped.Message, name)
		require.Equal(t, []resultIn{{"major", "agency/break-glass: " + blocked}}, qualityOf(t, r)["blocked"], name)
		require.Equal(t, []resultIn{{"major", "authorization/csms/cn-north-4/RDS-FG: " + manual}}, qualityOf(t, r)["manual"], name)
		require.Equal(t, []resultIn{{"warning", "agency/break-glass: " + blocked}}, alertsOf(t, r)["blocked/medium"], name)
		require.Equal(t, []resultIn{{"warning", "authorization/csms/cn-north-4/RDS-FG: " + manual}}, alertsOf(t, r)["manual/medium"], name)
		require.Contains(t, written(t, "textfile", r), `agencyctl_findings{account="example-co",severity="medium"} 0`, "it is no finding")
	}
}

func TestAFindingFailsAChangeThatIsBlocked(t *testing.T) {
	r := heldReports(t)["plan"]
	r.Accounts[0].Plan.Findings = []plan.Finding{
		{Rule: "wide-scope", Severity: plan.High, Address: address(t, "agency/break-glass"), Message: "is wide"},
	}
	held := testsOf(t, r)["agency/break-glass"]
	require.NotNil(t, held.Failure)
	require.Nil(t, held.Skipped, "one verdict a case")
	require.Contains(t, held.Out, "blocked; protected by ownership.protect", "and the reason is still told")
}

// blindReports are reports in which nothing differs, but parts were not read or compared, and there are warnings.
func blindReports(t testing.TB) map[string]render.Report {
	notRead := []plan.NotRead{{Subject: "project:cn-east-3", Reason: "cloud.notRead leaves it out"}, {Subject: "csms", Reason: "no entry mentions it", Regions: []string{"cn-east-3"}}}
	notCompared := []plan.NotCompared{{Address: address(t, "authorization/secmaster/cn-north-4"), Attribute: "organizations", Reason: "write-only"}}
	warnings := []string{"iam/agencies.yaml:7:3: role may not fit the scope: it is of another kind", "the account partner-co cannot be looked up"}
	return map[string]render.Report{
		"plan":  plans(&plan.Plan{Account: account, NotRead: notRead, NotCompared: notCompared, Warnings: warnings}),
		"drift": drifts(&plan.Drift{Account: account, NotRead: notRead, NotCompared: notCompared, Warnings: warnings}),
		"apply": reports(&engine.Report{Account: account, Verified: true, NotRead: notRead, NotCompared: notCompared, Warnings: warnings}),
	}
}

func TestWhatWasNotReadIsToldInEveryFormat(t *testing.T) {
	for name, r := range blindReports(t) {
		tests := testsOf(t, r)
		whole := tests["the account"]
		require.True(t, whole.passes(), name)
		require.Contains(t, whole.Out, "not read: project:cn-east-3: cloud.notRead leaves it out\n", name)
		require.Contains(t, whole.Out, "not read: csms: no entry mentions it (cn-east-3)\n", name)
		require.Equal(t, "not compared: write-only\n", tests["authorization/secmaster/cn-north-4"].Out, name)
		require.Equal(t, []resultIn{
			{"info", "not read: csms: no entry mentions it (cn-east-3)"}, {"info", "not read: project:cn-east-3: cloud.notRead leaves it out"},
		}, qualityOf(t, r)["not-read"], name)
		require.Equal(t, []resultIn{{"info", "authorization/secmaster/cn-north-4 organizations: not compared: write-only"}}, qualityOf(t, r)["not-compared"], name)

		var notes []string
		for _, n := range sarif(t, r).Runs[0].Invocations[0].Notifications {
			notes = append(notes, n.Message.Text)
		}
		require.Equal(t, []string{
			"not read: csms: no entry mentions it (cn-east-3)", "not read: project:cn-east-3: cloud.notRead leaves it out",
			"authorization/secmaster/cn-north-4 organizations: not compared: write-only",
		}, notes, name)
	}
}

func TestWarningsAboutAnAccountReachEveryFormatAndFailNothing(t *testing.T) {
	for name, r := range blindReports(t) {
		whole := testsOf(t, r)["the account"]
		require.True(t, whole.passes(), "%s: a warning changes no exit code", name)
		require.Contains(t, whole.Out, "warning: the account partner-co cannot be looked up\n", name)
		require.Contains(t, qualityOf(t, r)["warning"], resultIn{"minor", "the account partner-co cannot be looked up"}, name)
		require.Contains(t, alertsOf(t, r)["warning/low"], resultIn{"note", "the account partner-co cannot be looked up"}, name)
		require.Contains(t, written(t, "textfile", r), "\nagencyctl_warnings{account=\"example-co\"} 2\n", name)
	}
}

// A warning about the input was a failed test of a drift that found nothing.
func TestAWarningAboutTheInputFailsNoTest(t *testing.T) {
	r := drifts(&plan.Drift{Account: account})
	r.Problems = []plan.Problem{{At: at(3), Summary: "shared file", Detail: "two accounts read it", Warning: true}}
	for name, c := range testsOf(t, r) {
		require.True(t, c.passes(), name)
	}
	require.Contains(t, testsOf(t, r)["agencies.yaml:3:5 shared-file"].Out, "two accounts read it")
}

func TestTheFingerprintOfAWarningStaysWhenLinesMove(t *testing.T) {
	fingerprints := func(warning string) (all []string) {
		for _, result := range sarif(t, plans(&plan.Plan{Account: account, Warnings: []string{warning}})).Runs[0].Results {
			all = append(all, result.Fingerprints["agencyctl/v1"])
		}
		return all
	}
	one := fingerprints("m.yaml:7:3: role may not fit the scope: it is of another kind")
	require.Len(t, one, 1)
	require.Equal(t, one, fingerprints("m.yaml:70:3: role may not fit the scope: it is of another kind"))
	require.NotEqual(t, one, fingerprints("m.yaml:7:3: role may not fit the scope: it is of no kind"))
}

func TestAnyFailureOfAnAccountIsAnErrorOfTheAccount(t *testing.T) {
	problem := plan.Problem{At: at(12), Summary: "unknown role", Detail: "no role is called so"}
	for name, f := range map[string]*render.Failure{
		"an error":     {Kind: "denied", Err: errors.New("access denied")},
		"problems":     {Kind: render.Refused, Problems: []plan.Problem{problem}},
		"both of them": {Kind: render.Refused, Err: errors.New("refused"), Problems: []plan.Problem{problem}},
	} {
		for _, kind := range []render.Kind{render.Plan, render.Drift, render.Apply} {
			r := render.Report{Kind: kind, Accounts: []render.Account{{Account: account, Failure: f}}}
			require.NotNil(t, testsOf(t, r)["the account"].Error, "%s: %s", kind, name)
			require.NotEmpty(t, sarif(t, r).Runs[0].Invocations[0].Notifications, "%s: %s", kind, name)
			require.Len(t, qualityOf(t, r)["run-failed"], 1, "%s: %s", kind, name)

			r = render.Report{Kind: kind, Failure: f}
			require.NotNil(t, testsOf(t, r)["the run"].Error, "%s: %s", kind, name)
		}
	}
	r := render.Report{Kind: render.Plan, Accounts: []render.Account{{Account: account, Failure: &render.Failure{Problems: []plan.Problem{problem}}}}}
	require.Equal(t, "account failed: 1 problem", testsOf(t, r)["the account"].Error.Message)
}

// standingReport is an apply with nothing to do beside what its arguments say.
func standingReport(t testing.TB, p *plan.Plan, results ...engine.Result) render.Report {
	p.Account = account
	r := reports(&engine.Report{Account: account, Verified: true, Results: results})
	r.Accounts[0].Plan = p
	return r
}

func TestAnApplyTellsPeopleOfTheFindingsThatAreThereAfterIt(t *testing.T) {
	finding := func(severity plan.Severity, at, message string) plan.Finding {
		return plan.Finding{Rule: "wide-scope", Severity: severity, Address: address(t, at), Message: message}
	}
	left, slight := finding(plan.High, "agency/ops-backup", "stays high"), finding(plan.Low, "agency/ops-backup", "stays low")
	for _, format := range []string{"markdown", "html"} {
		shown := written(t, format, standingReport(t, &plan.Plan{Findings: []plan.Finding{left, slight}}))
		for _, want := range []string{"High findings", "stays high", "Findings left in place", "stays low"} {
			require.Contains(t, shown, want, "%s of an apply with nothing to do", format)
		}

		made, failed, skipped := address(t, "agency/a"), address(t, "agency/b"), address(t, "agency/c")
		change := func(a addr.Address, name string) plan.Change {
			return plan.Change{
				Address: a, Action: plan.Update, Findings: []plan.Finding{finding(plan.High, "agency/x", name+" brings"), finding(plan.Low, "agency/x", name+" adds")},
				Resolves: []plan.Finding{finding(plan.High, "agency/y", name+" ends")},
			}
		}
		shown = written(t, format, standingReport(t, &plan.Plan{
			Changes:    []plan.Change{change(made, "made"), change(failed, "tried"), change(skipped, "skipped")},
			Unexpected: []plan.Unexpected{{Findings: []plan.Finding{finding(plan.High, "agency/z", "is not listed")}}},
		},
			engine.Result{Address: made, Action: plan.Update, Outcome: engine.Applied},
			engine.Result{Address: failed, Action: plan.Update, Outcome: engine.Failed, Attempts: 1, Err: errors.New("out of reach")},
			engine.Result{Address: skipped, Action: plan.Update, Outcome: engine.Skipped, Cause: failed},
		))
		for _, want := range []string{"made brings", "made adds", "tried brings", "tried ends", "skipped ends", "is not listed"} {
			require.Equal(t, 1, strings.Count(shown, want), "%s: %s", format, want)
		}
		for _, none := range []string{"made ends", "skipped brings", "skipped adds"} {
			require.NotContains(t, shown, none, format)
		}
	}
}

// What leaves the manifest and stays, and a rule that changes, are differences: a tool that lists them would else see none.
func TestWhatDiffersWithoutAChangeOrAFindingIsToldInEveryFormat(t *testing.T) {
	p := &plan.Plan{
		Account: account, Rules: []plan.RuleChange{{Key: "ownership.protect", Source: at(9)}},
		Leaving: []plan.Leaving{
			{Address: address(t, "agency/ops-old"), Fate: plan.FateStays, Reason: "ownership.prune is off"}, {Address: address(t, "agency/ops-gone"), Fate: plan.FateDeleted},
		},
	}
	r := plans(p)
	require.Equal(t, "leaving: no longer managed, stays: ownership.prune is off\n", testsOf(t, r)["agency/ops-old"].Out)
	require.Contains(t, testsOf(t, r)["the account"].Out, "ownership.protect is not as in the base")
	require.Equal(t, []resultIn{{"minor", "agency/ops-old: no longer managed, stays: ownership.prune is off"}}, qualityOf(t, r)["leaving"])
	require.Equal(t, []resultIn{{"info", "ownership.protect is not as in the base"}}, qualityOf(t, r)["rules-changed"])
	require.Equal(t, []resultIn{{"note", "agency/ops-old: no longer managed, stays: ownership.prune is off"}}, alertsOf(t, r)["leaving/low"])
	require.Contains(t, written(t, "textfile", r), `agencyctl_changes{account="example-co",action="leaving"} 1`)
}

func TestFindingsThatShareAFingerprintAreCountedAndHintedEach(t *testing.T) {
	overdue := func(line int) plan.Finding {
		place := at(line)
		return plan.Finding{
			Rule: "acceptance-overdue", Severity: plan.Medium, Source: place, Message: "an acceptance is overdue at " + place.String(), Hint: "look again at " + place.String(),
		}
	}
	r := plans(&plan.Plan{Account: account, Findings: []plan.Finding{overdue(8), overdue(10)}})
	require.Contains(t, written(t, "textfile", r), `agencyctl_findings{account="example-co",severity="medium"} 2`)
	for _, format := range []string{"junit", "sarif", "gitlab-codequality"} {
		for _, want := range []string{"is overdue at agencies.yaml:8:5", "is overdue at agencies.yaml:10:5"} {
			require.Contains(t, written(t, format, r), want, format)
		}
	}
	require.Contains(t, written(t, "junit", r), "look again at agencies.yaml:8:5; look again at agencies.yaml:10:5")
}

func TestABlockedDeleteChangesNoTrust(t *testing.T) {
	c := plan.Change{
		Address: address(t, "agency/ops-old"), Action: plan.Blocked, Before: &plan.Resource{},
		Attributes: []plan.AttributeChange{attribute("trust", text("account:partner-co"), plan.Value{})},
	}
	require.NotContains(t, written(t, "markdown", plans(&plan.Plan{Account: account, Changes: []plan.Change{c}})), "Changed trust")
}

func TestARefusedRunSaysWhichRisksNobodyManages(t *testing.T) {
	high := plan.Finding{Rule: "administrator-role", Severity: plan.High, Address: address(t, "grant/ops-old/domain/A"), Message: "is an administrator"}
	r := plans(&plan.Plan{Account: account, Leaving: []plan.Leaving{{Address: address(t, "agency/ops-old"), Fate: plan.FateStays, Findings: []plan.Finding{high}}}})
	r.Accounts[0].Failure = &render.Failure{Kind: render.Refused, Problems: []plan.Problem{{At: at(12), Summary: "high risk"}}}
	require.Contains(t, written(t, "markdown", r), "Risks that nobody manages any more: 1 high")
}

func TestWhatSomebodyElseChangedDuringARunIsToldInEveryFormat(t *testing.T) {
	added := address(t, "grant/ops-backup/domain/A")
	r := reports(&engine.Report{Account: account, Verified: true, ChangedByOthers: []engine.Difference{{Address: added, Reason: "added by somebody else during this run"}}})
	want := "changed-by-others; added by somebody else during this run"
	require.True(t, func() bool { c := testsOf(t, r)[added.String()]; return c.passes() }(), "the run has done its work")
	require.Contains(t, testsOf(t, r)[added.String()].Out, want)
	require.Equal(t, []resultIn{{"major", added.String() + ": " + want}}, qualityOf(t, r)["changed-by-others"])
	require.Equal(t, []resultIn{{"warning", added.String() + ": " + want}}, alertsOf(t, r)["changed-by-others/medium"])
}

func TestWhatASavedPlanSaysOfItsBaseIsToldAsUnproven(t *testing.T) {
	high := plan.Finding{Rule: "administrator-role", Severity: plan.High, Address: address(t, "grant/ops-old/domain/A"), Message: "is an administrator"}
	r := withPlaces(t, plans(&plan.Plan{
		Account: account, Rules: []plan.RuleChange{{Key: "ownership.protect"}},
		Leaving: []plan.Leaving{{Address: address(t, "agency/ops-old"), Fate: plan.FateStays, Findings: []plan.Finding{high}}},
	}))
	o := machineOptions
	o.FromFile = true
	for _, format := range []string{"sarif", "junit", "gitlab-codequality"} {
		require.GreaterOrEqual(t, strings.Count(writtenIn(t, format, r, o), "as told by whoever made the plan"), 3, format)
		require.NotContains(t, writtenIn(t, format, r, machineOptions), "as told by", format)
	}
}
