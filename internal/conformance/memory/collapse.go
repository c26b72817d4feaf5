package memory

import (
	"slices"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
)

// Collapse implements [providers.Provider]. Entries are sorted by name, keys stand in the order of the schema, and what
// expanding would fill in by itself is left out.
func (Provider) Collapse(live []plan.Live, _ *plan.Catalogue) map[string][]*plan.Node {
	sorted := slices.Clone(live)
	slices.SortFunc(sorted, func(a, b plan.Live) int { return addr.Compare(a.Address, b.Address) })
	items := map[addr.Address][]plan.Live{}
	for _, l := range sorted {
		if l.Address.Type() == typeItem {
			items[l.Parent] = append(items[l.Parent], l)
		}
	}
	sections := map[string][]*plan.Node{}
	for _, l := range sorted {
		switch {
		case l.ServiceMade:
		case l.Address.Type() == typeBox:
			sections[SectionBoxes] = append(sections[SectionBoxes], boxNode(l, items[l.Address]))
		case l.Address.Type() == typeDoc:
			sections[SectionDocs] = append(sections[SectionDocs], docNode(l))
		}
	}
	return sections
}

func boxNode(l plan.Live, items []plan.Live) *plan.Node {
	n := &plan.Node{Kind: plan.Map}
	put(n, "name", plan.NewText(nameOf(l.Address)))
	owner, _ := l.Attributes[AttributeOwner].AsString()
	put(n, keyOwnedBy, plan.NewText(owner))
	if life, _ := l.Attributes[AttributeLife].AsString(); life != Forever {
		put(n, AttributeLife, plan.NewText(life))
	}
	if label, _ := l.Attributes[AttributeLabel].AsString(); label != "" {
		put(n, AttributeLabel, plan.NewText(label))
	}
	if tags, _ := l.Attributes[AttributeTags].AsSet(); len(tags) > 0 {
		put(n, AttributeTags, listNode(tags))
	}
	if config, _ := l.Attributes[AttributeConfig].AsDocument(); config != "" && config != "{}" {
		put(n, AttributeConfig, jsonNode(config))
	}
	if len(items) > 0 {
		put(n, "items", itemsNode(items))
	}
	return n
}

// itemsNode groups items, sorted by address, into lists of kinds by scope.
func itemsNode(items []plan.Live) *plan.Node {
	n := &plan.Node{Kind: plan.Map}
	for _, l := range items {
		_, scope, kind, ok := itemParts(l.Address)
		if !ok {
			continue
		}
		list := n.Get(scope)
		if list == nil {
			list = &plan.Node{Kind: plan.List}
			put(n, scope, list)
		}
		list.Items = append(list.Items, plan.NewText(kind.String()))
	}
	return n
}

func docNode(l plan.Live) *plan.Node {
	n := &plan.Node{Kind: plan.Map}
	put(n, "name", plan.NewText(nameOf(l.Address)))
	for _, name := range []string{AttributeAllow, AttributeDeny} {
		if actions, _ := l.Attributes[name].AsSet(); len(actions) > 0 {
			put(n, name, listNode(actions))
		}
	}
	return n
}

func put(n *plan.Node, key string, value *plan.Node) {
	n.Entries = append(n.Entries, plan.Pair{Key: key, Value: value})
}

func listNode(texts []string) *plan.Node {
	n := &plan.Node{Kind: plan.List}
	for _, s := range texts {
		n.Items = append(n.Items, plan.NewText(s))
	}
	return n
}

// jsonNode turns the JSON of a document, which a value has checked, into a tree with its keys sorted.
func jsonNode(document string) *plan.Node {
	node, err := plan.NodeOf([]byte(document))
	if err != nil {
		panic(err) // no document value holds anything but JSON
	}
	return node
}
