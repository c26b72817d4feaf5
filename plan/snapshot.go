package plan

import "github.com/agencyctl/agencyctl/plan/addr"

// Snapshot is everything a plan knows of reality: the observed resources, the names they refer to, and, just as
// important, what was and what was not read. Planning works from this one value, read live or from a file.
type Snapshot struct {
	Account Account `json:"account,omitzero"`
	Cloud   Cloud   `json:"cloud,omitzero"`
	// Resources are sorted by address; no address occurs twice.
	Resources []Live     `json:"resources,omitempty"`
	Catalogue *Catalogue `json:"catalogue,omitempty"`
	// Quotas are sorted by type. A type without one may have any number of resources.
	Quotas []Quota `json:"quotas,omitempty"`
	// Coverage are the addresses that were read: within it, a resource that is not listed does not exist. Outside it
	// nothing is known.
	Coverage []addr.Pattern `json:"coverage,omitempty"`
	// NotRead names what exists, or may exist, and was not looked at.
	NotRead  []NotRead `json:"notRead,omitempty"`
	Warnings []string  `json:"warnings,omitempty"`
}

// NotRead is a part of reality that was not looked at, and why.
type NotRead struct {
	Subject string `json:"subject"`
	Reason  string `json:"reason"`
}

// Covers reports whether the resource at a was read: if it is not in Resources, it is not there.
func (s *Snapshot) Covers(a addr.Address) bool { return addr.MatchAny(s.Coverage, a) }
