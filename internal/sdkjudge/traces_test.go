package sdkjudge

import (
	"testing"
	"time"

	cts "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/cts/v3"
	ctsmodel "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/cts/v3/model"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/cloudsim"
)

func TestSDKTraces(t *testing.T) {
	sim, build := newRegional(t, cloudsim.Options{})
	for _, words := range [][]string{{"create", "by-hand", "partner-co"}, {"grant", "by-hand", "domain", "Tenant Guest"}} {
		e, err := cloudsim.ParseEdit(words)
		require.NoError(t, err)
		e.By = "night-shift"
		require.NoError(t, sim.Edit("", e))
	}
	c := cts.NewCtsClient(build(cts.CtsClientBuilder()))
	request := &ctsmodel.ListTracesRequest{
		TraceType: ctsmodel.GetListTracesRequestTraceTypeEnum().SYSTEM, ServiceType: ptr("IAM"), Limit: ptr(int32(1)),
		From: ptr(time.Now().Add(-time.Hour).UnixMilli()), To: ptr(time.Now().Add(time.Minute).UnixMilli()),
	}
	first, err := c.ListTraces(request)
	require.NoError(t, err)
	require.Len(t, *first.Traces, 1)
	granted := (*first.Traces)[0]
	assert.Equal(t, "assignRoleToAgencyOnDomain", *granted.TraceName)
	assert.Equal(t, "200", *granted.Code)
	assert.Equal(t, "night-shift", *granted.User.UserName)
	assert.Equal(t, []string{"service.console"}, *granted.User.InvokedBy)
	assert.False(t, *granted.ReadOnly)
	request.Next = first.MetaData.Marker
	last, err := c.ListTraces(request)
	require.NoError(t, err)
	require.Len(t, *last.Traces, 1)
	assert.Equal(t, "by-hand", *(*last.Traces)[0].ResourceName)
	assert.Equal(t, "ConsoleAction", *(*last.Traces)[0].TraceType)
	assert.Nil(t, last.MetaData.Marker)
}
