package render_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/agencyctl/agencyctl/internal/render"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/schema"
)

// told lays a notification out as chats do, without their limits.
func told(t testing.TB, r render.Report) string {
	t.Helper()
	m, err := render.NotificationOf(&r, render.Options{Hint: sampleHint}, "agencyctl drift -f iam/")
	require.NoError(t, err)
	if m == nil {
		return ""
	}
	lines := []string{m.Subject}
	for _, list := range []render.NotificationLines{m.Accounts, m.Results} {
		lines = append(append(lines, ""), list.Lines...)
		if list.More > 0 {
			lines = append(lines, fmt.Sprintf("and %d more", list.More))
		}
	}
	lines = append(append(lines, ""), m.Foot...)
	var document bytes.Buffer
	require.NoError(t, json.Indent(&document, m.Document, "", "  "))
	for _, line := range lines {
		require.Equal(t, render.Clean(line), line)
	}
	return strings.Join(lines, "\n") + "\n\n" + document.String() + "\n"
}

// drifts of several accounts, of which one failed and one is as it should be.
func severalDrifts(t testing.TB) render.Report {
	r := drifts(sampleDrift(t), &plan.Drift{Account: plan.Account{Name: "quiet-co", ID: "0f"}, Cloud: cloud})
	r.Accounts = append(r.Accounts,
		render.Account{Account: plan.Account{Name: "closed-co"}, Failure: &render.Failure{Kind: "denied", Err: fmt.Errorf("list agencies: %w\n(HTTP 403)", errDenied)}},
		drifts(&plan.Drift{Account: plan.Account{ID: "0e"}, Missing: []plan.Difference{{Address: address(t, "agency/ops-x")}}}).Accounts[0])
	return r
}

// notificationGoldens are written by [TestOutputsAreAsReviewed].
func notificationGoldens(t testing.TB) map[string]func(io.Writer) error {
	goldens := map[string]func(io.Writer) error{}
	for name, r := range map[string]render.Report{
		"notification.txt": withPlaces(t, drifts(sampleDrift(t))), "notification-accounts.txt": severalDrifts(t),
		"notification-failed.txt": {Kind: render.Drift, Failure: sampleFailure()},
	} {
		goldens[name] = func(w io.Writer) error {
			_, err := io.WriteString(w, told(t, r))
			return err
		}
	}
	return goldens
}

func TestANotificationTellsTheWorstFirst(t *testing.T) {
	text := told(t, severalDrifts(t))
	order := []int{
		strings.Index(text, "\nclosed-co: failed"), strings.Index(text, "\nexample-co: "), strings.Index(text, "\nclosed-co: account failed"),
		strings.Index(text, "\nexample-co: high "), strings.Index(text, "\n0e: agency/ops-x: missing"),
	}
	assert.True(t, slices.IsSorted(order) && order[0] > 0, "%v in %s", order, text)
}

func TestOnlyWhatIsLoudIsTold(t *testing.T) {
	assert.Empty(t, told(t, drifts(&plan.Drift{
		Account: account, Warnings: []string{"w"}, NotRead: []plan.NotRead{{Subject: "s", Reason: "r"}}, Unmanaged: sampleDrift(t).Unmanaged,
		NotCompared: []plan.NotCompared{{Reason: "r"}}, Remarks: sampleDrift(t).Remarks,
		Findings: []plan.Finding{{Rule: "r", Severity: plan.High, Accepted: plan.Accepted{Reason: "known", ReviewBy: "2031-01-01"}}},
	})))
	assert.Empty(t, told(t, drifts()))
	for _, kind := range []render.FailureKind{render.Interrupted, render.Refused, render.TimedOut, render.Failed, "denied"} {
		assert.NotEmpty(t, told(t, render.Report{Kind: render.Drift, Failure: &render.Failure{Kind: kind, Err: errors.New("x")}}), kind)
	}
}

// TestWhatCountsIsLoud: drift tells somebody exactly when its exit code is not 0, and its document keeps its schema.
func TestWhatCountsIsLoud(t *testing.T) {
	schema := compileSchema(t, "notification")
	sample := sampleDrift(t)
	rapid.Check(t, func(t *rapid.T) {
		r := render.Report{Kind: render.Drift}
		loud := false
		for i := range rapid.IntRange(0, 4).Draw(t, "accounts") {
			some := func(all []plan.Difference, name string) []plan.Difference {
				return all[:rapid.SampledFrom([]int{0, 0, min(1, len(all)), len(all)}).Draw(t, name)]
			}
			d := &plan.Drift{
				Account: plan.Account{Name: fmt.Sprint("account-", i)}, Changed: some(sample.Changed, "changed"), Missing: some(sample.Missing, "missing"),
				Unexpected: some(sample.Unexpected, "unexpected"), Expired: some(sample.Expired, "expired"), Warnings: sample.Warnings,
			}
			for _, f := range sample.Findings {
				if rapid.IntRange(0, 9).Draw(t, "finding") == 0 {
					d.Findings = append(d.Findings, f)
				}
			}
			one := drifts(d).Accounts[0]
			if rapid.IntRange(0, 4).Draw(t, "failure") == 0 {
				one.Failure = sampleFailure()
			}
			loud = loud || d.Drifted() || one.Failure != nil
			r.Accounts = append(r.Accounts, one)
		}
		m, err := render.NotificationOf(&r, render.Options{}, "look")
		require.NoError(t, err)
		require.Equal(t, loud, m != nil)
		if m == nil {
			return
		}
		var document any
		require.NoError(t, json.Unmarshal(m.Document, &document))
		require.NoError(t, schema.Validate(document), string(m.Document))
		require.LessOrEqual(t, len(m.Foot), 2)
		require.LessOrEqual(t, len(m.Results.Lines), 30)
		require.NotEmpty(t, m.Results.Lines)
	})
}

// TestAFailureHidesNoDriftThatIsKnown: it may be that only the plan could not be saved, or who it was not be asked.
func TestAFailureHidesNoDriftThatIsKnown(t *testing.T) {
	missing := &plan.Drift{Account: account, Missing: []plan.Difference{{Address: address(t, "agency/ops-x")}}}
	quiet := &plan.Drift{Account: plan.Account{Name: "quiet-co"}}
	one := drifts(missing)
	one.Accounts[0].Failure = sampleFailure()
	assert.Contains(t, told(t, one), "agencyctl drift failed: account example-co: 1 missing\n")
	one.Accounts[0].Failure, one.Failure = nil, sampleFailure()
	assert.Contains(t, told(t, one), "agencyctl drift failed: account example-co: 1 missing\n")

	several := drifts(missing, quiet)
	several.Accounts = append(several.Accounts, render.Account{Account: plan.Account{Name: "closed-co"}})
	for i := range several.Accounts {
		several.Accounts[i].Failure = sampleFailure()
	}
	text := told(t, several)
	assert.Contains(t, text, "\nexample-co: failed, drift: 1 missing\n")
	assert.Contains(t, text, "\nquiet-co: failed, no drift\n")
	assert.Contains(t, text, "\nclosed-co: failed, its drift is not known\n")
}

// TestWhatBecameWorseSaysSo: also in the few words of a chat, where it may be the only line that is read.
func TestWhatBecameWorseSaysSo(t *testing.T) {
	added := []addr.Address{address(t, "grant/ops-rogue/domain/ECS ReadOnlyAccess"), address(t, "grant/ops-rogue/domain/Tenant Guest")}
	d := &plan.Drift{Account: account, Unexpected: []plan.Difference{
		{Address: address(t, "agency/ops-rogue"), Reason: "not listed", State: plan.StateWorsened, StateReason: "added since", Added: added,
			Trace: &plan.Trace{Who: "user late-shift"}},
		{Address: address(t, "agency/ops-old"), Reason: "not listed", State: plan.StateOverdue, StateReason: "until yesterday"},
		{Address: address(t, "agency/ops-x"), Reason: "not listed", State: plan.StateNew, StateReason: "another state"},
	}, Missing: []plan.Difference{{Address: address(t, "agency/ops-y"), State: plan.StateOverdue}}}
	text := told(t, drifts(d))
	assert.Contains(t, text, `
agency/ops-old: unexpected, overdue; not listed
agency/ops-rogue: unexpected, worsened, added grant/ops-rogue/domain/ECS ReadOnlyAccess and 1 more; not listed; by user late-shift
agency/ops-x: unexpected; not listed
agency/ops-y: missing, overdue
`)
	for _, state := range []string{`"state": "worsened"`, `"state": "overdue"`, `"state": "new"`} {
		assert.Contains(t, text, state)
	}
}

// TestTheTraceOfANotificationIsThatOfADrift: a program that reads both reads one form.
func TestTheTraceOfANotificationIsThatOfADrift(t *testing.T) {
	traces := map[string]any{}
	for _, name := range []string{"drift", "notification"} {
		text, ok := schema.Published(name)
		require.True(t, ok)
		var document struct {
			Definitions struct{ Trace any } `json:"$defs"`
		}
		require.NoError(t, json.Unmarshal(text, &document))
		require.NotNil(t, document.Definitions.Trace)
		traces[name] = document.Definitions.Trace
	}
	assert.Equal(t, traces["drift"], traces["notification"])
}

func TestManyAccountsAreCounted(t *testing.T) {
	r := render.Report{Kind: render.Drift}
	for i := range 1000 {
		d := &plan.Drift{Account: plan.Account{Name: fmt.Sprint("account-", i)}, Missing: []plan.Difference{{Address: address(t, "agency/ops-x")}}}
		r.Accounts = append(r.Accounts, drifts(d).Accounts[0])
	}
	m, err := render.NotificationOf(&r, render.Options{}, "look")
	require.NoError(t, err)
	assert.Equal(t, "agencyctl drift: 1000 of 1000 accounts not as their manifests say", m.Subject)
	assert.Len(t, m.Accounts.Lines, 10)
	assert.Equal(t, 990, m.Accounts.More)
	assert.Len(t, m.Results.Lines, 30)
	assert.Equal(t, 970, m.Results.More)
}

// TestHostileNamesDoNothingInANotification in any place that a stranger can write to.
func TestHostileNamesDoNothingInANotification(t *testing.T) {
	d := hostileDrift(t, hostile)
	r := drifts(d, d)
	r.Accounts[1].Account.Name = hostile
	text := told(t, r)
	for _, raw := range []string{"\x1b", "\u202e", "\u200b", "\u0085", "\u009b", "\n+ agency/admin"} {
		assert.NotContains(t, text, raw)
	}
}
