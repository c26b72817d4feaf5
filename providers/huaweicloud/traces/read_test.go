package traces_test

import (
	"context"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers"
)

var altered = providers.Difference{Address: agency, Became: providers.Altered}

func TestTheWindowIsReadPageByPage(t *testing.T) {
	noise := trace(object{"trace_id": "1", "resource_id": otherAgent, "resource_name": "other"})
	r := &record{pages: []string{page("1", noise), page("2", noise), page(nil, trace(nil))}}
	began := time.Now()
	found, inquiry := r.ask(t, "", altered)
	assert.Equal(t, plan.Inquiry{Asked: "Cloud Trace (CTS) in cn-north-4, the last 7 days"}, inquiry)
	assert.Equal(t, &plan.Trace{
		Who: "user night-shift", Via: "the console", From: "203.0.113.7", When: time.UnixMilli(at).UTC(), RequestID: "9c1d",
		What: "updateAgency", Fits: 1,
	}, found[0])

	require.Len(t, r.queries, 3)
	for i, q := range r.queries {
		assert.Equal(t, []string{"", "1", "2"}[i], q.Get("next"))
		assert.Equal(t, "200", q.Get("limit"))
		assert.Equal(t, "system", q.Get("trace_type"))
		assert.Equal(t, "IAM", q.Get("service_type"))
		assert.False(t, q.Has("resource_type"), "it would hide who made a grant")
		from, err := strconv.ParseInt(q.Get("from"), 10, 64)
		require.NoError(t, err)
		to, err := strconv.ParseInt(q.Get("to"), 10, 64)
		require.NoError(t, err)
		assert.Equal(t, (7 * 24 * time.Hour).Milliseconds(), to-from)
		assert.LessOrEqual(t, began.UnixMilli(), to)
		assert.Equal(t, projectID, r.headers[i].Get("X-Project-Id"), "the call is made in the project")
		assert.Empty(t, r.headers[i].Get("X-Domain-Id"))
		assert.Equal(t, "/v3/"+projectID+"/traces", r.paths[i])
	}
}

func TestTheEndOfThePages(t *testing.T) {
	for name, last := range map[string]string{
		"null":        page(nil, trace(nil)),
		"empty":       page("", trace(nil)),
		"absent":      `{"traces":[],"meta_data":{}}`,
		"no metadata": `{"traces":[]}`,
	} {
		r := &record{pages: []string{page("1", trace(nil)), last, "none is asked for after it"}}
		found, inquiry := r.ask(t, "", altered)
		assert.Len(t, r.queries, 2, name)
		assert.Empty(t, inquiry.Problem, name)
		require.NotNil(t, found[0], name)
	}
}

func TestPagesWithoutAnEnd(t *testing.T) {
	r := &record{pages: []string{page("1", trace(nil)), page("1", trace(nil))}}
	found, inquiry := r.ask(t, "", altered)
	assert.Len(t, r.queries, 2)
	assert.Contains(t, inquiry.Problem, "list traces: the marker of page 2 repeats")
	assert.NotNil(t, found[0], "what was read counts")

	r = &record{}
	for i := range 30 {
		r.pages = append(r.pages, page(strconv.Itoa(i), trace(nil)))
	}
	found, inquiry = r.ask(t, "", altered)
	assert.Len(t, r.queries, 20)
	assert.Equal(t, "only the latest 20 operations were looked at, and there are more", inquiry.Problem)
	assert.NotNil(t, found[0])
}

// Whatever goes wrong, nobody is named, and why is said.
func TestWhatCannotBeRead(t *testing.T) {
	for name, c := range map[string]struct {
		status     int
		body, says string
	}{
		"denied":          {http.StatusForbidden, `{"error_code":"CTS.0002","error_msg":"no"}`, "allow cts:trace:list"},
		"not enabled":     {http.StatusNotFound, `{"error_code":"APIGW.0101","error_msg":"The API does not exist"}`, "enable CTS"},
		"unauthorized":    {http.StatusUnauthorized, `{"error_code":"APIGW.0301","error_msg":"x"}`, "401"},
		"bad request":     {http.StatusBadRequest, `{"error_code":"cts.0003","error_msg":"no project"}`, "cts.0003"},
		"fails":           {http.StatusInternalServerError, `{"error_code":"cts.0000","error_msg":"y"}`, "500"},
		"a page":          {http.StatusOK, `<html></html>`, "list traces"},
		"no list":         {http.StatusOK, `{}`, "the answer holds no list of traces"},
		"null":            {http.StatusOK, `{"traces":null}`, "the answer holds no list of traces"},
		"nothing there":   {http.StatusOK, page(nil), "no operation at all is on record there: enable CTS, or name the region"},
		"error inside":    {http.StatusOK, `{"error_code":"cts.0005","error_msg":"z"}`, "cts.0005"},
		"wrong meta data": {http.StatusOK, `{"traces":[],"meta_data":[]}`, "list traces"},
	} {
		r := &record{pages: []string{c.body}, status: c.status}
		found, inquiry := r.ask(t, "", altered)
		assert.Equal(t, []*plan.Trace{nil}, found, name)
		assert.Contains(t, inquiry.Problem, c.says, name)
		assert.NotContains(t, inquiry.Problem, "\n", name)
		assert.Contains(t, inquiry.Asked, "cn-north-4", name)
	}
}

func TestTheRegion(t *testing.T) {
	r := &record{pages: []string{page(nil, trace(nil))}}
	_, inquiry := r.ask(t, "cn-east-3", altered)
	assert.Contains(t, inquiry.Asked, "cn-east-3")
	assert.Equal(t, "/v3/"+eastID+"/traces", r.paths[0])

	r = &record{pages: []string{page(nil, trace(nil))}}
	found, inquiry := r.ask(t, "ap-southeast-1", altered)
	assert.Empty(t, r.paths, "there is nobody to ask")
	assert.Nil(t, found[0])
	assert.Contains(t, inquiry.Problem, "no project of this region")
}

func TestAnInquiryEndsWithItsContext(t *testing.T) {
	r := &record{pages: []string{page("1", trace(nil))}}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	found, inquiry := r.explainer(t, "").Explain(ctx, []providers.Difference{altered}, view())
	assert.Nil(t, found[0])
	assert.NotEmpty(t, inquiry.Problem)
	assert.Empty(t, r.paths)
}
