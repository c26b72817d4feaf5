package plan_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/plan"
)

// withQuota adds to the input what the cloud tells of a quota.
func withQuota(in plan.Input, quotas ...plan.Quota) plan.Input {
	s := *in.Snapshot
	s.Quotas = quotas
	in.Snapshot = &s
	return in
}

func TestQuotas(t *testing.T) {
	full := func(limit int) plan.Quota { return plan.Quota{Type: "box", Limit: limit, Used: limit} }
	gone := wishedBox{absent: true}
	for behaviour, c := range map[string]struct {
		live   world
		want   wish
		owned  plan.Ownership
		quotas []plan.Quota
		plan   string
		detail string
		hint   string
	}{
		"with room there is nothing to wait for": {
			live: world{boxes: boxes("one", openBox("p"))}, want: wish{boxes: wants("one", gone, "two", openBox("p"))},
			quotas: []plan.Quota{{Type: "box", Limit: 2, Used: 1}},
			plan:   lines("delete box/one", "create box/two"),
		},
		"without room, a create waits for the delete that makes some": {
			live: world{boxes: boxes("one", openBox("p"))}, want: wish{boxes: wants("one", gone, "two", openBox("p"))},
			quotas: []plan.Quota{full(7)},
			plan:   lines("delete box/one", "create box/two after box/one"),
		},
		"a quota that is exceeded already needs as much more": {
			live: world{boxes: boxes("one", openBox("p"))}, want: wish{boxes: wants("one", gone, "two", openBox("p"))},
			quotas: []plan.Quota{{Type: "box", Limit: 7, Used: 8}},
			plan:   lines("delete box/one", "create box/two"),
			detail: "the account may have 7 of type box and has 8; the plan makes 1 and first deletes 1, which is 1 too many",
			hint:   "ask the cloud for a larger quota, or delete what is not needed",
		},
		"a quota of another type does not count": {
			live: world{boxes: boxes()}, want: wish{boxes: wants("two", openBox("p"))},
			quotas: []plan.Quota{{Type: "doc", Limit: 1, Used: 1}},
			plan:   lines("create box/two"),
		},
		"who makes nothing exceeds nothing": {
			live: world{boxes: boxes("one", openBox("p"))}, want: wish{boxes: wants("one", openBox("q"))},
			quotas: []plan.Quota{{Type: "box", Limit: 1, Used: 9}},
			plan:   lines("update box/one"),
		},
		"a delete that is held back makes no room": {
			live: world{boxes: boxes("one", openBox("p"))}, want: wish{boxes: wants("one", gone, "two", openBox("p"))},
			owned: plan.Ownership{Protect: patterns("box/one")}, quotas: []plan.Quota{full(1)},
			plan:   lines("blocked box/one", "create box/two"),
			detail: "has 1; the plan makes 1 and first deletes 0, which is 1 too many",
		},
		"what is held back needs no room": {
			live: world{boxes: boxes("one", openBox("p"))}, want: wish{boxes: wants("one", openBox("p"), "two", openBox("p"))},
			owned: plan.Ownership{Protect: patterns("box/two")}, quotas: []plan.Quota{full(1)},
			plan: lines("blocked box/two"),
		},
		"where both bounds and the quota cannot hold, the plan says so": {
			live:   world{boxes: boxes("one", openBox("p", "s1/doc-x")), docs: map[string]string{"x": "a"}},
			want:   wish{boxes: wants("one", openBox("p", "s1/doc-y")), docs: wantsDocs("x", "", "y", "a")},
			quotas: []plan.Quota{{Type: "doc", Limit: 1, Used: 1}},
			plan: lines(
				"create doc/y",
				"create item/one/scope:s1/doc-y needs doc/y",
				"delete item/one/scope:s1/doc-x needs item/one/scope:s1/doc-y",
				"delete doc/x needs item/one/scope:s1/doc-x"),
			detail: "first deletes 0, which is 1 too many; doc/x would make room too late",
			hint:   "a run of its own that deletes what comes too late leaves that gap",
		},
	} {
		t.Run(behaviour, func(t *testing.T) {
			in := withQuota(c.live.input(c.want, c.owned), c.quotas...)
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

func TestQuotasAreCheckedAgain(t *testing.T) {
	gone := wishedBox{absent: true}
	w := world{boxes: boxes("one", openBox("p"), "two", openBox("p"))}
	want := wish{boxes: wants("one", gone, "two", openBox("p"), "new", openBox("p"), "newer", openBox("p"))}
	for behaviour, c := range map[string]struct {
		planned, now plan.Quota
		done         int
		says         string
	}{
		"room as before":                         {plan.Quota{Type: "box", Limit: 9, Used: 2}, plan.Quota{Type: "box", Limit: 9, Used: 2}, 0, ""},
		"no room as before, and a delete first":  {plan.Quota{Type: "box", Limit: 3, Used: 2}, plan.Quota{Type: "box", Limit: 3, Used: 2}, 0, ""},
		"the delete is done":                     {plan.Quota{Type: "box", Limit: 3, Used: 2}, plan.Quota{Type: "box", Limit: 3, Used: 1}, 1, ""},
		"the delete is done, others took it":     {plan.Quota{Type: "box", Limit: 3, Used: 2}, plan.Quota{Type: "box", Limit: 3, Used: 2}, 1, "may have 3 of type box and has 2; the plan makes 2 and first deletes 0, which is 1 too many"},
		"all is done, and there is no room left": {plan.Quota{Type: "box", Limit: 3, Used: 2}, plan.Quota{Type: "box", Limit: 3, Used: 3}, 3, ""},
		"others took the room":                   {plan.Quota{Type: "box", Limit: 9, Used: 2}, plan.Quota{Type: "box", Limit: 9, Used: 9}, 0, "has 9; the plan makes 2 and first deletes 0, which is 2 too many"},
		"the delete frees too little now":        {plan.Quota{Type: "box", Limit: 3, Used: 2}, plan.Quota{Type: "box", Limit: 3, Used: 3}, 0, "has 3; the plan makes 2 and first deletes 1, which is 1 too many"},
		"no create waits for the delete":         {plan.Quota{Type: "box", Limit: 9, Used: 2}, plan.Quota{Type: "box", Limit: 3, Used: 2}, 0, "has 2; the plan makes 2 and first deletes 0, which is 1 too many"},
	} {
		t.Run(behaviour, func(t *testing.T) {
			in := withQuota(w.input(want, plan.Ownership{}), c.planned)
			s := stage{saved: reread(t, save(t, in)), world: w, in: in}
			require.Len(t, s.saved.Plan.Changes, 3)
			live := w
			for _, change := range s.saved.Plan.Changes[:c.done] {
				live = live.execute(change)
			}
			rest, problems := s.against(withQuota(plan.Input{Snapshot: live.snapshot()}, c.now).Snapshot)
			if c.says == "" {
				require.Empty(t, problems)
				require.Len(t, rest.Plan.Changes, 3-c.done)
				return
			}
			require.Nil(t, rest)
			require.Len(t, problems, 1)
			require.Equal(t, "quota too small", problems[0].Summary)
			require.Contains(t, problems[0].Detail, c.says)
			require.False(t, problems[0].At.IsZero())
		})
	}
}
