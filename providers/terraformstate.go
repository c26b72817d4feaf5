package providers

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/agencyctl/agencyctl/plan"
)

// The limits of a Terraform state. The largest that are seen have some ten MB; Terraform itself is slow long before these are reached.
const (
	// MaxTerraformBytes is the largest file that is read.
	MaxTerraformBytes     = 64 << 20
	maxTerraformDepth     = 100
	maxTerraformInstances = 200_000
)

// terraformVersion is the version of the format since Terraform 0.12, of 2019. OpenTofu writes it too.
const terraformVersion = 4

// terraformResource and terraformInstance are what is read of a state, as Terraform spells it. The texts in them are not checked.
type (
	terraformResource struct {
		Module    string              `json:"module"`
		Mode      string              `json:"mode"`
		Type      string              `json:"type"`
		Name      string              `json:"name"`
		Provider  string              `json:"provider"`
		Instances []terraformInstance `json:"instances"`
		// place is where the resource stands in the file.
		place string
	}
	terraformInstance struct {
		IndexKey     json.RawMessage `json:"index_key"`
		Status       string          `json:"status"`
		Deposed      string          `json:"deposed"`
		Attributes   json.RawMessage `json:"attributes"`
		Flat         json.RawMessage `json:"attributes_flat"`
		Sensitive    json.RawMessage `json:"sensitive_attributes"`
		Dependencies []string        `json:"dependencies"`
	}
)

func badTerraform(format string, arguments ...any) error {
	return fmt.Errorf("%w: %s", ErrTerraformState, fmt.Sprintf(format, arguments...))
}

// decodeTerraform reads the resources of a state. JSON's own errors quote what they stumble over, and are told in other words.
func decodeTerraform(data []byte) ([]terraformResource, error) {
	if len(data) > MaxTerraformBytes {
		return nil, badTerraform("it is larger than %d MiB", MaxTerraformBytes>>20)
	}
	if bytes.HasPrefix(data, []byte("\xff\xfe")) || bytes.HasPrefix(data, []byte("\xfe\xff")) {
		return nil, badTerraform("it is UTF-16, as some shells write what they redirect; write it as UTF-8")
	}
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	if plan.DeeperThan(maxTerraformDepth, data) {
		return nil, badTerraform("it is nested deeper than %d levels", maxTerraformDepth)
	}
	var file struct {
		Version   json.RawMessage   `json:"version"`
		Encrypted json.RawMessage   `json:"encrypted_data"`
		Shown     json.RawMessage   `json:"format_version"`
		Resources []json.RawMessage `json:"resources"`
	}
	err := json.Unmarshal(data, &file)
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return nil, badTerraform("it is not valid JSON from byte %d on", syntax.Offset)
	}
	switch version, notNumber := strconv.Atoi(string(file.Version)); {
	case file.Encrypted != nil:
		return nil, badTerraform("it is encrypted by OpenTofu; give what tofu state pull prints")
	case file.Version == nil && file.Shown != nil:
		return nil, badTerraform("it is what terraform show -json prints; give what terraform state pull prints")
	case file.Version == nil || notNumber != nil:
		return nil, badTerraform("it has no version, so it is no Terraform state; give what terraform state pull prints")
	case version < terraformVersion:
		return nil, badTerraform("it has version %d, of Terraform before 0.12; refresh it with a current Terraform, and give what "+
			"terraform state pull prints then", version)
	case version > terraformVersion:
		return nil, badTerraform("it has version %d, and only %d is known", version, terraformVersion)
	case err != nil:
		return nil, badTerraform("its resources are no list")
	}
	resources, instances := make([]terraformResource, len(file.Resources)), 0
	for i, raw := range file.Resources {
		place := fmt.Sprintf("resources[%d]", i)
		if isNull(raw) || json.Unmarshal(raw, &resources[i]) != nil {
			return nil, badTerraform("%s is not as Terraform writes it", place)
		}
		resources[i].place = place
		if instances += len(resources[i].Instances); instances > maxTerraformInstances {
			return nil, badTerraform("it has more than %d instances", maxTerraformInstances)
		}
	}
	return resources, nil
}

func isNull(raw json.RawMessage) bool { return len(raw) == 0 || string(raw) == "null" }

// terraformReading collects what the resources of a state mean.
type terraformReading struct {
	types map[string]TerraformType
	state *TerraformState
	// others counts instances by type and provider.
	others map[TerraformCount]int
	// current has the addresses that were seen; configured is where the resources of the state's result are, by path without keys.
	current    map[string]bool
	configured map[string][]int
	// users are the resources that depend on another one, by the paths of both without keys.
	users map[string]map[string]bool
}

// resource reads a resource with its instances.
func (t *terraformReading) resource(r terraformResource) error {
	module, ok := parseTerraformModule(r.Module)
	switch {
	case !ok:
		return badTerraform("%s: the path of its module is not as Terraform writes it", r.place)
	case !isTerraformName(r.Type), !isTerraformName(r.Name):
		return badTerraform("%s: its type or its name is not as Terraform writes it", r.place)
	case r.Mode != "managed" && r.Mode != "data":
		return badTerraform("%s: its mode is neither managed nor data", r.place)
	}
	words := r.Type + "." + r.Name
	if r.Mode == "data" {
		words = "data." + words
	}
	configured := module.with(terraformStep{words: words}).config()
	kind, known := t.types[r.Type]
	if r.Mode == "managed" && !known && len(r.Instances) > 0 {
		t.others[TerraformCount{Type: r.Type, Provider: terraformProvider(r.Provider)}] += len(r.Instances)
	}
	for i, instance := range r.Instances {
		for _, on := range instance.Dependencies {
			if t.users[on] == nil {
				t.users[on] = map[string]bool{}
			}
			t.users[on][configured] = true
		}
		if r.Mode == "data" || !known {
			continue
		}
		key, ok := terraformKey(instance.IndexKey)
		if !ok {
			return badTerraform("%s.instances[%d]: its key is neither a number nor a text", r.place, i)
		}
		address := module.with(terraformStep{words, key}).String()
		if instance.Deposed == "" {
			if t.current[address] {
				return badTerraform("%s is there twice", address)
			}
			t.current[address] = true
		}
		meaning, err := readTerraform(r, instance, kind)
		if err != nil {
			t.state.Left = append(t.state.Left, TerraformLeft{Address: address, Type: r.Type, Reason: err.Error()})
			continue
		}
		placed(meaning.Entry, plan.Position{File: address})
		t.configured[configured] = append(t.configured[configured], len(t.state.Resources))
		t.state.Resources = append(t.state.Resources, TerraformResource{
			TerraformMeaning: meaning, Address: address, Type: r.Type, Tainted: instance.Status == "tainted",
		})
	}
	return nil
}

// readTerraform returns what an instance of a known type means. The error says why it is not taken over, without any value of it.
func readTerraform(r terraformResource, instance terraformInstance, kind TerraformType) (TerraformMeaning, error) {
	provider, _, _ := strings.Cut(r.Type, "_")
	switch {
	case instance.Deposed != "":
		return TerraformMeaning{}, errors.New("deposed: Terraform has made another one in its place, and has yet to destroy it")
	case kind.Never != "":
		return TerraformMeaning{}, errors.New(kind.Never)
	case terraformProvider(r.Provider) != provider:
		return TerraformMeaning{}, fmt.Errorf("its provider is not one named %s", provider)
	case isNull(instance.Attributes) && !isNull(instance.Flat):
		return TerraformMeaning{}, errors.New("its attributes are as Terraform before 0.12 wrote them; refresh the state first")
	}
	attributes, err := terraformAttributes(instance)
	if err != nil {
		return TerraformMeaning{}, err
	}
	return kind.Read(attributes)
}

// terraformAttributes returns the attributes of an instance, without those that are sensitive.
func terraformAttributes(instance terraformInstance) (TerraformAttributes, error) {
	var known TerraformAttributes
	all, err := plan.NodeOf(instance.Attributes)
	if err != nil || all.Kind != plan.Map {
		return known, errors.New("it has no attributes")
	}
	if !isNull(instance.Sensitive) {
		var paths [][]struct {
			Type  string          `json:"type"`
			Value json.RawMessage `json:"value"`
		}
		unreadable := errors.New("the list of its sensitive attributes is not as Terraform writes it")
		if json.Unmarshal(instance.Sensitive, &paths) != nil {
			return known, unreadable
		}
		for _, path := range paths {
			var name string
			if len(path) == 0 || path[0].Type != "get_attr" || json.Unmarshal(path[0].Value, &name) != nil {
				return known, unreadable
			}
			known.Sensitive = append(known.Sensitive, name)
		}
		slices.Sort(known.Sensitive)
		known.Sensitive = slices.Compact(known.Sensitive)
	}
	known.Known = &plan.Node{Kind: plan.Map}
	for _, pair := range all.Entries {
		if _, sensitive := slices.BinarySearch(known.Sensitive, pair.Key); !sensitive {
			known.Known.Entries = append(known.Known.Entries, pair)
		}
	}
	return known, nil
}

// done sorts what was collected, and finds what belongs together.
func (t *terraformReading) done() *TerraformState {
	s := t.state
	for on, resources := range t.configured {
		var users []string // shared by all instances: there may be many
		for _, user := range slices.Sorted(maps.Keys(t.users[on])) {
			if len(t.configured[user]) == 0 {
				users = append(users, user)
			}
		}
		for _, i := range resources {
			s.Resources[i].UsedBy = users
		}
	}
	slices.SortFunc(s.Resources, compareTerraform)
	first := map[string]string{}
	for i := range s.Resources {
		r := &s.Resources[i]
		root := r.Root.String()
		if first[root] == "" {
			first[root] = r.Address
		} else {
			r.Twin = first[root]
		}
	}
	slices.SortFunc(s.Left, func(a, b TerraformLeft) int {
		return strings.Compare(a.Address+"\n"+a.Reason, b.Address+"\n"+b.Reason)
	})
	for _, other := range slices.SortedFunc(maps.Keys(t.others), func(a, b TerraformCount) int {
		return strings.Compare(a.Type+" "+a.Provider, b.Type+" "+b.Provider)
	}) {
		other.Count = t.others[other]
		s.Others = append(s.Others, other)
	}
	return s
}
