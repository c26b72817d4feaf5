package sdkjudge

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/joshdk/go-junit"
	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/stretchr/testify/require"
	"github.com/xeipuuv/gojsonschema"

	"github.com/agencyctl/agencyctl/internal/render"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
)

// documents returns documents of a format by name: those that are reviewed as golden files, and one full of names that are hard to write.
func documents(t *testing.T, format string) map[string][]byte {
	t.Helper()
	paths, err := filepath.Glob("../render/testdata/*." + format)
	require.NoError(t, err)
	require.NotEmpty(t, paths)
	all := map[string][]byte{}
	for _, path := range paths {
		all[path], err = os.ReadFile(path)
		require.NoError(t, err)
	}
	var b bytes.Buffer
	require.NoError(t, render.Formats()[format](&b, hostile(), render.Options{Directory: "/r", Repository: "/r"}))
	all["hostile"] = b.Bytes()
	return all
}

var hostileNames = []string{
	`a"b\c`, "<b>&amp;]]>", "line\nbreak\r\n", "\xff\xfe", "\u202e\u2028\x00", "[x](http://evil.example)", "漢字", "{0}", "a,b} 1\nagencyctl_up 1", "%41%", " ", "-->",
}

// hostile is a drift of as many accounts as there are names.
func hostile() render.Report {
	r := render.Report{Kind: render.Drift}
	for _, name := range hostileNames {
		account := plan.Account{Name: name}
		finding := plan.Finding{Rule: "wide-scope", Severity: plan.High, Address: addr.New("agency", addr.Plain(name)), Attribute: name, Message: name, Hint: name}
		known := finding
		known.Attribute, known.Accepted = "other", plan.Accepted{Reason: name, ReviewBy: "2031-06-30"}
		r.Accounts = append(r.Accounts, render.Account{
			Account: account, At: plan.Position{File: name, Line: 1, Column: 1},
			Drift: &plan.Drift{
				Account: account, Findings: []plan.Finding{finding, known}, Missing: []plan.Difference{{Address: finding.Address, Reason: name}},
				NotRead: []plan.NotRead{{Subject: name, Reason: name}},
			},
		})
	}
	return r
}

func TestSARIFKeepsTheOfficialSchema(t *testing.T) {
	schema := sarifSchema(t)
	for name, text := range documents(t, "sarif") {
		t.Run(name, func(t *testing.T) {
			found, err := schema.Validate(gojsonschema.NewBytesLoader(text))
			require.NoError(t, err)
			require.Empty(t, found.Errors())

			report, err := sarif.FromBytes(text)
			require.NoError(t, err)
			require.NoError(t, report.Validate())
			for _, run := range report.Runs {
				require.NotNil(t, run.Results, "GitHub refuses a run without the key")
				for _, result := range run.Results {
					require.Equal(t, *run.Tool.Driver.Rules[result.RuleIndex].ID, *result.RuleID)
				}
			}

			// A key that SARIF does not know would be lost on the way through its types.
			again, err := json.Marshal(report)
			require.NoError(t, err)
			var want, got any
			require.NoError(t, json.Unmarshal(text, &want))
			require.NoError(t, json.Unmarshal(again, &got))
			requireWithin(t, "", want, got)
		})
	}
}

func TestTheSchemaOfSARIFRefusesWhatIsNone(t *testing.T) {
	schema := sarifSchema(t)
	for _, broken := range []string{
		`{"version":"2.1.0","runs":[{"results":[]}]}`,
		`{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"x"}},"results":[{"message":{"text":"x"},"level":"grave"}]}]}`,
		`{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"x"}},"result":[]}]}`,
	} {
		found, err := schema.Validate(gojsonschema.NewStringLoader(broken))
		require.NoError(t, err)
		require.NotEmpty(t, found.Errors(), broken)
	}
}

// sarifSchema returns the official schema of SARIF 2.1.0, which go-sarif has as a constant that it does not export.
func sarifSchema(t *testing.T) *gojsonschema.Schema {
	t.Helper()
	p, err := build.Import("github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif", ".", build.FindOnly)
	require.NoError(t, err)
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, "schema.go"), nil, 0)
	require.NoError(t, err)
	text := ""
	ast.Inspect(file, func(n ast.Node) bool {
		if literal, is := n.(*ast.BasicLit); is && literal.Kind == token.STRING && len(literal.Value) > len(text) {
			text = literal.Value
		}
		return true
	})
	text, err = strconv.Unquote(text)
	require.NoError(t, err)
	require.Contains(t, text, "Static Analysis Results Format (SARIF) Version 2.1.0")
	schema, err := gojsonschema.NewSchema(gojsonschema.NewStringLoader(text))
	require.NoError(t, err)
	return schema
}

// requireWithin requires that all of want is in got, which may have more.
func requireWithin(t *testing.T, at string, want, got any) {
	t.Helper()
	switch want := want.(type) {
	case map[string]any:
		have, is := got.(map[string]any)
		require.True(t, is, at)
		for key, value := range want {
			requireWithin(t, at+"/"+key, value, have[key])
		}
	case []any:
		have, is := got.([]any)
		require.True(t, is, at)
		require.Len(t, have, len(want), at)
		for i := range want {
			requireWithin(t, fmt.Sprintf("%s/%d", at, i), want[i], have[i])
		}
	default:
		require.Equal(t, want, got, at)
	}
}

func TestPrometheusReadsTheMetrics(t *testing.T) {
	for name, text := range documents(t, "textfile") {
		t.Run(name, func(t *testing.T) {
			parser := expfmt.NewTextParser(model.LegacyValidation)
			families, err := parser.TextToMetricFamilies(bytes.NewReader(text))
			require.NoError(t, err)
			require.Contains(t, families, "agencyctl_up")
			require.Len(t, families["agencyctl_up"].Metric, 1)
			for family, f := range families {
				require.NotEmpty(t, f.GetHelp(), family)
				require.Equal(t, "GAUGE", f.GetType().String(), family)
				require.True(t, strings.HasPrefix(family, "agencyctl_"), family)
				seen := map[string]bool{}
				for _, m := range f.Metric {
					require.Nil(t, m.TimestampMs, "the collector refuses a file with timestamps")
					require.False(t, seen[fmt.Sprint(m.Label)], "a sample twice: %v", m.Label)
					seen[fmt.Sprint(m.Label)] = true
				}
			}
			if name == "hostile" {
				var accounts []string
				for _, m := range families["agencyctl_account_up"].Metric {
					accounts = append(accounts, m.Label[0].GetValue())
				}
				var want []string
				for _, name := range hostileNames {
					want = append(want, render.Clean(name))
				}
				slices.Sort(want)
				slices.Sort(accounts)
				require.Equal(t, want, accounts, "labels are read as they are meant")
			}
		})
	}
}

func TestJUnitReadersCountTheCases(t *testing.T) {
	for name, text := range documents(t, "junit") {
		t.Run(name, func(t *testing.T) {
			suites, err := junit.Ingest(text)
			require.NoError(t, err)
			require.NotEmpty(t, suites)
			var told struct{ tests, failures, errors, skipped int }
			_, err = fmt.Sscanf(string(text[bytes.Index(text, []byte(" tests=")):]), ` tests="%d" failures="%d" errors="%d" skipped="%d"`,
				&told.tests, &told.failures, &told.errors, &told.skipped)
			require.NoError(t, err)
			var sum junit.Totals
			for _, s := range suites {
				require.NotEmpty(t, s.Tests, "a suite without a case")
				sum.Tests, sum.Failed, sum.Error, sum.Skipped = sum.Tests+s.Totals.Tests, sum.Failed+s.Totals.Failed, sum.Error+s.Totals.Error, sum.Skipped+s.Totals.Skipped
				names := map[string]bool{}
				for _, c := range s.Tests {
					require.False(t, names[c.Name], "a case twice: %s", c.Name)
					names[c.Name] = true
				}
			}
			require.Equal(t, told, struct{ tests, failures, errors, skipped int }{sum.Tests, sum.Failed, sum.Error, sum.Skipped})
		})
	}
}
