package directory_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/directory"
)

func TestListQuotas(t *testing.T) {
	const path = "/v3.0/OS-QUOTA/domains/" + domain
	agencies := directory.Quota{Type: "agency", Limit: 50, Used: 7}
	for name, c := range map[string]struct {
		body, only string
		want       []directory.Quota
		fails      bool
	}{
		"the documents' example": {`{"quotas":{"resources":[{"type":"agency","max":300,"min":10,"quota":50,"used":7}]}}`, "agency", []directory.Quota{agencies}, false},
		"a server that ignores the type": {
			`{"quotas":{"resources":[{"type":"user","quota":1,"used":1},{"type":"agency","quota":50,"used":7}]}}`, "agency", []directory.Quota{agencies}, false,
		},
		"all of them": {
			`{"quotas":{"resources":[{"type":"agency","quota":50,"used":7},{"type":"policy","quota":0,"used":0}]}}`, "",
			[]directory.Quota{agencies, {Type: "policy"}}, false,
		},
		"no numbers":            {`{"quotas":{"resources":[{"type":"agency","max":300,"used":7},{"type":"agency","quota":-1,"used":7}]}}`, "agency", nil, false},
		"an empty list":         {`{"quotas":{"resources":[]}}`, "agency", nil, false},
		"no list":               {`{"quotas":{}}`, "agency", nil, true},
		"something else":        {`{}`, "agency", nil, true},
		"numbers that are none": {`{"quotas":{"resources":[{"type":"agency","quota":"many","used":7}]}}`, "agency", nil, true},
	} {
		t.Run(name, func(t *testing.T) {
			cloud := newCloud()
			cloud.on(path, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, c.body) })
			got, err := cloud.client(t, huaweicloud.HuaweiCloud).ListQuotas(t.Context(), c.only)
			assert.Equal(t, c.fails, err != nil, "%v", err)
			assert.Equal(t, c.want, got)
			asked := "GET " + path
			if c.only != "" {
				asked += "?type=" + c.only
			}
			assert.Equal(t, []string{asked}, cloud.asked)
		})
	}
	cloud := newCloud()
	cloud.on(path, refuse(http.StatusForbidden))
	_, err := cloud.client(t, huaweicloud.HuaweiCloud).ListQuotas(t.Context(), "agency")
	require.ErrorIs(t, err, providers.ErrDenied)
}
