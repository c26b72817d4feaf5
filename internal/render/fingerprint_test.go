package render_test

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/agencyctl/agencyctl/internal/render"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
)

// about is what a fingerprint is made of, in one account.
type about struct{ Rule, Address, Attribute string }

// fingerprintsOfJSON returns the fingerprint of each finding in a JSON document that counts, wherever it stands but among those that
// a change ends.
func fingerprintsOfJSON(t judge, text string) map[about]string {
	t.Helper()
	var document any
	require.NoError(t, json.Unmarshal([]byte(text), &document))
	found := map[about]string{}
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case []any:
			for _, element := range v {
				walk(element)
			}
		case map[string]any:
			if _, is := v["severity"]; is && v["accepted"] == nil {
				attribute, _ := v["attribute"].(string)
				print, _ := v["fingerprint"].(string)
				found[about{v["rule"].(string), v["address"].(string), attribute}] = print
			}
			for key, element := range v {
				if key != "resolves" {
					walk(element)
				}
			}
		}
	}
	walk(document)
	return found
}

// fingerprintsOfSARIF returns those of the results that are findings: what is found beside them has a rule of its own.
func fingerprintsOfSARIF(t judge, text string, others ...string) map[about]string {
	t.Helper()
	var log struct {
		Runs []struct {
			Results []struct {
				Fingerprints map[string]string `json:"partialFingerprints"`
				Properties   about
			}
		}
	}
	require.NoError(t, json.Unmarshal([]byte(text), &log))
	found := map[about]string{}
	for _, run := range log.Runs {
		for _, result := range run.Results {
			if !slices.Contains(others, result.Properties.Rule) {
				found[result.Properties] = result.Fingerprints["agencyctl/v1"]
			}
		}
	}
	return found
}

func TestJSONAndSARIFHaveOneFingerprintOfAFinding(t *testing.T) {
	others := []string{"changed", "missing", "unexpected", "expired", "manual", "blocked", "warning", "leaving"}
	for name, r := range map[string]render.Report{"plan": plans(samplePlan(t)), "drift": drifts(sampleDrift(t))} {
		inJSON := fingerprintsOfJSON(t, written(t, "json", r))
		require.GreaterOrEqual(t, len(inJSON), 2, name)
		require.Equal(t, fingerprintsOfSARIF(t, written(t, "sarif", r), others...), inJSON, name)
	}
}

func TestAFingerprintIsTheSameInEveryOutputAndRun(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pick := func(label string, from ...string) string { return rapid.SampledFrom(from).Draw(t, label) }
		findings := func(label, words string) (all []plan.Finding) {
			for range rapid.IntRange(0, 3).Draw(t, label) {
				all = append(all, plan.Finding{
					Rule: pick("rule", "wide-scope", "trusted-accounts"), Severity: plan.Severity(rapid.IntRange(0, 2).Draw(t, "severity")),
					Address: addr.New("agency", addr.Plain(pick("name", "a", "b", "c"))), Attribute: pick("attribute", "", "trust"),
					Message: words, Hint: pick("hint", "", "mend it"),
				})
			}
			return all
		}
		p := &plan.Plan{
			Account: plan.Account{Name: "example-co", ID: pick("id", "", "0f1e")},
			Changes: []plan.Change{{
				Address: addr.New("agency", addr.Plain("a")), Action: plan.Update, Source: at(3),
				Findings: findings("brought", "is wide"), Resolves: findings("ended", "was wide"),
			}},
			Rules:      []plan.RuleChange{{Key: "guardrails.maxDuration", Source: at(4), Findings: findings("rules", "is weaker")}},
			Unexpected: []plan.Unexpected{{Findings: findings("unexpected", "is not listed")}},
			Findings:   findings("left", "stays"),
		}
		first := fingerprintsOfJSON(t, written(t, "json", plans(p)))
		require.Equal(t, fingerprintsOfSARIF(t, written(t, "sarif", plans(p))), first)
		var quality []struct {
			Fingerprint string
			Check       string `json:"check_name"`
		}
		require.NoError(t, json.Unmarshal([]byte(written(t, "gitlab-codequality", plans(p))), &quality))
		found := 0
		for _, element := range quality {
			if element.Check == "rules-changed" { // what no finding is about
				continue
			}
			found++
			require.Contains(t, first, aboutOf(first, element.Fingerprint))
		}
		require.Equal(t, len(first), found)

		// Lines, words and weights move from run to run, and the account is renamed where its id is known.
		p.Changes[0].Source, p.Rules[0].Source = at(30), at(40)
		for _, list := range [][]plan.Finding{p.Changes[0].Findings, p.Rules[0].Findings, p.Unexpected[0].Findings, p.Findings} {
			for i := range list {
				list[i].Message, list[i].Hint, list[i].Severity = "says it in other words", "", plan.Low
			}
		}
		if p.Account.ID != "" {
			p.Account.Name = "renamed-co"
		}
		require.Equal(t, first, fingerprintsOfJSON(t, written(t, "json", plans(p))))
	})
}

// aboutOf returns what has a fingerprint, or what nothing is about.
func aboutOf(all map[about]string, fingerprint string) about {
	for key, has := range all {
		if has == fingerprint {
			return key
		}
	}
	return about{Rule: "none has it"}
}
