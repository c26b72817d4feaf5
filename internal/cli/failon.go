package cli

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/agencyctl/agencyctl/plan"
)

// failOn is the value of --fail-on: the least severity of a risk that refuses a plan. The zero failOn refuses none.
type failOn struct {
	on    bool
	least plan.Severity
}

func (f *failOn) flag(cmd *cobra.Command) {
	cmd.Flags().Var(f, "fail-on", "refuse a plan that brings a risk of this `SEVERITY` (low, medium or high) or more that the manifest does not accept")
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
	f.least, err = plan.ParseSeverity(text)
	return err
}

// refuse refuses the plans that bring too great a risk. Tell them after the plans were shown.
func (f *failOn) refuse(runs accountRuns) {
	if !f.on {
		return
	}
	for _, r := range runs {
		if r.plan != nil {
			r.refuse(f.problems(r.plan))
		}
	}
}

// problems names each risk, where the manifest asks for it, and how it can be accepted.
func (f *failOn) problems(p *plan.Plan) []plan.Problem {
	var problems []plan.Problem
	for _, risk := range plan.AtLeast(p.Raised(), f.least) {
		problems = append(problems, plan.Problem{
			At: broughtAt(p, risk), Summary: risk.Severity.String() + " risk",
			Detail: fmt.Sprintf("%s: %s [%s]", risk.Address, risk.Message, risk.Rule),
			Hint: fmt.Sprintf("take it out, or have it accepted in guardrails.accept: {rule: %s, address: %s, reason: WHY, reviewBy: YYYY-MM-DD}",
				risk.Rule, strconv.Quote(risk.Address.String())),
		})
	}
	return plan.SortProblems(problems)
}

// broughtAt is where the manifest speaks of the change that brings the risk.
func broughtAt(p *plan.Plan, risk plan.Finding) plan.Position {
	for i := range p.Changes {
		if slices.Contains(p.Changes[i].Findings, risk) {
			return p.Changes[i].Source
		}
	}
	return plan.Position{}
}
