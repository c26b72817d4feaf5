package fabric

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"

	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud"
)

// The limits of the service's documents, with room to grow.
const (
	maxPolicies    = 1000
	maxActions     = 10_000
	maxNameBytes   = 256
	methodGrant    = "POST"
	methodWithdraw = "DELETE"
)

// usableName is what a policy type looks like. A server's answer is not trusted to hold only such.
var usableName = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,128}$`)

// state is what the service says about one region.
type state struct {
	// agency is the name of the agency in IAM.
	agency string
	// offered tells whether the service told its policies; before the first create it may not.
	offered bool
	// authorized is what the service says of itself; unclear when it did not say.
	authorized, unclear bool
	// enabled and required are names of policies, sorted.
	enabled, required []string
	// actions are those of each policy on offer, sorted.
	actions map[string][]string
}

// isThere reports whether anything is granted.
func (s state) isThere() bool { return s.authorized || len(s.enabled) > 0 }

// enabledAll reports whether all of names are enabled.
func (s state) enabledAll(names []string) bool { return len(without(names, s.enabled)) == 0 }

type wirePolicy struct {
	Type     string   `json:"policy_type"`
	Required *bool    `json:"is_required"`
	Enabled  *bool    `json:"is_enable"`
	Actions  []string `json:"actions"`
}

type wireAgency struct {
	Name       string                       `json:"agency_name"`
	Authorized *bool                        `json:"authorized"`
	Policies   huaweicloud.List[wirePolicy] `json:"agency_policies"`
}

// read asks for all policies at once: the filter of the call matches loosely. "Not found" from the service itself means
// that nothing was ever granted.
func (r *remote) read(ctx context.Context, at site) (state, error) {
	call := call(at, "GET", "read Fabric's authorization in "+at.region)
	call.Repeatable = true
	q := providers.Question{Service: service, About: "authorization", At: at.region}
	answer, err := huaweicloud.Asked(ctx, r.Conn, q, func(ctx context.Context) (recorded, error) {
		var answer wireAgency
		if err := r.Conn.Do(ctx, call, &answer); err != nil {
			return recorded{}, err
		}
		policies, err := answer.Policies.All(call, "policies")
		kept := recorded{Name: answer.Name, Authorized: answer.Authorized}
		for _, p := range policies {
			kept.Policies = append(kept.Policies, recordedPolicy(p))
		}
		return kept, err
	})
	switch {
	case huaweicloud.IsAbsent(err):
		return state{agency: publishedName}, nil
	case err != nil:
		return state{}, explain(err)
	}
	return answer.state(call.Operation)
}

// recorded is an answer as a recording has it; see [wireAgency].
type recorded struct {
	Name       string           `json:"agency,omitempty"`
	Authorized *bool            `json:"authorized,omitempty"`
	Policies   []recordedPolicy `json:"policies,omitempty"`
}

type recordedPolicy struct {
	Type     string   `json:"type"`
	Required *bool    `json:"required,omitempty"`
	Enabled  *bool    `json:"enabled,omitempty"`
	Actions  []string `json:"actions,omitempty"`
}

func (w recorded) state(operation string) (state, error) {
	policies := w.Policies
	if len(policies) > maxPolicies || len(w.Name) > maxNameBytes {
		return state{}, unusable(operation, "the answer is beyond the service's own limits")
	}
	s := state{agency: cmp.Or(w.Name, publishedName), offered: true, unclear: w.Authorized == nil, actions: map[string][]string{}}
	s.authorized = w.Authorized != nil && *w.Authorized
	actions := 0
	for _, p := range policies {
		if actions += len(p.Actions); actions > maxActions {
			return state{}, unusable(operation, "the answer holds more than %d actions", maxActions)
		}
		if !usableName.MatchString(p.Type) {
			return state{}, unusable(operation, "the answer holds a policy with the unusable type %.40q", p.Type)
		}
		if p.Required == nil || p.Enabled == nil {
			return state{}, unusable(operation, "the answer does not tell whether %s is required and enabled", p.Type)
		}
		if _, twice := s.actions[p.Type]; twice {
			return state{}, unusable(operation, "the answer holds %s twice", p.Type)
		}
		sorted := slices.Clone(p.Actions)
		slices.Sort(sorted)
		s.actions[p.Type] = slices.Compact(sorted)
		if *p.Enabled {
			s.enabled = append(s.enabled, p.Type)
		}
		if *p.Required {
			s.required = append(s.required, p.Type)
		}
	}
	slices.Sort(s.enabled)
	slices.Sort(s.required)
	return s, nil
}

// grant switches the policies on, and those that the service requires with them; it makes the agency where there is none.
// What it answers differs from place to place and is not looked at.
func (w *writer) grant(ctx context.Context, names []string) error {
	call := w.call(methodGrant, "grant Fabric its policies in "+w.at.region)
	call.Body = struct {
		Types []string `json:"policy_types,omitempty"`
	}{names}
	return advise(w.Conn.Do(ctx, call, nil),
		"check the names of the policies, and that somebody has accepted the service's agreements in its console")
}

// revoke switches one policy off. Without a policy the same call would remove the whole agency, so it refuses to be made
// without a full name.
func (w *writer) revoke(ctx context.Context, name string) error {
	if !usableName.MatchString(name) {
		return fmt.Errorf("%w: %q is no policy type of Fabric that could be revoked", providers.ErrInvalid, name)
	}
	call := w.call(methodWithdraw, "revoke Fabric's policy "+name+" in "+w.at.region)
	call.Query = url.Values{"policy_type": {name}}
	return advise(w.Conn.Do(ctx, call, nil), "the service does not revoke what it requires or what is in use")
}

// withdraw removes the whole agency with all its policies. It is only for an authorization that is to be gone.
func (w *writer) withdraw(ctx context.Context) error {
	call := w.call(methodWithdraw, "withdraw Fabric's whole authorization in "+w.at.region)
	return advise(w.Conn.Do(ctx, call, nil), "the service does not withdraw what is in use")
}

// call is the one path of the service. A write is not repeated by the connection: after an unclear outcome we look first.
func call(at site, method, operation string) huaweicloud.Call {
	return huaweicloud.Call{
		Service: service, Region: at.region, ProjectID: at.project, Operation: operation, Method: method, Path: []string{"v1", "agency"},
	}
}

func (w *writer) call(method, operation string) huaweicloud.Call {
	c := call(w.at, method, operation)
	c.Attempts = w.Attempts
	return c
}

// explain says what to do about a refusal.
func explain(err error) error {
	if errors.Is(err, providers.ErrDenied) {
		return fmt.Errorf("%w; the credentials need permission for DataArts Fabric in this region, and to change it also for making agencies "+
			"in IAM, as the role te_admin (Tenant Administrator) has", err)
	}
	return err
}

// advise adds what the service's documents say about a write that it rejects.
func advise(err error, advice string) error {
	if errors.Is(err, providers.ErrInvalid) {
		return fmt.Errorf("%w; %s", err, advice)
	}
	return explain(err)
}

func unusable(operation, format string, arguments ...any) error {
	return &providers.CallError{Operation: operation, Service: service, Message: fmt.Sprintf(format, arguments...)}
}

// without returns those of names that are not among others, in order.
func without(names, others []string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool { return slices.Contains(others, name) })
}
