package schema

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/plan"
)

// closedObjects returns the places of all schemas of objects that know their keys, with these keys.
func closedObjects(at any, pointer string, found map[string][]string) {
	switch v := at.(type) {
	case object:
		if v["additionalProperties"] == false {
			properties, _ := v["properties"].(object)
			found[pointer] = slices.Sorted(maps.Keys(properties))
		}
		for key, below := range v {
			closedObjects(below, pointer+"/"+strings.ReplaceAll(key, "/", "~1"), found)
		}
	case []any:
		for i, below := range v {
			closedObjects(below, fmt.Sprintf("%s/%d", pointer, i), found)
		}
	}
}

// missing returns the keys that the schema requires and the node does not have.
func missing(e *explainer, v *jsonschema.ValidationError) (keys []string) {
	for _, cause := range v.Causes {
		keys = append(keys, missing(e, cause)...)
	}
	_, pointer, _ := strings.Cut(v.AbsoluteKeywordLocation, "#")
	if path := tokens(pointer); len(v.Causes) == 0 && v.InstanceLocation == "" && path[len(path)-1] == "required" {
		owner, _ := e.lookUp(path[:len(path)-1]).(object)
		keys = append(keys, slices.DeleteFunc(stringsOf(owner["required"]), e.root.Has)...)
	}
	return keys
}

func TestAMissingKeyIsToldBesideEveryKeyThatIsKnown(t *testing.T) {
	raw := compiled().raw
	objects := map[string][]string{}
	closedObjects(raw, "", objects)
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat = true
	require.NoError(t, compiler.AddResource(manifestURL, bytes.NewReader(Manifest())))
	pairs := 0
	for pointer, known := range objects {
		s, err := compiler.Compile(manifestURL + "#" + pointer)
		require.NoError(t, err, pointer)
		for _, key := range known {
			for _, value := range []string{"x", "absent", "additive"} {
				node := &plan.Node{Kind: plan.Map, Entries: []plan.Pair{{Key: key, Value: &plan.Node{Kind: plan.Text, Text: value}}}}
				var invalid *jsonschema.ValidationError
				if !errors.As(s.Validate(plain(node)), &invalid) {
					continue
				}
				e := explainer{raw: raw, root: node, subject: "the entry"}
				wanted := missing(&e, invalid)
				e.explain(invalid)
				require.NotEmpty(t, e.problems, "%s: %s", pointer, key)
				for _, r := range wanted {
					pairs++
					assert.True(t, slices.ContainsFunc(e.problems, func(p plan.Problem) bool {
						return p.Summary == "key missing" && p.Detail == fmt.Sprintf("the entry has no key %q", r)
					}), "%s: %s is there, and it is not told that %s is missing", pointer, key, r)
				}
			}
		}
	}
	assert.Greater(t, pairs, 100)
}

func TestARefusalThatNothingExplainsIsAProblem(t *testing.T) {
	e := explainer{raw: compiled().raw, root: &plan.Node{Kind: plan.Map}, subject: "the entry of agencies"}
	e.explain(&jsonschema.ValidationError{AbsoluteKeywordLocation: manifestURL + "#"})
	require.Len(t, e.problems, 1)
	assert.Equal(t, "the entry of agencies is not as the schema says", e.problems[0].Detail)
}
