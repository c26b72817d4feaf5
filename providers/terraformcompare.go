package providers

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
)

// TerraformDifference is one thing in which live state is not what a Terraform state says.
type TerraformDifference struct {
	Kind TerraformDifferenceKind
	// Terraform is the address of the instance in the state.
	Terraform string
	// Address is that of the root, or of the part of it that differs.
	Address addr.Address
	// Attribute is set where one differs, with both values. State is unset where the entry has no such attribute.
	Attribute   string
	State, Live plan.Value
}

// TerraformDifferenceKind says what differs.
type TerraformDifferenceKind string

// The kinds of differences.
const (
	// TerraformGone: the root is not live.
	TerraformGone TerraformDifferenceKind = "gone"
	// TerraformOther: the live root has another id than the state, so it is another thing of the same name, or of another account.
	TerraformOther TerraformDifferenceKind = "other"
	// TerraformRenamed: the live root of that id has another address, which is in Live.
	TerraformRenamed TerraformDifferenceKind = "renamed"
	// TerraformUnread: the root was not read, so that nothing is known of it.
	TerraformUnread TerraformDifferenceKind = "unread"
	// TerraformChanged: an attribute has another value.
	TerraformChanged TerraformDifferenceKind = "changed"
	// TerraformMissing: a part of the root is in the state and not live.
	TerraformMissing TerraformDifferenceKind = "missing"
	// TerraformUnknown: a part of the root is live and not in the state.
	TerraformUnknown TerraformDifferenceKind = "unknown"
	// TerraformNotStored: as TerraformUnknown, where Terraform's provider never looks; see [TerraformMeaning.NotRead].
	TerraformNotStored TerraformDifferenceKind = "notStored"
)

// CompareTerraform holds a Terraform state against live state, with names resolved in the snapshot's catalogue. Account and cloud are
// taken from m. What the state cannot tell ([TerraformMeaning.NotCompared]) is left out. Names that mean nothing, or several things, are
// problems, with Terraform addresses as files; what they name is compared no further. Differences are sorted by Terraform address.
func (r *Registry) CompareTerraform(state *TerraformState, m *plan.Manifest, s *plan.Snapshot) ([]TerraformDifference, []plan.Problem) {
	told := &plan.Manifest{Account: m.Account, Cloud: m.Cloud, Sections: state.Sections()}
	expanded, problems := r.Expand(told)
	resolution, unresolved := r.Resolve(expanded, told, s.Catalogue)
	problems = plan.SortProblems(plan.Fatal(append(problems, unresolved...)))
	c := terraformComparison{
		snapshot: s, live: map[addr.Address]*plan.Live{}, byID: map[string][]*plan.Live{}, liveParts: map[addr.Address][]*plan.Live{},
	}
	for i := range s.Resources {
		live := &s.Resources[i]
		if c.live[live.Address] = live; !live.Parent.IsZero() {
			c.liveParts[live.Parent] = append(c.liveParts[live.Parent], live)
		} else if live.ID != "" {
			c.byID[live.ID] = append(c.byID[live.ID], live)
		}
	}
	desired, parts := map[addr.Address]*plan.Desired{}, map[addr.Address]map[addr.Address]bool{}
	for i := range resolution.Desired {
		d := &resolution.Desired[i]
		if desired[d.Address] = d; !d.Parent.IsZero() {
			if parts[d.Parent] == nil {
				parts[d.Parent] = map[addr.Address]bool{}
			}
			parts[d.Parent][d.Address] = true
		}
	}
	unclear := map[string]bool{}
	for _, p := range problems {
		unclear[p.At.File] = true
	}
	for i := range state.Resources {
		resource := &state.Resources[i]
		if d := desired[resource.Root]; c.root(resource) && d != nil && resource.Twin == "" {
			c.attributes(resource, d)
			if !unclear[resource.Address] {
				c.parts(resource, parts[resource.Root])
			}
		}
	}
	return c.found, problems
}

type terraformComparison struct {
	snapshot  *plan.Snapshot
	live      map[addr.Address]*plan.Live
	byID      map[string][]*plan.Live
	liveParts map[addr.Address][]*plan.Live
	found     []TerraformDifference
}

func (c *terraformComparison) add(kind TerraformDifferenceKind, of *TerraformResource, address addr.Address) *TerraformDifference {
	c.found = append(c.found, TerraformDifference{Kind: kind, Terraform: of.Address, Address: address})
	return &c.found[len(c.found)-1]
}

// root reports whether the root is live as the one that the state means.
func (c *terraformComparison) root(r *TerraformResource) bool {
	live := c.live[r.Root]
	renamed := c.sameID(r)
	switch {
	case renamed != nil && renamed != live:
		c.add(TerraformRenamed, r, r.Root).Live = plan.StringValue(renamed.Address.String())
	case live == nil && !c.snapshot.Covers(r.Root):
		c.add(TerraformUnread, r, r.Root)
	case live == nil:
		c.add(TerraformGone, r, r.Root)
	case r.ID != "" && live.ID != r.ID:
		d := c.add(TerraformOther, r, r.Root)
		d.State, d.Live = plan.StringValue(r.ID), plan.StringValue(live.ID)
	default:
		return true
	}
	return false
}

// sameID returns the live root of the id in the state, nil where none is known to have it.
func (c *terraformComparison) sameID(r *TerraformResource) *plan.Live {
	for _, live := range c.byID[r.ID] {
		if live.Address.Type() == r.Root.Type() {
			return live
		}
	}
	return nil
}

// attributes compares those of a root that the state knows.
func (c *terraformComparison) attributes(r *TerraformResource, d *plan.Desired) {
	live := c.live[r.Root]
	for _, name := range slices.Sorted(maps.Keys(d.Attributes)) {
		told, is := d.Attributes[name], live.Attributes[name]
		unknown := slices.ContainsFunc(r.NotCompared, func(n plan.NotCompared) bool { return n.Attribute == name })
		if unknown || slices.Contains(live.Unreadable, name) || told.Equal(is) {
			continue
		}
		difference := c.add(TerraformChanged, r, r.Root)
		difference.Attribute, difference.State, difference.Live = name, told, is
	}
}

// parts compares the parts of a root, as far as they were read.
func (c *terraformComparison) parts(r *TerraformResource, told map[addr.Address]bool) {
	from := len(c.found)
	for address := range told {
		if c.live[address] == nil && c.snapshot.Covers(address) {
			c.add(TerraformMissing, r, address)
		}
	}
	for _, live := range c.liveParts[r.Root] {
		if told[live.Address] {
			continue
		}
		kind := TerraformUnknown
		if slices.ContainsFunc(r.NotRead, func(n plan.NotRead) bool { return addr.MatchAny(n.Addresses, live.Address) }) {
			kind = TerraformNotStored
		}
		c.add(kind, r, live.Address)
	}
	slices.SortFunc(c.found[from:], func(a, b TerraformDifference) int {
		return cmp.Or(addr.Compare(a.Address, b.Address), strings.Compare(string(a.Kind), string(b.Kind)))
	})
}
