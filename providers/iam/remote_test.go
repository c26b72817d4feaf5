package iam_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/agencyctl/agencyctl/internal/cloudsim"
	"github.com/agencyctl/agencyctl/internal/conformance/cloudtest"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/directory"
	"github.com/agencyctl/agencyctl/providers/iam"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func systemRole(display, name, kind string) cloudsim.Role {
	return cloudsim.Role{
		ID: cloudtest.ID(display), Name: name, DisplayName: display, Catalog: "BASE", Type: kind,
		Policy: cloudsim.Policy{Version: "1.1", Statement: []cloudsim.Statement{{Effect: "Allow", Action: []string{name + ":*:*"}}}},
	}
}

var epoch = time.Date(2031, 4, 5, 6, 7, 8, 0, time.UTC)

// smallWorld is an account with two agencies that nobody manages here, and one that a service made.
func smallWorld(kind string) cloudsim.World {
	grant := func(scope, target, role string) cloudsim.Grant {
		return cloudsim.Grant{Scope: scope, Target: target, Role: cloudtest.ID(role)}
	}
	ends := epoch.Add(480 * time.Hour)
	return cloudsim.World{
		FormatVersion: cloudsim.WorldFormat, Cloud: kind, Home: cloudtest.ID("example-co"),
		Accounts: []cloudsim.Account{
			{
				ID: cloudtest.ID("example-co"), Name: "example-co",
				Projects:           []cloudsim.Project{{ID: cloudtest.ID("cn-north-4"), Name: "cn-north-4"}, {ID: cloudtest.ID("MOS"), Name: "MOS"}},
				EnterpriseProjects: []cloudsim.EnterpriseProject{{ID: "0", Name: "default", Type: "prod", Created: epoch}},
				Agencies: []cloudsim.Agency{
					{
						ID: cloudtest.ID("ops-live"), Name: "ops-live", Trust: cloudsim.Party{ID: cloudtest.ID("partner-co"), Name: "partner-co"}, Description: "by hand",
						Hours: 480, Created: epoch, Expires: &ends,
						Grants: []cloudsim.Grant{
							grant(cloudsim.ScopeDomain, "", "OBS ReadOnlyAccess"), grant(cloudsim.ScopeAllProjects, "", "Tenant Guest"),
							grant(cloudsim.ScopeProject, cloudtest.ID("cn-north-4"), "ECS ReadOnlyAccess"), grant(cloudsim.ScopeProject, cloudtest.ID("MOS"), "backup-read"),
							grant(cloudsim.ScopeEnterpriseProject, "0", "Tenant Guest"),
						},
					},
					{ID: cloudtest.ID("cce_admin_trust"), Name: "cce_admin_trust", Trust: cloudsim.Party{ID: cloudtest.ID("op_svc_cce"), Name: "op_svc_cce"}, Created: epoch},
					{ID: cloudtest.ID("svc"), Name: "svc", Trust: cloudsim.Party{ID: cloudtest.ID("op_svc_cce"), Name: "op_svc_cce"}, Created: epoch},
				},
				Policies: []cloudsim.Role{{
					ID: cloudtest.ID("backup-read"), Name: "custom_1", DisplayName: "backup-read", Catalog: "CUSTOMED", Type: "XA", Created: epoch, Updated: epoch,
					Policy: cloudsim.Policy{Version: "1.1", Statement: []cloudsim.Statement{{Effect: "Allow", Action: []string{"obs:b:c", "obs:a:c"}}}},
				}},
			},
			{ID: cloudtest.ID("partner-co"), Name: "partner-co"}, {ID: cloudtest.ID("audit-partner"), Name: "audit-partner"},
		},
		Services: []cloudsim.Party{{ID: cloudtest.ID("op_svc_cce"), Name: "op_svc_cce"}, {ID: cloudtest.ID("op_svc_ecs"), Name: "op_svc_ecs"}},
		Roles: []cloudsim.Role{
			systemRole("Tenant Guest", "readonly", "AA"), systemRole("OBS ReadOnlyAccess", "obs", "AX"), systemRole("ECS ReadOnlyAccess", "ecs", "XA"),
		},
	}
}

// stage is a simulated cloud and a Remote on it.
type stage struct {
	*cloudtest.Stage
	remote *cloudtest.Session
}

func newStage(t *testing.T, options cloudsim.Options, lag ...huaweicloud.Lag) *stage {
	t.Helper()
	if options.Cloud == "" {
		options.Cloud = cloudsim.HuaweiCloud
	}
	if len(options.Seed.Accounts) == 0 {
		options.Seed = smallWorld(options.Cloud)
	}
	patience := huaweicloud.Lag{Limit: 5 * time.Second, Poll: time.Millisecond}
	if len(lag) > 0 {
		patience = lag[0]
	}
	s := cloudtest.Start(t, options)
	return &stage{Stage: s, remote: &cloudtest.Session{Remote: iam.Service(nil).Connect(s.Conn, patience)}}
}

// observe reads for the manifest; only may narrow it.
func (s *stage) observe(t *testing.T, m *plan.Manifest, only ...addr.Address) (*providers.Observation, error) {
	t.Helper()
	desired, problems := iam.Provider{}.Expand(m)
	require.Empty(t, problems)
	return s.remote.Observe(t.Context(), providers.ObserveRequest{Coverage: cloudtest.Cover(t, iam.Provider{}, desired, m), Only: only})
}

// lines are the resources of an observation, one line each.
func lines(o *providers.Observation) []string {
	var all []string
	for _, l := range o.Resources {
		line := l.Address.String()
		for _, name := range []string{"trust", "description", "duration", "scope", "statements"} {
			if v, ok := l.Attributes[name]; ok {
				line += fmt.Sprintf(" %s=%s", name, v)
			}
		}
		if l.ServiceMade {
			line += " (service-made)"
		}
		if l.MaybeServiceMade {
			line += " (maybe service-made)"
		}
		all = append(all, line)
	}
	slices.Sort(all)
	return all
}

func patterns(o *providers.Observation) []string {
	var all []string
	for _, p := range o.Coverage {
		all = append(all, p.String())
	}
	return all
}

var smallLines = []string{
	`agency/cce_admin_trust trust=service:op_svc_cce description= duration=forever (service-made)`,
	`agency/ops-live trust=account:partner-co description=by hand duration=20d`,
	`agency/svc trust=service:op_svc_cce description= duration=forever (maybe service-made)`,
	`grant/ops-live/all-projects/Tenant Guest`,
	`grant/ops-live/domain/OBS ReadOnlyAccess`,
	`grant/ops-live/enterprise-project:default/Tenant Guest`,
	`grant/ops-live/project:MOS/backup-read`,
	`grant/ops-live/project:cn-north-4/ECS ReadOnlyAccess`,
	`policy/backup-read description= scope=project statements={"Statement":[{"Effect":"Allow","Action":["obs:a:c","obs:b:c"]}]}`,
}

func TestObserveReadsEverything(t *testing.T) {
	for name, switches := range map[string]cloudsim.Switches{
		"as documented":  {},
		"other readings": {ForeverAsNull: true, OneDayText: true, OmitNullExpireTime: true, TimesWithZone: true, NullDescription: true, AgencyURN: true, IgnoreAgencyPaging: true, TotalCountsPage: true, UncappedRoles: true},
		"counting down":  {DurationCountsDown: true, DurationNumber: true},
	} {
		for _, kind := range []string{cloudsim.HuaweiCloud, cloudsim.OpenTelekomCloud} {
			t.Run(name+" on "+kind, func(t *testing.T) {
				s := newStage(t, cloudsim.Options{Cloud: kind, Switches: switches, Clock: func() time.Time { return epoch.Add(90 * time.Minute) }})
				o, err := s.observe(t, manifest(t, ""))
				require.NoError(t, err)
				assert.Equal(t, smallLines, lines(o))
				assert.Equal(t, []string{"agency/*", "grant/*/**", "policy/*"}, patterns(o))
				assert.Equal(t, plan.Account{Name: "example-co", ID: cloudtest.ID("example-co")}, o.Account)
				assert.Empty(t, o.Warnings)
				if kind == cloudsim.HuaweiCloud {
					require.Len(t, o.NotRead, 1)
					assert.Equal(t, "iam-v5", o.NotRead[0].Subject)
				} else {
					assert.Empty(t, o.NotRead)
				}
			})
		}
	}
}

func TestObserveTellsIDsAndUses(t *testing.T) {
	o, err := newStage(t, cloudsim.Options{}).observe(t, manifest(t, "agencies: [{name: svc, trust: {service: op_svc_cce}}]"))
	require.NoError(t, err)
	for _, l := range o.Resources {
		switch l.Address.String() {
		case "agency/ops-live":
			assert.Equal(t, cloudtest.ID("ops-live"), l.ID)
			assert.Equal(t, epoch.Add(480*time.Hour), l.Expires)
			assert.Equal(t, cloudtest.ID("partner-co"), l.Bindings["trust"])
		case "agency/svc":
			assert.False(t, l.MaybeServiceMade, "the manifest lists it")
		case "grant/ops-live/project:MOS/backup-read":
			assert.Equal(t, []addr.Address{addr.New("policy", addr.Plain("backup-read"))}, l.Uses)
			assert.Equal(t, map[string]string{"role": cloudtest.ID("backup-read"), "project": cloudtest.ID("MOS")}, l.Bindings)
			assert.Equal(t, "agency/ops-live", l.Parent.String())
		}
	}
}

func TestObserveFailsWithEveryReadThatFails(t *testing.T) {
	wanted := manifest(t, "agencies: [{name: a, trust: {account: x}, grants: {enterpriseProjects: {default: [Tenant Guest]}}}]")
	s := newStage(t, cloudsim.Options{})
	_, err := s.observe(t, wanted)
	require.NoError(t, err)
	reads := map[string]bool{}
	for _, call := range s.Sim.Calls() {
		if !strings.Contains(call.Path, "/OS-QUOTA/") { // the one read that is only listed when it fails
			reads[call.Path+"?"+call.Query] = true
		}
	}
	require.Len(t, reads, 10, "agencies, account, two passes of roles, projects, enterprise projects, four passes of grants")
	for name := range reads {
		for _, status := range []int{401, 403, 404, 500} {
			t.Run(fmt.Sprintf("%d on %s", status, name), func(t *testing.T) {
				s := newStage(t, cloudsim.Options{})
				s.Front.Answer(func(r *http.Request) bool {
					// Also the calls that would take the place of the bulk read.
					return r.URL.Path+"?"+r.URL.RawQuery == name || strings.Contains(r.URL.Path, "/agencies/")
				}, status, "")
				_, err := s.observe(t, wanted)
				var failed *providers.CallError
				require.ErrorAs(t, err, &failed)
				assert.Equal(t, status, failed.Status)
				assert.NotEmpty(t, failed.Operation)
			})
		}
	}
}

func TestObserveFallsBack(t *testing.T) {
	refused := cloudsim.Faults{Targets: []cloudsim.Fault{{Path: "/v3.0/OS-PERMISSION/role-assignments", Status: 403}}}
	s := newStage(t, cloudsim.Options{Faults: refused})
	_, err := s.observe(t, manifest(t, ""))
	require.ErrorIs(t, err, providers.ErrDenied)
	assert.ErrorContains(t, err, "cloud.notRead: [enterprise-projects]")
	o, err := s.observe(t, manifest(t, "notRead: [enterprise-projects, iam-v5]"))
	require.NoError(t, err)
	want := slices.DeleteFunc(slices.Clone(smallLines), func(line string) bool { return strings.Contains(line, "enterprise-project") })
	assert.Equal(t, want, lines(o))
	assert.Equal(t, []string{"agency/*", "grant/*/all-projects/*", "grant/*/domain/*", "grant/*/project:*/*", "policy/*"}, patterns(o))
	var subjects []string
	for _, n := range o.NotRead {
		subjects = append(subjects, n.Subject+": "+n.Reason)
	}
	assert.Equal(t, []string{"enterprise-projects: cloud.notRead leaves it out", "iam-v5: cloud.notRead leaves it out"}, subjects)

	gone := cloudsim.Faults{Targets: []cloudsim.Fault{{Path: "/v3.0/OS-PERMISSION/role-assignments", Status: 404}}}
	o, err = newStage(t, cloudsim.Options{Cloud: cloudsim.OpenTelekomCloud, Faults: gone}).observe(t, manifest(t, ""))
	require.NoError(t, err)
	assert.Equal(t, want, lines(o))
	assert.Len(t, o.NotRead, 1)
	assert.Len(t, o.Warnings, 1)
}

func TestAnAccountThatIsNotTold(t *testing.T) {
	for name, test := range map[string]struct {
		status int
		body   string
		kind   error
		says   string
	}{
		"the caller identity tells": {http.StatusOK, `{"account_id": "` + cloudtest.ID("example-co") + `", "principal_urn": "iam::x:user:ops"}`, nil, ""},
		"it is another's":           {http.StatusOK, `{"account_id": "` + cloudtest.ID("partner-co") + `"}`, providers.ErrConflict, cloudtest.ID("partner-co")},
		"it is refused":             {http.StatusForbidden, "", providers.ErrDenied, "iam:users:getUser"},
		"it does not exist":         {http.StatusNotFound, "", providers.ErrDenied, "--endpoint sts=URL"},
		"it fails":                  {http.StatusInternalServerError, "", providers.ErrDenied, "HTTP 500"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, cloudsim.Options{Switches: cloudsim.Switches{EmptyAuthDomains: true}})
			s.Front.Answer(isCallerIdentity, test.status, test.body)
			o, err := s.observe(t, manifest(t, ""))
			require.ErrorIs(t, err, test.kind, "what we claim ourselves confirms nothing")
			if test.kind != nil {
				assert.ErrorContains(t, err, test.says)
				return
			}
			assert.Equal(t, plan.Account{ID: cloudtest.ID("example-co")}, o.Account)
			assert.Len(t, o.Warnings, 1)
		})
	}
}

func isCallerIdentity(r *http.Request) bool { return r.URL.Path == "/v5/caller-identity" }

func TestObserveCostsFewCalls(t *testing.T) {
	world := smallWorld(cloudsim.HuaweiCloud)
	home := &world.Accounts[0]
	home.Agencies = nil
	scopes := []cloudsim.Grant{
		{Scope: cloudsim.ScopeDomain, Role: cloudtest.ID("OBS ReadOnlyAccess")}, {Scope: cloudsim.ScopeAllProjects, Role: cloudtest.ID("Tenant Guest")},
		{Scope: cloudsim.ScopeProject, Target: cloudtest.ID("cn-north-4"), Role: cloudtest.ID("ECS ReadOnlyAccess")}, {Scope: cloudsim.ScopeProject, Target: cloudtest.ID("MOS"), Role: cloudtest.ID("Tenant Guest")},
		{Scope: cloudsim.ScopeEnterpriseProject, Target: "0", Role: cloudtest.ID("Tenant Guest")}, {Scope: cloudsim.ScopeProject, Target: cloudtest.ID("MOS"), Role: cloudtest.ID("ECS ReadOnlyAccess")},
	}
	for i := range 500 {
		name := fmt.Sprintf("agency-%03d", i)
		home.Agencies = append(home.Agencies, cloudsim.Agency{
			ID: cloudtest.ID(name), Name: name, Trust: cloudsim.Party{ID: cloudtest.ID("partner-co"), Name: "partner-co"}, Created: epoch, Grants: scopes,
		})
	}
	s := newStage(t, cloudsim.Options{Seed: world})
	o, err := s.observe(t, manifest(t, ""))
	require.NoError(t, err)
	assert.Len(t, o.Resources, 500+3000+1)
	const rolePages, agencyPages, grantPages = 2, 1, (500 + 500 + 1500 + 500) / 50
	const proofs = 4 // the last page of each scope is full, and an empty one proves the end
	assert.LessOrEqual(t, len(s.Sim.Calls()), agencyPages+grantPages+rolePages+proofs+5)

	s.Sim.ResetCalls()
	read := func(only ...addr.Address) *providers.Observation {
		s.Sim.ResetCalls()
		desired, problems := iam.Provider{}.Expand(manifest(t, ""))
		require.Empty(t, problems)
		narrow, err := s.remote.Observe(t.Context(), providers.ObserveRequest{
			Coverage: cloudtest.Cover(t, iam.Provider{}, desired, manifest(t, "")), Only: only, Run: o.Run,
		})
		require.NoError(t, err)
		want := slices.DeleteFunc(lines(o), func(line string) bool {
			return !strings.Contains(line, "/agency-007") && (!strings.HasPrefix(line, "policy/") || len(only) < 2)
		})
		assert.Equal(t, want, lines(narrow))
		return narrow
	}
	narrow := read(directory.AgencyAddress("agency-007"))
	assert.Len(t, s.Sim.Calls(), 5, "one for the agency and four for its grants")
	assert.Equal(t, []string{"agency/agency-007", "grant/agency-007/**"}, patterns(narrow))
	narrow = read(directory.AgencyAddress("agency-007"), directory.AgencyAddress("gone"), addr.New("policy", addr.Plain("none")))
	assert.Len(t, s.Sim.Calls(), 7, "one call an agency, four for the grants of each that exists, one for policies")
	assert.Equal(t, []string{"agency/agency-007", "agency/gone", "grant/agency-007/**", "grant/gone/**", "policy/*"}, patterns(narrow))
}

func TestStrayRolesAndProjects(t *testing.T) {
	world := smallWorld(cloudsim.HuaweiCloud)
	live := &world.Accounts[0].Agencies[0]
	world.Roles = append(world.Roles, systemRole("Hidden Role", "hidden", "XX"))
	live.Grants = []cloudsim.Grant{{Scope: cloudsim.ScopeDomain, Role: cloudtest.ID("Hidden Role")}}
	s := newStage(t, cloudsim.Options{Seed: world})
	o, err := s.observe(t, manifest(t, ""))
	require.NoError(t, err)
	assert.Contains(t, lines(o), "grant/ops-live/domain/Hidden Role")

	// A server that shows ids of what is gone.
	gone := strings.Repeat("f", 32)
	body, err := json.Marshal(map[string]any{"total_num": 1, "role_assignments": []any{map[string]any{
		"agency": map[string]string{"id": cloudtest.ID("ops-live")}, "role": map[string]string{"id": gone}, "scope": map[string]any{"project": map[string]string{"id": gone}},
	}}})
	require.NoError(t, err)
	s = newStage(t, cloudsim.Options{})
	s.Front.Answer(func(r *http.Request) bool { return r.URL.Query().Get("scope") == "project" }, http.StatusOK, string(body))
	o, err = s.observe(t, manifest(t, ""))
	require.NoError(t, err)
	assert.Contains(t, lines(o), "grant/ops-live/project:id%3A"+gone+"/id:"+gone)
	sections := iam.Provider{}.Collapse(o.Resources, plan.NewCatalogue(o.Entries...))
	desired, problems := iam.Provider{}.Expand(&plan.Manifest{Sections: sections})
	require.Empty(t, problems)
	r, problems := iam.Provider{}.Resolve(desired, manifest(t, ""), plan.NewCatalogue(o.Entries...))
	require.Empty(t, summaries(problems))
	assert.Contains(t, addresses(r.Desired), "grant/ops-live/project:id%3A"+gone+"/id:"+gone)
}
