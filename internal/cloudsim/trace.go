package cloudsim

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

const (
	// tracesKept is how long a trace is kept, and maxTraces how many an account has at most: the oldest go first.
	tracesKept = 7 * 24 * time.Hour
	maxTraces  = 1000
	// maxTraceRequest is how much of a request a trace shows, in bytes.
	maxTraceRequest = 1024

	traceAPI     = "ApiCall"
	traceConsole = "ConsoleAction"
	traceSystem  = "SystemAction"

	// consoleAddress is where changes by hand come from, and apiAddress where calls do: addresses for documentation.
	consoleAddress = "203.0.113.7"
	apiAddress     = "198.51.100.20"
)

// Trace is the record of one operation on the identities of an account. It holds no secret: what opens a session leaves none.
type Trace struct {
	Name         string `json:"name"`
	ResourceType string `json:"resourceType"`
	ResourceID   string `json:"resourceId,omitempty"`
	ResourceName string `json:"resourceName,omitempty"`
	// Type is ApiCall, ConsoleAction or SystemAction.
	Type string    `json:"type"`
	Time time.Time `json:"time"`
	// RequestID is unique among the traces of all servers that had the state. The request ids of answers begin anew with each server.
	RequestID string `json:"requestId"`
	// User is nil for an action of the cloud itself.
	User *TraceUser `json:"user,omitempty"`
	// Request is what was asked for, and URL its path.
	Request string `json:"request,omitempty"`
	URL     string `json:"url,omitempty"`

	// code is the status of a failed attempt, else 0. Failed attempts and reads live in memory alone.
	code     int
	readOnly bool
}

// TraceUser is who did it.
type TraceUser struct {
	ID string `json:"id"`
	// Name is that of the user, or ACCOUNT/AGENCY for an agency that was assumed.
	Name string `json:"name"`
	// Account is that of the user; of an assumed agency that of whoever assumed it.
	Account Party `json:"account"`
	// Session is set for an agency that was assumed.
	Session string `json:"session,omitempty"`
}

// operationTraces are the names and types of resources in traces, by the operation's name. Others follow from the operation.
var operationTraces = map[string]Trace{
	"CreateAgency": {Name: "createAgency", ResourceType: "agency"}, "UpdateAgency": {Name: "updateAgency", ResourceType: "agency"},
	"DeleteAgency":                             {Name: "deleteAgency", ResourceType: "agency"},
	"AssociateAgencyWithDomainPermission":      grantTrace(ScopeDomain, true),
	"RemoveDomainPermissionFromAgency":         grantTrace(ScopeDomain, false),
	"AssociateAgencyWithProjectPermission":     grantTrace(ScopeProject, true),
	"RemoveProjectPermissionFromAgency":        grantTrace(ScopeProject, false),
	"AssociateAgencyWithAllProjectsPermission": grantTrace(ScopeAllProjects, true),
	"RemoveAllProjectsPermissionFromAgency":    grantTrace(ScopeAllProjects, false),
	"AssociateRoleToAgencyOnEnterpriseProject": grantTrace(ScopeEnterpriseProject, true),
	"RevokeRoleFromAgencyOnEnterpriseProject":  grantTrace(ScopeEnterpriseProject, false),
}

// grantTrace returns the name and the type of resource of a grant or a revoke. Those of two scopes are nowhere documented, and shown as
// switches say.
func grantTrace(scope string, granted bool) Trace {
	verb := "unassign"
	if granted {
		verb = "assign"
	}
	switch scope {
	case ScopeDomain:
		return Trace{Name: verb + "RoleToAgencyOnDomain", ResourceType: "roleAgencyDomain"}
	case ScopeProject:
		return Trace{Name: verb + "RoleToAgencyOnProject", ResourceType: "roleAgencyProject"}
	case ScopeAllProjects:
		return Trace{Name: verb + "RoleToAgencyOnAllProjects", ResourceType: "roleAgencyInherited"}
	}
	return Trace{Name: verb + "RoleToAgencyOnEnterpriseProject", ResourceType: "roleAgencyEnterpriseProject"}
}

// undocumentedTraces are names and types of resources that tell neither verb nor scope, by the types of grants that no page names.
var undocumentedTraces = map[string]Trace{
	"roleAgencyInherited":         {Name: "operateAgencyRole", ResourceType: "agency"},
	"roleAgencyEnterpriseProject": {Name: "bindAgencyRole", ResourceType: "role"},
}

// shownAs returns the name and the type of resource that are sent.
func (t *Trace) shownAs(by *Switches) (name, resourceType string) {
	least, undocumented := undocumentedTraces[t.ResourceType]
	switch {
	case !undocumented, by.TracesNameAllGrants:
		return t.Name, t.ResourceType
	case by.TracesNameScopes:
		return t.ResourceType, t.ResourceType
	}
	return least.Name, least.ResourceType
}

// change is something that an operation has done to one thing.
type change struct {
	verb, kind, id, name string
	// grant is set where kind is "grant"; id is then that of the agency.
	grant Grant
}

// trace returns the record of a change, without who made it.
func (c change) trace() Trace {
	if c.kind != "grant" {
		return Trace{Name: c.verb + strings.ToUpper(c.kind[:1]) + c.kind[1:], ResourceType: c.kind, ResourceID: c.id, ResourceName: c.name}
	}
	t := grantTrace(c.grant.Scope, c.verb == "create")
	t.ResourceID = c.grant.Role
	request := map[string]string{"agency_id": c.id}
	switch c.grant.Scope {
	case ScopeProject:
		request["project_id"] = c.grant.Target
	case ScopeEnterpriseProject:
		request["enterprise_project_id"] = c.grant.Target
	}
	t.Request = string(encode(request))
	return t
}

// note remembers a change of the running operation.
func (x *exchange) note(was, is bool, c change) {
	switch {
	case was && is:
		c.verb = "update"
	case is:
		c.verb = "create"
	case was:
		c.verb = "delete"
	default:
		return
	}
	x.changes = append(x.changes, c)
}

// record leaves the traces of an operation that is over: one for a call of IAM, and one for each change that another service makes there.
func (x *exchange) record(id string, err error) {
	isIdentity := x.route.service == identityName
	if x.account == nil || x.route.session || !isIdentity && len(x.changes) == 0 {
		return
	}
	var traces []Trace
	switch {
	case isIdentity:
		traces = []Trace{x.callTrace(err)}
	case err == nil:
		for _, c := range x.changes {
			t := c.trace()
			if t.Type = traceSystem; x.switches.ServiceTracesNameCaller {
				t.Type, t.User = traceAPI, x.traceUser()
			}
			traces = append(traces, t)
		}
	}
	for i := range traces {
		traces[i].Time = traceTime(x.now)
		traces[i].RequestID = traceID(fmt.Sprint(id, x.now.UnixNano()))
		x.account.addTrace(traces[i])
	}
}

// callTrace returns the record of a call of IAM. Changes that come with another one have none.
func (x *exchange) callTrace(err error) Trace {
	t, known := operationTraces[x.route.name]
	if !known {
		name := strings.TrimPrefix(x.route.name, "Keystone")
		t = Trace{Name: strings.ToLower(name[:1]) + name[1:], ResourceType: "identity"}
	}
	t.ResourceID = cmp.Or(x.params["role_id"], x.params["agency_id"])
	if n := len(x.changes); err == nil && n > 0 && x.params["role_id"] == "" && t.ResourceType != "roleAgencyEnterpriseProject" {
		t.ResourceID, t.ResourceName = x.changes[n-1].id, x.changes[n-1].name
	}
	t.Type, t.User, t.readOnly = traceAPI, x.traceUser(), !x.route.write()
	if strings.HasSuffix(x.route.name, "CustomPolicy") {
		t.ResourceType = "policy"
	}
	t.Request, t.URL = string(x.body[:min(len(x.body), maxTraceRequest)]), x.request.URL.EscapedPath()
	if t.Request == "" && len(x.params) > 0 {
		t.Request = string(encode(x.params))
	}
	var refused *refusal
	switch {
	case errors.As(err, &refused):
		t.code = refused.status
	case err != nil:
		t.code = http.StatusInternalServerError
	}
	return t
}

func (x *exchange) traceUser() *TraceUser {
	account, name := x.who.account, x.who.name
	if x.who.assumed() {
		account, name = x.who.by.account, x.state.partyName(x.who.account)+"/"+name
	}
	user := &TraceUser{ID: x.who.id, Name: name, Account: Party{ID: account, Name: x.state.partyName(account)}, Session: x.who.session}
	if x.who.assumed() && user.Session == "" {
		user.Session = x.who.by.name
	}
	return user
}

// partyName returns the name of the account with that id.
func (s *state) partyName(id string) string {
	p, _ := s.party(func(p Party) bool { return p.ID == id })
	return p.Name
}

func traceTime(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }

func traceID(of string) string {
	sum := sha256.Sum256([]byte("trace " + of))
	return hex.EncodeToString(sum[:16])
}

// addTrace keeps a trace: that of a change with the state, any other in memory.
func (a *account) addTrace(t Trace) {
	if t.code != 0 || t.readOnly {
		a.attempts = withTrace(a.attempts, t)
		return
	}
	a.Traces = withTrace(a.Traces, t)
}

// withTrace adds a trace, and drops what is too old or too much. The earlier slice stays as it was.
func withTrace(all []Trace, t Trace) []Trace {
	if len(all) >= maxTraces {
		all = slices.Clone(all[maxTraces/4:])
	}
	for len(all) > 0 && all[0].Time.Before(t.Time.Add(-tracesKept)) {
		all = all[1:]
	}
	return append(all, t)
}

// traces returns all that was recorded, the newest first.
func (a *account) traces() []Trace {
	all := slices.Concat(a.Traces, a.attempts)
	slices.Reverse(all) // of two at one moment, the later one is the newer
	slices.SortStableFunc(all, func(x, y Trace) int { return y.Time.Compare(x.Time) })
	return all
}

// recordEdit leaves the traces of a change by hand in the console. Before is the account as it was.
func (a *Account) recordEdit(before Account, e Edit) {
	user := &TraceUser{ID: userID(a.ID, e.By), Name: e.By, Account: Party{ID: a.ID, Name: a.Name}}
	for i, c := range changesOf(&before, a) {
		t := c.trace()
		t.Type, t.User, t.Time = traceConsole, user, traceTime(e.At)
		t.RequestID = traceID(fmt.Sprint(e.By, e.At.UnixNano(), i))
		a.Traces = withTrace(slices.Clip(a.Traces), t)
	}
}

// changesOf returns how the agencies, grants and policies of two states of an account differ. Grants go with their agency.
func changesOf(before, after *Account) (all []change) {
	was, is := map[string]*Agency{}, map[string]bool{}
	for i := range before.Agencies {
		was[before.Agencies[i].ID] = &before.Agencies[i]
	}
	for i := range after.Agencies {
		g := &after.Agencies[i]
		is[g.ID] = true
		old := was[g.ID]
		if old == nil {
			all, old = append(all, change{verb: "create", kind: "agency", id: g.ID, name: g.Name}), &Agency{}
		} else if x, y := *old, *g; !sameAgency(x, y) {
			all = append(all, change{verb: "update", kind: "agency", id: g.ID, name: g.Name})
		}
		for _, grant := range without(g.Grants, old.Grants) {
			all = append(all, change{verb: "create", kind: "grant", id: g.ID, grant: grant})
		}
		for _, grant := range without(old.Grants, g.Grants) {
			all = append(all, change{verb: "delete", kind: "grant", id: g.ID, grant: grant})
		}
	}
	for _, g := range before.Agencies {
		if !is[g.ID] {
			all = append(all, change{verb: "delete", kind: "agency", id: g.ID, name: g.Name})
		}
	}
	return append(all, policyChanges(before.Policies, after.Policies)...)
}

// sameAgency compares two agencies but for their grants.
func sameAgency(x, y Agency) bool {
	x.Grants, y.Grants = nil, nil
	return string(encode(x)) == string(encode(y))
}

func without(grants, others []Grant) (rest []Grant) {
	for _, g := range grants {
		same := func(o Grant) bool { return o.Scope == g.Scope && o.Target == g.Target && o.Role == g.Role }
		if !slices.ContainsFunc(others, same) {
			rest = append(rest, g)
		}
	}
	return rest
}

func policyChanges(before, after []Role) (all []change) {
	for _, p := range after {
		old := first(before, func(o *Role) bool { return o.ID == p.ID })
		switch {
		case old == nil:
			all = append(all, change{verb: "create", kind: "policy", id: p.ID, name: p.DisplayName})
		case string(encode(*old)) != string(encode(p)):
			all = append(all, change{verb: "update", kind: "policy", id: p.ID, name: p.DisplayName})
		}
	}
	for _, p := range before {
		if first(after, func(o *Role) bool { return o.ID == p.ID }) == nil {
			all = append(all, change{verb: "delete", kind: "policy", id: p.ID, name: p.DisplayName})
		}
	}
	return all
}
