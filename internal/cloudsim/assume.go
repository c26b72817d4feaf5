package cloudsim

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// signedIn refuses a caller without credentials.
func (x *exchange) signedIn() error {
	if x.who.account == "" {
		return x.failCode(http.StatusUnauthorized, "IAM.0001", "The request you have made requires authentication.")
	}
	return nil
}

// assume returns the caller as an agency of another account that trusts the caller's account. session is the name of the session.
func (x *exchange) assume(delegating *account, agency, session string) (caller, error) {
	if err := x.signedIn(); err != nil {
		return caller{}, err
	}
	g := delegating.agencyNamed(agency, view{current: true})
	switch {
	case g == nil:
		return caller{}, x.fail(http.StatusNotFound, "Could not find agency: %s", agency)
	case g.Trust.ID != x.who.account:
		return caller{}, x.fail(http.StatusForbidden, "The agency %s does not trust the account of the caller", agency)
	case g.expired(x.now):
		return caller{}, x.fail(http.StatusForbidden, "The agency %s has expired", agency)
	}
	by := x.who
	return caller{account: delegating.ID, id: g.ID, name: g.Name, by: &by, trustee: g.Trust.ID, session: cmp.Or(session, by.name)}, nil
}

func (g *Agency) expired(now time.Time) bool { return g.Expires != nil && !now.Before(*g.Expires) }

// stillTrusted reports whether all agencies that the caller has assumed still exist and trust as before: deleting an agency
// ends all access through it at once.
func (s *state) stillTrusted(who *caller, now time.Time) bool {
	for ; who.by != nil; who = who.by {
		a := s.accounts[who.account]
		if a == nil {
			return false
		}
		g := a.agencies.get(who.id, view{current: true})
		if g == nil || g.Trust.ID != who.trustee || g.expired(now) {
			return false
		}
	}
	return true
}

// accountNamed finds an account by its id, or its name where no id is given.
func (x *exchange) accountNamed(id, name string) (*account, error) {
	for _, a := range x.state.accounts {
		if id != "" && a.ID == id || id == "" && name != "" && a.Name == name {
			return a, nil
		}
	}
	if id == "" && name == "" {
		return nil, x.fail(http.StatusBadRequest, "'domain_id' or 'domain_name' is a required property")
	}
	return nil, x.fail(http.StatusNotFound, "Could not find domain: %s", cmp.Or(id, name))
}

// assumeRole reads the object assume_role and assumes the agency that it names.
func (x *exchange) assumeRole(identity object) (caller, object, error) {
	in, err := x.child(identity, "assume_role")
	if err != nil {
		return caller{}, nil, err
	}
	if err := x.signedIn(); err != nil {
		return caller{}, nil, err
	}
	values, err := x.texts(in, "agency_name", "xrole_name", "domain_id", "domain_name")
	if err != nil {
		return caller{}, nil, err
	}
	name := cmp.Or(values[0], values[1])
	if name == "" {
		return caller{}, nil, x.fail(http.StatusBadRequest, "'agency_name' is a required property")
	}
	delegating, err := x.accountNamed(values[2], values[3])
	if err != nil {
		return caller{}, nil, err
	}
	session := ""
	if _, given := in["session_user"]; given {
		user, err := x.child(in, "session_user")
		if err != nil {
			return caller{}, nil, err
		}
		if session, _, err = x.text(user, "name"); err != nil {
			return caller{}, nil, err
		}
	}
	who, err := x.assume(delegating, name, session)
	return who, in, err
}

const (
	defaultSTSSeconds = 3600
	maxSTSSeconds     = 43200
	// maxChainedSeconds bounds the key of a caller that has assumed an agency already.
	maxChainedSeconds = 3600
)

// tokenService is STS, which only Huawei Cloud has.
func tokenService() service {
	return service{name: "sts", routes: slices.Concat(
		route{errors: v5Errors, anyScope: true, session: true}.with(
			operation{http.MethodPost, "/v5/agencies/assume", "AssumeAgency", onHuawei(assumeAgency)},
		),
		route{errors: v5Errors, anyScope: true}.with(
			operation{http.MethodGet, "/v5/caller-identity", "GetCallerIdentity", onHuawei(showCaller)},
		),
	)}
}

// onHuawei returns the operation for Huawei Cloud; the other cloud does not have it.
func onHuawei(operation handler) handler {
	return func(x *exchange) (answer, error) {
		if !x.huawei() {
			return answer{}, x.failCode(http.StatusNotFound, "APIGW.0101", "The API does not exist")
		}
		return operation(x)
	}
}

// v5Errors are the errors of the policy-based IAM, which uses classic codes for some statuses.
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
	key, err := x.authenticator.issued.issueKey(x.random, credential{who: who, issued: x.now, expires: x.now.Add(life)})
	if err != nil {
		return answer{}, err
	}
	urn, id := who.principal()
	out := map[string]any{
		"credentials": map[string]any{
			"access_key_id": key.access, "secret_access_key": key.secret, "security_token": key.token,
			"expiration": key.expires.UTC().Format(time.RFC3339),
		},
		"assumed_agency": map[string]any{"urn": urn, "id": id},
	}
	if values[2] != "" {
		out["source_identity"] = values[2]
	}
	return answer{http.StatusOK, out}, nil
}

// parseAgencyURN reads iam::DOMAIN_ID:agency:PATH/NAME; classic agencies have no path.
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

// principal returns the names of a caller at STS.
func (c caller) principal() (urn, id string) {
	if c.assumed() {
		return "sts::" + c.account + ":assumed-agency:" + c.name + "/" + c.session, c.id + ":" + c.session
	}
	return "iam::" + c.account + ":user:" + c.name, c.id
}
