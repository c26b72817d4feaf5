package plan

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// drawEffects makes effects of one root whose actions are short words over "a", "b" and "*".
func drawEffects(t *rapid.T, label string) []given {
	pattern := rapid.StringMatching(`[ab*]{1,3}`)
	var effects []given
	for range rapid.IntRange(0, 4).Draw(t, label) {
		effects = append(effects, given{Effect: &Effect{
			Scope:   rapid.SampledFrom([]string{"s1", "s2", "s*", "*"}).Draw(t, "scope"),
			Deny:    rapid.IntRange(0, 2).Draw(t, "deny") == 0,
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

// allows is the meaning of effects, the slow way.
func allows(effects []given, scope, word string) bool {
	allowed := false
	for _, e := range effects {
		if scopeWithin(scope, e.Scope) && actionCovered(word, e.Actions) {
			if e.Deny {
				return false
			}
			allowed = true
		}
	}
	return allowed
}

// holds reports whether powers say that the word is allowed in the scope.
func holds(powers []power, scope, word string) bool {
	return slices.ContainsFunc(powers, func(p power) bool {
		return scopeWithin(scope, p.scope) && actionCovered(word, []string{p.action}) && !actionCovered(word, p.except)
	})
}

func TestWhatIsGainedIsNeitherMissedNorInvented(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		before, after := drawEffects(t, "before"), drawEffects(t, "after")
		// A denial in one scope of what is allowed in a wider one is not told: it would need scopes that deny.
		for _, effects := range [][]given{before, after} {
			for i := range effects {
				if effects[i].Deny {
					effects[i].Scope = "*"
				}
			}
		}
		now := leastPowers(powersOf(after))
		gained := less(now, leastPowers(powersOf(before)))
		for _, scope := range []string{"s1", "s2", "other"} {
			for _, word := range concrete {
				require.Equal(t, allows(after, scope, word), holds(now, scope, word), "%q in %s: %+v", word, scope, now)
				if allows(after, scope, word) && !allows(before, scope, word) {
					require.True(t, holds(gained, scope, word), "%q in %s is gained: %+v", word, scope, gained)
				}
				if holds(gained, scope, word) {
					require.True(t, allows(after, scope, word), "%q in %s is not allowed: %+v", word, scope, gained)
				}
			}
		}
		require.Empty(t, less(now, now), "nobody gains what he has")
	})
}

func TestADenialInOneScopeTakesNothingFromAWiderOne(t *testing.T) {
	powers := powersOf([]given{
		{Effect: &Effect{Scope: "*", Actions: []string{"a*"}}}, {Effect: &Effect{Scope: "s1", Deny: true, Actions: []string{"a*"}}},
	})
	require.Equal(t, []power{{scope: "*", action: "a*"}}, powers, "told too much rather than too little")
}

func TestLiftedDenialsAreGained(t *testing.T) {
	allow := given{Effect: &Effect{Scope: "s", Actions: []string{"x:*"}}}
	deny := given{Effect: &Effect{Scope: "s", Deny: true, Actions: []string{"x:secret:*"}}}
	require.Equal(t, []power{{scope: "s", action: "x:secret:*"}}, less(powersOf([]given{allow}), powersOf([]given{allow, deny})))
	require.Empty(t, less(powersOf([]given{allow, deny}), powersOf([]given{allow})))
}
