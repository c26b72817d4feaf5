package plan

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/agencyctl/agencyctl/plan/addr"
)

// account compares the guards by which a manifest is held against the account of the credentials. The account that it names counts as
// the own one, so another name is trusted.
func (c *ruleComparer) account() {
	is, was := c.head.Account, c.base.Account
	if was.ID != is.ID {
		var weak []weakening
		switch {
		case is.ID == "":
			weak = one(Medium, "the account is not held to the id %q any more", was.ID)
		case was.ID != "":
			weak = one(Medium, "the manifest is for another account: its id was %q", was.ID)
		}
		c.add("account.id", textAt(was.ID, c.base.AccountAt), textAt(is.ID, c.head.AccountAt), weak)
	}
	if was.Name != is.Name {
		var weak []weakening
		if is.Name != "" {
			weak = one(Medium, "%q counts as the own account now, which may be trusted", is.Name)
		}
		c.add("account.name", textAt(was.Name, c.base.AccountAt), textAt(is.Name, c.head.AccountAt), weak)
	}
}

// cloud compares what is read, and where calls go. What another region means for entries is told by the changes.
func (c *ruleComparer) cloud() {
	text := func(m *Manifest, key, value string) *Node { return textAt(value, m.RulesAt[RuleItem{Key: key}]) }
	if was, is := c.base.Cloud.Kind, c.head.Cloud.Kind; was != is {
		c.add(ruleCloudKind, text(c.base, ruleCloudKind, was), text(c.head, ruleCloudKind, is),
			one(Medium, "another cloud is read and changed: %s instead of %s", is, was))
	}
	if was, is := c.base.Cloud.Region, c.head.Cloud.Region; was != is {
		c.add(ruleCloudRegion, text(c.base, ruleCloudRegion, was), text(c.head, ruleCloudRegion, is), nil)
	}
	c.endpoints()
	c.notRead()
}

// The keys of rules outside guardrails and entries.
const (
	ruleCloudKind   = "cloud.kind"
	ruleCloudRegion = "cloud.region"
	ruleEndpoints   = "cloud.endpoints"
	ruleNotRead     = "cloud.notRead"
	ruleInclude     = "ownership.include"
	ruleExclude     = "ownership.exclude"
	ruleProtect     = "ownership.protect"
	rulePrune       = "ownership.prune"
	ruleMaxDeletes  = "ownership.maxDeletes"
	ruleAccept      = "guardrails.accept"
)

// one returns a single weakening.
func one(severity Severity, format string, arguments ...any) []weakening {
	return []weakening{{severity: severity, message: fmt.Sprintf(format, arguments...)}}
}

func (c *ruleComparer) endpoints() {
	node := func(m *Manifest) *Node {
		if len(m.Endpoints) == 0 {
			return nil
		}
		n := &Node{Kind: Map, At: m.RulesAt[RuleItem{Key: ruleEndpoints}]}
		for _, service := range slices.Sorted(maps.Keys(m.Endpoints)) {
			url := strings.TrimSuffix(m.Endpoints[service], "/")
			n.Entries = append(n.Entries, Pair{Key: service, Value: textAt(url, m.RulesAt[RuleItem{ruleEndpoints, service}])})
		}
		return n
	}
	before, after := node(c.base), node(c.head)
	if sameNode(before, after) {
		return
	}
	var weak []weakening
	for _, pair := range after.Pairs() {
		if was := before.Get(pair.Key); !sameNode(was, pair.Value) {
			w := one(Medium, "calls to %s, with the credentials, go to %s", pair.Key, pair.Value)
			w[0].at = pair.Value.At
			weak = append(weak, w...)
		}
	}
	c.add(ruleEndpoints, before, after, weak)
}

// notRead compares what is left unread. A word covers all that begins with it and a colon.
func (c *ruleComparer) notRead() {
	isIn := func(part string, parts []string) bool {
		whole, _, _ := strings.Cut(part, ":")
		return slices.Contains(parts, part) || slices.Contains(parts, whole)
	}
	list := func(m *Manifest) *Node {
		n := m.listOf(ruleNotRead, m.NotRead)
		for _, item := range n.Elements() {
			item.At = m.NotReadAt[item.Text]
		}
		return n
	}
	var weak []weakening
	for _, part := range c.head.NotRead {
		if !isIn(part, c.base.NotRead) {
			weak = append(weak, weakening{
				severity: High, at: c.head.NotReadAt[part], message: fmt.Sprintf("%q is not read any more: nobody sees what changes there", part),
			})
		}
	}
	lost := slices.ContainsFunc(c.base.NotRead, func(part string) bool { return !isIn(part, c.head.NotRead) })
	if len(weak) > 0 || lost {
		c.add(ruleNotRead, list(c.base), list(c.head), weak)
	}
}

func (c *ruleComparer) ownership() {
	is, was := c.head.Ownership, c.base.Ownership
	c.include(was, is)
	c.patterns(ruleExclude, was.Exclude, is.Exclude, covers, func(p addr.Pattern) weakening {
		return weakening{severity: Medium, message: fmt.Sprintf("%q is not owned any more: what is live there is neither reported nor pruned", p)}
	}, func(p addr.Pattern) weakening {
		if !is.Prune {
			return weakening{}
		}
		return weakening{severity: Medium, message: fmt.Sprintf("%q is not excluded any more: what is live there and owned is pruned", p)}
	})
	c.patterns(ruleProtect, was.Protect, is.Protect, covers, nil, func(p addr.Pattern) weakening {
		if slices.ContainsFunc(is.Protect, p.Covers) {
			return weakening{severity: High, message: fmt.Sprintf("%q is protected in part only", p)}
		}
		return weakening{severity: High, message: fmt.Sprintf("%q is not protected any more", p)}
	})
	if was.Prune != is.Prune {
		node := func(m *Manifest) *Node {
			return &Node{Kind: Bool, Bool: m.Ownership.Prune, At: m.RulesAt[RuleItem{Key: rulePrune}]}
		}
		var weak []weakening
		if is.Prune {
			weak = one(High, "what is owned and not listed is deleted")
		}
		c.add(rulePrune, node(c.base), node(c.head), weak)
	}
	c.maxDeletes(was, is)
}

// covers reports whether one of patterns selects at least what p selects.
func covers(patterns []addr.Pattern, p addr.Pattern) bool {
	return slices.ContainsFunc(patterns, func(q addr.Pattern) bool { return q.Covers(p) })
}

// include compares what is owned. More may then be deleted, less is then looked at: either is told.
func (c *ruleComparer) include(was, is Ownership) {
	// Prune asks for a narrow pattern where a service may have made the resource, so a wide one does not cover a narrow one.
	owns := func(patterns []addr.Pattern, p addr.Pattern) bool {
		return slices.ContainsFunc(patterns, func(q addr.Pattern) bool { return q.Covers(p) && (q.IsNarrow() || !p.IsNarrow()) })
	}
	c.patterns(ruleInclude, was.Include, is.Include, owns, func(p addr.Pattern) weakening {
		w := weakening{severity: Medium, message: fmt.Sprintf("%q is owned now", p)}
		if p.BeginsWild() {
			w.severity, w.message = High, fmt.Sprintf("%q is owned now, and it begins with a wildcard", p)
		}
		if is.Prune {
			w.message += ": what is live there and not listed is deleted"
		}
		return w
	}, func(p addr.Pattern) weakening {
		if covers(is.Include, p) {
			return weakening{}
		}
		return weakening{severity: Medium, message: fmt.Sprintf("%q is not owned any more: what is live there is neither reported nor pruned", p)}
	})
}

// patterns compares two lists of patterns. A pattern that the other list covers makes no difference. Gained and lost say in which way
// one that is not covered weakens the rule; they return the zero weakening, or are nil, where it does not.
func (c *ruleComparer) patterns(key string, was, is []addr.Pattern, covered func([]addr.Pattern, addr.Pattern) bool,
	gained, lost func(addr.Pattern) weakening) {
	var weak []weakening
	differs := false
	look := func(m *Manifest, patterns, others []addr.Pattern, judge func(addr.Pattern) weakening) {
		for _, p := range patterns {
			if covered(others, p) {
				continue
			}
			differs = true
			if judge == nil {
				continue
			}
			if w := judge(p); w.message != "" {
				w.at = m.RulesAt[RuleItem{key, p.String()}]
				weak = append(weak, w)
			}
		}
	}
	look(c.head, is, was, gained)
	look(c.base, was, is, lost)
	if differs {
		c.add(key, c.base.listOf(key, textsOf(was)), c.head.listOf(key, textsOf(is)), weak)
	}
}

func textsOf(patterns []addr.Pattern) []string {
	texts := make([]string, len(patterns))
	for i, p := range patterns {
		texts[i] = p.String()
	}
	return texts
}

// maxDeletes compares the limits that hold, implied ones included.
func (c *ruleComparer) maxDeletes(was, is Ownership) {
	before, after := was.MaxDeletes, is.MaxDeletes
	if before.String() == after.String() {
		return
	}
	raised := func(x, y *int) bool { return x != nil && y != nil && *y > *x }
	words := func(o Ownership) string {
		if o.MaxDeletesImplied {
			return o.MaxDeletes.String() + ", implied by ownership.prune"
		}
		return o.MaxDeletes.String()
	}
	var weak []weakening
	switch {
	case before.IsZero() && is.MaxDeletesImplied:
		return // prune is told
	case before.IsZero():
	case after.IsZero():
		weak = one(Medium, "a plan may delete any number of resources: the limit was %s", words(was))
	case raised(before.Count, after.Count), raised(before.Share, after.Share):
		weak = one(Medium, "a plan may delete more: the limit is %s, and was %s", words(is), words(was))
	case (before.Count == nil) != (after.Count == nil):
		weak = one(Medium, "the limit is %s, and was %s: nobody can tell which of the two is lower", words(is), words(was))
	}
	c.add(ruleMaxDeletes, before.node(was.MaxDeletesAt), after.node(is.MaxDeletesAt), weak)
}

// node returns the limit as a manifest gives it; nil for none.
func (l DeleteLimit) node(at Position) *Node {
	if l.Count == nil {
		return textAt(l.String(), at)
	}
	return &Node{Kind: Int, Int: int64(*l.Count), Text: strconv.Itoa(*l.Count), At: at}
}
