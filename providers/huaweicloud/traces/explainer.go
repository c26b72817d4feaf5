package traces

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/directory"
)

// timeout bounds all calls of one inquiry.
const timeout = 30 * time.Second

// Explainer asks CTS behind one connection. It is safe for concurrent use.
type Explainer struct {
	conn   *huaweicloud.Connection
	region string
}

// New returns an Explainer that asks the region; "" means the one that keeps the traces of the services without regions, for all that is
// known of the account.
func New(conn *huaweicloud.Connection, region string) *Explainer {
	return &Explainer{conn: conn, region: cmp.Or(region, conn.TraceRegion())}
}

// Explain implements [providers.Explainer]. One page has 200 traces, and no more than 20 are read, the latest.
func (e *Explainer) Explain(
	ctx context.Context, differences []providers.Difference, view *plan.View,
) ([]*plan.Trace, plan.Inquiry) {
	found := make([]*plan.Trace, len(differences))
	inquiry := plan.Inquiry{Asked: "Cloud Trace (CTS) in " + cmp.Or(e.region, "no region") + ", the last 7 days"}
	project := view.Catalogue().Named(directory.KindProject, e.region)
	if e.region == "" || len(project) == 0 || project[0].ID == "" {
		inquiry.Problem = "the account has no project of this region: " + e.otherRegion()
		return found, inquiry
	}
	ctx, cancel := context.WithTimeoutCause(ctx, timeout, fmt.Errorf("no whole answer within %s", timeout))
	defer cancel()
	k, now := knownIn(view), time.Now()
	all := make([][]marks, len(differences))
	for i, d := range differences {
		all[i] = partsOf(d, view)
	}
	read, err := e.read(ctx, project[0].ID, now.Add(-kept), now, wordsOf(slices.Concat(all...), k))
	switch {
	case err != nil:
		inquiry.Problem = reason(err)
	case read.more:
		inquiry.Problem = fmt.Sprintf("only the latest %d operations were looked at, and there are more", read.traces)
	case read.traces == 0:
		inquiry.Problem = "no operation at all is on record there: enable CTS, or " + e.otherRegion()
	}
	for i := range all {
		found[i] = e.traceOf(all[i], read.changes, k)
	}
	return found, inquiry
}

// otherRegion says what to do where the region is not the one that keeps the record.
func (e *Explainer) otherRegion() string {
	traits, where := e.conn.Traits(), "cloud.region is asked where none is named"
	if central := traits.TraceRegions; len(central) > 0 {
		where = central[0] + " on the Chinese site and " + central[1] + " on the international one"
	}
	return "name the region that keeps the record by --who=REGION (on " + traits.Title + ", " + where + ")"
}

// reason says why the record could not be read.
func reason(err error) string {
	text, hint := strings.ReplaceAll(providers.Plain(err).Error(), "\n", "; "), providers.Hint(err)
	var failed *providers.CallError
	if errors.As(err, &failed) && failed.Status == http.StatusForbidden {
		hint = "allow cts:trace:list in the project of the region, or leave it with --who=false"
	} else if errors.Is(err, providers.ErrNotFound) {
		hint = "enable CTS, or leave it with --who=false"
	}
	if hint != "" {
		text += "; " + hint
	}
	return text
}

// traceOf returns who made the parts of a difference, of the records in their order; nil where none of them fits.
func (e *Explainer) traceOf(parts []marks, all []record, k known) *plan.Trace {
	operations := map[*record]bool{}
	var sure, unsure, unknown []string // who made each part
	for i := range parts {
		fit := parts[i].fitting(all, k)
		var people []string
		for _, r := range fit {
			if operations[r] = true; !slices.Contains(people, r.who) {
				people = append(people, r.who)
			}
		}
		switch len(people) {
		case 0:
			unknown = []string{"somebody not known"}
		case 1:
			sure = append(sure, people[0])
		default:
			unsure = append(unsure, "one of "+fewOf(people, ", "))
		}
	}
	var latest *record
	for i := range all {
		if latest == nil && operations[&all[i]] {
			latest = &all[i]
		}
	}
	if latest == nil {
		return nil
	}
	who := fewOf(slices.Concat(sure, unsure, unknown), " and ")
	// The texts were told by the cloud, and written by whoever named a user.
	return &plan.Trace{
		Who: e.conn.Redact(who), Via: e.conn.Redact(latest.via), From: e.conn.Redact(shownOrNone(latest.from)), When: latest.when,
		RequestID: e.conn.Redact(shownOrNone(latest.requestID)), What: e.conn.Redact(shownOrNone(latest.name)), Fits: len(operations),
	}
}

// fewOf lists names, each once, and counts those beyond a few.
func fewOf(names []string, separator string) string {
	const most = 3
	var few []string
	for _, name := range names {
		if !slices.Contains(few, name) {
			few = append(few, name)
		}
	}
	if more := len(few) - most; more > 0 {
		few = append(few[:most], fmt.Sprintf("%d more", more))
	}
	return strings.Join(few, separator)
}

func shownOrNone(text string) string {
	if text == "" {
		return ""
	}
	return shown(text)
}
