package engine_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/engine"
	"github.com/agencyctl/agencyctl/internal/conformance/memory"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers"
)

// witness knows who did everything but what happened to boxes named "changed", and keeps what it was asked.
type witness struct {
	asked []providers.Difference
	calls int
}

func (w *witness) Explain(_ context.Context, all []providers.Difference, view *plan.View) ([]*plan.Trace, plan.Inquiry) {
	w.calls++
	w.asked = all
	traces := make([]*plan.Trace, len(all))
	for i, d := range all {
		if !strings.Contains(d.Address.String(), "changed") {
			traces[i] = &plan.Trace{Who: "user eve", When: now, What: d.Address.String(), Fits: 1}
		}
	}
	return traces, plan.Inquiry{Asked: "the book of boxes"}
}

func TestWhoMadeTheDifferencesIsAskedOnce(t *testing.T) {
	r := setUp(t, memory.Seed{
		Boxes: []memory.Box{
			{Name: "changed", Owner: "eve"}, {Name: "old", Owner: "pat", Expires: now.Add(-time.Hour)}, {Name: "ops-stray", Owner: "pat"},
			{Name: "theirs", Owner: "pat"},
		},
		Items: []memory.Item{{Box: "theirs", Scope: "north", Kind: "writer"}, {Box: "changed", Scope: "north", Kind: "reader"}},
	})
	m := manifest(t, `{
		"boxes": [{"name": "changed", "ownedBy": "pat", "items": {"north": ["reader"]}}, {"name": "old", "ownedBy": "pat"}, {"name": "gone", "ownedBy": "pat"}],
		"guardrails": {"forbiddenKinds": ["writer"]}}`)
	m.Ownership = plan.Ownership{Include: []addr.Pattern{pattern(t, "box/ops-*")}}
	d, compared, err := r.engine.Drift(t.Context(), m, engine.DriftOptions{Now: now})
	require.NoError(t, err)
	accepted := plan.Accepted{Reason: "known", ReviewBy: "2031-01-01"}
	d.Findings = append(d.Findings, []plan.Finding{ // none of them is asked about
		{Severity: plan.High, Address: memory.BoxAddress("not live")}, {Severity: plan.Medium, Address: memory.BoxAddress("a"), Seen: "s"},
		{Severity: plan.High, Address: memory.BoxAddress("b"), Seen: "s", Accepted: accepted},
		{Severity: plan.High, Address: memory.BoxAddress("ops-stray"), Seen: "s"},
		// Whoever made it has not made what differs: its box.
		{Severity: plan.High, Address: memory.ItemAddress("changed", "north", plan.Reference{Name: "reader"}), Seen: "s"},
	}...)
	d.Missing = append(d.Missing, plan.Difference{Address: memory.BoxAddress("known"), Accepted: accepted})
	writer := memory.ItemAddress("theirs", "north", plan.Reference{Name: "writer"})
	for i := range d.Findings {
		if d.Findings[i].Address == writer {
			d.Findings[i].Attribute = "kind"
		}
	}
	d.Changed[0].Added = []addr.Address{d.Changed[0].Address}
	d.Unexpected[0].Added = []addr.Address{memory.ItemAddress("ops-stray", "north", plan.Reference{Name: "reader"})}
	before := *d
	before.Findings = append([]plan.Finding(nil), d.Findings...)
	w := &witness{}
	compared.Explain(t.Context(), w, d)
	assert.Equal(t, 1, w.calls)
	assert.Equal(t, d.Changed[0].Attributes, w.asked[0].Attributes)
	assert.NotEmpty(t, w.asked[0].Attributes)
	assert.Equal(t, []plan.AttributeChange{{Name: "kind"}}, w.asked[3].Attributes, "of a finding, its attribute")
	for i := range w.asked {
		w.asked[i].Attributes = nil
	}
	assert.Equal(t, []providers.Difference{
		{Address: memory.BoxAddress("changed"), Became: providers.Altered}, {Address: memory.BoxAddress("gone"), Became: providers.Vanished},
		{Address: memory.BoxAddress("ops-stray"), Became: providers.Appeared, Added: d.Unexpected[0].Added},
		{Address: writer, Became: providers.Noticed},
	}, w.asked, "what has expired was nobody, and a high finding about what is live and no difference is asked about")
	assert.Equal(t, &plan.Inquiry{Asked: "the book of boxes", Unknown: 1}, d.Who)
	assert.Nil(t, d.Changed[0].Trace)
	assert.Equal(t, "box/gone", d.Missing[0].Trace.What)
	assert.Equal(t, "box/ops-stray", d.Unexpected[0].Trace.What)
	assert.Nil(t, d.Expired[0].Trace)

	// An actor is no identity.
	for i, f := range d.Findings {
		if f.Address == writer {
			assert.Equal(t, "item/theirs/north/writer", f.Trace.What)
		}
		assert.Equal(t, before.Findings[i].FingerprintIn(d.Account), f.FingerprintIn(d.Account))
		assert.Equal(t, before.Findings[i].Seen, f.Seen)
	}
	assert.Equal(t, before.Drifted(), d.Drifted())
}

func TestNobodyIsAskedWhereNothingDiffers(t *testing.T) {
	r := setUp(t, memory.Seed{Boxes: []memory.Box{{Name: "same", Owner: "pat"}, {Name: "old", Owner: "pat", Expires: now.Add(-time.Hour)}}})
	d, compared, err := r.engine.Drift(t.Context(), manifest(t, `{"boxes": [{"name": "same", "ownedBy": "pat"}, {"name": "old", "ownedBy": "pat"}]}`), engine.DriftOptions{Now: now})
	require.NoError(t, err)
	w := &witness{}
	compared.Explain(t.Context(), w, d)
	assert.Zero(t, w.calls)
	assert.Nil(t, d.Who)
}
