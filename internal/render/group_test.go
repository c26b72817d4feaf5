package render_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/agencyctl/agencyctl/internal/render"
	"github.com/agencyctl/agencyctl/plan"
)

func TestGrantsOnOneLineTellAllTheirPlaces(t *testing.T) {
	root := address(t, "agency/a")
	at := func(role, file string, line int) plan.Change {
		return plan.Change{
			Address: address(t, "grant/a/domain/"+role), Parent: root, Action: plan.Create, After: &plan.Resource{},
			Source: plan.Position{File: file, Line: line, Column: 7},
		}
	}
	for want, changes := range map[string][]plan.Change{
		"    + domain: A, B  m.yaml:3\n":      {at("A", "m.yaml", 3), at("B", "m.yaml", 3)},
		"    + domain: A, B, C  m.yaml:2-4\n": {at("A", "m.yaml", 3), at("B", "m.yaml", 4), at("C", "m.yaml", 2)},
		"    + domain: A, B\n":                {at("A", "m.yaml", 3), at("B", "n.yaml", 3)},
	} {
		assert.Contains(t, planText(t, onePlan(changes...), render.Options{}), want)
	}
}

func TestWhatStaysStandsBeforeWhatIsDone(t *testing.T) {
	side := &plan.Resource{Attributes: plan.Attributes{"duration": text("20d")}}
	change := func(action plan.Action, after *plan.Resource) plan.Change {
		return plan.Change{Address: address(t, "agency/a"), Action: action, Before: side, After: after}
	}
	assert.Contains(t, planText(t, onePlan(change(plan.Blocked, side)), render.Options{}), "× agency/a  20d  blocked: update\n")
	assert.Contains(t, planText(t, onePlan(change(plan.Blocked, nil)), render.Options{}), "× agency/a  blocked: delete\n", "nothing stays")
	assert.Contains(t, planText(t, onePlan(change(plan.Delete, nil)), render.Options{}), "- agency/a\n")
}

func TestOnlyWhatSaysNoMoreThanThatItIsThereIsLeftOut(t *testing.T) {
	made := plan.Change{Address: address(t, "authorization/x"), Action: plan.Create, After: &plan.Resource{}, Attributes: []plan.AttributeChange{
		{Name: "granted", After: plan.BoolValue(true)}, {Name: "open", After: plan.BoolValue(false)},
	}}
	got := planText(t, onePlan(made), render.Options{})
	assert.NotContains(t, got, "granted")
	assert.Contains(t, got, "\n    open: false\n")
}

// Pages name the places too, by the lines alone where the file is that of the root.
func TestGrantsOnOneLineOfAPageTellAllTheirPlaces(t *testing.T) {
	root := plan.Change{Address: address(t, "agency/a"), Action: plan.Create, After: &plan.Resource{}, Source: plan.Position{File: "m.yaml", Line: 2}}
	at := func(role, file string, line int) plan.Change {
		return plan.Change{
			Address: address(t, "grant/a/domain/"+role), Parent: root.Address, Action: plan.Create, After: &plan.Resource{},
			Source: plan.Position{File: file, Line: line, Column: 7},
		}
	}
	for want, changes := range map[string][]plan.Change{
		"\n+ domain: A, B  line 3\n":     {root, at("A", "m.yaml", 3), at("B", "m.yaml", 3)},
		"\n+ domain: A, B  lines 3-4\n":  {root, at("A", "m.yaml", 4), at("B", "m.yaml", 3)},
		"\n+ domain: A, B  n.yaml:3-4\n": {root, at("A", "n.yaml", 3), at("B", "n.yaml", 4)},
		"\n+ domain: A, B\n":             {root, at("A", "m.yaml", 3), at("B", "n.yaml", 3)},
		"\n+ domain: A, B  m.yaml:3-4\n": {at("A", "m.yaml", 3), at("B", "m.yaml", 4)},
	} {
		assert.Contains(t, written(t, "markdown", plans(onePlan(changes...))), want)
	}
}

// Pages write values as the text does, which is how a manifest has them.
func TestPagesWriteValuesAsTheManifest(t *testing.T) {
	side := &plan.Resource{}
	p := onePlan(plan.Change{
		Address: address(t, "agency/a"), Action: plan.Update, Before: side, After: side,
		Attributes: []plan.AttributeChange{
			attribute("trust", text("account:stranger"), text("account:partner-co")), attribute("name", text("true"), text("a: b")),
			attribute("description", text("the copies of all nights"), text("the copies of all days")),
			attribute("members", plan.SetValue("a,b", "c"), plan.SetValue("c")),
			attribute("statements", document(t, `{"Statement":[{"Effect":"Deny","Action":["a:b:c","d:e:f"],"Resource":["all of it"]}]}`), plan.Value{}),
		},
	})
	told := planText(t, p, render.Options{})
	for _, format := range []string{"markdown", "html"} {
		page := textOf(parsed(t, written(t, format, plans(p))), true)
		for _, want := range []string{
			"trust: {account: stranger} → {account: partner-co}", `name: "true" → "a: b"`, `description: "the copies of all [-nights-]{+days+}"`,
			`members: - "a,b", 1 other kept`, "statements: none, was",
		} {
			assert.Contains(t, told, want)
			assert.Contains(t, page, want, format)
		}
	}
}
