package access

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/agencyctl/agencyctl/plan/addr"
)

// drawGiven draws what one resource gives: to somebody from outside, or to one of two roots, which he may or may not act as.
func drawGiven(t *rapid.T, self addr.Address) (effects []Effect) {
	holders := []string{"outside:p", "root/a", "root/b", ""}
	for range rapid.IntRange(0, 3).Draw(t, "effects") {
		e := Effect{Principal: rapid.SampledFrom(holders).Draw(t, "holder")}
		switch rapid.IntRange(0, 9).Draw(t, "kind") {
		case 0:
			e.Conveys = self
		case 1:
			e.As = "outside:q"
		default:
			e.Scope = rapid.SampledFrom([]string{"*", "s", "s/a", "s/*"}).Draw(t, "scope")
			e.Actions = rapid.SampledFrom([][]string{nil, {"*"}, {"a:*"}, {"a:b"}, {"a:b", "a:c"}}).Draw(t, "actions")
			e.Deny = rapid.IntRange(0, 4).Draw(t, "deny") == 0
			e.Limit = rapid.SampledFrom([]string{"", "", "some", "unsure"}).Draw(t, "limit")
			e.LimitUnsure, e.Admin = e.Limit == "unsure", slices.Equal(e.Actions, []string{"*"})
		}
		effects = append(effects, e)
	}
	return effects
}

// TestWhatIsCommonIsNotLookedAt compares what Compare finds by what differs between two graphs, of which one overlays the other, with
// what it is of two graphs that share nothing and are looked at whole.
func TestWhatIsCommonIsNotLookedAt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		parent := addr.New("root", addr.Plain("b")) // of all, as far as they name nobody
		before, whole, touched := NewGraph(0), NewGraph(0), map[string]bool{}
		written, later := map[addr.Address]bool{}, map[addr.Address][]Effect{}
		for i := range rapid.IntRange(1, 8).Draw(t, "resources") {
			a := addr.New("root", addr.Plain(string(rune('a'+i))))
			if i > 1 {
				a = addr.New("part", addr.Plain(fmt.Sprint(i)))
			}
			was := drawGiven(t, a)
			is := was
			if written[a] = rapid.IntRange(0, 2).Draw(t, "written") == 0; written[a] {
				is = drawGiven(t, a)
				later[a] = is
				for _, e := range slices.Concat(was, is) {
					touched[e.To(parent)] = true
				}
			}
			before.Add(a, parent, was)
			whole.Add(a, parent, is)
		}
		after := NewOverlay(before.Finish(), touched, func(by addr.Address) bool { return written[by] })
		for a, effects := range later {
			after.Add(a, parent, effects)
		}
		after.Finish()
		whole.Finish()

		var want []PrincipalDelta
		for _, principal := range principalsConcerned(touched, before, whole) {
			powers := func(g *Graph) []power {
				set := newPowerSet()
				order, _ := g.acting(principal)
				for _, who := range order {
					set.add(g.effectsOf(who))
				}
				return leastOf(set.powers)
			}
			old, now := powers(before), powers(whole)
			gained, lost := subtract(now, old), subtract(old, widest(now))
			if len(gained)+len(lost) > 0 {
				want = append(want, PrincipalDelta{Principal: principal, Gained: compact(gained), Lost: compact(lost)})
			}
		}
		d, opened, ended := Compare(before, after, touched)
		require.Equal(t, want, d.Principals)
		_, wantOpened, wantEnded := Compare(before, whole, touched)
		require.Equal(t, wantOpened, opened)
		require.Equal(t, wantEnded, ended)
	})
}
