package traces_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/auth"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/directory"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/traces"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// The ids of the account.
const (
	accountID  = "d0a1b2c3d4e5f60718293a4b5c6d7e8f"
	projectID  = "72652f257cfa83d3a270fcb62691fcb2"
	eastID     = "7c3af89ee35700fa6ea5f5b56e54cc9f"
	agencyID   = "5a1e0c77b0f24d0f9a3b6f1c2d3e4f50"
	roleID     = "7c21d0a5e4b34f6d8e9f0a1b2c3d4e5f"
	otherRole  = "9bcf61a300bf4bf8f79436d0d0765bbd"
	policyID   = "a2d1ed7b49ab592f232901cf5dccc1d3"
	otherAgent = "f4e06eb08437f813ca5b1e6f1f6593c1"
	serviceID  = "bb63c2e6f8a5ae0e92ee3e377a0ee52d"
)

var (
	agency  = directory.AgencyAddress("ops-backup")
	policy  = addr.New(directory.TypePolicy, addr.Plain("backup-read"))
	service = addr.New("authorization", addr.Plain("csms"), addr.Plain("cn-north-4"), addr.Plain("RDS-FG"))
	// grants by their scope
	inDomain   = grantIn(directory.Place{Scope: directory.Domain})
	inProject  = grantIn(directory.Place{Scope: directory.OneProject, Name: "cn-north-4"})
	inProjects = grantIn(directory.Place{Scope: directory.AllProjects})
)

func grantIn(p directory.Place) addr.Address {
	return directory.Grant{Place: p, Role: plan.Reference{Name: "Tenant Guest"}}.Address("ops-backup")
}

// view is an account in which everything is live, and desired.
func view() *plan.View {
	live := func(a, parent addr.Address, id string, bindings map[string]string) plan.Live {
		return plan.Live{Resource: plan.Resource{Address: a, Parent: parent, Bindings: bindings}, ID: id}
	}
	made := live(directory.AgencyAddress("made_by_csms"), addr.Address{}, serviceID, nil)
	made.AnsweredBy = service
	role := map[string]string{directory.BindingRole: roleID}
	resources := []plan.Live{
		live(agency, addr.Address{}, agencyID, nil), live(policy, addr.Address{}, policyID, nil), made,
		live(inDomain, agency, "", role), live(inProjects, agency, "", role),
		live(inProject, agency, "", map[string]string{directory.BindingRole: roleID, directory.BindingProject: projectID}),
	}
	return plan.NewView(&plan.Snapshot{Resources: resources, Catalogue: catalogue()}, plan.Ownership{}, nil)
}

func catalogue() *plan.Catalogue {
	return plan.NewCatalogue(
		plan.CatalogueEntry{Kind: directory.KindRole, Name: "Tenant Guest", ID: roleID},
		plan.CatalogueEntry{Kind: directory.KindRole, Name: "CCE Administrator", ID: otherRole},
		plan.CatalogueEntry{Kind: directory.KindProject, Name: "cn-north-4", ID: projectID},
		plan.CatalogueEntry{Kind: directory.KindProject, Name: "cn-east-3", ID: eastID},
		plan.CatalogueEntry{Kind: directory.KindEnterpriseProject, Name: "default", ID: "0"},
	)
}

// record answers as CTS does: one page after the other, and remembers the calls.
type record struct {
	mu    sync.Mutex
	pages []string
	// status is that of every answer; 0 means 200.
	status  int
	queries []url.Values
	headers []http.Header
	paths   []string
}

func (r *record) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.queries, r.headers, r.paths = append(r.queries, q.URL.Query()), append(r.headers, q.Header), append(r.paths, q.URL.Path)
	w.Header().Set("Content-Type", "application/json")
	if r.status != 0 {
		w.WriteHeader(r.status)
	}
	_, _ = w.Write([]byte(r.pages[min(len(r.queries), len(r.pages))-1]))
}

// ask asks who made the differences, of a server that answers with these pages.
func (r *record) ask(t *testing.T, region string, differences ...providers.Difference) ([]*plan.Trace, plan.Inquiry) {
	t.Helper()
	return r.explainer(t, region).Explain(t.Context(), differences, view())
}

func (r *record) explainer(t *testing.T, region string) *traces.Explainer {
	t.Helper()
	server := httptest.NewServer(r)
	t.Cleanup(server.Close)
	retry := huaweicloud.DefaultRetry()
	retry.BaseDelay, retry.MaxDelay, retry.MaxAttempts = time.Millisecond, time.Millisecond, 2
	environment := map[string]string{auth.EnvAccessKey: "AK", auth.EnvSecretKey: "SK", auth.EnvDomainID: accountID}
	conn, err := huaweicloud.Connect(t.Context(), providers.Target{
		Cloud: plan.Cloud{Kind: huaweicloud.HuaweiCloud, Region: "cn-north-4"}, Endpoints: map[string]string{"iam": server.URL}, Rate: 10_000,
		Getenv: func(name string) string { return environment[name] },
	}, huaweicloud.WithRetry(retry))
	require.NoError(t, err)
	t.Cleanup(conn.Close)
	return traces.New(conn, region)
}

type object = map[string]any

// at is the moment of the traces.
const at = 1_930_000_000_000

// trace is one that is as documented, with other values for some keys; nil leaves a key out.
func trace(more object) object {
	t := object{
		"trace_id": "4f0e0000-0000-11f0-8000-000000000001", "trace_name": "updateAgency", "trace_rating": "normal",
		"trace_type": "ConsoleAction", "service_type": "IAM", "resource_type": "agency", "resource_id": agencyID, "resource_name": "ops-backup",
		"source_ip": "203.0.113.7", "code": "200", "request_id": "9c1d", "read_only": false, "time": at, "record_time": at + 1000,
		"user": object{
			"id": "0b1f", "name": "night-shift", "user_name": "night-shift", "domain": object{"id": "d0a1", "name": "example-co"},
			"principal_urn": "iam::d0a1:user:night-shift", "principal_id": "0b1f", "principal_is_root_user": "false", "type": "User",
			"invoked_by": []string{"service.console"},
		},
	}
	for key, value := range more {
		if t[key] = value; value == nil {
			delete(t, key)
		}
	}
	return t
}

// grantTrace is one of a grant, in the form of our own guess.
func grantTrace(more object) object {
	t := trace(object{
		"trace_name": "assignRoleToAgencyOnDomain", "resource_type": "roleAgencyDomain", "resource_id": roleID, "resource_name": "",
		"code": "204", "request": `{"agency_id":"` + agencyID + `"}`,
	})
	for key, value := range more {
		t[key] = value
	}
	return t
}

// page is an answer with these traces.
func page(marker any, all ...object) string {
	if all == nil {
		all = []object{}
	}
	text, err := json.Marshal(object{"traces": all, "meta_data": object{"count": len(all), "marker": marker}})
	if err != nil {
		panic(err)
	}
	return string(text)
}
