package cloudsim

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	// mostTraces is the largest page, and defaultTraces the size of one that is not asked for.
	mostTraces, defaultTraces = 200, 10
	// tracesLate is how long a trace cannot be found yet with the switch LateTraces.
	tracesLate = 5 * time.Minute
)

// traceRegions keep the traces of IAM where Options.TraceRegion names none. An account of Huawei Cloud has one of the two.
var traceRegions = map[string][]string{HuaweiCloud: {"cn-north-4", "ap-southeast-1"}, OpenTelekomCloud: {"eu-de"}}

// traceService is CTS, which tells who did what. The traces of IAM, as of a service without regions, are kept in one region.
func traceService() service {
	return service{name: "cts", routes: route{shape: ShapeB, anyScope: true}.with(
		operation{http.MethodGet, "/v3/{project_id}/traces", "ListTraces", listTraces},
	)}
}

func listTraces(x *exchange) (answer, error) {
	project := x.account.project(x.params["project_id"])
	switch {
	case x.switches.TracesOff:
		return answer{}, x.failCode(http.StatusNotFound, "APIGW.0101", "The API does not exist")
	case x.switches.TracesDenied:
		return answer{}, x.failCode(http.StatusForbidden, "CTS.0002", "Policy doesn't allow cts:trace:list to be performed.")
	case project == nil, x.who.project == "":
		return answer{}, x.failCode(http.StatusBadRequest, "cts.0003", "The project does not exist, or the caller is not in it")
	case x.who.project != project.ID:
		return answer{}, x.failCode(http.StatusForbidden, "CTS.0002", "The caller is in another project")
	}
	from, to, err := x.traceWindow()
	if err != nil {
		return answer{}, err
	}
	limit, given, err := x.queryInt("limit", 1, mostTraces)
	if err != nil {
		return answer{}, err
	}
	if !given {
		limit = defaultTraces
	}
	if x.query.Get("trace_type") != "system" {
		return answer{}, x.failCode(http.StatusBadRequest, "cts.0005", "trace_type must be system")
	}
	shown := []map[string]any{}
	skip := x.query.Get("next")
	var marker any
	for _, t := range x.traceList(project.Name) {
		at := t["time"].(int64)
		if skip != "" {
			if t["trace_id"] == skip {
				skip = ""
			}
			continue
		}
		if at <= from || at >= to || !x.wantsTrace(t) {
			continue
		}
		if len(shown) == limit {
			marker = shown[limit-1]["trace_id"]
			break
		}
		shown = append(shown, t)
	}
	return answer{http.StatusOK, map[string]any{
		"traces": shown, "meta_data": map[string]any{"count": len(shown), "marker": marker},
	}}, nil
}

// traceWindow reads from and to, in milliseconds; both are exclusive. Without them it is the last hour.
func (x *exchange) traceWindow() (from, to int64, err error) {
	const digits = 13
	texts := [2]string{x.query.Get("from"), x.query.Get("to")}
	if texts == [2]string{} {
		return x.now.Add(-time.Hour).UnixMilli(), x.now.UnixMilli() + 1, nil
	}
	var bounds [2]int64
	for i, text := range texts {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || len(text) != digits {
			return 0, 0, x.failCode(http.StatusBadRequest, "cts.0005", "from and to are milliseconds, and go together")
		}
		bounds[i] = n
	}
	return max(bounds[0], x.now.Add(-tracesKept).UnixMilli()), bounds[1], nil
}

// wantsTrace reports whether a trace passes the filters of the query. Those that the client does not need are left out.
func (x *exchange) wantsTrace(t map[string]any) bool {
	for key, field := range map[string]string{
		"service_type": "service_type", "resource_type": "resource_type", "resource_id": "resource_id", "resource_name": "resource_name",
		"trace_name": "trace_name", "trace_id": "trace_id",
	} {
		if want := x.query.Get(key); want != "" && t[field] != want {
			return false
		}
	}
	return true
}

// traceList returns the traces as sent, the newest first.
func (x *exchange) traceList(region string) (all []map[string]any) {
	if region != x.traceRegion && (x.traceRegion != "" || !slices.Contains(traceRegions[x.cloud], region)) {
		return nil
	}
	for _, t := range x.account.traces() {
		if x.switches.LateTraces && t.Time.After(x.now.Add(-tracesLate)) {
			continue
		}
		all = append(all, x.traceObject(&t, ""))
		if x.switches.TracesTwice {
			all = append(all, x.traceObject(&t, " again"))
		}
	}
	return all
}

// traceObject returns a trace as sent. Of one that is recorded again the id is another one.
func (x *exchange) traceObject(t *Trace, again string) map[string]any {
	id := traceID(t.RequestID + t.Name + t.ResourceID + t.Time.String() + again)
	name, resourceType := t.shownAs(&x.switches)
	o := map[string]any{
		"trace_id":   id[:8] + "-" + id[8:12] + "-" + id[12:16] + "-" + id[16:20] + "-" + id[20:],
		"trace_name": name, "trace_rating": "normal", "trace_type": t.Type, "service_type": "IAM", "resource_type": resourceType,
		"resource_id": t.ResourceID, "resource_name": t.ResourceName, "code": strconv.Itoa(cmp.Or(t.code, http.StatusOK)),
		"request_id": t.RequestID, "read_only": t.readOnly, "time": t.Time.UnixMilli(), "record_time": t.Time.UnixMilli() + 1000,
		"source_ip": nil, "user": nil, "request": t.Request, "tracker_name": "system",
	}
	if t.code != 0 {
		o["trace_rating"] = "warning"
	}
	if strings.HasPrefix(name, "delete") && !x.switches.TracesNameDeleted {
		o["resource_name"] = ""
	}
	if x.switches.TracesByURL && t.URL != "" {
		o["request"], o["resource_id"], o["resource_url"] = "", "", t.URL
	}
	if t.User == nil || x.switches.TracesWithoutUser {
		return o
	}
	o["source_ip"], o["user"] = apiAddress, t.User.object(t.Type)
	if t.Type == traceConsole {
		o["source_ip"] = consoleAddress
	}
	if x.switches.TraceUserText {
		o["user"] = string(encode(o["user"]))
	}
	return o
}

// object returns a user as sent.
func (u *TraceUser) object(traceType string) map[string]any {
	o := map[string]any{
		"id": u.ID, "name": u.Name, "user_name": u.Name, "domain": map[string]any{"id": u.Account.ID, "name": u.Account.Name},
		"account_id": u.Account.ID, "principal_urn": "iam::" + u.Account.ID + ":user:" + u.Name, "principal_id": u.ID,
		"principal_is_root_user": "false", "type": "User",
	}
	if u.Session != "" {
		_, agency, _ := strings.Cut(u.Name, "/")
		delete(o, "user_name")
		o["principal_urn"] = "sts::" + u.Account.ID + ":assumed-agency:" + agency + "/" + u.Session
		o["principal_id"], o["type"] = u.ID+":"+u.Session, "AssumedAgency"
		o["session_context"] = map[string]any{"attributes": map[string]any{"mfa_authenticated": "false"}}
	}
	if traceType == traceConsole {
		o["invoked_by"] = []string{"service.console"}
	}
	return o
}
