package schema_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/conformance/tiny"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/saved"
	"github.com/agencyctl/agencyctl/schema"
)

// goldenSavedPlan is a saved plan in which everything occurs that can.
const goldenSavedPlan = "../plan/saved/testdata/saved-plan.golden.json"

func savedPlan(t *testing.T) map[string]any {
	t.Helper()
	text, err := os.ReadFile(goldenSavedPlan)
	require.NoError(t, err)
	_, err = saved.Decode(text, saved.Program{Services: tiny.Services{Knowledge: tiny.Everything().Knowledge.(tiny.Knowledge)}, Version: "v1.2.3"})
	require.NoError(t, err)
	var file map[string]any
	require.NoError(t, json.Unmarshal(text, &file))
	return file
}

// compile compiles a published schema, with those that it refers to: all that there are, and nothing from elsewhere.
func compile(t *testing.T, name string) *jsonschema.Schema {
	t.Helper()
	const base = "https://agencyctl.github.io/schema/v1/"
	c := jsonschema.NewCompiler()
	c.LoadURL = func(url string) (io.ReadCloser, error) { return nil, fmt.Errorf("%s is not published", url) }
	for _, name := range schema.Names() {
		text, ok := schema.Published(name)
		require.True(t, ok)
		require.NoError(t, c.AddResource(base+name+".schema.json", bytes.NewReader(text)))
	}
	compiled, err := c.Compile(base + name + ".schema.json")
	require.NoError(t, err)
	return compiled
}

func TestSavedPlanKeepsItsPublishedSchema(t *testing.T) {
	published := compile(t, "saved-plan")
	require.NoError(t, published.Validate(savedPlan(t)))

	at := func(file map[string]any, path ...any) map[string]any {
		var v any = file
		for _, step := range path {
			switch step := step.(type) {
			case string:
				v = v.(map[string]any)[step]
			case int:
				v = v.([]any)[step]
			}
		}
		return v.(map[string]any)
	}
	// Every object that is met on the way refuses a key that is not published, and misses each of those that it needs.
	for name, c := range map[string]struct {
		path     []any
		optional []string
	}{
		"the file": {}, "account": {path: []any{"account"}, optional: []string{"name", "id"}},
		"cloud": {path: []any{"cloud"}, optional: []string{"region"}}, "manifest": {path: []any{"manifest"}}, "summary": {path: []any{"summary"}},
		"basis": {path: []any{"basis"}, optional: []string{"desired", "listed"}}, "options": {path: []any{"basis", "options"}},
		"rules":        {path: []any{"basis", "rules"}, optional: []string{"acceptances"}},
		"listed":       {path: []any{"basis", "listed", 0}, optional: []string{"absent"}},
		"remark":       {path: []any{"remarks", 0}, optional: []string{"source"}},
		"ownership":    {path: []any{"basis", "rules", "ownership"}, optional: []string{"include", "prune", "protect"}},
		"desired":      {path: []any{"basis", "desired", 0}, optional: []string{"source"}},
		"entry":        {path: []any{"basis", "snapshot", "catalogue", 0}, optional: []string{"type", "id"}},
		"snapshot":     {path: []any{"basis", "snapshot"}, optional: []string{"resources", "catalogue", "quotas", "coverage"}},
		"live":         {path: []any{"basis", "snapshot", "resources", 0}, optional: []string{"id"}},
		"not compared": {path: []any{"notCompared", 0}}, "not read": {path: []any{"notRead", 0}},
		"unexpected": {path: []any{"unexpected", 0}, optional: []string{"id", "accepted"}},
	} {
		whole := savedPlan(t)
		at(whole, c.path...)["unknown"] = 1
		assert.Error(t, published.Validate(whole), "%s: a key that is not published", name)
		for key := range at(savedPlan(t), c.path...) {
			whole := savedPlan(t)
			delete(at(whole, c.path...), key)
			if slices.Contains(c.optional, key) {
				assert.NoError(t, published.Validate(whole), "%s: without %s", name, key)
			} else {
				assert.Error(t, published.Validate(whole), "%s: without %s", name, key)
			}
		}
	}
	for i := range savedPlan(t)["changes"].([]any) {
		whole := savedPlan(t)
		at(whole, "changes", i)["unknown"] = 1
		assert.Error(t, published.Validate(whole), "a key of a change that is not published")
	}
	renewing := savedPlan(t)
	at(renewing, "basis", "options")["renew"], at(renewing, "changes", 0)["renew"] = []any{"box/ends"}, true
	assert.NoError(t, published.Validate(renewing))
	at(renewing, "changes", 0)["renew"] = false
	assert.Error(t, published.Validate(renewing), "what is not renewed says nothing")
	for key, bad := range map[string]any{"formatVersion": "1", "digest": "sha256:0", "changes": nil, "warnings": "none"} {
		whole := savedPlan(t)
		whole[key] = bad
		assert.Error(t, published.Validate(whole), key)
	}
}

// TestASavedPlanIsAPlan holds all that a saved plan shows against the schema of the output of plan.
func TestASavedPlanIsAPlan(t *testing.T) {
	file := savedPlan(t)
	for _, own := range []string{"formatVersion", "digest", "tool", "basis"} {
		require.Contains(t, file, own)
		delete(file, own)
	}
	output := map[string]any{"formatVersion": plan.FormatVersion, "problems": []any{}, "accounts": []any{file}}
	require.NoError(t, compile(t, "plan").Validate(output))
}
