package traces

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud"
)

const (
	operation = "list traces"
	// kept is how long the service keeps a trace.
	kept = 7 * 24 * time.Hour
	// perPage is the most that a page has, and maxPages bounds the calls of one run.
	perPage, maxPages = 200, 20
)

// page is one answer of the list.
type page struct {
	Traces huaweicloud.List[wireTrace] `json:"traces"`
	Meta   struct {
		Marker text `json:"marker"`
	} `json:"meta_data"`
}

// reading is what was read of the record.
type reading struct {
	// changes are the operations that changed something, the latest first, out of so many traces.
	changes []record
	traces  int
	// more is set where there are more pages than are read.
	more bool
}

// read reads what is on record between two moments, and which of the words it has. Beside an error, it returns what was read before.
func (e *Explainer) read(ctx context.Context, project string, from, to time.Time, words map[string]bool) (r reading, err error) {
	query := url.Values{
		"trace_type": {"system"}, "service_type": {"IAM"}, "limit": {strconv.Itoa(perPage)},
		"from": {strconv.FormatInt(from.UnixMilli(), 10)}, "to": {strconv.FormatInt(to.UnixMilli(), 10)}, // both, or only the last hour is meant
	}
	defer func() { slices.SortStableFunc(r.changes, latestFirst) }()
	seen := map[string]bool{}
	for range maxPages {
		call := huaweicloud.Get(huaweicloud.ServiceCTS, operation, query, "v3", project, "traces")
		call.Region, call.ProjectID = e.region, project
		var answer page
		if err := e.conn.Do(ctx, call, &answer); err != nil {
			return r, err
		}
		items, err := answer.Traces.Items(call, "traces")
		if err != nil {
			return r, err
		}
		r.changes, r.traces = append(r.changes, changes(items, words)...), r.traces+len(items)
		marker := string(answer.Meta.Marker)
		switch {
		case marker == "":
			return r, nil
		case seen[marker]:
			return r, &providers.CallError{
				Operation: operation, Service: huaweicloud.ServiceCTS,
				Message: fmt.Sprintf("the marker of page %d repeats, so that the rest cannot be read", len(seen)+1),
			}
		}
		seen[marker] = true
		query.Set("next", marker)
	}
	r.more = true
	return r, nil
}

// changes returns the traces that record a change. One that is not as documented is no record of anything.
func changes(items []huaweicloud.Item[wireTrace], words map[string]bool) (all []record) {
	for i := range items {
		if items[i].Odd != nil {
			continue
		}
		if r, changed := items[i].Value.decode(words); changed {
			all = append(all, r)
		}
	}
	return all
}

// latestFirst leaves operations of one moment in the order of the list, which has the latest first too.
func latestFirst(a, b record) int { return b.when.Compare(a.when) }
