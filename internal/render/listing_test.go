package render_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/render"
	"github.com/agencyctl/agencyctl/plan"
)

// sampleListings are roles of which one was looked for by its name, a part of them, other things with hostile texts, one thing that was
// found alone, and nothing.
func sampleListings() render.Report {
	document := func(text string) plan.Value {
		value, err := plan.DocumentValue([]byte(text))
		if err != nil {
			panic(err)
		}
		return value
	}
	roles := plan.Listing{List: "roles", Total: 5, Items: []plan.Listed{
		{Name: "OBS ReadOnlyAccess", ID: "r-1", Title: "system_all_1", Description: "list buckets", Attributes: plan.Attributes{
			"administrator": plan.BoolValue(false), "custom": plan.BoolValue(false), "scopes": plan.SetValue("domain", "allProjects"),
		}, Detail: &plan.Detail{Attributes: plan.Attributes{
			"statements": document(`{"Statement":[{"Effect":"Allow","Action":["obs:bucket:ListBucket"]}]}`), "needs": plan.SetValue("Tenant Guest"),
		}}},
		{Name: "Tenant Administrator", ID: "r-2", Attributes: plan.Attributes{"administrator": plan.BoolValue(true), "scopes": plan.SetValue()},
			Detail: &plan.Detail{Attributes: plan.Attributes{"statements": document(`{"Statement":[{"NotAction":["iam:*:*"],"Odd":1}]}`)},
				Risks: []plan.Risk{{Rule: "administrator-role", Severity: plan.High, Message: "it allows everything", Hint: "grant less"}}}},
		{Name: "custom:OBS, read: all", ID: "r-3", Unusable: "it is not as documented", Attributes: plan.Attributes{"custom": plan.BoolValue(true)}},
	}}
	things := plan.Listing{List: "enterprise-projects", Total: 4, Items: []plan.Listed{
		{Name: "yes", ID: "p-1"}, {Name: "id:p-4", ID: "p-4", Title: "twin  twin"}, {Name: hostile, ID: "p-2", Description: hostile, Title: hostile}, {Name: "-x"}, {Name: "plain", ID: "p-3"},
	}}
	report := render.Report{Kind: render.List}
	add := func(of plan.Account, l plan.Listing, notRead ...plan.NotRead) {
		report.Accounts = append(report.Accounts, render.Account{
			Account: of, Listing: &render.Listing{Account: of, Cloud: cloud, Listing: l, NotRead: notRead},
		})
	}
	add(account, roles.Search([]string{"OBS ReadOnlyAccess"}))
	add(account, roles.Search([]string{"obs", "READ"}))
	add(account, roles.Search([]string{"tenant"}))
	add(account, things, plan.NotRead{Subject: "project:far", Reason: "left out"})
	add(plan.Account{}, things.Search([]string{"pla"}))
	add(account, plan.Listing{List: "policies"})
	return report
}

func TestOfAFailedListNothingCanBeCounted(t *testing.T) {
	report := sampleListings()
	report.Accounts[0].Failure = sampleFailure()
	var b bytes.Buffer
	require.NoError(t, asJSON(report, render.Options{})(&b))
	var whole map[string]any
	require.NoError(t, json.Unmarshal(b.Bytes(), &whole))
	first := whole["accounts"].([]any)[0].(map[string]any)
	assert.Equal(t, "failed", first["items"])
	assert.Equal(t, "failed", first["total"])
	assert.NotEmpty(t, whole["problems"])
	require.NotContains(t, whole["accounts"].([]any)[1], "error")
}
