package policy_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/agencyctl/agencyctl/providers/huaweicloud/policy"
)

// TestNoLimitIsBelievedThatIsNotUnderstood draws documents and makes them look smaller by what limits nothing, or may do so.
func TestNoLimitIsBelievedThatIsNotUnderstood(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		drawn := drawStatements(t)
		before := worst(drawn)
		i := rapid.IntRange(0, len(drawn)-1).Draw(t, "statement")
		after := make([]map[string]any, 0, len(drawn)+1)
		for _, s := range drawn {
			after = append(after, maps.Clone(s))
		}
		s := after[i]
		switch kind := rapid.SampledFrom([]string{"condition", "denial", "actions", "resources", "case", "odd"}).Draw(t, "kind"); kind {
		case "condition":
			if s["Effect"] == "Allow" && s["Condition"] == nil {
				s["Condition"] = drawOddCondition(t)
			}
		case "denial":
			after = append(after, map[string]any{
				"Effect": "Deny", "Action": []string{rapid.SampledFrom(someActions).Draw(t, "denied")}, "Condition": drawOddCondition(t),
			})
		case "actions":
			if s["Effect"] == "Allow" {
				s["Action"] = inPieces(s["Action"].([]string))
			}
		case "resources":
			if list, ok := s["Resource"].([]string); ok {
				s["Resource"] = inPieces(list)
			}
		case "case":
			after[i] = recased(t, s)
		case "odd":
			after = append(after, map[string]any{"Effect": "Permit", "Action": 7})
		}
		require.GreaterOrEqual(t, worst(after), before, "%v\n%v", drawn, after)
	})
}

var someActions = []string{
	"*:*:*", "*", "iam:*:*", "iam:users:create*", "iam:users:create", "iam:agencies:assume", "sts:*:*", "*:*:get*", "ecs:*:*", "ecs:servers:*", "obs:object:put",
	"IdentityCenter:*:*", "organizations:policies:*", "o*:*:*",
}

func drawStatements(t *rapid.T) []map[string]any {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) map[string]any {
		s := map[string]any{
			"Effect": rapid.SampledFrom([]string{"Allow", "Allow", "Deny"}).Draw(t, "effect"),
			"Action": rapid.SliceOfN(rapid.SampledFrom(someActions), 1, 3).Draw(t, "actions"),
		}
		switch rapid.IntRange(0, 5).Draw(t, "limit") {
		case 0:
			s["Resource"] = rapid.SliceOfN(rapid.SampledFrom([]string{"obs:*:*:bucket:logs", "iam:*:*:agency:*", "iam:*:*:user:o*", "*"}), 1, 2).Draw(t, "resources")
		case 1:
			s["Condition"] = map[string]any{"StringEquals": map[string]any{"g:UserName": []string{"ops"}}}
		}
		return s
	}), 1, 4).Draw(t, "statements")
}

func drawOddCondition(t *rapid.T) any {
	return map[string]any{
		rapid.SampledFrom([]string{"StringLike", "StringEqualsIfExists", "StringNotEquals", "Null", "Sounds", "stringequals"}).Draw(t, "operator"): map[string]any{
			rapid.SampledFrom([]string{"g:UserName", "g:Weather", "obs:prefix"}).Draw(t, "key"): []string{rapid.SampledFrom([]string{"*", "", "o", "?*"}).Draw(t, "value")},
		},
	}
}

// inPieces replaces the first star that stands alone in its part by every letter before it.
func inPieces(patterns []string) (all []string) {
	for _, pattern := range patterns {
		fields := strings.Split(pattern, ":")
		i := slices.Index(fields, "*")
		if i < 0 {
			all = append(all, pattern)
			continue
		}
		for _, c := range "abcdefghijklmnopqrstuvwxyz0123456789" {
			piece := slices.Clone(fields)
			piece[i] = string(c) + "*"
			all = append(all, strings.Join(piece, ":"))
		}
	}
	return all
}

func recased(t *rapid.T, s map[string]any) map[string]any {
	in := func(text string) string {
		return rapid.SampledFrom([]string{text, strings.ToLower(text), strings.ToUpper(text)}).Draw(t, "case of "+text)
	}
	out := map[string]any{}
	for _, name := range []string{"Effect", "Action", "Resource", "Condition"} {
		if value, there := s[name]; there {
			out[in(name)] = value
		}
	}
	for name, value := range out {
		if effect, is := value.(string); is {
			out[name] = in(effect)
		}
	}
	return out
}

// worst is the gravest severity that is found, and a number for none.
func worst(statements []map[string]any) int {
	text, err := json.Marshal(map[string]any{"Version": "1.1", "Statement": statements})
	if err != nil {
		panic(err)
	}
	r := document(string(text))
	gravest := -1
	for _, f := range slices.Concat(policy.Judge(r), policy.JudgeWildcards(r)) {
		gravest = max(gravest, int(f.Severity))
	}
	return gravest
}
