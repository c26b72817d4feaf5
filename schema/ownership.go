package schema

import (
	"fmt"
	"strings"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
)

// rootTypes are the types of the sections whose entries have addresses TYPE/NAME.
var rootTypes = map[string]string{"agencies": bareType, "policies": "policy"}

// bareType is the type of a pattern that has none. Resources of partType belong to another resource.
const (
	bareType = "agency"
	partType = "grant"
)

func (m *merger) ownership() {
	pair, ok := m.settings["ownership"]
	if !ok {
		return
	}
	node := pair.Value
	own := &m.manifest.Ownership
	own.Include = m.wholes("ownership.include", node.Get("include"))
	own.Exclude = m.wholes("ownership.exclude", node.Get("exclude"))
	own.Protect = m.patterns("ownership.protect", node.Get("protect"))
	own.Prune = node.Get("prune").IsTrue()
	m.ruleAt("ownership.prune", "", node.Get("prune").Position())
	if own.Prune && len(node.Get("include").Elements()) == 0 {
		m.add(node.Get("prune").Position(), "prune without include", "prune deletes what include selects, and include selects nothing",
			"add include with the names that this manifest owns, or remove prune")
	}
	m.maxDeletes(node)
	m.listedAndExcluded()
}

// impliedMaxDeletes is the limit where prune is on and maxDeletes is not given: pruning deletes a resource whose entry was
// removed by mistake as well.
const impliedMaxDeletes = 10

func (m *merger) maxDeletes(node *plan.Node) {
	own := &m.manifest.Ownership
	most := node.Get("maxDeletes")
	switch {
	case most == nil && own.Prune:
		n := impliedMaxDeletes
		own.MaxDeletes, own.MaxDeletesImplied = plan.DeleteLimit{Count: &n}, true
		own.MaxDeletesAt = node.Get("prune").Position()
	case most != nil && most.Kind == plan.Int:
		n := int(most.Int)
		own.MaxDeletes, own.MaxDeletesAt = plan.DeleteLimit{Count: &n}, most.At
	case most.String() != "":
		limit, err := plan.ParseDeleteLimit(most.String())
		if err != nil || limit.Share == nil {
			return // the schema has reported it
		}
		own.MaxDeletes, own.MaxDeletesAt = limit, most.At
	}
}

// ParsePattern reads a pattern as manifests and flags write it: a bare name or glob means agency/NAME. The error wraps
// [addr.ErrMalformed].
func ParsePattern(text string) (addr.Pattern, error) { return addr.ParsePattern(withType(text)) }

// ParseAddress reads an address as manifests and flags write it: a bare name means agency/NAME. The error wraps [addr.ErrMalformed].
func ParseAddress(text string) (addr.Address, error) { return addr.Parse(withType(text)) }

// withType returns the address or pattern that a text means: a bare name or glob is of the type [bareType].
func withType(text string) string {
	if strings.Contains(text, "/") {
		return text
	}
	return bareType + "/" + text
}

// dependencies gives the bare names under dependsOn of each entry their type. Values behind an alias are shared, so they are replaced
// and not changed.
func (m *merger) dependencies() {
	for _, entries := range m.manifest.Sections {
		for _, entry := range entries {
			for i, pair := range entry.Pairs() {
				if pair.Key == "dependsOn" && pair.Value.Kind == plan.List {
					entry.Entries[i].Value = withTypes(pair.Value)
					m.checkAddresses(entry.Entries[i].Value)
				}
			}
		}
	}
}

// checkAddresses says what is wrong with an address, where the schema says only that something is.
func (m *merger) checkAddresses(list *plan.Node) {
	for _, item := range list.Items {
		if item.String() == "" {
			continue // the schema has reported it
		}
		if _, err := addr.Parse(item.Text); err != nil {
			m.add(item.At, "bad address", fmt.Sprintf("dependsOn: %v", err), "write the address as a plan shows it, as TYPE/NAME")
			continue
		}
		if strings.ContainsAny(item.Text, "*?") {
			m.add(item.At, "bad address", fmt.Sprintf("dependsOn: %s is a pattern, and one address is wanted", short(item.Text)),
				"name each resource; in a name, write %2A for * and %3F for ?")
		}
	}
}

func withTypes(list *plan.Node) *plan.Node {
	typed := *list
	typed.Items = make([]*plan.Node, len(list.Items))
	for i, item := range list.Items {
		named := *item
		if named.Kind == plan.Text && named.Text != "" {
			named.Text = withType(named.Text)
		}
		typed.Items[i] = &named
	}
	return &typed
}

func (m *merger) patterns(setting string, list *plan.Node) []addr.Pattern {
	var patterns []addr.Pattern
	for _, item := range list.Elements() {
		if pattern, ok := m.pattern(setting, item); ok {
			patterns = append(patterns, pattern)
			m.ruleAt(setting, pattern.String(), item.At)
		}
	}
	return patterns
}

// wholes reads patterns of resources that are owned as a whole. A pattern of parts is an error, because it would have no effect:
// an agency's grants are exact, so an excluded grant would still be revoked.
func (m *merger) wholes(setting string, list *plan.Node) []addr.Pattern {
	var patterns []addr.Pattern
	for _, item := range list.Elements() {
		pattern, ok := m.pattern(setting, item)
		switch {
		case !ok:
		case strings.HasPrefix(pattern.String(), partType+"/"):
			m.add(item.At, "part of an agency",
				fmt.Sprintf("%s: %s selects grants only, and an agency is owned with all its grants or not at all", setting,
					short(pattern.String())),
				"name the agency; to leave grants alone that the manifest does not list, use grantsMode: additive on the agency, or ownership.protect")
		default:
			patterns = append(patterns, pattern)
			m.ruleAt(setting, pattern.String(), item.At)
		}
	}
	return patterns
}

// pattern reads a pattern of addresses, and notes where it stands; a bare name or glob is of the type [bareType].
func (m *merger) pattern(setting string, node *plan.Node) (pattern addr.Pattern, ok bool) {
	text := node.String()
	if text == "" {
		return addr.Pattern{}, false // the schema has reported it
	}
	pattern, err := ParsePattern(text)
	if err != nil {
		m.add(node.At, "bad pattern", fmt.Sprintf("%v", err), "write an address in which * stands for any text, such as agency/ops-* or policy/*")
		return addr.Pattern{}, false
	}
	m.manifest.Selectors = append(m.manifest.Selectors, plan.Selector{Setting: setting, Pattern: pattern, At: node.At})
	return pattern, true
}

// listedAndExcluded refuses entries that ownership.exclude matches.
func (m *merger) listedAndExcluded() {
	own := m.manifest.Ownership
	if len(own.Exclude) == 0 {
		return
	}
	for section, typ := range rootTypes {
		for _, entry := range m.manifest.Sections[section] {
			name := entry.Get("name")
			if name.String() == "" {
				continue
			}
			address := addr.New(typ, addr.Plain(name.Text))
			for _, pattern := range own.Exclude {
				if pattern.Match(address) {
					m.add(name.At, "listed and excluded",
						fmt.Sprintf("%s is listed here, and ownership excludes it by %s", address, short(pattern.String())),
						"remove the entry, or narrow ownership.exclude")
					break
				}
			}
		}
	}
}

// ShortAddress is the shortest text that [ParseAddress] reads as the address.
func ShortAddress(a addr.Address) string {
	if name, is := strings.CutPrefix(a.String(), bareType+"/"); is && !strings.Contains(name, "/") {
		return name
	}
	return a.String()
}
