package memory

import (
	"cmp"
	"fmt"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
)

// Expand implements [providers.Provider]. A box comes before its items, and boxes before docs.
func (Provider) Expand(m *plan.Manifest) ([]plan.Desired, []plan.Problem) {
	var x expansion
	for _, entry := range m.Sections[SectionBoxes] {
		x.box(entry)
	}
	for _, entry := range m.Sections[SectionDocs] {
		x.doc(entry)
	}
	return x.desired, x.problems
}

// expansion collects what the entries of a manifest mean.
type expansion struct {
	desired  []plan.Desired
	problems []plan.Problem
}

func (x *expansion) problem(at plan.Position, summary, detail, hint string) {
	x.problems = append(x.problems, plan.Problem{At: at, Summary: summary, Detail: detail, Hint: hint})
}

// root reads what boxes and docs have in common; ok is false when the entry has no usable name.
func (x *expansion) root(entry *plan.Node, address func(string) addr.Address) (d plan.Desired, ok bool) {
	name := entry.Get("name").String()
	if !nameFits(name) {
		x.problem(entry.Position(), "bad name", fmt.Sprintf("%.80q is no name", name), "write 1 to 64 letters, digits, spaces, -, _ or .")
		return plan.Desired{}, false
	}
	d = plan.Desired{
		Resource:  plan.Resource{Address: address(name)},
		Absent:    entry.Get("state").String() == "absent",
		DependsOn: x.dependencies(entry.Get("dependsOn")),
		Source:    entry.Position(),
		Notes: &plan.Notes{
			Owner: entry.Get("owner").String(), Reason: entry.Get("reason").String(), Ticket: entry.Get("ticket").String(),
			ReviewBy: entry.Get("reviewBy").String(),
		},
	}
	return d, true
}

// dependencies reads a dependsOn list; what is no address is a problem and left out.
func (x *expansion) dependencies(list *plan.Node) []plan.Dependency {
	var dependencies []plan.Dependency
	for _, item := range list.Elements() {
		on, err := addr.Parse(item.String())
		if err != nil {
			x.problem(item.Position(), "bad address", err.Error(), "write TYPE/NAME, as in box/NAME")
			continue
		}
		dependencies = append(dependencies, plan.Dependency{On: on, At: item.Position()})
	}
	return dependencies
}

func (x *expansion) box(entry *plan.Node) {
	d, ok := x.root(entry, BoxAddress)
	if !ok {
		return
	}
	if d.Absent {
		x.desired = append(x.desired, d)
		if items := entry.Get("items"); len(items.Pairs()) > 0 {
			x.problem(items.Position(), "items of an absent box", fmt.Sprintf("%s is to be deleted, and its items go with it", d.Address),
				"remove the items")
		}
		return
	}
	d.Additive = entry.Get("itemsMode").String() == "additive"
	d.Attributes = plan.Attributes{
		AttributeOwner: plan.StringValue(entry.Get(keyOwnedBy).String()),
		AttributeLife:  plan.StringValue(cmp.Or(entry.Get(AttributeLife).String(), Forever)),
	}
	if node := entry.Get(keyOwnedBy); node != nil {
		d.Sources.Set(AttributeOwner, node.At)
	}
	for _, name := range []string{AttributeLife, AttributeLabel, AttributeTags, AttributeConfig, AttributeNote} {
		if node := entry.Get(name); node != nil {
			d.Sources.Set(name, node.At)
		}
	}
	if node := entry.Get(AttributeLabel); node != nil {
		d.Attributes[AttributeLabel] = plan.StringValue(node.String())
	}
	if node := entry.Get(AttributeTags); node != nil {
		d.Attributes[AttributeTags] = setOf(node)
	}
	if node := entry.Get(AttributeConfig); node != nil {
		config, err := plan.DocumentValue(node.AppendJSON(nil))
		if err != nil {
			x.problem(node.At, "bad config", err.Error(), "write a mapping")
		} else {
			d.Attributes[AttributeConfig] = config
		}
	}
	if node := entry.Get(AttributeNote); node != nil {
		d.Attributes[AttributeNote] = plan.StringValue(node.String())
		d.WriteOnly = []string{AttributeNote}
	}
	x.desired = append(x.desired, d)
	x.items(entry, d)
}

func (x *expansion) items(entry *plan.Node, box plan.Desired) {
	for _, scope := range entry.Get("items").Pairs() {
		for _, kind := range scope.Value.Elements() {
			if scope.Key == "" || kind.String() == "" {
				x.problem(kind.Position(), "bad item", "an item needs a scope and a kind", "write SCOPE: [KIND]")
				continue
			}
			x.desired = append(x.desired, plan.Desired{
				Resource: plan.Resource{
					Address:    ItemAddress(nameOf(box.Address), scope.Key, parseKind(kind.String())),
					Parent:     box.Address,
					Attributes: plan.Attributes{},
				},
				Source: kind.Position(),
				Notes:  box.Notes,
			})
		}
	}
}

func (x *expansion) doc(entry *plan.Node) {
	d, ok := x.root(entry, DocAddress)
	if !ok {
		return
	}
	if !d.Absent {
		d.Attributes = plan.Attributes{AttributeAllow: setOf(entry.Get(AttributeAllow)), AttributeDeny: setOf(entry.Get(AttributeDeny))}
		for _, name := range []string{AttributeAllow, AttributeDeny} {
			if node := entry.Get(name); node != nil {
				d.Sources.Set(name, node.At)
			}
		}
	}
	x.desired = append(x.desired, d)
}

func setOf(list *plan.Node) plan.Value {
	var members []string
	for _, item := range list.Elements() {
		members = append(members, item.String())
	}
	return plan.SetValue(members...)
}

// nameFits reports whether s can name a thing of this service. It keeps out "*" and "?", so that an address is also the
// pattern of itself alone.
func nameFits(s string) bool {
	for i := range len(s) {
		c := s[i]
		if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == ' ' || c == '-' || c == '_' || c == '.') {
			return false
		}
	}
	return 1 <= len(s) && len(s) <= 64
}
