package render_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/render"
	"github.com/agencyctl/agencyctl/plan"
)

func driftText(t testing.TB, d *plan.Drift, o render.Options) string {
	t.Helper()
	var b strings.Builder
	require.NoError(t, asText(drifts(d), o)(&b))
	return b.String()
}

// What differs within one scope stands on one line, as in a plan, unless something more is to be said of it.
func TestDriftTellsGrantsOfOneScopeOnOneLine(t *testing.T) {
	grant := func(place string, line int) plan.Difference {
		return plan.Difference{Address: address(t, "grant/a/"+place), Source: plan.Position{File: "m.yaml", Line: line}}
	}
	apart := grant("domain/C", 6)
	apart.Reason = "protected by ownership.protect"
	d := &plan.Drift{Account: account, Missing: []plan.Difference{
		grant("domain/A", 4), grant("domain/B", 5), apart, grant("project:p/A", 7),
		{Address: address(t, "policy/x")}, {Address: address(t, "policy/y")},
	}}
	assert.Contains(t, driftText(t, d, render.Options{}), `Missing:
  - grant/a/domain: A, B  m.yaml:4-5
  - grant/a/domain/C  (protected by ownership.protect)  m.yaml:6
  - grant/a/project:p/A  m.yaml:7
  - policy/x
  - policy/y
`)
	assert.Contains(t, driftText(t, d, render.Options{Verbose: true}), "  - grant/a/domain/A  m.yaml:4\n  - grant/a/domain/B  m.yaml:5\n")
}

// The values of the two sides do not read on with the words around them.
func TestDriftQuotesProse(t *testing.T) {
	d := &plan.Drift{Account: account, Changed: []plan.Difference{{Address: address(t, "agency/a"), Attributes: []plan.AttributeChange{
		attribute("description", text("logs, manifest or not"), text("logs go to a bucket")),
		attribute("duration", text("20d"), text("30d")),
		attribute("trust", text("account:old-co"), text("account:new-co")),
		attribute("note", plan.Value{}, text("logs go to a bucket")),
	}}}}
	assert.Contains(t, driftText(t, d, render.Options{}), `  ~ agency/a
      description: live "logs, manifest or not", manifest "logs go to a bucket"
      duration: live 20d, manifest 30d
      trust: live {account: old-co}, manifest {account: new-co}
      note: manifest "logs go to a bucket"
`)
}

// What is empty on the one side that there is says nothing, where the other has no resource. Where both sides have it, it is the difference.
func TestDriftLeavesOutWhatIsEmpty(t *testing.T) {
	none := plan.Value{}
	d := &plan.Drift{Account: account,
		Unexpected: []plan.Difference{{Address: address(t, "agency/new"), Attributes: []plan.AttributeChange{
			attribute("description", text(""), none), attribute("duration", text("20d"), none), attribute("missing", plan.SetValue(), none),
		}}},
		Missing: []plan.Difference{{Address: address(t, "agency/gone"), Attributes: []plan.AttributeChange{
			attribute("description", none, text("")), attribute("duration", none, text("20d")),
		}}},
		Changed: []plan.Difference{{Address: address(t, "agency/other"), Attributes: []plan.AttributeChange{
			attribute("description", text("x"), text("")), attribute("note", none, text("")),
		}}, {Address: address(t, "agency/told"), Attributes: []plan.AttributeChange{attribute("description", none, text(""))}}},
	}
	assert.Contains(t, driftText(t, d, render.Options{}), `Changed:
  ~ agency/other
      description: live x, manifest ""
      note: manifest ""
  ~ agency/told
      description: manifest ""

Missing:
  - agency/gone
      duration: manifest 20d

Unexpected:
  + agency/new
      duration: live 20d
`)
	assert.Contains(t, driftText(t, d, render.Options{Verbose: true}), "+ agency/new\n      description: live \"\"\n      duration: live 20d\n      missing: live []\n")
	var b strings.Builder
	require.NoError(t, render.Formats()["markdown"](&b, drifts(d), render.Options{}))
	assert.NotContains(t, b.String(), `live ""`)
	assert.Contains(t, b.String(), "duration: live 20d")
}
