package schema

import (
	"fmt"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/agencyctl/agencyctl/plan"
)

// Limits of one run over all sources. What an alias stands for counts each time it is used.
const (
	maxDepth     = 64
	maxValues    = 2_000_000
	maxTextBytes = 64 << 20
)

// budget counts down the limits of [Parse].
type budget struct{ values, bytes int }

func newBudget() *budget { return &budget{values: maxValues, bytes: maxTextBytes} }

// cost is what a tree takes from the budget.
type cost struct{ values, bytes, depth int }

func (c *cost) add(part cost) {
	c.values += part.values
	c.bytes += part.bytes
	c.depth = max(c.depth, part.depth+1)
}

// converter turns the YAML nodes of one document into a tree of plain values.
type converter struct {
	file     string
	budget   *budget
	problems problems
	// exhausted is set when a limit is reached; the document is then given up.
	exhausted bool
	// shared holds what each anchor stands for, so that aliases share one tree; nil while the anchor is being built.
	shared map[*yaml.Node]*shared
	nodes  []plan.Node
}

type shared struct {
	node *plan.Node
	cost cost
}

func newConverter(file string, budget *budget) *converter {
	return &converter{file: file, budget: budget, shared: map[*yaml.Node]*shared{}}
}

func (c *converter) document(root *yaml.Node) *plan.Node {
	if root.Kind != yaml.DocumentNode || len(root.Content) == 0 {
		return nil
	}
	node, _ := c.value(root.Content[0], 1)
	return node
}

func (c *converter) at(n *yaml.Node) plan.Position {
	return plan.Position{File: c.file, Line: n.Line, Column: n.Column}
}

func (c *converter) problem(n *yaml.Node, summary, detail, hint string) {
	c.problems.add(plan.Problem{At: c.at(n), Summary: summary, Detail: detail, Hint: hint})
}

// give returns a node from a block, which spares an allocation each.
func (c *converter) give(kind plan.Kind, n *yaml.Node) *plan.Node {
	if len(c.nodes) == 0 {
		c.nodes = make([]plan.Node, 256)
	}
	node := &c.nodes[0]
	c.nodes = c.nodes[1:]
	node.Kind, node.At = kind, c.at(n)
	return node
}

// spend takes a part from the budget, and gives the document up when nothing is left.
func (c *converter) spend(n *yaml.Node, part cost, depth int) bool {
	if c.exhausted {
		return false
	}
	c.budget.values -= part.values
	c.budget.bytes -= part.bytes
	switch {
	case depth+part.depth > maxDepth:
		c.exhausted = true
		c.problem(n, "nested too deeply", fmt.Sprintf("more than %d levels stand inside one another", maxDepth), "write it flatter")
	case c.budget.values < 0 || c.budget.bytes < 0:
		c.exhausted = true
		c.problem(n, "too many values", fmt.Sprintf("with what aliases stand for, the manifests hold more than %d values or %d MiB of text",
			maxValues, maxTextBytes>>20),
			"use fewer aliases, or check accounts one by one")
	}
	return !c.exhausted
}

// value converts one node. It returns nil only when the document is given up.
func (c *converter) value(n *yaml.Node, depth int) (*plan.Node, cost) {
	if n.Kind == yaml.AliasNode {
		return c.alias(n, depth)
	}
	own := cost{values: 1, bytes: len(n.Value)}
	if !c.spend(n, own, depth) {
		return nil, own
	}
	if n.Anchor != "" {
		c.shared[n] = nil
	}
	var node *plan.Node
	switch n.Kind {
	case yaml.MappingNode:
		node = c.mapping(n, depth, &own)
	case yaml.SequenceNode:
		node = c.sequence(n, depth, &own)
	default:
		node = c.scalar(n)
	}
	if n.Anchor != "" {
		c.shared[n] = &shared{node: node, cost: own}
	}
	return node, own
}

func (c *converter) alias(n *yaml.Node, depth int) (*plan.Node, cost) {
	target, built := c.shared[n.Alias]
	if !built && n.Alias.Kind == yaml.ScalarNode { // an anchor on a key
		return c.value(n.Alias, depth)
	}
	if target == nil {
		c.problem(n, "alias inside its own anchor", fmt.Sprintf("*%s stands inside the value that it names", n.Value), "write the value out")
		return c.give(plan.Null, n), cost{values: 1}
	}
	if !c.spend(n, target.cost, depth) {
		return nil, target.cost
	}
	return target.node, target.cost
}

func (c *converter) sequence(n *yaml.Node, depth int, own *cost) *plan.Node {
	node := c.give(plan.List, n)
	c.checkTag(n, "!!seq")
	if len(n.Content) == 0 {
		return node
	}
	node.Items = make([]*plan.Node, 0, len(n.Content))
	for _, item := range n.Content {
		child, part := c.value(item, depth+1)
		if child == nil {
			return nil
		}
		own.add(part)
		node.Items = append(node.Items, child)
	}
	return node
}

func (c *converter) mapping(n *yaml.Node, depth int, own *cost) *plan.Node {
	node := c.give(plan.Map, n)
	c.checkTag(n, "!!map")
	if len(n.Content) == 0 {
		return node
	}
	node.Entries = make([]plan.Pair, 0, len(n.Content)/2)
	keys := newKeySet(len(n.Content) / 2)
	var merges []*yaml.Node
	for i := 0; i+1 < len(n.Content); i += 2 {
		keyNode, valueNode := n.Content[i], n.Content[i+1]
		if keyNode.Kind == yaml.ScalarNode && keyNode.Tag == "!!merge" {
			merges = append(merges, valueNode)
			continue
		}
		key, ok := c.key(n, keyNode)
		child, part := c.value(valueNode, depth+1)
		if child == nil {
			return nil
		}
		own.add(part)
		own.bytes += len(key)
		if !ok {
			continue
		}
		at := c.at(keyNode)
		if first, twice := keys.put(node.Entries, key, len(node.Entries)); twice {
			c.problem(keyNode, "key given twice", fmt.Sprintf("%q stands here and at %s", key, node.Entries[first].KeyAt), "keep one of the two")
			continue
		}
		node.Entries = append(node.Entries, plan.Pair{Key: key, KeyAt: at, Value: child})
	}
	for _, m := range merges {
		if !c.merge(node, keys, m, depth, own) {
			return nil
		}
	}
	return node
}

// merge adds the pairs of a merge key ("<<"): a mapping, or a list of mappings of which the first to have a key wins.
// Keys that the mapping has itself win over all.
func (c *converter) merge(into *plan.Node, keys *keySet, n *yaml.Node, depth int, own *cost) bool {
	from, part := c.value(n, depth+1)
	if from == nil {
		return false
	}
	own.add(part)
	sources := []*plan.Node{from}
	if from.Kind == plan.List {
		sources = from.Items
	}
	for _, source := range sources {
		if source.Kind != plan.Map {
			c.problem(n, "wrong merge", "<< takes the keys of a mapping, and this is "+source.Kind.String(),
				"write <<: *ANCHOR, where the anchor names a mapping")
			continue
		}
		for _, pair := range source.Entries {
			if _, twice := keys.put(into.Entries, pair.Key, len(into.Entries)); !twice {
				into.Entries = append(into.Entries, pair)
			}
		}
	}
	return true
}

// key returns the text of a key of the mapping around.
func (c *converter) key(around, n *yaml.Node) (string, bool) {
	target := n
	if n.Kind == yaml.AliasNode {
		target = n.Alias
	}
	if target.Kind != yaml.ScalarNode {
		if target.Kind == yaml.MappingNode && around.Style&yaml.FlowStyle != 0 && n.Line == around.Line && n.Column == around.Column+1 {
			c.problem(around, "not a manifest yet", "{{"+asInTemplate, templateHint)
			return "", false
		}
		c.problem(n, "key is not a text", "a key is a text, and this is a list or a mapping", "write a plain name before the colon")
		return "", false
	}
	if !c.spend(n, cost{bytes: len(target.Value)}, 0) {
		return "", false
	}
	if target.Tag == "!!str" && target.Value == "" {
		c.problem(n, "empty key", "the text before the colon is empty", "write a name before the colon")
		return "", false
	}
	switch target.Tag {
	case "!!str", "!!timestamp", "!!merge":
		if around.Style&yaml.FlowStyle != 0 && beginsComment(target.Value) && strings.Contains(target.Value, `"`) {
			c.problem(n, "not a comment", noComment, commentHint)
		}
		return target.Value, c.checkCharacters(n, target.Value)
	}
	c.problem(n, "key is not a text", fmt.Sprintf("a key is a text, and YAML reads %s as another kind of value", short(target.Value)),
		"put it in quotes: "+short(target.Value))
	return "", false
}

// checkTag refuses every explicit tag but the one the value has anyway.
func (c *converter) checkTag(n *yaml.Node, usual string) {
	if n.Style&yaml.TaggedStyle != 0 && n.Tag != usual {
		c.problem(n, "tag not allowed", fmt.Sprintf("%s gives the value a type that manifests do not have", short(n.Tag)), "remove the tag")
	}
}

// keySet finds keys that a mapping has already: by looking through a few, by a table of many.
type keySet struct{ index map[string]int }

func newKeySet(size int) *keySet {
	if size <= 8 {
		return &keySet{}
	}
	return &keySet{index: make(map[string]int, size)}
}

// put notes that key will stand at position next of entries, or returns where it stands already.
func (k *keySet) put(entries []plan.Pair, key string, next int) (int, bool) {
	if k.index == nil {
		for i := range entries {
			if entries[i].Key == key {
				return i, true
			}
		}
		if len(entries) < 32 {
			return 0, false
		}
		k.index = make(map[string]int, 2*len(entries)) // merges made it grow
		for i := range entries {
			k.index[entries[i].Key] = i
		}
	}
	if i, twice := k.index[key]; twice {
		return i, true
	}
	k.index[key] = next
	return 0, false
}
