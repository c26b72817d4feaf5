package engine_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/engine"
	"github.com/agencyctl/agencyctl/internal/conformance/memory"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/plan/saved"
	"github.com/agencyctl/agencyctl/providers"
)

var quickly = engine.ApplyOptions{PollInterval: time.Microsecond}

// saved makes a saved plan and returns it as it comes back from its file.
func (r *rig) saved(t require.TestingT, m *plan.Manifest, options engine.PlanOptions) *saved.Plan {
	planned, err := r.engine.Plan(context.Background(), m, options)
	require.NoError(t, err)
	require.False(t, planned.Refused(), "%+v", planned.Problems)
	saved, err := planned.Save(r.engine.Program("test"))
	require.NoError(t, err)
	return saved
}

// recheck holds a saved plan that must still be true against the world.
func (r *rig) recheck(t require.TestingT, saved *saved.Plan) *engine.Planned {
	checked, err := r.engine.Recheck(context.Background(), saved, plan.Caller{})
	require.NoError(t, err)
	require.Empty(t, checked.Problems)
	return checked
}

// applySaved rechecks and executes.
func (r *rig) applySaved(t require.TestingT, saved *saved.Plan) *engine.Report {
	return r.engine.ApplyRest(context.Background(), saved, r.recheck(t, saved), quickly)
}

func TestASavedPlanIsAppliedOnce(t *testing.T) {
	m := manifest(t, `{"boxes": [{"name": "a", "ownedBy": "eve", "items": {"north": ["made", "reader"]}}], "docs": [{"name": "made", "allow": ["read"]}]}`)
	r := setUp(t, memory.Seed{Boxes: []memory.Box{{Name: "a", Owner: "pat"}}})
	saved := r.saved(t, m, engine.PlanOptions{})
	require.Empty(t, r.world.Writes())
	report := r.applySaved(t, saved)
	require.True(t, report.OK(), "%+v", report)
	require.Len(t, r.world.Writes(), 4)

	rest := r.recheck(t, saved)
	require.True(t, rest.Plan.Empty())
	require.Len(t, rest.Done, 4)
	require.True(t, r.engine.ApplyRest(context.Background(), saved, rest, quickly).OK())
	require.Len(t, r.world.Writes(), 4, "nothing is sent twice")
	require.True(t, r.plan(t, m).Empty())
}

func TestARefusedPlanIsNotSaved(t *testing.T) {
	r := setUp(t, memory.Seed{Boxes: []memory.Box{{Name: "a", Owner: "pat"}}})
	m := manifest(t, `{"boxes": [{"name": "a", "state": "absent"}]}`)
	none := 0
	planned, err := r.engine.Plan(context.Background(), m, engine.PlanOptions{Options: plan.Options{MaxDeletes: plan.DeleteLimit{Count: &none}}})
	require.NoError(t, err)
	require.True(t, planned.Refused())
	_, err = planned.Save(r.engine.Program("test"))
	require.ErrorIs(t, err, engine.ErrRefused)
}

func TestIDsOfTheFirstHalfAreUsedInTheSecond(t *testing.T) {
	m := manifest(t, `{"boxes": [{"name": "new", "ownedBy": "pat", "items": {"north": ["made"]}}], "docs": [{"name": "made", "allow": ["read"]}]}`)
	r := setUp(t, memory.Seed{})
	saved := r.saved(t, m, engine.PlanOptions{})
	r.world.SetFaults(memory.Fault{Address: pattern(t, "item/*/*/*"), Err: providers.ErrThrottled})
	require.False(t, r.applySaved(t, saved).OK())
	r.world.SetFaults()
	r.world.ForgetCalls()
	rest := r.recheck(t, saved)
	require.Equal(t, []string{"create item/new/north/made"}, changeAddresses(rest.Plan.Changes))
	require.Empty(t, rest.Plan.Changes[0].DependsOn)
	require.NotEmpty(t, rest.Plan.Changes[0].ParentID)
	require.NotEmpty(t, rest.Plan.Changes[0].After.Bindings[memory.BindingKind])
	require.True(t, r.engine.ApplyRest(context.Background(), saved, rest, quickly).OK())
	require.Len(t, r.world.Writes(), 1)
}

func TestAnUpdateThatWasCutShortGoesOn(t *testing.T) {
	m := manifest(t, `{"boxes": [{"name": "a", "ownedBy": "eve", "label": "l", "tags": ["x", "y"]}]}`)
	r := setUp(t, memory.Seed{Boxes: []memory.Box{{Name: "a", Owner: "pat", Tags: []string{"w"}}}})
	saved := r.saved(t, m, engine.PlanOptions{})
	require.NoError(t, r.world.PutBox(memory.Box{Name: "a", Owner: "eve", Tags: []string{"w", "x"}}))
	rest := r.recheck(t, saved)
	require.Len(t, rest.Plan.Changes, 1)
	var left []string
	for _, a := range rest.Plan.Changes[0].Attributes {
		left = append(left, a.Name+": "+a.Before.String()+" to "+a.After.String())
	}
	require.Equal(t, []string{"label:  to l", "tags: [w, x] to [x, y]"}, left)
	require.True(t, r.engine.ApplyRest(context.Background(), saved, rest, quickly).OK())
	require.Equal(t, []string{"label", "tags"}, callOn(t, r.world, "box/a").Attributes)
	require.NoError(t, r.world.PutBox(memory.Box{Name: "a", Owner: "pat", Tags: []string{"z"}}))
	checked, err := r.engine.Recheck(context.Background(), saved, plan.Caller{})
	require.NoError(t, err)
	require.Nil(t, checked.Plan)
	require.Len(t, checked.Problems, 1)
	require.Equal(t, "box/a: tags was [w] when planned and is [z] now", checked.Problems[0].Detail)
}

func TestADeleteThatHasBegunGoesOn(t *testing.T) {
	m := manifest(t, `{"boxes": [{"name": "a", "state": "absent"}]}`)
	r := setUp(t, memory.Seed{Boxes: []memory.Box{{Name: "a", Owner: "pat", Tags: []string{"x", "y"}}}})
	saved := r.saved(t, m, engine.PlanOptions{})
	require.NoError(t, r.world.PutBox(memory.Box{Name: "a", Owner: "pat", Tags: []string{"y"}}))
	rest := r.recheck(t, saved)
	tags, _ := rest.Plan.Changes[0].Before.Attributes["tags"].AsSet()
	require.Equal(t, []string{"y"}, tags)
	for _, moved := range []memory.Box{{Name: "a", Owner: "pat", Tags: []string{"y", "z"}}, {Name: "a", Owner: "eve"}} {
		require.NoError(t, r.world.PutBox(moved))
		checked, err := r.engine.Recheck(context.Background(), saved, plan.Caller{})
		require.NoError(t, err)
		require.Nil(t, checked.Plan)
	}
}

func TestManualAndBlockedStayListed(t *testing.T) {
	m := manifest(t, `{"boxes": [
		{"name": "held", "ownedBy": "eve"},
		{"name": "locked", "state": "absent"},
		{"name": "half", "ownedBy": "eve", "tags": []},
		{"name": "waits", "ownedBy": "eve", "dependsOn": ["box/half"]}]}`)
	m.Ownership.Protect = []addr.Pattern{pattern(t, "box/held")}
	r := setUp(t, memory.Seed{Boxes: []memory.Box{
		{Name: "held", Owner: "pat"}, {Name: "locked", Owner: "pat", Tags: []string{memory.LockedTag}},
		{Name: "half", Owner: "pat", Tags: []string{memory.LockedTag}}, {Name: "waits", Owner: "pat"},
	}})
	saved := r.saved(t, m, engine.PlanOptions{})
	require.ElementsMatch(t, []string{"blocked box/held", "manual box/locked", "update box/half", "update box/waits"}, changeAddresses(saved.Plan.Changes))
	r.world.SetFaults(memory.Fault{Address: pattern(t, "box/waits")})
	require.False(t, r.applySaved(t, saved).OK())
	r.world.SetFaults()
	rest := r.recheck(t, saved)
	require.ElementsMatch(t, []string{"blocked box/held", "manual box/locked", "manual box/half", "update box/waits"}, changeAddresses(rest.Plan.Changes))
	report := r.engine.ApplyRest(context.Background(), saved, rest, quickly)
	require.True(t, report.OK(), "what waits for the other does not wait for the person: %v", outcomes(report))
	rest = r.recheck(t, saved)
	require.ElementsMatch(t, []string{"blocked box/held", "manual box/locked", "manual box/half"}, changeAddresses(rest.Plan.Changes))
	require.Equal(t, plan.Summary{Manual: 2, Blocked: 1, Unchanged: 1}, rest.Plan.Summary)

	r.world.RemoveBox("locked") // the person came
	require.NoError(t, r.world.PutBox(memory.Box{Name: "half", Owner: "eve"}))
	require.Equal(t, []string{"blocked box/held"}, changeAddresses(r.recheck(t, saved).Plan.Changes))
	require.NoError(t, r.world.PutBox(memory.Box{Name: "held", Owner: "sam"}))
	require.Equal(t, []string{"blocked box/held"}, changeAddresses(r.recheck(t, saved).Plan.Changes), "nothing that is written relies on it")
}

func TestWhatALockForbidsNowIsRefused(t *testing.T) {
	m := manifest(t, `{"boxes": [{"name": "a", "state": "absent"}]}`)
	r := setUp(t, memory.Seed{Boxes: []memory.Box{{Name: "a", Owner: "pat"}}})
	saved := r.saved(t, m, engine.PlanOptions{})
	require.NoError(t, r.world.PutBox(memory.Box{Name: "a", Owner: "pat", Tags: []string{memory.LockedTag}}))
	checked, err := r.engine.Recheck(context.Background(), saved, plan.Caller{})
	require.NoError(t, err)
	require.Nil(t, checked.Plan)
	require.Contains(t, checked.Problems[0].Detail, "box/a: tags was [] when planned and is [locked] now")
}

func TestWriteOnlyIsSentAgain(t *testing.T) {
	m := manifest(t, `{"boxes": [{"name": "a", "ownedBy": "pat", "note": "n"}, {"name": "b", "ownedBy": "pat", "note": "n"}]}`)
	r := setUp(t, memory.Seed{Boxes: []memory.Box{{Name: "a", Owner: "pat"}}})
	saved := r.saved(t, m, engine.PlanOptions{Options: plan.Options{SendWriteOnly: true}})
	require.True(t, r.applySaved(t, saved).OK())
	r.world.ForgetCalls()
	rest := r.recheck(t, saved)
	require.Equal(t, []string{"update box/a"}, changeAddresses(rest.Plan.Changes), "nobody can tell whether it was sent; a create sends it at once")
	require.True(t, r.engine.ApplyRest(context.Background(), saved, rest, quickly).OK())
	require.Equal(t, []string{"note"}, callOn(t, r.world, "box/a").Attributes)
}

func TestNamesAreResolvedAgain(t *testing.T) {
	m := manifest(t, `{"boxes": [{"name": "a", "ownedBy": "pat", "items": {"north": ["own"]}}]}`)
	r := setUp(t, memory.Seed{Boxes: []memory.Box{{Name: "a", Owner: "pat"}}, Docs: []memory.Doc{{Name: "own", Allow: []string{"read"}}}})
	saved := r.saved(t, m, engine.PlanOptions{})
	refused := func(says string) {
		t.Helper()
		checked, err := r.engine.Recheck(context.Background(), saved, plan.Caller{})
		require.NoError(t, err)
		require.Nil(t, checked.Plan)
		require.Contains(t, checked.Problems[0].String(), says)
	}
	require.NoError(t, r.world.PutDoc(memory.Doc{Name: "own", Allow: []string{"write"}}))
	refused(`the content of the kind "own"`)
	r.world.RemoveDoc("own")
	refused(`unknown kind`)
	require.NoError(t, r.world.PutDoc(memory.Doc{Name: "own", Allow: []string{"read"}}))
	refused(`is gone, or has no content any more`) // made anew, with another id
	require.Empty(t, r.world.Writes())
}

func TestANameThatOnlyABlockedChangeNeedsMayBeLost(t *testing.T) {
	m := manifest(t, `{"boxes": [
		{"name": "held", "ownedBy": "pat", "items": {"north": ["own"]}},
		{"name": "a", "ownedBy": "eve", "items": {"north": ["used"]}}]}`)
	m.Ownership.Protect = []addr.Pattern{pattern(t, "box/held")}
	r := setUp(t, memory.Seed{
		Boxes: []memory.Box{{Name: "a", Owner: "pat"}, {Name: "held", Owner: "pat"}},
		Docs:  []memory.Doc{{Name: "own", Allow: []string{"read"}}, {Name: "used", Allow: []string{"read"}}},
	})
	saved := r.saved(t, m, engine.PlanOptions{})
	r.world.RemoveDoc("own")
	rest := r.recheck(t, saved)
	require.ElementsMatch(t, []string{"blocked item/held/north/own", "update box/a", "create item/a/north/used"}, changeAddresses(rest.Plan.Changes))
	for _, c := range rest.Plan.Changes {
		if c.Action.Writes() && c.Parent == memory.BoxAddress("a") {
			require.NotEmpty(t, c.After.Bindings[memory.BindingKind])
		}
	}
	r.world.RemoveDoc("used")
	checked, err := r.engine.Recheck(context.Background(), saved, plan.Caller{})
	require.NoError(t, err)
	require.Nil(t, checked.Plan)
	require.Len(t, checked.Problems, 1, "of the name that is needed only")
	require.Contains(t, checked.Problems[0].String(), "used")
}

func TestRecheckNeedsTheServicesOfThePlan(t *testing.T) {
	r := setUp(t, memory.Seed{})
	saved := r.saved(t, manifest(t, `{"boxes": [{"name": "a", "ownedBy": "pat"}]}`), engine.PlanOptions{})
	registry, err := providers.NewRegistry(memory.Provider{})
	require.NoError(t, err)
	_, err = engine.New(registry, providers.Remotes{}, nil).Recheck(context.Background(), saved, plan.Caller{})
	require.ErrorContains(t, err, "box/a")
	r.world.SetFaults(memory.Fault{Operation: memory.Observe, Err: providers.ErrDenied})
	_, err = r.engine.Recheck(context.Background(), saved, plan.Caller{})
	require.ErrorIs(t, err, engine.ErrUnreadable)
}

func TestASavedPlanIsHeldAgainstTheRunningCredentials(t *testing.T) {
	r := setUp(t, memory.Seed{Boxes: []memory.Box{{Name: "a", Owner: "pat"}}})
	planned, err := r.engine.Plan(context.Background(), manifest(t, `{"boxes": [{"name": "a", "owner": "kim"}]}`), engine.PlanOptions{})
	require.NoError(t, err)
	saved, err := planned.Save(r.engine.Program("test"))
	require.NoError(t, err)
	box, err := addr.Parse("box/a")
	require.NoError(t, err)
	for name, test := range map[string]struct {
		caller plan.Caller
		says   string
	}{
		"they came through what changes":      {plan.Caller{Self: []addr.Address{box}}, "own way in"},
		"nobody knows what they came through": {plan.Caller{Unknown: true}, "own way in unknown"},
		"they came through nothing":           {plan.Caller{}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			checked, err := r.engine.Recheck(context.Background(), saved, test.caller)
			require.NoError(t, err)
			if test.says == "" {
				require.Empty(t, checked.Problems)
				require.NotNil(t, checked.Plan)
				return
			}
			require.Len(t, checked.Problems, 1)
			require.Equal(t, test.says, checked.Problems[0].Summary)
			require.Nil(t, checked.Plan)
		})
	}
}

// TestWhatIsLeftOutIsOfNow: a second look says the same as the first, and what is done meanwhile is left out no more.
func TestWhatIsLeftOutIsOfNow(t *testing.T) {
	m := manifest(t, `{"boxes": [{"name": "a", "ownedBy": "pat"}, {"name": "b", "ownedBy": "pat"}, {"name": "c", "ownedBy": "pat"}]}`)
	r := setUp(t, memory.Seed{})
	other := *m
	for _, name := range []string{"box/a", "box/b"} {
		m.Acceptances = append(m.Acceptances, plan.Acceptance{
			Rule: plan.ClassMissing, Address: pattern(t, name), Accepted: plan.Accepted{Reason: "known", ReviewBy: "2031-01-31"},
		})
	}
	other.Acceptances = m.Acceptances[1:]
	options := engine.PlanOptions{Options: plan.Options{Select: plan.Selection{AcceptedOn: "2031-01-01"}}}
	file := r.saved(t, m, options)
	require.Len(t, file.Plan.LeftOut, 2)
	job := r.engine.Saved(file, engine.SavedOptions{Source: &other})
	for range 2 {
		again, err := job.Make(context.Background())
		require.NoError(t, err)
		require.Equal(t, []plan.LeftOut{
			{Address: memory.BoxAddress("a"), Action: plan.Create, NotInPlan: true},
			{Address: memory.BoxAddress("b"), Action: plan.Create, Accepted: m.Acceptances[1].Accepted},
		}, again.Plan.LeftOut)
	}
	require.NoError(t, r.world.PutBox(memory.Box{Name: "a", Owner: "pat"}))
	require.NoError(t, r.world.PutBox(memory.Box{Name: "b", Owner: "eve"}))
	require.Equal(t, []plan.LeftOut{{Address: memory.BoxAddress("b"), Action: plan.Update, NotInPlan: true}}, r.recheck(t, file).Plan.LeftOut)
}
