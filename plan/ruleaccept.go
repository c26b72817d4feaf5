package plan

import (
	"fmt"
	"slices"
	"strings"
)

// maxKnown is how many acceptances of the base the message about a wider one names.
const maxKnown = 3

// acceptances compares what is accepted. An acceptance weakens unless one of the base covers it.
func (c *ruleComparer) acceptances() {
	before, after := acceptanceList(c.base.Acceptances), acceptanceList(c.head.Acceptances)
	if sameNode(before, after) {
		return
	}
	old := newAcceptanceIndex(c.base.Acceptances)
	var weak []weakening
	for i := range c.head.Acceptances {
		a := &c.head.Acceptances[i]
		if known, covered := c.acceptedBefore(a, old); !covered {
			about := "findings of " + a.Rule
			if slices.Contains(Classes(), a.Rule) {
				about = "differences of the class " + a.Rule
			}
			message := fmt.Sprintf("%s about %q are accepted until %s%s", about, a.Address, a.ReviewBy, a.state())
			weak = append(weak, weakening{severity: High, at: a.At, message: message + known})
		}
	}
	c.add(ruleAccept, before, after, weak)
}

// acceptedBefore reports whether an acceptance of the base covers a: of the same rule, for at least its address, for as long, and for the
// state that a was given for. Known says what else was accepted of it, as the end of a message.
func (c *ruleComparer) acceptedBefore(a *Acceptance, index *acceptanceIndex) (known string, covered bool) {
	var parts []string
	for _, i := range index.near(a.Rule, a.Address) {
		old := &index.all[i]
		if old.Seen == "" && a.Seen != "" && (c.guardrailRules[a.Rule] || slices.Contains(Classes(), a.Rule) && ClassNeedsSeen(a.Rule)) {
			continue // such an acceptance never held
		}
		wider := old.Address.Covers(a.Address)
		switch {
		case wider && old.ReviewBy >= a.ReviewBy && (old.Seen == "" || old.Seen == a.Seen) &&
			(old.Wanted == "" || old.Wanted == a.Wanted):
			return "", true
		case wider:
			parts = append(parts, "until "+old.ReviewBy+old.state())
		case a.Address.Covers(old.Address):
			parts = append(parts, fmt.Sprintf("for %q%s", old.Address, old.state()))
		}
	}
	if len(parts) == 0 {
		return "", false
	}
	if more := len(parts) - maxKnown; more > 0 {
		parts = append(parts[:maxKnown], fmt.Sprintf("for %d more", more))
	}
	return ", and were accepted " + strings.Join(parts, " and ") + " only", false
}

// state says for which state an acceptance is, as a part of a message; "" for any.
func (a *Acceptance) state() string {
	state := ""
	if a.Seen != "" {
		state = " in the state " + brief(a.Seen)
	}
	if a.Wanted != "" {
		state += ", with " + brief(a.Wanted) + " wanted"
	}
	return state
}

// acceptanceList returns acceptances as the sorted list of a manifest; nil for none.
func acceptanceList(all []Acceptance) *Node {
	if len(all) == 0 {
		return nil
	}
	list := &Node{Kind: List}
	for _, a := range all {
		item := &Node{Kind: Map, At: a.At, Entries: []Pair{
			{Key: "rule", Value: NewText(a.Rule)}, {Key: "address", Value: NewText(a.Address.String())},
			{Key: "reason", Value: NewText(a.Reason)}, {Key: "reviewBy", Value: NewText(a.ReviewBy)},
		}}
		if a.Seen != "" {
			item.Entries = append(item.Entries, Pair{Key: "seen", Value: NewText(a.Seen)})
		}
		if a.Wanted != "" {
			item.Entries = append(item.Entries, Pair{Key: "wanted", Value: NewText(a.Wanted)})
		}
		list.Items = append(list.Items, item)
	}
	return sortedList(list)
}
