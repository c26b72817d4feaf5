package plan

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/plan/addr"
)

// Severity says how bad a finding is. The zero value is [Low].
type Severity uint8

// The severities, in rising order.
const (
	Low Severity = iota
	Medium
	High
)

// String returns "low", "medium" or "high".
func (s Severity) String() string {
	switch s {
	case Low:
		return "low"
	case Medium:
		return "medium"
	case High:
		return "high"
	}
	panic("plan: unknown severity")
}

// MarshalText implements [encoding.TextMarshaler].
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Finding is something that a rule says about a resource.
type Finding struct {
	Rule     string       `json:"rule"`
	Severity Severity     `json:"severity"`
	Address  addr.Address `json:"address"`
	// Attribute is the attribute it is about; may be empty.
	Attribute string `json:"attribute,omitempty"`
	Message   string `json:"message"`
	Hint      string `json:"hint,omitempty"`
	// Source is where the manifest says what it is about, where the address does not lead there: the acceptance, or the one of several
	// entries.
	Source Position `json:"source,omitzero"`
	// Fingerprint is that of [Finding.FingerprintIn], and set in the published form only; see [Plan.Published].
	Fingerprint string `json:"fingerprint"`
	// Seen is the digest of the live root that it is about, see [View.Seen]; empty where nothing is live, and where a change
	// brings or ends it.
	Seen string `json:"seen,omitempty"`
	// Accepted is set where the manifest accepts the finding, and says why and until when.
	Accepted Accepted `json:"accepted,omitzero"`
	// Trace is who brought it about, in a drift and where that was asked and is known.
	Trace *Trace `json:"trace,omitempty"`
}

// Rule says what findings of one rule are. Every finding has a rule, and every rule is documented.
type Rule struct {
	// ID is what findings name: words in lower case with hyphens, the same from release to release.
	ID string
	// Guardrail marks a rule that the manifest itself sets: a breach is an error where it is desired. By a live resource that the
	// manifest does not list it can be accepted, as it was seen.
	Guardrail bool
	// Bookkeeping marks a rule about the manifest's own acceptances, days, and changes of its rules. An edit there ends the finding, so
	// it cannot be accepted.
	Bookkeeping bool
	// Administrator marks a rule whose findings say that a resource gives everything.
	Administrator bool
}

// The rules of this package.
const (
	// RuleTrustRenewed is about a trust with an end that gets a later end for the same principal. It may have ended already.
	RuleTrustRenewed = "trust-renewed"
	// RuleTakesUnlisted is about a new principal who gains what the manifest does not list.
	RuleTakesUnlisted = "trust-takes-unlisted"
	// RuleWayToEverything is about a change that completes a chain by which a principal from outside can do everything.
	RuleWayToEverything = "way-to-everything"
	// RuleDeleteInUse is about a delete that takes the resource away from what the plan does not manage.
	RuleDeleteInUse = "delete-in-use"
	// RuleUpdateInUse is about a new content of a resource that the plan does not manage all users of.
	RuleUpdateInUse = "update-in-use"
	// RuleLeavesDangling is about a delete of what another resource goes on naming.
	RuleLeavesDangling = "leaves-dangling"
	// RuleAcceptanceBroad is about an acceptance of a whole type of resources.
	RuleAcceptanceBroad = "acceptance-broad"
	// RuleAcceptanceLong is about an acceptance that nobody has to review for more than a year.
	RuleAcceptanceLong = "acceptance-long"
	// RuleRuleWeakened is about a rule of the manifest that is weaker than in the base.
	RuleRuleWeakened = "rule-weakened"
	// RuleAcceptanceOverdue is about an acceptance that should have been reviewed by now.
	RuleAcceptanceOverdue = "acceptance-overdue"
	// RuleReviewOverdue is about an entry that should have been reviewed by now.
	RuleReviewOverdue = "review-overdue"
)

// Rules returns the rules of this package, which hold for every service.
func Rules() []Rule {
	return []Rule{
		{ID: RuleAcceptanceBroad, Bookkeeping: true}, {ID: RuleAcceptanceLong, Bookkeeping: true},
		{ID: RuleAcceptanceOverdue, Bookkeeping: true}, {ID: RuleReviewOverdue, Bookkeeping: true}, {ID: RuleDeleteInUse},
		{ID: RuleLeavesDangling}, {ID: RuleRuleWeakened, Bookkeeping: true}, {ID: RuleTrustRenewed}, {ID: RuleTakesUnlisted},
		{ID: RuleUpdateInUse}, {ID: RuleWayToEverything},
	}
}

// ParseSeverity reads "low", "medium" or "high".
func ParseSeverity(text string) (Severity, error) {
	for s := Low; s <= High; s++ {
		if s.String() == text {
			return s, nil
		}
	}
	return Low, fmt.Errorf("%.20q is no severity: write low, medium or high", text)
}

// UnmarshalText implements [encoding.TextUnmarshaler] by [ParseSeverity].
func (s *Severity) UnmarshalText(text []byte) error {
	parsed, err := ParseSeverity(string(text))
	if err != nil {
		return err
	}
	*s = parsed
	return nil
}

// AtLeast returns the findings of severity limit or higher that nobody accepted, in the same order.
func AtLeast(findings []Finding, limit Severity) []Finding {
	var weighty []Finding
	for _, f := range findings {
		if f.Accepted.IsZero() && f.Severity >= limit {
			weighty = append(weighty, f)
		}
	}
	return weighty
}

// SortFindings orders by address, rule, attribute and message, in place, and drops exact repeats.
func SortFindings(findings []Finding) []Finding {
	compare := func(a, b *Finding) int {
		if c := addr.Compare(a.Address, b.Address); c != 0 {
			return c // nearly always
		}
		return cmp.Or(strings.Compare(a.Rule, b.Rule), strings.Compare(a.Attribute, b.Attribute), strings.Compare(a.Message, b.Message))
	}
	sortRuns(findings, compare)
	return slices.Compact(findings)
}

// FindingsInWords returns findings as a part of a message; "nothing" for none.
func FindingsInWords(findings []Finding) string {
	texts := make([]string, len(findings))
	for i, f := range findings {
		texts[i] = fmt.Sprintf("%s %s (%s)", f.Severity, f.Rule, f.Message)
		if !f.Accepted.IsZero() {
			texts[i] += fmt.Sprintf(", accepted: %q", f.Accepted.Reason)
		}
	}
	return cmp.Or(strings.Join(texts, "; "), "nothing")
}
