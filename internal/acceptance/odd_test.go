package acceptance

import (
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/cloudsim"
)

func manifestOn(t *testing.T, cloud, region, rest string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "manifest.yaml")
	text := "apiVersion: agencyctl/v1\naccount: {name: example-co}\ncloud: {kind: " + cloud + ", region: " + region + "}\n" +
		"guardrails: {trustedAccounts: [partner-co]}\n" + rest
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

// TestARoleListThatIsCutOff plans an account with more than 300 roles where no pages are documented: the list counts all, and links
// nothing.
func TestARoleListThatIsCutOff(t *testing.T) {
	const last = "agencies: [{name: ops-one, trust: {account: partner-co}, duration: 20d, grants: {domain: [Extra 399]}}]\n"
	for name, test := range map[string]struct {
		roles    int
		switches cloudsim.Switches
		manifest string
		fault    string
	}{
		"400 roles":                {400, cloudsim.Switches{}, last, ""},
		"400 roles, pages refused": {400, cloudsim.Switches{RefuseRolePages: true}, last, "the cloud counts 400 and lists 300 without pages, and it refuses pages: 100 are missing"},
		"400 roles, not cut off":   {400, cloudsim.Switches{RefuseRolePages: true, UncappedRoles: true}, last, ""},
		"300 roles, pages refused": {300, cloudsim.Switches{RefuseRolePages: true}, strings.ReplaceAll(last, "399", "299"), ""},
	} {
		t.Run(name, func(t *testing.T) {
			world := cloudsim.DemoWorld(cloudsim.OpenTelekomCloud)
			for i := len(world.Roles); i < test.roles; i++ {
				role := world.Roles[0]
				role.ID, role.Name, role.DisplayName, role.Type = "extra"+strconv.Itoa(i), "extra_"+strconv.Itoa(i), "Extra "+strconv.Itoa(i), "AX"
				world.Roles = append(world.Roles, role)
			}
			f := newFront(t, cloudsim.Options{Cloud: cloudsim.OpenTelekomCloud, Seed: world, Switches: test.switches})
			path := manifestOn(t, "opentelekomcloud", "eu-de", test.manifest)
			if test.fault != "" {
				f.refused(t, []string{"list system roles", test.fault}, "plan", "-f", path)
				return
			}
			assert.Contains(t, f.succeeds(t, "plan", "-f", path).stdout, "2 to create")
		})
	}
}

// TestOddAnswers puts an element that is not as documented into each list: the plan says the same as without it, and
// that it was not read.
func TestOddAnswers(t *testing.T) {
	const entry = "agencies: [{name: monitoring, trust: {service: op_svc_ecs}, grants: {projects: {cn-north-4: [ECS ReadOnlyAccess]}}}]\n"
	f := newFront(t, cloudsim.Options{})
	path := manifestOn(t, "huaweicloud", "cn-north-4", entry)
	plain := f.succeeds(t, "plan", "-f", path).stdout
	without := func(text string) string {
		return regexp.MustCompile(`Not read: [^.]*\.`).ReplaceAllString(text, "Not read: .")
	}
	for name, test := range map[string]struct{ path, key, element, told string }{
		"agencies":        {"/v3.0/OS-AGENCY/agencies", "agencies", `{"id":"a9"}`, "agency:id:a9"},
		"roles":           {"/v3/roles", "roles", `{"id":"r9","display_name":"Odd","type":7}`, "role:Odd"},
		"custom policies": {"/v3.0/OS-ROLE/roles", "roles", `{"id":"p9","display_name":"odd","policy":{},"type":7}`, "policy:odd"},
		"projects":        {"/v3/projects", "projects", `{"id":"j9","name":7}`, "project:id:j9"},
	} {
		t.Run(name, func(t *testing.T) {
			edit := func(r *http.Request, body []byte) []byte {
				beginning := []byte(`"` + test.key + `":[`)
				if r.Method != http.MethodGet || r.URL.Path != test.path || bytes.Contains(body, append(beginning, ']')) {
					return body
				}
				return bytes.Replace(body, beginning, []byte(`"`+test.key+`":[`+test.element+`,`), 1)
			}
			if name == "custom policies" { // there are none yet
				edit = func(r *http.Request, body []byte) []byte {
					if r.URL.Path != test.path {
						return body
					}
					return []byte(`{"roles":[` + test.element + `]}`)
				}
			}
			f.answer.Store(&edit)
			defer f.answer.Store(nil)
			o := f.succeeds(t, "plan", "-f", path).stdout
			assert.Equal(t, without(plain), without(o))
			assert.Contains(t, o, test.told)
			assert.NotContains(t, plain, test.told)
		})
	}
	t.Run("a grant that may be of an agency that an entry lists", func(t *testing.T) {
		edit := func(r *http.Request, body []byte) []byte {
			if r.URL.Path != "/v3.0/OS-PERMISSION/role-assignments" {
				return body
			}
			return []byte(`{"role_assignments":[{"agency":{"id":null},"role":{"id":"r"},"scope":{"domain":{}}}],"total_num":1}`)
		}
		f.answer.Store(&edit)
		defer f.answer.Store(nil)
		f.refused(t, []string{"manifest.yaml:5:", "agency/monitoring is listed, and one grant in the cloud's answer shows no agency"}, "plan", "-f", path)
	})
	t.Run("one that an entry lists", func(t *testing.T) {
		edit := func(r *http.Request, body []byte) []byte {
			if r.URL.Path != "/v3.0/OS-AGENCY/agencies" {
				return body
			}
			return bytes.Replace(body, []byte(`"trust_domain_name":"op_svc_ecs"`), []byte(`"trust_domain_name":7`), 1)
		}
		f.answer.Store(&edit)
		defer f.answer.Store(nil)
		for _, command := range []string{"plan", "drift"} {
			f.refused(t, []string{"manifest.yaml:5:", "agency/monitoring is listed, and is not as documented", "trust_domain_name is a number, a text is expected"}, command, "-f", path)
		}
	})
}

// TestAnAttributeOfAnUnknownFormIsAnErrorWhereItIsStated: a listed policy or agency whose content cannot be understood is no match. It can
// still be deleted, and an entry that leaves the attribute out says nothing about it.
func TestAnAttributeOfAnUnknownFormIsAnErrorWhereItIsStated(t *testing.T) {
	const (
		whole = "policies: [{name: odd, scope: project, statements: [{effect: Allow, actions: ['ecs:servers:get']}]}]\n" +
			"agencies: [{name: odd, trust: {account: partner-co}, duration: 20d}]\n"
		gone     = "policies: [{name: odd, state: absent}]\nagencies: [{name: odd, state: absent}]\n"
		additive = "agencies: [{name: odd, grantsMode: additive}]\n"
	)
	for name, test := range map[string]struct{ list, now, odd, fault string }{
		"statements": {"/v3.0/OS-ROLE/roles", `"Statement":[{`, `"Statement":["x",{`, "statements cannot be read: policy/odd is listed"},
		"duration":   {"/v3.0/OS-AGENCY/agencies", `"duration":"480"`, `"duration":"SOMETIMES"`, "duration cannot be read: agency/odd is listed"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFront(t, cloudsim.Options{})
			path := manifestOn(t, "huaweicloud", "cn-north-4", whole)
			f.succeeds(t, "apply", "-f", path, "--auto-approve")
			edit := func(r *http.Request, body []byte) []byte {
				if r.URL.Path != test.list || r.Method != http.MethodGet {
					return body
				}
				return bytes.ReplaceAll(body, []byte(test.now), []byte(test.odd))
			}
			f.answer.Store(&edit)
			for _, command := range []string{"plan", "drift", "apply"} {
				f.refused(t, []string{"manifest.yaml:", test.fault}, command, "-f", path)
			}
			f.succeeds(t, "plan", "-f", manifestOn(t, "huaweicloud", "cn-north-4", additive))
			f.succeeds(t, "apply", "-f", manifestOn(t, "huaweicloud", "cn-north-4", gone), "--auto-approve")
		})
	}
}
