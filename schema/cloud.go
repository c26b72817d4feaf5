package schema

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/plan"
)

// vendorDomains are the only domains that an endpoint of a manifest may be below: a manifest is reviewed for what it
// grants, and must not be able to send credentials elsewhere.
var vendorDomains = []string{"myhuaweicloud.com", "myhuaweicloud.eu", "otc.t-systems.com"}

// leavesUnread are the settings of the section cloud that leave a part of the account unread, with the word for the part.
// Each has one value.
var leavesUnread = []struct{ key, part string }{{"enterpriseProjects", "enterprise-projects"}, {"iamV5", "iam-v5"}}

func (m *merger) cloud() {
	pair, ok := m.settings["cloud"]
	if !ok {
		known := child(compiled().raw, "properties")
		misspelt := slices.ContainsFunc(m.parts, func(d document) bool {
			return slices.ContainsFunc(d.root.Pairs(), func(pair plan.Pair) bool {
				return known[pair.Key] == nil && plan.Misspells(pair.Key, "cloud") // the schema has told the wrong key
			})
		})
		if m.complete && !misspelt {
			m.add(m.manifest.AccountAt, "cloud missing", fmt.Sprintf("no file of account %s says which cloud it is in", m.manifest.Account),
				"write cloud: {kind: huaweicloud} or cloud: {kind: opentelekomcloud} in one of them")
		}
		return
	}
	node := pair.Value
	m.manifest.Cloud = plan.Cloud{Kind: node.Get("kind").String(), Region: node.Get("region").String()}
	m.ruleAt("cloud.kind", "", node.Get("kind").Position())
	m.ruleAt("cloud.region", "", node.Get("region").Position())
	m.notRead(node)
	for _, e := range node.Get("endpoints").Pairs() {
		if e.Value.Kind != plan.Text {
			continue
		}
		if reason := badEndpoint(e.Value.Text); reason != "" {
			m.add(e.Value.At, "endpoint not allowed", fmt.Sprintf("%s: %s %s", e.Key, short(e.Value.Text), reason),
				fmt.Sprintf("write https://HOST with a host below %s; any other host is given with --endpoint %s=URL",
					strings.Join(vendorDomains, ", "), e.Key))
			continue
		}
		if m.manifest.Endpoints == nil {
			m.manifest.Endpoints = map[string]string{}
		}
		m.manifest.Endpoints[e.Key] = e.Value.Text
		m.ruleAt("cloud.endpoints", e.Key, e.Value.At)
	}
}

// notRead collects the parts that are left unread, in whichever way that is said.
func (m *merger) notRead(cloud *plan.Node) {
	at := map[string]plan.Position{}
	for _, setting := range leavesUnread {
		if value := cloud.Get(setting.key); value != nil {
			at[setting.part] = value.At
		}
	}
	for _, item := range cloud.Get("notRead").Elements() {
		if item.String() != "" { // else the schema has reported it
			at[item.String()] = item.At
		}
	}
	if len(at) > 0 {
		m.manifest.NotRead, m.manifest.NotReadAt = slices.Sorted(maps.Keys(at)), at
	}
}

// badEndpoint says why a manifest may not name the URL; "" when it may.
func badEndpoint(text string) string {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Opaque != "" {
		return "is no URL with a host"
	}
	host := strings.ToLower(u.Hostname())
	switch {
	case u.Scheme != "https":
		return "is not https"
	case u.User != nil:
		return "holds a user"
	case u.Path != "" && u.Path != "/", u.RawQuery != "" || u.ForceQuery, u.Fragment != "":
		return "has more than a host"
	}
	for _, domain := range vendorDomains {
		if strings.HasSuffix(host, "."+domain) {
			return ""
		}
	}
	return "is no host of the vendors"
}
