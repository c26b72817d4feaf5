package cli

import (
	"errors"
	"fmt"
	"slices"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/schema"
)

// baseManifests are what --base names: the manifests as they are on the main branch. Nil without the flag.
type baseManifests struct {
	manifests []*plan.Manifest
	// problems are why they cannot be used.
	problems []plan.Problem
}

// loadBase reads the manifests that --base names. What is wrong inside them is kept, and stops no plan; the error is for
// files that cannot be read.
func (a *app) loadBase(paths []string) (*baseManifests, error) {
	if len(paths) == 0 {
		return nil, nil
	}
	if slices.Contains(paths, "-") && slices.Contains(a.files, "-") {
		return nil, errors.New("--base - and --file -: only one of them can be read from stdin")
	}
	sources, err := schema.Load(paths, a.env.Stdin)
	if err != nil {
		return nil, fmt.Errorf("--base: %w", err)
	}
	manifests, _, problems := schema.Parse(sources)
	return &baseManifests{manifests: manifests, problems: plan.Fatal(problems)}, nil
}

// of returns the base of a manifest. An account that the base does not name is new: its base is empty.
func (b *baseManifests) of(m *plan.Manifest) *plan.Manifest {
	if b == nil || len(b.problems) > 0 {
		return nil
	}
	for _, base := range b.manifests {
		if base.Account.ID != "" && base.Account.ID == m.Account.ID || base.Account.Name != "" && base.Account.Name == m.Account.Name {
			return base
		}
	}
	return &plan.Manifest{Account: m.Account, Cloud: m.Cloud}
}

// refuse ends the account's part when the base of its manifest could not be used. The plan is shown all the same.
func (b *baseManifests) refuse(r *accountRun, more []plan.Problem) {
	if b == nil || r.shown == nil {
		return
	}
	problems := slices.Concat(b.problems, more)
	for i := range problems {
		problems[i].Summary = "base unreadable: " + problems[i].Summary
	}
	r.refuse(problems)
}
