package cli

import (
	"cmp"
	"errors"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/engine"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/schema"
)

// load reads and checks the manifests that --file names, without a connection. All problems are returned in one list; with a
// fatal one among them, the manifests must not be used. Resources says how many resources each manifest asks for. The error is
// for files that cannot be read.
func (a *app) load() (manifests []*plan.Manifest, resources map[*plan.Manifest]int, problems []plan.Problem, err error) {
	if len(a.files) == 0 {
		return nil, nil, nil, errors.New("no manifest given: name a file or a directory with -f PATH")
	}
	sources, err := schema.Load(a.files, a.env.Stdin)
	if err != nil {
		return nil, nil, nil, pathHint("-f", a.files, err)
	}
	a.sources = sources
	manifests, drafts, problems := schema.Parse(sources)
	refused := map[plan.Position]bool{}
	for _, p := range plan.Fatal(problems) {
		refused[p.At] = !p.At.IsZero()
	}
	for _, m := range drafts {
		_, more := engine.Validate(a.env.Registry, m)
		for _, p := range more {
			if !refused[p.At] { // a place that the schema has refused needs no second problem
				problems = append(problems, p)
			}
		}
	}
	resources = map[*plan.Manifest]int{}
	for _, m := range manifests {
		desired, more := engine.Validate(a.env.Registry, m)
		problems = append(problems, more...)
		problems = append(problems, plan.ReviewWarnings(m, desired, a.env.Registry, a.day)...)
		resources[m] = len(desired)
	}
	slices.SortStableFunc(manifests, func(x, y *plan.Manifest) int { return strings.Compare(x.Account.String(), y.Account.String()) })
	return manifests, resources, plan.SortProblems(problems), nil
}

// loadValid loads manifests, and refuses those with a fatal problem. The error then holds all problems.
func (a *app) loadValid() ([]*plan.Manifest, error) {
	manifests, _, problems, err := a.load()
	if err == nil && len(plan.Fatal(problems)) > 0 {
		return nil, &refusal{problems}
	}
	return manifests, err
}

// pathHint says how the flag reads a manifest from a pipe, where a file is none, and names the file that is meant where one of the paths
// is misspelt.
func pathHint(flag string, paths []string, err error) error {
	switch {
	case errors.Is(err, schema.ErrNotRegular):
		return withHint("to pipe a manifest in, write "+flag+" -", "%w", err)
	case errors.Is(err, fs.ErrNotExist):
		for _, path := range paths {
			if _, missing := os.Stat(path); errors.Is(missing, fs.ErrNotExist) {
				return withHint(cmp.Or(nearFile(path), "name a file or a folder that is there"), "%w", err)
			}
		}
	}
	return err
}
