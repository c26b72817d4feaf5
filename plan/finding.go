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
	// Accepted is set where the manifest accepts the finding, and says why and until when.
	Accepted Accepted `json:"accepted,omitzero"`
}

// Rule says what findings of one rule are. Every finding has a rule, and every rule is documented.
type Rule struct {
	// ID is what findings name: words in lower case with hyphens, the same from release to release.
	ID string
	// Guardrail marks a rule that the manifest itself sets: a breach is an error where it is desired, and cannot be accepted.
	Guardrail bool
	// OfRules marks a rule about a change of the manifest's own rules. An acceptance is such a change, so none accepts it.
	OfRules bool
	// Day marks a rule about a day that has passed. A later day ends the finding, so it cannot be accepted.
	Day bool
}

// Acceptable reports whether a manifest may accept findings of the rule.
func (r Rule) Acceptable() bool { return !r.Guardrail && !r.OfRules && !r.Day }

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
		{ID: RuleAcceptanceOverdue, Day: true}, {ID: RuleReviewOverdue, Day: true}, {ID: RuleDeleteInUse}, {ID: RuleLeavesDangling},
		{ID: RuleRuleWeakened, OfRules: true},
		{ID: RuleTrustRenewed}, {ID: RuleTakesUnlisted}, {ID: RuleUpdateInUse}, {ID: RuleWayToEverything},
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
	slices.SortFunc(findings, func(a, b Finding) int {
		if c := addr.Compare(a.Address, b.Address); c != 0 {
			return c // nearly always
		}
		return cmp.Or(strings.Compare(a.Rule, b.Rule), strings.Compare(a.Attribute, b.Attribute), strings.Compare(a.Message, b.Message))
	})
	return slices.Compact(findings)
}

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

// unused returns a remark for each acceptance that covered nothing.
func (a *acceptor) unused() []Remark {
	var remarks []Remark
	for k, acceptance := range a.acceptances {
		if !a.used[k] {
			remarks = append(remarks, Remark{Kind: RemarkAcceptance, Address: acceptance.Address, Rule: acceptance.Rule, Source: acceptance.At})
		}
	}
	return remarks
}
