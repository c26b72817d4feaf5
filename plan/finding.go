package plan

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Severity weighs a finding. The zero value is [Low].
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

// UnmarshalText implements [encoding.TextUnmarshaler].
func (s *Severity) UnmarshalText(text []byte) error {
	for _, known := range []Severity{Low, Medium, High} {
		if known.String() == string(text) {
			*s = known
			return nil
		}
	}
	return fmt.Errorf("%.20q is no severity: low, medium or high", text)
}

// Finding is something that a rule says about a resource.
type Finding struct {
	Rule     string   `json:"rule"`
	Severity Severity `json:"severity"`
	Address  Address  `json:"address"`
	// Attribute is the attribute it is about; may be empty.
	Attribute string `json:"attribute,omitempty"`
	Message   string `json:"message"`
	Hint      string `json:"hint,omitempty"`
}

// SortFindings orders by address, rule, attribute and message, in place, and drops exact repeats.
func SortFindings(findings []Finding) []Finding {
	slices.SortFunc(findings, func(a, b Finding) int {
		return cmp.Or(CompareAddresses(a.Address, b.Address), strings.Compare(a.Rule, b.Rule), strings.Compare(a.Attribute, b.Attribute),
			strings.Compare(a.Message, b.Message))
	})
	return slices.Compact(findings)
}
