package plan_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/agencyctl/agencyctl/internal/conformance/tiny"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
)

func TestEqualSidesGiveAnEmptyPlan(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t, 4)
		want := tiny.Wish{Boxes: map[string]tiny.WantedBox{}, Docs: map[string]tiny.WantedDoc{}}
		for name, b := range w.Boxes {
			want.Boxes[name] = tiny.Want(b)
		}
		for name, word := range w.Docs {
			want.Docs[name] = tiny.WantedDoc{Word: word}
		}
		owned := drawOwnership(t)
		p, problems := plan.Build(w.Input(want, owned))
		require.Empty(t, problems)
		require.True(t, p.Empty(), render(p))
		require.Equal(t, len(w.Snapshot().Resources), p.Summary.Unchanged)
		require.Empty(t, p.Unmanaged)
	})
}

func TestTheOrderOfInputDoesNotCount(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w, want, in := drawInput(t, 4)
		if one, has := want.Boxes["one"]; has && len(want.Boxes) == 2 && rapid.IntRange(0, 9).Draw(t, "circle") == 0 {
			one.DependsOn = []string{"box/two"}
			want.Boxes["one"] = one
			in = w.Input(want, in.Manifest.Ownership)
		}
		p, problems := plan.Build(in)
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "shuffle"), 0))
		in.Desired = slices.Clone(in.Desired)
		r.Shuffle(len(in.Desired), func(i, j int) { in.Desired[i], in.Desired[j] = in.Desired[j], in.Desired[i] })
		turned := *in.Snapshot
		turned.Resources = slices.Clone(turned.Resources)
		r.Shuffle(len(turned.Resources), func(i, j int) {
			turned.Resources[i], turned.Resources[j] = turned.Resources[j], turned.Resources[i]
		})
		in.Snapshot = &turned
		again, otherProblems := plan.Build(in)
		require.Equal(t, problems, otherProblems)
		require.Equal(t, encode(t, p), encode(t, again))
	})
}

func encode(t rapid.TB, p *plan.Plan) string {
	if p == nil {
		return ""
	}
	text, err := p.MarshalJSON()
	require.NoError(t, err)
	return string(text)
}

func TestEveryAllowedOrderEndsWhereNothingIsLeft(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w, want, in := drawInput(t, 4)
		in.Options.Renew = nil // a renewal that is held back holds back what the second plan, which renews nothing, makes
		p, problems := plan.Build(in)
		if len(problems) > 0 {
			return
		}
		end := w
		done := map[addr.Address]bool{}
		for left := slices.Clone(p.Changes); len(left) > 0; {
			var ready []int
			for i, c := range left {
				waits := slices.ContainsFunc(slices.Concat(c.DependsOn, c.RunsAfter), func(a addr.Address) bool { return !done[a] })
				if !waits {
					ready = append(ready, i)
				}
			}
			if len(ready) == 0 {
				t.Fatalf("these wait for each other:\n%s", render(p))
			}
			i := rapid.SampledFrom(ready).Draw(t, "next")
			if left[i].Action.Writes() {
				end = end.Execute(left[i])
			}
			done[left[i].Address] = true
			left = slices.Delete(left, i, i+1)
		}
		next := end.Input(want, in.Manifest.Ownership)
		next.Knowledge, next.Caller.Self = in.Knowledge, in.Caller.Self
		second, problems := plan.Build(next)
		require.Empty(t, problems)
		require.Zero(t, second.Writes(), "first:\n%s\nsecond:\n%s", render(p), render(second))
		if p.Summary.Manual+p.Summary.Blocked == 0 {
			require.True(t, second.Empty(), render(second))
		}
	})
}

func TestEdgesAreSound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		_, _, in := drawInput(t, 4)
		p, problems := plan.Build(in)
		if len(problems) > 0 {
			return
		}
		place := map[addr.Address]int{}
		for i, c := range p.Changes {
			place[c.Address] = i
		}
		require.Len(t, place, len(p.Changes), "one change an address")
		for i, c := range p.Changes {
			for _, a := range slices.Concat(c.DependsOn, c.RunsAfter) {
				j, known := place[a]
				require.True(t, known, "%s waits for %s, which does not change", c.Address, a)
				require.Less(t, j, i, "%s is listed before %s, which it waits for", c.Address, a)
				require.False(t, slices.Contains(c.DependsOn, a) && slices.Contains(c.RunsAfter, a), "%s waits for %s in two ways", c.Address, a)
			}
			for _, list := range [][]addr.Address{c.DependsOn, c.RunsAfter, c.Confirms, c.With} {
				require.True(t, slices.IsSortedFunc(list, addr.Compare))
				require.Len(t, slices.Compact(slices.Clone(list)), len(list), "each is named once")
			}
			for _, a := range c.Confirms {
				require.Contains(t, c.DependsOn, a)
			}
			if c.Action.Writes() {
				for _, a := range c.DependsOn {
					require.True(t, p.Changes[place[a]].Action.Writes(), "%s runs and needs %s, which does not", c.Address, a)
				}
			}
		}
	})
}

func TestWhatIsNotOursIsNeverTouched(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w, _, in := drawInput(t, 4)
		p, problems := plan.Build(in)
		if len(problems) > 0 {
			return
		}
		stays := map[addr.Address]plan.Live{}
		for _, l := range w.Snapshot().Resources {
			root := l.Address
			if !l.Parent.IsZero() {
				root = l.Parent
			}
			held := slices.Contains(in.Caller.Self, root) || in.Manifest.Ownership.Protects(l.Address, root)
			taken := slices.ContainsFunc(in.Desired, func(d plan.Desired) bool { return d.DeleteInUse && slices.Contains(l.Uses, d.Address) })
			listed := slices.ContainsFunc(in.Desired, func(d plan.Desired) bool { return d.Address == root })
			if held || !taken && !listed && !in.Manifest.Ownership.Owns(root) {
				stays[l.Address] = l
			}
		}
		owned, made := in.Manifest.Ownership, map[addr.Address]bool{}
		for _, c := range p.Changes {
			if root := c.Root(); owned.Protects(root, root) && c.Before == nil {
				_, live := stays[root]
				require.False(t, live && c.Action.Writes(), "%s is added to what is protected", c.Address)
				if !live && c.Action != plan.ByHand {
					whole, known := made[root]
					require.True(t, !known || whole == c.Action.Writes(), "%s is made in part", root)
					made[root] = c.Action.Writes()
				}
			}
		}
		for _, l := range w.ExecuteAll(p).Snapshot().Resources {
			if before, kept := stays[l.Address]; kept {
				require.Equal(t, before, l)
				delete(stays, l.Address)
			}
		}
		require.Empty(t, stays, "gone:\n%s", render(p))
	})
}

func TestDeleteLimitsHold(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		_, _, in := drawInput(t, 4)
		free, problems := plan.Build(in)
		if len(problems) > 0 {
			return
		}
		limit := rapid.IntRange(0, 4).Draw(t, "limit")
		in.Manifest.Ownership.MaxDeletes.Count = &limit
		p, problems := plan.Build(in)
		require.Equal(t, free.Summary.Delete > limit, len(problems) == 1)
		require.Equal(t, encode(t, free), encode(t, p), "the limit changes nothing of what would be done")
	})
}

func TestGapsAreNamedOnlyWhereSomethingForcesThem(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w, want, in := drawInput(t, 4)
		for name, word := range w.Docs {
			want.Docs[name] = tiny.WantedDoc{Word: word}
		}
		for name, b := range want.Boxes {
			if live, has := w.Boxes[name]; has {
				b.Opens, b.Lasts = live.Opens, live.Lasts
			}
			b.DependsOn = nil
			b.Items = plainItems(b.Items)
			want.Boxes[name] = b
		}
		for name, b := range w.Boxes {
			b.Items = plainItems(b.Items)
			w.Boxes[name] = b
		}
		p, problems := plan.Build(w.Input(want, in.Manifest.Ownership))
		require.Empty(t, problems)
		require.Empty(t, p.Warnings, render(p))
	})
}

// plainItems leaves out what both gives and denies.
func plainItems(all map[tiny.Item]bool) map[tiny.Item]bool {
	plain := map[tiny.Item]bool{}
	for i := range all {
		if len(i.Role) < 3 {
			plain[i] = true
		}
	}
	return plain
}
