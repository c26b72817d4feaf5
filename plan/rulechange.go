package plan

import (
	"cmp"
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/plan/addr"
)

// RuleChange is a rule that the base and the manifest give differently. Rules are what every later change is judged by: guardrails,
// ownership, acceptances, what is left unread, where calls go, and what an entry holds live state against.
type RuleChange struct {
	// Key is where the rule stands: "guardrails.maxDuration", or the address of an entry, a blank and a key of it.
	Key string `json:"key"`
	// Before and After are the whole values; nil where that side has none. Lists in which the order means nothing are sorted. The
	// nodes have places, unless the change was read from a file.
	Before *Node `json:"before"`
	After  *Node `json:"after"`
	// Weakens is set where less is forbidden, held or looked at than before. Findings has one finding for each item that does.
	Weakens  bool      `json:"weakens"`
	Findings []Finding `json:"findings"`
	// Source is the place of what weakens the rule, or else of what differs: in the manifest, and in the base for what is gone.
	Source Position `json:"source,omitzero"`
}

// RuleItem names what [Manifest.RulesAt] has a place for: a key such as "ownership.prune", or an item of its value.
type RuleItem struct{ Key, Item string }

// RuledBy returns m with the rules of another manifest for the same account in the place of its own: cloud and entries are those of m.
// So is the account's id, where the rules give none.
func (m *Manifest) RuledBy(rules *Manifest) *Manifest {
	ruled := *m
	ruled.Account = Account{Name: rules.Account.Name, ID: cmp.Or(rules.Account.ID, m.Account.ID)}
	ruled.Guardrails, ruled.Acceptances, ruled.Ownership = rules.Guardrails, rules.Acceptances, rules.Ownership
	ruled.NotRead, ruled.NotReadAt, ruled.Endpoints, ruled.RulesAt = rules.NotRead, rules.NotReadAt, rules.Endpoints, rules.RulesAt
	return &ruled
}

// weakening is one way in which a rule becomes weaker.
type weakening struct {
	severity      Severity
	message, hint string
	// at is the place of the item; zero for that of the whole value.
	at Position
}

// ruleComparer compares the rules of two manifests.
type ruleComparer struct {
	base, head *Manifest
	// own are the names of the account, as written and as read.
	own []string
	// guardrailRules are the rules about breaches of guardrails.
	guardrailRules map[string]bool
	changes        []RuleChange
}

// findRuleChanges lists the rules that the manifest gives otherwise than its base.
func (b *builder) findRuleChanges() {
	base := b.in.Base
	if base == nil {
		return
	}
	c := ruleComparer{base: base.Manifest, head: cmp.Or(base.Proposed, b.in.Manifest), guardrailRules: map[string]bool{}}
	for _, rule := range b.in.Knowledge.Rules() {
		c.guardrailRules[rule.ID] = rule.Guardrail
	}
	c.own = []string{b.in.Snapshot.Account.Name, c.head.Account.Name}
	c.account()
	c.cloud()
	c.guardrails(base.Guardrails)
	c.ownership()
	c.entries(base.Desired, b.in.Desired)
	b.plan.Rules, b.plan.RulesFromBase = c.changes, base.Proposed != nil
}

// add adds a difference. Before and after differ in meaning.
func (c *ruleComparer) add(key string, before, after *Node, weak []weakening) {
	c.addAbout(addr.Address{}, key, before, after, weak)
}

// addAbout adds a difference in the entry of a resource, or in a section where the address is zero.
func (c *ruleComparer) addAbout(about addr.Address, key string, before, after *Node, weak []weakening) {
	change := RuleChange{Key: key, Before: before, After: after, Weakens: len(weak) > 0}
	if !about.IsZero() {
		change.Key = about.String() + " " + key
	}
	for _, w := range weak {
		change.Findings = append(change.Findings, Finding{
			Rule: RuleRuleWeakened, Severity: w.severity, Address: about, Attribute: key, Message: w.message, Hint: w.hint,
		})
		change.Source = cmp.Or(change.Source, w.at)
	}
	change.Findings = SortFindings(change.Findings)
	gone, come := change.Items()
	for _, n := range slices.Concat(come, gone, []*Node{after, before}) {
		change.Source = cmp.Or(change.Source, n.Position())
	}
	c.changes = append(c.changes, change)
}

// Items returns what goes and what comes: the items of a list, or the pairs of a mapping as mappings of one pair, where both sides are
// of that kind. Of any other change they are the whole values.
func (r *RuleChange) Items() (gone, come []*Node) {
	parts := func(n *Node) []*Node {
		if n == nil {
			return nil
		}
		if n.Kind == List {
			return n.Items
		}
		var all []*Node
		for i := range n.Entries {
			all = append(all, &Node{Kind: Map, Entries: n.Entries[i : i+1], At: n.Entries[i].Value.Position()})
		}
		return all
	}
	switch {
	case r.Before == nil:
		return nil, []*Node{r.After}
	case r.After == nil:
		return []*Node{r.Before}, nil
	case r.Before.Kind != r.After.Kind, r.Before.Kind != List && r.Before.Kind != Map:
		return []*Node{r.Before}, []*Node{r.After}
	}
	return differing(parts(r.Before), parts(r.After), textOf)
}

// differing returns the nodes of before whose key is not among those of after, and the other way round.
func differing(before, after []*Node, key func(*Node) string) (gone, come []*Node) {
	without := func(nodes, others []*Node) []*Node {
		known := make(map[string]bool, len(others))
		for _, n := range others {
			known[key(n)] = true
		}
		return slices.DeleteFunc(slices.Clone(nodes), func(n *Node) bool { return known[key(n)] })
	}
	return without(before, after), without(after, before)
}

// textOf returns the canonical JSON of a node. Nodes with the same mean the same.
func textOf(n *Node) string { return string(n.AppendJSON(nil)) }

func sameNode(x, y *Node) bool { return textOf(x) == textOf(y) }

// sortedList returns a copy of a list, sorted by the JSON of its items; nil for nil.
func sortedList(list *Node) *Node {
	if list == nil {
		return nil
	}
	texts := make(map[*Node]string, len(list.Items))
	for _, n := range list.Items {
		texts[n] = textOf(n)
	}
	sorted := &Node{Kind: List, Items: slices.Clone(list.Items), At: list.At}
	slices.SortStableFunc(sorted.Items, func(x, y *Node) int { return strings.Compare(texts[x], texts[y]) })
	return sorted
}

// textAt returns a text with its place; nil for no text.
func textAt(text string, at Position) *Node {
	if text == "" {
		return nil
	}
	return &Node{Kind: Text, Text: text, At: at}
}

// listOf returns the list of a key of the manifest with the place of each item; nil for no item.
func (m *Manifest) listOf(key string, items []string) *Node {
	if len(items) == 0 {
		return nil
	}
	list := &Node{Kind: List, At: m.RulesAt[RuleItem{Key: key}]}
	for _, item := range items {
		list.Items = append(list.Items, textAt(item, m.RulesAt[RuleItem{key, item}]))
	}
	return sortedList(list)
}
