package acceptance

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"pgregory.net/rapid"

	"github.com/agencyctl/agencyctl/internal/cloudsim"
)

// oddTexts are beginnings of names and descriptions that writers of files have fallen over.
var oddTexts = []string{
	"ops", "a: b", "# no comment", "- item", "yes", "null", "~", "0123", "1e3", "2030-01-31", "{x}", "[x]", "'quoted'", `"double"`, "*star", "&and", "!tag",
	"%2F", "a/b", "äöü", "名字", "emoji 😀", "back\\slash", "trailing:", "a  b", "@at", "`tick", "|", ">", "id:x", "system:x", "custom:y", "=", "<<", "op_svc_ecs",
	"..", "?", "a,b", "ops-*", " lead", "trail ", "zero\u200bwidth", "nfd-e\u0301", "mixed-раураl",
}

// textDrawn is a text that is seldom a usual one. Lines says whether it may have several.
func textDrawn(t *rapid.T, label string, lines bool) string {
	text := rapid.SampledFrom(oddTexts).Draw(t, label)
	if rapid.Bool().Draw(t, label+" ends") {
		text += rapid.StringOfN(rapid.RuneFrom([]rune("aZ09 -_.:#,{}[]&*!|>'\"%@`\\/?=~ü")), 1, 12, -1).Draw(t, label+" end")
	}
	if lines && rapid.Bool().Draw(t, label+" has lines") {
		text += rapid.SampledFrom([]string{"\nsecond", "\n", "\n  indented\n\n", "\ttab", "\r\n", "\nkey: value"}).Draw(t, label+" lines")
	}
	return text
}

// drawnAccount is a world in which an account has agencies, policies and grants of every kind, made by hand.
func drawnAccount(t *rapid.T, cloud string) cloudsim.World {
	w := cloudsim.DemoWorld(cloud)
	var home *cloudsim.Account
	for i := range w.Accounts {
		if w.Accounts[i].ID == w.Home {
			home = &w.Accounts[i]
		}
	}
	if rapid.Bool().Draw(t, "empty") {
		home.Agencies = nil
	}
	names := rapid.SliceOfNDistinct(rapid.Custom(func(t *rapid.T) string { return textDrawn(t, "name", false) }), 0, 6, rapid.ID).Draw(t, "names")
	for i, name := range rapid.SliceOfNDistinct(rapid.Custom(func(t *rapid.T) string { return textDrawn(t, "policy", false) }), 0, 3, rapid.ID).
		Draw(t, "policies") {
		home.Policies = append(home.Policies, drawnPolicy(t, fmt.Sprintf("%032x", 0xa0+i), name))
	}
	for i, name := range names {
		g := cloudsim.Agency{ID: fmt.Sprintf("%032x", 0xb0+i), Name: name, Created: time.Date(2025, 1, 2, 3, 4, 5, 0, time.UTC),
			Description: textDrawn(t, "description", true), Trust: drawnTrust(t, w)}
		g.Hours = 24 * rapid.SampledFrom([]int{0, 1, 20, 36500}).Draw(t, "days")
		if g.Hours > 0 {
			end := g.Created.Add(time.Duration(g.Hours) * time.Hour)
			g.Expires = &end
		}
		g.Grants = rapid.SliceOfNDistinct(rapid.Custom(func(t *rapid.T) cloudsim.Grant { return drawnGrant(t, w, home) }), 0, 5,
			func(g cloudsim.Grant) string { return g.Scope + g.Target + g.Role }).Draw(t, "grants")
		home.Agencies = append(home.Agencies, g)
	}
	return w
}

func drawnTrust(t *rapid.T, w cloudsim.World) cloudsim.Party {
	switch rapid.IntRange(0, 3).Draw(t, "trusts") {
	case 0:
		return rapid.SampledFrom(w.Services).Draw(t, "service")
	case 1:
		a := rapid.SampledFrom(w.Accounts).Draw(t, "account")
		return cloudsim.Party{ID: a.ID, Name: a.Name}
	case 2:
		return cloudsim.Party{ID: strings.Repeat("f", 32), Name: "stranger: co"}
	}
	return cloudsim.Party{ID: strings.Repeat("e", 32), Name: strings.Repeat("e", 32)}
}

func drawnGrant(t *rapid.T, w cloudsim.World, home *cloudsim.Account) cloudsim.Grant {
	g := cloudsim.Grant{Scope: rapid.SampledFrom([]string{
		cloudsim.ScopeDomain, cloudsim.ScopeAllProjects, cloudsim.ScopeProject, cloudsim.ScopeEnterpriseProject,
	}).Draw(t, "scope")}
	switch g.Scope {
	case cloudsim.ScopeProject:
		g.Target = rapid.SampledFrom(home.Projects).Draw(t, "project").ID
	case cloudsim.ScopeEnterpriseProject:
		g.Target = rapid.SampledFrom(home.EnterpriseProjects).Draw(t, "enterprise project").ID
	}
	roles := w.Roles
	if len(home.Policies) > 0 && rapid.Bool().Draw(t, "custom") {
		roles = home.Policies
	}
	g.Role = rapid.SampledFrom(roles).Draw(t, "role").ID
	return g
}

func drawnPolicy(t *rapid.T, id, name string) cloudsim.Role {
	statement := cloudsim.Statement{
		Effect: rapid.SampledFrom([]string{"Allow", "Deny"}).Draw(t, "effect"),
		Action: rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"ecs:servers:get", "obs:object:GetObject", "obs:*:*", "iam:agencies:assume"}), 1, 3,
			rapid.ID).Draw(t, "actions"),
	}
	if r := rapid.SampledFrom([]string{
		"", `["obs:*:*:object:nightly/*"]`, `["obs:*:*:bucket:*","obs:*:*:object:*"]`, `{"uri":["/iam/agencies/00000000000000000000000000000001"]}`, `{"unknown":["x"]}`,
	}).Draw(t, "resource"); r != "" {
		statement.Resource = json.RawMessage(r)
	}
	if c := rapid.SampledFrom([]string{
		"", `{"StringEquals":{"g:ProjectName":["yes","cn-north-4"]}}`, `{"Bool":{"g:MFAPresent":["true"]}}`, `{"NumericLessThan":{"g:Age":["007"]}}`,
	}).Draw(t, "condition"); c != "" {
		statement.Condition = json.RawMessage(c)
	}
	return cloudsim.Role{
		ID: id, Name: "custom_" + id, DisplayName: name, Catalog: "CUSTOMED", Description: textDrawn(t, "policy's description", true),
		Type:   rapid.SampledFrom([]string{"AX", "XA"}).Draw(t, "type"),
		Policy: cloudsim.Policy{Version: "1.1", Statement: []cloudsim.Statement{statement}},
	}
}
