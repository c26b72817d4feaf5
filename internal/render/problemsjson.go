package render

import (
	"io"

	"github.com/agencyctl/agencyctl/plan"
)

// ProblemsJSON writes problems in the format of the published schema "validate", in the caller's order.
func ProblemsJSON(w io.Writer, problems []plan.Problem) error {
	out := problemsJSON{FormatVersion: plan.FormatVersion, Problems: make([]problemJSON, len(problems))}
	for i, p := range problems {
		out.Problems[i] = problemJSON{
			File: p.At.File, Line: p.At.Line, Column: p.At.Column, Summary: p.Summary, Detail: p.Detail, Hint: p.Hint,
			Warning: p.Warning,
		}
	}
	return writeJSON(w, out)
}

type problemsJSON struct {
	FormatVersion string        `json:"formatVersion"`
	Problems      []problemJSON `json:"problems"`
}

// problemJSON has all its keys always: a script that prints them need not ask which are there.
type problemJSON struct {
	File    string `json:"file"`
	Line    int    `json:"line"`
	Column  int    `json:"column"`
	Summary string `json:"summary"`
	Detail  string `json:"detail"`
	Hint    string `json:"hint"`
	Warning bool   `json:"warning"`
}
