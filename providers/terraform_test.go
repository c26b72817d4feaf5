package providers_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers"
)

// shelf is a service whose boxes Terraform may keep.
type shelf struct{ providers.Provider }

func (shelf) Name() string       { return "shelf" }
func (shelf) Prefixes() []string { return []string{"box"} }

func (shelf) TerraformTypes() map[string]providers.TerraformType {
	return map[string]providers.TerraformType{
		"store_box": {Read: func(a providers.TerraformAttributes) (m providers.TerraformMeaning, err error) {
			name := a.Known.Get("name").String()
			if name == "" {
				return m, errors.New("it has no name")
			}
			m = providers.TerraformMeaning{Name: name, Root: addr.New("box", addr.Plain(name)), Section: "boxes", Entry: a.Known}
			return m, nil
		}},
		"store_bag": {Never: "bags are not read"},
	}
}

func readTerraform(t *testing.T, data string) (*providers.TerraformState, error) {
	t.Helper()
	registry, err := providers.NewRegistry(shelf{})
	require.NoError(t, err)
	return registry.ReadTerraform([]byte(data))
}

// stateOf is a state with these resources.
func stateOf(resources ...string) string {
	return `{"version":4,"terraform_version":"1.9.8","serial":1,"lineage":"x","outputs":{},"resources":[` + strings.Join(resources, ",") + `]}`
}

// box is a resource of the type store_box in a module, with these instances.
func box(module, name string, instances ...string) string {
	return fmt.Sprintf(`{"module":%q,"mode":"managed","type":"store_box","name":%q,"provider":"provider[\"registry.terraform.io/acme/store\"]","instances":[%s]}`,
		module, name, strings.Join(instances, ","))
}

const one = `{"attributes":{"name":"a"}}`

// The addresses are those that Terraform 1.x prints for such instances and takes from a command line.
func TestTerraformAddressesAreWrittenForAShell(t *testing.T) {
	for want, resource := range map[string]string{
		`store_box.a`:                box("", "a", one),
		`store_box.a-b_c`:            box("", "a-b_c", one),
		`'store_box.a[0]'`:           box("", "a", `{"index_key":0,"attributes":{"name":"a"}}`),
		`'store_box.a["x"]'`:         box("", "a", `{"index_key":"x","attributes":{"name":"a"}}`),
		`'store_box.a[""]'`:          box("", "a", `{"index_key":"","attributes":{"name":"a"}}`),
		`'store_box.a["it'\''s"]'`:   box("", "a", `{"index_key":"it's","attributes":{"name":"a"}}`),
		`'store_box.a["\"; ls \\"]'`: box("", "a", `{"index_key":"\"; ls \\","attributes":{"name":"a"}}`),
		`'store_box.a["$${x}%%{y}$z%"]'`: box("", "a",
			`{"index_key":"${x}%{y}$z%","attributes":{"name":"a"}}`),
		`'store_box.a["\n\r\t\u0007\u200b\U000e0041ü"]'`: box("", "a",
			`{"index_key":"\n\r\t\u0007\u200b\udb40\udc41ü","attributes":{"name":"a"}}`),
		`module.net.store_box.a`:                                box("module.net", "a", one),
		`'module.net["a.b"].module.x[1].store_box.a'`:           box(`module.net["a.b"].module.x[1]`, "a", one),
		`'module.net["]\"'\''\\$${n}"].store_box.a["module."]'`: box(`module.net["]\"'\\$${n}"]`, "a", `{"index_key":"module.","attributes":{"name":"a"}}`),
	} {
		state, err := readTerraform(t, stateOf(resource))
		require.NoError(t, err, want)
		require.Len(t, state.Resources, 1, want)
		assert.Equal(t, []string{"terraform state rm " + want}, state.Commands(func(addr.Address) bool { return true }))
		assert.Equal(t, plan.Position{File: state.Resources[0].Address}, state.Resources[0].Entry.At)
	}
}

func TestWhatIsNoTerraformStateIsRefused(t *testing.T) {
	deep := strings.Repeat(`[`, 200) + strings.Repeat(`]`, 200)
	for want, data := range map[string]string{
		"it is not valid JSON from byte":                         `{"version":4,`,
		"it is not valid JSON from byte 22":                      `{"version":4, "pass":hunter2}`,
		"it has no version, so it is no Terraform state":         `{}`,
		"so it is no Terraform state":                            `{"version":"4"}`,
		"it has no version":                                      `{"version":null}`,
		"give what terraform state pull prints":                  `[]`,
		"it has version 3, of Terraform before 0.12":             `{"version":3,"modules":[]}`,
		"refresh it with a current Terraform":                    `{"version":1}`,
		"it has version 5, and only 4 is known":                  `{"version":5,"resources":[]}`,
		"its resources are no list":                              `{"version":4,"resources":{"a":"hunter2"}}`,
		"it is encrypted by OpenTofu; give what tofu state pull": `{"serial":1,"lineage":"x","meta":{},"encrypted_data":"hunter2","encryption_version":"v0"}`,
		"it is what terraform show -json prints":                 `{"format_version":"1.0","values":{}}`,
		"it is UTF-16":                                           "\xff\xfe{\x00",
		"it is nested deeper than 100 levels":                    `{"version":4,"outputs":` + deep + `}`,
		"resources[1] is not as Terraform writes it":             stateOf(box("", "a", one), `null`),
		"resources[0] is not as Terraform writes it":             stateOf(`"hunter2"`),
		"resources[0]: its type or its name is not":              stateOf(box("", "0a", one)),
		"resources[0]: the path of its module is not":            stateOf(box("hunter2", "a", one)),
		"resources[0]: the path of its module":                   stateOf(box(`module.a["${hunter2}"]`, "a", one)),
		"resources[0]: its mode is neither managed nor data":     `{"version":4,"resources":[{"mode":"hunter2","type":"a","name":"b"}]}`,
		"resources[0].instances[1]: its key is neither a number": stateOf(box("", "a", one, `{"index_key":{"hunter2":1}}`)),
		"resources[0].instances[0]: its key":                     stateOf(box("", "a", `{"index_key":-1}`)),
		`store_box.a["x"] is there twice`:                        stateOf(box("", "a", `{"index_key":"x"}`, `{"index_key":"x"}`)),
		"it has more than 200000 instances":                      stateOf(box("", "a", strings.Repeat("{},", 200_000)+"{}")),
		"it is larger than 64 MiB":                               string(bytes.Repeat([]byte(" "), providers.MaxTerraformBytes+1)),
	} {
		_, err := readTerraform(t, data)
		require.ErrorIs(t, err, providers.ErrTerraformState, want)
		assert.ErrorContains(t, err, want)
		assert.NotContains(t, err.Error(), "hunter2")
	}
}

func TestAMarkBeforeATerraformStateIsNoFault(t *testing.T) {
	state, err := readTerraform(t, "\ufeff"+stateOf(box("", "a", one)))
	require.NoError(t, err)
	assert.Len(t, state.Resources, 1)
}

func TestWhatIsNotTakenOutOfATerraformStateIsNamed(t *testing.T) {
	foreign := strings.ReplaceAll(box("", "d", one), "acme/store", "acme/other")
	state, err := readTerraform(t, stateOf(
		box("", "c", `{"deposed":"0123abcd","attributes":{"name":"old"}}`, one, `{"deposed":"0123abce","attributes":{"name":"older"}}`),
		foreign,
		box("", "e", `{"attributes":{}}`), box("", "f", `{}`), box("", "g", `{"attributes":null,"attributes_flat":{"name":"a"}}`),
		box("", "h", `{"attributes":[]}`), box("", "i", `{"attributes":{"name":"a"},"sensitive_attributes":"all"}`),
		box("", "j", `{"attributes":{"name":"a"},"sensitive_attributes":[[]]}`),
		box("", "k", `{"attributes":{"name":"a"},"sensitive_attributes":[[{"type":"get_attr","value":"name"}]]}`),
		`{"mode":"managed","type":"store_bag","name":"a","provider":"provider.store","instances":[{"attributes":{}}]}`,
		`{"mode":"managed","type":"store_key","name":"a","provider":"provider.store.alias","instances":[{},{"index_key":1}]}`,
		`{"mode":"managed","type":"store_key","name":"b","provider":"module.x.provider[\"example.com/acme/store\"].alias","instances":[{}]}`,
		`{"mode":"managed","type":"store_key","name":"c","provider":"a word","instances":[{}]}`,
		`{"mode":"managed","type":"store_key","name":"none","provider":"a word","instances":[]}`,
		`{"mode":"data","type":"store_box","name":"a","provider":"provider.store","instances":[`+one+`]}`,
		`{"mode":"data","type":"store_key","name":"a","provider":"provider.store","instances":[`+one+`]}`,
	))
	require.NoError(t, err)
	require.Len(t, state.Resources, 1)
	assert.Equal(t, "store_box.c", state.Resources[0].Address)
	const deposed = "deposed: Terraform has made another one in its place, and has yet to destroy it"
	assert.Equal(t, []providers.TerraformLeft{
		{"store_bag.a", "store_bag", "bags are not read"},
		{"store_box.c", "store_box", deposed}, {"store_box.c", "store_box", deposed},
		{"store_box.d", "store_box", "its provider is not one named store"},
		{"store_box.e", "store_box", "it has no name"},
		{"store_box.f", "store_box", "it has no attributes"},
		{"store_box.g", "store_box", "its attributes are as Terraform before 0.12 wrote them; refresh the state first"},
		{"store_box.h", "store_box", "it has no attributes"},
		{"store_box.i", "store_box", "the list of its sensitive attributes is not as Terraform writes it"},
		{"store_box.j", "store_box", "the list of its sensitive attributes is not as Terraform writes it"},
		{"store_box.k", "store_box", "it has no name"},
	}, state.Left)
	assert.Equal(t, []providers.TerraformCount{{"store_key", "", 1}, {"store_key", "store", 3}}, state.Others)
}

func TestTwoTerraformInstancesOfOneRootAreTwins(t *testing.T) {
	state, err := readTerraform(t, stateOf(
		box("module.z", "a", one), box("", "b", `{"status":"tainted","attributes":{"name":"b"}}`), box("", "a", one)))
	require.NoError(t, err)
	require.Len(t, state.Resources, 3)
	twins, tainted := map[string]string{}, map[string]bool{}
	for _, r := range state.Resources {
		twins[r.Address], tainted[r.Address] = r.Twin, r.Tainted
	}
	assert.Equal(t, map[string]string{"module.z.store_box.a": "", "store_box.a": "module.z.store_box.a", "store_box.b": ""}, twins)
	assert.Equal(t, map[string]bool{"module.z.store_box.a": false, "store_box.a": false, "store_box.b": true}, tainted)
	assert.Len(t, state.Sections()["boxes"], 2)
	assert.Equal(t, []string{"terraform state rm module.z.store_box.a", "terraform state rm store_box.a"},
		state.Commands(func(root addr.Address) bool { return root.String() == "box/a" }), "Terraform forgets both, or it would go on keeping the thing")
}

func TestWhoRefersToATerraformResourceIsNamed(t *testing.T) {
	state, err := readTerraform(t, stateOf(
		box("module.x[0]", "a", `{"index_key":0,"attributes":{"name":"a"}}`, `{"index_key":1,"attributes":{"name":"b"}}`),
		box("module.x[0]", "b", `{"attributes":{"name":"c"},"dependencies":["module.x.store_box.a"]}`),
		`{"module":"module.x[0]","mode":"managed","type":"store_key","name":"k","provider":"provider.store","instances":[
			{"index_key":0,"dependencies":["module.x.store_box.a"]},{"index_key":1,"dependencies":["module.x.store_box.a","store_box.a"]}]}`,
		`{"mode":"data","type":"store_key","name":"k","provider":"provider.store","instances":[{"dependencies":["module.x.store_box.a"]}]}`,
	))
	require.NoError(t, err)
	for _, r := range state.Resources[:2] {
		assert.Equal(t, []string{"data.store_key.k", "module.x.store_key.k"}, r.UsedBy, r.Address)
	}
	assert.Empty(t, state.Resources[2].UsedBy)
}
