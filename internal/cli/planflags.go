package cli

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

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
	flagRenew      = "renew"
	flagFailOn     = "fail-on"
)

// scopeFlags are the flags of plan and apply that say what a plan may touch.
type scopeFlags struct {
	targets, excludes, renewals []string
	maxDeletes                  string
	sendWriteOnly               bool
	// account is the one that targets are for, once options has read them; "" where none names an account.
	account string
}

func (o *scopeFlags) add(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringArrayVar(&o.targets, flagTarget, nil,
		"keep only changes of `ADDRESS`, and leave out all others: a glob, as in grant/ops-*/**; a bare name means agency/NAME; "+
			"ACCOUNT=ADDRESS leaves out all other accounts too (repeatable)")
	f.StringArrayVar(&o.excludes, flagExclude, nil, "leave out changes of `ADDRESS`, a glob as for --target (repeatable)")
	f.StringVar(&o.maxDeletes, flagMaxDeletes, "",
		"allow this many deletes in this run, `N` or a share as N%, instead of ownership.maxDeletes")
	f.StringArrayVar(&o.renewals, flagRenew, nil,
		"give `ADDRESS` its whole life again, as for an agency that has expired; a bare name means agency/NAME (repeatable)")
	f.BoolVar(&o.sendWriteOnly, "send-write-only", false, sendWriteOnlyHelp)
}

const sendWriteOnlyHelp = "send attributes again that can be written and not read back (listed as not compared)"

// settingNames are the flags that a user gives the settings of a plan by.
var settingNames = plan.SettingNames{
	MaxDeletes: "--" + flagMaxDeletes, Renew: "--" + flagRenew, Select: "--" + flagTarget + " or --" + flagExclude,
}

// options reads the flags.
func (o *scopeFlags) options(cmd *cobra.Command) (options engine.PlanOptions, err error) {
	options.SendWriteOnly = o.sendWriteOnly
	options.Names = settingNames
	targets, err := o.readAccount(cmd)
	if err != nil {
		return options, err
	}
	if options.Select.Target, err = patterns(flagTarget, targets); err != nil {
		return options, err
	}
	if options.Select.Exclude, err = patterns(flagExclude, o.excludes); err != nil {
		return options, err
	}
	for _, text := range o.renewals {
		a, err := parseAddress(text)
		if err != nil {
			return options, fmt.Errorf("--%s %q: %w", flagRenew, text, err)
		}
		options.Renew = append(options.Renew, a)
	}
	if cmd.Flags().Changed(flagMaxDeletes) {
		if options.MaxDeletes, err = plan.ParseDeleteLimit(o.maxDeletes); err != nil {
			return options, fmt.Errorf("--%s %w", flagMaxDeletes, err)
		}
	}
	return options, nil
}

// readAccount returns the targets without the account that they are for. A "=" behind a type belongs to the address: where the name of an
// agency has one, agency/NAME is understood.
func (o *scopeFlags) readAccount(cmd *cobra.Command) (targets []string, err error) {
	for i, text := range o.targets {
		account, address, found := strings.Cut(text, "=")
		if !found || strings.Contains(account, "/") {
			account, address = "", text
		}
		if i > 0 && account != o.account {
			return nil, withHint("run it once for each account", "--%s: these are not all for the same account: %s", flagTarget,
				strings.Join(o.targets, ", "))
		}
		o.account, targets = account, append(targets, address)
	}
	if o.account != "" && cmd.Flags().Changed(flagBase) {
		return nil, withHint("name the files of that account with -f", "--%s: with --%s no target names an account", flagTarget, flagBase)
	}
	return targets, nil
}

// keep keeps the manifest of the account that targets are for, and all where they name none. An error is returned as it is.
func (o *scopeFlags) keep(manifests []*plan.Manifest, err error) ([]*plan.Manifest, error) {
	if o.account == "" || err != nil {
		return manifests, err
	}
	m, err := manifestFor(o.account, manifests)
	if err != nil {
		return nil, fmt.Errorf("--%s: %w", flagTarget, err)
	}
	return []*plan.Manifest{m}, nil
}

func patterns(flag string, texts []string) ([]addr.Pattern, error) {
	var all []addr.Pattern
	for _, text := range texts {
		p, err := schema.ParsePattern(text)
		if err != nil {
			return nil, withHint("write an address as a plan shows it, with * for any text: ops-* or agency/ops-*", "--%s: %w", flag, err)
		}
		all = append(all, p)
	}
	return all, nil
}

// missedByAll returns a problem for each pattern that is among the misses of every account. The problem has the hint of the
// first account that has one.
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
			miss.Hint = cmp.Or(miss.Hint, others[i].Hint)
		}
		if everywhere {
			problems = append(problems, miss.Problem("--"+flag))
		}
	}
	return problems
}

// failOn is the value of --fail-on: the least severity of a risk that refuses a plan. The zero failOn refuses none.
type failOn struct {
	on    bool
	least plan.Severity
	// recorded is set for a saved plan: what changed in the rules and what left the manifest are as recorded there, were judged when the
	// plan was made, and prove nothing.
	recorded bool
}

func (f *failOn) flag(cmd *cobra.Command) {
	cmd.Flags().Var(f, flagFailOn,
		"refuse a plan with a risk of this `SEVERITY` (low, medium or high) or higher that the manifest does not accept")
}

// String implements [pflag.Value].
func (f *failOn) String() string {
	if !f.on {
		return ""
	}
	return f.least.String()
}

// Type implements [pflag.Value].
func (f *failOn) Type() string { return "SEVERITY" }

// Set implements [pflag.Value].
func (f *failOn) Set(text string) (err error) {
	f.on = true
	if f.least, err = plan.ParseSeverity(text); err != nil {
		return withHint(plan.DidYouMean(text, severityNames()), "write low, medium or high")
	}
	return nil
}

func severityNames() (names []string) {
	for s := plan.Low; s <= plan.High; s++ {
		names = append(names, s.String())
	}
	return names
}

// refuse refuses the plans that bring a risk of that severity or higher, or leave one with nobody who manages it.
func (f *failOn) refuse(runs accountRuns) {
	if !f.on {
		return
	}
	for _, r := range runs {
		if !r.failed() {
			r.refuse(f.problems(r.planned.Plan))
		}
	}
}

// problems names each risk, with its place in the manifest and what can be done about it.
func (f *failOn) problems(p *plan.Plan) []plan.Problem {
	var problems []plan.Problem
	add := func(risks []plan.Finding, at plan.Position, tell func(risk *plan.Finding) (about, hint string)) {
		for _, risk := range plan.AtLeast(risks, f.least) {
			about, hint := tell(&risk)
			problems = append(problems, plan.Problem{
				At: at, Summary: risk.Severity.String() + " risk", Detail: fmt.Sprintf("%s: %s [%s]", about, risk.Message, risk.Rule), Hint: hint,
			})
		}
	}
	for i := range p.Changes {
		if c := &p.Changes[i]; c.Action != plan.Blocked {
			add(c.Findings, c.Source, func(risk *plan.Finding) (about, hint string) {
				return risk.Address.String(), "take it out, or " + acceptHint(risk)
			})
		}
	}
	if f.recorded {
		return plan.SortProblems(problems)
	}
	for i := range p.Rules {
		r := &p.Rules[i]
		add(r.Findings, r.Source, func(*plan.Finding) (about, hint string) {
			return r.Key, "take it back; where it is meant, merge it in a change of its own that is reviewed without this limit: " +
				"it cannot be accepted"
		})
	}
	for i := range p.Leaving {
		l, absent := &p.Leaving[i], "`state: absent`"
		if l.Reason == plan.BesideAdditive {
			absent = "`grantsAbsent`"
		}
		add(l.Findings, l.Source, func(risk *plan.Finding) (about, hint string) {
			return fmt.Sprintf("%s leaves the manifest and stays: %s", l.Address, risk.Address),
				"keep the entry, or write " + absent + "; where it is to stay, " + acceptHint(risk)
		})
	}
	return plan.SortProblems(problems)
}

// acceptHint says how a risk can be accepted: as it was seen, where it is live.
func acceptHint(risk *plan.Finding) string {
	seen := ""
	if risk.Seen != "" {
		seen = ", seen: " + risk.Seen
	}
	return fmt.Sprintf("have it accepted in guardrails.accept: {rule: %s, address: %s, reason: WHY, reviewBy: YYYY-MM-DD%s}",
		risk.Rule, strconv.Quote(risk.Address.String()), seen)
}
