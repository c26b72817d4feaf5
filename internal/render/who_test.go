package render_test

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/render"
	"github.com/agencyctl/agencyctl/plan"
)

var night = time.Date(2030, 1, 31, 2, 14, 0, 0, time.UTC)

// explained is a drift whose differences somebody made, and one that nobody is known to have made.
func explained(t testing.TB, who string) *plan.Drift {
	trace := func(fits int) *plan.Trace {
		return &plan.Trace{Who: who, Via: "the console", From: "203.0.113.7", When: night, RequestID: "9c1d", What: "updateAgency", Fits: fits}
	}
	return &plan.Drift{
		Account: account, Cloud: cloud,
		Changed: []plan.Difference{{Address: address(t, "agency/a"), Trace: trace(1), Attributes: []plan.AttributeChange{
			attribute("description", text("x"), text("y")),
		}}},
		Missing: []plan.Difference{
			{Address: address(t, "grant/a/domain/A"), Trace: trace(1)}, {Address: address(t, "grant/a/domain/B"), Trace: trace(1)},
			{Address: address(t, "grant/a/domain/C"), Trace: trace(3)}, {Address: address(t, "grant/a/domain/D")},
		},
		Findings: []plan.Finding{{
			Rule: "administrator-role", Severity: plan.High, Address: address(t, "grant/theirs/domain/A"), Message: "gives everything", Trace: trace(1),
		}},
		Who: &plan.Inquiry{Asked: "the record, the last 7 days", Unknown: 1},
	}
}

func TestDriftSaysWhoDidIt(t *testing.T) {
	assert.Contains(t, driftText(t, explained(t, "user night-shift"), render.Options{}), `
Changed:
  ~ agency/a
      by user night-shift through the console from 203.0.113.7 at 2030-01-31T02:14:00Z, request 9c1d
      description: live x, manifest "y"

Missing:
  - grant/a/domain: A, B
      by user night-shift through the console from 203.0.113.7 at 2030-01-31T02:14:00Z, request 9c1d
  - grant/a/domain/C
      by user night-shift; the latest of 3 that fit: through the console from 203.0.113.7 at 2030-01-31T02:14:00Z, request 9c1d
  - grant/a/domain/D

Findings:
  high    grant/theirs/domain/A: gives everything  [administrator-role]
          by user night-shift through the console from 203.0.113.7 at 2030-01-31T02:14:00Z, request 9c1d

Who: not known of 1 of these: the record, the last 7 days, has nothing that fits
`)
}

func TestDriftSaysWhyNobodyIsKnown(t *testing.T) {
	d := explained(t, "user night-shift")
	d.Who.Problem = "403; allow it"
	assert.Contains(t, driftText(t, d, render.Options{}), "\nWho: not known: the record, the last 7 days: 403; allow it\n")
	d.Who = &plan.Inquiry{Asked: "the record"}
	assert.NotContains(t, driftText(t, d, render.Options{}), "Who:")
	d.Who = nil
	assert.NotContains(t, driftText(t, d, render.Options{}), "Who:")
}

// Names are written by whoever made a user. They end no line, and no tag.
func TestNamesOfActorsAreCleaned(t *testing.T) {
	hostile := "user <script>\x1b[2K\nNo drift\u202e"
	for _, format := range render.FormatsOf(render.Drift) {
		var b strings.Builder
		require.NoError(t, render.Formats()[format](&b, drifts(explained(t, hostile)), render.Options{}))
		for _, raw := range []string{"\x1b", "\u202e", "\nNo drift", "<br>No"} {
			assert.NotContains(t, b.String(), raw, format)
		}
		if format == "html" || format == "junit" {
			assert.NotContains(t, b.String(), "user <script>", format)
		}
	}
}

// Who did it is no part of what a difference is known by.
func TestFingerprintsDoNotKnowTheActor(t *testing.T) {
	lines := func(who string) (all []string) {
		for _, format := range []string{"gitlab-codequality", "sarif", "json"} {
			var b strings.Builder
			require.NoError(t, render.Formats()[format](&b, drifts(explained(t, who)), render.Options{}))
			for line := range strings.Lines(b.String()) {
				if strings.Contains(strings.ToLower(line), "fingerprint") || strings.Contains(line, `"agencyctl/v1"`) {
					all = append(all, line)
				}
			}
		}
		return all
	}
	require.Greater(t, len(lines("user a")), 10)
	assert.Equal(t, lines("user a"), lines("user b"))
}

// A notification names the actor in few words, and its document has all that is known of the operation, as the document of the drift has.
func TestANotificationSaysWhoDidIt(t *testing.T) {
	of := func(who string) (lines string, document []byte) {
		r := drifts(explained(t, who))
		m, err := render.NotificationOf(&r, render.Options{}, "look")
		require.NoError(t, err)
		return strings.Join(m.Results.Lines, "\n"), m.Document
	}
	lines, document := of("user night-shift")
	assert.Contains(t, lines, "\nagency/a: changed; by user night-shift; differs: description\n")
	assert.Contains(t, lines, "\ngrant/a/domain/C: missing; by user night-shift\n")
	assert.True(t, strings.HasSuffix(lines, "\ngrant/a/domain/D: missing"), lines)
	var told any
	require.NoError(t, json.Unmarshal(document, &told))
	require.NoError(t, compileSchema(t, "notification").Validate(told))
	assert.Equal(t, 5, strings.Count(string(document), `"trace":{"who":"user night-shift","via":"the console","from":"203.0.113.7",`))

	long, _ := of("user " + strings.Repeat("x", 500))
	assert.Contains(t, long, "\nagency/a: changed; by user "+strings.Repeat("x", 54)+"…; differs: description\n")
	hashes := func(document []byte) []string {
		return regexp.MustCompile(`"fingerprint":"[^"]+"`).FindAllString(string(document), -1)
	}
	_, other := of("user day-shift")
	assert.Len(t, hashes(document), 6)
	assert.Equal(t, hashes(document), hashes(other))
}
