package render

import (
	"io"

	"github.com/agencyctl/agencyctl/plan"
)

// Problems writes what is wrong with manifests, one problem a line as editors and build logs understand it
// ("file:line:column: ..."), each with its hint below, and last the counts. The order is the caller's. The error is that
// of w.
func Problems(w io.Writer, problems []plan.Problem, o Options) error {
	page := newPage(o)
	for _, problem := range problems {
		page.problem(problem)
	}
	page.gap()
	page.line(0, bold, problemsFoot(problems))
	return page.send(w)
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

func problemsFoot(problems []plan.Problem) string {
	fatal := len(plan.Fatal(problems))
	warnings := len(problems) - fatal
	switch {
	case len(problems) == 0:
		return "No problems."
	case warnings == 0:
		return Count(fatal, "problem") + "."
	case fatal == 0:
		return "No problems, " + Count(warnings, "warning") + "."
	}
	return Count(fatal, "problem") + ", " + Count(warnings, "warning") + "."
}
