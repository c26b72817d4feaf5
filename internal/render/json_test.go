package render_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
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

// outputs are reports of each kind, each with all that can be in it, with as little as can be, and with failures.
func outputs(t *testing.T) map[string][]render.Report {
	failed := render.Account{Account: account, Failure: sampleFailure()}
	done := reports(&engine.Report{Account: account, Verified: true}).Accounts[0]
	whole := func(kind render.Kind) render.Report { return render.Report{Kind: kind, Failure: sampleFailure()} }
	refused, drifted := plans(samplePlan(t)).Accounts[0], drifts(sampleDrift(t)).Accounts[0]
	audited := audits(sampleAudit(t)).Accounts[0]
	refused.Failure, drifted.Failure, audited.Failure = sampleFailure(), sampleFailure(), sampleFailure()
	return map[string][]render.Report{
		"plan": {
			plans(samplePlan(t), emptyPlan()), plans(),
			{Kind: render.Plan, Accounts: []render.Account{failed, plans(samplePlan(t)).Accounts[0], refused}}, whole(render.Plan),
		},
		"drift": {
			drifts(sampleDrift(t), &plan.Drift{Account: account, Cloud: cloud}), drifts(),
			{Kind: render.Drift, Accounts: []render.Account{failed, drifts(sampleDrift(t)).Accounts[0], drifted}},
			drifts(explained(t, "user night-shift")), whole(render.Drift),
		},
		"apply": {
			reports(sampleReport(t), &engine.Report{Account: account}), reports(),
			{Kind: render.Apply, Accounts: []render.Account{failed, done}}, whole(render.Apply),
		},
		"audit": {
			audits(sampleAudit(t), &plan.Audit{Account: account, Cloud: cloud}), audits(),
			{Kind: render.Audit, Accounts: []render.Account{failed, audits(sampleAudit(t)).Accounts[0], audited}}, whole(render.Audit),
		},
		"whoami":   {sampleCallers(), callers(&render.Caller{Cloud: cloud}), callers(), whole(render.Whoami)},
		"list":     {sampleListings(), {Kind: render.List}, whole(render.List), {Kind: render.List, Accounts: []render.Account{failed}}},
		"validate": {{Kind: render.Validate, Problems: sampleProblems()}, {Kind: render.Validate}, whole(render.Validate)},
	}
}

func TestJSONKeepsItsPublishedSchema(t *testing.T) {
	for name, all := range outputs(t) {
		t.Run(name, func(t *testing.T) {
			schema := compileSchema(t, name)
			for _, report := range all {
				var first, second bytes.Buffer
				require.NoError(t, asJSON(report, render.Options{ShowNow: true})(&first))
				require.NoError(t, asJSON(report, render.Options{ShowNow: true})(&second))
				require.Equal(t, first.String(), second.String(), "the same input must give the same bytes")
				var v any
				require.NoError(t, json.Unmarshal(first.Bytes(), &v))
				require.NoError(t, schema.Validate(v), first.String())
			}
		})
	}
}

func sampleFailure() *render.Failure {
	return &render.Failure{
		Kind: "denied", Err: errors.New("read: access denied <1>"),
		Problems: []plan.Problem{{At: at(3), Summary: "bad", Detail: "worse", Hint: "mend it"}},
	}
}

// TestAFailedAccountStandsInItsPlace looks at every output whose accounts may fail.
func TestAFailedAccountStandsInItsPlace(t *testing.T) {
	for name, c := range map[string]struct {
		beside bool
		// counted are the keys that say that there is no result.
		counted []string
	}{
		"plan":  {true, []string{"summary", "changes", "findings"}},
		"drift": {true, []string{"summary", "drifted", "changed", "missing", "unexpected", "expired", "findings"}},
		"audit": {true, []string{"summary", "findings", "principals", "expired"}},
		"apply": {false, []string{"summary", "results"}},
	} {
		t.Run(name, func(t *testing.T) {
			schema := compileSchema(t, name)
			var b bytes.Buffer
			require.NoError(t, asJSON(outputs(t)[name][2], render.Options{Hint: sampleHint})(&b))
			decode := func() (whole map[string]any, accounts []any) {
				require.NoError(t, json.Unmarshal(b.Bytes(), &whole))
				return whole, whole["accounts"].([]any)
			}
			reason := map[string]any{
				"kind": "denied", "message": "read: access denied <1>\nagencies.yaml:3:5: bad: worse", "hint": "check the credentials\nmend it",
			}
			whole, accounts := decode()
			require.NoError(t, schema.Validate(whole), b.String())
			first := accounts[0].(map[string]any)
			assert.Equal(t, reason, first["error"])
			for _, key := range c.counted {
				assert.Equal(t, "failed", first[key])
			}
			assert.NotContains(t, accounts[1], "error")
			if c.beside {
				assert.Equal(t, reason, accounts[2].(map[string]any)["error"])
				assert.Len(t, accounts[2], len(accounts[1].(map[string]any))+1, "the result stands beside the error")
			}
			problems := whole["problems"].([]any)
			require.Len(t, problems, 2*(len(accounts)-1), "an error and a problem of each account that failed")
			identity := map[string]any{"name": account.Name, "id": account.ID}
			assert.Equal(t, map[string]any{
				"account": identity, "file": "", "line": 0.0, "column": 0.0, "summary": "account failed", "detail": "read: access denied <1>",
				"hint": "check the credentials", "warning": false,
			}, problems[0])
			assert.Equal(t, map[string]any{
				"account": identity, "file": "agencies.yaml", "line": 3.0, "column": 5.0, "summary": "bad", "detail": "worse", "hint": "mend it",
				"warning": false,
			}, problems[1])
			first["error"].(map[string]any)["kind"] = "unheard of"
			assert.Error(t, schema.Validate(whole), "a kind that is not published")
			for _, key := range append(c.counted, "error") {
				whole, accounts = decode()
				delete(accounts[0].(map[string]any), key)
				assert.Error(t, schema.Validate(whole), "an element that does not say "+key)
			}
		})
	}
}

// A result without any difference beside an error would be taken for the good news that it is not.
func TestNoEmptyResultStandsBesideAnError(t *testing.T) {
	empty, none := plans(emptyPlan()), drifts(&plan.Drift{Account: account, Cloud: cloud})
	empty.Accounts[0].Failure, none.Accounts[0].Failure = sampleFailure(), sampleFailure()
	for _, r := range []render.Report{empty, none} {
		var b bytes.Buffer
		require.NoError(t, asJSON(r, render.Options{})(&b))
		var document struct{ Accounts []map[string]any }
		require.NoError(t, json.Unmarshal(b.Bytes(), &document))
		assert.Equal(t, "failed", document.Accounts[0]["summary"])
		assert.NotNil(t, document.Accounts[0]["error"])
	}
}

func TestAReportOfFailedChangesIsAFailure(t *testing.T) {
	results := func(outcomes ...engine.Outcome) (all []engine.Result) {
		for _, o := range outcomes {
			all = append(all, engine.Result{Address: address(t, "agency/a"), Action: plan.Create, Outcome: o})
		}
		return all
	}
	for text, r := range map[string]*engine.Report{
		"Nothing was applied; 1 failed.":         {Verified: true, Results: results(engine.Failed)},
		"Applied 1 change, verified; 1 skipped.": {Verified: true, Results: results(engine.Applied, engine.Skipped)},
		"Applied 1 change, 1 resource not verified.": {
			Results: results(engine.Applied), Unverified: []engine.Difference{{Address: address(t, "agency/a"), Reason: "lag"}},
		},
		"Interrupted. 1 applied and verified, 1 not begun. Run the same command again: it goes on where it stopped.": {
			Verified: true, Interrupted: true, Results: results(engine.Applied, engine.Cancelled),
		},
		"Interrupted. Nothing was applied, 2 not begun. Run the same command again: it goes on where it stopped.": {
			Verified: true, Interrupted: true, Results: results(engine.Cancelled, engine.Cancelled),
		},
		"Interrupted. 1 applied but not read back, 1 failed, 1 with unknown outcome. Run the same command again: it goes on where it stopped.": {
			Interrupted: true, Unverified: []engine.Difference{{Address: address(t, "agency/a"), Reason: "not read", Unread: true}},
			Results: append(results(engine.Applied, engine.Failed), engine.Result{
				Address: address(t, "agency/b"), Action: plan.Create, Outcome: engine.Cancelled, Attempts: 1, Err: context.Canceled,
			}),
		},
		"The time is over. 1 applied but not read back, 1 not begun. Run the same command again: it goes on where it stopped.": {
			TimedOut: true, Unverified: []engine.Difference{{Address: address(t, "agency/a"), Reason: "not read", Unread: true}},
			Results: results(engine.Applied, engine.Cancelled),
		},
		"Interrupted. 1 applied, 1 resource not verified. Run the same command again: it goes on where it stopped.": {
			Interrupted: true, Results: results(engine.Applied), Unverified: []engine.Difference{{Address: address(t, "agency/a"), Reason: "lag"}},
		},
	} {
		r.Account = account
		var b bytes.Buffer
		require.NoError(t, asJSON(reports(r), render.Options{})(&b))
		var document struct {
			Problems []struct{ Detail string }
			Accounts []struct {
				Verified bool
				Error    struct{ Kind, Message string }
			}
		}
		require.NoError(t, json.Unmarshal(b.Bytes(), &document))
		require.Len(t, document.Problems, 1)
		assert.Equal(t, text, document.Problems[0].Detail)
		assert.Equal(t, text, document.Accounts[0].Error.Message)
		assert.Equal(t, map[bool]string{true: "interrupted", false: "failed"}[r.Interrupted], document.Accounts[0].Error.Kind)
		assert.False(t, document.Accounts[0].Verified, "the whole was not")
	}
}

func TestWhatAnInterruptLeftIsListedWithVerbose(t *testing.T) {
	a, b, c := address(t, "agency/a"), address(t, "agency/b"), address(t, "agency/c")
	report := &engine.Report{
		Account: account, Interrupted: true,
		Results: []engine.Result{
			{Address: a, Action: plan.Create, Outcome: engine.Applied, Attempts: 1},
			{Address: b, Action: plan.Create, Outcome: engine.Cancelled, Err: errors.New("create agency/b: interrupted before it was sent")},
			{Address: c, Action: plan.Create, Outcome: engine.Cancelled},
		},
		Unverified: []engine.Difference{{Address: a, Reason: "interrupted before it was read back", Unread: true}},
	}
	const last = "agencies +1\nInterrupted. 1 applied but not read back, 2 not begun. Run the same command again: it goes on where it stopped.\n"
	var text bytes.Buffer
	require.NoError(t, asText(reports(report), render.Options{})(&text))
	assert.Equal(t, last, text.String())
	text.Reset()
	require.NoError(t, asText(reports(report), render.Options{Verbose: true})(&text))
	assert.Equal(t, `Apply to example-co (aaaabbbbccccddddeeeeffff00001111)

applied    create  agency/a
not begun  create  agency/b
           interrupted before it was sent
not begun  create  agency/c

Not verified: agency/a  interrupted before it was read back

`+last, text.String())
}

// TestSchemasRefuseWhatIsNotPublished changes valid outputs, so that a schema that accepts anything cannot pass.
func TestSchemasRefuseWhatIsNotPublished(t *testing.T) {
	for name, list := range map[string]string{"plan": "changes", "drift": "changed", "audit": "foreignTrusts", "apply": "results"} {
		t.Run(name, func(t *testing.T) {
			schema := compileSchema(t, name)
			decode := func() (whole, element map[string]any) {
				var b bytes.Buffer
				require.NoError(t, asJSON(outputs(t)[name][0], render.Options{})(&b))
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
	for _, name := range []string{"plan", "drift", "audit", "apply", "validate", "whoami", "list"} {
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

// shortWriter takes half of what it is given, and says nothing.
type shortWriter struct{}

func (shortWriter) Write(text []byte) (int, error) { return len(text) / 2, nil }

func TestJSONThatIsNotWrittenWholeIsAnError(t *testing.T) {
	require.ErrorIs(t, render.Formats()["json"](shortWriter{}, plans(samplePlan(t)), render.Options{}), io.ErrShortWrite)
}
