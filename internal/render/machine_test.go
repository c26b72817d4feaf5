package render_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/engine"
	"github.com/agencyctl/agencyctl/internal/render"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
)

// machineFormats are the formats that other tools read.
var machineFormats = []string{"sarif", "junit", "gitlab-codequality", "gitlab-terraform", "textfile"}

var machineOptions = render.Options{
	Directory: "/work/repository/iam", Repository: "/work/repository", Inputs: []string{"agencies.yaml"}, Version: "v1.2.3", Hint: sampleHint,
	Rule: func(id string) string {
		if id == "wide-scope" {
			return "Severity: medium.\nA grant that reaches too far."
		}
		return ""
	},
}

// machineGoldens are the golden files of these formats: what each kind of report is in them, and what a failed run is.
func machineGoldens(t testing.TB) map[string]func(io.Writer) error {
	goldens := map[string]func(io.Writer) error{}
	for kind, r := range map[string]render.Report{
		"plan": withPlaces(t, plans(samplePlan(t))), "drift": withPlaces(t, drifts(sampleDrift(t))),
		"driftstate": withPlaces(t, drifts(driftInAllStates(t))), "apply": samplesApplied(t), "audit": audits(sampleAudit(t)),
		"validate": {Kind: render.Validate, Problems: sampleProblems()}, "failed": sampleFailed(t),
	} {
		for _, format := range machineFormats {
			if !slices.Contains(render.FormatsOf(r.Kind), format) {
				continue
			}
			goldens[kind+"."+format] = func(w io.Writer) error { return render.Formats()[format](w, r, machineOptions) }
		}
	}
	return goldens
}

// withPlaces gives the accounts of a report their places in the manifest.
func withPlaces(t testing.TB, r render.Report) render.Report {
	for i := range r.Accounts {
		r.Accounts[i].At = at(2)
		r.Accounts[i].Desired = []plan.Desired{
			{Resource: plan.Resource{Address: address(t, "agency/ops-backup")}, Source: at(20), Sources: plan.Sources{{Attribute: "trust", At: at(21)}}},
			{Resource: plan.Resource{Address: address(t, "agency/ops-steady")}, Source: at(30)},
			{Resource: plan.Resource{Address: address(t, "agency/ops-gone")}, Source: at(31), Absent: true},
		}
	}
	return r
}

func samplesApplied(t testing.TB) render.Report {
	r := withPlaces(t, reports(sampleReport(t)))
	r.Accounts[0].Plan = samplePlan(t)
	return r
}

// sampleFailed is a run over two accounts: one that is planned, and one that cannot be read, with a warning about the input.
func sampleFailed(t testing.TB) render.Report {
	r := withPlaces(t, plans(samplePlan(t)))
	r.Problems = []plan.Problem{{At: at(3), Summary: "shared file", Detail: "two accounts read it", Warning: true}}
	r.Accounts = append(r.Accounts, render.Account{
		Account: plan.Account{Name: "denied-co"}, At: plan.Position{File: "denied/m.yaml", Line: 2, Column: 10},
		Failure: &render.Failure{Kind: "denied", Err: errors.New("read agencies: access denied\n(iam, HTTP 403)")},
	})
	return r
}

func writtenIn(t testing.TB, format string, r render.Report, o render.Options) string {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, render.Formats()[format](&b, r, o))
	return b.String()
}

// manyFindings is a drift with that many findings, one in three of each severity, the slightest first.
func manyFindings(n int) *plan.Drift {
	d := &plan.Drift{Account: account, Cloud: cloud, Findings: make([]plan.Finding, n)}
	for i := range d.Findings {
		d.Findings[i] = plan.Finding{
			Rule: "wide-scope", Severity: plan.Severity(i % 3), Address: addr.New("agency", addr.Plain(numbered(i))), Message: "reaches " + numbered(i),
		}
	}
	return d
}

func numbered(i int) string { return "a" + strconv.Itoa(i) }

func TestSARIFHasOneRunAnAccount(t *testing.T) {
	var all []*plan.Drift
	for i := range render.SARIFRuns {
		all = append(all, &plan.Drift{Account: plan.Account{Name: numbered(i) + "/x"}})
	}
	r := drifts(all...)
	log := sarif(t, r)
	require.Len(t, log.Runs, 20)
	require.Equal(t, "agencyctl/a3%2Fx/", log.Runs[3].Automation.ID)
	require.NotNil(t, log.Runs[3].Results, "an account without a result still has the list")
	require.Empty(t, log.Runs[3].Results)

	r.Accounts = append(r.Accounts, r.Accounts[0])
	require.ErrorContains(t, render.Formats()["sarif"](io.Discard, r, machineOptions), "20 accounts at most, and these are 21")
}

// A problem of the manifest is about no account. Its alert is closed once a run of the same category comes without it.
func TestSARIFOfAGoodRunClosesWhatABrokenManifestOpened(t *testing.T) {
	broken := sarif(t, render.Report{Kind: render.Plan, Failure: &render.Failure{Kind: render.Refused, Problems: []plan.Problem{{At: at(3), Summary: "unknown key"}}}})
	good := sarif(t, plans(emptyPlan()))
	require.Len(t, broken.Runs, 1)
	require.NotEmpty(t, broken.Runs[0].Results)
	require.Len(t, good.Runs, 2)
	require.Equal(t, broken.Runs[0].Automation.ID, good.Runs[1].Automation.ID)
	require.Empty(t, good.Runs[1].Results)
}

func TestPlacesAreRelativeToTheRepository(t *testing.T) {
	for file, want := range map[string]string{
		"m.yaml": "iam/m.yaml %SRCROOT%", "../prod/m.yaml": "prod/m.yaml %SRCROOT%", "../../other/m.yaml": "file:///work/other/m.yaml ",
		"/work/repository/a b/ü%.yaml": "a%20b/%C3%BC%25.yaml %SRCROOT%", "/etc/a b.yaml": "file:///etc/a%20b.yaml ",
		"../c:d.yaml": "c%3Ad.yaml %SRCROOT%", "": "iam/agencies.yaml %SRCROOT%", "..x.yaml": "iam/..x.yaml %SRCROOT%",
	} {
		r := render.Report{Kind: render.Validate, Problems: []plan.Problem{{At: plan.Position{File: file}, Summary: "bad"}}}
		place := sarif(t, r).Runs[0].Results[0].Locations[0].Physical
		require.Equal(t, want, place.Artifact.URI+" "+place.Artifact.Base, file)
		require.Equal(t, 1, place.Region.StartLine)
	}
}

func TestFindingsOfOneFingerprintAreOneResult(t *testing.T) {
	one := plan.Finding{Rule: "wide-scope", Severity: plan.Low, Address: address(t, "agency/a"), Message: "is wide"}
	two := one
	two.Message, two.Severity = "is very wide", plan.High
	r := drifts(&plan.Drift{Account: account, Findings: []plan.Finding{one, two}})
	results := sarif(t, r).Runs[0].Results
	require.Len(t, results, 1)
	require.Equal(t, "error", results[0].Level)
	require.Equal(t, "agency/a: is wide\nis very wide", results[0].Message.Text)
	require.Equal(t, one.FingerprintIn(account), results[0].Fingerprints["primaryLocationLineHash"])

	var quality []map[string]any
	require.NoError(t, json.Unmarshal([]byte(writtenIn(t, "gitlab-codequality", r, machineOptions)), &quality))
	require.Len(t, quality, 1, "GitLab keeps one of them")
	require.Equal(t, "critical", quality[0]["severity"])
}

// An empty report of a failed run would close alerts, pass tests and graph a zero.
func TestNoDocumentOfAFailedRunLooksClean(t *testing.T) {
	cause := &render.Failure{Kind: render.Failed, Err: errors.New("out of reach")}
	for name, r := range map[string]render.Report{
		"the run":         {Kind: render.Plan, Failure: cause},
		"its one account": {Kind: render.Plan, Accounts: []render.Account{{Account: account, Failure: cause}}},
		"one of two": {Kind: render.Plan, Accounts: []render.Account{
			{Account: account, Plan: &plan.Plan{Account: account}}, {Account: plan.Account{Name: "other"}, Failure: cause},
		}},
		"an apply": {Kind: render.Apply, Failure: cause, Accounts: []render.Account{{Account: account, Apply: &engine.Report{Verified: true}}}},
	} {
		failed, results := false, 0
		for _, run := range sarif(t, r).Runs {
			failed = failed || !run.Invocations[0].ExecutionSuccessful && len(run.Invocations[0].Notifications) > 0
			results += len(run.Results)
		}
		require.True(t, failed, name)
		require.Equal(t, 1, results, name)
		require.Contains(t, writtenIn(t, "junit", r, machineOptions), ` errors="1"`, name)
		require.Contains(t, writtenIn(t, "gitlab-codequality", r, machineOptions), `"severity": "blocker"`, name)
		require.Contains(t, writtenIn(t, "textfile", r, machineOptions), "\nagencyctl_up 0\n", name)
		terraform := writtenIn(t, "gitlab-terraform", r, machineOptions)
		for _, key := range []string{"create", "update", "delete"} { // without one of these, the widget tells of a report that could not be made
			require.NotContains(t, terraform, `"`+key+`"`, name)
		}
		require.Contains(t, terraform, "out of reach", name)
	}
}

func TestTheTerraformReportCountsAllAccounts(t *testing.T) {
	second := samplePlan(t)
	second.Account = plan.Account{Name: "other"}
	require.Equal(t, `{"create":6,"update":6,"delete":4,"manual":2,"blocked":2}`+"\n",
		writtenIn(t, "gitlab-terraform", plans(samplePlan(t), second), machineOptions))
	require.Equal(t, `{"create":0,"update":0,"delete":0}`+"\n", writtenIn(t, "gitlab-terraform", plans(emptyPlan()), machineOptions))
}

// A manifest that names the account by its name, and one that names it by its id, are refused when the cloud has answered.
func TestOneAccountTwiceIsOneSample(t *testing.T) {
	one := render.Account{Account: account, Drift: &plan.Drift{Account: account}}
	twin := one
	twin.Failure = &render.Failure{Kind: render.Refused, Err: errors.New("one account twice")}
	text := writtenIn(t, "textfile", render.Report{Kind: render.Drift, Accounts: []render.Account{one, twin}}, machineOptions)
	require.Equal(t, 1, strings.Count(text, "agencyctl_account_up{"))
	require.Contains(t, text, "agencyctl_account_up{account=\"example-co\"} 0\n")
}

type sarifDocument struct {
	Runs []struct {
		Automation  struct{ ID string } `json:"automationDetails"`
		Invocations []struct {
			ExecutionSuccessful bool
			Notifications       []struct{ Message struct{ Text string } } `json:"toolExecutionNotifications"`
		}
		Results []struct {
			RuleID, Level string
			Message       struct{ Text string }
			Fingerprints  map[string]string `json:"partialFingerprints"`
			Locations     []struct {
				Physical struct {
					Artifact struct {
						URI  string
						Base string `json:"uriBaseId"`
					} `json:"artifactLocation"`
					Region struct{ StartLine int }
				} `json:"physicalLocation"`
			}
		}
	}
}

func sarif(t testing.TB, r render.Report) (log sarifDocument) {
	t.Helper()
	require.NoError(t, json.Unmarshal([]byte(writtenIn(t, "sarif", r, machineOptions)), &log))
	return log
}
