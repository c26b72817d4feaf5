package plan_test

import (
	"fmt"
	"testing"

	"github.com/agencyctl/agencyctl/plan"
)

// manyBoxes is a world of n boxes with five items each.
func manyBoxes(n int) world {
	w := world{boxes: make(map[string]box, n), docs: map[string]string{"x": "a"}}
	for i := range n {
		w.boxes[fmt.Sprintf("box-%05d", i)] = openBox("outside:p", "s1/a", "s1/b", "s1/c", "s2/a", "s2/doc-x")
	}
	return w
}

func benchmarkBuild(b *testing.B, w world, change func(i int, d *wishedBox), changes int) {
	want := wish{boxes: make(map[string]wishedBox, len(w.boxes)), docs: wantsDocs("x", "a")}
	for i, name := range sortedKeys(w.boxes) {
		d := wished(w.boxes[name])
		change(i, &d)
		want.boxes[name] = d
	}
	in := w.input(want, plan.Ownership{Include: patterns("box/box-*"), Prune: true})
	b.ReportAllocs()
	for b.Loop() {
		p, problems := plan.Build(in)
		if len(problems) > 0 || len(p.Changes) != changes {
			b.Fatalf("%d changes, %v", len(p.Changes), problems)
		}
	}
}

func BenchmarkBuildWithoutChanges(b *testing.B) {
	benchmarkBuild(b, manyBoxes(10_000), func(int, *wishedBox) {}, 0)
}

func BenchmarkBuildWith2000Changes(b *testing.B) {
	benchmarkBuild(b, manyBoxes(10_000), func(i int, d *wishedBox) {
		if i < 1000 {
			d.items = items("s1/a", "s1/b", "s1/-c", "s1/c", "s2/a") // one more, one less
		}
	}, 2000)
}

func BenchmarkBuildWith2000TrustChanges(b *testing.B) {
	benchmarkBuild(b, manyBoxes(10_000), func(i int, d *wishedBox) {
		if i < 2000 {
			d.opens = "outside:q"
		}
	}, 2000)
}
