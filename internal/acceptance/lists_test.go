package acceptance

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/cloudsim"
	"github.com/agencyctl/agencyctl/internal/render"
	"github.com/agencyctl/agencyctl/plan"
)

// oddNames are names that YAML, or a manifest, takes for something else unless they are written with care.
var oddNames = []string{
	"Tenant Guest", "system:Tenant Guest", "custom:Tenant Guest", "id:Tenant Guest", "true", "no", "~", "0123", "1e3", "2031-06-30", "20d", ".5",
	"a, b", "a: b", "a #b", "#a", "- a", "-", "?", "*", "*a", "&a", "!a", "|", ">", "%a", "@a", "`a`", `"a"`, `a"b`, "'a'", "it's", "[a]", "{a: b}",
	"a]", "<<", "=", "a:", ":a", "häuser", "名前", `a\b`, `\u202e`, "a  b",
}

// listed returns what list prints as JSON.
func (f *front) listed(t *testing.T, args ...string) []plan.Listed {
	t.Helper()
	var document struct {
		Accounts []struct{ Items []plan.Listed }
	}
	o := f.succeeds(t, append(append([]string{"list"}, args...), "-o", "json")...)
	require.NoError(t, json.Unmarshal([]byte(o.stdout), &document))
	require.Len(t, document.Accounts, 1)
	return document.Accounts[0].Items
}

// TestWhatIsListedCanBeWritten puts every role and place that is listed into a manifest, as text writes it, and looks whether the plan
// means the same thing.
func TestWhatIsListedCanBeWritten(t *testing.T) {
	for cloud, region := range map[string]string{cloudsim.HuaweiCloud: "cn-north-4", cloudsim.OpenTelekomCloud: "eu-de"} {
		world := cloudsim.DemoWorld(cloud)
		account := world.AccountNamed("")
		for i, name := range append(oddNames, "twin", "twin") {
			id := fmt.Sprintf("%032x", i+1)
			account.Policies = append(account.Policies, cloudsim.Role{
				ID: "a" + id[1:], Name: "custom_" + id, DisplayName: name, Catalog: "CUSTOMED", Type: "AX",
				Policy: cloudsim.Policy{Version: "1.1", Statement: []cloudsim.Statement{{Effect: "Allow", Action: []string{"obs:bucket:GetBucketLocation"}}}},
			})
			if name == "twin" {
				continue
			}
			account.Projects = append(account.Projects, cloudsim.Project{ID: "b" + id[1:], Name: name})
			account.EnterpriseProjects = append(account.EnterpriseProjects, cloudsim.EnterpriseProject{ID: "c" + id[1:], Name: name, Type: "prod"})
		}
		f := newFront(t, cloudsim.Options{Cloud: cloud, Seed: world})
		where := []string{"--cloud", cloud, "--region", region}
		wanted := map[string]int{}
		grants := func(kind, binding string, place func(name string) string) (lines string) {
			text := f.succeeds(t, append([]string{"list", kind}, where...)...).stdout
			for _, item := range f.listed(t, append([]string{kind}, where...)...) {
				written := render.InYAML(item.Name)
				assert.Contains(t, text, "\n  "+written, "%s of %s", kind, cloud)
				if item.Unusable == "" {
					wanted[binding+" "+item.ID]++
					lines += place(written)
				}
			}
			return lines
		}
		var flow []string
		domain := grants("roles", "role", func(name string) string {
			flow = append(flow, name)
			return "        - " + name + "\n"
		})
		one := func(name string) string { return "        " + name + ": [Tenant Administrator]\n" }
		path := filepath.Join(t.TempDir(), "m.yaml")
		require.NoError(t, os.WriteFile(path, []byte("apiVersion: agencyctl/v1\naccount: {name: example-co}\n"+
			"cloud: {kind: "+cloud+", region: "+region+"}\nagencies:\n  - name: all\n    trust: {account: partner-co}\n    grants:\n"+
			"      domain:\n"+domain+"      projects:\n"+grants("projects", "project", one)+
			"      enterpriseProjects:\n"+grants("enterprise-projects", "enterpriseProject", one)+
			"  - name: flow\n    trust: {account: partner-co}\n    grants: {domain: ["+strings.Join(flow, ", ")+"]}\n"), 0o600))
		o := f.succeeds(t, "plan", "-f", path, "-o", "json")
		var document struct {
			Accounts []struct {
				Changes []struct {
					After struct{ Bindings map[string]string }
				}
			}
		}
		require.NoError(t, json.Unmarshal([]byte(o.stdout), &document))
		meant := map[string]int{}
		for _, c := range document.Accounts[0].Changes {
			b := c.After.Bindings
			for _, binding := range []string{"project", "enterpriseProject"} {
				if b[binding] != "" {
					meant[binding+" "+b[binding]]++
				}
			}
			if b["project"]+b["enterpriseProject"] == "" && b["role"] != "" {
				meant["role "+b["role"]]++
			}
		}
		for key := range wanted {
			if strings.HasPrefix(key, "role ") {
				wanted[key]++ // in the other agency too
			}
		}
		assert.Equal(t, wanted, meant, cloud)
	}
}

// TestAListMakesFewCalls: it reads what it needs, in as many calls as a plan of an empty manifest makes of IAM alone, and writes nothing.
func TestAListMakesFewCalls(t *testing.T) {
	f := newFront(t, cloudsim.Options{Seed: seededWorld("a")})
	f.edit(t, "authorization", "create", "fabric", "cn-north-4", "FABRIC_SMN_POLICY") // whose agency has grants there
	for _, kind := range []string{"agencies", "enterprise-projects", "policies", "projects", "roles"} {
		f.server.ResetCalls()
		f.succeeds(t, "list", kind, "--region", "cn-north-4")
		calls := f.server.Calls()
		assert.LessOrEqual(t, len(calls), 14, kind)
		for _, c := range calls {
			assert.False(t, c.Write, c.Path)
			assert.NotContains(t, c.Path, "/v1/", "a service that has no part of the list")
		}
	}
	f.server.ResetCalls()
	assert.Zero(t, f.offline(t, "list", "services").code)
	assert.Empty(t, f.server.Calls())
}
