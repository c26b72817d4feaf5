package schema_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/schema"
)

// fragments reads the fragments of all services, as their folders hold them.
func fragments(t *testing.T) []schema.Fragment {
	t.Helper()
	var all []schema.Fragment
	for _, path := range []string{"iam/agencies", "iam/policies", "csms/authorization", "fabric/authorization", "lakeformation/authorization", "secmaster/authorization"} {
		text, err := os.ReadFile(filepath.Join("..", "providers", filepath.FromSlash(path)+".schema.json"))
		require.NoError(t, err)
		f := schema.Fragment{Section: strings.TrimPrefix(path, "iam/"), Schema: text}
		if service, authorization := strings.CutSuffix(path, "/authorization"); authorization {
			f.Section, f.Service = "authorizations", service
		}
		all = append(all, f)
	}
	for definition, path := range map[string]string{"grants": "directory/grants", "serviceAgencies": "serviceagency/agencies"} {
		text, err := os.ReadFile(filepath.Join("..", "providers", "huaweicloud", filepath.FromSlash(path)+".schema.json"))
		require.NoError(t, err)
		all = append(all, schema.Fragment{Definition: definition, Schema: text}, schema.Fragment{Definition: definition, Schema: text})
	}
	return all
}

func TestComposeMakesTheEmbeddedSchemaWhateverTheOrder(t *testing.T) {
	all := fragments(t)
	for range all {
		composed, err := schema.Compose(schema.Base(), all)
		require.NoError(t, err)
		require.Equal(t, string(schema.Manifest()), string(composed), "run go test . -update in the root")
		all = append(all[1:], all[0])
	}
}

func TestComposeRefuses(t *testing.T) {
	one := schema.Fragment{Section: "things", Schema: json.RawMessage(`{"description":"A thing.","properties":{}}`)}
	served := schema.Fragment{Section: "things", Service: "x", Schema: one.Schema}
	for name, c := range map[string]struct {
		fragments []schema.Fragment
		message   string
	}{
		"two fragments for one place":        {[]schema.Fragment{one, one}, "two fragments"},
		"entries with and without a service": {[]schema.Fragment{one, served}, "with and without a service"},
		"a section of the skeleton":          {[]schema.Fragment{{Section: "cloud", Schema: one.Schema}}, "is the skeleton's"},
		"a bookkeeping key":                  {[]schema.Fragment{{Section: "things", Schema: json.RawMessage(`{"properties":{"owner":{}}}`)}}, "the key owner"},
		"two definitions of one name": {[]schema.Fragment{
			{Definition: "one", Schema: one.Schema}, {Definition: "one", Schema: json.RawMessage(`{"type":"object"}`)},
		}, "two different fragments define one"},
		"a section and a definition of one name": {[]schema.Fragment{one, {Definition: "things", Schema: one.Schema}}, "section things has the name of a definition"},
		"a definition of the skeleton":           {[]schema.Fragment{{Definition: "patterns", Schema: one.Schema}}, "define patterns"},
		"a fragment that is no JSON":             {[]schema.Fragment{{Section: "things", Schema: json.RawMessage(`{`)}}, "fragment things"},
		"a fragment that is no object":           {[]schema.Fragment{{Section: "things", Schema: json.RawMessage(`null`)}}, "object is wanted"},
		"a fragment whose object is some list":   {[]schema.Fragment{{Section: "things", Schema: json.RawMessage(`[]`)}}, "fragment things"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := schema.Compose(schema.Base(), c.fragments)
			require.ErrorContains(t, err, c.message)
		})
	}
	_, err := schema.Compose([]byte("{"), nil)
	require.ErrorContains(t, err, "skeleton")
}

func TestEveryKeyOfTheManifestHasADescription(t *testing.T) {
	var root map[string]any
	require.NoError(t, json.Unmarshal(schema.Manifest(), &root))
	keys := 0
	var walk func(path string, v any)
	walk = func(path string, v any) {
		node, ok := v.(map[string]any)
		if !ok {
			return
		}
		for _, keyword := range []string{"properties", "$defs"} {
			entries, _ := node[keyword].(map[string]any)
			for key, sub := range entries {
				keys++
				if sub == true { // a condition names a key that is described around it
					continue
				}
				o, ok := sub.(map[string]any)
				if assert.True(t, ok, "%s/%s is no object", path, key) {
					assert.NotEmpty(t, o["description"], "%s/%s has no description", path, key)
				}
				walk(path+"/"+key, sub)
			}
		}
		for _, keyword := range []string{"items", "additionalProperties", "propertyNames", "if", "then", "else"} {
			walk(path+"/"+keyword, node[keyword])
		}
		branches, _ := node["allOf"].([]any)
		for _, b := range branches {
			walk(path+"/allOf", b)
		}
	}
	walk("", root)
	assert.Greater(t, keys, 100, "the walk must see the whole schema")
	assert.Equal(t, "https://agencyctl.github.io/schema/v1/manifest.schema.json", root["$id"])
}

func TestPublishedSchemas(t *testing.T) {
	assert.Equal(t, []string{
		"apply", "audit", "drift", "explain", "list", "manifest", "notification", "plan", "saved-plan", "snapshot", "validate", "whoami",
	}, schema.Names())
	for _, name := range schema.Names() {
		text, ok := schema.Published(name)
		require.True(t, ok, name)
		var o struct {
			ID string `json:"$id"`
		}
		require.NoError(t, json.Unmarshal(text, &o), name)
		assert.Equal(t, "https://agencyctl.github.io/schema/v1/"+name+".schema.json", o.ID)
	}
	for _, name := range []string{"base", "", "../schema/plan", `x\plan`, "nothing"} {
		_, ok := schema.Published(name)
		assert.False(t, ok, name)
	}
}
