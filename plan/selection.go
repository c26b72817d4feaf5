package plan

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/plan/addr"
)

// Selection narrows a plan to a part of its changes. The zero Selection keeps all of them.
type Selection struct {
	// Target keeps the changes that it selects and leaves out all others; empty keeps everything. Exclude leaves out the
	// changes that it selects, even where Target keeps them. A pattern that selects a root selects its children too.
	Target  []addr.Pattern `json:"target,omitempty"`
	Exclude []addr.Pattern `json:"exclude,omitempty"`
	// AcceptedOn, a day (YYYY-MM-DD), leaves out the changes that end a difference which the manifest accepts on that day. With a root go
	// none of its children.
	AcceptedOn string `json:"acceptedOn,omitempty"`
}

// IsZero reports whether nothing is narrowed.
func (s Selection) IsZero() bool { return len(s.Target)+len(s.Exclude)+len(s.AcceptedOn) == 0 }

// LeftOut is a change that the selection leaves out of a plan.
type LeftOut struct {
	Address addr.Address `json:"address"`
	// Action is what the change would have been, "blocked" and "manual" included.
	Action Action `json:"action"`
	// NotInPlan is set where no selection leaves it out: the manifest gives the change now, and a saved plan does not have it.
	NotInPlan bool `json:"notInPlan,omitempty"`
	// Accepted is set where it is left out because the manifest accepts how the resource differs.
	Accepted Accepted `json:"accepted,omitzero"`
}

// keeps reports whether the change stays in the plan. A delete of a root with an excluded child does not.
func (s Selection) keeps(c *Change) bool {
	matches := func(patterns []addr.Pattern) bool {
		return addr.MatchAny(patterns, c.Address) || addr.MatchAny(patterns, c.Root()) ||
			c.Before != nil && !c.Before.Was.IsZero() && addr.MatchAny(patterns, c.Before.Was)
	}
	return (len(s.Target) == 0 || matches(s.Target)) && !matches(s.Exclude) &&
		!slices.ContainsFunc(c.With, func(child addr.Address) bool { return addr.MatchAny(s.Exclude, child) })
}

// markLeftOut marks the changes that are not selected. They stay among the changes, as blocked, until all edges are there: a kept
// change that depends on one of them must be blocked.
func (b *builder) markLeftOut() {
	if b.in.Options.Select.IsZero() {
		return
	}
	b.leftOut = map[addr.Address]LeftOut{}
	accepts := b.in.Accepting(b.in.Manifest.Acceptances)
	for i := range b.changes {
		c := &b.changes[i]
		if accepted := accepts(c); !accepted.IsZero() || !b.in.Options.Select.keeps(c) {
			b.leftOut[c.Address] = LeftOut{Address: c.Address, Action: c.Action, Accepted: accepted}
			c.Action = Blocked
		}
	}
}

// Accepting returns which of some acceptances covers the difference that a change ends, in the live state of in and on the day that its
// selection names; the zero Accepted for none, and where the selection names no day.
func (in Input) Accepting(acceptances []Acceptance) func(c *Change) Accepted {
	if in.Options.Select.AcceptedOn == "" {
		return func(*Change) Accepted { return Accepted{} }
	}
	m := *in.Manifest
	m.Acceptances, in.Manifest = acceptances, &m
	return newAcceptor(&in, NewView(in.Snapshot, m.Ownership, in.Desired)).acceptedOf
}

// dropLeftOut moves the changes that are left out to the plan's LeftOut, and drops their addresses from the edges of the others.
// What they leave in place is still weighed.
func (b *builder) dropLeftOut() {
	if b.in.Options.Select.IsZero() {
		return
	}
	b.plan.LeftOut = slices.SortedFunc(maps.Values(b.leftOut), func(x, y LeftOut) int { return addr.Compare(x.Address, y.Address) })
	kept := make([]Change, 0, len(b.changes))
	for _, c := range b.changes {
		if b.isLeftOut(c.Address) {
			b.dropped = append(b.dropped, c)
		} else {
			kept = append(kept, c)
		}
	}
	b.changes = kept
	for i := range b.changes {
		c := &b.changes[i]
		c.DependsOn = slices.DeleteFunc(c.DependsOn, b.isLeftOut)
		c.RunsAfter = slices.DeleteFunc(c.RunsAfter, b.isLeftOut)
		c.Confirms = slices.DeleteFunc(c.Confirms, b.isLeftOut)
	}
}

// selectionName is how the user gives the selection.
func (b *builder) selectionName() string { return cmp.Or(b.in.Options.Names.Select, "the selection") }

// leftOutBy says in words what leaves the change at a out.
func (b *builder) leftOutBy(a addr.Address) string {
	if !b.leftOut[a].Accepted.IsZero() {
		return "left out, as guardrails.accept accepts it"
	}
	return "left out by " + b.selectionName()
}

// isLeftOut reports whether the selection leaves the change at a out.
func (b *builder) isLeftOut(a addr.Address) bool { return b.leftOut[a].Action != 0 }

// Miss is a pattern of a selection that selects nothing.
type Miss struct {
	Pattern addr.Pattern
	// Unmanaged is set where it selects live resources, but none that the manifest lists or owns.
	Unmanaged bool
	// Unlisted is set for one that must name a resource of the manifest.
	Unlisted bool
	// Hint names what was perhaps meant; may be empty.
	Hint string
}

// Problem returns the miss as a problem. The setting is how the user gave the pattern.
func (m Miss) Problem(setting string) Problem {
	p := Problem{
		Summary: "nothing selected", Detail: fmt.Sprintf("%s %q matches no resource, live or listed", setting, m.Pattern),
		Hint: m.Hint,
	}
	if m.Unmanaged {
		p.Detail = fmt.Sprintf("%s %q matches only what the manifest neither lists nor owns", setting, m.Pattern)
	}
	if m.Unlisted {
		p.Detail = fmt.Sprintf("%s %q names no resource that the manifest lists", setting, m.Pattern)
	}
	if p.Hint == "" && m.Unlisted {
		p.Hint = "write an address as a plan shows it"
	}
	if p.Hint == "" {
		p.Hint = "write an address as a plan shows it; * stands for any text"
	}
	return p
}

// Misses returns the patterns of Target and of Exclude that select no resource of the input, each once. Otherwise a misspelt
// pattern would silently keep too little, or leave out nothing. To exclude an unmanaged resource is needless, and no miss.
func (in Input) Misses() (target, exclude []Miss) {
	if in.Options.Select.IsZero() {
		return nil, nil
	}
	desired := map[addr.Address]bool{}
	var managed, unmanaged []addr.Address
	for _, d := range in.Desired {
		desired[d.Address] = true
		managed = append(managed, d.Address)
	}
	for _, l := range in.Snapshot.Resources {
		root := l.Root()
		switch {
		case desired[l.Address]:
		case desired[root] || in.Manifest.Ownership.Owns(root):
			managed = append(managed, l.Address)
		default:
			unmanaged = append(unmanaged, l.Address)
		}
		if !l.Was.IsZero() {
			managed = append(managed, l.Was)
		}
	}
	near := nearAddresses{addresses: managed}
	miss := func(patterns []addr.Pattern, least bool) []Miss {
		var found []Miss
		for i, p := range patterns {
			if slices.Contains(patterns[:i], p) || slices.ContainsFunc(managed, p.Match) {
				continue
			}
			m := Miss{Pattern: p, Unmanaged: slices.ContainsFunc(unmanaged, p.Match)}
			if m.Unmanaged && least {
				continue
			}
			if m.Hint = TypeHint(p, in.Knowledge.Prefixes()); m.Hint == "" {
				m.Hint = near.didYouMean(p)
			}
			found = append(found, m)
		}
		return found
	}
	return miss(in.Options.Select.Target, false), miss(in.Options.Select.Exclude, true)
}

// MissedSettings returns a warning for each pattern in the manifest's settings that selects no resource, live or listed: it holds
// nothing, and may be misspelt. One of a whole type has no name to misspell, and waits for what may come. One of an acceptance that says
// what was seen was right then: a remark says that it may go.
func (in Input) MissedSettings() []Problem {
	known := make([]addr.Address, 0, len(in.Desired)+len(in.Snapshot.Resources))
	for i := range in.Desired {
		known = append(known, in.Desired[i].Address)
	}
	for i := range in.Snapshot.Resources {
		l := &in.Snapshot.Resources[i]
		if known = append(known, l.Address); !l.Was.IsZero() {
			known = append(known, l.Was)
		}
	}
	seen := map[addr.Pattern]bool{}
	for _, a := range in.Manifest.Acceptances {
		seen[a.Address] = a.Seen != "" || seen[a.Address]
	}
	var warnings []Problem
	near := nearAddresses{addresses: known}
	for _, s := range in.Manifest.Selectors {
		if s.Pattern.IsWholeType() || s.Setting == ruleAccept && seen[s.Pattern] || slices.ContainsFunc(known, s.Pattern.Match) {
			continue
		}
		w := Miss{Pattern: s.Pattern, Hint: near.didYouMean(s.Pattern)}.Problem(s.Setting)
		w.At, w.Warning = s.At, true
		warnings = append(warnings, w)
	}
	return SortProblems(warnings)
}

// TypeHint says what to write instead of a pattern that can select nothing, because no known address begins as it does; "" for any
// other pattern. Prefixes are the beginnings of known addresses; see [Knowledge].
func TypeHint(p addr.Pattern, prefixes []string) string {
	if slices.ContainsFunc(prefixes, p.Below) {
		return ""
	}
	text := p.String()
	word, rest, _ := strings.Cut(text, "/")
	if second, after, more := strings.Cut(rest, "/"); slices.ContainsFunc(prefixes, func(prefix string) bool {
		return strings.HasPrefix(prefix, word+"/")
	}) {
		word, rest = word+"/"+second, after
		if !more {
			rest = "**"
		}
	}
	if near := NewNames(prefixes).Nearest(word, 1); len(near) > 0 {
		return fmt.Sprintf("did you mean %q?", near[0]+"/"+rest)
	}
	return "addresses begin with " + strings.Join(prefixes, ", ")
}
