package engine_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/engine"
	"github.com/agencyctl/agencyctl/internal/conformance/memory"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers"
)

func TestAPlanSendsNoWrite(t *testing.T) {
	r := setUp(t, memory.Seed{Boxes: []memory.Box{{Name: "old", Owner: "pat"}}, Items: []memory.Item{{Box: "old", Scope: "north", Kind: "reader"}}})
	p := r.plan(t, manifest(t, `{"boxes": [{"name": "old", "ownedBy": "eve"}, {"name": "new", "ownedBy": "pat"}]}`))
	assert.ElementsMatch(t, []string{"create box/new", "update box/old", "delete item/old/north/reader"}, changeAddresses(p.Changes))
	assert.Empty(t, r.world.Writes())
	require.Len(t, r.world.Calls(), 1, "one observation")
	assert.Equal(t, account, p.Account)
	assert.Equal(t, "sha256:0", p.Manifest.Digest)
}

func TestAManifestWithProblemsIsRefusedBeforeAnyCall(t *testing.T) {
	r := setUp(t, memory.Seed{})
	m := manifest(t, `{"boxes": [{"name": "a", "ownedBy": "eve", "dependsOn": ["box/b"]}], "guardrails": {"trustedOwners": ["pat"]}}`)
	planned, err := r.engine.Plan(t.Context(), m, engine.PlanOptions{})
	require.NoError(t, err)
	assert.True(t, planned.Refused())
	assert.Nil(t, planned.Plan)
	assert.Nil(t, planned.Snapshot)
	require.Len(t, planned.Problems, 2, "both problems in one run")
	assert.NotEqual(t, planned.Problems[0].Summary, planned.Problems[1].Summary)
	assert.Empty(t, r.world.Calls())
}

func TestAPlanHoldsWhatNamesMean(t *testing.T) {
	r := setUp(t, memory.Seed{})
	planned, err := r.engine.Plan(t.Context(), manifest(t, `{"boxes": [{"name": "a", "ownedBy": "pat", "items": {"north": ["id:k-read"]}}]}`), engine.PlanOptions{})
	require.NoError(t, err)
	require.Len(t, planned.Desired, 2)
	assert.Equal(t, "item/a/north/reader", planned.Desired[1].Address.String())
	assert.Equal(t, []string{"create box/a", "create item/a/north/reader"}, changeAddresses(planned.Plan.Changes))
}

func TestNamesThatCannotBeResolvedRefuseThePlan(t *testing.T) {
	r := setUp(t, memory.Seed{})
	m := manifest(t, `{"boxes": [{"name": "a", "ownedBy": "eve", "items": {"north": ["raeder"], "sout": ["reader"]}}]}`)
	planned, err := r.engine.Plan(t.Context(), m, engine.PlanOptions{})
	require.NoError(t, err)
	assert.True(t, planned.Refused())
	assert.Nil(t, planned.Plan)
	assert.NotNil(t, planned.Snapshot)
	require.Len(t, planned.Problems, 2)
	assert.Equal(t, "unknown kind", planned.Problems[0].Summary)
	assert.Equal(t, "unknown scope", planned.Problems[1].Summary)
}

func TestAnotherAccountsCredentialsAreRefused(t *testing.T) {
	for name, tc := range map[string]struct {
		account plan.Account
		refused bool
		detail  string
		hint    string
	}{
		"the same name":        {account: plan.Account{Name: "example-co"}},
		"the same name and id": {account: account},
		"nearly the same name": {plan.Account{Name: "exmaple-co"}, true, `with name "exmaple-co", and what was read is of "example-co"`, `did you mean "example-co"?`},
		"another id":           {plan.Account{Name: "example-co", ID: "zzzzzzzz"}, true, `with id "zzzzzzzz", and what was read is of "0001"`, "use credentials, or a snapshot, of the account that the manifest is for"},
	} {
		t.Run(name, func(t *testing.T) {
			r := setUp(t, memory.Seed{})
			m := manifest(t, `{"boxes": [{"name": "a", "ownedBy": "pat"}]}`)
			m.Account = tc.account
			planned, err := r.engine.Plan(t.Context(), m, engine.PlanOptions{})
			require.NoError(t, err)
			assert.Equal(t, tc.refused, planned.Refused())
			if !tc.refused {
				return
			}
			assert.Nil(t, planned.Plan)
			require.Len(t, planned.Problems, 1)
			assert.Equal(t, "wrong account", planned.Problems[0].Summary)
			assert.Contains(t, planned.Problems[0].Detail, tc.detail)
			assert.Equal(t, tc.hint, planned.Problems[0].Hint)
			assert.Equal(t, m.AccountAt, planned.Problems[0].At)
		})
	}
}

func TestANameThatIsNotToldIsNotTakenOnTrust(t *testing.T) {
	for name, tc := range map[string]struct {
		account plan.Account
		summary string
	}{
		"a name alone":          {plan.Account{Name: "example-co"}, "account not known"},
		"the id beside it":      {plan.Account{Name: "example-co", ID: "0001"}, ""},
		"another id beside it":  {plan.Account{Name: "example-co", ID: "0002"}, "wrong account"},
		"the id without a name": {plan.Account{ID: "0001"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			r := setUp(t, memory.Seed{Account: plan.Account{ID: "0001"}})
			m := manifest(t, `{"boxes": [{"name": "a", "ownedBy": "pat"}]}`)
			m.Account = tc.account
			planned, err := r.engine.Plan(t.Context(), m, engine.PlanOptions{})
			require.NoError(t, err)
			require.Equal(t, tc.summary != "", planned.Refused(), planned.Problems)
			if tc.summary != "" {
				assert.Equal(t, tc.summary, planned.Problems[0].Summary)
				assert.NotEmpty(t, planned.Problems[0].Hint)
			}
		})
	}
}

func TestOneFailedReadMakesNoPlan(t *testing.T) {
	r := setUp(t, memory.Seed{Boxes: []memory.Box{{Name: "a", Owner: "pat"}}})
	r.world.SetFaults(memory.Fault{Operation: memory.Observe, Err: providers.ErrThrottled})
	e := r.withShelves(t, seen{err: &providers.CallError{Kind: providers.ErrDenied, Operation: "list planks"}})
	planned, err := e.Plan(t.Context(), manifest(t, `{}`), engine.PlanOptions{})
	assert.Nil(t, planned)
	require.ErrorIs(t, err, engine.ErrUnreadable)
	assert.ErrorIs(t, err, providers.ErrThrottled)
	assert.ErrorIs(t, err, providers.ErrDenied)
	assert.ErrorContains(t, err, "memory: observe boxes, items and docs: throttled")
	assert.ErrorContains(t, err, "shelves: list planks: access denied")
	assert.Len(t, r.events.of(engine.ObserveStarted), 1)
	assert.Len(t, r.events.of(engine.ObserveFinished), 1)
}

func TestADesiredResourceWithoutAConnectionIsAnErrorAtItsPlace(t *testing.T) {
	r := setUp(t, memory.Seed{})
	m := manifest(t, `{"boxes": [{"name": "a", "ownedBy": "pat"}], "shelves": [{"name": "s"}, {"name": "t"}]}`)
	planned, err := r.engine.Plan(t.Context(), m, engine.PlanOptions{})
	assert.Nil(t, planned)
	require.ErrorContains(t, err, m.Sections["shelves"][0].At.String()+": shelf/s: the shelves service")
	assert.NotContains(t, err.Error(), "shelf/t", "each service is told once")
	assert.Empty(t, r.world.Calls())
}

func TestObservationsOfAllServicesMakeOneSnapshot(t *testing.T) {
	shelf := plan.Live{Resource: plan.Resource{Address: addr.New("shelf", addr.Plain("s"))}}
	other := plan.Live{Resource: plan.Resource{Address: addr.New("shelf", addr.Plain("t"))}}
	r := setUp(t, memory.Seed{
		Boxes: []memory.Box{{Name: "a", Owner: "pat"}}, NotRead: []plan.NotRead{{Subject: "lids", Reason: "r"}}, Warnings: []string{"w", "v"},
	})
	e := r.withShelves(t, seen{observation: &providers.Observation{
		Resources: []plan.Live{other, shelf}, Coverage: []addr.Pattern{pattern(t, "shelf/*")}, Warnings: []string{"w"}, NotRead: []plan.NotRead{{Subject: "bolts", Reason: "r"}},
		Entries: []plan.CatalogueEntry{{Kind: "plank", Name: "oak", ID: "1"}},
	}})
	planned, err := e.Plan(t.Context(), manifest(t, `{"boxes": [{"name": "a", "ownedBy": "pat"}], "shelves": [{"name": "s"}]}`), engine.PlanOptions{})
	require.NoError(t, err)
	require.False(t, planned.Refused(), "%+v", planned.Problems)
	assert.True(t, planned.Plan.Empty())
	s := planned.Snapshot
	assert.Equal(t, account, s.Account)
	var addresses []string
	for _, l := range s.Resources {
		addresses = append(addresses, l.Address.String())
	}
	assert.Equal(t, []string{"box/a", "shelf/s", "shelf/t"}, addresses, "sorted, whatever order a service gives")
	assert.Equal(t, []plan.NotRead{{Subject: "bolts", Reason: "r"}, {Subject: "lids", Reason: "r"}}, s.NotRead)
	assert.Equal(t, []string{"v", "w"}, s.Warnings)
	assert.Equal(t, []string{"oak"}, s.Catalogue.Names("plank"))
	assert.NotEmpty(t, s.Catalogue.Names(memory.KindKind))
}

func TestTwoLiveResourcesOfOneAddressAreUnreadable(t *testing.T) {
	twin := plan.Live{Resource: plan.Resource{Address: addr.New("shelf", addr.Plain("s"))}}
	r := setUp(t, memory.Seed{})
	e := r.withShelves(t, seen{observation: &providers.Observation{Resources: []plan.Live{twin, twin}, Coverage: []addr.Pattern{pattern(t, "shelf/*")}}})
	_, err := e.Plan(t.Context(), manifest(t, `{}`), engine.PlanOptions{})
	require.ErrorIs(t, err, engine.ErrUnreadable)
	assert.ErrorContains(t, err, "shelf/s")
}

func TestALimitOnDeletesCanBeRaisedForOneRun(t *testing.T) {
	r := setUp(t, memory.Seed{Boxes: []memory.Box{{Name: "a", Owner: "pat"}, {Name: "b", Owner: "pat"}}})
	m := manifest(t, `{"boxes": [{"name": "a", "state": "absent"}, {"name": "b", "state": "absent"}]}`)
	one, two := 1, 2
	m.Ownership.MaxDeletes.Count = &one
	planned, err := r.engine.Plan(t.Context(), m, engine.PlanOptions{})
	require.NoError(t, err)
	assert.True(t, planned.Refused())
	assert.NotNil(t, planned.Plan, "it still shows what would be done")
	planned, err = r.engine.Plan(t.Context(), m, engine.PlanOptions{Options: plan.Options{MaxDeletes: plan.DeleteLimit{Count: &two}}})
	require.NoError(t, err)
	assert.False(t, planned.Refused())
}
