package providers

import (
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
)

// ErrTerraformState is wrapped by every error about a file that is no Terraform state, or none that can be read. No such error holds a
// value of the file.
var ErrTerraformState = errors.New("the Terraform state cannot be read")

// TerraformReader is implemented by a [Provider] whose resources Terraform may keep.
type TerraformReader interface {
	// TerraformTypes returns the types of Terraform resources that the service knows, by name, such as "CLOUD_server". The name begins
	// with that of Terraform's provider.
	TerraformTypes() map[string]TerraformType
}

// TerraformType is what a service makes of the resources of a Terraform type.
type TerraformType struct {
	// Read returns what the attributes of one instance mean. It is pure, and takes nothing from them but what its result has a field
	// for: a state holds secrets. An error is a phrase without any value of an attribute, for [TerraformLeft].
	Read func(attributes TerraformAttributes) (TerraformMeaning, error)
	// Never says why no resource of the type is taken over, though it concerns the service. Read is then nil.
	Never string
}

// TerraformAttributes are those of an instance, as the state has them.
type TerraformAttributes struct {
	// Known is a map of all attributes but the sensitive ones.
	Known *plan.Node
	// Sensitive are the names of those that Terraform marks as sensitive, as a whole or in part, sorted.
	Sensitive []string
}

// TerraformMeaning is what an instance in a Terraform state means to a service.
type TerraformMeaning struct {
	// ID is the cloud's own id, "" where the state has none.
	ID string
	// Name is the name in the cloud.
	Name string
	// Root is the address of the root that the instance stands for.
	Root addr.Address
	// Entry is what the state says, as an entry of the manifest's Section. Its texts come from a file that anybody may have written.
	Section string
	Entry   *plan.Node
	// NotCompared are attributes of which the state says nothing that can be held against live state: the entry has a default there.
	NotCompared []plan.NotCompared
	// NotRead are parts of the root that Terraform's provider does not read back, with the addresses in them: the entry has what was once
	// configured there, which nobody has compared since.
	NotRead []plan.NotRead
}

// TerraformState is what a Terraform state says of resources that the services know. It holds no other value of the state than names,
// ids, and what [TerraformMeaning] has. All lists are sorted by address.
type TerraformState struct {
	Resources []TerraformResource
	// Left are instances of known types that are not taken over.
	Left []TerraformLeft
	// Others counts the instances of all other types. Data sources are not among them.
	Others []TerraformCount
}

// TerraformResource is an instance that can be taken over.
type TerraformResource struct {
	TerraformMeaning
	// Address is the instance's address as Terraform prints it: module.a["x"].CLOUD_server.b[0].
	Address string
	Type    string
	// Tainted is set where Terraform would destroy the thing and make it anew.
	Tainted bool
	// Twin is the first address in the state that stands for the same root, "" for that one itself.
	Twin string
	// UsedBy are resources and data sources of the configuration that refer to this one and are not taken over, without the keys of
	// instances, sorted.
	UsedBy []string
}

// TerraformLeft is an instance that is not taken over, and why. Terraform goes on keeping it.
type TerraformLeft struct{ Address, Type, Reason string }

// TerraformCount counts instances of a type that no service knows.
type TerraformCount struct {
	Type string
	// Provider is the name of Terraform's provider, "" where it cannot be told.
	Provider string
	Count    int
}

// Sections returns what the state says as sections of a manifest: one entry for each root, in the order of Terraform's addresses, which
// are the file names of the entries' positions.
func (s *TerraformState) Sections() map[string][]*plan.Node {
	sections := map[string][]*plan.Node{}
	for _, r := range s.Resources {
		if r.Twin == "" {
			sections[r.Section] = append(sections[r.Section], r.Entry)
		}
	}
	return sections
}

// Commands returns the lines for a POSIX shell that take resources out of the state and leave what they stand for in the cloud, sorted:
// those whose root is taken.
func (s *TerraformState) Commands(taken func(root addr.Address) bool) []string {
	var lines []string
	for _, r := range s.Resources {
		if taken(r.Root) {
			lines = append(lines, "terraform state rm "+quoteShell(r.Address))
		}
	}
	slices.Sort(lines)
	return lines
}

// ReadTerraform reads a Terraform state of version 4, as "terraform state pull" prints it. Its size, depth and number of instances are
// bounded. What the services know is in the result, with why it is not taken over where it cannot be; an error wraps
// [ErrTerraformState].
func (r *Registry) ReadTerraform(data []byte) (*TerraformState, error) {
	types := map[string]TerraformType{}
	for _, p := range r.providers {
		if reader, is := p.(TerraformReader); is {
			maps.Copy(types, reader.TerraformTypes())
		}
	}
	file, err := decodeTerraform(data)
	if err != nil {
		return nil, err
	}
	reading := terraformReading{
		types: types, state: &TerraformState{}, others: map[TerraformCount]int{}, current: map[string]bool{}, configured: map[string][]int{},
		users: map[string]map[string]bool{},
	}
	for _, resource := range file {
		if err := reading.resource(resource); err != nil {
			return nil, err
		}
	}
	return reading.done(), nil
}

// placed gives a tree that was just made one position, so that problems of an entry name the Terraform address.
func placed(node *plan.Node, at plan.Position) {
	if node == nil {
		return
	}
	node.At = at
	for _, item := range node.Items {
		placed(item, at)
	}
	for i := range node.Entries {
		node.Entries[i].KeyAt = at
		placed(node.Entries[i].Value, at)
	}
}

func compareTerraform(a, b TerraformResource) int { return strings.Compare(a.Address, b.Address) }
