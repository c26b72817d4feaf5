package plan_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/conformance/tiny"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
)

func at(line int) plan.Position { return plan.Position{File: "m.yaml", Line: line, Column: 3} }

func entry(text string, line int, on ...plan.Dependency) plan.Desired {
	return plan.Desired{Resource: plan.Resource{Address: tiny.Address(text)}, Source: at(line), DependsOn: on}
}

func child(text, parent string, line int, on ...plan.Dependency) plan.Desired {
	d := entry(text, line, on...)
	d.Parent = tiny.Address(parent)
	return d
}

func on(text string, line int) plan.Dependency {
	return plan.Dependency{On: tiny.Address(text), At: at(line)}
}

func implied(text string) plan.Dependency {
	return plan.Dependency{On: tiny.Address(text), Implied: true}
}

func absent(d plan.Desired) plan.Desired {
	d.Absent = true
	return d
}

func TestCheck(t *testing.T) {
	for behaviour, c := range map[string]struct {
		desired []plan.Desired
		want    []plan.Problem
	}{
		"nothing wrong": {[]plan.Desired{entry("box/a", 1, on("box/b", 2)), entry("box/b", 3)}, nil},
		"a duplicate names both places": {
			[]plan.Desired{entry("box/a", 1), entry("box/b", 2), entry("box/a", 7)},
			[]plan.Problem{{At: at(7), Summary: "duplicate resource", Detail: "box/a is already given at m.yaml:1:3",
				Hint: "remove one of the two"}},
		},
		"what is wanted and must be absent names both places": {
			[]plan.Desired{entry("box/a", 1), child("item/a/s/x", "box/a", 2), absent(child("item/a/s/x", "box/a", 7))},
			[]plan.Problem{{At: at(7), Summary: "wanted and unwanted", Detail: "item/a/s/x must be absent, and is wanted at m.yaml:2:3",
				Hint: "remove one of the two"}},
		},
		"what must be absent is wanted too": {
			[]plan.Desired{entry("box/a", 1), absent(child("item/a/s/x", "box/a", 2)), child("item/a/s/x", "box/a", 7)},
			[]plan.Problem{{At: at(7), Summary: "wanted and unwanted", Detail: "item/a/s/x is wanted, and must be absent at m.yaml:2:3",
				Hint: "remove one of the two"}},
		},
		"an unknown dependency suggests one": {
			[]plan.Desired{entry("box/backup", 1), entry("doc/x", 2, on("box/bakup", 3))},
			[]plan.Problem{{
				At: at(3), Summary: "unknown dependency", Detail: "doc/x depends on box/bakup, which the manifest does not list",
				Hint: `did you mean "box/backup"?`,
			}},
		},
		"an unknown dependency like nothing says how to write one": {
			[]plan.Desired{entry("box/a", 1, on("thing/zzzzzzz", 3))},
			[]plan.Problem{{
				At: at(3), Summary: "unknown dependency", Detail: "box/a depends on thing/zzzzzzz, which the manifest does not list",
				Hint: "name a resource that this manifest lists, as TYPE/NAME",
			}},
		},
		"an implied dependency may be unlisted": {[]plan.Desired{entry("box/a", 1, implied("doc/x"))}, nil},
		"an absent dependency is refused": {
			[]plan.Desired{entry("box/a", 1, on("box/b", 2)), absent(entry("box/b", 4))},
			[]plan.Problem{{
				At: at(2), Summary: "dependency on an absent resource", Detail: "box/a depends on box/b, which m.yaml:4:3 says is to be deleted",
				Hint: "remove the dependency, or keep the other resource",
			}},
		},
		"two that both go may depend on each other": {[]plan.Desired{absent(entry("box/a", 1, on("box/b", 2))), absent(entry("box/b", 4))}, nil},
		"a cycle is shown as its path, from its smallest address, with every place": {
			[]plan.Desired{entry("box/c", 1, on("box/a", 2)), entry("box/b", 3, on("box/c", 4)), entry("box/a", 5, on("box/b", 6)),
				entry("box/d", 7, on("box/a", 8))},
			[]plan.Problem{{
				At: at(6), Summary: "dependency cycle", Detail: "box/a → box/b → box/c → box/a (at m.yaml:6:3, m.yaml:4:3, m.yaml:2:3)",
				Hint: "remove one of these dependencies",
			}},
		},
		"to depend on itself is a cycle": {
			[]plan.Desired{entry("box/a", 1, on("box/a", 2))},
			[]plan.Problem{{At: at(2), Summary: "dependency cycle", Detail: "box/a → box/a (at m.yaml:2:3)",
				Hint: "remove one of these dependencies"}},
		},
		"a cycle through a child of what is depended on": {
			[]plan.Desired{entry("box/b", 1), child("item/b/x", "box/b", 2, implied("doc/x")), entry("doc/x", 3, on("box/b", 4))},
			[]plan.Problem{{At: at(4), Summary: "dependency cycle", Detail: "doc/x → item/b/x → doc/x (at m.yaml:4:3)",
				Hint: "remove one of these dependencies"}},
		},
		"every problem is told, by position": {
			[]plan.Desired{entry("box/a", 9, on("box/zz", 8)), entry("box/b", 5), entry("box/b", 3)},
			[]plan.Problem{
				{At: at(3), Summary: "duplicate resource", Detail: "box/b is already given at m.yaml:5:3", Hint: "remove one of the two"},
				{At: at(8), Summary: "unknown dependency", Detail: "box/a depends on box/zz, which the manifest does not list",
					Hint: `did you mean "box/b"?`},
			},
		},
	} {
		t.Run(behaviour, func(t *testing.T) {
			require.Equal(t, c.want, plan.Check(c.desired))
		})
	}
}

func TestProblemsAreSortedOnceAndSplit(t *testing.T) {
	warning := plan.Problem{At: at(1), Summary: "w", Warning: true}
	first, second := plan.Problem{At: at(1), Summary: "a"}, plan.Problem{At: at(2), Summary: "a", Detail: "x"}
	sorted := plan.SortProblems([]plan.Problem{second, warning, first, second})
	require.Equal(t, []plan.Problem{first, warning, second}, sorted)
	require.Equal(t, []plan.Problem{first, second}, plan.Fatal(sorted))
}

func TestBuildRefusesWhatCheckRefuses(t *testing.T) {
	in := tiny.World{}.Input(tiny.Wish{}, plan.Ownership{})
	in.Desired = []plan.Desired{entry("box/a", 1), entry("box/a", 2)}
	p, problems := plan.Build(in)
	require.Nil(t, p)
	require.Equal(t, "duplicate resource", problems[0].Summary)
}

func TestNounsAndVerbsAgreeWithTheirNumber(t *testing.T) {
	for noun, want := range map[string]string{
		"change": "changes", "policy": "policies", "way": "ways", "key": "keys", "agency": "agencies", "more entry": "more entries", "y": "ys",
	} {
		require.Equal(t, "0 "+want, plan.Counted(0, noun))
		require.Equal(t, "1 "+noun, plan.Counted(1, noun))
		require.Equal(t, "2 "+want, plan.Counted(2, noun))
	}
	require.Equal(t, "is are", plan.Agree(1, "is", "are")+" "+plan.Agree(0, "is", "are"))

	w := tiny.World{Boxes: map[string]tiny.Box{"one": tiny.OpenBox("p")}}
	none := 0
	in := w.Input(tiny.Wish{Boxes: map[string]tiny.WantedBox{"one": {Absent: true}}}, plan.Ownership{MaxDeletes: plan.DeleteLimit{Count: &none}})
	_, problems := plan.Build(in)
	require.Len(t, problems, 1)
	require.Equal(t, "the plan deletes 1 resource, and ownership.maxDeletes: 0 allows no more", problems[0].Detail)
}

func TestADuplicateIsNotWarnedOfBesides(t *testing.T) {
	deceptive := func(line int) plan.Desired {
		return plan.Desired{Resource: plan.Resource{Address: addr.New("box", addr.Plain("a\u200bb"))}, Source: at(line)}
	}
	var told []string
	for _, p := range plan.Check([]plan.Desired{deceptive(1), deceptive(2)}) {
		told = append(told, p.At.String()+" "+p.Summary)
	}
	require.Equal(t, []string{"m.yaml:1:3 deceptive name", "m.yaml:2:3 duplicate resource"}, told)
}
