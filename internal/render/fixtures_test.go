package render_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/engine"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/access"
	"github.com/agencyctl/agencyctl/plan/addr"
)

// hostile holds what a description from the cloud may try: a colour, a new line that looks like ours, and a change of
// writing direction.
const hostile = "nightly\x1b[2K\n+ agency/admin \u202egnp.exe \u0085\u200b\u009b"

var (
	account = plan.Account{Name: "example-co", ID: "aaaabbbbccccddddeeeeffff00001111"}
	cloud   = plan.Cloud{Kind: "huaweicloud", Region: "cn-north-4"}
)

func address(t testing.TB, text string) addr.Address {
	t.Helper()
	a, err := addr.Parse(text)
	require.NoError(t, err)
	return a
}

func document(t testing.TB, text string) plan.Value {
	t.Helper()
	v, err := plan.DocumentValue([]byte(text))
	require.NoError(t, err)
	return v
}

func at(line int) plan.Position { return plan.Position{File: "agencies.yaml", Line: line, Column: 5} }

func text(s string) plan.Value { return plan.StringValue(s) }

func attribute(name string, before, after plan.Value) plan.AttributeChange {
	return plan.AttributeChange{Name: name, Before: before, After: after}
}

// samplePlan has every kind of change, and every list that a reader must see.
func samplePlan(t testing.TB) *plan.Plan {
	var (
		none     plan.Value
		backup   = address(t, "agency/ops-backup")
		reader   = address(t, "policy/backup-read")
		held     = address(t, "agency/break-glass")
		retired  = address(t, "agency/ops-retired")
		somebody = address(t, "agency/ops-stranger")
		csms     = address(t, "authorization/csms/cn-north-4/RDS-FG")
		fabric   = address(t, "authorization/fabric/cn-north-4")
		audit    = address(t, "agency/ops-audit")
		notes    = plan.Notes{Owner: "platform", Ticket: "OPS-12", ReviewBy: "2027-01-31", Reason: "nightly copies"}
		side     = &plan.Resource{}
		risky    = plan.Finding{
			Rule: "forbidden-role", Severity: plan.High, Address: address(t, "grant/ops-backup/domain/Tenant Administrator"),
			Message: "gives nearly everything in the account", Hint: "grant the one service's role instead",
		}
	)
	statements := func(actions string) plan.Value {
		return document(t, `{"Statement":[{"Effect":"Allow","Action":[`+actions+`],"Resource":["OBS:*:*:object:*"]},`+
			`{"Effect":"Deny","Action":["obs:bucket:DeleteBucket"]}]}`)
	}
	return &plan.Plan{
		Account: account, Cloud: cloud, Manifest: plan.ManifestID{Digest: "sha256:0123"},
		Summary: plan.Summary{Create: 3, Update: 3, Delete: 2, Manual: 1, Blocked: 1, Unchanged: 12, Unmanaged: 3, Leaving: 3, Rules: 4},
		Changes: []plan.Change{
			{
				Address: reader, Action: plan.Update, ID: "7c21", Before: side, After: side, Source: at(8),
				Holders: []plan.Holder{
					{Address: address(t, "grant/audit/domain/backup-read"), Fate: plan.HolderUnmanaged},
					{Address: address(t, "grant/ops-backup/project:cn-north-4/backup-read"), Fate: plan.HolderManaged},
				},
				Unseen: plan.Unseen{Count: 1},
				Attributes: []plan.AttributeChange{
					attribute("description", text("reads the nightly copies of all buckets"), text("reads the weekly copies of all buckets")),
					attribute("statements", statements(`"obs:object:GetObject","obs:object:PutObject"`), statements(`"obs:object:GetObject"`)),
				},
			},
			{
				Address: address(t, "grant/ops-backup/project:cn-north-4/backup-read"), Parent: backup, Action: plan.Create,
				After: side, Source: at(24), Notes: notes, DependsOn: []addr.Address{reader},
			},
			{
				Address: address(t, "grant/ops-backup/domain/Tenant Administrator"), Parent: backup, Action: plan.Delete, Before: side,
				Reason: "not listed in the manifest", Source: at(20), Notes: notes,
				Resolves: []plan.Finding{{
					Rule: "administrator-role", Severity: plan.High, Address: address(t, "grant/ops-backup/domain/Tenant Administrator"),
					Message: "allows everything",
				}},
			},
			{
				Address: backup, Action: plan.Update, ID: "0a1b", Before: side, After: side, Source: at(20), Notes: notes,
				Confirms:  []addr.Address{address(t, "grant/ops-backup/domain/Tenant Administrator")},
				DependsOn: []addr.Address{address(t, "grant/ops-backup/domain/Tenant Administrator")},
				Attributes: []plan.AttributeChange{
					attribute("description", text(hostile), text("nightly copies")),
					attribute("duration", none, text("20d")),
					attribute("trust", text("account:stranger"), text("account:partner-co")),
				},
			},
			{
				Address: retired, Action: plan.Delete, ID: "9f9f", Before: side, Reason: "state: absent", Source: at(41),
				With: []addr.Address{address(t, "grant/ops-retired/domain/A"), address(t, "grant/ops-retired/domain/B")},
			},
			{
				Address: audit, Action: plan.Create, After: &plan.Resource{
					Address: audit, Attributes: plan.Attributes{"trust": text("service:op_svc_ecs")}, Bindings: map[string]string{"domain": "0001"},
				}, Source: at(50),
				Attributes: []plan.AttributeChange{attribute("trust", none, text("service:op_svc_ecs"))},
			},
			{
				Address: address(t, "grant/ops-audit/all-projects/Tenant Guest"), Parent: audit, Action: plan.Create, After: side, Source: at(53),
				Findings: []plan.Finding{{
					Rule: "wide-scope", Severity: plan.Medium, Address: address(t, "grant/ops-audit/all-projects/Tenant Guest"),
					Message: "reaches every project, also those made later",
				}, {
					Rule: "untold", Severity: plan.Low, Address: audit, Message: "is known", Hint: "not shown once it is accepted",
					Accepted: plan.Accepted{Reason: "the auditors asked for it", ReviewBy: "2031-06-30"},
				}},
			},
			{
				Address: held, Action: plan.Blocked, Before: side, Reason: "protected by ownership.protect",
				With: []addr.Address{address(t, "grant/break-glass/domain/A")},
			},
			{
				Address: csms, Action: plan.ByHand, Before: side, Source: at(60), Reason: "state: absent",
				Manual: []plan.Manual{{Instruction: "delete the agency in the IAM console, then run plan again"}},
			},
			{
				Address: fabric, Action: plan.Update, Before: side, After: side, Source: at(66),
				Attributes: []plan.AttributeChange{
					attribute("enabled", plan.BoolValue(false), plan.BoolValue(true)),
					attribute("policies", plan.SetValue("A_POLICY", "B_POLICY", "C_POLICY"), plan.SetValue("A_POLICY", "C_POLICY", "D_POLICY")),
				},
				Manual: []plan.Manual{{Attribute: "policies", Values: []string{"B_POLICY"}, Instruction: "withdraw it in the console of the service"}},
			},
		},
		Findings: []plan.Finding{
			risky,
			{
				Rule: "wide-scope", Severity: plan.Medium, Address: address(t, "grant/ops-audit/all-projects/Tenant Guest"),
				Message: "reaches every project, also those made later",
			},
			{
				Rule: "wide-scope", Severity: plan.Low, Address: held, Message: "is wide",
				Accepted: plan.Accepted{Reason: "break glass", ReviewBy: "2031-06-30"},
			},
		},
		Privileges: samplePrivileges(t),
		Unmanaged:  []addr.Address{address(t, "agency/x1"), address(t, "agency/x2"), address(t, "agency/x3")},
		Unexpected: []plan.Unexpected{{Live: plan.Live{Resource: plan.Resource{Address: somebody}, ID: "5e5e", ServiceMade: true}}},
		Leaving: []plan.Leaving{
			{Address: address(t, "agency/ops-gone"), Fate: plan.FateStays, Source: at(80)},
			{Address: retired, Fate: plan.FateDeleted, Source: at(81)},
			{Address: address(t, "authorization/fabric/cn-east-3"), Fate: plan.FateNotRead, Source: at(82)},
		},
		Rules: sampleRules(at),
		Remarks: []plan.Remark{
			{Kind: plan.RemarkTombstone, Address: addr.Exactly(address(t, "agency/ops-ancient")), Source: at(70)},
			{Kind: plan.RemarkRename, Address: addr.Exactly(address(t, "agency/ops-before")), Source: at(72)},
			{Kind: plan.RemarkAcceptance, Address: addr.Exactly(address(t, "grant/ops-x/**")), Rule: "wide-scope", Source: at(74)},
		},
		NotRead: []plan.NotRead{{Subject: "IAM v5", Reason: "not supported yet"}, {
			Subject: "csms", Reason: "no entry mentions them, and its agencies hold grants there", Regions: []string{"cn-east-3", "cn-south-1"},
		}},
		NotCompared: []plan.NotCompared{
			{Address: address(t, "authorization/secmaster/cn-north-4"), Attribute: "organizations", Reason: "write-only: the service does not tell it"},
		},
		Warnings: []string{"the account name partner-co cannot be looked up"},
	}
}

func samplePrivileges(t testing.TB) access.Delta {
	many := make([]string, 43)
	for i := range many {
		many[i] = fmt.Sprintf("ecs:thing%02d:get", i)
	}
	return access.Delta{
		Principals: []access.PrincipalDelta{
			{
				Principal: "account:partner-co",
				Gained: []access.Power{
					{Scope: "*", Actions: []string{"*:*:*"}, Except: []string{"iam:*:*"}, Unknown: []addr.Address{}},
					{Scope: "project:cn-north-4", Actions: many, Except: []string{}, Unknown: []addr.Address{}},
				},
				Lost: []access.Power{{Scope: "domain", Actions: []string{"obs:object:PutObject"}, Except: []string{}, Unknown: []addr.Address{}, Limited: true}},
			},
			{
				Principal: "service:lakeformation", Lost: []access.Power{},
				Gained: []access.Power{{
					Scope: "project:cn-north-4", Actions: []string{}, Except: []string{},
					Unknown: []addr.Address{address(t, "authorization/lakeformation/cn-north-4/JOB_TRUST")},
				}},
			},
		},
		Chains: []access.Chain{{
			Path: []string{"account:partner-co", "agency/ops-backup"}, Through: address(t, "grant/ops-backup/all-projects/Tenant Administrator"),
		}},
		MoreChains: 3,
	}
}

func emptyPlan() *plan.Plan {
	return &plan.Plan{
		Account: account, Cloud: cloud, Summary: plan.Summary{Unchanged: 14, Unmanaged: 3},
		NotRead: []plan.NotRead{{Subject: "IAM v5", Reason: "not supported yet", Usual: true}},
	}
}

// knowledge knows the one rule that the drift has findings of.
type knowledge struct{ plan.Knowledge }

func (knowledge) Prefixes() []string { return nil }

func (knowledge) Rules() []plan.Rule { return []plan.Rule{{ID: "trusted-accounts", Guardrail: true}} }

func sampleDrift(t testing.TB) *plan.Drift {
	breach := func(at string) plan.Finding {
		return plan.Finding{
			Rule: "trusted-accounts", Severity: plan.High, Address: address(t, at), Attribute: "trust",
			Message: "trusts an account that guardrails.trustedAccounts does not name",
		}
	}
	live := func(at string) plan.Live {
		return plan.Live{Resource: plan.Resource{
			Address: address(t, at), Attributes: plan.Attributes{"trust": text("account:" + at)},
		}}
	}
	old := live("agency/ops-old")
	old.ID, old.Expires = "0c0c", time.Date(2026, 2, 3, 4, 5, 6, 0, time.UTC)
	in := plan.Input{
		Manifest: &plan.Manifest{}, Knowledge: knowledge{}, Now: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC),
		Snapshot: &plan.Snapshot{Resources: []plan.Live{old, live("agency/x1"), live("agency/x2")}},
		Findings: []plan.Finding{breach("agency/x1"), breach("agency/x2")},
	}
	in.Manifest.Acceptances = []plan.Acceptance{{
		Rule: "trusted-accounts", Address: addr.Exactly(address(t, "agency/x2")), Seen: plan.NewView(in.Snapshot, plan.Ownership{}, nil).Seen(address(t, "agency/x2")),
		Accepted: plan.Accepted{Reason: "a trial", ReviewBy: "2026-06-30"},
	}}
	d := plan.DriftOf(samplePlan(t), in, nil)
	d.Unexpected[0].Attributes = []plan.AttributeChange{attribute("trust", text("account:stranger"), plan.Value{})}
	return d
}

var errDenied = errors.New("access denied")

func sampleReport(t testing.TB) *engine.Report {
	failed := address(t, "agency/ops-audit")
	return &engine.Report{
		Account: account,
		Results: []engine.Result{
			{Address: address(t, "policy/backup-read"), Action: plan.Update, Outcome: engine.Applied, Attempts: 1, Elapsed: 321 * time.Millisecond},
			{Address: address(t, "agency/ops-retired"), Action: plan.Delete, Outcome: engine.Applied, Attempts: 2, Elapsed: 5 * time.Second},
			{
				Address: failed, Action: plan.Create, Outcome: engine.Failed, Attempts: 1,
				Err: fmt.Errorf("create agency: %w: no right to do <this> & that\n+ agency/admin (iam, HTTP 403, request id 7f3a)", errDenied),
			},
			{Address: address(t, "grant/ops-audit/all-projects/Tenant Guest"), Action: plan.Create, Outcome: engine.Skipped, Cause: failed},
			{
				Address: address(t, "authorization/csms/cn-north-4/GaussDB-FG"), Action: plan.Create, Outcome: engine.Partly, Attempts: 1,
				Done: []string{"agency A"}, Open: []string{"agency B"}, Err: errors.New("1 of 2 agencies could not be made"),
			},
			{Address: address(t, "agency/ops-late"), Action: plan.Create, Outcome: engine.Cancelled},
			{Address: address(t, "authorization/csms/cn-north-4/RDS-FG"), Action: plan.ByHand, Outcome: engine.ByHand},
			{Address: address(t, "agency/break-glass"), Action: plan.Blocked, Outcome: engine.Blocked},
		},
		Unverified: []engine.Difference{
			{Address: address(t, "grant/ops-late/domain/Tenant Administrator"), Reason: "added by somebody else during this run"},
			{Address: address(t, "policy/backup-read"), Reason: `description still reads "old"`, Attributes: []plan.AttributeChange{
				attribute("description", text("new"), text("old")), attribute("scope", text("project"), text("global")),
			}},
		},
		Besides: []plan.Beside{{Address: address(t, "agency/cce_admin_trust"), Children: []addr.Address{
			address(t, "grant/cce_admin_trust/all-projects/Tenant Administrator"), address(t, "grant/cce_admin_trust/domain/OBS ReadOnlyAccess"),
		}}},
		ChangedByOthers: []engine.Difference{
			{Address: address(t, "grant/ops-late/domain/Tenant Administrator"), Reason: "added by somebody else during this run"},
		},
		NotRead:     []plan.NotRead{{Subject: "authorization/fabric", Reason: "the manifest does not mention it"}},
		NotCompared: []plan.NotCompared{{Address: address(t, "authorization/secmaster/cn-north-4"), Attribute: "organizations", Reason: "write-only"}},
		Warnings:    []string{"a warning"},
		Interrupted: true,
	}
}

func sampleProblems() []plan.Problem {
	return []plan.Problem{
		{
			At: plan.Position{File: "agencies.yaml", Line: 12, Column: 7}, Summary: "unknown role",
			Detail: `no role is called "ECS ReadOnlyAcces" in this account`, Hint: `write "ECS ReadOnlyAccess"`,
		},
		{At: plan.Position{File: "a\x1b[31m.yaml", Line: 1, Column: 1}, Summary: "duplicate name", Detail: hostile},
		{
			At: plan.Position{File: "z.yaml", Line: 3, Column: 1}, Summary: "cannot be looked up",
			Detail: `the account "partner-co" is another's`, Warning: true,
		},
		{Summary: "no manifest", Detail: "no file was given"},
	}
}

// sampleRules are rules that differ: an item of a list, a value, a value that goes, and a mapping of text that strangers wrote.
func sampleRules(at func(line int) plan.Position) []plan.RuleChange {
	list := func(line int, items ...string) *plan.Node {
		n := &plan.Node{Kind: plan.List, At: at(line)}
		for i, item := range items {
			n.Items = append(n.Items, &plan.Node{Kind: plan.Text, Text: item, At: at(line + i)})
		}
		return n
	}
	weaker := func(severity plan.Severity, key, message string) []plan.Finding {
		return []plan.Finding{{Rule: plan.RuleRuleWeakened, Severity: severity, Attribute: key, Message: message}}
	}
	hostile := &plan.Node{Kind: plan.Map, Entries: []plan.Pair{{Key: "reason", Value: plan.NewText("safe\x1b[2J\n  + all is well")}}}
	return []plan.RuleChange{
		{
			Key: "guardrails.accept", After: &plan.Node{Kind: plan.List, Items: []*plan.Node{hostile}}, Weakens: true, Source: at(60),
			Findings: weaker(plan.High, "guardrails.accept", "findings of wide-scope are accepted until 2031-06-30"),
		},
		{
			Key: "guardrails.forbiddenRoles", Before: list(61, "Agent Operator", "Security Administrator"), After: list(62, "Agent Operator", "FullAccess, Tenant Guest"),
			Weakens: true, Source: at(62), Findings: weaker(plan.High, "guardrails.forbiddenRoles", `"Security Administrator" is not forbidden any more`),
		},
		{Key: "guardrails.maxDuration", Before: plan.NewText("90d"), After: plan.NewText("60d"), Source: at(64)},
		{Key: "ownership.prune", Before: &plan.Node{Kind: plan.Bool, Bool: true}, After: &plan.Node{Kind: plan.Bool}, Source: at(65)},
	}
}
