package plan_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
)

func TestAFingerprintIsMadeOfWhatAFindingIsAbout(t *testing.T) {
	account := plan.Account{Name: "example-co", ID: "aaaa"}
	finding := plan.Finding{
		Rule: "wide", Severity: plan.High, Address: addr.New("box", addr.Plain("one")), Attribute: "owner", Message: "is wide",
		Hint: "narrow it", Seen: "sha256:00",
	}
	same := "60465f33e4b0f571d41c9d901e80bfa8ccd713b8c26e841210511f5019358c4d"
	assert.Equal(t, same, finding.FingerprintIn(account), "fingerprints stay from release to release")

	for sentence, change := range map[string]func(*plan.Finding, *plan.Account){
		"the severity":          func(f *plan.Finding, _ *plan.Account) { f.Severity = plan.Low },
		"the message":           func(f *plan.Finding, _ *plan.Account) { f.Message = "is wider" },
		"the hint":              func(f *plan.Finding, _ *plan.Account) { f.Hint = "" },
		"the state seen":        func(f *plan.Finding, _ *plan.Account) { f.Seen = "" },
		"an acceptance":         func(f *plan.Finding, _ *plan.Account) { f.Accepted = plan.Accepted{Reason: "known"} },
		"the name beside an id": func(_ *plan.Finding, a *plan.Account) { a.Name = "renamed" },
	} {
		f, a := finding, account
		change(&f, &a)
		assert.Equal(t, same, f.FingerprintIn(a), "%s must not count", sentence)
	}
	for sentence, change := range map[string]func(*plan.Finding, *plan.Account){
		"the rule":              func(f *plan.Finding, _ *plan.Account) { f.Rule = "wider" },
		"the address":           func(f *plan.Finding, _ *plan.Account) { f.Address = addr.New("box", addr.Plain("two")) },
		"the attribute":         func(f *plan.Finding, _ *plan.Account) { f.Attribute = "" },
		"the account's id":      func(_ *plan.Finding, a *plan.Account) { a.ID = "bbbb" },
		"the name without id":   func(_ *plan.Finding, a *plan.Account) { a.ID = "" },
		"the end of the a text": func(f *plan.Finding, _ *plan.Account) { f.Rule, f.Attribute = "widebox/one", "" },
	} {
		f, a := finding, account
		change(&f, &a)
		assert.NotEqual(t, same, f.FingerprintIn(a), "%s must count", sentence)
	}
	assert.NotEqual(t, plan.Fingerprint("a", "bc"), plan.Fingerprint("ab", "c"))
}

// A list that were forgotten would show findings without a fingerprint, or keep those of a file that was read.
func TestEveryListOfAPlanPublishesFingerprints(t *testing.T) {
	finding := func(name string) []plan.Finding {
		return []plan.Finding{{Rule: "wide", Address: addr.New("box", addr.Plain(name)), Message: "is wide"}}
	}
	p := &plan.Plan{
		Account: plan.Account{ID: "aaaa"}, Findings: finding("whole"), Rules: []plan.RuleChange{{Key: "k", Findings: finding("rule")}},
		Changes: []plan.Change{{Address: addr.New("box", addr.Plain("a")), Action: plan.Create, Findings: finding("brings"), Resolves: finding("ends")}},
		Unexpected: []plan.Unexpected{{
			Live: plan.Live{Resource: plan.Resource{Address: addr.New("box", addr.Plain("u"))}}, Findings: finding("unexpected"),
		}},
	}
	bare, err := json.Marshal(p)
	require.NoError(t, err)
	out := p.Published()
	lists := [][]plan.Finding{
		out.Findings, out.Rules[0].Findings, out.Changes[0].Findings, out.Changes[0].Resolves, out.Unexpected[0].Findings,
	}
	seen := map[string]bool{}
	for _, list := range lists {
		assert.Equal(t, list[0].FingerprintIn(p.Account), list[0].Fingerprint)
		seen[list[0].Fingerprint] = true
	}
	assert.Len(t, seen, len(lists))
	assert.Empty(t, p.Changes[0].Findings[0].Fingerprint, "the plan itself stays as it is")

	out.Unpublish()
	for _, list := range lists {
		assert.Empty(t, list[0].Fingerprint)
	}
	again, err := json.Marshal(out)
	require.NoError(t, err)
	assert.Equal(t, string(bare), string(again))
}
