package render_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"io"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/render"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
)

// sampleLine is one sample of Prometheus' text format.
var sampleLine = regexp.MustCompile(`^[a-z_]+(\{[a-z]+="([^"\\]|\\\\|\\"|\\n)*"(,[a-z]+="([^"\\]|\\\\|\\"|\\n)*")*\})? \d+$`)

// Whatever a name holds, each document keeps its form, and says as much as it would of any other name.
func FuzzNamesInFormatsForTools(f *testing.F) {
	for _, name := range []string{
		"ops", `a"b\c`, "<b>&amp;]]>", "line\nbreak\r\n", "\xff\xfe", "\u202e\u2028\x00", "[x](http://evil.example)", "a/b:c%d", "{0}", "漢字", "-->", "\x1b[31m", "",
		"](", `\`, "\ufffd", "\U0010ffff", "a,b} 1\nagencyctl_up 1",
	} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		finding := plan.Finding{Rule: "wide-scope", Severity: plan.High, Address: addr.New("agency", addr.Plain(name)), Attribute: name, Message: name, Hint: name}
		known := finding
		known.Rule, known.Accepted = "known", plan.Accepted{Reason: "known: " + name, ReviewBy: name}
		reason := plan.Difference{Address: finding.Address, Reason: name, Attributes: []plan.AttributeChange{attribute(name, text(strings.ToValidUTF8(name, "?")), plan.Value{})}}
		r := drifts(&plan.Drift{
			Account: plan.Account{Name: name, ID: name}, Findings: []plan.Finding{finding, known}, Changed: []plan.Difference{reason},
			NotRead:     []plan.NotRead{{Subject: name, Reason: name, Regions: []string{name}}},
			NotCompared: []plan.NotCompared{{Address: finding.Address, Attribute: name, Reason: name}}, Warnings: []string{name},
		})
		r.Accounts[0].At = plan.Position{File: name, Line: 3}
		r.Problems = []plan.Problem{{At: plan.Position{File: name}, Summary: name, Detail: name, Hint: name}}

		text := writtenIn(t, "sarif", r, machineOptions)
		require.True(t, utf8.ValidString(text))
		var log sarifDocument
		require.NoError(t, json.Unmarshal([]byte(text), &log))
		require.Len(t, log.Runs, 2, "the account's, and that of what is about none")
		results := append(log.Runs[0].Results, log.Runs[1].Results...)
		require.Len(t, results, 4)
		require.Len(t, log.Runs[0].Invocations[0].Notifications, 3)
		require.Equal(t, 2, strings.Count(log.Runs[0].Automation.ID, "/"), "the category is one account's")
		for _, note := range log.Runs[0].Invocations[0].Notifications {
			require.NotContains(t, note.Message.Text, "](", "a link")
		}
		for _, result := range results {
			require.NotContains(t, result.Message.Text, "](", "a link")
			uri, err := url.Parse(result.Locations[0].Physical.Artifact.URI)
			require.NoError(t, err)
			require.True(t, uri.Scheme == "" || uri.Scheme == "file", uri)
			require.NotEmpty(t, uri.String())
		}

		text = writtenIn(t, "gitlab-codequality", r, machineOptions)
		var quality []struct{ Fingerprint, Severity string }
		require.NoError(t, json.Unmarshal([]byte(text), &quality))
		require.Len(t, quality, 7)
		prints := map[string]bool{}
		for _, element := range quality {
			require.NotEmpty(t, element.Severity)
			prints[element.Fingerprint] = true
		}
		require.Len(t, prints, 7)

		names := casesOf(t, writtenIn(t, "junit", r, machineOptions))
		require.Subset(t, names, []string{"the run", "the account", render.Clean(finding.Address.String())})

		text = writtenIn(t, "textfile", r, machineOptions)
		require.True(t, utf8.ValidString(text))
		for _, line := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
			require.True(t, strings.HasPrefix(line, "# ") || sampleLine.MatchString(line), "%q", line)
		}
		require.Equal(t, 1, strings.Count(text, "\nagencyctl_up "))

		r = render.Report{Kind: render.Plan, Accounts: []render.Account{{Account: plan.Account{Name: name}, Failure: &render.Failure{Problems: r.Problems}}}}
		var terraform map[string]string
		require.NoError(t, json.Unmarshal([]byte(writtenIn(t, "gitlab-terraform", r, machineOptions)), &terraform))
		require.Len(t, terraform, 1)
	})
}

// casesOf reads a JUnit document strictly, token by token, and returns the names of its cases.
func casesOf(t *testing.T, text string) (names []string) {
	decoder := xml.NewDecoder(bytes.NewReader([]byte(text)))
	for {
		token, err := decoder.Token()
		if err == io.EOF {
			return names
		}
		require.NoError(t, err, text)
		element, is := token.(xml.StartElement)
		if !is || element.Name.Local != "testcase" {
			continue
		}
		for _, a := range element.Attr {
			if a.Name.Local == "name" {
				names = append(names, a.Value)
			}
		}
	}
}
