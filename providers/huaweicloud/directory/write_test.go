package directory_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/directory"
)

func TestWritesAreSpelledAsTheCloudWants(t *testing.T) {
	var got []string
	c := newCloud()
	server := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var body json.RawMessage
		_ = json.NewDecoder(r.Body).Decode(&body)
		got = append(got, strings.TrimSpace(r.Method+" "+r.URL.Path+" "+string(body)))
		fmt.Fprint(w, `{"agency":{"id":"new","duration":480},"role":{"id":"new"}}`)
	})
	grants := "/v3.0/OS-PERMISSION/subjects/agency/scopes/enterprise-project/role-assignments"
	for _, path := range []string{
		agenciesPath, agenciesPath + "/a1", "/v3.0/OS-ROLE/roles", "/v3.0/OS-ROLE/roles/r1", grants,
		"/v3.0/OS-AGENCY/domains/" + domain + "/agencies/a1/roles/r1", "/v3.0/OS-AGENCY/projects/p1/agencies/a1/roles/r1",
		"/v3.0/OS-INHERIT/domains/" + domain + "/agencies/a1/roles/r1/inherited_to_projects",
	} {
		c.on(path, server)
	}
	client := c.client(t, huaweicloud.HuaweiCloud)
	ctx := t.Context()
	empty, days, name, id := "", "20", "partner-co", "e1"
	made, err := client.CreateAgency(ctx, directory.AgencyFields{Name: "a", TrustID: &id, TrustName: &name, Description: &empty, Duration: &days})
	require.NoError(t, err)
	assert.Equal(t, "new", made)
	require.NoError(t, client.UpdateAgency(ctx, "a1", directory.AgencyFields{Description: &empty}))
	require.NoError(t, client.DeleteAgency(ctx, "a1"))
	for _, scope := range directory.Scopes() {
		a := directory.Assignment{AgencyID: "a1", RoleID: "r1", Scope: scope, TargetID: "p1"}
		require.NoError(t, client.Grant(ctx, a))
		require.NoError(t, client.Revoke(ctx, a))
	}
	fields := directory.PolicyFields{DisplayName: "p", Type: "XA", Document: json.RawMessage(`{"Version":"1.1"}`)}
	_, err = client.CreatePolicy(ctx, fields)
	require.NoError(t, err)
	require.NoError(t, client.UpdatePolicy(ctx, "r1", fields))
	require.NoError(t, client.DeletePolicy(ctx, "r1"))
	policy := `{"role":{"display_name":"p","type":"XA","description":"","policy":{"Version":"1.1"}}}`
	batch := ` {"role_assignments":[{"agency_id":"a1","enterprise_project_id":"p1","role_id":"r1"}]}`
	assert.Equal(t, []string{
		"POST " + agenciesPath + ` {"agency":{"name":"a","domain_id":"` + domain + `","trust_domain_id":"e1","trust_domain_name":"partner-co","description":"","duration":"20"}}`,
		"PUT " + agenciesPath + `/a1 {"agency":{"description":""}}`,
		"DELETE " + agenciesPath + "/a1",
		"PUT /v3.0/OS-AGENCY/domains/" + domain + "/agencies/a1/roles/r1", "DELETE /v3.0/OS-AGENCY/domains/" + domain + "/agencies/a1/roles/r1",
		"PUT /v3.0/OS-INHERIT/domains/" + domain + "/agencies/a1/roles/r1/inherited_to_projects",
		"DELETE /v3.0/OS-INHERIT/domains/" + domain + "/agencies/a1/roles/r1/inherited_to_projects",
		"PUT /v3.0/OS-AGENCY/projects/p1/agencies/a1/roles/r1", "DELETE /v3.0/OS-AGENCY/projects/p1/agencies/a1/roles/r1",
		"PUT " + grants + batch, "DELETE " + grants + batch,
		"POST /v3.0/OS-ROLE/roles " + policy, "PATCH /v3.0/OS-ROLE/roles/r1 " + policy, "DELETE /v3.0/OS-ROLE/roles/r1",
	}, got)
}

func TestWritesThatAreDoneAlready(t *testing.T) {
	c := newCloud() // answers 404 to everything
	client := c.client(t, huaweicloud.HuaweiCloud)
	a := directory.Assignment{AgencyID: "a1", RoleID: "r1", Scope: directory.Domain}
	assert.NoError(t, client.DeleteAgency(t.Context(), "a1"))
	assert.NoError(t, client.DeletePolicy(t.Context(), "r1"))
	assert.NoError(t, client.Revoke(t.Context(), a))
	assert.ErrorIs(t, client.Grant(t.Context(), a), providers.ErrNotFound)
	c.on("/v3.0/OS-AGENCY/domains/"+domain+"/agencies/a1/roles/r1", refuse(http.StatusConflict))
	assert.ErrorIs(t, client.Grant(t.Context(), a), providers.ErrConflict, "a conflict alone does not say that it is granted")
	assert.Error(t, client.Grant(t.Context(), directory.Assignment{AgencyID: "a1", RoleID: "", Scope: directory.Domain}))
	assert.Error(t, client.Grant(t.Context(), directory.Assignment{AgencyID: "a1", RoleID: "r", Scope: directory.OneProject}))
}

func TestAGatewayThatKnowsNoSuchCallHasDeletedNothing(t *testing.T) {
	for _, body := range []string{`{"error_code":"APIGW.0101","error_msg":"The API does not exist"}`, "<html>not found</html>", ""} {
		c := newCloud()
		c.on(agenciesPath+"/a1", func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusNotFound)
			_, _ = w.Write([]byte(body))
		})
		assert.ErrorIs(t, c.client(t, huaweicloud.HuaweiCloud).DeleteAgency(t.Context(), "a1"), providers.ErrNotFound, body)
	}
}

func TestACreateWithoutAnIDIsOfUnknownOutcome(t *testing.T) {
	for _, body := range []string{`{}`, ``, `<html>`, `{"agency":{"id":"../x"}}`} {
		c := newCloud()
		c.on(agenciesPath, say(body))
		_, err := c.client(t, huaweicloud.HuaweiCloud).CreateAgency(t.Context(), directory.AgencyFields{Name: "a"})
		assert.ErrorIs(t, err, providers.ErrUnavailable, body)
		assert.Len(t, c.asked, 1, "it is not sent again")
	}
}
