package schema_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/schema"
)

func TestAcceptedRisksAreRead(t *testing.T) {
	const text = `apiVersion: agencyctl/v1
account: {name: example-co}
cloud: {kind: huaweicloud, region: cn-north-4}
guardrails:
  accept:
    - {rule: administrator-role, address: grant/ops-x/**, reason: known, reviewBy: 2031-06-30}
    - {rule: foreign-trust-without-end, address: ops-*, reason: also known, reviewBy: "2031-07-01"}
`
	manifests, _, problems := schema.Parse([]schema.Source{{Name: "m.yaml", Data: []byte(text)}})
	require.Empty(t, problems)
	pattern := func(text string) addr.Pattern {
		p, err := addr.ParsePattern(text)
		require.NoError(t, err)
		return p
	}
	require.Equal(t, []plan.Acceptance{
		{
			Rule: "administrator-role", Address: pattern("grant/ops-x/**"), Accepted: plan.Accepted{Reason: "known", ReviewBy: "2031-06-30"},
			At: plan.Position{File: "m.yaml", Line: 6, Column: 7},
		},
		{
			Rule: "foreign-trust-without-end", Address: pattern("agency/ops-*"), Accepted: plan.Accepted{Reason: "also known", ReviewBy: "2031-07-01"},
			At: plan.Position{File: "m.yaml", Line: 7, Column: 7},
		},
	}, manifests[0].Acceptances)
}
