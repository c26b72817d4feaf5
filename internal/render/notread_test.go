package render

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/agencyctl/agencyctl/plan"
)

func TestWhatWasNotReadForOneReasonStandsOnOneLine(t *testing.T) {
	assert.Equal(t, []listed{{name: "a/one, two, b/one, c", text: "far"}, {name: "a/three", text: "near"}}, (&page{}).byReason([]plan.NotRead{
		{Subject: "a/one", Reason: "far"}, {Subject: "a/three", Reason: "near"}, {Subject: "a/two", Reason: "far"},
		{Subject: "b/one", Reason: "far"}, {Subject: "c", Reason: "far"},
	}))
}

func TestTheRegionsOfWhatWasNotReadAreNamed(t *testing.T) {
	assert.Equal(t, []listed{
		{name: "csms:r1, fabric (r1, r2)", text: "far"}, {name: "csms (r1, r2, r3, r4, r5, r6 and 2 more)", text: "not there"},
	}, (&page{}).byReason([]plan.NotRead{
		{Subject: "csms:r1", Reason: "far", Regions: []string{"r1"}}, {Subject: "fabric", Reason: "far", Regions: []string{"r1", "r2"}},
		{Subject: "csms", Reason: "not there", Regions: []string{"r1", "r2", "r3", "r4", "r5", "r6", "r7", "r8"}},
	}))
}
