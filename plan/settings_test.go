package plan_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/conformance/tiny"
	"github.com/agencyctl/agencyctl/plan"
)

func TestAPatternOfASettingThatSelectsNothingIsTold(t *testing.T) {
	w := tiny.World{Boxes: tiny.Boxes("live", tiny.OpenBox("p", "s1/a"))}
	in := w.Input(tiny.Wish{Boxes: tiny.Wants("listed", tiny.OpenBox("p"), "gone", tiny.WantedBox{Absent: true})}, plan.Ownership{})
	told := func(patterns ...string) (hints []string) {
		in.Manifest.Selectors = nil
		for i, p := range tiny.Patterns(patterns...) {
			in.Manifest.Selectors = append(in.Manifest.Selectors, plan.Selector{
				Setting: "ownership.protect", Pattern: p, At: plan.Position{File: "tiny.yaml", Line: i + 1, Column: 1},
			})
		}
		for _, p := range in.MissedSettings() {
			require.True(t, p.Warning)
			require.Equal(t, "tiny.yaml", p.At.File)
			require.Contains(t, p.Detail, "ownership.protect")
			hints = append(hints, p.Hint)
		}
		return hints
	}
	require.Empty(t, told("box/live", "box/listed", "box/gone", "box/li*", "item/live/**", "item/*/scope:s1/?"))
	require.Empty(t, told("doc/*", "doc/**"), "a whole type may be empty")
	require.Regexp(t, `^did you mean "box/live"`, told("box/lvie")[0])
	require.Equal(t, []string{`did you mean "item/live/**"?`}, told("item/lvie/**"))
	require.Len(t, told("doc/none", "item/live", "box/live/**", "doc/*x"), 4, "a pattern with too few or too many parts selects nothing")
}

func TestATypeThatNobodyKnowsHasAHint(t *testing.T) {
	prefixes := []string{"box", "item", "part/small", "part/wide"}
	for text, hint := range map[string]string{
		"box/x": "", "item/*/**": "", "part/**": "", "part/*/x": "", "part/s*/x": "", "part/small/**": "",
		"boxes/x-*":     `did you mean "box/x-*"?`,
		"items/x/**":    `did you mean "item/x/**"?`,
		"part/smal/x/y": `did you mean "part/small/x/y"?`,
		"part/small":    `did you mean "part/small/**"?`,
		"sphere/x":      "addresses begin with box, item, part/small, part/wide",
	} {
		require.Equal(t, hint, plan.TypeHint(tiny.Patterns(text)[0], prefixes), text)
	}
}
