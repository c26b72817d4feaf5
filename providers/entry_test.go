package providers_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers"
)

func text(s string, line int) *plan.Node {
	return &plan.Node{Kind: plan.Text, Text: s, At: plan.Position{File: "a.yaml", Line: line}}
}

func list(items ...*plan.Node) *plan.Node { return &plan.Node{Kind: plan.List, Items: items} }

func mapping(pairs ...plan.Pair) *plan.Node { return &plan.Node{Kind: plan.Map, Entries: pairs} }

func TestBookkeepingOfAnEntry(t *testing.T) {
	entry := mapping(plan.Pair{Key: "owner", Value: text("me", 1)}, plan.Pair{Key: "reason", Value: text("r", 1)},
		plan.Pair{Key: "ticket", Value: text("T", 1)}, plan.Pair{Key: "reviewBy", Value: text("2031-01-01", 1)}, plan.Pair{Key: "state", Value: text("absent", 1)})
	assert.Equal(t, &plan.Notes{Owner: "me", Reason: "r", Ticket: "T", ReviewBy: "2031-01-01"}, providers.NotesOf(entry))
	assert.True(t, providers.IsAbsent(entry))
	assert.Nil(t, providers.NotesOf(nil))
	assert.False(t, providers.IsAbsent(nil))
	assert.False(t, providers.IsAbsent(mapping(plan.Pair{Key: "state", Value: text("present", 1)})))
}

func TestDependenciesOfAnEntry(t *testing.T) {
	entry := mapping(plan.Pair{Key: "dependsOn", Value: list(text("agency/a", 1), text("nonsense", 2), text("agency/%61", 3), text("policy/p", 4))})
	dependencies, problems := providers.DependsOnOf(entry)
	assert.Equal(t, []plan.Dependency{
		{On: addr.New("agency", addr.Plain("a")), At: plan.Position{File: "a.yaml", Line: 1}},
		{On: addr.New("policy", addr.Plain("p")), At: plan.Position{File: "a.yaml", Line: 4}},
	}, dependencies)
	if assert.Len(t, problems, 2) {
		assert.Equal(t, "bad address", problems[0].Summary)
		assert.Equal(t, 2, problems[0].At.Line)
		assert.Equal(t, "item given twice", problems[1].Summary, "another spelling of the same address")
		assert.Contains(t, problems[1].Detail, "a.yaml:1")
	}
}

func TestRegionOfAnEntry(t *testing.T) {
	own := mapping(plan.Pair{Key: "region", Value: text("eu-de", 1)})
	region, problem := providers.RegionOf(own, &plan.Manifest{Cloud: plan.Cloud{Region: "cn-north-4"}})
	assert.Equal(t, "eu-de", region)
	assert.Nil(t, problem)
	region, problem = providers.RegionOf(mapping(), &plan.Manifest{Cloud: plan.Cloud{Region: "cn-north-4"}})
	assert.Equal(t, "cn-north-4", region)
	assert.Nil(t, problem)
	region, problem = providers.RegionOf(mapping(), &plan.Manifest{})
	assert.Empty(t, region)
	if assert.NotNil(t, problem) {
		assert.Equal(t, "region missing", problem.Summary)
	}
}

func TestWithinTakesWholeSegments(t *testing.T) {
	at := func(text string) plan.Desired {
		address, err := addr.Parse(text)
		assert.NoError(t, err)
		return plan.Desired{Resource: plan.Resource{Address: address}}
	}
	all := []plan.Desired{at("authorization/x/b"), at("authorization/xy/a"), at("authorization/x/a")}
	assert.Equal(t, []plan.Desired{all[0], all[2]}, providers.Within(all, "authorization/x"))
}
