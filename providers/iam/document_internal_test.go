package iam

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/agencyctl/agencyctl/plan"
)

type texts map[string]bool

// meantStatement is what a statement means, without any order. Resources are paths where uri is set.
type meantStatement struct {
	effect             string
	actions, resources texts
	uri                bool
	condition          map[string]map[string]texts
}

// meaning is a text that is equal for policies that mean the same: fmt prints the keys of maps in order.
func meaning(policy []meantStatement) string {
	all := texts{}
	for _, s := range policy {
		all[fmt.Sprint(s.effect, s.actions, s.uri && len(s.resources) > 0, s.resources, s.condition)] = true
	}
	return fmt.Sprint(all)
}

func drawSet(t *rapid.T, least int, from ...string) texts {
	drawn := texts{}
	for _, text := range rapid.SliceOfN(rapid.SampledFrom(from), least, 3).Draw(t, "set") {
		drawn[text] = true
	}
	return drawn
}

func drawPolicy(t *rapid.T) []meantStatement {
	policy := make([]meantStatement, rapid.IntRange(1, 3).Draw(t, "statements"))
	for i := range policy {
		s := meantStatement{
			effect: rapid.SampledFrom([]string{"Allow", "Deny"}).Draw(t, "effect"), actions: drawSet(t, 1, "ecs:a:get", "ecs:a:list", "ECS:a:get"),
			condition: map[string]map[string]texts{},
		}
		if s.uri = rapid.Bool().Draw(t, "uri"); s.uri {
			s.resources = drawSet(t, 0, "/iam/agencies/1", "/iam/agencies/2")
		} else {
			s.resources = drawSet(t, 0, "obs:*:*:bucket:a", "obs:*:*:bucket:A")
		}
		for operator := range drawSet(t, 0, "StringEquals", "stringequals", "Bool") {
			s.condition[operator] = map[string]texts{}
			for key := range drawSet(t, 1, "g:UserName", "obs:prefix", "OBS:prefix") {
				s.condition[operator][key] = drawSet(t, 1, "a", "A", "true", "false", "1", "10", "1.5")
			}
		}
		policy[i] = s
	}
	return policy
}

// spellSet draws a spelling of a set: an order, members given twice, a lone one without a list. With loose, texts that are numbers or
// truth values may be such.
func spellSet(t *rapid.T, members texts, loose bool) any {
	all := slices.Sorted(maps.Keys(members))
	all = append(all, rapid.SliceOfN(rapid.SampledFrom(all), 0, 2).Draw(t, "twice")...)
	all = rapid.Permutation(all).Draw(t, "order")
	list := make([]any, len(all))
	for i, text := range all {
		list[i] = text
		if _, err := strconv.ParseFloat(text, 64); loose && (err == nil || text == "true" || text == "false") && rapid.Bool().Draw(t, "bare") {
			list[i] = json.RawMessage(text)
		}
	}
	if len(list) == 1 && rapid.Bool().Draw(t, "alone") {
		return list[0]
	}
	return list
}

func spellCondition(t *rapid.T, condition map[string]map[string]texts, loose bool) map[string]any {
	spelt := map[string]any{}
	for _, operator := range slices.Sorted(maps.Keys(condition)) {
		tests := map[string]any{}
		for _, key := range slices.Sorted(maps.Keys(condition[operator])) {
			values := spellSet(t, condition[operator][key], loose)
			if loose && strings.HasPrefix(key, "g:") && rapid.Bool().Draw(t, "case") {
				key = strings.ToUpper(key)
			}
			tests[key] = values
		}
		spelt[operator] = tests
	}
	return spelt
}

// spellPolicy draws a spelling as the cloud may return it.
func spellPolicy(t *rapid.T, policy []meantStatement) []byte {
	var statements []any
	for _, s := range spellStatements(t, policy) {
		statement := map[string]any{"Effect": s.effect, "Action": spellSet(t, s.actions, false)}
		switch {
		case len(s.resources) == 0:
			if rapid.Bool().Draw(t, "null") {
				statement["Resource"] = nil
			}
		case s.uri:
			statement["Resource"] = map[string]any{"uri": spellSet(t, s.resources, false)}
		default:
			statement["Resource"] = spellSet(t, s.resources, false)
		}
		if condition := spellCondition(t, s.condition, true); len(condition) > 0 || rapid.Bool().Draw(t, "empty") {
			statement["Condition"] = condition
		}
		statements = append(statements, statement)
	}
	text, err := json.Marshal(map[string]any{"Version": "1.1", "Statement": statements})
	require.NoError(t, err)
	return text
}

// spellManifest draws a spelling of the statements as a manifest may have it.
func spellManifest(t *rapid.T, policy []meantStatement) *plan.Node {
	var statements []any
	for _, s := range spellStatements(t, policy) {
		statement := map[string]any{"effect": s.effect, "actions": listed(spellSet(t, s.actions, false))}
		if len(s.resources) > 0 {
			statement["resources"] = listed(spellSet(t, s.resources, false))
			if s.uri && rapid.Bool().Draw(t, "object") {
				statement["resources"] = map[string]any{"uri": statement["resources"]}
			}
		}
		if condition := spellCondition(t, s.condition, false); len(condition) > 0 {
			statement["condition"] = condition
		}
		statements = append(statements, statement)
	}
	text, err := json.Marshal(statements)
	require.NoError(t, err)
	node, err := plan.NodeOf(text)
	require.NoError(t, err)
	return node
}

func listed(value any) any {
	if list, is := value.([]any); is {
		return list
	}
	return []any{value}
}

// spellStatements draws an order of statements, and some of them twice.
func spellStatements(t *rapid.T, policy []meantStatement) []meantStatement {
	twice := rapid.SliceOfN(rapid.SampledFrom(policy), 0, 1).Draw(t, "statement twice")
	return rapid.Permutation(slices.Concat(policy, twice)).Draw(t, "order of statements")
}

func TestPoliciesAreComparedAsWhatTheyMean(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		one, other := drawPolicy(t), drawPolicy(t)
		switch rapid.IntRange(0, 2).Draw(t, "other") {
		case 0:
			other = one
		case 1: // one part of one statement may differ
			drawn := other[0]
			other = slices.Clone(one)
			changed := &other[rapid.IntRange(0, len(one)-1).Draw(t, "changed")]
			switch rapid.IntRange(0, 3).Draw(t, "part") {
			case 0:
				changed.effect = drawn.effect
			case 1:
				changed.actions = drawn.actions
			case 2:
				changed.resources, changed.uri = drawn.resources, drawn.uri
			case 3:
				changed.condition = drawn.condition
			}
		}
		live, err := canonicalPolicy(spellPolicy(t, one), asWritten)
		require.NoError(t, err)
		again, err := canonicalPolicy(live, asWritten)
		require.NoError(t, err)
		assert.Equal(t, string(live), string(again), "the canonical form is one")
		d := plan.Desired{Resource: plan.Resource{Attributes: plan.Attributes{}}}
		require.NoError(t, setStatements(&d, spellManifest(t, other)))
		desired, _ := d.Attributes[attributeStatements].AsDocument()
		sent, err := canonicalPolicy(documentSent(d.Resource, placeholderID), asWritten)
		require.NoError(t, err)
		assert.Equal(t, desired, string(sent), "what is sent means what is compared")
		if meaning(one) == meaning(other) {
			assert.Equal(t, string(live), desired)
		} else {
			assert.NotEqual(t, string(live), desired)
		}
	})
}

func TestWhatIsNotMerged(t *testing.T) {
	statement := func(member string) string {
		return `{"Statement":[{"Effect":"Allow","Action":["a:b:c"],` + member + `}]}`
	}
	for name, pair := range map[string][2]string{
		"the case of a service's own key": {`"Condition":{"Bool":{"obs:x":["a"]}}`, `"Condition":{"Bool":{"OBS:x":["a"]}}`},
		"the case of an operator":         {`"Condition":{"Bool":{"g:x":["a"]}}`, `"Condition":{"bool":{"g:x":["a"]}}`},
		"numbers of one value":            {`"Condition":{"Bool":{"g:x":[1]}}`, `"Condition":{"Bool":{"g:x":[1.0]}}`},
		"nothing and the word":            {`"Condition":{"Bool":{"g:x":[null]}}`, `"Condition":{"Bool":{"g:x":["null"]}}`},
		"a key twice in two cases": {
			`"Condition":{"Bool":{"g:username":["a"],"G:username":["b"]}}`, `"Condition":{"Bool":{"g:username":["b"],"G:username":["a"]}}`,
		},
		"paths in a list and as URIs":        {`"Resource":["/iam/agencies/1"]`, `"Resource":{"uri":["/iam/agencies/1"]}`},
		"a URI that reads like an address":   {`"Resource":{"uri":["agency/ops"]}`, `"Resource":{"uri":["/iam/agencies/1"]}`},
		"a URI and another member beside it": {`"Resource":{"uri":["/a"],"x":1}`, `"Resource":{"uri":["/a"]}`},
		"a key that nobody knows":            {`"NotAction":["a:b:d"]`, `"NotAction":["a:b:e"]`},
	} {
		t.Run(name, func(t *testing.T) {
			respell := respellLive(map[string]string{"1": "ops"})
			one, err := canonicalPolicy([]byte(statement(pair[0])), respell)
			require.NoError(t, err)
			other, err := canonicalPolicy([]byte(statement(pair[1])), respell)
			require.NoError(t, err)
			assert.NotEqual(t, string(one), string(other))
		})
	}
}
