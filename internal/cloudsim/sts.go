package cloudsim

import (
	"net/http"
	"strings"
	"time"
	"unicode/utf8"
)

const (
	defaultSTSSeconds = 3600
	maxSTSSeconds     = 43200
	// maxChainedSeconds holds for who has assumed an agency already.
	maxChainedSeconds = 3600
)

// tokenService is STS, of Huawei Cloud alone.
func tokenService() service {
	return service{name: "sts", routes: []route{
		{method: http.MethodPost, pattern: "/v5/agencies/assume", operation: "AssumeAgency", handle: onHuawei(assumeAgency), errors: v5Errors, anyScope: true, session: true},
		{method: http.MethodGet, pattern: "/v5/caller-identity", operation: "GetCallerIdentity", handle: onHuawei(showCaller), errors: v5Errors, anyScope: true},
	}}
}

// onHuawei runs an operation that the other cloud does not have.
func onHuawei(operation func(*exchange) (answer, error)) func(*exchange) (answer, error) {
	return func(x *exchange) (answer, error) {
		if !x.huawei() {
			return answer{}, x.failCode(http.StatusNotFound, "APIGW.0101", "The API does not exist")
		}
		return operation(x)
	}
}

// v5Errors are of the policy-based IAM, which falls back on classic codes.
func v5Errors(_ Switches, status int) (Shape, string) {
	switch status {
	case http.StatusForbidden:
		return ShapeV5, "PAP5.0001"
	case http.StatusNotFound:
		return ShapeV5, "PAP5.0012"
	case http.StatusBadRequest, http.StatusInternalServerError:
		return ShapeV5, usualCodes[status]
	}
	return ShapeV5, ""
}

func assumeAgency(x *exchange) (answer, error) {
	if err := x.signedIn(); err != nil {
		return answer{}, err
	}
	in, err := x.readBody()
	if err != nil {
		return answer{}, err
	}
	values, err := x.texts(in, "agency_urn", "agency_session_name", "source_identity")
	if err != nil {
		return answer{}, err
	}
	session := values[1]
	if n := utf8.RuneCountInString(session); n < 2 || n > 128 {
		return answer{}, x.fail(http.StatusBadRequest, "'agency_session_name' has not 2 to 128 characters")
	}
	domain, agency, err := x.parseAgencyURN(values[0])
	if err != nil {
		return answer{}, err
	}
	most := maxSTSSeconds
	if x.who.assumed() {
		most = maxChainedSeconds
	}
	life, err := x.seconds(in, "duration_seconds", minKeySeconds, defaultSTSSeconds, most)
	if err != nil {
		return answer{}, err
	}
	delegating, err := x.accountNamed(domain, "")
	if err != nil {
		return answer{}, err
	}
	who, err := x.assume(delegating, agency, session)
	if err != nil {
		return answer{}, err
	}
	key, err := x.gate.vault.issueKey(x.random, ticket{who: who, issued: x.now, expires: x.now.Add(life)})
	if err != nil {
		return answer{}, err
	}
	urn, id := who.principal()
	out := map[string]any{
		"credentials": map[string]any{"access_key_id": key.access, "secret_access_key": key.secret, "security_token": key.token,
			"expiration": key.expires.UTC().Format(time.RFC3339)},
		"assumed_agency": map[string]any{"urn": urn, "id": id},
	}
	if values[2] != "" {
		out["source_identity"] = values[2]
	}
	return answer{http.StatusOK, out}, nil
}

// parseAgencyURN takes iam::DOMAIN_ID:agency:PATH/NAME apart; classic agencies have no path.
func (x *exchange) parseAgencyURN(urn string) (domain, agency string, err error) {
	parts := strings.SplitN(urn, ":", 5)
	if len(parts) != 5 || parts[0] != "iam" || parts[1] != "" || parts[2] == "" || parts[3] != "agency" || parts[4] == "" {
		return "", "", x.fail(http.StatusBadRequest, "'agency_urn' is not of the form iam::ACCOUNT_ID:agency:NAME")
	}
	return parts[2], parts[4][strings.LastIndexByte(parts[4], '/')+1:], nil
}

func showCaller(x *exchange) (answer, error) {
	urn, id := x.who.principal()
	return answer{http.StatusOK, map[string]any{"account_id": x.account.ID, "principal_urn": urn, "principal_id": id}}, nil
}

// principal is how STS names a caller.
func (c caller) principal() (urn, id string) {
	if c.assumed() {
		return "sts::" + c.account + ":assumed-agency:" + c.name + "/" + c.session, c.id + ":" + c.session
	}
	return "iam::" + c.account + ":user:" + c.name, c.id
}
