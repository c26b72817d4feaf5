package schema_test

import (
	"bytes"
	"encoding/json"
	"os"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/plan/saved"
	"github.com/agencyctl/agencyctl/schema"
)

// goldenSavedPlan is a saved plan in which everything occurs that can.
const goldenSavedPlan = "../plan/saved/testdata/saved-plan.golden.json"

func savedPlan(t *testing.T) map[string]any {
	t.Helper()
	text, err := os.ReadFile(goldenSavedPlan)
	require.NoError(t, err)
	_, err = saved.Decode(text)
	require.NoError(t, err)
	var file map[string]any
	require.NoError(t, json.Unmarshal(text, &file))
	return file
}

func TestSavedPlanKeepsItsPublishedSchema(t *testing.T) {
	text, ok := schema.Published("saved-plan")
	require.True(t, ok)
	const url = "https://agencyctl.github.io/schema/v1/saved-plan.schema.json"
	c := jsonschema.NewCompiler()
	require.NoError(t, c.AddResource(url, bytes.NewReader(text)))
	published, err := c.Compile(url)
	require.NoError(t, err)
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
	// Every object that is met on the way refuses a key that is not published, and misses each of its own.
	for name, path := range map[string][]any{
		"the file": {}, "account": {"account"}, "cloud": {"cloud"}, "limits": {"limits"}, "manifest": {"manifest"}, "summary": {"summary"},
		"reading": {"reading"}, "ownership": {"reading", "ownership"}, "desired": {"reading", "desired", 0}, "reliance": {"reliance"},
		"tree": {"reliance", "trees", 0}, "live": {"reliance", "trees", 0, "root"}, "document": {"reliance", "documents", 0},
		"not compared": {"notCompared", 0}, "not read": {"notRead", 0}, "unexpected": {"unexpected", 0},
	} {
		whole := savedPlan(t)
		at(whole, path...)["unknown"] = 1
		assert.Error(t, published.Validate(whole), "%s: a key that is not published", name)
		for key := range at(savedPlan(t), path...) {
			if name == "unexpected" && key == "id" {
				continue
			}
			whole := savedPlan(t)
			delete(at(whole, path...), key)
			assert.Error(t, published.Validate(whole), "%s: without %s", name, key)
		}
	}
	for i := range savedPlan(t)["changes"].([]any) {
		whole := savedPlan(t)
		at(whole, "changes", i)["unknown"] = 1
		assert.Error(t, published.Validate(whole), "a key of a change that is not published")
	}
	for key, bad := range map[string]any{"formatVersion": "2", "digest": "sha256:0", "changes": nil, "warnings": "none"} {
		whole := savedPlan(t)
		whole[key] = bad
		assert.Error(t, published.Validate(whole), key)
	}
}
