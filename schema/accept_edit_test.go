package schema_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/schema"
)

const (
	seenBefore = "sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"
	seenAfter  = "sha256:fcde2b2edba56bf408601fb721fe9b5c338d10ee429ea04fae5511b68fbf8fb9"
)

func toAccept(t require.TestingT, rule, address, seen string) plan.Acceptance {
	a, err := addr.Parse(address)
	require.NoError(t, err)
	return plan.Acceptance{
		Rule: rule, Address: addr.Exactly(a), Seen: seen, Accepted: plan.Accepted{Reason: "a trial: until June", ReviewBy: "2031-06-30"},
	}
}

func TestAcceptAddsToWhereGuardrailsStand(t *testing.T) {
	const head = "apiVersion: agencyctl/v1\naccount: {name: example-co}\n"
	const cloud = "cloud: {kind: huaweicloud, region: cn-north-4}\n"
	const added = "{rule: unexpected, address: agency/ops-probe, reason: \"a trial: until June\", reviewBy: \"2031-06-30\", seen: " + "\"" + seenAfter + "\"}"
	const section = "guardrails:\n  accept:\n    - rule: unexpected\n      address: agency/ops-probe\n      reason: \"a trial: until June\"\n" +
		"      reviewBy: \"2031-06-30\"\n      seen: \"" + seenAfter + "\"\n"
	for name, c := range map[string]struct {
		files  []string
		in     int
		before string // a part of the file, and what stands there then
		after  string
	}{
		"behind others on one line": {
			files:  []string{head + cloud + "guardrails: # rules\n  accept:\n    # known\n    - {rule: all-projects-scope, address: grant/x/**, reason: known, reviewBy: 2031-06-30} # since May\n  maxDuration: 90d\n"},
			before: "# since May\n", after: "# since May\n    - " + added + "\n",
		},
		"behind others in block style": {
			files:  []string{head + cloud + "guardrails:\n  accept:\n  - rule: all-projects-scope\n    address: grant/x/**\n    reason: known\n    reviewBy: 2031-06-30\n\nagencies: []\n"},
			before: "    reviewBy: 2031-06-30\n", after: "    reviewBy: 2031-06-30\n  - rule: unexpected\n    address: agency/ops-probe\n    reason: \"a trial: until June\"\n    reviewBy: \"2031-06-30\"\n    seen: \"" + seenAfter + "\"\n",
		},
		"into an empty list": {
			files:  []string{head + cloud + "guardrails: {maxDuration: 90d, accept: []}\n"},
			before: "accept: []", after: "accept: [" + added + "]",
		},
		"in the style of JSON": {
			files:  []string{`{"apiVersion": "agencyctl/v1", "account": {"name": "example-co"}, "cloud": {"kind": "huaweicloud", "region": "cn-north-4"}, "guardrails": {"maxDuration": "90d"}}`},
			before: `"90d"}`, after: `"90d", "accept": [{"rule": "unexpected", "address": "agency/ops-probe", "reason": "a trial: until June", "reviewBy": "2031-06-30", "seen": "` + seenAfter + `"}]}`,
		},
		"no acceptance yet": {
			files:  []string{head + cloud + "guardrails:\n  maxDuration: 90d\n"},
			before: "90d\n", after: "90d\n" + strings.TrimPrefix(section, "guardrails:\n"),
		},
		"no guardrails": {
			files: []string{head + "agencies: []\n", head + "agencies: []\n" + cloud + "# end\n"}, in: 1,
			before: cloud, after: cloud + "\n" + section,
		},
		"several accounts in a file": {
			files:  []string{strings.ReplaceAll(head, "example-co", "other-co") + cloud + "---\n" + head + cloud + "agencies: []\n"},
			before: "agencies: []\n", after: "agencies: []\n\n" + section,
		},
		"an acceptance of the same": {
			files: []string{head + cloud + "guardrails:\n  accept:\n    - {rule: unexpected, address: ops-probe, reason: known, reviewBy: 2030-06-30, seen: \"" + seenBefore + "\"} # since May\n" +
				"    - {rule: missing, address: agency/ops-probe, reason: known, reviewBy: 2030-06-30}\n"},
			before: "reason: known, reviewBy: 2030-06-30, seen: \"" + seenBefore + "\"}", after: "reason: \"a trial: until June\", reviewBy: \"2031-06-30\", seen: \"" + seenAfter + "\"}",
		},
		"behind an anchor that others use": {
			files: []string{head + cloud + "guardrails: {accept: &known [{rule: all-projects-scope, address: grant/x/**, reason: known, reviewBy: 2031-06-30}]}\n" +
				"agencies: []\n---\n" + strings.ReplaceAll(head, "example-co", "other-co") + cloud + "guardrails: {accept: []}\n"},
			before: "2031-06-30}]", after: "2031-06-30}, " + added + "]",
		},
	} {
		for _, newline := range []string{"\n", "\r\n"} {
			t.Run(name, func(t *testing.T) {
				var sources []schema.Source
				for i, text := range c.files {
					sources = append(sources, schema.Source{Name: string(rune('a'+i)) + ".yaml", Data: []byte(strings.ReplaceAll(text, "\n", newline))})
				}
				manifests, _, problems := schema.Parse(sources)
				require.Empty(t, plan.Fatal(problems))
				m := manifests[0]
				for _, of := range manifests {
					if of.Account.Name == "example-co" {
						m = of
					}
				}
				index, text, err := schema.Accept(sources, m, []plan.Acceptance{toAccept(t, "unexpected", "agency/ops-probe", seenAfter)})
				require.NoError(t, err)
				require.Equal(t, c.in, index)
				before, after := strings.ReplaceAll(c.before, "\n", newline), strings.ReplaceAll(c.after, "\n", newline)
				require.Contains(t, string(sources[index].Data), before)
				require.Equal(t, strings.Replace(string(sources[index].Data), before, after, 1), string(text))
			})
		}
	}
}

func TestAcceptLeavesWhatOthersShare(t *testing.T) {
	sources := []schema.Source{{Name: "m.yaml", Data: []byte(`apiVersion: agencyctl/v1
account: {name: example-co}
cloud: {kind: huaweicloud, region: cn-north-4}
agencies:
  - {name: a, trust: {account: example-co}, grants: {domain: &roles [Tenant Guest]}}
guardrails: {forbiddenRoles: *roles, accept: []}
---
apiVersion: agencyctl/v1
account: {name: other-co}
cloud: {kind: huaweicloud, region: cn-north-4}
guardrails: &rules {accept: [], maxDuration: 90d}
---
apiVersion: agencyctl/v1
account: {name: third-co}
cloud: {kind: huaweicloud, region: cn-north-4}
`)}}
	manifests, _, problems := schema.Parse(sources)
	require.Empty(t, plan.Fatal(problems))
	for _, m := range manifests {
		_, text, err := schema.Accept(sources, m, []plan.Acceptance{toAccept(t, "missing", "agency/x", "")})
		require.NoError(t, err, m.Account.Name)
		again, _, problems := schema.Parse([]schema.Source{{Name: "m.yaml", Data: text}})
		require.Empty(t, plan.Fatal(problems))
		for i := range again {
			want := 0
			if again[i].Account == m.Account {
				want = 1
			}
			require.Len(t, again[i].Acceptances, want)
		}
	}
	_, _, err := schema.Accept(sources, &plan.Manifest{Account: plan.Account{Name: "fourth-co"}}, nil)
	require.EqualError(t, err, "no file that was read says which cloud account fourth-co is in")
}

// Whatever is accepted, in whichever order and however often, the manifest accepts then, each once; and no line of it has another text.
func TestAcceptIsReadAgain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := "apiVersion: agencyctl/v1\naccount: {name: example-co}\n# why\ncloud: {kind: huaweicloud, region: cn-north-4}\n" +
			rapid.SampledFrom([]string{"", "guardrails: {}\n", "guardrails:\n  accept: []\n", "guardrails:\n  accept:\n    - rule: missing\n      address: a\n      # since May\n      reason: known\n      reviewBy: 2031-01-31\n"}).Draw(t, "guardrails") +
			"agencies: [] # none\n"
		want := map[string]plan.Accepted{}
		if strings.Contains(text, "since May") {
			want["missing agency/a "] = plan.Accepted{Reason: "known", ReviewBy: "2031-01-31"}
		}
		for range rapid.IntRange(1, 3).Draw(t, "runs") {
			sources := []schema.Source{{Name: "m.yaml", Data: []byte(text)}}
			manifests, _, problems := schema.Parse(sources)
			require.Empty(t, problems)
			var all []plan.Acceptance
			chosen := map[string]bool{}
			for range rapid.IntRange(1, 3).Draw(t, "acceptances") {
				a := toAccept(t, rapid.SampledFrom([]string{"missing", "changed"}).Draw(t, "rule"), rapid.SampledFrom([]string{"agency/a", "grant/a/project:p%2Fq/Tenant Guest", "agency/#x%3A y"}).Draw(t, "address"), "")
				a.Reason = rapid.SampledFrom([]string{"known", "'", "a # b", "x: {y}", "- z", "2031-01-31", "true", "漢字"}).Draw(t, "reason")
				if a.Rule == "changed" {
					a.Seen = seenAfter
				}
				if key := a.Rule + " " + a.Address.String() + " " + a.Seen; !chosen[key] {
					chosen[key], want[key] = true, a.Accepted
					all = append(all, a)
				}
			}
			_, edited, err := schema.Accept(sources, manifests[0], all)
			require.NoError(t, err)
			text = string(edited)
		}
		manifests, _, problems := schema.Parse([]schema.Source{{Name: "m.yaml", Data: []byte(text)}})
		require.Empty(t, problems, text)
		got := map[string]plan.Accepted{}
		for _, a := range manifests[0].Acceptances {
			got[a.Rule+" "+a.Address.String()+" "+a.Seen] = a.Accepted
		}
		require.Equal(t, want, got, text)
		require.Contains(t, text, "# why\ncloud:")
		require.Contains(t, text, "agencies: [] # none\n")
	})
}
