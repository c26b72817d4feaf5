package cli

import (
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/agencyctl/agencyctl/engine"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/schema"
)

const (
	flagTarget     = "target"
	flagExclude    = "exclude"
	flagMaxDeletes = "max-deletes"
)

// scopeFlags are the flags of plan and apply that say what a plan may touch.
type scopeFlags struct {
	targets, excludes []string
	maxDeletes        string
	sendWriteOnly     bool
}

func (o *scopeFlags) add(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringArrayVar(&o.targets, flagTarget, nil, "keep only changes of `ADDRESS`, and leave out all others: a glob, as in grant/ops-*/**; a bare name means agency/NAME (repeatable)")
	f.StringArrayVar(&o.excludes, flagExclude, nil, "leave out changes of `ADDRESS`, a glob as for --target (repeatable)")
	f.StringVar(&o.maxDeletes, flagMaxDeletes, "", "allow this many deletes for this run, `N` or a share as N%, whatever ownership.maxDeletes says")
	f.BoolVar(&o.sendWriteOnly, "send-write-only", false, sendWriteOnlyHelp)
}

const sendWriteOnlyHelp = "send again what can be written and never read back (listed as not compared)"

// options reads the flags.
func (o *scopeFlags) options(cmd *cobra.Command) (options engine.PlanOptions, err error) {
	options.SendWriteOnly = o.sendWriteOnly
	options.Names = plan.SettingNames{MaxDeletes: "--" + flagMaxDeletes, Select: "--" + flagTarget + " or --" + flagExclude}
	if options.Select.Target, err = patterns(flagTarget, o.targets); err != nil {
		return options, err
	}
	if options.Select.Exclude, err = patterns(flagExclude, o.excludes); err != nil {
		return options, err
	}
	if cmd.Flags().Changed(flagMaxDeletes) {
		if options.MaxDeletes, err = plan.ParseDeleteLimit(o.maxDeletes); err != nil {
			return options, fmt.Errorf("--%s %w", flagMaxDeletes, err)
		}
	}
	return options, nil
}

func patterns(flag string, texts []string) ([]addr.Pattern, error) {
	var all []addr.Pattern
	for _, text := range texts {
		p, err := schema.ParsePattern(text)
		if err != nil {
			return nil, fmt.Errorf("--%s: %w", flag, err)
		}
		all = append(all, p)
	}
	return all, nil
}

// refuseMisses refuses what was planned with a pattern that selects nothing in any account: a misspelt one would leave
// out what is meant, or worse, not leave it out.
func (runs accountRuns) refuseMisses() {
	planned := slices.DeleteFunc(slices.Clone(runs), func(r *accountRun) bool { return r.shown == nil })
	var targets, excludes [][]plan.Miss
	for _, r := range planned {
		targets, excludes = append(targets, r.missedTargets), append(excludes, r.missedExcludes)
	}
	problems := append(missedByAll(flagTarget, targets), missedByAll(flagExclude, excludes)...)
	if len(problems) == 0 {
		return
	}
	for _, r := range planned {
		r.shown = nil // what a wrong selection would do is of no interest
		r.refuse(problems)
	}
}

// missedByAll returns a problem for each pattern that is among the misses of every account. The account that knows most
// about it has the word.
func missedByAll(flag string, accounts [][]plan.Miss) []plan.Problem {
	if len(accounts) == 0 {
		return nil
	}
	var problems []plan.Problem
	for _, miss := range accounts[0] {
		everywhere := true
		for _, others := range accounts[1:] {
			i := slices.IndexFunc(others, func(m plan.Miss) bool { return m.Pattern == miss.Pattern })
			if i < 0 {
				everywhere = false
				break
			}
			miss.Unmanaged = miss.Unmanaged || others[i].Unmanaged
			miss.Hint = firstOf(miss.Hint, others[i].Hint)
		}
		if everywhere {
			problems = append(problems, miss.Problem("--"+flag))
		}
	}
	return problems
}
