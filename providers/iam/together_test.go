package iam_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers/iam"
)

// files reads manifests of one account, each in a file of its own: a.yaml, b.yaml and so on. Order is the order in which they are read.
func files(t *testing.T, order []int, texts ...string) *plan.Manifest {
	t.Helper()
	m := &plan.Manifest{Sections: map[string][]*plan.Node{}}
	for _, i := range order {
		for key, entries := range manifest(t, texts[i]).Sections {
			for _, entry := range entries {
				moveTo(fmt.Sprintf("%c.yaml", 'a'+i), entry)
			}
			m.Sections[key] = append(m.Sections[key], entries...)
		}
	}
	return m
}

func moveTo(file string, n *plan.Node) {
	n.At.File = file
	for _, item := range n.Items {
		moveTo(file, item)
	}
	for i := range n.Entries {
		n.Entries[i].KeyAt.File = file
		moveTo(file, n.Entries[i].Value)
	}
}

func byAddress(desired []plan.Desired) []plan.Desired {
	desired = slices.Clone(desired)
	slices.SortStableFunc(desired, func(a, b plan.Desired) int { return addr.Compare(a.Address, b.Address) })
	return desired
}

func TestAdditiveEntriesAreLaidTogether(t *testing.T) {
	desired, problems := iam.Provider{}.Expand(files(t, []int{1, 0},
		`agencies: [{name: x, grantsMode: additive, owner: one, ticket: T-1, reviewBy: 2031-01-01, trust: {service: op_svc_ecs},
  grants: {domain: [r, s]}, dependsOn: [agency/y]}, {name: y, owner: own, trust: {account: p}, grants: {domain: [r]}}]`,
		`agencies: [{name: x, grantsMode: additive, owner: two, reason: why, reviewBy: 2030-01-01, description: d, trust: {service: op_svc_ecs},
  grants: {domain: [s], allProjects: [r]}, grantsAbsent: {domain: [u]}, dependsOn: [agency/y, agency/z]}]`,
	))
	require.Empty(t, problems)
	by := map[string]plan.Desired{}
	for _, d := range desired {
		by[d.Address.String()] = d
	}
	assert.Equal(t, []string{
		"agency/x", "agency/y", "grant/x/all-projects/r", "grant/x/domain/r", "grant/x/domain/s", "grant/x/domain/u", "grant/y/domain/r",
	}, slices.Sorted(maps.Keys(by)))

	x := by["agency/x"]
	one := &plan.Notes{Owner: "one", Ticket: "T-1", ReviewBy: "2031-01-01"}
	two := &plan.Notes{Owner: "two", Reason: "why", ReviewBy: "2030-01-01"}
	all := &plan.Notes{Owner: "one, two", Reason: "why", Ticket: "T-1", ReviewBy: "2030-01-01"}
	assert.Equal(t, all, x.Notes, "of all entries in the order of their places, whatever was read first")
	assert.Equal(t, []plan.Entry{
		{At: plan.Position{File: "a.yaml", Line: 1, Column: 12}, Notes: one}, {At: plan.Position{File: "b.yaml", Line: 1, Column: 12}, Notes: two},
	}, x.SaidBeside().Entries)
	assert.Equal(t, "a.yaml", x.Source.File)
	assert.Equal(t, "a.yaml", x.SourceOf("trust").File)
	assert.Equal(t, "b.yaml", x.SourceOf("description").File)
	assert.Equal(t, plan.StringValue("d"), x.Attributes["description"])
	assert.Contains(t, x.Kept, "duration", "neither gives it")
	assert.Equal(t, []string{"agency/y", "agency/z"}, []string{x.DependsOn[0].On.String(), x.DependsOn[1].On.String()})
	assert.Len(t, x.DependsOn, 2)

	assert.Equal(t, one, by["grant/x/domain/r"].Notes)
	assert.Equal(t, "a.yaml", by["grant/x/domain/r"].Source.File)
	assert.Equal(t, two, by["grant/x/all-projects/r"].Notes)
	assert.Equal(t, "b.yaml", by["grant/x/all-projects/r"].Source.File)
	assert.Equal(t, all, by["grant/x/domain/s"].Notes, "both want it")
	assert.Equal(t, "a.yaml", by["grant/x/domain/s"].Source.File)
	assert.True(t, by["grant/x/domain/u"].Absent)
	assert.Equal(t, two, by["grant/x/domain/u"].Notes)
	assert.Equal(t, &plan.Notes{Owner: "own"}, by["grant/y/domain/r"].Notes, "a grant has the notes of its entry, also of a lone one")
	assert.Nil(t, by["agency/y"].Said)
}

// What files say of an agency is the union of what each says, in whatever order they are read and whatever stands beside it.
func TestOrderOfFilesHasNoMeaning(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		texts := make([]string, rapid.IntRange(2, 4).Draw(r, "files"))
		want := map[string]bool{}
		for i := range texts {
			var entries []string
			for _, name := range []string{"x", "y"} {
				roles := rapid.SliceOfDistinct(rapid.SampledFrom([]string{"r", "s", "u"}), rapid.ID[string]).Draw(r, "roles")
				for _, role := range roles {
					want["grant/"+name+"/domain/"+role] = true
				}
				entry := fmt.Sprintf("{name: %s, grantsMode: additive, owner: team %d, grants: {domain: [%s]}", name, i, strings.Join(roles, ", "))
				if rapid.Bool().Draw(r, "trust") {
					entry += ", trust: {service: op_svc_ecs}"
				}
				entries = append(entries, entry+"}")
				want["agency/"+name] = true
			}
			if rapid.Bool().Draw(r, "turn") {
				slices.Reverse(entries)
			}
			texts[i] = "agencies: [" + strings.Join(entries, ", ") + "]"
		}
		order := make([]int, len(texts))
		for i := range order {
			order[i] = i
		}
		one, problems := iam.Provider{}.Expand(files(t, order, texts...))
		require.Empty(r, problems)
		other, problems := iam.Provider{}.Expand(files(t, rapid.Permutation(order).Draw(r, "order"), texts...))
		require.Empty(r, problems)
		require.Equal(r, byAddress(one), byAddress(other))
		require.Empty(r, plan.Check(one))
		got := map[string]bool{}
		for _, d := range one {
			got[d.Address.String()] = true
		}
		require.Equal(r, want, got)
	})
}

func TestEntriesThatCannotBeLaidTogether(t *testing.T) {
	const additive = `agencies: [{name: x, grantsMode: additive, trust: {account: p}, grants: {domain: [r]}}]`
	for name, c := range map[string]struct {
		texts []string
		want  []string
	}{
		"trust": {
			[]string{additive, `agencies: [{name: x, grantsMode: additive, trust: {account: q}}]`},
			[]string{`b.yaml:1:51 different trust: trust of the agency "x" is account:q here, and account:p at a.yaml:1:51`},
		},
		"a third one is held against the first that says it": {
			[]string{
				`agencies: [{name: x, grantsMode: additive}]`, `agencies: [{name: x, grantsMode: additive, duration: 20d}]`,
				`agencies: [{name: x, grantsMode: additive, duration: 30d}]`,
			},
			[]string{`c.yaml:1:54 different duration: duration of the agency "x" is "30d" here, and "20d" at b.yaml:1:54`},
		},
		"one exact": {
			[]string{additive, `agencies: [{name: x, trust: {account: p}}]`},
			[]string{`b.yaml:1:19 exact and additive: the grants of the agency "x" are exact here, and additive at a.yaml:1:19`},
		},
		"the first exact": {
			[]string{`agencies: [{name: x, trust: {account: p}}]`, additive, additive},
			[]string{
				`b.yaml:1:19 exact and additive: the grants of the agency "x" are additive here, and exact at a.yaml:1:19`,
				`c.yaml:1:19 exact and additive: the grants of the agency "x" are additive here, and exact at a.yaml:1:19`,
			},
		},
		"a tombstone": {
			[]string{`agencies: [{name: x, state: absent}]`, additive},
			[]string{`b.yaml:1:19 wanted and unwanted: the agency "x" is wanted here, and is to be absent at a.yaml:1:19`},
		},
		"wanted and forbidden": {
			[]string{additive, `agencies: [{name: x, grantsMode: additive, grantsAbsent: {domain: [r]}}]`, additive},
			[]string{`b.yaml:1:68 wanted and unwanted: grant/x/domain/r must be absent, and is wanted at a.yaml:1:83`},
		},
		"in one file": {
			[]string{`agencies: [{name: z, state: absent}]`, `agencies: [{name: x, grantsMode: additive}, {name: x, grantsMode: additive}]`, additive},
			[]string{`b.yaml:1:52 name given twice: agencies: "x" is listed here and at b.yaml:1:19`},
		},
		"what the others have alone is told too": {
			[]string{`agencies: [{name: x, trust: {account: p}}]`, `agencies: [{name: x, trust: {}}]`},
			[]string{
				`b.yaml:1:19 name given twice: agencies: "x" is listed here and at a.yaml:1:19`,
				`b.yaml:1:29 bad trust: agency/x must trust exactly one account or service`,
			},
		},
		"policies": {
			[]string{`policies: [{name: p, state: absent}]`, `policies: [{name: p, state: absent}]`},
			[]string{`b.yaml:1:19 name given twice: policies: "p" is listed here and at a.yaml:1:19`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			order := []int{0, 1, 2}[:len(c.texts)]
			desired, problems := iam.Provider{}.Expand(files(t, order, c.texts...))
			var got []string
			for _, p := range plan.SortProblems(append(problems, plan.Check(desired)...)) {
				require.False(t, p.Warning)
				require.NotEmpty(t, p.Hint)
				got = append(got, fmt.Sprintf("%s %s: %s", p.At, p.Summary, p.Detail))
			}
			assert.Equal(t, c.want, got)
		})
	}
}
