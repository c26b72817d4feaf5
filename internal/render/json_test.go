package render_test

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/engine"
	"github.com/agencyctl/agencyctl/internal/render"
	"github.com/agencyctl/agencyctl/plan"
)

const schemaBase = "https://agencyctl.github.io/schema/v1/"

func schemaText(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile("../../schema/" + name + ".schema.json")
	require.NoError(t, err)
	return data
}

func compileSchema(t *testing.T, name string) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	require.NoError(t, c.AddResource(schemaBase+name+".schema.json", bytes.NewReader(schemaText(t, name))))
	s, err := c.Compile(schemaBase + name + ".schema.json")
	require.NoError(t, err)
	return s
}

// outputs writes each JSON output twice: with all that can be in it, and with as little as can be.
func outputs(t *testing.T) map[string][]func(io.Writer) error {
	o := render.Options{ShowNow: true}
	return map[string][]func(io.Writer) error{
		"plan": {
			func(w io.Writer) error { return render.PlanJSON(w, []*plan.Plan{samplePlan(t), emptyPlan()}) },
			func(w io.Writer) error { return render.PlanJSON(w, nil) },
			func(w io.Writer) error {
				return render.PlanJSON(w, []*plan.Plan{nil, samplePlan(t), samplePlan(t)}, sampleFailure(), nil, sampleFailure())
			},
		},
		"drift": {
			func(w io.Writer) error {
				return render.DriftJSON(w, []*plan.Drift{sampleDrift(t), {Account: account, Cloud: cloud}}, o)
			},
			func(w io.Writer) error { return render.DriftJSON(w, nil, render.Options{}) },
			func(w io.Writer) error {
				return render.DriftJSON(w, []*plan.Drift{nil, sampleDrift(t), sampleDrift(t)}, o, sampleFailure(), nil, sampleFailure())
			},
		},
		"apply": {
			func(w io.Writer) error {
				return render.ReportJSON(w, []*engine.Report{sampleReport(t), {Account: account}})
			},
			func(w io.Writer) error { return render.ReportJSON(w, nil) },
			func(w io.Writer) error {
				return render.ReportJSON(w, []*engine.Report{nil, sampleReport(t)}, sampleFailure(), nil)
			},
		},
		"whoami": {
			func(w io.Writer) error { return render.CallersJSON(w, sampleCallers()) },
			func(w io.Writer) error { return render.CallersJSON(w, []render.Caller{{Cloud: cloud}}) },
			func(w io.Writer) error { return render.CallersJSON(w, nil) },
		},
		"validate": {
			func(w io.Writer) error { return render.ProblemsJSON(w, sampleProblems()) },
			func(w io.Writer) error { return render.ProblemsJSON(w, nil) },
		},
	}
}

func TestJSONKeepsItsPublishedSchema(t *testing.T) {
	for name, writes := range outputs(t) {
		t.Run(name, func(t *testing.T) {
			schema := compileSchema(t, name)
			for _, write := range writes {
				var first, second bytes.Buffer
				require.NoError(t, write(&first))
				require.NoError(t, write(&second))
				require.Equal(t, first.String(), second.String(), "the same input must give the same bytes")
				var v any
				require.NoError(t, json.Unmarshal(first.Bytes(), &v))
				require.NoError(t, schema.Validate(v), first.String())
			}
		})
	}
}

func sampleFailure() *render.Failure {
	return &render.Failure{Account: account, Kind: "denied", Message: "read: access denied <1>", Hint: "check the credentials"}
}

// TestAFailedAccountStandsInItsPlace looks at every output whose accounts may fail.
func TestAFailedAccountStandsInItsPlace(t *testing.T) {
	for name, beside := range map[string]bool{"plan": true, "drift": true, "apply": false} {
		t.Run(name, func(t *testing.T) {
			schema := compileSchema(t, name)
			var b bytes.Buffer
			require.NoError(t, outputs(t)[name][2](&b))
			decode := func() (whole map[string]any, accounts []any) {
				require.NoError(t, json.Unmarshal(b.Bytes(), &whole))
				return whole, whole["accounts"].([]any)
			}
			reason := map[string]any{"kind": "denied", "message": "read: access denied <1>", "hint": "check the credentials"}
			whole, accounts := decode()
			require.NoError(t, schema.Validate(whole), b.String())
			assert.Equal(t, reason, accounts[0].(map[string]any)["error"])
			assert.Len(t, accounts[0], 2, "the account and the error")
			assert.NotContains(t, accounts[1], "error")
			if beside {
				assert.Equal(t, reason, accounts[2].(map[string]any)["error"])
				assert.Len(t, accounts[2], len(accounts[1].(map[string]any))+1, "the result stands beside the error")
			}
			accounts[0].(map[string]any)["error"].(map[string]any)["kind"] = "unheard of"
			assert.Error(t, schema.Validate(whole), "a kind that is not published")
			whole, accounts = decode()
			delete(accounts[0].(map[string]any), "error")
			assert.Error(t, schema.Validate(whole), "an element that says nothing")
		})
	}
}

// TestSchemasRefuseWhatIsNotPublished changes valid outputs, so that a schema that accepts anything cannot pass.
func TestSchemasRefuseWhatIsNotPublished(t *testing.T) {
	for name, list := range map[string]string{"plan": "changes", "drift": "changed", "apply": "results"} {
		t.Run(name, func(t *testing.T) {
			schema := compileSchema(t, name)
			decode := func() (whole, element map[string]any) {
				var b bytes.Buffer
				require.NoError(t, outputs(t)[name][0](&b))
				require.NoError(t, json.Unmarshal(b.Bytes(), &whole))
				first := whole["accounts"].([]any)[0].(map[string]any)
				return whole, first[list].([]any)[0].(map[string]any)
			}
			whole, element := decode()
			element["unknown"] = 1
			assert.Error(t, schema.Validate(whole), "a key that is not published")
			whole, element = decode()
			delete(element, "address")
			assert.Error(t, schema.Validate(whole), "a key that is missing")
			whole, element = decode()
			element["address"] = "no address"
			assert.Error(t, schema.Validate(whole), "an address that is none")
			whole, _ = decode()
			whole["formatVersion"] = "2"
			assert.Error(t, schema.Validate(whole), "another version")
			whole, _ = decode()
			whole["accounts"] = nil
			assert.Error(t, schema.Validate(whole), "null for a list")
		})
	}
}

// TestSchemasExplainThemselves requires a description of every key, and that nothing unknown is let through.
func TestSchemasExplainThemselves(t *testing.T) {
	for _, name := range []string{"plan", "drift", "apply", "validate", "whoami"} {
		var root map[string]any
		require.NoError(t, json.Unmarshal(schemaText(t, name), &root))
		assert.Equal(t, schemaBase+name+".schema.json", root["$id"])
		assert.Equal(t, "https://json-schema.org/draft/2020-12/schema", root["$schema"])
		assert.NotEmpty(t, root["title"])
		defs, _ := root["$defs"].(map[string]any)
		described := func(v any) bool {
			schema := v.(map[string]any)
			if schema["description"] != nil {
				return true
			}
			ref, _ := schema["$ref"].(string)
			target, _ := defs[ref[min(len(ref), len("#/$defs/")):]].(map[string]any)
			return target["description"] != nil
		}
		var walk func(where string, v any)
		walk = func(where string, v any) {
			switch v := v.(type) {
			case map[string]any:
				if properties, ok := v["properties"].(map[string]any); ok {
					assert.Equal(t, false, v["additionalProperties"], where)
					for key, property := range properties {
						assert.True(t, described(property), "%s: %s/%s has no description", name, where, key)
					}
				}
				for key, child := range v {
					walk(where+"/"+key, child)
				}
			case []any:
				for _, child := range v {
					walk(where, child)
				}
			}
		}
		walk("", root)
	}
}
