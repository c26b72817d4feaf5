package plan_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/conformance/tiny"
	"github.com/agencyctl/agencyctl/plan"
)

func TestAnEntryThatHoldsLessIsAFinding(t *testing.T) {
	box := tiny.OpenBox("p", "s1/a")
	exact, additive := tiny.Want(box), tiny.WantedBox{Box: box, Additive: true}
	banning := func(b tiny.WantedBox, items ...string) tiny.WantedBox { b.Without = tiny.Items(items...); return b }
	stating := func(values ...string) func(d *plan.Desired) {
		return func(d *plan.Desired) {
			for _, v := range values {
				d.State(plan.Statement{Key: "states", Value: v})
			}
		}
	}
	loosening := func(d *plan.Desired) {
		d.State(plan.Statement{Key: "states", Value: "z", Loosens: "it lets others in"}, plan.Statement{Key: "more", Value: "z"})
	}
	for behaviour, c := range map[string]struct {
		base, head     tiny.WantedBox
		isNew          bool // the base does not list it
		states, stated func(d *plan.Desired)
		want           []string
	}{
		"nothing":               {base: exact, head: exact},
		"it becomes additive":   {base: exact, head: additive, want: []string{"+ box/a grantsMode; medium: grants that the manifest does not list are left alone"}},
		"it becomes exact":      {base: additive, head: exact, want: []string{"- box/a grantsMode"}},
		"a tombstone":           {base: exact, head: tiny.WantedBox{Absent: true}},
		"a tombstone goes":      {base: tiny.WantedBox{Absent: true}, head: additive},
		"a ban of an exact one": {base: banning(exact, "s1/b"), head: exact},
		"a ban goes": {
			base: banning(additive, "s1/b", "s1/c"), head: banning(additive, "s1/c"),
			want: []string{`+ box/a grantsAbsent; medium: "item/a/scope:s1/b" may be there: nothing forbids it any more`},
		},
		"a ban comes": {base: additive, head: banning(additive, "s1/b"), want: []string{"- box/a grantsAbsent"}},
		"a ban that exactness replaces": {
			base: banning(additive, "s1/b"), head: exact, want: []string{"- box/a grantsMode", "- box/a grantsAbsent"},
		},
		"a statement goes": {
			base: exact, head: exact, states: stating("x", "y"), stated: stating("y"),
			want: []string{`+ box/a states; medium: the entry does not state "x" any more: what is live there is not held against it`},
		},
		"a statement comes": {base: exact, head: exact, states: stating(), stated: stating("y"), want: []string{"- box/a states"}},
		"a statement that loosens comes with its entry": {
			isNew: true, head: exact, stated: loosening, want: []string{"+ box/a states; medium: it lets others in"},
		},
		"it comes where a tombstone was": {
			base: tiny.WantedBox{Absent: true}, head: exact, stated: loosening, want: []string{"+ box/a states; medium: it lets others in"},
		},
		"an additive entry comes: an unlisted box was left alone too": {isNew: true, head: additive},
		"other statements of an entry that comes":                     {isNew: true, head: exact, stated: stating("x")},
		"a statement that loosens goes": {base: exact, head: exact, states: loosening, want: []string{
			`+ box/a more; medium: the entry does not state "z" any more: what is live there is not held against it`, "- box/a states",
		}},
		"a tombstone loosens nothing": {isNew: true, head: tiny.WantedBox{Absent: true}, stated: loosening},
		"statements in another order": {base: exact, head: exact, states: stating("x", "y"), stated: stating("y", "x")},
	} {
		t.Run(behaviour, func(t *testing.T) {
			wish := func(b tiny.WantedBox) tiny.Wish { return tiny.Wish{Boxes: tiny.Wants("a", b)} }
			w := tiny.World{Boxes: tiny.Boxes("a", box)}
			base := wish(c.base)
			if c.isNew {
				base = tiny.Wish{}
			}
			in := against(w, w.Input(wish(c.head), plan.Ownership{}), base, plan.Ownership{})
			state := func(desired []plan.Desired, set func(d *plan.Desired)) {
				for i := range desired {
					if set != nil && desired[i].Parent.IsZero() {
						set(&desired[i])
					}
				}
			}
			state(in.Base.Desired, c.states)
			state(in.Desired, c.stated)
			var told []string
			for _, r := range build(t, in).Rules {
				told = append(told, tell(r))
				for _, f := range r.Findings {
					require.Equal(t, tiny.BoxAt("a"), f.Address)
				}
			}
			require.Equal(t, c.want, told)
		})
	}
}
