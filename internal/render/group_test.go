package render_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/agencyctl/agencyctl/internal/render"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/access"
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

// What a grant ends goes on where another brings the same in its place: that is one risk, and not one less. --verbose tells both.
func TestWhatEndsWhereTheSameBeginsIsToldOnce(t *testing.T) {
	change := func(action plan.Action, where string, findings ...plan.Finding) plan.Change {
		about := address(t, "grant/a/"+where)
		for i := range findings {
			findings[i].Address, findings[i].Message = about, action.String()
		}
		if action == plan.Delete {
			return plan.Change{Address: about, Parent: address(t, "agency/a"), Action: action, Before: &plan.Resource{}, Resolves: findings}
		}
		return plan.Change{Address: about, Parent: address(t, "agency/a"), Action: action, After: &plan.Resource{}, Findings: findings}
	}
	found := func(rule string, s plan.Severity) plan.Finding { return plan.Finding{Rule: rule, Severity: s} }
	accepted := found("r", plan.Medium)
	accepted.Accepted = plan.Accepted{Reason: "known", ReviewBy: "2031-06-30"}
	ends := change(plan.Delete, "domain/Old", found("r", plan.Medium))
	for behaviour, c := range map[string]struct {
		changes []plan.Change
		told    bool
	}{
		"in the same place":                    {[]plan.Change{ends, change(plan.Create, "domain/New", found("r", plan.Medium))}, false},
		"above it":                             {[]plan.Change{ends, change(plan.Create, "domain/A", found("r", plan.Medium))}, false},
		"in another place":                     {[]plan.Change{ends, change(plan.Create, "project:p/New", found("r", plan.Medium))}, true},
		"of another weight":                    {[]plan.Change{ends, change(plan.Create, "domain/New", found("r", plan.Low))}, true},
		"by another rule":                      {[]plan.Change{ends, change(plan.Create, "domain/New", found("q", plan.Medium))}, true},
		"that is accepted":                     {[]plan.Change{ends, change(plan.Create, "domain/New", accepted)}, true},
		"once where it ends twice":             {[]plan.Change{ends, change(plan.Delete, "domain/Other", found("r", plan.Medium)), change(plan.Create, "domain/New", found("r", plan.Medium))}, true},
		"without it":                           {[]plan.Change{ends, change(plan.Create, "domain/New")}, true},
		"and what else it ends is told beside": {[]plan.Change{change(plan.Delete, "domain/Old", found("r", plan.Medium), found("more", plan.High)), change(plan.Create, "domain/New", found("r", plan.Medium))}, false},
	} {
		t.Run(behaviour, func(t *testing.T) {
			p := onePlan(c.changes...)
			brief := planText(t, p, render.Options{Width: 80})
			assert.Equal(t, c.told, strings.Contains(brief, "ends medium [r]"), brief)
			assert.Equal(t, len(c.changes[0].Resolves) > 1, strings.Contains(brief, "ends high [more]"), brief)
			assert.Contains(t, brief, "(--verbose tells all)")
			assert.Contains(t, planText(t, p, render.Options{Width: 80, Verbose: true}), "ends medium: delete  [r]")
		})
	}
}

func TestNotesOfWhatDoesNotChangeBreakNoLine(t *testing.T) {
	p := onePlan(plan.Change{
		Address: address(t, "grant/a/domain/New"), Parent: address(t, "agency/a"), Action: plan.Create, After: &plan.Resource{},
		Notes: plan.Notes{Owner: "a team with a long name", Ticket: "T-1", ReviewBy: "2031-06-30"},
	})
	for width, want := range map[int]string{
		80: "owner a team with a long name · ticket T-1 · review by 2031-06-30", 60: "owner a team with a long name · ticket T-1",
		40: "ticket T-1", 20: "", 0: "owner a team with a long name · ticket T-1 · review by 2031-06-30",
	} {
		text := planText(t, p, render.Options{Width: width})
		assert.Contains(t, text, strings.TrimRight("\n  agency/a  "+want, " ")+"\n", "%d columns", width)
		assert.Equal(t, width > 0 && width < 80, strings.Contains(text, "(--verbose"), "%d columns: what is left out can be seen", width)
	}
	assert.Contains(t, strings.Join(strings.Fields(planText(t, p, render.Options{Width: 40, Verbose: true})), " "), "review by 2031-06-30")
}

func TestOneLineOfPowerIsFollowedByTheLastParagraph(t *testing.T) {
	p := onePlan(plan.Change{Address: address(t, "agency/a"), Action: plan.Create, After: &plan.Resource{}})
	p.Summary.Unmanaged = 3
	gains := func(who string) access.PrincipalDelta {
		return access.PrincipalDelta{Principal: who, Gained: []access.Power{{Scope: "domain", Actions: []string{"a:b:c"}}}}
	}
	p.Privileges.Principals = []access.PrincipalDelta{gains("account:p")}
	assert.Contains(t, planText(t, p, render.Options{}), "\nPower: account p gains in domain: a:b:c\n3 unmanaged")
	p.Privileges.Principals = append(p.Privileges.Principals, gains("account:q"))
	assert.Contains(t, planText(t, p, render.Options{}), "\n  account q gains in domain: a:b:c\n\n3 unmanaged")
}
