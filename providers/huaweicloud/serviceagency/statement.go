package serviceagency

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/directory"
)

// Statement implements [providers.Stater]. A trust that is not right is left out: it is never written as wanted.
func (p Provider) Statement(view *plan.View, of addr.Address) *plan.Node {
	if block := p.statement(p.sharedAgencies(view), placeOf(of), func(*shared) string { return "" }); len(block.Entries) > 0 {
		return mapOf(keyAgencies, block)
	}
	return nil
}

// statement returns what the agencies of a place are now, as its entry states them. Instead says whom an agency is stated to trust whose
// trust is not right; "" for nobody.
func (p Provider) statement(all map[string]*shared, place string, instead func(*shared) string) *plan.Node {
	block := &plan.Node{Kind: plan.Map}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		s := all[name]
		if s.live == nil || s.projects[place].IsZero() {
			continue
		}
		stated := &plan.Node{Kind: plan.Map}
		answersForAccount := placeOf(s.entries[0]) == place
		if t, told := s.trust(); answersForAccount && told {
			trusted := t.Value
			if !s.trustIsRight(t) {
				trusted = instead(s)
			}
			if trusted != "" {
				add(stated, "trust", trustNode(trusted))
			}
		}
		var grants []addr.Address
		for _, g := range s.grants {
			own := g.grant.Place.Scope == directory.OneProject && g.grant.Place.Name == place
			elsewhere := s.attributeOf(g) == attributeAccountGrants && !g.by.IsZero()
			if (own || elsewhere && answersForAccount) && !slices.Contains(s.stated.absent, g.address) {
				grants = append(grants, g.address)
			}
		}
		add(stated, "grants", grantsNode(grants))
		if s.stated.absent != nil {
			add(stated, "grantsAbsent", grantsNode(s.stated.absent))
		}
		add(block, name, stated)
	}
	return block
}

// grantsNode returns grants as a key lists them, sorted, each once.
func grantsNode(grants []addr.Address) *plan.Node {
	node := &plan.Node{Kind: plan.Map}
	under := func(parent *plan.Node, key string, kind plan.Kind) *plan.Node {
		if child := parent.Get(key); child != nil {
			return child
		}
		child := &plan.Node{Kind: kind}
		add(parent, key, child)
		return child
	}
	for _, a := range grants {
		g, ok := directory.GrantOf(plan.Resource{Address: a})
		if !ok {
			continue
		}
		var list *plan.Node
		switch g.Place.Scope {
		case directory.Domain:
			list = under(node, "domain", plan.List)
		case directory.AllProjects:
			list = under(node, "allProjects", plan.List)
		case directory.OneProject:
			list = under(under(node, "projects", plan.Map), g.Place.Name, plan.List)
		case directory.EnterpriseProject:
			list = under(under(node, "enterpriseProjects", plan.Map), g.Place.Name, plan.List)
		}
		list.Items = append(list.Items, plan.NewText(g.Role.String()))
	}
	sortNode(node)
	return node
}

// sortNode sorts keys and lists, and drops repeats from lists.
func sortNode(n *plan.Node) {
	slices.SortFunc(n.Entries, func(a, b plan.Pair) int { return strings.Compare(a.Key, b.Key) })
	for _, pair := range n.Entries {
		sortNode(pair.Value)
	}
	slices.SortFunc(n.Items, func(a, b *plan.Node) int { return strings.Compare(a.Text, b.Text) })
	n.Items = slices.CompactFunc(n.Items, func(a, b *plan.Node) bool { return a.Text == b.Text })
}

func trustNode(service string) *plan.Node { return mapOf("service", plan.NewText(service)) }

func mapOf(key string, value *plan.Node) *plan.Node {
	return &plan.Node{Kind: plan.Map, Entries: []plan.Pair{{Key: key, Value: value}}}
}

func add(node *plan.Node, key string, value *plan.Node) {
	node.Entries = append(node.Entries, plan.Pair{Key: key, Value: value})
}

// blockText returns the text of a statement, to be pasted into an entry: a line for each agency, or for each of its keys.
func blockText(block *plan.Node, brief bool) string {
	text := keyAgencies + ":"
	for _, agency := range block.Pairs() {
		text += "\n  " + plainText(agency.Key) + ":"
		if brief {
			text += " " + flowText(agency.Value)
			continue
		}
		for _, key := range agency.Value.Pairs() {
			text += "\n    " + key.Key + ": " + flowText(key.Value)
		}
	}
	return text
}

// flowText returns the text of maps, lists and texts on one line.
func flowText(n *plan.Node) string {
	var parts []string
	switch n.Kind {
	case plan.Map:
		for _, pair := range n.Entries {
			parts = append(parts, plainText(pair.Key)+": "+flowText(pair.Value))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case plan.List:
		for _, item := range n.Items {
			parts = append(parts, flowText(item))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	}
	return plainText(n.String())
}

// plain matches texts that YAML reads as what they are without quotes, also within braces.
var plain = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_./-]*( [A-Za-z0-9_./-]+)*$`)

// plainText returns a text as it stands in YAML.
func plainText(text string) string {
	switch strings.ToLower(text) {
	case "true", "false", "null", "yes", "no", "on", "off", "y", "n":
	default:
		if plain.MatchString(text) {
			return text
		}
	}
	var quoted strings.Builder
	encoder := json.NewEncoder(&quoted)
	encoder.SetEscapeHTML(false) // people read it
	if err := encoder.Encode(text); err != nil {
		panic(err) // a text always marshals
	}
	return strings.TrimSuffix(quoted.String(), "\n")
}
