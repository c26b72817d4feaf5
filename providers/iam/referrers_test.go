package iam_test

import (
	"encoding/json"
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
)

// heldWorld has two custom policies: backup-read, which an agency and so many users and groups have, and assume, which names an
// agency.
func heldWorld(others int) cloudsim.World {
	w := smallWorld(cloudsim.HuaweiCloud)
	home := &w.Accounts[0]
	home.Policies[0].Others = others
	uri := func(id string) json.RawMessage { return json.RawMessage(`{"uri":["/iam/agencies/` + id + `"]}`) }
	home.Policies = append(home.Policies, cloudsim.Role{
		ID: cloudtest.ID("assume"), Name: "custom_2", DisplayName: "assume", Catalog: "CUSTOMED", Type: "AX", Created: epoch, Updated: epoch,
		Policy: cloudsim.Policy{Version: "1.1", Statement: []cloudsim.Statement{
			{Effect: "Allow", Action: []string{"iam:agencies:assume"}, Resource: uri(cloudtest.ID("ops-live"))},
			{Effect: "Allow", Action: []string{"iam:agencies:assume"}, Resource: uri(cloudtest.ID("gone"))},
			{Effect: "Allow", Action: []string{"obs:a:c"}, Resource: json.RawMessage(`["obs:*:*:bucket:*"]`)},
		}},
	})
	return w
}

func policyAt(name string) addr.Address { return directory.PolicyAddress(plan.Reference{Name: name}) }

func liveOf(t *testing.T, o *providers.Observation, a addr.Address) plan.Live {
	t.Helper()
	for _, l := range o.Resources {
		if l.Address == a {
			return l
		}
	}
	require.Fail(t, "not live", a.String())
	return plan.Live{}
}

func TestAPolicyTellsWhoHasIt(t *testing.T) {
	for name, c := range map[string]struct {
		others   int
		switches cloudsim.Switches
		wants    plan.Unseen
	}{
		"an agency alone":          {wants: plan.Unseen{}},
		"users and groups too":     {others: 2, wants: plan.Unseen{Count: 2}},
		"the cloud does not count": {others: 2, switches: cloudsim.Switches{NoReferences: true}, wants: plan.Unseen{Unknown: true}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, cloudsim.Options{Seed: heldWorld(c.others), Switches: c.switches})
			o, err := s.observe(t, manifest(t, ""))
			require.NoError(t, err)
			assert.Equal(t, c.wants, liveOf(t, o, policyAt("backup-read")).Unseen)
			assert.Equal(t, []addr.Address{directory.AgencyAddress("ops-live")}, liveOf(t, o, policyAt("assume")).Names)
		})
	}
	// A grant in a part of the account that is not read is one that nobody sees.
	w := heldWorld(0)
	live := &w.Accounts[0].Agencies[0]
	live.Grants = append(live.Grants, cloudsim.Grant{Scope: cloudsim.ScopeEnterpriseProject, Target: "0", Role: cloudtest.ID("backup-read")})
	skipping := manifest(t, "")
	for skipped, wants := range map[bool]plan.Unseen{false: {}, true: {Count: 1}} {
		skipping.NotRead = map[bool][]string{true: {huaweicloud.PartEnterpriseProjects}}[skipped]
		s := newStage(t, cloudsim.Options{Seed: w})
		o, err := s.observe(t, skipping)
		require.NoError(t, err)
		assert.Equal(t, wants, liveOf(t, o, policyAt("backup-read")).Unseen)
	}
	// Fewer than we see: the number means something else.
	s := newStage(t, cloudsim.Options{Seed: heldWorld(-1)})
	o, err := s.observe(t, manifest(t, ""))
	require.NoError(t, err)
	assert.Equal(t, plan.Unseen{Unknown: true}, liveOf(t, o, policyAt("backup-read")).Unseen)
}

func TestADeleteOfAPolicyTakesNoMoreThanPlanned(t *testing.T) {
	taken := cloudsim.Switches{DeleteGrantedPolicy: true}
	for name, c := range map[string]struct {
		options cloudsim.Options
		// revoke takes the policy from the agency first, as a plan does; then is what happens in between.
		revoke bool
		then   []string
		kind   error
		says   string
		left   bool
	}{
		"nobody has it":            {options: cloudsim.Options{Seed: heldWorld(0)}, revoke: true},
		"users and groups lose it": {options: cloudsim.Options{Seed: heldWorld(2), Switches: taken}, revoke: true},
		"the cloud refuses while users and groups have it": {options: cloudsim.Options{Seed: heldWorld(2)}, revoke: true,
			kind: providers.ErrInvalid, says: "granted 2 times", left: true},
		"one more user has it now": {options: cloudsim.Options{Seed: heldWorld(2), Switches: taken}, revoke: true,
			then: []string{"hold", "backup-read", "3"}, kind: providers.ErrConflict, says: "it has 3 references instead of 2", left: true},
		"many more users have it now": {options: cloudsim.Options{Seed: heldWorld(2), Switches: taken}, revoke: true,
			then: []string{"hold", "backup-read", "30"}, kind: providers.ErrConflict, says: "it has 30 references instead of 2", left: true},
		"another agency has it now": {options: cloudsim.Options{Seed: heldWorld(0), Switches: taken}, revoke: true,
			then: []string{"grant", "svc", "domain", "backup-read"}, kind: providers.ErrConflict, says: "it has 1 reference instead of 0", left: true},
		"a revoke that was not made": {options: cloudsim.Options{Seed: heldWorld(0), Switches: taken},
			kind: providers.ErrConflict, says: "it has 1 reference instead of 0", left: true},
		"fewer users have it now": {options: cloudsim.Options{Seed: heldWorld(2), Switches: taken}, revoke: true,
			then: []string{"hold", "backup-read", "1"}},
		"the cloud never counted": {options: cloudsim.Options{Seed: heldWorld(2),
			Switches: cloudsim.Switches{DeleteGrantedPolicy: true, NoReferences: true}}, revoke: true},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, c.options, huaweicloud.Lag{Limit: 20 * time.Millisecond, Poll: time.Millisecond})
			o, err := s.observe(t, manifest(t, ""))
			require.NoError(t, err)
			view := plan.NewView(&plan.Snapshot{Resources: o.Resources}, plan.Ownership{}, nil)
			live := liveOf(t, o, policyAt("backup-read"))
			if c.revoke {
				users := view.Users(live.Address)
				require.Len(t, users, 1)
				ids := providers.IDs{users[0].Parent: cloudtest.ID("ops-live")}
				require.NoError(t, s.remote.Delete(t.Context(), providers.Write{Before: &users[0].Resource, IDs: ids, View: view}))
			}
			if c.then != nil {
				e, err := cloudsim.ParseEdit(c.then)
				require.NoError(t, err)
				require.NoError(t, s.Sim.Edit("", e))
			}
			err = s.remote.Delete(t.Context(), providers.Write{ID: live.ID, Before: &live.Resource, View: view})
			if c.kind == nil {
				require.NoError(t, err)
			} else {
				require.ErrorIs(t, err, c.kind)
				require.ErrorContains(t, err, c.says)
			}
			require.Len(t, s.home().Policies, map[bool]int{true: 2, false: 1}[c.left])
		})
	}
}

func TestADeleteOfAPolicyWaitsForACountThatLags(t *testing.T) {
	s := newStage(t, cloudsim.Options{Seed: heldWorld(0), Faults: cloudsim.Faults{LaggedReads: 2}}, huaweicloud.Lag{Limit: time.Minute, Poll: time.Millisecond})
	o, err := s.observe(t, manifest(t, ""))
	require.NoError(t, err)
	view := plan.NewView(&plan.Snapshot{Resources: o.Resources}, plan.Ownership{}, nil)
	live := liveOf(t, o, policyAt("backup-read"))
	users := view.Users(live.Address)
	ids := providers.IDs{users[0].Parent: cloudtest.ID("ops-live")}
	require.NoError(t, s.remote.Delete(t.Context(), providers.Write{Before: &users[0].Resource, IDs: ids, View: view}))
	require.NoError(t, s.remote.Delete(t.Context(), providers.Write{ID: live.ID, Before: &live.Resource, View: view}))
	require.Len(t, s.home().Policies, 1)
}
