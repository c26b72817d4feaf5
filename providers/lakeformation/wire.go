package lakeformation

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"

	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud"
)

// Limits of an answer, far beyond what the service documents.
const (
	maxMissing     = 10_000
	maxActionBytes = 1024
	maxNameBytes   = 256
)

// state is what the service says about one type of agency in one region.
type state struct {
	// agency is the name of the agency in IAM; "" where neither the service nor its documents tell it.
	agency string
	// absent: the service says that there is nothing.
	absent bool
	// told: the service says whether it is authorized; an older one does not.
	told, authorized bool
	// missing are the actions that the agency lacks, sorted; toldMissing is whether the service says so.
	missing     []string
	toldMissing bool
}

// isWhole reports whether the service says that nothing is left to do.
func (s state) isWhole() bool { return s.told && s.authorized && len(s.missing) == 0 }

// isNothing reports whether the service says that there is no agency: not authorized, and yet nothing missing.
func (s state) isNothing() bool {
	return s.absent || s.told && !s.authorized && s.toldMissing && len(s.missing) == 0
}

// wireType is the body of both writes.
type wireType struct {
	AgencyType string `json:"agency_type"`
}

type wireAgency struct {
	wireType
	Name       string    `json:"agency_name"`
	Authorized *bool     `json:"authorized"`
	Missing    *[]string `json:"missing_action"`
}

// recorded is an answer as a recording has it; see [wireAgency].
type recorded struct {
	AgencyType string    `json:"agencyType"`
	Name       string    `json:"agency,omitempty"`
	Authorized *bool     `json:"authorized,omitempty"`
	Missing    *[]string `json:"missing,omitempty"`
}

// read asks for one type.
func (r *remote) read(ctx context.Context, at site) (state, error) {
	operation := fmt.Sprintf("read LakeFormation's %s in %s", at.agencyType, at.region)
	call := call(at, "GET", operation)
	call.Query, call.Repeatable = url.Values{"agency_type": {at.agencyType}}, true
	q := providers.Question{Service: service, About: "authorization", At: at.region + "/" + at.agencyType}
	answer, err := huaweicloud.Asked(ctx, r.Conn, q, func(ctx context.Context) (recorded, error) {
		var answer wireAgency
		err := r.Conn.Do(ctx, call, &answer)
		return recorded{answer.AgencyType, answer.Name, answer.Authorized, answer.Missing}, err
	})
	published, _ := publishedName(at.agencyType)
	switch {
	case huaweicloud.IsAbsent(err):
		return state{agency: published, absent: true}, nil
	case err != nil:
		return state{}, explain(err, "describe")
	case answer.AgencyType != at.agencyType:
		return state{}, unusable(operation, "the answer is about another type of agency: %.40q", answer.AgencyType)
	}
	s := state{agency: cmp.Or(answer.Name, published), told: answer.Authorized != nil, toldMissing: answer.Missing != nil}
	s.authorized = s.told && *answer.Authorized
	if s.toldMissing {
		s.missing = slices.Clone(*answer.Missing)
	}
	if len(s.agency) > maxNameBytes || len(s.missing) > maxMissing ||
		slices.ContainsFunc(s.missing, func(action string) bool { return action == "" || len(action) > maxActionBytes }) {
		return state{}, unusable(operation, "the answer is beyond the service's own limits")
	}
	slices.Sort(s.missing)
	s.missing = slices.Compact(s.missing)
	return s, nil
}

// grant makes the agency, or gives it what it lacks.
func (w *writer) grant(ctx context.Context) error {
	err := w.Conn.Do(ctx, w.call("POST", "authorize"), nil)
	if errors.Is(err, providers.ErrInvalid) {
		return fmt.Errorf("%w; check that the region knows this type, and that somebody has accepted the service's agreements in its console",
			err)
	}
	return explain(err, "create")
}

// withdraw removes the agency of one type. Jobs that run with it fail.
func (w *writer) withdraw(ctx context.Context) error {
	return explain(w.Conn.Do(ctx, w.call("DELETE", "withdraw"), nil), "drop")
}

// call is the one path of the service. A write is not repeated by the connection: after an unclear outcome we look first.
func call(at site, method, operation string) huaweicloud.Call {
	return huaweicloud.Call{
		Service: service, Region: at.region, ProjectID: at.project, Operation: operation, Method: method, Path: []string{"v2", "agency"},
	}
}

// call is a write about the type.
func (w *writer) call(method, verb string) huaweicloud.Call {
	c := call(w.at, method, fmt.Sprintf("%s LakeFormation's %s in %s", verb, w.at.agencyType, w.at.region))
	c.Body, c.Attempts = wireType{w.at.agencyType}, w.Attempts
	return c
}

// explain names the permission behind a refusal.
func explain(err error, action string) error {
	if errors.Is(err, providers.ErrDenied) {
		return fmt.Errorf("%w; the credentials need the permission lakeformation:agency:%s in this region", err, action)
	}
	return err
}

func unusable(operation, format string, arguments ...any) error {
	return &providers.CallError{Operation: operation, Service: service, Message: fmt.Sprintf(format, arguments...)}
}
