package schema_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/schema"
)

func TestTheLimitOfDeletes(t *testing.T) {
	for ownership, want := range map[string]struct {
		limit   string
		at      string
		implied bool
	}{
		"":                             {"", "", false},
		"{include: [a]}":               {"", "", false},
		"{include: [a], prune: true}":  {"10", "a.yaml:4:34", true},
		"{include: [a], prune: false}": {"", "", false},
		"{maxDeletes: 0}":              {"0", "a.yaml:4:25", false},
		"{maxDeletes: 20%}":            {"20%", "a.yaml:4:25", false},
		`{maxDeletes: "0%"}`:           {"0%", "a.yaml:4:25", false},
		"{include: [a], prune: true, maxDeletes: 100%}": {"100%", "a.yaml:4:52", false},
	} {
		t.Run(ownership, func(t *testing.T) {
			text := "apiVersion: agencyctl/v1\naccount: {name: example-co}\ncloud: {kind: huaweicloud}\n"
			if ownership != "" {
				text += "ownership: " + ownership + "\n"
			}
			manifests, _, problems := schema.Parse([]schema.Source{{Name: "a.yaml", Data: []byte(text)}})
			require.Empty(t, problems)
			own := manifests[0].Ownership
			require.Equal(t, want.limit, own.MaxDeletes.String())
			require.Equal(t, want.at, own.MaxDeletesAt.String())
			require.Equal(t, want.implied, own.MaxDeletesImplied)
		})
	}
	for _, wrong := range []string{"101%", "-1", "-1%", "2.5", "ten", `"10"`, "20 %", "[10]", "true"} {
		_, _, problems := schema.Parse([]schema.Source{{
			Name: "a.yaml",
			Data: []byte("apiVersion: agencyctl/v1\naccount: {name: example-co}\ncloud: {kind: huaweicloud}\nownership: {maxDeletes: " + wrong + "}\n"),
		}})
		require.Len(t, problems, 1, wrong)
		require.Equal(t, 4, problems[0].At.Line)
		require.Contains(t, problems[0].Hint, `"20%"`, wrong)
	}
}

func TestAPatternOfAFlagReadsLikeThatOfAManifest(t *testing.T) {
	for text, want := range map[string]string{"ops-*": "agency/ops-*", "policy/*": "policy/*", "grant/ops/**": "grant/ops/**"} {
		p, err := schema.ParsePattern(text)
		require.NoError(t, err)
		require.Equal(t, want, p.String())
	}
	_, err := schema.ParsePattern("agency//x")
	require.ErrorIs(t, err, addr.ErrMalformed)
}

func TestAPartOfAnAgencyIsNeitherOwnedNorExcluded(t *testing.T) {
	parse := func(ownership string) []plan.Problem {
		_, _, problems := schema.Parse([]schema.Source{{
			Name: "a.yaml",
			Data: []byte("apiVersion: agencyctl/v1\naccount: {name: example-co}\ncloud: {kind: huaweicloud}\nownership: " + ownership + "\n"),
		}})
		return problems
	}
	for _, refused := range []string{
		`{include: ["ops-*"], exclude: ["grant/ops-x/domain/*"]}`, `{include: ["ops-*"], exclude: ["grant/**"]}`, `{include: ["ops-*", "grant/ops-x/**"]}`,
	} {
		problems := parse(refused)
		require.Len(t, problems, 1, refused)
		require.Equal(t, "part of an agency", problems[0].Summary)
		require.Equal(t, 4, problems[0].At.Line)
		require.Contains(t, problems[0].Hint, "ownership.protect")
	}
	require.Empty(t, parse(`{include: ["ops-*", "policy/*", "authorization/**"], exclude: ["grant-*"], protect: ["grant/ops-x/domain/*"]}`))
}

// Each rule that a reviewer is to look at has a place of its own.
func TestRulesHavePlaces(t *testing.T) {
	text := `apiVersion: agencyctl/v1
account: {name: example-co}
cloud:
  kind: huaweicloud
  region: cn-north-4
  endpoints:
    iam: https://iam.cn-north-4.myhuaweicloud.com
ownership:
  include:
    - "ops-*"
  exclude:
    - policy/x
  prune: true
  protect:
    - agency/ops-core
`
	manifests, _, problems := schema.Parse([]schema.Source{{Name: "a.yaml", Data: []byte(text)}})
	require.Empty(t, problems)
	at := func(line, column int) plan.Position { return plan.Position{File: "a.yaml", Line: line, Column: column} }
	require.Equal(t, map[plan.RuleItem]plan.Position{
		{Key: "cloud.kind"}: at(4, 9), {Key: "cloud.region"}: at(5, 11), {Key: "cloud.endpoints", Item: "iam"}: at(7, 10),
		{Key: "ownership.include", Item: "agency/ops-*"}: at(10, 7), {Key: "ownership.exclude", Item: "policy/x"}: at(12, 7),
		{Key: "ownership.prune"}: at(13, 10), {Key: "ownership.protect", Item: "agency/ops-core"}: at(15, 7),
	}, manifests[0].RulesAt)
}
