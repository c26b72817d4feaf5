package plan_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/agencyctl/agencyctl/internal/conformance/tiny"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/access"
	"github.com/agencyctl/agencyctl/plan/addr"
)

// total is what each principal can do through all boxes together.
func total(w tiny.World) map[string]uint {
	all := map[string]uint{}
	for r, power := range w.Powers(false) {
		all[r.Principal] |= power
	}
	return all
}

// vague reports whether a delta tells more or less than the bits of the world: where something holds in a scope that takes
// in others, or has a limit.
func vague(w tiny.World) bool {
	for _, b := range w.Boxes {
		for i := range b.Items {
			word := i.Role
			if doc, uses := strings.CutPrefix(word, "doc-"); uses {
				word = w.Docs[doc]
			}
			if i.Scope == "*" || strings.ContainsAny(word, "12") {
				return true
			}
		}
	}
	return false
}

func bitsOf(powers []access.Power) uint {
	var set uint
	for _, p := range powers {
		for _, action := range p.Actions {
			set |= tiny.Bits(p.Scope, action)
		}
	}
	return set
}

func TestTheDeltaIsWhatExecutingThePlanDoes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w, _, in := drawInput(t, 4)
		p, problems := plan.Build(in)
		if len(problems) > 0 || vague(w) || vague(w.ExecuteAll(p)) {
			return
		}
		before, after := total(w), total(w.ExecuteAll(p))
		told := map[string]access.PrincipalDelta{}
		for _, d := range p.Privileges.Principals {
			told[d.Principal] = d
		}
		for _, principal := range principals {
			require.Equal(t, after[principal]&^before[principal], bitsOf(told[principal].Gained), "gained by %s:\n%s", principal, render(p))
			require.Equal(t, before[principal]&^after[principal], bitsOf(told[principal].Lost), "lost by %s:\n%s", principal, render(p))
		}
	})
}

// ladder is a cloud of boxes and items: an item "admin" gives everything, an item "as-NAME" lets its box act as that
// Principal, an item "dark" gives what nobody can tell, an item "never" denies everything, an item "not-WORD" denies that word. An
// item "doc-x" is what the doc named x says.
type ladder struct{ tiny.Knowledge }

func (l ladder) Effects(c *plan.Catalogue) func(plan.Resource) []access.Effect {
	return func(r plan.Resource) []access.Effect { return l.gives(r, c) }
}

func (l ladder) gives(r plan.Resource, c *plan.Catalogue) []access.Effect {
	if r.Address.Type() != "item" {
		return l.Knowledge.Effects(c)(r)
	}
	e := access.Effect{Principal: r.Parent.String(), Scope: "s"}
	word := r.Address.Segments()[2].Text
	if doc, uses := strings.CutPrefix(word, "doc-"); uses {
		entry, err := c.Lookup("doc", plan.Reference{Name: doc})
		if err != nil {
			return []access.Effect{e}
		}
		word = entry.Type
	}
	switch denied, denies := strings.CutPrefix(word, "not-"); {
	case denies:
		e.Actions, e.Deny = []string{denied}, true
	case word == "admin":
		e.Actions, e.Admin = []string{"*"}, true
	case word == "never":
		e.Actions, e.Deny = []string{"*"}, true
	case word == "dark":
	default:
		e.As = word[len("as-"):]
	}
	return []access.Effect{e}
}

func climb(t *testing.T, live, want map[string]tiny.Box) *plan.Plan {
	wished := tiny.Wish{Boxes: map[string]tiny.WantedBox{}}
	for name, b := range want {
		wished.Boxes[name] = tiny.WantedBox{Box: b}
	}
	in := tiny.World{Boxes: live}.Input(wished, plan.Ownership{})
	in.Knowledge = ladder{}
	return build(t, in)
}

func chains(p *plan.Plan) []string {
	var all []string
	for _, c := range p.Privileges.Chains {
		all = append(all, fmt.Sprintf("%v %s", c.Path, c.Through))
	}
	return all
}

func TestChainsLeadToEverything(t *testing.T) {
	live := tiny.Boxes("inner", tiny.OpenBox("home", "s/admin"), "outer", tiny.OpenBox("partner"))
	p := climb(t, live, tiny.Boxes("inner", tiny.OpenBox("home", "s/admin"), "outer", tiny.OpenBox("partner", "s/as-home")))
	require.Equal(t, []string{"[partner box/outer home box/inner] item/inner/scope:s/admin"}, chains(p), "a new step opens an old way")
	require.Equal(t, []access.PrincipalDelta{{
		Principal: "partner", Lost: []access.Power{},
		Gained: []access.Power{{Scope: "s", Actions: []string{"*"}, Except: []string{}, Unknown: []addr.Address{}}},
	}}, p.Privileges.Principals)

	p = climb(t, live, tiny.Boxes("inner", tiny.OpenBox("home", "s/admin", "s/never"), "outer", tiny.OpenBox("partner", "s/as-home")))
	require.Empty(t, chains(p), "what is denied is no way")

	p = climb(t, tiny.Boxes("a", tiny.OpenBox("home", "s/as-home", "s/admin")),
		tiny.Boxes("a", tiny.OpenBox("home", "s/as-home", "s/admin", "s/dark")))
	require.Empty(t, chains(p), "a way that was there is not new, and a circle ends")
}

func TestAWayThatIsOpenedWithoutAGrantIsAFinding(t *testing.T) {
	p := climb(t, tiny.Boxes("a", tiny.OpenBox("home", "s/admin")), tiny.Boxes("a", tiny.OpenBox("partner", "s/admin")))
	require.Equal(t, []plan.Finding{{
		Rule: plan.RuleWayToEverything, Severity: plan.High, Address: tiny.BoxAt("a"),
		Message: "opens a way to everything: partner → box/a → item/a/scope:s/admin", Hint: p.Raised()[0].Hint,
	}}, p.Raised())

	p = climb(t, tiny.Boxes("a", tiny.OpenBox("partner")), tiny.Boxes("a", tiny.OpenBox("partner", "s/admin")))
	require.Empty(t, p.Raised(), "the rules about the item itself speak of it")
	require.Len(t, chains(p), 1)
}

func TestEveryNewWayHasAFinding(t *testing.T) {
	p := climb(t, tiny.Boxes("a", tiny.OpenBox("home", "s/admin", "s/never")), tiny.Boxes("a", tiny.OpenBox("home", "s/admin", "s/as-other")))
	require.Len(t, chains(p), 1)
	require.Len(t, p.Raised(), 1, "the lifted denial, and not the new step, which leads somewhere else")
	require.Equal(t, plan.RuleWayToEverything, p.Raised()[0].Rule)
	require.Equal(t, tiny.ItemAt("a", "s", "never"), p.Raised()[0].Address)
	require.Equal(t, plan.High, p.Raised()[0].Severity)

	p = climb(t, tiny.Boxes("a", tiny.OpenBox("home", "s/admin", "s/never")), tiny.Boxes("a", tiny.OpenBox("home", "s/admin", "s/dark")))
	require.Len(t, p.Raised(), 1)
	require.Equal(t, tiny.ItemAt("a", "s", "never"), p.Raised()[0].Address)
	require.Equal(t, "opens a way to everything: home → box/a → item/a/scope:s/admin", p.Raised()[0].Message)

	live := tiny.Boxes("inner", tiny.OpenBox("home", "s/admin"), "outer", tiny.OpenBox("partner"))
	p = climb(t, live, tiny.Boxes("inner", tiny.OpenBox("home", "s/admin"), "outer", tiny.OpenBox("partner", "s/as-home")))
	require.Len(t, p.Raised(), 1)
	require.Equal(t, tiny.ItemAt("outer", "s", "as-home"), p.Raised()[0].Address)
}

// TestAWayBeyondTheBoundsOfTheListIsFound hides one way behind more links than are listed, and one in a maze that has more
// findWays than are followed.
func TestAWayBeyondTheBoundsOfTheListIsFound(t *testing.T) {
	long := func(last ...string) map[string]tiny.Box {
		all := map[string]tiny.Box{"b00": tiny.OpenBox("partner", "s/as-p01")}
		for i := 1; i < 12; i++ {
			all[fmt.Sprintf("b%02d", i)] = tiny.OpenBox(fmt.Sprintf("p%02d", i), fmt.Sprintf("s/as-p%02d", i+1))
		}
		all["end"] = tiny.OpenBox("p12", last...)
		return all
	}
	maze := func(last ...string) map[string]tiny.Box {
		all := map[string]tiny.Box{}
		for i := range 20 {
			var items []string
			for j := range 20 {
				items = append(items, fmt.Sprintf("s/as-p%02d", j))
			}
			all[fmt.Sprintf("b%02d", i)] = tiny.OpenBox(fmt.Sprintf("p%02d", i), items...)
		}
		all["end"] = tiny.OpenBox("p11", last...)
		return all
	}
	for behaviour, boxes := range map[string]func(last ...string) map[string]tiny.Box{"long": long, "maze": maze} {
		t.Run(behaviour, func(t *testing.T) {
			p := climb(t, boxes("s/admin", "s/never"), boxes("s/admin"))
			require.True(t, p.Privileges.ChainsCut)
			begins := map[string]bool{}
			for _, c := range p.Privileges.Chains {
				begins[c.Path[0]] = true
				require.Equal(t, tiny.ItemAt("end", "s", "admin"), c.Through)
			}
			require.GreaterOrEqual(t, len(begins), 12, "everyone has a way")
			require.Len(t, p.Raised(), 1)
		})
	}
}

func TestWhatNobodyCanTellIsTold(t *testing.T) {
	p := climb(t, tiny.Boxes("a", tiny.OpenBox("partner")), tiny.Boxes("a", tiny.OpenBox("partner", "s/dark")))
	require.Equal(t, []access.PrincipalDelta{{
		Principal: "partner", Lost: []access.Power{},
		Gained: []access.Power{{Scope: "s", Actions: []string{}, Except: []string{}, Unknown: []addr.Address{tiny.ItemAt("a", "s", "dark")}}},
	}}, p.Privileges.Principals)
}

func TestManyChainsAreCounted(t *testing.T) {
	want := map[string]tiny.Box{}
	for i := range access.MaxChains + 7 {
		want[fmt.Sprintf("b%04d", i)] = tiny.OpenBox("partner", "s/admin")
	}
	p := climb(t, nil, want)
	require.Len(t, p.Privileges.Chains, access.MaxChains)
	require.Equal(t, 7, p.Privileges.MoreChains)
	require.True(t, slices.IsSortedFunc(p.Privileges.Chains, func(x, y access.Chain) int { return slices.Compare(x.Path, y.Path) }))
}

func TestAPlanThatWritesNothingChangesNobodysPower(t *testing.T) {
	p := climb(t, tiny.Boxes("a", tiny.OpenBox("partner", "s/admin")), tiny.Boxes("a", tiny.OpenBox("partner", "s/admin")))
	require.True(t, p.Privileges.IsZero())
}
