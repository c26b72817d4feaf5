package plan_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

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
	assert.Equal(t, same, finding.Fingerprint(account), "fingerprints stay from release to release")

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
		assert.Equal(t, same, f.Fingerprint(a), "%s must not count", sentence)
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
		assert.NotEqual(t, same, f.Fingerprint(a), "%s must count", sentence)
	}
	assert.NotEqual(t, plan.Fingerprint("a", "bc"), plan.Fingerprint("ab", "c"))
}
