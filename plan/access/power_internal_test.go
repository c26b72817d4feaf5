package access

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/agencyctl/agencyctl/plan/addr"
)

// drawEffects makes effects of one root whose actions are short words over "a", "b" and "*".
func drawEffects(t *rapid.T, label string) []grantedEffect {
	pattern := rapid.StringMatching(`[ab*]{1,3}`)
	var effects []grantedEffect
	for range rapid.IntRange(0, 4).Draw(t, label) {
		effects = append(effects, grantedEffect{Effect: &Effect{
			Scope:   rapid.SampledFrom([]string{"s1", "s2", "s*", "*"}).Draw(t, "scope"),
			Deny:    rapid.IntRange(0, 2).Draw(t, "deny") == 0,
			Limit:   rapid.SampledFrom([]string{"", "", "1", "2"}).Draw(t, "limit"),
			Actions: rapid.SliceOfN(pattern, 1, 3).Draw(t, "actions"),
		}})
	}
	return effects
}

// concrete are all words that the drawn patterns are tried on.
var concrete = func() []string {
	words := []string{""}
	for begin := 0; len(words) < 31; begin++ {
		words = append(words, words[begin]+"a", words[begin]+"b")
	}
	return words[1:]
}()

// circumstances are which limits may hold at the same time.
var circumstances = [][]string{{""}, {"", "1"}, {"", "2"}, {"", "1", "2"}}

// allows is the meaning of effects, the slow way. Of a limited denial only what has the same limit is sure.
func allows(effects []grantedEffect, scope, word string, holding []string) bool {
	return slices.ContainsFunc(effects, func(e grantedEffect) bool {
		if e.Deny || !scopeWithin(scope, e.Scope) || !slices.Contains(holding, e.Limit) || !actionCovered(word, e.Actions) {
			return false
		}
		return !slices.ContainsFunc(effects, func(d grantedEffect) bool {
			return d.Deny && scopeWithin(scope, d.Scope) && (d.Limit == "" || d.Limit == e.Limit) && actionCovered(word, d.Actions)
		})
	})
}

// holds reports whether powers say that the word is allowed in the scope.
func holds(powers []power, scope, word string, holding []string) bool {
	return slices.ContainsFunc(powers, func(p power) bool {
		return scopeWithin(scope, p.scope) && slices.Contains(holding, p.limit) && actionCovered(word, []string{p.action}) &&
			!slices.ContainsFunc(p.except, func(e exception) bool { return scopeWithin(scope, e.scope) && actionCovered(word, []string{e.action}) })
	})
}

func TestWhatIsGainedIsNeitherMissedNorInvented(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		before, after := drawEffects(t, "before"), drawEffects(t, "after")
		now := leastPowers(powersOf(after))
		gained := subtract(now, leastPowers(powersOf(before)))
		for _, scope := range []string{"s1", "s2", "s3", "other"} {
			for _, holding := range circumstances {
				for _, word := range concrete {
					is, was := allows(after, scope, word, holding), allows(before, scope, word, holding)
					told := holds(gained, scope, word, holding)
					require.Equal(t, is, holds(now, scope, word, holding), "%q in %s under %v: %+v", word, scope, holding, now)
					require.True(t, told || !is || was, "%q in %s under %v is gained: %+v", word, scope, holding, gained)
					require.True(t, is || !told, "%q in %s under %v is not allowed: %+v", word, scope, holding, gained)
				}
			}
		}
		require.Empty(t, subtract(now, now), "nobody gains what he has")
	})
}

func TestADenialInOneScopeOfAWiderPowerIsTold(t *testing.T) {
	allow, deny := grantedEffect{Effect: &Effect{Scope: "*", Actions: []string{"a*"}}},
		grantedEffect{Effect: &Effect{Scope: "s1", Deny: true, Actions: []string{"ab"}}}
	open, closed := powersOf([]grantedEffect{allow}), powersOf([]grantedEffect{allow, deny})
	require.Equal(t, []power{{scope: "s1", action: "ab"}}, subtract(open, closed))
	require.Empty(t, subtract(closed, open))
	require.Equal(t, []Power{{Scope: "*", Actions: []string{"a*"}, Except: []string{}, Unknown: []addr.Address{}}}, compact(closed),
		"told too much rather than too little")
}

func TestWhatLosesItsLimitIsGained(t *testing.T) {
	limited, unlimited := Effect{Scope: "s", Limit: "1", Actions: []string{"a"}}, Effect{Scope: "s", Actions: []string{"a"}}
	narrow, wide := powersOf([]grantedEffect{{Effect: &limited}}), powersOf([]grantedEffect{{Effect: &unlimited}})
	require.Equal(t, wide, subtract(wide, narrow))
	require.Empty(t, subtract(narrow, wide))
	require.True(t, compact(narrow)[0].Limited)
	require.False(t, compact(wide)[0].Limited)
}

func TestLiftedDenialsAreGained(t *testing.T) {
	allow := grantedEffect{Effect: &Effect{Scope: "s", Actions: []string{"x:*"}}}
	deny := grantedEffect{Effect: &Effect{Scope: "s", Deny: true, Actions: []string{"x:secret:*"}}}
	require.Equal(t, []power{{scope: "s", action: "x:secret:*"}},
		subtract(powersOf([]grantedEffect{allow}), powersOf([]grantedEffect{allow, deny})))
	require.Empty(t, subtract(powersOf([]grantedEffect{allow, deny}), powersOf([]grantedEffect{allow})))
}

func TestWhatIsNotKnownAndStaysIsNotLost(t *testing.T) {
	unknown := []Effect{{Principal: "outside:p", Scope: "s", Limit: "odd", LimitUnsure: true}}
	graph := func() *Graph {
		g := NewGraph(1)
		g.Add(addr.New("root", addr.Plain("a")), addr.Address{}, unknown)
		return g.Finish()
	}
	d, _, _ := Compare(graph(), graph(), map[string]bool{"outside:p": true})
	require.Empty(t, d.Principals)
}
