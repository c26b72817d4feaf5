package acceptance

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/schema"
)

// TestTheManifestSchemaKnowsAllRules holds the rules that the skeleton of the manifest's schema lists against those of the services, and
// against the classes of differences.
func TestTheManifestSchemaKnowsAllRules(t *testing.T) {
	type node struct {
		Properties map[string]*node
		Items      *node
		Enum       []string
	}
	var whole struct {
		Properties map[string]json.RawMessage
	}
	require.NoError(t, json.Unmarshal(schema.Base(), &whole))
	var guardrails node
	require.NoError(t, json.Unmarshal(whole.Properties["guardrails"], &guardrails))
	rules := plan.Classes() // they stand among the rules
	for _, rule := range services.Registry().Rules() {
		rules = append(rules, rule.ID)
	}
	slices.Sort(rules)
	assert.Equal(t, rules, guardrails.Properties["accept"].Items.Properties["rule"].Enum)
}
