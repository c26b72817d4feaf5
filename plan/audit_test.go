package plan_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/agencyctl/agencyctl/internal/conformance/tiny"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/access"
	"github.com/agencyctl/agencyctl/plan/addr"
)

var auditedAt = time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)

// auditInput is a world that no manifest says anything of.
func auditInput(w tiny.World) plan.Input {
	return plan.Input{Manifest: &plan.Manifest{}, Snapshot: w.Snapshot(), Knowledge: tiny.Knowledge{}, Now: auditedAt}
}

// told returns the findings about resources as texts, without those about ways, which drift does not look for.
func told(findings []plan.Finding) map[string]bool {
	all := map[string]bool{}
	for _, f := range findings {
		if f.Rule != plan.RuleWayToEverything {
			f.Seen, f.Hint = "", "" // what stands beside differs
			all[fmt.Sprint(f)] = true
		}
	}
	return all
}

// wary finds the letter "a" risky: whoever may do it, in whatever scope.
type wary struct{ plan.Knowledge }

func (k wary) Rules() []plan.Rule { return append(k.Knowledge.Rules(), plan.Rule{ID: "does-a"}) }

func (k wary) Assess(resources []*plan.Resource, _ *plan.Manifest, catalogue *plan.Catalogue) (findings []plan.Finding) {
	effects := k.Effects(catalogue)
	for _, r := range resources {
		for _, e := range effects(*r) {
			if !e.Deny && slices.Contains(e.Actions, "a") {
				findings = append(findings, plan.Finding{Rule: "does-a", Severity: plan.Medium, Address: r.Address, Message: "may do a"})
			}
		}
	}
	return findings
}

// TestAnAuditTellsAllThatDriftWouldTell: of a manifest that owns everything and lists nothing, drift tells the same findings, and of any
// other manifest none that the audit does not tell.
func TestAnAuditTellsAllThatDriftWouldTell(t *testing.T) {
	found := map[bool]int{}
	rapid.Check(t, func(r *rapid.T) {
		w, _, in := drawInput(r, 4)
		in.Options, in.Caller, in.Now, in.Knowledge = plan.Options{}, plan.Caller{}, auditedAt, wary{in.Knowledge}
		quiet := auditInput(w)
		quiet.Findings, quiet.Knowledge = in.Findings, in.Knowledge
		audit := told(plan.AuditOf(quiet, plan.FromServices{}).Findings)

		owning := quiet
		owning.Manifest = &plan.Manifest{Ownership: plan.Ownership{Include: tiny.Patterns("box/**", "doc/**")}}
		p, problems := plan.Build(owning)
		require.Empty(r, plan.Fatal(problems))
		require.Equal(r, told(plan.DriftOf(p, owning, nil).Findings), audit)

		if p, _ := plan.Build(in); p != nil {
			for f := range told(plan.DriftOf(p, in, nil).Findings) {
				require.True(r, audit[f], f)
				found[strings.Contains(f, "does-a")]++
			}
		}
	})
	require.NotZero(t, found[true], "risks")
	require.NotZero(t, found[false], "breaches")
}

// TestAnAuditDependsOnNoOrder of what it is given, and on nothing else than that.
func TestAnAuditDependsOnNoOrder(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		w, _, drawn := drawInput(r, 4)
		in := auditInput(w)
		in.Findings = drawn.Findings
		unused := []plan.UnusedRoot{{Address: tiny.BoxAt("one"), Reason: "a"}, {Address: tiny.BoxAt("one"), Reason: "b"}, {Address: tiny.BoxAt("two")}}
		in.NotCompared = []plan.NotCompared{{Address: tiny.BoxAt("one"), Attribute: "a"}, {Address: tiny.BoxAt("one"), Attribute: "b"}}
		in.Snapshot.Catalogue = in.Snapshot.Catalogue.With(plan.CatalogueEntry{Kind: "role", Name: "gone", ID: "gone", Unlisted: true})
		for i := range in.Snapshot.Resources {
			in.Snapshot.Resources[i].Bindings = map[string]string{"role": "gone"}
		}
		before := fmt.Sprint(in.Snapshot.Resources)
		want := plan.AuditOf(in, plan.FromServices{Unused: unused})
		require.Equal(r, want, plan.AuditOf(in, plan.FromServices{Unused: unused}))
		require.Equal(r, before, fmt.Sprint(in.Snapshot.Resources), "what is given stays as it is")

		random := rand.New(rand.NewPCG(uint64(rapid.Int64().Draw(r, "seed")), 0))
		shuffled := *in.Snapshot
		shuffled.Resources = slices.Clone(in.Snapshot.Resources)
		random.Shuffle(len(shuffled.Resources), func(i, j int) {
			shuffled.Resources[i], shuffled.Resources[j] = shuffled.Resources[j], shuffled.Resources[i]
		})
		in.Snapshot, in.Findings = &shuffled, slices.Clone(in.Findings)
		slices.Reverse(in.Findings)
		slices.Reverse(unused)
		slices.Reverse(in.NotCompared)
		require.Equal(r, want, plan.AuditOf(in, plan.FromServices{Unused: unused}))
	})
}

// auditOf audits boxes of which those that open for "stranger" open for somebody foreign. The role admin gives everything, and as-NAME lets
// act as NAME.
func auditOf(boxes map[string]tiny.Box) *plan.Audit {
	in := auditInput(tiny.World{Boxes: boxes})
	in.Knowledge = estranged{ladder{}}
	return plan.AuditOf(in, plan.FromServices{})
}

// estranged knows who is foreign, and what lasts for ever.
type estranged struct{ plan.Knowledge }

func (e estranged) Effects(c *plan.Catalogue) func(plan.Resource) []access.Effect {
	effects := e.Knowledge.Effects(c)
	return func(r plan.Resource) []access.Effect {
		all := slices.Clone(effects(r))
		for i := range all {
			all[i].Foreign = !all[i].Conveys.IsZero() && all[i].Principal == "stranger"
			all[i].Endless = all[i].Lifetime == "long"
		}
		return all
	}
}

func TestAnAuditTellsWhoMayActAndHow(t *testing.T) {
	brief := tiny.OpenBox("stranger", "s/dark")
	brief.Lasts, brief.Expires = "brief", true
	a := auditOf(tiny.Boxes(
		"brief", brief, "inner", tiny.OpenBox("home", "s/admin"), "outer", tiny.OpenBox("stranger", "s/as-home"),
		"plain", tiny.OpenBox("service", "s/dark"), "empty", tiny.OpenBox("idle"),
	))
	var names []string
	for _, p := range a.Principals {
		names = append(names, fmt.Sprintf("%s foreign=%t administrator=%t", p.Name, p.Foreign, p.Administrator))
	}
	assert.Equal(t, []string{
		"stranger foreign=true administrator=true", "home foreign=false administrator=true", "idle foreign=false administrator=false",
		"service foreign=false administrator=false",
	}, names)
	stranger := a.Principals[0]
	require.Len(t, stranger.Through, 2)
	assert.Equal(t, tiny.BoxAt("brief"), stranger.Through[0].Root)
	assert.True(t, stranger.Through[0].Expired)
	assert.False(t, stranger.Through[0].Endless)
	assert.True(t, stranger.Through[1].Endless)
	assert.Equal(t, []bool{false, true}, []bool{stranger.Through[0].Administrator, stranger.Through[1].Administrator}, "by whom it lets one act as")
	assert.NotEmpty(t, stranger.Powers)
	assert.Empty(t, a.Principals[2].Powers)

	require.Len(t, a.ForeignTrusts, 2)
	assert.Equal(t, tiny.BoxAt("brief"), a.ForeignTrusts[0].Root)
	require.Len(t, a.Expired, 1)
	assert.Equal(t, tiny.BoxAt("brief"), a.Expired[0].Address)
	assert.NotEmpty(t, a.Expired[0].Seen)

	require.Len(t, a.Chains, 2)
	assert.Equal(t, []string{"stranger", "box/outer", "home", "box/inner"}, a.Chains[0].Path, "that of somebody foreign comes first")
	var ways []string
	for _, f := range a.Findings {
		if f.Rule == plan.RuleWayToEverything {
			ways = append(ways, f.Address.String()+": "+f.Message)
		}
	}
	assert.Equal(t, []string{"box/outer: leads on to everything: home → box/inner → item/inner/scope:s/admin"}, ways)
	assert.Equal(t, []plan.TypeCount{{Type: "box", Count: 5}}, a.Roots)
}

// A root that gives everything by itself needs no finding about where it leads.
func TestAWayIsToldOfRootsThatGiveLess(t *testing.T) {
	a := auditOf(tiny.Boxes("inner", tiny.OpenBox("home", "s/admin"), "outer", tiny.OpenBox("stranger", "s/as-home", "t/admin")))
	assert.Len(t, a.Chains, 3)
	assert.NotContains(t, fmt.Sprint(a.Findings), plan.RuleWayToEverything)
}

// However many ways there are, those of foreign principals, and those over more roots, are among the ones that are listed.
func TestTheWaysThatMatterAreListed(t *testing.T) {
	for first, more := range map[string]map[string]tiny.Box{
		"stranger": tiny.Boxes("z", tiny.OpenBox("stranger", "s/admin")),
		"zzz":      tiny.Boxes("z", tiny.OpenBox("zzz", "s/as-home")),
	} {
		for i := range access.MaxChains + 20 {
			more[fmt.Sprintf("b%03d", i)] = tiny.OpenBox("home", "s/admin")
		}
		a := auditOf(more)
		assert.Len(t, a.Chains, access.MaxChains)
		assert.Equal(t, first, a.Chains[0].Path[0])
		assert.Positive(t, a.MoreChains)
	}
}

func TestAnAuditTellsWhatNoListShows(t *testing.T) {
	in := auditInput(tiny.World{Boxes: tiny.Boxes("one", tiny.OpenBox("p", "s/a"))})
	in.Snapshot.Catalogue = plan.NewCatalogue(
		plan.CatalogueEntry{Kind: "role", Name: "gone", ID: "gone", Unlisted: true}, plan.CatalogueEntry{Kind: "role", Name: "known", ID: "r1"},
	)
	in.Snapshot.Resources[0].Bindings = map[string]string{"role": "r1", "else": "gone"}
	in.Snapshot.Resources[1].Bindings = map[string]string{"role": "gone"}
	assert.Equal(t, []plan.LostReference{{Address: in.Snapshot.Resources[1].Address, Kind: "role", ID: "gone"}}, plan.AuditOf(in, plan.FromServices{}).Lost)
}

// What is accepted as it was seen is accepted, and as loud as before when it has changed or its day has passed.
func TestAnAuditKnowsAcceptances(t *testing.T) {
	w := tiny.World{Boxes: tiny.Boxes("one", tiny.OpenBox("p", "s/x"))}
	at := tiny.ItemAt("one", "s", "x")
	seen := plan.NewView(w.Snapshot(), plan.Ownership{}, nil).Seen(tiny.BoxAt("one"))
	accepting := func(seen, by string) (open []plan.Finding, review bool) {
		in := auditInput(w)
		in.Findings = []plan.Finding{{Rule: tiny.RuleDanger, Severity: plan.High, Address: at}}
		for _, rule := range []string{tiny.RuleDanger, "does-x"} {
			in.Manifest.Acceptances = append(in.Manifest.Acceptances, plan.Acceptance{
				Rule: rule, Address: addr.Exactly(at), Seen: seen, Accepted: plan.Accepted{Reason: "known", ReviewBy: by},
			})
		}
		findings := plan.AuditOf(in, plan.FromServices{}).Findings
		return plan.AtLeast(findings, plan.High), slices.ContainsFunc(findings, func(f plan.Finding) bool { return f.Rule == plan.RuleAcceptanceOverdue })
	}
	open, review := accepting(seen, "2026-06-30")
	assert.Empty(t, open)
	assert.False(t, review)
	open, review = accepting(seen, "2026-05-31")
	assert.Len(t, open, 2)
	assert.True(t, review, "its day has passed")
	open, _ = accepting("sha256:0", "2026-06-30")
	assert.Len(t, open, 2, "another state was accepted")
	in := auditInput(w)
	in.Findings = []plan.Finding{{Rule: tiny.RuleDanger, Severity: plan.High, Address: at}}
	encoded, err := json.Marshal(plan.AuditOf(in, plan.FromServices{}).Findings)
	require.NoError(t, err)
	assert.Contains(t, string(encoded), "or accept it as it is: {rule: danger", "the finding says how")
}
