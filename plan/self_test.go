package plan_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/conformance/tiny"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
)

func TestTheOwnWayInIsNeverChanged(t *testing.T) {
	const came = "the running credentials came through box/one"
	live := tiny.World{Boxes: tiny.Boxes("one", tiny.OpenBox("p", "s1/a", "s1/doc-x"), "two", tiny.OpenBox("p", "s1/b")),
		Docs: map[string]string{"x": "a", "y": "b"}}
	kept := tiny.OpenBox("p", "s1/a", "s1/doc-x")
	other := tiny.OpenBox("p", "s1/b")
	for behaviour, c := range map[string]struct {
		want tiny.Wish
		// reasons are those of the changes that are blocked, by address; no other change is.
		reasons map[string]string
		plan    string
	}{
		"an update": {
			want: tiny.Wish{Boxes: tiny.Wants("one", lasting(kept), "two", lasting(other))}, reasons: map[string]string{"box/one": came},
			plan: lines("blocked box/one", "update box/two"),
		},
		"a delete": {
			want: tiny.Wish{Boxes: tiny.Wants("one", tiny.WantedBox{Absent: true})}, reasons: map[string]string{"box/one": came},
			plan: lines("blocked box/one with item/one/scope:s1/a, item/one/scope:s1/doc-x"),
		},
		"a grant and a revoke": {
			want:    tiny.Wish{Boxes: tiny.Wants("one", tiny.OpenBox("p", "s1/c", "s1/doc-x"))},
			reasons: map[string]string{"item/one/scope:s1/a": came, "item/one/scope:s1/c": came},
			plan:    lines("blocked item/one/scope:s1/c", "blocked item/one/scope:s1/a"),
		},
		"what it uses, and what would use the change": {
			want: tiny.Wish{Boxes: tiny.Wants("one", kept, "two", tiny.OpenBox("p", "s1/b", "s1/doc-x")), Docs: tiny.WantsDocs("x", "ab", "y", "c")},
			reasons: map[string]string{
				"doc/x": came + ", which has it", "item/two/scope:s1/doc-x": "needs doc/x, which is blocked",
			},
			plan: lines("blocked doc/x", "update doc/y", "blocked item/two/scope:s1/doc-x needs doc/x"),
		},
		"what it uses, gone": {
			want:    tiny.Wish{Boxes: tiny.Wants("one", tiny.OpenBox("p", "s1/a")), Docs: tiny.WantsDocs("x", "")},
			reasons: map[string]string{"doc/x": came + ", which has it", "item/one/scope:s1/doc-x": came},
			plan:    lines("blocked item/one/scope:s1/doc-x", "blocked doc/x needs item/one/scope:s1/doc-x confirms item/one/scope:s1/doc-x"),
		},
	} {
		t.Run(behaviour, func(t *testing.T) {
			in := live.Input(c.want, plan.Ownership{})
			in.Caller.Self = []addr.Address{tiny.Address("box/one"), tiny.Address("box/nobody")}
			p := build(t, in)
			require.Equal(t, c.plan, render(p))
			reasons := map[string]string{}
			for _, change := range p.Changes {
				if change.Action == plan.Blocked {
					reasons[change.Address.String()] = change.Reason
				}
			}
			require.Equal(t, c.reasons, reasons)
		})
	}
}
