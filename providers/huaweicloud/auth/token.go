package auth

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/gophercloud/gophercloud/v2"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers"
)

const (
	// maxTokenBytes bounds a token: tokens take several KB, and servers refuse larger headers.
	maxTokenBytes = 32 << 10
	// keyLife is the requested life of temporary keys; the cloud allows 15 minutes to 24 hours.
	keyLife = time.Hour

	hintAgency = "check the agency's name and account, that it trusts yours, and that you may assume it (Agent Operator)"
)

// scope is where a token holds: in a project, or in an account given by id or name. The zero value is the account of the
// user.
type scope struct{ projectID, accountID, accountName string }

// json returns the scope in the API's form, nil for the zero value.
func (s scope) json() map[string]any {
	switch {
	case s.projectID != "":
		return map[string]any{"project": map[string]any{"id": s.projectID}}
	case s.accountID != "":
		return map[string]any{"domain": map[string]any{"id": s.accountID}}
	case s.accountName != "":
		return map[string]any{"domain": map[string]any{"name": s.accountName}}
	}
	return nil
}

// userToken gets a token for a user (IAM, "Obtaining a User Token Through Password Authentication"). The library makes
// the body; its client is not used, because it has neither our rate limit nor a bound for answers.
func (a *Authenticator) userToken(ctx context.Context, from *TokenSource, user User, in scope) (*Credential, error) {
	options := gophercloud.AuthOptions{UserID: user.ID, Password: user.Password.Reveal()}
	if user.ID == "" {
		options.Username, options.DomainID = user.Name, user.DomainID
		if user.DomainID == "" {
			options.DomainName = user.DomainName
		}
	}
	body, err := options.ToTokenV3CreateMap(in.json())
	if err != nil {
		return nil, fmt.Errorf("get a token: %w: %w", ErrNoCredentials, err)
	}
	return a.newToken(ctx, from, "get a token", body)
}

// agencyToken gets a token for an agency (IAM, "Obtaining an Agency Token").
func (a *Authenticator) agencyToken(ctx context.Context, from *TokenSource, agency Assumption, in scope) (*Credential, error) {
	identity := map[string]any{"methods": []string{"assume_role"}, "assume_role": a.assumeRole(agency)}
	body := map[string]any{"auth": map[string]any{"identity": identity, "scope": in.json()}}
	c, err := a.newToken(ctx, from, "assume the agency "+agency.Agency, body)
	return c, adviseAssuming(err)
}

// agencyKeys gets temporary keys of an agency (IAM, "Obtaining a Temporary Access Key and Security Token Through an
// Agency").
func (a *Authenticator) agencyKeys(ctx context.Context, from *TokenSource, agency Assumption) (*Credential, error) {
	role := a.assumeRole(agency)
	role["duration_seconds"] = int(keyLife.Seconds())
	identity := map[string]any{"methods": []string{"assume_role"}, "assume_role": role}
	c, err := a.newKeys(ctx, from, "assume the agency "+agency.Agency, identity)
	return c, adviseAssuming(err)
}

// exchangeToken gets temporary keys for a token (IAM, "Obtaining a Temporary Access Key and Security Token Through a
// Token"). The keys hold in every project, the token only in its scope.
func (a *Authenticator) exchangeToken(ctx context.Context, from *TokenSource) (*Credential, error) {
	c, err := a.newKeys(ctx, from, "exchange the token for temporary keys", map[string]any{
		"methods": []string{"token"}, "token": map[string]any{"duration_seconds": int(keyLife.Seconds())},
	})
	if err != nil {
		return nil, fmt.Errorf("calls in a project need temporary keys, because the token holds in one place only; "+
			"give an access key or a user instead: %w", err)
	}
	return c, nil
}

// assumeRole is the part of a request that names the agency.
func (a *Authenticator) assumeRole(agency Assumption) map[string]any {
	role := map[string]any{a.config.AgencyKey: agency.Agency}
	if agency.AccountID != "" {
		role["domain_id"] = agency.AccountID
	} else {
		role["domain_name"] = agency.AccountName
	}
	return role
}

// adviseAssuming adds a hint to the error of an agency that cannot be assumed. An agency that does not exist and one that
// does not trust us need the same hint.
func adviseAssuming(err error) error {
	var failed *providers.CallError
	if !errors.As(err, &failed) {
		return err
	}
	switch failed.Status {
	case http.StatusBadRequest, http.StatusForbidden, http.StatusNotFound:
		advised := *failed
		advised.Hint = hintAgency
		return &advised
	}
	return err
}

// tokenAnswer is what IAM answers about a token.
type tokenAnswer struct {
	Token struct {
		ExpiresAt string  `json:"expires_at"`
		Domain    account `json:"domain"`
		Project   struct {
			ID     string  `json:"id"`
			Name   string  `json:"name"`
			Domain account `json:"domain"`
		} `json:"project"`
		User struct {
			Name   string  `json:"name"`
			Domain account `json:"domain"`
		} `json:"user"`
		// AssumedBy is there where the token is an agency's, whose user is then named ACCOUNT/AGENCY.
		AssumedBy *struct{} `json:"assumed_by"`
	} `json:"token"`
}

// account is an account in the answers of IAM.
type account struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// account returns the account that the token works in; its id is "" where no usable one is named.
func (t tokenAnswer) account() plan.Account {
	for _, a := range []account{t.Token.Domain, t.Token.Project.Domain, t.Token.User.Domain} {
		if ValidID(a.ID) {
			return plan.Account{ID: a.ID, Name: printableName(a.Name)}
		}
	}
	return plan.Account{}
}

// principal returns the user, "" for an agency that is not named as documented: nobody could say which one it is.
func (t tokenAnswer) principal() string {
	if t.Token.AssumedBy != nil && !strings.Contains(t.Token.User.Name, "/") {
		return ""
	}
	return printableName(t.Token.User.Name)
}

func (a *Authenticator) newToken(ctx context.Context, from *TokenSource, operation string, body any) (*Credential, error) {
	var answer tokenAnswer
	response, err := a.config.Do(ctx, from, Request{
		Service: serviceIAM, Operation: operation, Method: http.MethodPost, Path: []string{"v3", "auth", "tokens"},
		Query: url.Values{"nocatalog": {"1"}}, Body: body,
	}, &answer)
	if err != nil {
		return nil, err
	}
	token := response.Header.Get("X-Subject-Token")
	if token == "" || len(token) > maxTokenBytes {
		return nil, &providers.CallError{
			Operation: operation, Service: serviceIAM, Status: response.Status, Message: "the answer holds no usable token",
		}
	}
	c := Credential{token: NewSecret(token), account: answer.account(), principal: answer.principal()}
	return c.expiring(parseTime(answer.Token.ExpiresAt), response.Header.Get("Date"), a.config.Now()), nil
}

// describeToken asks IAM for the account and the user of a token.
func (a *Authenticator) describeToken(ctx context.Context, c *Credential) (tokenAnswer, error) {
	var answer tokenAnswer
	_, err := a.config.Do(ctx, a.account, Request{
		Service: serviceIAM, Operation: "read the token", Method: http.MethodGet, Path: []string{"v3", "auth", "tokens"},
		Query: url.Values{"nocatalog": {"1"}}, Header: http.Header{"X-Subject-Token": {c.token.Reveal()}},
	}, &answer)
	return answer, err
}

func (a *Authenticator) newKeys(ctx context.Context, from *TokenSource, operation string, identity any) (*Credential, error) {
	var answer keyAnswer
	response, err := a.config.Do(ctx, from, Request{
		Service: serviceIAM, Operation: operation, Method: http.MethodPost, Path: []string{"v3.0", "OS-CREDENTIAL", "securitytokens"},
		Body: map[string]any{"auth": map[string]any{"identity": identity}},
	}, &answer)
	if err != nil {
		return nil, err
	}
	c, usable := answer.credential(keyLife, response.Header.Get("Date"), a.config.Now())
	if !usable {
		return nil, &providers.CallError{
			Operation: operation, Service: serviceIAM, Status: response.Status, Message: "the answer holds no usable keys",
		}
	}
	return c, nil
}

// keyAnswer holds temporary keys in the form of IAM and the metadata service.
type keyAnswer struct {
	Credential struct {
		Access        string `json:"access"`
		Secret        string `json:"secret"`
		SecurityToken string `json:"securitytoken"`
		ExpiresAt     string `json:"expires_at"`
	} `json:"credential"`
}

// credential returns the keys, and whether they are usable. Where the answer holds no end, they are taken to live for life.
// date is the time of the answer by the cloud's clock, now that by ours.
func (k keyAnswer) credential(life time.Duration, date string, now time.Time) (c *Credential, usable bool) {
	for _, text := range []string{k.Credential.Access, k.Credential.Secret, k.Credential.SecurityToken} {
		if text == "" || len(text) > maxTokenBytes || strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
			return nil, false
		}
	}
	keys := Credential{keys: Keys{
		Access: NewSecret(k.Credential.Access), Secret: NewSecret(k.Credential.Secret), SecurityToken: NewSecret(k.Credential.SecurityToken),
	}}
	if expires := parseTime(k.Credential.ExpiresAt); !expires.IsZero() {
		return keys.expiring(expires, date, now), true
	}
	return keys.expiring(now.Add(life), "", now), true
}

// parseTime reads the time at which a credential ends; the zero time means unknown.
func parseTime(text string) time.Time {
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return time.Time{}
	}
	return t
}
