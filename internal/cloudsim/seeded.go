package cloudsim

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// What a service of a real account says of itself need not follow from IAM by the simulator's rules. A world that is made of a snapshot
// keeps it, and a simulated service says the same until something of its agency changes.

// saidBefore is what a service said, as a document of the account.
type saidBefore struct {
	// Seen is a digest of what the agencies were and had in the project then.
	Seen    string           `json:"seen"`
	Body    json.RawMessage  `json:"body,omitempty"`
	Failure *snapshotFailure `json:"failure,omitempty"`
}

// saidKey is the key of such a document; place is as in a snapshot.
func saidKey(service, place string) string { return service + "/snapshot/" + place }

// services keeps what services said.
func (s *seeding) services() {
	state := newState(s.world).accounts[s.world.Home]
	for i := range s.from.Answers {
		a := &s.from.Answers[i]
		read, known := saidBy[a.Service]
		if !known || a.About != "authorization" {
			continue
		}
		place, kind, _ := strings.Cut(a.At, "/")
		if a.Service == "secmaster" { // it is asked in a region, about a project
			place, kind = kind, ""
		}
		project := first(s.account.Projects, func(p *Project) bool { return p.Name == place })
		if project == nil {
			continue
		}
		agencies, body, err := read(a.Value, kind)
		if err != nil {
			s.err = err
			return
		}
		said := saidBefore{Seen: state.seen(agencies, project.ID, view{current: true}), Body: body, Failure: a.Failure}
		if kind != "" {
			place += "/" + kind
		}
		s.world.AccountNamed("").Documents[saidKey(a.Service, place)] = encode(said)
	}
}

// saidBy are the services, each with what makes an answer of a snapshot one of the service, and the names of its agencies.
var saidBy = map[string]func(value json.RawMessage, kind string) (agencies []string, body json.RawMessage, err error){
	"csms": func(value json.RawMessage, kind string) (agencies []string, _ json.RawMessage, err error) {
		for _, spec := range secretAgencies(kind) {
			agencies = append(agencies, spec.name)
		}
		granted := false
		body, err := rephrased(value, &granted, func() any {
			return map[string]any{"agency_granted": strconv.FormatBool(granted)}
		})
		return agencies, body, err
	},
	"fabric": func(value json.RawMessage, _ string) ([]string, json.RawMessage, error) {
		var in struct {
			Agency     string
			Authorized *bool
			Policies   []struct {
				Type              string
				Required, Enabled *bool
				Actions           []string
			}
		}
		body, err := rephrased(value, &in, func() any {
			policies := []map[string]any{}
			for _, p := range in.Policies {
				policies = append(policies, map[string]any{
					"policy_type": p.Type, "is_required": p.Required, "is_enable": p.Enabled, "actions": p.Actions,
				})
			}
			return map[string]any{"agency_name": in.Agency, "authorized": in.Authorized, "agency_policies": policies}
		})
		return []string{fabricAgency}, body, err
	},
	"lakeformation": func(value json.RawMessage, kind string) ([]string, json.RawMessage, error) {
		var in struct {
			AgencyType, Agency string
			Authorized         *bool
			Missing            *[]string
		}
		body, err := rephrased(value, &in, func() any {
			return map[string]any{
				"agency_type": in.AgencyType, "agency_name": in.Agency, "authorized": in.Authorized, "missing_action": in.Missing,
			}
		})
		spec, _ := lakeAgency(kind)
		return []string{spec.name}, body, err
	},
	"secmaster": func(value json.RawMessage, _ string) ([]string, json.RawMessage, error) {
		var in struct {
			Exists bool
			Listed []struct{ ID, DisplayName, RoleText, Reason, Scope string }
		}
		body, err := rephrased(value, &in, func() any {
			roles := []secMasterRole{}
			for _, r := range in.Listed {
				roles = append(roles, secMasterRole{r.ID, r.DisplayName, r.RoleText, r.Reason, r.Scope})
			}
			return map[string]any{"create_agency": in.Exists, "role_descriptions": roles}
		})
		return []string{secMasterAgency}, body, err
	},
}

// rephrased decodes a value into in, and encodes what out makes of it; nil for no value.
func rephrased(value json.RawMessage, in any, out func() any) (json.RawMessage, error) {
	if len(value) == 0 {
		return nil, nil
	}
	if err := json.Unmarshal(value, in); err != nil {
		return nil, err
	}
	return encode(out()), nil
}

// seen is a digest of what agencies are, and of what they have in a project and in the account.
func (a *account) seen(names []string, project string, v view) string {
	hash := sha256.New()
	a.agencies.each("", v, func(id string, g *Agency) {
		if !slices.Contains(names, g.Name) {
			return
		}
		hash.Write(encode(g))
		a.grants.each(id+"/", v, func(key string, grant *Grant) {
			if grant.Scope == ScopeProject && grant.Target != project {
				return
			}
			hash.Write([]byte(key))
			if p := a.policies.get(grant.Role, v); p != nil {
				hash.Write(encode(p.Policy))
			}
		})
	})
	return hex.EncodeToString(hash.Sum(nil))
}

// said returns what a service said before, as long as nothing of its agencies has changed.
func (x *exchange) said(service, place, project string, agencies ...string) (a answer, is bool, err error) {
	document := x.account.documents.get(saidKey(service, place), x.view)
	var said saidBefore
	if document == nil || json.Unmarshal(*document, &said) != nil || said.Seen != x.account.seen(agencies, project, x.view) {
		return answer{}, false, nil
	}
	switch failed := said.Failure; {
	case failed == nil:
		return answer{http.StatusOK, said.Body}, true, nil
	case failed.Status == 0: // there was no such host
		return answer{}, true, x.failCode(http.StatusNotFound, "APIGW.0101", "The API does not exist")
	default:
		return answer{}, true, x.failCode(failed.Status, failed.Code, "%s", failed.Message)
	}
}
