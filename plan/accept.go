package plan

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/agencyctl/agencyctl/plan/addr"
)

// Acceptance says that the author knows a risk and accepts it.
type Acceptance struct {
	// Rule is the rule whose findings are accepted, and Address says about which resources.
	Rule    string       `json:"rule"`
	Address addr.Pattern `json:"address"`
	// Accepted is why and until when.
	Accepted
	// At is where the entry stands in the manifest.
	At Position `json:"source,omitzero"`
}

// Accepted says why a finding is accepted, and by which day (YYYY-MM-DD) somebody is to look at it again. The zero value
// means that nobody accepted it.
type Accepted struct {
	Reason   string `json:"reason"`
	ReviewBy string `json:"reviewBy"`
}

// IsZero reports whether nothing is accepted.
func (a Accepted) IsZero() bool { return a == Accepted{} }

func (a Acceptance) covers(f Finding) bool { return a.Rule == f.Rule && a.Address.Match(f.Address) }

// acceptor marks findings as accepted and remembers which acceptances were needed.
type acceptor struct {
	acceptances []Acceptance
	used        []bool
}

func newAcceptor(acceptances []Acceptance) *acceptor {
	return &acceptor{acceptances: acceptances, used: make([]bool, len(acceptances))}
}

// mark sets Accepted on the findings that an acceptance covers, in place, and returns all findings. The first acceptance that
// covers a finding counts.
func (a *acceptor) mark(findings []Finding) []Finding {
	for i := range findings {
		for k, acceptance := range a.acceptances {
			if !acceptance.covers(findings[i]) {
				continue
			}
			a.used[k] = true
			if findings[i].Accepted.IsZero() {
				findings[i].Accepted = acceptance.Accepted
			}
		}
	}
	return findings
}

// unused returns a warning for each acceptance that covered nothing: it would hide a risk that comes later.
func (a *acceptor) unused() []Problem {
	var problems []Problem
	for k, acceptance := range a.acceptances {
		if !a.used[k] {
			problems = append(problems, Problem{
				At: acceptance.At, Summary: "nothing to accept", Warning: true,
				Detail: fmt.Sprintf("no finding of %s is about %s", acceptance.Rule, acceptance.Address),
				Hint:   "remove the entry, so that it does not hide a risk that comes later",
			})
		}
	}
	return problems
}

// Overdue returns a finding for each acceptance whose ReviewBy lies before the day of now, in UTC. A plan knows no clock, so only
// drift and the like can ask.
func Overdue(acceptances []Acceptance, now time.Time) []Finding {
	today := now.UTC().Format(time.DateOnly)
	var overdue []Finding
	for _, a := range acceptances {
		if strings.Compare(a.ReviewBy, today) < 0 {
			overdue = append(overdue, Finding{
				Rule: RuleAcceptanceOverdue, Severity: Medium,
				Message: fmt.Sprintf("%s was accepted for %s and was to be looked at again by %s (%s)", a.Rule, a.Address, a.ReviewBy, a.Reason),
				Hint:    fmt.Sprintf("end the risk, or give %s a later reviewBy", a.At),
			})
		}
	}
	return SortFindings(slices.Clip(overdue))
}
