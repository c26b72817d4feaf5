package acceptance

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/cloudsim"
)

// oddGrants spoils the records of grants in a project: in bulk reads those of its scope, and in an agency's own reads all.
func (f *front) oddGrants(t *testing.T, project string, fields ...string) {
	t.Helper()
	edit := func(r *http.Request, body []byte) []byte {
		if r.Method != http.MethodGet {
			return body
		}
		if strings.Contains(r.URL.Path, "/projects/"+project+"/agencies/") {
			return bytes.ReplaceAll(body, []byte(`"id":`), []byte(`"lost":`))
		}
		if r.URL.Path != "/v3.0/OS-PERMISSION/role-assignments" {
			return body
		}
		var answer map[string]any
		require.NoError(t, json.Unmarshal(body, &answer))
		records, _ := answer["role_assignments"].([]any)
		for _, record := range records {
			record := record.(map[string]any)
			if in, is := record["scope"].(map[string]any)["project"].(map[string]any); is && in["id"] == project {
				for _, field := range fields {
					delete(record, field)
					if field == "agency" { // without one it may be a user's
						record[field] = map[string]any{}
					}
				}
			}
		}
		edited, err := json.Marshal(answer)
		require.NoError(t, err)
		return edited
	}
	f.answer.Store(&edit)
}

// TestAnAgencyWithOddGrantsStays takes the authorization of one region away, while the cloud's answers show the grants of another one in
// a form that is not as documented. The other region still needs the agencies, so none of them may go.
func TestAnAgencyWithOddGrantsStays(t *testing.T) {
	for service, entry := range map[string]string{
		"csms":          "secretTypes: [RDS-FG]",
		"fabric":        "policies: [FABRIC_SMN_POLICY]",
		"lakeformation": "agencyTypes: [ADMIN_TRUST]",
		"secmaster":     "roles: [RMS ReadOnlyAccess]",
	} {
		for name, lost := range map[string][]string{
			"without a role": {"role"}, "without a role and a scope": {"role", "scope"}, "without a role and an id": {"role", "agency"},
		} {
			t.Run(service+" "+name, func(t *testing.T) {
				f := newFront(t, cloudsim.Options{})
				text := "authorizations:\n  - {service: " + service + ", region: cn-north-4, " + entry + "}\n" +
					"  - {service: " + service + ", region: cn-east-3, " + entry + "}\n"
				f.succeeds(t, "apply", "-f", file(t, text), "--auto-approve")
				world := f.server.World()
				before := world.AccountNamed("").Agencies
				var east string
				for _, p := range world.AccountNamed("").Projects {
					if p.Name == "cn-east-3" {
						east = p.ID
					}
				}
				gone := file(t, "authorizations:\n  - {service: "+service+", region: cn-north-4, state: absent, "+entry+"}\n")
				f.oddGrants(t, east, lost...)
				o := f.run(t, "apply", "-f", gone, "--auto-approve")
				world = f.server.World()
				for _, a := range before {
					now := world.AccountNamed("").AgencyNamed(a.Name)
					require.NotNil(t, now, "%s: cn-east-3 still needs it: %s", a.Name, o)
					for _, g := range a.Grants {
						if g.Target == east {
							assert.Contains(t, now.Grants, g)
						}
					}
				}
			})
		}
	}
}

// TestANamelessAgencyBlindsNoService puts an agency without a name into the list. It matters where an agency that a service may work
// through is not found, and cloud.notRead says that it is another one.
func TestANamelessAgencyBlindsNoService(t *testing.T) {
	for service, entry := range map[string]string{
		"csms": "secretTypes: [RDS-FG]", "secmaster": "roles: [RMS ReadOnlyAccess]",
	} {
		t.Run(service, func(t *testing.T) {
			f := newFront(t, cloudsim.Options{})
			edit := func(r *http.Request, body []byte) []byte {
				if r.Method != http.MethodGet || r.URL.Path != "/v3.0/OS-AGENCY/agencies" {
					return body
				}
				body = bytes.Replace(body, []byte(`"agencies":[`), []byte(`"agencies":[{"id":"a9"},`), 1)
				return bytes.Replace(body, []byte(`},]`), []byte(`}]`), 1)
			}
			f.answer.Store(&edit)
			path := file(t, "authorizations:\n  - {service: "+service+", region: cn-north-4, "+entry+"}\n")
			f.refused(t, []string{"may be the one that is looked for: id a9", "cloud.notRead: [agency:id:a9]"}, "plan", "-f", path)
			left := manifestOn(t, "huaweicloud", "cn-north-4, notRead: [\"agency:id:a9\"]", "authorizations:\n  - {service: "+service+", region: cn-north-4, "+entry+"}\n")
			f.succeeds(t, "plan", "-f", left)
			f.succeeds(t, "apply", "-f", left, "--auto-approve")
			f.succeeds(t, "plan", "-f", path)
		})
	}
}
