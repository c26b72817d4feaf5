package cli

import (
	"errors"
	"fmt"
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
		return nil, nil, nil, pipeHint("-f", err)
	}
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
		problems = append(problems, plan.OverdueWarnings(m.Acceptances, desired, a.day)...)
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

// pipeHint says how the flag reads a manifest from a pipe, where a file is none.
func pipeHint(flag string, err error) error {
	if errors.Is(err, schema.ErrNotRegular) {
		err = fmt.Errorf("%w; to pipe a manifest in, write %s -", err, flag)
	}
	return err
}

// baseManifests are the manifests that --base names, as they are on the main branch. Nil without the flag.
type baseManifests struct {
	manifests []*plan.Manifest
	// problems say why they cannot be used.
	problems []plan.Problem
}

// loadBase reads the manifests that --base names. Their problems are kept, and stop no plan; the error is for files that
// cannot be read.
func (a *app) loadBase(paths []string) (*baseManifests, error) {
	if len(paths) == 0 {
		return nil, nil
	}
	if slices.ContainsFunc(paths, schema.IsStdin) && slices.ContainsFunc(a.files, schema.IsStdin) {
		return nil, errors.New("--base - and --file -: only one of them can be read from stdin")
	}
	sources, err := schema.Load(paths, a.env.Stdin)
	if err != nil {
		return nil, fmt.Errorf("--base: %w", pipeHint("--base", err))
	}
	manifests, _, problems := schema.Parse(sources)
	return &baseManifests{manifests: manifests, problems: plan.Fatal(problems)}, nil
}

// of returns the base of a manifest. An account that the base does not name is new: its base is empty, and has no digest.
func (b *baseManifests) of(m *plan.Manifest) *plan.Manifest {
	if b == nil || len(b.problems) > 0 {
		return nil
	}
	for _, base := range b.manifests {
		if sameAccount(base, m) {
			return base
		}
	}
	return &plan.Manifest{Account: m.Account, Cloud: m.Cloud}
}

func sameAccount(x, y *plan.Manifest) bool {
	return x.Account.ID != "" && x.Account.ID == y.Account.ID || x.Account.Name != "" && x.Account.Name == y.Account.Name
}

// leaving returns a warning for each account that the base has and no manifest: no run looks at it.
func (b *baseManifests) leaving(manifests []*plan.Manifest) []plan.Problem {
	var warnings []plan.Problem
	for _, base := range b.manifests {
		if slices.ContainsFunc(manifests, func(m *plan.Manifest) bool { return sameAccount(base, m) }) {
			continue
		}
		warnings = append(warnings, plan.Problem{
			At: base.AccountAt, Summary: "account leaves", Warning: true,
			Detail: fmt.Sprintf("the base has the account %q, and no manifest here does, so that it is not read", base.Account),
			Hint:   "give its manifest too; to give the account up, first have its entries deleted with state: absent",
		})
	}
	return plan.SortProblems(warnings)
}

// refuse fails the run when the base of its manifest could not be used. The plan is shown all the same.
func (b *baseManifests) refuse(r *accountRun) {
	if b == nil || r.result.Plan == nil {
		return
	}
	problems := slices.Concat(b.problems, r.planned.BaseProblems)
	for i := range problems {
		problems[i].Summary = "base unreadable: " + problems[i].Summary
	}
	r.refuse(problems)
}
