package render_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/render"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/access"
	"github.com/agencyctl/agencyctl/plan/addr"
)

func audits(all ...*plan.Audit) render.Report {
	r := render.Report{Kind: render.Audit}
	for _, a := range all {
		r.Accounts = append(r.Accounts, render.Account{Account: a.Account, Audit: a, Trust: a.Trust})
	}
	return r
}

// sampleAudit has every list that a reader must see.
func sampleAudit(t testing.TB) *plan.Audit {
	stranger, own, old, service := address(t, "agency/ops-stranger"), address(t, "agency/ops-own"), address(t, "agency/ops-old"), address(t, "agency/csms-x")
	power, copies := address(t, "grant/ops-stranger/domain/Tenant Administrator"), address(t, "grant/ops-old/project:cn-north-4/id:0123")
	everything := plan.ActorGrant{Scope: "domain", By: power, Administrator: true}
	over := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	passage := plan.Passage{Root: stranger, Lifetime: "forever", Endless: true, Administrator: true, Grants: []plan.ActorGrant{everything}}
	ended := plan.Passage{Root: old, Lifetime: "30d", Expires: over, Expired: true, Grants: []plan.ActorGrant{{Scope: "project:cn-north-4", By: copies, Unknown: true}}}
	return &plan.Audit{
		Account: account, Cloud: cloud, Now: time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC),
		Roots: []plan.TypeCount{{Type: "agency", Count: 4}, {Type: "policy", Count: 1}},
		Findings: []plan.Finding{
			{Rule: "foreign-trust-without-end", Severity: plan.Medium, Address: stranger, Attribute: "duration",
				Message: `the account "evil-co" is trusted for ever`, Hint: "give it a duration", Seen: "sha256:" + strings.Repeat("ab", 32)},
			{Rule: "administrator-role", Severity: plan.High, Address: power, Message: `"Tenant Administrator" allows everything: *:*:*`,
				Hint: "grant roles for the services that are needed", Seen: "sha256:" + strings.Repeat("ab", 32)},
			{Rule: "way-to-everything", Severity: plan.High, Address: own, Message: "leads on to everything: agency/ops-stranger → " + power.String()},
			{Rule: "untrusted-service", Severity: plan.Low, Address: service, Attribute: "trust", Message: "the service is trusted",
				Accepted: plan.Accepted{Reason: "made by the service", ReviewBy: "2031-06-30"}},
			{Rule: "acceptance-overdue", Severity: plan.Medium, Message: "was to be looked at again", Source: at(7)},
		},
		Parents: map[addr.Address]addr.Address{power: stranger},
		Principals: []plan.Principal{
			{Name: "account:evil-co", Foreign: true, Administrator: true, Through: []plan.Passage{passage, ended},
				Powers: []access.Power{{Scope: "domain", Actions: []string{"*:*:*"}}, {Scope: "project:cn-north-4", Unknown: []addr.Address{copies}}}},
			{Name: "service:op_svc_ecs", Through: []plan.Passage{{Root: own}}},
			{Name: "service:csms", Powers: []access.Power{{Scope: "domain", Actions: []string{"kms:cmk:get"}}}},
		},
		Chains: []access.Chain{{Path: []string{"account:evil-co", stranger.String()}, Through: power}}, MoreChains: 2, ChainsCut: true,
		ForeignTrusts: []plan.ForeignTrust{{Principal: "account:evil-co", Passage: ended}, {Principal: "account:evil-co", Passage: passage}},
		Expired:       []plan.Difference{{Address: old, ID: "9f9f", Expires: over, Reason: "expired at 2026-01-02T03:04:05Z", Seen: "sha256:" + strings.Repeat("cd", 32)}},
		Lost:          []plan.LostReference{{Address: copies, Kind: "role", ID: "0123"}},
		Unused:        []plan.UnusedRoot{{Address: service, Reason: "no authorization was found that goes through it"}},
		NotRead:       []plan.NotRead{{Subject: "iam-v5", Reason: "not supported yet", Usual: true}, {Subject: "fabric:cn-east-3", Reason: "the service is not offered there"}},
		NotCompared:   []plan.NotCompared{{Address: service, Attribute: "trust", Reason: "likely, and not documented"}},
		Warnings:      []string{"the duration of agency/odd cannot be understood"},
		Trust: &plan.TrustGraph{Actors: []plan.Actor{
			{Address: old, Trusted: []plan.Trusted{{Principal: "account:evil-co", Lifetime: "30d", Foreign: true}}, Grants: ended.Grants},
			{Address: own, Trusted: []plan.Trusted{{Principal: "service:op_svc_ecs"}}},
			{Address: stranger, Trusted: []plan.Trusted{{Principal: "account:evil-co", Lifetime: "forever", Endless: true, Foreign: true}},
				Grants: []plan.ActorGrant{everything}},
		}},
	}
}

// hostileAudit puts one text into every place of an audit that a stranger can write to.
func hostileAudit(t testing.TB, h string) *plan.Audit {
	d, bad := hostileDrift(t, h), addr.New("agency", addr.Plain(h))
	child := addr.New("grant", addr.Plain(h), addr.Plain(h), addr.Plain(h))
	finding := func(severity plan.Severity, about addr.Address, accepted plan.Accepted) plan.Finding {
		return plan.Finding{Rule: h, Severity: severity, Address: about, Attribute: h, Message: h, Hint: h, Accepted: accepted}
	}
	grants := []plan.ActorGrant{{Scope: h, By: child}, {Scope: h, By: child, Administrator: true}}
	passage := plan.Passage{Root: bad, Lifetime: h, Endless: true, Grants: grants}
	a := &plan.Audit{
		Account: d.Account, Cloud: d.Cloud, Roots: []plan.TypeCount{{Type: "agency", Count: 2}},
		Findings: []plan.Finding{
			finding(plan.High, bad, plan.Accepted{}), finding(plan.High, child, plan.Accepted{}), finding(plan.Medium, bad, plan.Accepted{}),
			finding(plan.Low, bad, plan.Accepted{Reason: h, ReviewBy: h}),
		},
		Parents:       map[addr.Address]addr.Address{child: bad},
		Principals:    []plan.Principal{{Name: h, Foreign: true, Through: []plan.Passage{passage}, Powers: []access.Power{{Scope: h, Actions: []string{h}}}}},
		Chains:        []access.Chain{{Path: []string{h, bad.String()}, Through: child}},
		ForeignTrusts: []plan.ForeignTrust{{Principal: h, Passage: passage}}, Expired: d.Expired,
		Lost: []plan.LostReference{{Address: child, Kind: h, ID: h}}, Unused: []plan.UnusedRoot{{Address: bad, Reason: h}},
		NotRead: d.NotRead, NotCompared: d.NotCompared, Warnings: d.Warnings,
		Trust: &plan.TrustGraph{Actors: []plan.Actor{{Address: bad, Trusted: []plan.Trusted{{Principal: h, Lifetime: h, Foreign: true}}, Grants: grants}}},
	}
	for i := range 12 { // so many that some are told in other forms
		more := addr.New("agency", addr.Plain(fmt.Sprint(h, i)))
		a.Findings = append(a.Findings, finding(plan.High, more, plan.Accepted{}), finding(plan.Low, more, plan.Accepted{}))
	}
	return a
}

// crowded returns an audit of so many agencies with findings, and of one that is worse than they are.
func crowded(t testing.TB, agencies int) *plan.Audit {
	a := sampleAudit(t)
	for i := range agencies {
		root := addr.New("agency", addr.Plain(fmt.Sprintf("crowd-%03d", i)))
		grant := addr.New("grant", addr.Plain(fmt.Sprintf("crowd-%03d", i)), addr.Plain("domain"), addr.Plain("R"))
		a.Parents[grant] = root
		for severity := plan.Low; severity <= plan.High; severity++ {
			a.Findings = append(a.Findings, plan.Finding{Rule: "r-" + severity.String(), Severity: severity, Address: grant, Message: "gives too much"})
		}
	}
	return a
}

// The worst are told first, one by one; the other agencies with high findings are all named, and lesser findings are counted.
func TestAnAuditNamesEachHighFindingAndCountsTheRest(t *testing.T) {
	var b bytes.Buffer
	require.NoError(t, asText(audits(crowded(t, 200)), render.Options{})(&b))
	got := b.String()
	assert.Less(t, strings.Count(got, "\n"), 90)
	assert.Contains(t, got, "The worst:\n  agency/ops-stranger  trusts account evil-co, forever\n")
	assert.Contains(t, got, "gives too much  [r-high]\n    agency/crowd-")
	for i := range 200 {
		assert.Contains(t, got, fmt.Sprintf("agency/crowd-%03d", i))
	}
	assert.Contains(t, got, "  200 × r-medium")
	assert.Contains(t, got, "  200 × r-low  agency/crowd-000, agency/crowd-001, ")
	assert.Contains(t, got, " and 194 more\n")

	b.Reset()
	require.NoError(t, asText(audits(crowded(t, 200)), render.Options{Verbose: true})(&b))
	assert.Equal(t, 600, strings.Count(b.String(), "gives too much"), "--verbose tells all")
}

// A failed limit leaves what was found in the document, beside the error; an account that was not read has words in its place.
func TestAnAuditThatFailsTellsWhatItFound(t *testing.T) {
	r := audits(sampleAudit(t))
	r.Accounts[0].Failure = &render.Failure{Kind: render.Refused, Problems: []plan.Problem{{Summary: "findings"}}}
	r.Accounts = append(r.Accounts, render.Account{Failure: sampleFailure()})
	var b bytes.Buffer
	require.NoError(t, asJSON(r, render.Options{})(&b))
	var document struct {
		Accounts []struct {
			Error    map[string]any
			Findings any
		}
	}
	require.NoError(t, json.Unmarshal(b.Bytes(), &document))
	assert.Len(t, document.Accounts[0].Findings, 5)
	assert.Equal(t, "refused", document.Accounts[0].Error["kind"])
	assert.Equal(t, "failed", document.Accounts[1].Findings)
}
