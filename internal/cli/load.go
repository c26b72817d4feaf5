package cli

import (
	"errors"
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/engine"
	"github.com/agencyctl/agencyctl/internal/render"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/schema"
)

// load reads and checks the manifests that --file names, as far as that goes without a connection. All problems are
// returned in one list; with a fatal one among them, the manifests must not be used. Desired is how many resources they
// ask for. The error is for files that cannot be read.
func (a *app) load() (manifests []*plan.Manifest, desired int, problems []plan.Problem, err error) {
	if len(a.files) == 0 {
		return nil, 0, nil, errors.New("no manifest given: name a file or a directory with -f PATH")
	}
	sources, err := schema.Load(a.files, a.env.Stdin)
	if err != nil {
		return nil, 0, nil, err
	}
	manifests, drafts, problems := schema.Parse(sources)
	told := map[plan.Position]bool{}
	for _, p := range plan.Fatal(problems) {
		told[p.At] = !p.At.IsZero()
	}
	for _, m := range drafts {
		_, more := engine.Validate(a.env.Registry, m)
		for _, p := range more {
			if !told[p.At] { // what the schema refused is not told a second time in other words
				problems = append(problems, p)
			}
		}
	}
	for _, m := range manifests {
		resources, more := engine.Validate(a.env.Registry, m)
		problems = append(problems, more...)
		desired += len(resources)
	}
	slices.SortStableFunc(manifests, func(x, y *plan.Manifest) int { return strings.Compare(x.Account.String(), y.Account.String()) })
	return manifests, desired, plan.SortProblems(problems), nil
}

// loadValid loads manifests, and refuses those with a fatal problem, telling all of them on stderr.
func (a *app) loadValid() ([]*plan.Manifest, error) {
	manifests, _, problems, err := a.load()
	if err != nil {
		return nil, err
	}
	if len(plan.Fatal(problems)) > 0 {
		if err := a.tellProblems(problems); err != nil {
			return nil, err
		}
		return nil, exit(exitRefused)
	}
	return manifests, nil
}

// tellProblems shows problems on stderr.
func (a *app) tellProblems(problems []plan.Problem) error {
	if len(problems) == 0 {
		return nil
	}
	return render.Problems(a.env.Stderr, problems, a.view(a.env.StderrTerminal))
}
