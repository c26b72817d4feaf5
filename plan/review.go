package plan

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// review is something in the bookkeeping of the manifest that somebody is to look at again.
type review struct {
	summary string
	finding Finding
}

// reviews returns what is to be looked at again in the manifest's own bookkeeping: acceptances of a whole type; and, judged at now in
// UTC, acceptances and entries whose day lies before, and acceptances whose day lies more than a year ahead. The zero time judges no
// day.
func reviews(m *Manifest, desired []Desired, knows Knowledge, now time.Time) []review {
	var all []review
	today, latest := "", ""
	if !now.IsZero() {
		today, latest = now.UTC().Format(time.DateOnly), now.UTC().AddDate(1, 0, 0).Format(time.DateOnly)
	}
	for i := range m.Acceptances {
		all = append(all, reviewsOf(&m.Acceptances[i], knows, today, latest)...)
	}
	for i := range desired {
		d := &desired[i]
		// Children have the notes of their root, and what a rename leaves behind has those of the new resource.
		if d.Noted().ReviewBy == "" || !d.Parent.IsZero() || !d.ReplacedBy.IsZero() {
			continue
		}
		if r, overdue := d.overdue(today); overdue {
			all = append(all, r)
		}
	}
	return all
}

// overdue returns what is to be looked at again of the entries of a root: those whose day lies before today.
func (d *Desired) overdue(today string) (r review, is bool) {
	entries := d.SaidBeside().Entries
	if len(entries) == 0 {
		entries = []Entry{{d.Source, d.Notes}}
	}
	var messages, places []string
	for _, e := range entries {
		if e.Notes == nil || e.Notes.ReviewBy == "" || strings.Compare(e.Notes.ReviewBy, today) >= 0 {
			continue
		}
		message := "the entry was to be looked at again by " + e.Notes.ReviewBy
		if len(entries) > 1 {
			message = fmt.Sprintf("the entry at %s was to be looked at again by %s", e.At, e.Notes.ReviewBy)
		}
		if e.Notes.Reason != "" {
			message += " (" + e.Notes.Reason + ")"
		}
		if len(places) == 0 {
			r.finding.Source = e.At
		}
		messages, places = append(messages, message), append(places, e.At.String())
	}
	r.summary = "review overdue"
	r.finding = Finding{
		Rule: RuleReviewOverdue, Severity: Medium, Address: d.Address, Attribute: "reviewBy", Message: strings.Join(messages, "; "),
		Source: r.finding.Source, Hint: fmt.Sprintf("take it out, or look at it and give %s a later reviewBy", strings.Join(places, " and ")),
	}
	return r, len(places) > 0
}

// reviewsOf returns what is to be looked at again of one acceptance. Empty days are not judged.
func reviewsOf(a *Acceptance, knows Knowledge, today, latest string) (all []review) {
	add := func(summary, rule, message, hint string) {
		all = append(all, review{summary, Finding{Rule: rule, Severity: Medium, Message: message, Hint: hint, Source: a.At}})
	}
	if strings.Compare(a.ReviewBy, today) < 0 {
		what := "risk"
		if slices.Contains(Classes(), a.Rule) {
			what = "difference"
		}
		add("acceptance overdue", RuleAcceptanceOverdue,
			fmt.Sprintf("%s was accepted for %s and was to be looked at again by %s (%s)", a.Rule, a.Address, a.ReviewBy, a.Reason),
			fmt.Sprintf("end the %s, or give %s a later reviewBy", what, a.At))
	}
	if latest != "" && strings.Compare(a.ReviewBy, latest) > 0 {
		add("acceptance long", RuleAcceptanceLong,
			fmt.Sprintf("%s is accepted for %s until %s, for more than a year (%s)", a.Rule, a.Address, a.ReviewBy, a.Reason),
			fmt.Sprintf("give %s a reviewBy of %s at the latest", a.At, latest))
	}
	for _, prefix := range knows.Prefixes() {
		if a.Seen == "" && a.Address.CoversMost(prefix) { // what was seen is one root
			add("acceptance broad", RuleAcceptanceBroad,
				fmt.Sprintf("%s is accepted for %s, so also for whatever comes later (%s)", a.Rule, a.Address, a.Reason),
				fmt.Sprintf("name at %s the resources that were looked at", a.At))
			break
		}
	}
	return all
}

// reviewFindings returns a finding for each of the reviews that the manifest needs at now: of acceptances that are broad, long or
// overdue, and of entries that are overdue. Desired are the resources of all entries. Nothing else in a manifest depends on the day,
// and the zero time judges none.
func reviewFindings(m *Manifest, desired []Desired, knows Knowledge, now time.Time) []Finding {
	var findings []Finding
	for _, r := range reviews(m, desired, knows, now) {
		findings = append(findings, r.finding)
	}
	return SortFindings(findings)
}

// ReviewWarnings returns the same as warnings, each at its place.
func ReviewWarnings(m *Manifest, desired []Desired, knows Knowledge, now time.Time) []Problem {
	var warnings []Problem
	for _, r := range reviews(m, desired, knows, now) {
		detail := r.finding.Message
		if !r.finding.Address.IsZero() {
			detail = r.finding.Address.String() + ": " + detail
		}
		warnings = append(warnings, Problem{At: r.finding.Source, Summary: r.summary, Detail: detail, Hint: r.finding.Hint, Warning: true})
	}
	return SortProblems(warnings)
}
