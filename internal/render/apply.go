package render

import (
	"fmt"
	"strings"

	"github.com/agencyctl/agencyctl/engine"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
)

// report writes what became of a plan: each change that was not applied with the reason, what could not be verified, and last
// the counts. Applied changes are only counted.
func (p *page) report(r *engine.Report, o Options) {
	if o.headings() {
		p.heading("Apply to", r.Account, plan.Cloud{}, "")
	}
	outcomes := make(map[addr.Address]engine.Outcome, len(r.Results))
	open := false
	for i := range r.Results {
		outcomes[r.Results[i].Address] = r.Results[i].Outcome
		open = open || r.Results[i].Outcome != engine.Applied
	}
	for i := range r.Results {
		if r.Results[i].Outcome != engine.Applied {
			p.result(&r.Results[i], outcomes, o)
		}
	}
	if open {
		p.gap()
	}
	rows := make([]remark, len(r.Unverified))
	for i, u := range r.Unverified {
		rows[i] = remark{title(u.Address.String()), u.Reason}
	}
	p.table("Not verified:", rows)
	p.line(0, bold, reportFoot(r))
	if len(r.LeftOut) > 0 {
		p.line(0, yellow, notYet(r.LeftOut))
	}
}

// result writes one change that was not applied.
func (p *page) result(r *engine.Result, outcomes map[addr.Address]engine.Outcome, o Options) {
	const wordColumn, actionColumn, detailIndent = 11, 19, 11
	p.put(outcomeStyle(r.Outcome), r.Outcome.String())
	p.indent(max(1, wordColumn-p.column))
	// For a manual or blocked change the action is the outcome, and once is enough.
	if r.Action.Writes() {
		p.put(plain, r.Action.String())
		p.indent(max(1, actionColumn-p.column))
	}
	p.put(plain, title(r.Address.String()))
	if !r.Cause.IsZero() {
		p.put(dim, "  because of "+title(r.Cause.String()))
		if outcome, known := outcomes[r.Cause]; known {
			p.put(dim, " ("+outcome.String()+")")
		}
	}
	p.end()
	if r.Err != nil {
		// The line above names them already.
		p.block(detailIndent, plain, strings.TrimPrefix(r.Err.Error(), fmt.Sprintf("%s %s: ", r.Action, r.Address)))
		p.hint(detailIndent, o.hint(r.Err))
	}
}

func outcomeStyle(o engine.Outcome) style {
	switch o {
	case engine.Failed:
		return red
	case engine.Skipped, engine.Cancelled:
		return yellow
	case engine.ByHand:
		return magenta
	case engine.Blocked:
		return cyan
	case engine.Applied:
	}
	return plain
}

// reportFoot returns the last line: how many changes were applied, whether they were read back, and how many were not applied.
func reportFoot(r *engine.Report) string {
	var open tally
	open.add(r.Count(engine.Failed), "failed")
	open.add(r.Count(engine.Skipped), "skipped")
	open.add(r.Count(engine.Cancelled), "cancelled")
	open.add(r.Count(engine.ByHand), "left to do by hand")
	open.add(r.Count(engine.Blocked), "blocked")
	text := "Nothing was applied"
	if n := r.Count(engine.Applied); n > 0 {
		text = "Applied " + Count(n, "change")
		switch {
		case r.Verified:
			text += ", verified"
		case len(r.Unverified) > 0:
			text += ", " + Count(len(r.Unverified), "change") + " not verified"
		default:
			text += ", not verified"
		}
	}
	if len(open) > 0 {
		text += "; " + open.String()
	}
	if r.Interrupted {
		text = "Interrupted. " + text
	}
	return text + "."
}

// notYet returns the last line of an apply that left changes out.
func notYet(all []plan.LeftOut) string {
	were := "were"
	if len(all) == 1 {
		were = "was"
	}
	return "The account is not yet as the manifest says: " + Count(len(all), "change") + " " + were + " left out by --target/--exclude."
}
