package plan_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/conformance/tiny"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
)

// TestARenewalIsAnUpdate of a root with an end, also where it is as the manifest says. It is ordered like any other new life.
func TestARenewalIsAnUpdate(t *testing.T) {
	live := tiny.World{Boxes: tiny.Boxes("ends", ending(tiny.OpenBox("p", "s1/a", "s1/b")), "other", tiny.OpenBox("p"))}
	for behaviour, c := range map[string]struct {
		want  tiny.Box
		owned plan.Ownership
		sel   plan.Selection
		plan  string
	}{
		"of what is as it should be": {want: tiny.OpenBox("p", "s1/a", "s1/b"), plan: lines("update box/ends")},
		"revokes first": {
			want: tiny.OpenBox("p", "s1/a"), plan: lines("delete item/ends/scope:s1/b", "update box/ends needs item/ends/scope:s1/b confirms item/ends/scope:s1/b"),
		},
		"grants after": {
			want: tiny.OpenBox("p", "s1/a", "s1/b", "s2/a"), plan: lines("update box/ends", "create item/ends/scope:s2/a needs box/ends"),
		},
		"of what changes anyway": {want: tiny.OpenBox("q", "s1/a", "s1/b"), plan: lines("update box/ends")},
		"of what is protected": {
			want: tiny.OpenBox("p", "s1/a", "s1/b"), owned: plan.Ownership{Protect: tiny.Patterns("box/ends")}, plan: lines("blocked box/ends"),
		},
		"of what is left out": {
			want: tiny.OpenBox("p", "s1/a", "s1/b"), sel: plan.Selection{Exclude: tiny.Patterns("box/ends")},
		},
	} {
		t.Run(behaviour, func(t *testing.T) {
			in := live.Input(tiny.Wish{Boxes: tiny.Wants("ends", c.want)}, c.owned)
			in.Options.Renew, in.Options.Select = []addr.Address{tiny.BoxAt("ends")}, c.sel
			p := build(t, in)
			require.Equal(t, c.plan, render(p))
			checkBounds(t, live, p, true)
			for _, change := range p.Changes {
				if change.Address != tiny.BoxAt("ends") || change.Action == plan.Blocked {
					continue
				}
				require.True(t, change.Renew)
				require.Equal(t, "renewed: replaces the end at 2026-01-02T03:04:05Z", change.Reason)
				if c.want.Opens == "p" {
					require.Len(t, change.Findings, 1)
					require.Equal(t, plan.RuleTrustRenewed, change.Findings[0].Rule)
				}
			}
		})
	}
}

func TestWithoutARenewalNothingIsRenewed(t *testing.T) {
	live := tiny.World{Boxes: tiny.Boxes("ends", ending(tiny.OpenBox("p")))}
	require.True(t, build(t, live.Input(tiny.Wish{Boxes: tiny.Wants("ends", tiny.OpenBox("p"))}, plan.Ownership{})).Empty())
	p := build(t, live.Input(tiny.Wish{Boxes: tiny.Wants("ends", tiny.OpenBox("q"))}, plan.Ownership{}))
	require.False(t, p.Changes[0].Renew)
}

func TestARenewalIsYours(t *testing.T) {
	live := tiny.World{Boxes: tiny.Boxes("ends", ending(tiny.OpenBox("p")))}
	in := live.Input(tiny.Wish{Boxes: tiny.Wants("ends", tiny.OpenBox("p"))}, plan.Ownership{})
	in.Options.Renew = []addr.Address{tiny.BoxAt("ends")}
	for _, base := range []string{"p", "q"} {
		in.Base = &plan.Base{Manifest: in.Manifest, Desired: live.Input(tiny.Wish{Boxes: tiny.Wants("ends", tiny.OpenBox(base))}, plan.Ownership{}).Desired}
		require.Equal(t, plan.Yours, build(t, in).Changes[0].Origin, "the base wants %s", base)
	}
}

func TestWhatCannotBeRenewed(t *testing.T) {
	live := tiny.World{Boxes: tiny.Boxes("ends", ending(tiny.OpenBox("p", "s1/a")), "forever", tiny.OpenBox("p"), "theirs", ending(tiny.OpenBox("p")))}
	want := tiny.Wish{Boxes: tiny.Wants("ends", tiny.OpenBox("p", "s1/a"), "forever", tiny.OpenBox("p"), "new", tiny.OpenBox("p"))}
	for name, c := range map[string]struct {
		renew string
		gone  bool
		says  string
	}{
		"without an end": {"box/forever", false, "--renew box/forever: it has no end that is known"},
		"not there":      {"box/new", false, "--renew box/new: it is not there; what is made lives its whole life from then on"},
		"a part":         {"item/ends/scope:s1/a", false, "--renew item/ends/scope:s1/a: it is a part of box/ends, which ends as a whole"},
		"a tombstone":    {"box/ends", true, "--renew box/ends: the manifest says that it is to be deleted"},
	} {
		t.Run(name, func(t *testing.T) {
			want := want
			if c.gone {
				want = tiny.Wish{Boxes: tiny.Wants("ends", tiny.WantedBox{Absent: true})}
			}
			in := live.Input(want, plan.Ownership{})
			in.Options.Renew, in.Options.Names.Renew = []addr.Address{tiny.Address(c.renew)}, "--renew"
			_, problems := plan.Build(in)
			require.Len(t, problems, 1)
			require.Equal(t, "cannot be renewed", problems[0].Summary)
			require.Equal(t, c.says, problems[0].Detail)
			require.False(t, problems[0].At.IsZero())
			require.Empty(t, in.MissedRenewals())
		})
	}
	in := live.Input(want, plan.Ownership{})
	in.Options.Renew = []addr.Address{tiny.Address("box/theirs"), tiny.Address("box/end"), tiny.Address("box/end"), tiny.Address("box/ends")}
	misses := in.MissedRenewals()
	require.Len(t, misses, 2, "what is not listed is nobody's to renew, and what is misspelt nothing")
	require.Equal(t, plan.Problem{Summary: "nothing selected", Detail: `--renew "box/end" names no resource that the manifest lists`,
		Hint: `did you mean "box/ends"?`}, misses[1].Problem("--renew"))
}
