package iam_test

import (
	"maps"
	"net/http"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/cloudsim"
	"github.com/agencyctl/agencyctl/internal/conformance/cloudtest"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/directory"
	"github.com/agencyctl/agencyctl/providers/iam"
)

const lifecycle = `
policies:
  - {name: new-policy, scope: project, statements: [{effect: Allow, actions: ["obs:a:b"], resources: ["obs:*:*:bucket:*"]}]}
agencies:
  - name: ops-new
    trust: {account: partner-co}
    description: nightly copies
    duration: 20d
    grants:
      domain: [OBS ReadOnlyAccess]
      allProjects: [Tenant Guest]
      projects: {cn-north-4: [new-policy]}
      enterpriseProjects: {default: [Tenant Guest]}
`

// apply creates all desired resources that are not live, in order, and returns the ids.
func (s *stage) apply(t *testing.T, m *plan.Manifest) (providers.IDs, []plan.Desired) {
	t.Helper()
	o, err := s.observe(t, m)
	require.NoError(t, err)
	expanded, _ := iam.Provider{}.Expand(m)
	r, problems := iam.Provider{}.Resolve(expanded, m, plan.NewCatalogue(o.Entries...))
	require.Empty(t, plan.Fatal(problems), summaries(problems))
	ids := providers.IDs{}
	for _, l := range o.Resources {
		ids[l.Address] = l.ID
	}
	for _, d := range r.Desired {
		if _, live := ids[d.Address]; live {
			continue
		}
		made, err := s.remote.Create(t.Context(), providers.Write{After: new(d.Resource), IDs: ids})
		require.NoError(t, err, d.Address)
		ids[d.Address] = made
	}
	return ids, r.Desired
}

func (s *stage) writes() (all []string) {
	for _, call := range s.Sim.Calls() {
		if call.Write {
			all = append(all, call.Method+" "+call.Operation)
		}
	}
	return all
}

// ticking returns a clock that goes on by a second whenever somebody looks at it.
func ticking() func() time.Time {
	var looks atomic.Int64
	return func() time.Time { return epoch.Add(time.Duration(looks.Add(1)) * time.Second) }
}

func TestALifeFromCreateToDelete(t *testing.T) {
	for name, options := range map[string]cloudsim.Options{
		"on Huawei Cloud":       {},
		"on Open Telekom Cloud": {Cloud: cloudsim.OpenTelekomCloud, Switches: cloudsim.Switches{RequireBothTrustFields: true}},
		"with other readings": {Switches: cloudsim.Switches{
			ConflictOnRepeatedGrant: true, BatchRevokeStatus200: true, TrustNameInAnswers: true, DurationNumber: true, GrantNeedsVisibleAgency: true,
		}, Faults: cloudsim.Faults{ReadLag: 10 * time.Second}, Clock: ticking()},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, options)
			m := manifest(t, lifecycle)
			ids, desired := s.apply(t, m)
			require.NoError(t, s.Sim.SetFaults(cloudsim.Faults{}))
			for range 3 { // every call takes a second of the simulated clock, so the lag is over then
				_, err := s.observe(t, m)
				require.NoError(t, err)
			}
			o, err := s.observe(t, m)
			require.NoError(t, err)
			live := map[addr.Address]plan.Live{}
			for _, l := range o.Resources {
				live[l.Address] = l
			}
			for _, d := range desired {
				l, ok := live[d.Address]
				require.True(t, ok, d.Address)
				assert.Empty(t, plan.DiffAttributes(l.Attributes, d.Attributes), "a second plan holds nothing")
			}

			agency := live[directory.AgencyAddress("ops-new")]
			changed := agency.Resource
			changed.Attributes = plan.Attributes{
				"trust": plan.StringValue("accountId:" + cloudtest.ID("audit-partner")), "description": plan.StringValue(""), "duration": plan.StringValue("1d"),
			}
			if options.Switches.RequireBothTrustFields {
				changed.Attributes["trust"] = plan.StringValue("account:audit-partner")
				changed.Bindings = map[string]string{"trust": cloudtest.ID("audit-partner")}
			}
			require.NoError(t, s.remote.Update(t.Context(), providers.Write{ID: agency.ID, Before: new(agency.Resource), After: new(changed), IDs: ids}))
			policy := live[addr.New("policy", addr.Plain("new-policy"))]
			other := policy.Resource
			other.Attributes = plan.Attributes{
				"scope": plan.StringValue("project"), "description": plan.StringValue("d"), "statements": policy.Attributes["statements"],
			}
			require.NoError(t, s.remote.Update(t.Context(), providers.Write{ID: policy.ID, Before: new(policy.Resource), After: new(other), IDs: ids}))
			o, err = s.observe(t, m)
			require.NoError(t, err)
			assert.Contains(t, lines(o), "agency/ops-new trust=account:audit-partner description= duration=1d")

			for range 2 { // the second time all of it is gone already
				for _, d := range slices.Backward(desired) {
					require.NoError(t, s.remote.Delete(t.Context(), providers.Write{ID: live[d.Address].ID, Before: new(d.Resource), IDs: ids}), d.Address)
				}
			}
			o, err = s.observe(t, m)
			require.NoError(t, err)
			assert.Equal(t, smallLines, lines(o))
		})
	}
}

func TestAnUpdateSendsOnlyWhatDiffers(t *testing.T) {
	s := newStage(t, cloudsim.Options{})
	before := plan.Resource{Address: directory.AgencyAddress("ops-live"), Attributes: plan.Attributes{
		"trust": plan.StringValue("account:partner-co"), "description": plan.StringValue("by hand"), "duration": plan.StringValue("20d"),
	}}
	require.NoError(t, s.remote.Update(t.Context(), providers.Write{ID: cloudtest.ID("ops-live"), Before: new(before), After: new(before)}))
	assert.Empty(t, s.writes(), "nothing differs, nothing is sent")
	after := before
	after.Attributes = plan.Attributes{"trust": before.Attributes["trust"], "description": plan.StringValue(""), "duration": before.Attributes["duration"]}
	require.NoError(t, s.remote.Update(t.Context(), providers.Write{ID: cloudtest.ID("ops-live"), Before: new(before), After: new(after)}))
	live := s.home().AgencyNamed("ops-live")
	assert.Empty(t, live.Description)
	assert.Equal(t, epoch.Add(480*time.Hour), live.Expires.UTC(), "the clock of its duration is not started anew")
}

func TestARenewalSendsTheDurationAgain(t *testing.T) {
	for cloud, switches := range map[string]cloudsim.Switches{
		cloudsim.HuaweiCloud: {}, cloudsim.OpenTelekomCloud: {RequireBothTrustFields: true},
	} {
		t.Run(cloud, func(t *testing.T) {
			s := newStage(t, cloudsim.Options{Cloud: cloud, Switches: switches, Clock: ticking()})
			m := manifest(t, "")
			o, err := s.observe(t, m)
			require.NoError(t, err)
			live := o.Resources[slices.IndexFunc(o.Resources, func(l plan.Live) bool { return l.Address == directory.AgencyAddress("ops-live") })]
			require.NoError(t, s.remote.Update(t.Context(), providers.Write{
				ID: live.ID, Before: new(live.Resource), After: new(live.Resource), Renew: true,
			}))
			assert.Len(t, s.writes(), 1)
			now := s.home().AgencyNamed("ops-live")
			assert.True(t, now.Expires.After(live.Expires))
			assert.Equal(t, "by hand", now.Description)
			o, err = s.observe(t, m)
			require.NoError(t, err)
			after := o.Resources[slices.IndexFunc(o.Resources, func(l plan.Live) bool { return l.Address == live.Address })]
			assert.Empty(t, plan.DiffAttributes(live.Attributes, after.Attributes), "it is the same but for its end")
		})
	}
	s := newStage(t, cloudsim.Options{})
	hours := newAgency()
	hours.Attributes["duration"] = plan.StringValue("36h")
	err := s.remote.Update(t.Context(), providers.Write{ID: cloudtest.ID("ops-live"), Before: new(hours), After: new(hours), Renew: true})
	require.ErrorIs(t, err, providers.ErrInvalid, "hours cannot be sent")
	assert.Empty(t, s.writes())
}

// home is the present state of the own account.
func (s *stage) home() *cloudsim.Account {
	world := s.Sim.World()
	return world.AccountNamed("")
}

func newAgency() plan.Resource {
	return plan.Resource{Address: directory.AgencyAddress("fresh"), Attributes: plan.Attributes{
		"trust": plan.StringValue("account:partner-co"), "description": plan.StringValue("d"), "duration": plan.StringValue("forever"),
	}, Bindings: map[string]string{"trust": cloudtest.ID("partner-co")}}
}

func TestAHalfKnownTrustIsExplainedWhereTheCloudWantsBoth(t *testing.T) {
	s := newStage(t, cloudsim.Options{Cloud: cloudsim.OpenTelekomCloud, Switches: cloudsim.Switches{RequireBothTrustFields: true}})
	stranger := newAgency()
	stranger.Attributes["trust"] = plan.StringValue("accountId:" + cloudtest.ID("audit-partner"))
	_, err := s.remote.Create(t.Context(), providers.Write{After: new(stranger)})
	require.ErrorIs(t, err, providers.ErrInvalid)
	assert.Contains(t, providers.Hint(err), "id and name of a trusted account together")

	known := newAgency()
	id, err := s.remote.Create(t.Context(), providers.Write{After: new(known)})
	require.NoError(t, err)
	err = s.remote.Update(t.Context(), providers.Write{ID: id, Before: new(known), After: new(stranger)})
	require.ErrorIs(t, err, providers.ErrInvalid)
	assert.Contains(t, providers.Hint(err), "id and name of a trusted account together")
}

func TestAPinnedAccountIsSentByItsIDAlone(t *testing.T) {
	s := newStage(t, cloudsim.Options{})
	pinned := newAgency() // today the name belongs to another account than the one that is pinned
	pinned.Settings = plan.Attributes{"trust": plan.StringValue("accountId:" + cloudtest.ID("audit-partner"))}
	id, err := s.remote.Create(t.Context(), providers.Write{After: new(pinned)})
	require.NoError(t, err)
	assert.Equal(t, "audit-partner", s.home().AgencyNamed("fresh").Trust.Name)
	before := pinned
	before.Settings, before.Attributes = nil, maps.Clone(pinned.Attributes)
	before.Attributes["trust"] = plan.StringValue("account:nobody")
	require.NoError(t, s.remote.Update(t.Context(), providers.Write{ID: id, Before: new(before), After: new(pinned)}))
	assert.Equal(t, "audit-partner", s.home().AgencyNamed("fresh").Trust.Name)
}

const agenciesPath = "/v3.0/OS-AGENCY/agencies"

func TestCreatesWithUnknownOutcome(t *testing.T) {
	quick := huaweicloud.Lag{Limit: 30 * time.Millisecond, Poll: time.Millisecond}
	for name, test := range map[string]struct {
		fault cloudsim.Fault
		more  cloudsim.Faults
		posts int
		// looks is how often the agency is looked for, where that is known.
		looks int
		kind  error
		text  string
	}{
		"the answer is cut off":             {fault: cloudsim.Fault{Cut: true, AfterChange: true, Times: 1}, posts: 1},
		"the answer is an error":            {fault: cloudsim.Fault{Status: 500, AfterChange: true, Times: 1}, posts: 1},
		"the request is lost":               {fault: cloudsim.Fault{Cut: true, Times: 1}, posts: 2},
		"turned away by throttling":         {fault: cloudsim.Fault{Status: 429, Times: 1}, posts: 2},
		"an error, and nothing was made":    {fault: cloudsim.Fault{Status: 500, Times: 1}, posts: 2, looks: 1},
		"made, and seen late":               {fault: cloudsim.Fault{Status: 502, AfterChange: true, Times: 1}, more: cloudsim.Faults{LaggedReads: 3}, posts: 2},
		"lost for good":                     {fault: cloudsim.Fault{Status: 500}, posts: 5, kind: providers.ErrUnavailable, text: "it is unknown whether"},
		"refused":                           {fault: cloudsim.Fault{Status: 403}, posts: 1, kind: providers.ErrDenied},
		"invalid":                           {fault: cloudsim.Fault{Status: 400}, posts: 1, kind: providers.ErrInvalid},
		"a conflict with nobody to be seen": {fault: cloudsim.Fault{Status: 409}, posts: 1, kind: providers.ErrConflict},
	} {
		t.Run(name, func(t *testing.T) {
			test.fault.Method, test.fault.Path = http.MethodPost, agenciesPath
			faults := test.more
			faults.Targets = []cloudsim.Fault{test.fault}
			lag := quick
			if test.more.LaggedReads > 0 {
				lag.Limit = time.Minute // a slow machine must not count as a lost write
			}
			s := newStage(t, cloudsim.Options{Faults: faults}, lag)
			made, err := s.remote.Create(t.Context(), providers.Write{After: new(newAgency())})
			posts, looks := 0, 0
			for _, call := range s.Sim.Calls() {
				switch {
				case call.Method == http.MethodPost:
					posts++
				case call.Path == agenciesPath:
					looks++
				}
			}
			assert.Equal(t, test.posts, posts)
			if test.looks > 0 {
				assert.Equal(t, test.looks, looks, "nothing is waited for that another sending tells")
			}
			if test.kind != nil {
				require.ErrorIs(t, err, test.kind)
				assert.ErrorContains(t, err, test.text)
				return
			}
			require.NoError(t, err)
			found := 0
			for _, a := range s.home().Agencies {
				if a.Name == "fresh" {
					found++
					assert.Equal(t, a.ID, made)
				}
			}
			assert.Equal(t, 1, found)
		})
	}
}

func TestAConflictIsAcceptedOnlyIfItIsExactlyOurs(t *testing.T) {
	live := func(change func(*cloudsim.Agency)) cloudsim.Options {
		world := smallWorld(cloudsim.HuaweiCloud)
		a := cloudsim.Agency{
			ID: cloudtest.ID("fresh"), Name: "fresh", Trust: cloudsim.Party{ID: cloudtest.ID("partner-co"), Name: "partner-co"}, Description: "d", Created: epoch,
		}
		change(&a)
		world.Accounts[0].Agencies = append(world.Accounts[0].Agencies, a)
		return cloudsim.Options{Seed: world}
	}
	s := newStage(t, live(func(*cloudsim.Agency) {}))
	made, err := s.remote.Create(t.Context(), providers.Write{After: new(newAgency())})
	require.NoError(t, err)
	assert.Equal(t, cloudtest.ID("fresh"), made)
	for name, change := range map[string]func(*cloudsim.Agency){
		"another trust": func(a *cloudsim.Agency) {
			a.Trust = cloudsim.Party{ID: cloudtest.ID("audit-partner"), Name: "audit-partner"}
		},
		"another description": func(a *cloudsim.Agency) { a.Description = "x" },
		"another duration":    func(a *cloudsim.Agency) { a.Hours = 24; end := epoch.Add(24 * time.Hour); a.Expires = &end },
		"an unknown grant": func(a *cloudsim.Agency) {
			a.Grants = []cloudsim.Grant{{Scope: cloudsim.ScopeEnterpriseProject, Target: "0", Role: cloudtest.ID("Tenant Guest")}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, live(change))
			_, err := s.remote.Create(t.Context(), providers.Write{After: new(newAgency())})
			assert.ErrorIs(t, err, providers.ErrConflict)
		})
	}
}

func TestAConflictIsAcceptedWithGrantsThatThePlanMakes(t *testing.T) {
	for name, c := range map[string]struct {
		grants []cloudsim.Grant
		kind   error
	}{
		"another run of the same plan has made one": {grants: []cloudsim.Grant{{Scope: cloudsim.ScopeDomain, Role: cloudtest.ID("OBS ReadOnlyAccess")}}},
		"one of them in another scope": {
			grants: []cloudsim.Grant{{Scope: cloudsim.ScopeAllProjects, Role: cloudtest.ID("OBS ReadOnlyAccess")}}, kind: providers.ErrConflict,
		},
		"one of them and a stranger's": {grants: []cloudsim.Grant{
			{Scope: cloudsim.ScopeDomain, Role: cloudtest.ID("OBS ReadOnlyAccess")}, {Scope: cloudsim.ScopeDomain, Role: cloudtest.ID("Tenant Guest")},
		}, kind: providers.ErrConflict},
		"a policy that both make, by its name": {grants: []cloudsim.Grant{
			{Scope: cloudsim.ScopeProject, Target: cloudtest.ID("cn-north-4"), Role: cloudtest.ID("made-too")},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			world := smallWorld(cloudsim.HuaweiCloud)
			home := &world.Accounts[0]
			home.Policies = append(home.Policies, cloudsim.Role{
				ID: cloudtest.ID("made-too"), Name: "custom_made_too", DisplayName: "made-too", Type: "XA",
				Policy: cloudsim.Policy{Version: "1.1", Statement: []cloudsim.Statement{{Effect: "Allow", Action: []string{"obs:a:b"}}}},
			})
			home.Agencies = append(home.Agencies, cloudsim.Agency{
				ID: cloudtest.ID("fresh"), Name: "fresh", Trust: cloudsim.Party{ID: cloudtest.ID("partner-co"), Name: "partner-co"}, Description: "d",
				Created: epoch, Grants: c.grants,
			})
			s := newStage(t, cloudsim.Options{Seed: world})
			desired := []plan.Desired{{Resource: newAgency()}}
			for _, grant := range []plan.Resource{
				{Address: addr.New("grant", addr.Plain("fresh"), addr.Plain("domain"), addr.Plain("OBS ReadOnlyAccess")),
					Bindings: map[string]string{directory.BindingRole: cloudtest.ID("OBS ReadOnlyAccess")}},
				{Address: addr.New("grant", addr.Plain("fresh"), addr.Segment{Qualifier: "project", Text: "cn-north-4"}, addr.Plain("made-too")),
					Bindings: map[string]string{"project": cloudtest.ID("cn-north-4")}},
			} {
				grant.Parent = directory.AgencyAddress("fresh")
				desired = append(desired, plan.Desired{Resource: grant})
			}
			made, err := s.remote.Create(t.Context(), providers.Write{
				After: new(newAgency()), View: plan.NewView(&plan.Snapshot{}, plan.Ownership{}, desired),
			})
			require.ErrorIs(t, err, c.kind)
			if c.kind == nil {
				assert.Equal(t, cloudtest.ID("fresh"), made)
			}
		})
	}
}

func TestAGrantAnsweredByAConflictIsDoneOnlyWhenItIsSeen(t *testing.T) {
	for name, c := range map[string]struct {
		scope, place string
		there        bool
	}{
		"there": {cloudsim.ScopeDomain, "domain", true}, "not there": {cloudsim.ScopeDomain, "domain", false},
		"there in all projects": {cloudsim.ScopeAllProjects, "all-projects", true}, "not there in all projects": {cloudsim.ScopeAllProjects, "all-projects", false},
	} {
		t.Run(name, func(t *testing.T) {
			world := smallWorld(cloudsim.HuaweiCloud)
			if c.there {
				world.Accounts[0].Agencies[0].Grants = []cloudsim.Grant{{Scope: c.scope, Role: cloudtest.ID("Tenant Guest")}}
			} else {
				world.Accounts[0].Agencies[0].Grants = nil
			}
			s := newStage(t, cloudsim.Options{Seed: world, Faults: cloudsim.Faults{Targets: []cloudsim.Fault{{Method: http.MethodPut, Status: 409}}}},
				huaweicloud.Lag{Limit: 30 * time.Millisecond, Poll: time.Millisecond})
			parent := directory.AgencyAddress("ops-live")
			_, err := s.remote.Create(t.Context(), providers.Write{
				After: &plan.Resource{
					Address: addr.New("grant", addr.Plain("ops-live"), addr.Plain(c.place), addr.Plain("Tenant Guest")), Parent: parent,
					Bindings: map[string]string{directory.BindingRole: cloudtest.ID("Tenant Guest")},
				},
				IDs: providers.IDs{parent: cloudtest.ID("ops-live")},
			})
			if c.there {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, providers.ErrConflict)
			assert.ErrorContains(t, err, "does not have the role")
		})
	}
}

func TestAPolicyIsNeverMadeTwice(t *testing.T) {
	statements, err := plan.DocumentValue([]byte(`{"Statement":[{"Effect":"Allow","Action":["obs:a:b"]}]}`))
	require.NoError(t, err)
	policy := plan.Resource{Address: addr.New("policy", addr.Plain("p")), Attributes: plan.Attributes{
		"scope": plan.StringValue("project"), "description": plan.StringValue("d"), "statements": statements,
	}}
	quick := huaweicloud.Lag{Limit: 30 * time.Millisecond, Poll: time.Millisecond}
	for name, test := range map[string]struct {
		fault cloudsim.Fault
		made  int
		fails bool
	}{
		"no trouble":       {cloudsim.Fault{Status: 500, Skip: 99}, 1, false},
		"an answer lost":   {cloudsim.Fault{Cut: true, AfterChange: true}, 1, false},
		"a request lost":   {cloudsim.Fault{Cut: true}, 0, true},
		"an early failure": {cloudsim.Fault{Status: 503, Times: 1}, 0, true},
	} {
		t.Run(name, func(t *testing.T) {
			test.fault.Method = http.MethodPost
			s := newStage(t, cloudsim.Options{Faults: cloudsim.Faults{Targets: []cloudsim.Fault{test.fault}}}, quick)
			_, err := s.remote.Create(t.Context(), providers.Write{After: new(policy)})
			assert.Equal(t, test.fails, err != nil, err)
			if test.fails {
				assert.ErrorContains(t, err, "it is unknown whether")
			}
			made := 0
			for _, p := range s.home().Policies {
				if p.DisplayName == "p" {
					made++
				}
			}
			assert.Equal(t, test.made, made)
		})
	}
}

func TestAGrantWaitsOnlyForWhatWasMadeNow(t *testing.T) {
	place := directory.Place{Scope: 1} // domain
	grant := plan.Resource{
		Address: directory.Grant{Place: place, Role: plan.Reference{Name: "OBS ReadOnlyAccess"}}.Address("fresh"), Parent: directory.AgencyAddress("fresh"),
		Bindings: map[string]string{"role": cloudtest.ID("OBS ReadOnlyAccess")},
	}
	missing := cloudsim.Faults{Targets: []cloudsim.Fault{{Method: http.MethodPut, Path: "/v3.0/OS-AGENCY/domains/**", Status: 404, Times: 3}}}

	s := newStage(t, cloudsim.Options{})
	_, err := s.observe(t, manifest(t, "")) // begins the run
	require.NoError(t, err)
	made, err := s.remote.Create(t.Context(), providers.Write{After: new(newAgency())})
	require.NoError(t, err)
	require.NoError(t, s.Sim.SetFaults(missing))
	_, err = s.remote.Create(t.Context(), providers.Write{After: new(grant), IDs: providers.IDs{grant.Parent: made}})
	require.NoError(t, err, "the agency is new, so it may not be known everywhere yet")

	s = newStage(t, cloudsim.Options{Faults: missing})
	_, err = s.remote.Create(t.Context(), providers.Write{After: new(grant), IDs: providers.IDs{grant.Parent: cloudtest.ID("ops-live")}})
	require.ErrorIs(t, err, providers.ErrNotFound)
	assert.Len(t, s.Sim.Calls(), 1, "an old agency that is not found is gone")
	_, err = s.remote.Create(t.Context(), providers.Write{After: new(grant)})
	assert.ErrorIs(t, err, providers.ErrInvalid, "without the agency's id nothing is sent")
}

// TestATrustThatTheCloudDoesNotKnow: the hint names who is not there, at a create and at an update.
func TestATrustThatTheCloudDoesNotKnow(t *testing.T) {
	for trust, hint := range map[string]string{
		"service:op_svc_nobody": "the cloud has no service of the name op_svc_nobody: check trust",
		"account:nobody":        `the cloud has no account of the name "nobody": check trust`,
		"accountId:77":          "the cloud has no account with the id 77: check trust",
	} {
		t.Run(trust, func(t *testing.T) {
			s := newStage(t, cloudsim.Options{})
			after := newAgency()
			after.Attributes = maps.Clone(after.Attributes)
			after.Attributes["trust"], after.Bindings = plan.StringValue(trust), nil
			_, err := s.remote.Create(t.Context(), providers.Write{After: &after})
			require.ErrorIs(t, err, providers.ErrNotFound)
			assert.Equal(t, hint, providers.Hint(err))
			before := newAgency()
			err = s.remote.Update(t.Context(), providers.Write{ID: cloudtest.ID("ops-live"), Before: &before, After: &after})
			require.ErrorIs(t, err, providers.ErrNotFound)
			assert.Equal(t, hint, providers.Hint(err))
		})
	}
}
