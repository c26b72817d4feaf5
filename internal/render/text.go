package render

import (
	"io"

	"github.com/agencyctl/agencyctl/plan"
)

// writeText is the format "text", for a terminal or a pull request. It holds results only: what went wrong is for standard
// error, see [WriteFailure]. The exception is validate, whose result is the problems.
func writeText(w io.Writer, r Report, o Options) error {
	p := newPage(o)
	if r.Kind == Validate && r.Failure == nil {
		p.width = 0 // editors and build logs read problems by the line
		p.validated(&r)
	} else {
		p.wrong(&r, o)
	}
	for i := range r.Accounts {
		switch a := &r.Accounts[i]; {
		case r.Kind == Plan && a.Plan != nil:
			p.gap()
			p.plan(a.Plan, o)
		case r.Kind == Drift && a.Drift != nil:
			p.gap()
			p.drift(a.Drift, o)
		case r.Kind == Audit && a.Audit != nil:
			p.gap()
			p.audit(a.Audit, o)
		// Of an empty plan, the plan itself has said that there is nothing to do.
		case r.Kind == Apply && a.Apply != nil && len(a.Apply.Results)+len(a.Apply.LeftOut) > 0:
			p.gap()
			p.apart = p.apart || a.Plan != nil // it stands above
			p.report(a.Apply, a.Plan, o)
		case r.Kind == Whoami && a.Caller != nil && (a.Failure == nil || a.Caller.Permissions != nil): // without either, nothing is known
			p.gap()
			p.caller(a.Caller, o)
		case r.Kind == List && a.Listing != nil && a.Failure == nil:
			p.gap()
			p.listing(a.Listing)
		}
	}
	return p.send(w)
}

// wrong writes what is wrong with the input as a whole, and in a document that stands alone, what failed.
func (p *page) wrong(r *Report, o Options) {
	if r.Kind != Apply || o.Alone { // else it stands above, with the plan
		for _, problem := range r.Problems {
			p.problem(problem)
		}
	}
	failed := func(whom string, f *Failure) {
		if f != nil && o.Alone {
			p.block(0, red, "Failed"+whom+": "+f.message())
		}
	}
	failed("", r.Failure)
	for i := range r.Accounts {
		failed(": account "+title(r.Accounts[i].Account.String()), r.Accounts[i].Failure)
	}
}

// validated writes the problems of all manifests, or that there is none.
func (p *page) validated(r *Report) {
	if len(r.Problems) > 0 {
		p.problems(r.Problems)
	}
	if len(plan.Fatal(r.Problems)) > 0 {
		return
	}
	p.line(0, plain, validText(r)+".")
}

// validText counts what was found to be valid.
func validText(r *Report) string {
	resources := 0
	for _, a := range r.Accounts {
		resources += a.Resources
	}
	return "Valid: " + plan.Counted(resources, "resource") + " in " + plan.Counted(len(r.Accounts), "account")
}

// problems writes one problem a line as editors and build logs understand it ("file:line:column: ..."), each with its hint
// below, and last the counts. The order is the caller's.
func (p *page) problems(all []plan.Problem) {
	for _, problem := range all {
		p.problem(problem)
	}
	p.gap()
	p.line(0, bold, problemCount(all)+".")
}

func (p *page) problem(problem plan.Problem) {
	if at := problem.At.String(); at != "" {
		p.put(bold, at+":")
		p.put(plain, " ")
	}
	look := red
	if problem.Warning {
		look = yellow
		p.put(look, "warning: ")
	}
	p.put(look, problem.Summary)
	if problem.Detail != "" {
		p.put(plain, ": "+problem.Detail)
	}
	p.end()
	p.hint(2, problem.Hint)
}

func problemCount(problems []plan.Problem) string {
	fatal := len(plan.Fatal(problems))
	warnings := len(problems) - fatal
	switch {
	case warnings == 0:
		return plan.Counted(fatal, "problem")
	case fatal == 0:
		return "No problems, " + plan.Counted(warnings, "warning")
	}
	return plan.Counted(fatal, "problem") + ", " + plan.Counted(warnings, "warning")
}

// WriteFailure writes a failure for standard error, with what to do about it. The account is the zero Account for a failure
// of the run as a whole. The error is that of w.
func WriteFailure(w io.Writer, account plan.Account, f *Failure, o Options) error {
	p := newPage(o)
	p.width = 0
	begin := "agencyctl: "
	switch {
	case account == (plan.Account{}):
	case o.Several:
		p.line(0, plain, "Account "+title(account.String())+":")
	default:
		begin += "account " + title(account.String()) + ": "
	}
	if f.Err != nil {
		p.block(0, plain, begin+f.Err.Error()) // joined errors stand on lines of their own
		if hint := o.hint(f.Err); hint != "" {
			p.block(0, plain, "hint: "+hint)
		}
	}
	if len(f.Problems) > 0 {
		p.problems(f.Problems)
	}
	return p.send(w)
}
