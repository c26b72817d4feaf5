package render_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/engine"
	"github.com/agencyctl/agencyctl/internal/render"
	"github.com/agencyctl/agencyctl/plan"
)

// drawnAll returns a report whose first accounts have these graphs.
func drawnAll(r render.Report, all ...*plan.TrustGraph) render.Report {
	r.Accounts = slices.Clone(r.Accounts)
	for i, g := range all {
		r.Accounts[i].Trust = g
	}
	return r
}

func TestAPageDrawsWhoMayAct(t *testing.T) {
	page := written(t, "html", drawnAll(plans(samplePlan(t), samplePlan(t)), sampleTrust(t), sampleTrust(t)))
	requirePage(t, page) // which looks for ids that stand twice
	document := parsed(t, page)
	pictures := find(document, "svg")
	require.Len(t, pictures, 2)
	styles := find(document, "style")
	require.Len(t, styles, 1, "a picture brings none")
	require.Contains(t, styles[0].FirstChild.Data, "\n.trustgraph text{")
	for _, picture := range pictures {
		require.Equal(t, "img", attributeOf(picture, "role"))
		for _, reference := range []string{"aria-labelledby", "aria-describedby"} {
			id, found := attributeOf(picture, reference), false
			for n := range document.Descendants() {
				if attributeOf(n, "id") == id {
					found = true
					require.Contains(t, textOf(n, true), "ho may act in example-co", reference)
				}
			}
			require.True(t, found, reference)
		}
		require.Equal(t, "figure", picture.Parent.Data)
		require.Equal(t, "0", attributeOf(picture.Parent, "tabindex"), "what scrolls is reached by keys")
	}
	require.NotContains(t, written(t, "html", plans(samplePlan(t))), "trustgraph", "a page without one has no style of it")
	for _, format := range []string{"markdown", "json", "text", "sarif"} {
		require.Equal(t, written(t, format, plans(samplePlan(t))), written(t, format, drawnAll(plans(samplePlan(t)), sampleTrust(t))), format)
	}
}

// Who sees no picture reads the same: each actor with its marks, whom it trusts, and what it may do where.
func TestADrawingIsToldInWords(t *testing.T) {
	text := strings.Join(strings.Fields(textOf(parsed(t, written(t, "html", drawnAll(plans(samplePlan(t)), sampleTrust(t)))), true)), " ")
	for _, words := range []string{
		"The drawing in words: 4",
		"agency/ops-backup - administrator; trusts + account partner-co (another account), - account stranger (another account); " +
			"domain: - Tenant Administrator [administrator]; project cn-north-4: ~ backup-read [limited], custom:odd [not known]",
		"+ agency/ops-own administrator; trusts account example-co (this account); acts as account example-co: + Agent; everywhere: + Everything [administrator]",
		"authorization/csms/cn-north-4/RDS-FG trusts service csms (a cloud service); project cn-north-4: directly [not known]",
		"Administrator power: 1 actor: agency/ops-own.",
	} {
		assert.Contains(t, text, words)
	}
	many := likeAgencies(101)
	text = textOf(parsed(t, written(t, "html", drawnAll(plans(samplePlan(t)), many))), true)
	assert.Contains(t, text, "these are agency/ops-reader-000, agency/ops-reader-001, ", "all are named, also of those that are drawn as one")
	assert.Contains(t, text, "agency/ops-reader-100")
}

func TestADrawingSaysWhatItDoesNotShow(t *testing.T) {
	cause := &render.Failure{Kind: render.Failed, Err: errors.New("out of reach")}
	shown := func(r render.Report, o render.Options) string {
		return strings.Join(strings.Fields(textOf(parsed(t, writtenIn(t, "html", r, o)), true)), " ")
	}
	none := render.Options{}

	p := samplePlan(t)
	p.LeftOut = []plan.LeftOut{{Address: address(t, "agency/later"), Action: plan.Create}}
	text := shown(drawnAll(plans(p), sampleTrust(t)), none)
	for _, words := range []string{
		"What was not read is not drawn.", "Could not be read, so that more may be given than is drawn: ", "Blocked changes, drawn as it is now: agency/break-glass.",
		"Changes for a person to make, drawn as it is now: authorization/csms/cn-north-4/RDS-FG.", "Changes left out, drawn as it is now: agency/later.",
	} {
		assert.Contains(t, text, words)
	}

	failed := plans(samplePlan(t), emptyPlan())
	failed.Accounts[1] = render.Account{Account: plan.Account{Name: "failing-co"}, Failure: cause}
	text = shown(drawnAll(failed, sampleTrust(t)), none)
	assert.Equal(t, 1, strings.Count(text, "Not drawn: this account failed."))
	refused := plans(samplePlan(t))
	refused.Accounts[0].Failure = cause
	assert.Contains(t, shown(drawnAll(refused, sampleTrust(t)), none), "This account failed: its plan must not be applied.")
	assert.Contains(t, shown(plans(samplePlan(t)), render.Options{FromFile: true}), "Not drawn: a saved plan has only the part of the account")
	assert.NotContains(t, shown(plans(samplePlan(t)), none), "drawn")
	assert.Contains(t, shown(drawnAll(plans(emptyPlan()), &plan.TrustGraph{}), none), "Nobody from outside may act in this account, as far as was read.")

	drift := sampleDrift(t)
	text = shown(drawnAll(drifts(drift), sampleTrust(t)), none)
	assert.Contains(t, text, "+ not in the manifest")
	assert.NotContains(t, text, "- removed", "the lists of the same page call it missing")
	require.NotEmpty(t, drift.Expired)
	assert.Contains(t, text, "Expired, and drawn all the same: "+drift.Expired[0].Address.String())

	p = samplePlan(t)
	done := &engine.Report{Account: p.Account, Results: []engine.Result{
		{Address: address(t, "agency/a"), Action: plan.Create, Outcome: engine.Applied, Attempts: 1},
		{Address: address(t, "agency/b"), Action: plan.Create, Outcome: engine.Skipped},
		{Address: address(t, "agency/c"), Action: plan.Create, Outcome: engine.Failed, Attempts: 2},
		{Address: address(t, "agency/d"), Action: plan.Update, Outcome: engine.Partly, Attempts: 1},
	}, Unverified: []engine.Difference{{Address: address(t, "agency/e")}}, ChangedByOthers: []engine.Difference{{Address: address(t, "agency/f")}}}
	r := reports(done)
	r.Accounts[0].Plan = p
	text = shown(drawnAll(r, sampleTrust(t)), none)
	for _, words := range []string{
		"Not done, drawn as before the run: agency/b.", "Done in part, or not known to be done, drawn as before the run: agency/c, agency/d.",
		"perhaps otherwise than drawn: agency/e.", "Changed by somebody else, drawn without that: agency/f.",
		"The run did not succeed: what is not known to be done is not drawn as done.",
	} {
		assert.Contains(t, text, words)
	}
	assert.NotContains(t, text, "drawn as before the run: agency/a")
}

func TestAPageOfManyAgenciesStaysSmall(t *testing.T) {
	for agencies, most := range map[int]int{5: 10_000, 50: 70_000, 500: 500_000} {
		bare := len(written(t, "html", plans(samplePlan(t))))
		size := len(written(t, "html", drawnAll(plans(samplePlan(t)), trustGraph(agencies)))) - bare
		require.Less(t, size, most, "%d agencies", agencies)
	}
}
