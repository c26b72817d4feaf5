package plan_test

import (
	"fmt"
	"maps"
	"slices"
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
