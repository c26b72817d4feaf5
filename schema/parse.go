package schema

import (
	"fmt"
	"slices"

	"github.com/agencyctl/agencyctl/plan"
)

// Parse turns the texts of manifests into one [plan.Manifest] for each account, in the order in which the accounts first
// occur. A YAML document is a part of a manifest, whatever file it stands in; empty documents are passed over.
//
// All problems of all sources are returned, sorted by position. An account with an error in one of its files is returned as a
// draft and not as a manifest. If any file is not valid YAML, all accounts are drafts: the file may belong to any of them. A
// draft holds everything that could be read, values that the schema refuses included. It serves to find more problems, and
// must not be planned.
//
// The limits are 16 MiB a source, 64 levels, and 2,000,000 values or 64 MiB of text in all sources together. The value of an
// alias counts each time.
func Parse(sources []Source) (manifests, drafts []*plan.Manifest, all []plan.Problem) {
	var found problems
	var documents []document
	whole := true
	budget := newBudget()
	for _, s := range sources {
		more, bad, complete := decode(s, budget)
		documents = append(documents, more...)
		found.join(&bad)
		whole = whole && complete
	}
	if len(documents) == 0 && len(found.all) == 0 {
		found.add(noManifest(sources))
	}

	schema := compiled()
	var invalid problems
	for _, d := range documents {
		schema.check(d.root, &invalid)
	}

	var merged []*plan.Manifest
	for _, parts := range byAccount(documents, &found) {
		m := &merger{schema: schema, parts: parts, complete: whole, problems: &found}
		merged = append(merged, m.merge())
	}
	found.join(withoutEchoes(&invalid, found.all))
	all = found.sorted()
	for _, m := range merged {
		if whole && !hasErrors(m, all) {
			manifests = append(manifests, m)
		} else {
			drafts = append(drafts, m)
		}
	}
	return manifests, drafts, all
}

func noManifest(sources []Source) plan.Problem {
	p := plan.Problem{Summary: "no manifest", Detail: "there is nothing to read", Hint: "name a file or a directory with a manifest"}
	if len(sources) > 0 {
		p.At = plan.Position{File: sources[0].Name, Line: 1, Column: 1}
		p.Detail = "the file is empty, or holds nothing but comments"
		p.Hint = "begin it with apiVersion: agencyctl/v1"
	}
	return p
}

// withoutEchoes drops violations of the schema at places that have a problem already: they would report the same mistake
// twice, and in more general words.
func withoutEchoes(invalid *problems, reported []plan.Problem) *problems {
	places := map[plan.Position]bool{}
	for _, p := range reported {
		places[p.At] = true
	}
	invalid.all = slices.DeleteFunc(invalid.all, func(p plan.Problem) bool { return places[p.At] })
	return invalid
}

// hasErrors reports whether one of the manifest's files has a problem that is no warning.
func hasErrors(m *plan.Manifest, all []plan.Problem) bool {
	for _, p := range all {
		if _, in := slices.BinarySearch(m.Files, p.At.File); in && !p.Warning {
			return true
		}
	}
	return false
}

// maxProblems bounds the problems of one run.
const maxProblems = 10_000

// problems collects problems up to [maxProblems], and counts the rest.
type problems struct {
	all  []plan.Problem
	more int
}

func (p *problems) add(found ...plan.Problem) {
	room := max(0, min(maxProblems-len(p.all), len(found)))
	p.all = append(p.all, found[:room]...)
	p.more += len(found) - room
}

// join adds what another collection holds.
func (p *problems) join(other *problems) {
	p.add(other.all...)
	p.more += other.more
}

// sorted returns all problems by position. The last one says how many more there are.
func (p *problems) sorted() []plan.Problem {
	all := plan.SortProblems(p.all)
	if p.more > 0 {
		all = append(all, plan.Problem{
			At:      all[len(all)-1].At,
			Summary: "too many problems",
			Detail:  fmt.Sprintf("%d more problems are not shown", p.more),
			Hint:    "mend these first",
		})
	}
	return all
}
