package plan_test

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/agencyctl/agencyctl/internal/conformance/tiny"
	"github.com/agencyctl/agencyctl/plan"
)

// manyBoxes is a world of n boxes with five items each.
func manyBoxes(n int) tiny.World {
	w := tiny.World{Boxes: make(map[string]tiny.Box, n), Docs: map[string]string{"x": "a"}}
	for i := range n {
		w.Boxes[fmt.Sprintf("box-%05d", i)] = tiny.OpenBox("outside:p", "s1/a", "s1/b", "s1/c", "s2/a", "s2/doc-x")
	}
	return w
}

func benchmarkBuild(b *testing.B, w tiny.World, change func(i int, d *tiny.WantedBox), changes int) {
	want := tiny.Wish{Boxes: make(map[string]tiny.WantedBox, len(w.Boxes)), Docs: tiny.WantsDocs("x", "a")}
	for i, name := range slices.Sorted(maps.Keys(w.Boxes)) {
		d := tiny.Want(w.Boxes[name])
		change(i, &d)
		want.Boxes[name] = d
	}
	in := w.Input(want, plan.Ownership{Include: tiny.Patterns("box/box-*"), Prune: true})
	b.ReportAllocs()
	for b.Loop() {
		p, problems := plan.Build(in)
		if len(problems) > 0 || len(p.Changes) != changes {
			b.Fatalf("%d changes, %v", len(p.Changes), problems)
		}
	}
}

func BenchmarkBuildWithoutChanges(b *testing.B) {
	benchmarkBuild(b, manyBoxes(10_000), func(int, *tiny.WantedBox) {}, 0)
}

func BenchmarkBuildWith2000Changes(b *testing.B) {
	benchmarkBuild(b, manyBoxes(10_000), func(i int, d *tiny.WantedBox) {
		if i < 1000 {
			d.Items = tiny.Items("s1/a", "s1/b", "s1/-c", "s1/c", "s2/a") // one more, one less
		}
	}, 2000)
}

func BenchmarkBuildWith2000TrustChanges(b *testing.B) {
	benchmarkBuild(b, manyBoxes(10_000), func(i int, d *tiny.WantedBox) {
		if i < 2000 {
			d.Opens = "outside:q"
		}
	}, 2000)
}

// BenchmarkBuildWithOtherRules compares rules of 2000 items that all differ, as after a sweep over a large account.
func BenchmarkBuildWithOtherRules(b *testing.B) {
	const n = 2000
	accepting := func(address, until string) ruleSet {
		all := make([]plan.Acceptance, n)
		for i := range all {
			all[i] = acceptance("does-x", fmt.Sprintf(address, i), until)
		}
		return acceptingAll(all...)
	}
	including := func(pattern string) ruleSet {
		patterns := make([]string, n)
		for i := range patterns {
			patterns[i] = fmt.Sprintf(pattern, i)
		}
		return owning(plan.Ownership{Include: tiny.Patterns(patterns...)})
	}
	listing := func(key, item string) ruleSet {
		items := make([]string, n)
		for i := range items {
			items[i] = strconv.Quote(fmt.Sprintf(item, i))
		}
		return guarded(fmt.Sprintf(`{%q:[%s]}`, key, strings.Join(items, ",")))
	}
	for name, c := range map[string]struct{ base, head ruleSet }{
		"acceptances":      {accepting("box/box-%05d", "2031-01-01"), accepting("box/box-%05d", "2031-01-02")},
		"wild acceptances": {accepting("box/box-%05d-*", "2031-01-01"), accepting("box/box-%05d-*", "2031-01-02")},
		"patterns":         {including("box/box-%05d-*"), including("box/case-%05d-*")},
		"denied":           {listing("banned", "role-%05d"), listing("banned", "other-%05d")},
		"allowed names":    {listing("allowed", "partner-%05d"), listing("allowed", "associate-%05d")},
	} {
		b.Run(name, func(b *testing.B) {
			in := comparing(c.base, c.head)
			for b.Loop() {
				if p, problems := plan.Build(in); len(problems) > 0 || len(p.Rules) != 1 {
					b.Fatalf("%d rules, %v", len(p.Rules), problems)
				}
			}
		})
	}
}
