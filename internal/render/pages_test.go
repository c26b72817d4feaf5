package render_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/render"
	"github.com/agencyctl/agencyctl/plan"
)

// pageReports are reports of every kind, with failures and without, by the name of their golden file.
func pageReports(t testing.TB) map[string]render.Report {
	t.Helper()
	other := emptyPlan()
	other.Account, other.Cloud = plan.Account{ID: "22223333"}, plan.Cloud{Kind: "opentelekomcloud", Region: "eu-de"}
	denied := &render.Failure{Kind: "denied", Err: errors.New("list agencies: access denied for @somebody\n+ agency/admin (iam, HTTP 403)")}
	several := plans(samplePlan(t), other)
	several.Accounts = append(several.Accounts, render.Account{Account: plan.Account{Name: "failing-co"}, Failure: denied})
	refused := plans(samplePlan(t))
	refused.Accounts[0].Failure = &render.Failure{Kind: render.Refused, Err: errors.New("a high finding is not accepted")}
	return map[string]render.Report{
		"plan":          plans(samplePlan(t)),
		"plan-drawn":    drawnAll(several, sampleTrust(t), &plan.TrustGraph{}),
		"plan-empty":    plans(emptyPlan()),
		"plan-several":  several,
		"plan-refused":  refused,
		"plan-failed":   {Kind: render.Plan, Failure: &render.Failure{Kind: render.Refused, Problems: sampleProblems()}},
		"drift":         drifts(sampleDrift(t)),
		"drift-drawn":   drawnAll(drifts(sampleDrift(t)), sampleTrust(t)),
		"apply-drawn":   drawnAll(samplesApplied(t), sampleTrust(t)),
		"driftstate":    drifts(driftInAllStates(t)),
		"drift-none":    drifts(&plan.Drift{Account: account, Cloud: cloud}),
		"audit":         audits(sampleAudit(t)),
		"apply":         reports(sampleReport(t)),
		"validate":      {Kind: render.Validate, Problems: sampleProblems()},
		"validate-good": {Kind: render.Validate, Accounts: []render.Account{{Account: account, Resources: 14}}},
		"whoami":        sampleCallers(),
	}
}

func TestPagesAreAsReviewed(t *testing.T) {
	for name, report := range pageReports(t) {
		for format, ending := range map[string]string{"markdown": ".md", "html": ".html"} {
			if format == "html" && name != "plan" && name != "plan-several" && name != "plan-drawn" {
				continue // the words are the same, and Markdown is easier to review
			}
			if format == "markdown" && strings.HasSuffix(name, "-drawn") {
				continue // it draws nothing
			}
			t.Run(name+ending, func(t *testing.T) {
				var b bytes.Buffer
				o := render.Options{ShowNow: true, Hint: sampleHint, Renew: sampleRenew}
				require.NoError(t, render.Formats()[format](&b, report, o))
				golden := filepath.Join("testdata", name+ending)
				if *update {
					require.NoError(t, os.WriteFile(golden, b.Bytes(), 0o644))
				}
				want, err := os.ReadFile(golden)
				require.NoError(t, err)
				require.Equal(t, string(want), b.String())
			})
		}
	}
}

// What the text says below a resource, a page says in the same words: values, parts, and what is left to a person.
func TestPagesSpeakTheLanguageOfTheText(t *testing.T) {
	sign := regexp.MustCompile(`^ +([-+~] )?`)
	columns := regexp.MustCompile(`^(high|medium|low|ends|accepted|grant)\b`) // what a row has in columns of its own
	for name, r := range map[string]render.Report{"plan": plans(samplePlan(t)), "drift": drifts(sampleDrift(t))} {
		var b bytes.Buffer
		require.NoError(t, asText(r, render.Options{})(&b))
		page := strings.Join(strings.Fields(textOf(parsed(t, written(t, "html", r)), true)), " ")
		changes, _, _ := strings.Cut(b.String(), "\nFindings:")
		told := 0
		for line := range strings.Lines(changes) {
			line, _, _ = strings.Cut(line, "  ends ") // a page has it in a row of its own
			text := strings.Join(strings.Fields(sign.ReplaceAllString(line, "")), " ")
			if strings.HasPrefix(line, "    ") && !columns.MatchString(text) {
				require.Contains(t, page, text, name)
				told++
			}
		}
		require.Greater(t, told, 12, name)
	}
}

// A document that has no form in words is JSON, which nobody reads without its indentation.
func TestPagesKeepTheIndentationOfADocument(t *testing.T) {
	odd := document(t, `{"Statement":[{"Effect":"Allow","Sid":"1"}]}`)
	p := &plan.Plan{Account: account, Changes: []plan.Change{{
		Address: address(t, "policy/odd"), Action: plan.Create, After: &plan.Resource{},
		Attributes: []plan.AttributeChange{attribute("statements", plan.Value{}, odd)},
	}}}
	lines := []string{`{`, `  "Statement": [`, `    {`, `      "Effect": "Allow",`, `      "Sid": "1"`, `    }`, `  ]`, `}`}
	require.Contains(t, written(t, "markdown", plans(p)), "\n+   "+strings.Join(lines, "\n+   ")+"\n")
	page := written(t, "html", plans(p))
	for _, line := range lines {
		require.Contains(t, page, `<span class="code">`+strings.ReplaceAll(line, `"`, "&#34;")+"</span>")
	}
}
