package acceptance

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/cli"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/schema"
)

// TestEscalations plans each manifest in testdata/escalations on a fresh simulated cloud: exactly the rules that the line
// "# finds:" names are found in what the plan brings. Where there is a line "# high:", exactly those are found with high severity that it
// names, or "none".
func TestEscalations(t *testing.T) {
	for name, path := range manifestsIn(t, "testdata/escalations") {
		t.Run(name, func(t *testing.T) {
			rules, high := rulesRaisedBy(t, path)
			require.Equal(t, plantedIn(t, path, "finds"), rules)
			if planted := plantedIn(t, path, "high"); planted != nil {
				require.Equal(t, slices.DeleteFunc(planted, func(rule string) bool { return rule == "none" }), append([]string{}, high...))
			}
		})
	}
}

// plantedIn returns the rules that a line of a manifest names, nil where it has no such line.
func plantedIn(t *testing.T, path, line string) []string {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	named := regexp.MustCompile(`(?m)^# ` + line + `: (.+)$`).FindSubmatch(text)
	if named == nil {
		return nil
	}
	return strings.Split(string(named[1]), ", ")
}

// TestCleanManifests holds the rules against manifests in which there is nothing to find.
func TestCleanManifests(t *testing.T) {
	for name, path := range manifestsIn(t, "testdata/clean") {
		t.Run(name, func(t *testing.T) {
			rules, _ := rulesRaisedBy(t, path)
			require.Empty(t, rules)
		})
	}
}

// TestEveryRuleIsDocumented holds docs/rules.md against the rules that the services and the planner know, and the corpus
// against the rules of risk.
func TestEveryRuleIsDocumented(t *testing.T) {
	text, err := os.ReadFile("docs/rules.md")
	require.NoError(t, err)
	var documented, known, risks []string
	for _, heading := range regexp.MustCompile("(?m)^### `([a-z0-9-]+)`").FindAllSubmatch(text, -1) {
		documented = append(documented, string(heading[1]))
	}
	for _, rule := range services.Registry().Rules() {
		known = append(known, rule.ID)
		// A plan knows no clock, and in a fresh cloud no trust ends, no service has an agency, and nobody has a custom policy.
		unseen := slices.Contains([]string{"delete-in-use", "leaves-dangling", "trust-renewed", "update-in-use"}, rule.ID)
		if !rule.Guardrail && !rule.Bookkeeping && !unseen && !strings.HasPrefix(rule.ID, "unexplained-") {
			risks = append(risks, rule.ID)
		}
	}
	require.ElementsMatch(t, known, documented)
	planted := map[string]bool{}
	for _, path := range manifestsIn(t, "testdata/escalations") {
		for _, rule := range plantedIn(t, path, "finds") {
			planted[rule] = true
		}
	}
	require.Equal(t, risks, slices.Sorted(maps.Keys(planted)), "every rule needs an escalation that it finds")
}

// TestEveryGuardrailIsDeclared: the planner can tell in which direction each guardrail of the published schema weakens.
func TestEveryGuardrailIsDeclared(t *testing.T) {
	var published struct {
		Properties struct {
			Guardrails struct{ Properties map[string]any }
		}
	}
	require.NoError(t, json.Unmarshal(schema.Manifest(), &published))
	var declared []string
	for _, g := range services.Registry().Guardrails() {
		require.Contains(t, []plan.GuardrailKind{plan.AllowList, plan.DenyList, plan.Bound}, g.Kind, g.Key)
		require.Equal(t, g.Kind == plan.Bound, g.Size != nil, g.Key)
		declared = append(declared, g.Key)
	}
	keys := slices.DeleteFunc(slices.Sorted(maps.Keys(published.Properties.Guardrails.Properties)), func(key string) bool { return key == "accept" })
	require.Equal(t, keys, declared)
}

func manifestsIn(t *testing.T, folder string) map[string]string {
	paths, err := filepath.Glob(filepath.Join(folder, "*.yaml"))
	require.NoError(t, err)
	require.NotEmpty(t, paths)
	named := map[string]string{}
	for _, path := range paths {
		named[strings.TrimSuffix(filepath.Base(path), ".yaml")] = path
	}
	return named
}

// rulesRaisedBy returns the rules of all findings that the plan's changes bring and nobody accepted, sorted, and those of the high ones.
func rulesRaisedBy(t *testing.T, path string) (all, high []string) {
	t.Helper()
	var out, errors bytes.Buffer
	code := cli.Run(t.Context(), cli.Env{
		Stdin: bytes.NewReader(nil), Stdout: &out, Stderr: &errors, Getenv: func(string) string { return "" },
		Registry: services.Registry(), Connect: connect, Version: "test",
	}, []string{"plan", "-f", path, "--sim=" + filepath.Join(t.TempDir(), "sim.json"), "-o", "json"})
	require.Zero(t, code, errors.String())
	type finding struct {
		Rule     string
		Severity string
		Accepted *struct{ Reason string }
	}
	var plans struct {
		Accounts []struct {
			Changes []struct{ Findings []finding }
		}
	}
	require.NoError(t, json.Unmarshal(out.Bytes(), &plans))
	rules := map[string]bool{} // and whether a finding of it is high
	for _, account := range plans.Accounts {
		require.NotEmpty(t, account.Changes, "the manifest changes nothing")
		for _, change := range account.Changes {
			for _, f := range change.Findings {
				if f.Accepted == nil {
					rules[f.Rule] = rules[f.Rule] || f.Severity == "high"
				}
			}
		}
	}
	all = slices.Sorted(maps.Keys(rules))
	return all, slices.DeleteFunc(slices.Clone(all), func(rule string) bool { return !rules[rule] })
}
