package plan_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
)

func TestWhatAnEntryLeavesOutIsAsItIsLive(t *testing.T) {
	there, gone := addr.New("box", addr.Plain("there")), addr.New("box", addr.Plain("gone"))
	entry := func(a addr.Address) plan.Desired {
		return plan.Desired{
			Resource: plan.Resource{Address: a, Attributes: plan.Attributes{"color": plan.StringValue("red")}},
			Kept:     plan.Attributes{"lid": {}, "size": plan.StringValue("small"), "unread": {}},
			Source:   plan.Position{File: "m.yaml", Line: 3},
		}
	}
	s := &plan.Snapshot{
		Resources: []plan.Live{{Resource: plan.Resource{
			Address:    there,
			Attributes: plan.Attributes{"color": plan.StringValue("blue"), "lid": plan.StringValue("round"), "size": plan.StringValue("large")},
			Bindings:   map[string]string{"lid": "l1", "color": "c1"},
		}}},
		Coverage: []addr.Pattern{addr.Exactly(there), addr.Exactly(gone)},
	}
	desired := []plan.Desired{entry(there), entry(gone)}
	whole, made, problems := plan.AsLive(desired, s)
	assert.Equal(t, plan.Attributes{
		"color": plan.StringValue("red"), "lid": plan.StringValue("round"), "size": plan.StringValue("large"),
	}, whole[0].Attributes, "what could not be read is not managed")
	assert.Equal(t, map[string]string{"lid": "l1"}, whole[0].Bindings, "the binding of what the entry says is its own")
	require.Len(t, made, 1)
	assert.Equal(t, plan.Attributes{"color": plan.StringValue("red"), "size": plan.StringValue("small")}, made[0].Attributes)
	require.Len(t, problems, 2)
	assert.Equal(t, "m.yaml:3: lid missing: box/gone is not there, and the entry does not say its lid (write lid in the entry)", problems[0].String())
	assert.Equal(t, []plan.Desired{entry(there), entry(gone)}, desired, "the argument stays as it is")
	s.Coverage = nil
	_, _, problems = plan.AsLive(desired, s)
	assert.Empty(t, problems, "of what was not read nobody knows whether it is there")
}
