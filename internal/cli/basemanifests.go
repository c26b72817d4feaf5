package cli

import (
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/schema"
)

// baseManifests are the manifests that --base names, as they are on the main branch. Nil without the flag.
type baseManifests struct {
	manifests []*plan.Manifest
	// problems say why they cannot be used.
	problems []plan.Problem
}

// baseFlags are the flags about the manifests as they are on the main branch.
type baseFlags struct {
	paths []string
	rules bool
}

const (
	flagBase          = "base"
	flagRulesFromBase = "rules-from-base"
)

func (o *baseFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringArrayVar(&o.paths, flagBase, nil,
		"say where each change comes from, and which rules change, by the manifest at `PATH` as it is on the main branch (repeatable, as --file)")
	cmd.Flags().BoolVar(&o.rules, flagRulesFromBase, false,
		"judge by the rules of the base: its guardrails, ownership, acceptances, cloud.notRead and cloud.endpoints")
}

// readBase reads the base of a session, before it opens its accounts.
func (s *session) readBase(o baseFlags) (err error) {
	if o.rules && len(o.paths) == 0 {
		return fmt.Errorf("--%s: name the base too, with --%s PATH", flagRulesFromBase, flagBase)
	}
	if s.base, err = s.app.loadBase(o.paths); err != nil || s.base == nil {
		return err
	}
	if s.rulesFromBase = o.rules; o.rules && len(s.base.problems) > 0 {
		return &refusal{unreadable(s.base.problems)} // nothing may be called by rules that nobody can read
	}
	s.warnings = s.base.leaving(s.manifests)
	return nil
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
		return nil, fmt.Errorf("--base: %w", pathHint("--base", paths, err))
	}
	manifests, _, problems := schema.Parse(sources)
	return &baseManifests{manifests: manifests, problems: plan.Fatal(problems)}, nil
}

// all returns all manifests of the base.
func (b *baseManifests) all() []*plan.Manifest {
	if b == nil {
		return nil
	}
	return b.manifests
}

// of returns the base of a manifest: that of the same id, or else that of the same name. An account that the base does not name is
// new: its base is empty, and has no digest.
func (b *baseManifests) of(m *plan.Manifest) *plan.Manifest {
	if b == nil || len(b.problems) > 0 {
		return nil
	}
	for _, base := range b.manifests {
		if m.Account.ID != "" && base.Account.ID == m.Account.ID {
			return base
		}
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
	r.refuse(unreadable(slices.Concat(b.problems, r.planned.BaseProblems)))
}

// unreadable says of problems that they are those of the base.
func unreadable(problems []plan.Problem) []plan.Problem {
	all := slices.Clone(problems)
	for i := range all {
		all[i].Summary = "base unreadable: " + all[i].Summary
	}
	return all
}

// ruled returns the manifest by whose account and endpoints the run connects: with the rules of the base where these are asked for. An
// account that the base does not have has no reviewed rules, and is refused.
func (s *session) ruled(r *accountRun) (*plan.Manifest, error) {
	switch {
	case !s.rulesFromBase:
		return r.manifest, nil
	case r.base.Digest == "":
		return nil, &refusal{[]plan.Problem{{
			At: r.manifest.AccountAt, Summary: "account without reviewed rules",
			Detail: fmt.Sprintf("the base does not have the account %q, so --%s has no rules to judge it by", r.manifest.Account, flagRulesFromBase),
			Hint: "name the account as the base does; a new one first needs its rules on the main branch, by a change that is planned " +
				"without the flag",
		}}}
	}
	return r.manifest.RuledBy(r.base), nil
}
