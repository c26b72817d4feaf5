package render_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/engine"
	"github.com/agencyctl/agencyctl/internal/render"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/access"
	"github.com/agencyctl/agencyctl/plan/addr"
)

// decoys are that many creates of agencies with a grant each, whose names come before all others.
func decoys(n int) (changes []plan.Change) {
	side := &plan.Resource{Attributes: plan.Attributes{"trust": text("account:partner-co")}}
	for i := range n {
		root := addr.New("agency", addr.Plain(fmt.Sprintf("aa-decoy-%03d", i)))
		grant := addr.New("grant", addr.Plain(fmt.Sprintf("aa-decoy-%03d", i)), addr.Plain("domain"), addr.Plain("OBS ReadOnlyAccess"))
		changes = append(changes,
			plan.Change{Address: root, Action: plan.Create, After: side, Principals: []string{"account:partner-co"}, Source: at(i + 1)},
			plan.Change{Address: grant, Parent: root, Action: plan.Create, After: side, Principals: []string{"account:partner-co"}, Source: at(i + 2)},
		)
	}
	return changes
}

// trustChange is an update by which an agency trusts a stranger.
func trustChange(t testing.TB) plan.Change {
	side := &plan.Resource{}
	return plan.Change{
		Address: address(t, "agency/zz-backup"), Action: plan.Update, Before: side, After: side, Principals: []string{"account:stranger"},
		Attributes: []plan.AttributeChange{attribute("trust", text("account:partner-co"), text("account:stranger"))}, Source: at(7),
	}
}

// revoke is an update that ends a high finding.
func revoke(t testing.TB) plan.Change {
	side, policy := &plan.Resource{}, address(t, "policy/zz-everything")
	return plan.Change{
		Address: policy, Action: plan.Update, Before: side, After: side, Source: at(9),
		Resolves: []plan.Finding{{Rule: "administrator-role", Severity: plan.High, Address: policy, Message: "allows everything"}},
	}
}

// outcomeOf is a report in which one thing became of all changes.
func outcomeOf(changes []plan.Change, outcome engine.Outcome, why error) *engine.Report {
	r := &engine.Report{Account: account}
	for i := range changes {
		c := &changes[i]
		r.Results = append(r.Results, engine.Result{Address: c.Address, Action: c.Action, Outcome: outcome, Err: why, Attempts: 1})
	}
	return r
}

func applied(p *plan.Plan, r *engine.Report) render.Report {
	return render.Report{Kind: render.Apply, Accounts: []render.Account{{Account: account, Plan: p, Apply: r}}}
}

func TestWhatMustBeSeenOfAnApplyIsInNoCountedRest(t *testing.T) {
	retired := plan.Change{Address: address(t, "agency/zz-retired"), Action: plan.Delete, Before: &plan.Resource{}}
	var updates []plan.Change
	for _, c := range decoys(20) {
		c.Action, c.Before = plan.Update, c.After
		updates = append(updates, c)
	}
	p := &plan.Plan{Account: account, Cloud: cloud, Changes: append(updates, trustChange(t), revoke(t), retired)}
	t.Run("failed", func(t *testing.T) {
		text := written(t, "text", applied(p, outcomeOf(p.Changes, engine.Failed, errors.New("access denied"))))
		assert.Contains(t, text, "failed     update  agency/zz-backup, policy/zz-everything, agency/aa-decoy-000, ")
		assert.Contains(t, text, " and 36 more\n")
		assert.Contains(t, text, "failed     delete  agency/zz-retired\n")
	})
	t.Run("not begun", func(t *testing.T) {
		r := outcomeOf(p.Changes, engine.Cancelled, nil)
		r.Interrupted = true
		for i := range r.Results {
			r.Results[i].Attempts = 0
		}
		text := written(t, "text", applied(p, r))
		assert.Contains(t, text, "not begun  update  agency/zz-backup, policy/zz-everything\n")
		assert.Contains(t, text, "not begun  delete  agency/zz-retired\n")
		assert.NotContains(t, text, "aa-decoy")
	})
	t.Run("not verified", func(t *testing.T) {
		r := outcomeOf(p.Changes, engine.Applied, nil)
		for i := range p.Changes {
			r.Unverified = append(r.Unverified, engine.Difference{Address: p.Changes[i].Address, Reason: "reads as before"})
		}
		stranger := address(t, "agency/zz-other")
		r.Unverified = append(r.Unverified, engine.Difference{
			Address: stranger, Reason: "reads as before", Attributes: []plan.AttributeChange{attribute("trust", text("account:a"), text("account:b"))},
		})
		text := written(t, "text", applied(p, r))
		assert.Regexp(t, `Not verified: reads as before +agency/zz-backup, policy/zz-everything, agency/zz-retired, agency/zz-other, agency/aa-decoy-000, `, text)
		markdown := written(t, "markdown", applied(p, r))
		assert.Contains(t, markdown, "#### Not verified: 44\n\n- `agency/zz-backup`")
	})
	t.Run("changed by somebody else", func(t *testing.T) {
		r := outcomeOf(p.Changes, engine.Applied, nil)
		for i := range 20 {
			added := addr.New("grant", addr.Plain("zz-backup"), addr.Plain("domain"), addr.Plain(fmt.Sprintf("role %02d", i)))
			r.ChangedByOthers = append(r.ChangedByOthers, engine.Difference{Address: added, Reason: "added by somebody else during this run"})
		}
		assert.Contains(t, written(t, "text", applied(p, r)), "role 19")
	})
}

func TestChangesThatWereSkippedForAlikeCausesShareALine(t *testing.T) {
	p := &plan.Plan{Account: account, Cloud: cloud, Changes: decoys(40)}
	r := outcomeOf(p.Changes, engine.Failed, errors.New("access denied"))
	for i := 1; i < len(r.Results); i += 2 {
		r.Results[i] = engine.Result{Address: r.Results[i].Address, Action: plan.Create, Outcome: engine.Skipped, Cause: r.Results[i-1].Address}
	}
	text := written(t, "text", applied(p, r))
	assert.Equal(t, 1, strings.Count(text, "skipped    create"), text)
	assert.Regexp(t, `skipped    create  grant/aa-decoy-000/domain/OBS ReadOnlyAccess, .* and 34 more  because of agency/aa-decoy-000, .* and 34 more \(failed\)\n`, text)
	require.LessOrEqual(t, strings.Count(text, "\n"), 12, text)

	r.Results[0].Err = errors.New("no such project")
	text = written(t, "text", applied(p, r))
	assert.Regexp(t, `skipped    create  grant/aa-decoy-000/domain/OBS ReadOnlyAccess  because of agency/aa-decoy-000 \(failed\)\n`, text, "it has another reason")
}

// strangers are as many accounts as a manifest may newly trust, as a reviewer of one who hides something is to be shown.
func strangers(n int) (members []string, gained []access.PrincipalDelta) {
	for i := range n {
		name := fmt.Sprintf("aa-stranger-%03d", i)
		members = append(members, name)
		gained = append(gained, access.PrincipalDelta{
			Principal: "account:" + name, Gained: []access.Power{{Scope: "domain", Actions: []string{"obs:object:GetObject", "obs:object:ListObjects"}}},
		})
	}
	return members, gained
}

func TestACutCommentHidesNoChangedTrust(t *testing.T) {
	p := &plan.Plan{Account: account, Cloud: cloud, Changes: append(decoys(400), trustChange(t))}
	p.Summary = plan.Count(p.Changes)
	members, gained := strangers(300)
	rule := plan.RuleChange{Key: "guardrails.trustedAccounts", Source: at(2), Weakens: true, After: &plan.Node{Kind: plan.List}}
	for i, name := range members {
		rule.After.Items = append(rule.After.Items, &plan.Node{Kind: plan.Text, Text: name, At: at(i + 3)})
	}
	p.Rules = []plan.RuleChange{rule}
	actions := make([]string, 2000)
	for i := range actions {
		actions[i] = fmt.Sprintf("ecs:servers:get%04d", i)
	}
	p.Privileges.Principals = append(gained, access.PrincipalDelta{
		Principal: "account:stranger", Gained: []access.Power{{Scope: "domain", Actions: append(actions, "kms:*:*")}},
	})
	for i := range 200 {
		p.Privileges.Chains = append(p.Privileges.Chains, access.Chain{
			Path: []string{"account:partner-co", "agency/zz-backup"}, Through: address(t, fmt.Sprintf("grant/zz-backup/domain/role%03d", i)),
		})
		p.Leaving = append(p.Leaving, plan.Leaving{Address: address(t, fmt.Sprintf("agency/left-%03d", i)), Fate: plan.FateStays})
	}
	for _, r := range []render.Report{plans(p), plans(emptyPlan(), p)} {
		markdown := written(t, "markdown", r)
		assert.Equal(t, 1, strings.Count(markdown, "more below \"Power\""), "what is cut is counted once")
		requireComment(t, markdown)
		assert.Contains(t, part(markdown, "Changed trust: 1"), "`agency/zz-backup`: `{account: partner-co} → {account: stranger}` (`agencies.yaml:7`)\n")
		first := part(markdown, "Changes")
		assert.Less(t, strings.Index(first, "zz-backup"), strings.Index(first, "aa-decoy-000"), "the gravest stands first")
		assert.Regexp(t, `account stranger:\n\+ +gains in domain: kms:\*:\*, ecs:servers:get0000, `, markdown, "what is long is cut, not left out")
		for _, some := range []string{"Rules changed: 1<", "aa-stranger-000", "Power: 301<", "New ways to everything: 200<", "role000", "No longer managed (", "left-000: stays"} {
			assert.Contains(t, markdown, some)
		}
	}
}

// Each part of a comment has its own room: many deletes, or many high findings, leave some for changed trust.
func TestNoPartOfACommentTakesTheRoomOfAllOthers(t *testing.T) {
	p := wide(3000, "nw-")
	p.Changes = append(p.Changes, trustChange(t), revoke(t))
	for i := range 20000 {
		p.Findings = append(p.Findings, plan.Finding{
			Rule: "wide-scope", Severity: plan.High, Address: addr.New("agency", addr.Plain(fmt.Sprint(i))), Message: "reaches every project",
		})
	}
	markdown := written(t, "markdown", plans(p))
	requireComment(t, markdown)
	assert.Contains(t, part(markdown, "Deletes"), "\n- `agency/nw-2`")
	assert.Greater(t, strings.Count(part(markdown, "High findings"), "\n- "), 50)
	assert.Contains(t, part(markdown, "Changed trust"), "zz-backup")
	assert.Contains(t, part(markdown, "Changes"), "ends high: ", "what ends a high finding")
	assert.Greater(t, length(markdown), maxComment*9/10, "the room is used")
}

func TestWhatMustBeSeenOfAResourceStandsBeforeItsOtherParts(t *testing.T) {
	root := address(t, "agency/ops")
	side := &plan.Resource{}
	p := &plan.Plan{Account: account, Cloud: cloud}
	for i := range 900 {
		grant := addr.New("grant", addr.Plain("ops"), addr.Plain(fmt.Sprintf("project:p%03d", i)), addr.Plain("role"))
		p.Changes = append(p.Changes, plan.Change{Address: grant, Parent: root, Action: plan.Create, After: side})
	}
	last := &p.Changes[899]
	last.Findings = []plan.Finding{{Rule: "forbidden-role", Severity: plan.High, Address: last.Address, Message: "is forbidden", Accepted: plan.Accepted{Reason: "x", ReviewBy: "2031-06-30"}}}
	markdown := written(t, "markdown", plans(p))
	requireComment(t, markdown)
	assert.Regexp(t, "diff\n\\+ project%3Ap899: role\n! +high: is forbidden", part(markdown, "Changes"))
}
