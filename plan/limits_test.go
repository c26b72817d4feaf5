package plan_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/conformance/tiny"
	"github.com/agencyctl/agencyctl/plan"
)

func TestALimitIsANumberOrAShare(t *testing.T) {
	for text, want := range map[string]string{"0": "0", "10": "10", "0%": "0%", "20%": "20%", "100%": "100%", "007": "7"} {
		limit, err := plan.ParseDeleteLimit(text)
		require.NoError(t, err)
		require.Equal(t, want, limit.String())
		require.False(t, limit.IsZero())
	}
	for _, text := range []string{"", "%", "-1", "-1%", "+3", "101%", "2.5", "1e3", "10 %", "ten", "99999999999999999999"} {
		_, err := plan.ParseDeleteLimit(text)
		require.Error(t, err, text)
	}
}

// TestAShareCountsWhatGoes: of ten boxes with one item each that the manifest owns, two go with their items.
func TestAShareCountsWhatGoes(t *testing.T) {
	w, want := tiny.World{Boxes: map[string]tiny.Box{}}, tiny.Wish{Boxes: map[string]tiny.WantedBox{}}
	for i := range 10 {
		name := fmt.Sprintf("own-%d", i)
		w.Boxes[name] = tiny.OpenBox("p", "s1/a")
		if i >= 2 {
			want.Boxes[name] = tiny.Want(tiny.OpenBox("p", "s1/a"))
		}
	}
	for i := range 50 {
		w.Boxes[fmt.Sprintf("theirs-%d", i)] = tiny.OpenBox("p", "s1/a")
	}
	w.Boxes["open"] = tiny.OpenBox("p", "s1/a", "s1/b", "s1/c", "s1/ab")
	want.Boxes["open"] = tiny.WantedBox{Box: tiny.OpenBox("p", "s1/a", "s1/b"), Additive: true}
	owned := plan.Ownership{Include: tiny.Patterns("box/own-*"), Prune: true, MaxDeletesAt: at(7)}
	share := func(n int) *int { return &n }
	for behaviour, c := range map[string]struct {
		manifest, run, count *int
		detail               string
	}{
		"just enough": {manifest: share(18)},
		"a share of what is managed, not of the account": {manifest: share(17),
			detail: "the plan deletes 4 of the 23 live resources that the manifest manages (with what goes along), " +
				"and ownership.maxDeletes: 17% allows 3"},
		"the run's share": {manifest: share(0), run: share(18)},
		"above the run's": {run: share(10), detail: "the plan deletes 4 of the 23 live resources that the manifest manages " +
			"(with what goes along), and max deletes 10% allows 2"},
		"the run's number takes the place of the share": {manifest: share(0), count: share(2)},
	} {
		t.Run(behaviour, func(t *testing.T) {
			own := owned
			own.MaxDeletes.Share = c.manifest
			in := w.Input(want, own)
			in.Options.MaxDeletes = plan.DeleteLimit{Share: c.run, Count: c.count}
			p, problems := plan.Build(in)
			require.Equal(t, 2, p.Summary.Delete)
			if c.detail == "" {
				require.Empty(t, problems)
				return
			}
			require.Len(t, problems, 1)
			require.Equal(t, c.detail, problems[0].Detail)
			require.Contains(t, problems[0].Hint, "max deletes 2")
			require.Equal(t, c.run == nil, problems[0].At == at(7), "the place of the setting that refuses")
		})
	}
	ten := 1
	owned.MaxDeletes.Count, owned.MaxDeletesImplied = &ten, true
	_, problems := plan.Build(w.Input(want, owned))
	require.Contains(t, problems[0].Detail, "ownership.prune: true without maxDeletes means maxDeletes: 1 allows no more")

	in := w.Input(want, owned)
	in.Options.Select.Target = tiny.Patterns("box/own-0")
	require.Equal(t, 1, build(t, in).Summary.Delete, "what is left out is not counted")
}
