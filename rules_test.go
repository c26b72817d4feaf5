package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/schema"
)

// TestTheManifestSchemaKnowsAllWords holds the words that the skeleton of the manifest's schema lists against those of the services.
func TestTheManifestSchemaKnowsAllWords(t *testing.T) {
	type node struct {
		Properties map[string]*node
		Items      *node
		Enum       []string
		Pattern    string
	}
	var whole struct {
		Properties map[string]json.RawMessage
		Defs       map[string]json.RawMessage `json:"$defs"`
	}
	require.NoError(t, json.Unmarshal(schema.Base(), &whole))
	var guardrails node
	require.NoError(t, json.Unmarshal(whole.Properties["guardrails"], &guardrails))
	var rules []string
	for _, rule := range services.Registry().Rules() {
		rules = append(rules, rule.ID)
	}
	assert.Equal(t, rules, guardrails.Properties["accept"].Items.Properties["rule"].Enum)

	var pattern node
	require.NoError(t, json.Unmarshal(whole.Defs["pattern"], &pattern))
	var types []string
	for _, prefix := range services.Registry().Prefixes() {
		if word, _, _ := strings.Cut(prefix, "/"); len(types) == 0 || types[len(types)-1] != word {
			types = append(types, word)
		}
	}
	assert.Contains(t, pattern.Pattern, "(?:"+strings.Join(types, "|")+")/")
}
