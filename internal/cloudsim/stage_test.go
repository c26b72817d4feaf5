package cloudsim_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/cloudsim"
)

const (
	agenciesPath    = "/v3.0/OS-AGENCY/agencies"
	assignmentsPath = "/v3.0/OS-PERMISSION/role-assignments"
	batchPath       = "/v3.0/OS-PERMISSION/subjects/agency/scopes/enterprise-project/role-assignments"
	policiesPath    = "/v3.0/OS-ROLE/roles"
)

// clock is a time that stands still until it is moved.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2031, 4, 5, 6, 7, 8, 123456000, time.UTC)} }

func (c *clock) time() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// stage is a simulator without network and without signatures, for tests about what the API answers.
type stage struct {
	t     *testing.T
	sim   *cloudsim.Server
	clock *clock
	world cloudsim.World
	home  string
}

func newStage(t *testing.T, o cloudsim.Options) *stage {
	t.Helper()
	s := &stage{t: t, clock: newClock()}
	o.NoSignatures = true
	if o.Seed.RoleSeed == "" { // tests about the roles that no page names give a seed
		o.Switches.OnlyPublishedRoles = true
	}
	if o.Clock == nil {
		o.Clock = s.clock.time
	}
	var err error
	s.sim, err = cloudsim.New(o)
	require.NoError(t, err)
	s.world = s.sim.World()
	s.home = s.world.Home
	return s
}

// result is a decoded answer.
type result struct {
	status int
	header http.Header
	text   string
	body   map[string]any
}

func (s *stage) call(method, target, body string, header ...string) result {
	s.t.Helper()
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json;charset=utf8")
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	s.sim.ServeHTTP(w, r)
	data, err := io.ReadAll(w.Result().Body)
	require.NoError(s.t, err)
	require.NotEmpty(s.t, w.Header().Get("X-Request-Id"), "every answer names its request")
	out := result{status: w.Code, header: w.Header(), text: string(data)}
	if json.Valid(bytes.TrimSpace(data)) {
		require.NoError(s.t, json.Unmarshal(data, &out.body))
	}
	return out
}

// message is the text of an error, in any shape.
func (r result) message() string {
	if e, is := r.body["error"].(map[string]any); is {
		return e["message"].(string)
	}
	text, _ := r.body["error_msg"].(string)
	return text
}

// list returns the items under key.
func (r result) list(key string) []map[string]any {
	var out []map[string]any
	items, _ := r.body[key].([]any)
	for _, item := range items {
		out = append(out, item.(map[string]any))
	}
	return out
}

func names(items []map[string]any) []string {
	out := []string{}
	for _, item := range items {
		out = append(out, item["name"].(string))
	}
	return out
}

func (r result) object(key string) map[string]any {
	out, _ := r.body[key].(map[string]any)
	return out
}

// create makes an agency and returns its id.
func (s *stage) create(name string) string {
	s.t.Helper()
	r := s.call(http.MethodPost, agenciesPath, `{"agency":{"name":"`+name+`","domain_id":"`+s.home+`","trust_domain_name":"partner-co"}}`)
	require.Equal(s.t, http.StatusCreated, r.status, r.text)
	return r.object("agency")["id"].(string)
}

func (s *stage) role(display string) string {
	s.t.Helper()
	for _, r := range s.world.Roles {
		if r.DisplayName == display {
			return r.ID
		}
	}
	s.t.Fatalf("no role %q", display)
	return ""
}

func (s *stage) project(name string) string {
	s.t.Helper()
	for _, p := range s.world.AccountNamed("").Projects {
		if p.Name == name {
			return p.ID
		}
	}
	s.t.Fatalf("no project %q", name)
	return ""
}

func (s *stage) enterpriseProject(name string) string {
	s.t.Helper()
	for _, p := range s.world.AccountNamed("").EnterpriseProjects {
		if p.Name == name {
			return p.ID
		}
	}
	s.t.Fatalf("no enterprise project %q", name)
	return ""
}

func (s *stage) domainGrants(agency string) string {
	return "/v3.0/OS-AGENCY/domains/" + s.home + "/agencies/" + agency + "/roles"
}

func (s *stage) projectGrants(project, agency string) string {
	return "/v3.0/OS-AGENCY/projects/" + project + "/agencies/" + agency + "/roles"
}

func (s *stage) inheritedGrant(agency, role string) string {
	return "/v3.0/OS-INHERIT/domains/" + s.home + "/agencies/" + agency + "/roles/" + role + "/inherited_to_projects"
}

func (s *stage) batch(agency, project, role string) string {
	return `{"role_assignments":[{"agency_id":"` + agency + `","enterprise_project_id":"` + project + `","role_id":"` + role + `"}]}`
}
