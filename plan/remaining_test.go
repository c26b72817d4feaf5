package plan_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
)

func TestWhatAPlanLeavesOfADriftIsNamed(t *testing.T) {
	at := func(name string) addr.Address { return addr.New("box", addr.Plain(name)) }
	d := &plan.Drift{
		Changed:    []plan.Difference{{Address: at("mended")}, {Address: at("half")}, {Address: at("by-hand")}, {Address: at("accepted"), Accepted: plan.Accepted{Reason: "known", ReviewBy: "2031-01-31"}}},
		Missing:    []plan.Difference{{Address: at("made")}, {Address: at("held")}},
		Unexpected: []plan.Difference{{Address: at("stray"), Reason: "owned and not listed"}},
		Expired:    []plan.Difference{{Address: at("mended"), Reason: "expired at noon", Expires: time.Unix(1, 0)}, {Address: at("renewed")}},
	}
	person := []plan.Manual{{Instruction: "call them\nhello"}, {Attribute: "lid", Instruction: "lift it"}, {Attribute: "lid", Instruction: "more"}}
	p := &plan.Plan{
		Changes: []plan.Change{
			{Address: at("mended"), Action: plan.Update, Manual: []plan.Manual{{Attribute: "lid", Instruction: "it closes"}}}, {Address: at("half"), Action: plan.Update, Manual: []plan.Manual{{Attribute: "items", Values: []string{"a", "b"}}}},
			{Address: at("by-hand"), Action: plan.ByHand, Manual: person}, {Address: at("made"), Action: plan.Create},
			{Address: at("held"), Action: plan.Blocked, Reason: "protected"}, {Address: at("renewed"), Action: plan.Update, Renew: true},
		},
		LeftOut: []plan.LeftOut{{Address: at("accepted"), Action: plan.Update, Accepted: plan.Accepted{Reason: "known", ReviewBy: "2031-01-31"}}},
	}
	assert.Equal(t, []plan.Remaining{
		{at("half"), "manual: items"}, {at("by-hand"), "manual: call them, lid"}, {at("accepted"), "acknowledged until 2031-01-31"},
		{at("held"), "blocked: protected"}, {at("stray"), "unexpected: owned and not listed"},
		{at("mended"), "expired at noon: only a renewal gives it a new end"},
	}, d.RemainingAfter(p))
}
