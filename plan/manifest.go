package plan

import (
	"slices"

	"github.com/agencyctl/agencyctl/plan/addr"
)

// Account names an account, by name, id or both.
type Account struct {
	Name string `json:"name,omitempty"`
	ID   string `json:"id,omitempty"`
}

// String returns the name, or the id of a nameless account.
func (a Account) String() string {
	if a.Name != "" {
		return a.Name
	}
	return a.ID
}

// Cloud says which cloud a manifest is for.
type Cloud struct {
	Kind   string `json:"kind"`
	Region string `json:"region,omitempty"`
}

// Manifest is what the author wrote for one account, merged from all its files and structurally valid. The entries of Sections
// are for the providers to read.
type Manifest struct {
	Account Account
	// AccountAt is where the account is named.
	AccountAt Position
	Cloud     Cloud
	// Endpoints override the address of a service, by service name.
	Endpoints map[string]string
	// NotRead are the parts of the account that the author leaves unread, sorted, in words that providers document.
	NotRead []string
	// NotReadAt is where each of them stands.
	NotReadAt map[string]Position
	Ownership Ownership
	// Selectors are the patterns of addresses that Ownership and Acceptances hold, with their places, in the order of reading.
	Selectors []Selector
	// RulesAt is where the keys of account-wide rules stand, and the items of their lists; only those without a place of their own.
	RulesAt map[RuleItem]Position
	// Guardrails is the section of that name; nil when there is none.
	Guardrails *Node
	// Acceptances are the risks that the author has accepted, in source order.
	Acceptances []Acceptance
	// Sections are the lists of entries by section name.
	Sections map[string][]*Node
	// Digest identifies the meaning of the manifest: "sha256:" and 64 hexadecimal digits over the canonical JSON of
	// all sections. Comments, formatting and file names do not count.
	Digest string
	// Files are the names of the files it was merged from, sorted.
	Files []string
}

// Selector is a pattern of addresses in a setting of a manifest.
type Selector struct {
	// Setting is the path of the setting: "ownership.protect".
	Setting string
	Pattern addr.Pattern
	At      Position
}

// Ownership says which live resources a manifest is responsible for beside those it lists.
type Ownership struct {
	Include []addr.Pattern `json:"include,omitempty"`
	Exclude []addr.Pattern `json:"exclude,omitempty"`
	// Prune deletes owned resources that are not listed. It has no effect without Include.
	Prune   bool           `json:"prune,omitempty"`
	Protect []addr.Pattern `json:"protect,omitempty"`
	// MaxDeletes refuses a plan that deletes more, and MaxDeletesAt is where it stands.
	MaxDeletes   DeleteLimit `json:"maxDeletes,omitzero"`
	MaxDeletesAt Position    `json:"-"`
	// MaxDeletesImplied is set where the manifest does not give the limit, and Prune implies one.
	MaxDeletesImplied bool `json:"-"`
}

// Owns reports whether the root at a is the manifest's responsibility by pattern, listed or not.
func (o Ownership) Owns(a addr.Address) bool {
	return addr.MatchAny(o.Include, a) && !addr.MatchAny(o.Exclude, a)
}

// prunes reports whether the live root goes because it is owned and not listed. Unsure is set where its removal is to be blocked
// instead: one of the cloud's services may have made it, and "*" takes in such names unseen, where "ops-*" was meant.
func (o Ownership) prunes(l *Live) (prunes, unsure bool) {
	if !o.Prune || l.ServiceMade || !l.AnsweredBy.IsZero() || !o.Owns(l.Address) {
		return false, false
	}
	narrowly := func(p addr.Pattern) bool { return p.IsNarrow() && p.Match(l.Address) }
	unsure = l.MaybeServiceMade && !slices.ContainsFunc(o.Include, narrowly)
	return !unsure, unsure
}
