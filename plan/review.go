package plan

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// review is a day of the manifest by which somebody was to look again, and that has passed.
type review struct {
	at      Position
	summary string
	finding Finding
}

// overdue returns the reviews of acceptances and entries whose day lies before that of now, in UTC. The zero time has no day
// before it.
func overdue(acceptances []Acceptance, desired []Desired, now time.Time) []review {
	today := now.UTC().Format(time.DateOnly)
	var reviews []review
	for _, a := range acceptances {
		if strings.Compare(a.ReviewBy, today) < 0 {
			reviews = append(reviews, review{a.At, "acceptance overdue", Finding{
				Rule: RuleAcceptanceOverdue, Severity: Medium,
				Message: fmt.Sprintf("%s was accepted for %s and was to be looked at again by %s (%s)", a.Rule, a.Address, a.ReviewBy, a.Reason),
				Hint:    fmt.Sprintf("end the risk, or give %s a later reviewBy", a.At),
			}})
		}
	}
	for i := range desired {
		d := &desired[i]
		// Children have the notes of their root, and what a rename leaves behind has those of the new resource.
		if d.Notes.ReviewBy == "" || !d.Parent.IsZero() || !d.ReplacedBy.IsZero() || strings.Compare(d.Notes.ReviewBy, today) >= 0 {
			continue
		}
		message := "the entry was to be looked at again by " + d.Notes.ReviewBy
		if d.Notes.Reason != "" {
			message += " (" + d.Notes.Reason + ")"
		}
		reviews = append(reviews, review{d.Source, "review overdue", Finding{
			Rule: RuleReviewOverdue, Severity: Medium, Address: d.Address, Attribute: "reviewBy", Message: message,
			Hint: fmt.Sprintf("take it out, or look at it and give %s a later reviewBy", d.Source),
		}})
	}
	return reviews
}

// Overdue returns a finding for each acceptance and each entry that was to be looked at again before the day of now, in UTC.
// Desired are the resources of all entries. Nothing else in a manifest depends on the day.
func Overdue(acceptances []Acceptance, desired []Desired, now time.Time) []Finding {
	var findings []Finding
	for _, r := range overdue(acceptances, desired, now) {
		findings = append(findings, r.finding)
	}
	return SortFindings(findings)
}

// OverdueWarnings returns the same as warnings, each at its place.
func OverdueWarnings(acceptances []Acceptance, desired []Desired, now time.Time) []Problem {
	var warnings []Problem
	for _, r := range overdue(acceptances, desired, now) {
		detail := r.finding.Message
		if !r.finding.Address.IsZero() {
			detail = r.finding.Address.String() + ": " + detail
		}
		warnings = append(warnings, Problem{At: r.at, Summary: r.summary, Detail: detail, Hint: r.finding.Hint, Warning: true})
	}
	return SortProblems(warnings)
}

// WithoutDays returns the findings that depend on no day, in the same order.
func WithoutDays(findings []Finding) []Finding {
	return slices.DeleteFunc(slices.Clone(findings), func(f Finding) bool {
		return f.Rule == RuleAcceptanceOverdue || f.Rule == RuleReviewOverdue
	})
}
