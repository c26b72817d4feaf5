package plan_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
)

func TestAViewShowsWhatIsLiveOwnedAndDesired(t *testing.T) {
	at := func(name string) addr.Address { return addr.New("box", addr.Plain(name)) }
	pattern := func(text string) addr.Pattern {
		p, err := addr.ParsePattern(text)
		require.NoError(t, err)
		return p
	}
	item := addr.New("item", addr.Plain("one"), addr.Plain("s"), addr.Plain("k"))
	s := &plan.Snapshot{
		Resources: []plan.Live{
			{Resource: plan.Resource{Address: at("one")}}, {Resource: plan.Resource{Address: at("unlisted")}}, {Resource: plan.Resource{Address: at("held")}},
			{Resource: plan.Resource{Address: item, Parent: at("one")}},
			{Resource: plan.Resource{Address: at("service")}, ServiceMade: true},
			{Resource: plan.Resource{Address: at("maybe")}, MaybeServiceMade: true},
		},
		Coverage: []addr.Pattern{pattern("box/*"), pattern("item/one/**")},
	}
	v := plan.NewView(s, plan.Ownership{Include: []addr.Pattern{pattern("box/*")}, Protect: []addr.Pattern{pattern("box/held")}, Prune: true}, []plan.Desired{
		{Resource: plan.Resource{Address: at("one")}, Absent: true}, {Resource: plan.Resource{Address: at("new")}},
		{Resource: plan.Resource{Address: at("held")}, Absent: true},
	})
	require.Equal(t, []addr.Address{at("held"), at("maybe"), at("new"), at("one"), at("service"), at("unlisted")},
		v.Roots(func(a addr.Address) bool { return a.Type() == "box" }))
	require.Equal(t, item, v.Children(at("one"))[0].Address)
	require.NotNil(t, v.Live(at("one")))
	require.Nil(t, v.Live(at("new")))
	require.True(t, v.Wants(at("new")))
	require.False(t, v.Wants(at("one")), "a tombstone wants nothing")
	require.True(t, v.Removes(at("one")))
	require.True(t, v.Removes(at("unlisted")), "by pruning")
	require.False(t, v.Removes(at("held")), "what is protected stays")
	require.False(t, v.Removes(at("new")))
	require.False(t, v.Removes(at("service")), "what a service made is never pruned")
	require.False(t, v.Removes(at("maybe")), "no pattern names it narrowly")
	require.True(t, v.Covers(at("any")))
	require.True(t, v.CoversAll(pattern("item/one/s/*")))
	require.False(t, v.CoversAll(pattern("item/*/s/*")))
	for _, gap := range []string{"item/one/**", "item/one/s/x"} {
		s.Gaps = []addr.Pattern{pattern(gap)}
		require.False(t, v.CoversAll(pattern("item/one/s/*")), gap)
		require.False(t, v.Covers(addr.New("item", addr.Plain("one"), addr.Plain("s"), addr.Plain("x"))), gap)
	}
}
