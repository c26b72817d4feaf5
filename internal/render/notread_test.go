package render

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/agencyctl/agencyctl/plan"
)

func TestWhatWasNotReadForOneReasonStandsOnOneLine(t *testing.T) {
	assert.Equal(t, []remark{{"a/one, two, b/one, c", "far"}, {"a/three", "near"}}, byReason([]plan.NotRead{
		{Subject: "a/one", Reason: "far"}, {Subject: "a/three", Reason: "near"}, {Subject: "a/two", Reason: "far"},
		{Subject: "b/one", Reason: "far"}, {Subject: "c", Reason: "far"},
	}))
}
