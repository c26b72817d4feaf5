package providers

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
)

// NotesOf returns the bookkeeping keys of a manifest entry: owner, reason, ticket, reviewBy. A key that is missing is "", and nil is an
// entry without any.
func NotesOf(entry *plan.Node) *plan.Notes {
	notes := plan.Notes{
		Owner:    entry.Get("owner").String(),
		Reason:   entry.Get("reason").String(),
		Ticket:   entry.Get("ticket").String(),
		ReviewBy: entry.Get("reviewBy").String(),
	}
	if notes.IsZero() {
		return nil
	}
	return &notes
}

// IsAbsent reports whether a manifest entry is a tombstone: "state: absent".
func IsAbsent(entry *plan.Node) bool { return entry.Get("state").String() == "absent" }

// DependsOnOf returns the explicit dependencies of a manifest entry, in source order, with their places. Text that is no
// address, or that repeats an earlier one, is a problem and is left out; whether the address exists is the planner's
// question.
func DependsOnOf(entry *plan.Node) ([]plan.Dependency, []plan.Problem) {
	var dependencies []plan.Dependency
	var problems []plan.Problem
	if !entry.Has("dependsOn") {
		return nil, nil
	}
	first := map[addr.Address]plan.Position{}
	for _, item := range entry.Get("dependsOn").Elements() {
		address, err := addr.Parse(item.String())
		if err != nil {
			problems = append(problems, plan.Problem{
				At:      item.Position(),
				Summary: "bad address",
				Detail:  fmt.Sprintf("dependsOn: %v", err),
				Hint:    "write the address as a plan shows it, as TYPE/NAME",
			})
			continue
		}
		if at, twice := first[address]; twice {
			problems = append(problems, plan.Problem{
				At:      item.Position(),
				Summary: "item given twice",
				Detail:  fmt.Sprintf("%s is a dependency already at %s", address, at),
				Hint:    "remove one of the two",
			})
			continue
		}
		first[address] = item.Position()
		dependencies = append(dependencies, plan.Dependency{On: address, At: item.Position()})
	}
	return dependencies, problems
}

// EntriesOf returns the entries of a section that several services share, those with "service: NAME", in source order.
func EntriesOf(m *plan.Manifest, section, service string) []*plan.Node {
	var own []*plan.Node
	for _, entry := range m.Sections[section] {
		if entry.Get("service").String() == service {
			own = append(own, entry)
		}
	}
	return own
}

// RegionOf returns the region of a manifest entry: its own, or that of the cloud section. When neither is given, the
// region is "" and the problem says so. It is the same problem for all such entries, at the section cloud, which lacks one thing.
func RegionOf(entry *plan.Node, m *plan.Manifest) (region string, problem *plan.Problem) {
	if region := entry.Get("region").String(); region != "" {
		return region, nil
	}
	if m.Cloud.Region != "" {
		return m.Cloud.Region, nil
	}
	return "", &plan.Problem{
		At:      cmp.Or(m.RulesAt[plan.RuleItem{Key: "cloud.region"}], m.RulesAt[plan.RuleItem{Key: "cloud.kind"}], entry.Position()),
		Summary: "region missing",
		Detail:  "the section cloud has no region, and a service is authorized in one without a region of its own",
		Hint:    "write cloud.region, or region in each entry without one",
	}
}

// RegionalEntry is an entry of a service that is called in regions, with what all such entries have.
type RegionalEntry struct {
	*plan.Node
	Region    string
	DependsOn []plan.Dependency
}

// RegionalEntriesOf returns what [EntriesOf] does, with regions and dependencies. An entry without a region is a problem and
// is left out.
func RegionalEntriesOf(m *plan.Manifest, section, service string) ([]RegionalEntry, []plan.Problem) {
	var entries []RegionalEntry
	var problems []plan.Problem
	for _, node := range EntriesOf(m, section, service) {
		dependencies, bad := DependsOnOf(node)
		problems = append(problems, bad...)
		region, missing := RegionOf(node, m)
		if missing != nil {
			problems = append(problems, *missing)
			continue
		}
		entries = append(entries, RegionalEntry{Node: node, Region: region, DependsOn: dependencies})
	}
	return entries, problems
}

// Desired returns a resource that the entry asks for at a place in it, without attributes.
func (e RegionalEntry) Desired(a addr.Address, source plan.Position) plan.Desired {
	return plan.Desired{
		Resource: plan.Resource{Address: a}, Absent: IsAbsent(e.Node), DependsOn: e.DependsOn, Source: source, Notes: NotesOf(e.Node),
	}
}

// TextsOf returns the texts of a list, in source order.
func TextsOf(list *plan.Node) []string {
	items := list.Elements()
	texts := make([]string, 0, len(items))
	for _, item := range items {
		texts = append(texts, item.String())
	}
	return texts
}

// Within returns those of desired whose addresses lie below the prefix, a whole beginning such as "policy" or
// "authorization/NAME", in the same order.
func Within(desired []plan.Desired, prefix string) []plan.Desired {
	var own []plan.Desired
	beginning := prefix + "/"
	for i := range desired {
		if strings.HasPrefix(desired[i].Address.String(), beginning) {
			own = append(own, desired[i])
		}
	}
	return own
}
