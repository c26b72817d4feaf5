package plan_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/conformance/tiny"
	"github.com/agencyctl/agencyctl/plan"
)

func TestQuotas(t *testing.T) {
	full := func(limit int) plan.Quota { return plan.Quota{Type: "box", Limit: limit, Used: limit} }
	gone := tiny.WantedBox{Absent: true}
	for behaviour, c := range map[string]struct {
		live   tiny.World
		want   tiny.Wish
		owned  plan.Ownership
		quotas []plan.Quota
		plan   string
		detail string
		hint   string
	}{
		"with room there is nothing to wait for": {
			live: tiny.World{Boxes: tiny.Boxes("one", tiny.OpenBox("p"))}, want: tiny.Wish{Boxes: tiny.Wants("one", gone, "two", tiny.OpenBox("p"))},
			quotas: []plan.Quota{{Type: "box", Limit: 2, Used: 1}},
			plan:   lines("delete box/one", "create box/two"),
		},
		"without room, a create waits for the delete that makes some": {
			live: tiny.World{Boxes: tiny.Boxes("one", tiny.OpenBox("p"))}, want: tiny.Wish{Boxes: tiny.Wants("one", gone, "two", tiny.OpenBox("p"))},
			quotas: []plan.Quota{full(7)},
			plan:   lines("delete box/one", "create box/two after box/one"),
		},
		"a quota that is exceeded already needs as much more": {
			live: tiny.World{Boxes: tiny.Boxes("one", tiny.OpenBox("p"))}, want: tiny.Wish{Boxes: tiny.Wants("one", gone, "two", tiny.OpenBox("p"))},
			quotas: []plan.Quota{{Type: "box", Limit: 7, Used: 8}},
			plan:   lines("delete box/one", "create box/two"),
			detail: "the account may have 7 of type box and has 8; the plan makes 1 and first deletes 1, which is 1 too many",
			hint:   "ask the cloud for a larger quota, or delete what is not needed",
		},
		"a quota of another type does not count": {
			live: tiny.World{Boxes: tiny.Boxes()}, want: tiny.Wish{Boxes: tiny.Wants("two", tiny.OpenBox("p"))},
			quotas: []plan.Quota{{Type: "doc", Limit: 1, Used: 1}},
			plan:   lines("create box/two"),
		},
		"who makes nothing exceeds nothing": {
			live: tiny.World{Boxes: tiny.Boxes("one", tiny.OpenBox("p"))}, want: tiny.Wish{Boxes: tiny.Wants("one", tiny.OpenBox("q"))},
			quotas: []plan.Quota{{Type: "box", Limit: 1, Used: 9}},
			plan:   lines("update box/one"),
		},
		"a delete that is held back makes no room": {
			live: tiny.World{Boxes: tiny.Boxes("one", tiny.OpenBox("p"))}, want: tiny.Wish{Boxes: tiny.Wants("one", gone, "two", tiny.OpenBox("p"))},
			owned: plan.Ownership{Protect: tiny.Patterns("box/one")}, quotas: []plan.Quota{full(1)},
			plan:   lines("blocked box/one", "create box/two"),
			detail: "has 1; the plan makes 1 and first deletes 0, which is 1 too many",
		},
		"what is held back needs no room": {
			live:  tiny.World{Boxes: tiny.Boxes("one", tiny.OpenBox("p"))},
			want:  tiny.Wish{Boxes: tiny.Wants("one", tiny.OpenBox("q"), "two", tiny.DependingOn(tiny.OpenBox("p"), "box/one"))},
			owned: plan.Ownership{Protect: tiny.Patterns("box/one")}, quotas: []plan.Quota{full(1)},
			plan: lines("blocked box/one", "blocked box/two needs box/one"),
		},
		"where both bounds and the quota cannot hold, the plan says so": {
			live:   tiny.World{Boxes: tiny.Boxes("one", tiny.OpenBox("p", "s1/doc-x")), Docs: map[string]string{"x": "a"}},
			want:   tiny.Wish{Boxes: tiny.Wants("one", tiny.OpenBox("p", "s1/doc-y")), Docs: tiny.WantsDocs("x", "", "y", "a")},
			quotas: []plan.Quota{{Type: "doc", Limit: 1, Used: 1}},
			plan: lines(
				"create doc/y",
				"create item/one/scope:s1/doc-y needs doc/y",
				"delete item/one/scope:s1/doc-x needs item/one/scope:s1/doc-y",
				"delete doc/x needs item/one/scope:s1/doc-x confirms item/one/scope:s1/doc-x"),
			detail: "first deletes 0, which is 1 too many; doc/x would make room too late",
			hint:   "to accept that gap, first delete doc/x in a run of its own",
		},
	} {
		t.Run(behaviour, func(t *testing.T) {
			in := tiny.WithQuota(c.live.Input(c.want, c.owned), c.quotas...)
			p, problems := plan.Build(in)
			require.Equal(t, c.plan, render(p))
			if c.detail == "" {
				require.Empty(t, problems)
				checkBounds(t, c.live, p, false)
				return
			}
			require.Len(t, problems, 1)
			require.Equal(t, "quota too small", problems[0].Summary)
			require.Contains(t, problems[0].Detail, c.detail)
			require.Contains(t, problems[0].Hint, c.hint)
			require.False(t, problems[0].Warning)
			require.False(t, problems[0].At.IsZero())
		})
	}
}
