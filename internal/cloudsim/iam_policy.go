package cloudsim

import (
	"bytes"
	"encoding/json"
	"iter"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

const (
	customCatalog = "CUSTOMED"
	fineGrained   = "fine_grained"
)

func listPolicies(x *exchange) (answer, error) {
	wanted, err := x.rolePage()
	if err != nil {
		return answer{}, err
	}
	var found []*Role
	x.account.policies.each("", x.view, func(_ string, p *Role) { found = append(found, p) })
	references := x.references()
	roles := []object{}
	for _, p := range pageOf(found, wanted) {
		roles = append(roles, x.policyObject(p, references[p.ID]))
	}
	return answer{http.StatusOK, map[string]any{"roles": roles, "links": x.links("/v3.0/OS-ROLE/roles"), "total_number": len(found)}}, nil
}

// references returns the number of grants of each role to agencies.
func (x *exchange) references() map[string]int {
	counts := map[string]int{}
	x.account.grants.each("", x.view, func(_ string, g *Grant) { counts[g.Role]++ })
	return counts
}

func (x *exchange) policyObject(p *Role, grants int) object {
	out := x.roleObject(p)
	if !x.switches.NoReferences {
		out["references"] = encode(grants + p.Others)
	}
	return out
}

func (x *exchange) policy() (*Role, error) {
	id := x.params["role_id"]
	if p := x.account.policies.get(id, x.view); p != nil {
		return p, nil
	}
	return nil, x.fail(http.StatusNotFound, "Could not find role: %s", id)
}

func showPolicy(x *exchange) (answer, error) {
	p, err := x.policy()
	if err != nil {
		return answer{}, err
	}
	return answer{http.StatusOK, map[string]any{"role": x.policyObject(p, x.references()[p.ID])}}, nil
}

func createPolicy(x *exchange) (answer, error) {
	p := Role{Catalog: customCatalog, Created: x.now, Updated: x.now}
	if err := x.fillPolicy(&p); err != nil {
		return answer{}, err
	}
	if err := x.roomFor("policy"); err != nil {
		return answer{}, err
	}
	var err error
	if p.ID, err = x.newID(); err != nil {
		return answer{}, err
	}
	p.Name = x.policyName()
	x.setPolicy(p.ID, &p)
	return answer{http.StatusCreated, map[string]any{"role": x.policyObject(&p, 0)}}, nil
}

func (x *exchange) policyName() string {
	return policyName(x.account.ID, func(yield func(Role) bool) {
		x.account.policies.each("", view{current: true}, func(_ string, p *Role) { yield(*p) })
	})
}

// policyName returns custom_DOMAIN_N, where N is one more than the largest number in use.
func policyName(account string, policies iter.Seq[Role]) string {
	prefix, last := "custom_"+account+"_", -1
	for p := range policies {
		if n, err := strconv.Atoi(strings.TrimPrefix(p.Name, prefix)); err == nil {
			last = max(last, n)
		}
	}
	return prefix + strconv.Itoa(last+1)
}

func updatePolicy(x *exchange) (answer, error) {
	old, err := x.policy()
	if err != nil {
		return answer{}, err
	}
	p := *old
	p.Updated = x.now
	if err := x.fillPolicy(&p); err != nil {
		return answer{}, err
	}
	x.setPolicy(p.ID, &p)
	return answer{http.StatusOK, map[string]any{"role": x.policyObject(&p, x.references()[p.ID])}}, nil
}

func deletePolicy(x *exchange) (answer, error) {
	p, err := x.policy()
	if err != nil {
		return answer{}, err
	}
	type held struct {
		agency string
		grant  Grant
	}
	var grants []held
	x.account.grants.each("", x.view, func(key string, g *Grant) {
		if g.Role == p.ID {
			grants = append(grants, held{agencyOfGrant(key), *g})
		}
	})
	if n := len(grants) + p.Others; n > 0 && !x.switches.DeleteGrantedPolicy {
		return answer{}, x.failCode(http.StatusBadRequest, "IAM.0007",
			"The policy %s is granted %d times and cannot be deleted", p.DisplayName, n)
	}
	for _, h := range grants {
		x.setGrant(h.agency, h.grant, false)
	}
	x.setPolicy(p.ID, nil)
	return answer{status: http.StatusOK}, nil
}

const (
	maxPolicyBytes = 6144
	maxPolicyName  = 64
	maxStatements  = 8
	maxActions     = 100
	maxActionChars = 128
)

// actionForm is service:resource:operation, or service:operation; only the service must be in lower case.
var actionForm = regexp.MustCompile(`^(\*|[a-z][a-z0-9-]*)(:[A-Za-z0-9*._-]+){1,2}$`)

// resourceForm is service:region:account:type:path.
var resourceForm = regexp.MustCompile(`^[^:]+:[^:]*:[^:]*:[^:]+:.+$`)

// fillPolicy checks the custom policy of a create or an update and copies it to p.
func (x *exchange) fillPolicy(p *Role) error {
	in, err := x.envelope("role")
	if err != nil {
		return err
	}
	bad := func(code, format string, args ...any) error {
		return x.failCode(http.StatusBadRequest, code, format, args...)
	}
	for i, key := range []string{"catalog", "flag", "name"} {
		if _, sent := in[key]; sent {
			return bad([]string{"IAM.1006", "IAM.1007", "IAM.1008"}[i], "'%s' must not be sent", key)
		}
	}
	fields := map[string]string{}
	for _, key := range []string{"display_name", "type", "description", "description_cn"} {
		value, sent, err := x.text(in, key)
		if err != nil {
			return bad("IAM.0073", "'%s' is not a string", key)
		}
		if !sent && key != "description_cn" {
			return bad("IAM.0072", "'%s' is a required property", key)
		}
		fields[key] = value
	}
	name := fields["display_name"]
	switch {
	case name == "" || utf8.RuneCountInString(name) > maxPolicyName:
		return bad("IAM.1002", "'display_name' has not 1 to %d characters", maxPolicyName)
	case fields["type"] == "AA" || fields["type"] == "XX":
		return bad("IAM.1005", "a custom policy cannot be of the type %s", fields["type"])
	case fields["type"] != "AX" && fields["type"] != "XA":
		return bad("IAM.1004", "'type' is neither AX nor XA")
	}
	if err := x.policyNameFree(name, p.ID); err != nil {
		return err
	}
	p.DisplayName, p.Type, p.Description, p.DescriptionCN = name, fields["type"], fields["description"], fields["description_cn"]
	if in["policy"] == nil {
		return bad("IAM.0072", "'policy' is a required property")
	}
	p.Document = ""
	p.Policy, err = checkPolicy(in["policy"], bad)
	return err
}

func (x *exchange) policyNameFree(name, id string) error {
	if x.switches.DuplicatePolicyNames {
		return nil
	}
	taken := false
	x.account.policies.each("", view{current: true}, func(_ string, p *Role) { taken = taken || p.DisplayName == name && p.ID != id })
	if taken {
		return x.fail(http.StatusConflict, "Conflict occurred attempting to store policy - Duplicate entry: %s", name)
	}
	return nil
}

// checkPolicy reads a policy document and refuses one that a custom policy may not have.
func checkPolicy(raw json.RawMessage, bad func(code, format string, args ...any) error) (Policy, error) {
	var compact bytes.Buffer
	if json.Compact(&compact, raw) != nil || compact.Len() > maxPolicyBytes {
		return Policy{}, bad("IAM.1021", "the policy is longer than %d characters", maxPolicyBytes)
	}
	var document struct {
		Version   string
		Statement []Statement
	}
	if err := json.Unmarshal(compact.Bytes(), &document); err != nil {
		return Policy{}, bad("IAM.0011", "the policy is malformed")
	}
	if document.Version != "1.1" {
		return Policy{}, bad("IAM.1024", "the version of a custom policy is 1.1")
	}
	if n := len(document.Statement); n < 1 || n > maxStatements {
		return Policy{}, bad("IAM.1028", "a policy has 1 to %d statements", maxStatements)
	}
	for _, s := range document.Statement {
		if err := checkStatement(s, bad); err != nil {
			return Policy{}, err
		}
	}
	return Policy{Version: document.Version, Statement: document.Statement}, nil
}

func checkStatement(s Statement, bad func(code, format string, args ...any) error) error {
	if s.Effect != "Allow" && s.Effect != "Deny" {
		return bad("IAM.1029", "'Effect' is neither Allow nor Deny")
	}
	if len(s.Action) < 1 || len(s.Action) > maxActions {
		return bad("IAM.1033", "a statement has 1 to %d actions", maxActions)
	}
	for _, action := range s.Action {
		if len(action) > maxActionChars || !actionForm.MatchString(action) {
			return bad("IAM.1036", "the action %q is not known", action)
		}
	}
	if len(s.Condition) > 0 && string(s.Condition) != "null" {
		var condition map[string]json.RawMessage
		if json.Unmarshal(s.Condition, &condition) != nil {
			return bad("IAM.0073", "'Condition' is not an object")
		}
	}
	return checkResource(s.Resource, bad)
}

// checkResource allows the two forms of a resource: five-segment names, or URIs of agencies.
func checkResource(raw json.RawMessage, bad func(code, format string, args ...any) error) error {
	if len(raw) == 0 || string(raw) == "null" {
		return nil
	}
	var names []string
	if json.Unmarshal(raw, &names) == nil {
		for _, name := range names {
			if !resourceForm.MatchString(name) {
				return bad("IAM.0073", "the resource %q has not five segments", name)
			}
		}
		return nil
	}
	var byURI struct {
		URI []string `json:"uri"`
	}
	if json.Unmarshal(raw, &byURI) != nil || len(byURI.URI) == 0 {
		return bad("IAM.1037", "'Resource' is neither a list of names nor an object with 'uri'")
	}
	for _, uri := range byURI.URI {
		if !strings.HasPrefix(uri, "/iam/agencies/") {
			return bad("IAM.1037", "the resource URI %q is not of an agency", uri)
		}
	}
	return nil
}
