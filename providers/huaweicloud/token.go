package huaweicloud

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/gophercloud/gophercloud/v2"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/auth"
)

// maxTokenBytes bounds a token: tokens take several KB, and servers refuse larger headers.
const maxTokenBytes = 32 << 10

// place is where a token holds: in a project, or in an account given by id or name. The zero value is the account of
// whom the token is for.
type place struct{ project, domainID, domainName string }

// scope is the place as the cloud writes it, nil for the zero value.
func (p place) scope() map[string]any {
	switch {
	case p.project != "":
		return map[string]any{"project": map[string]any{"id": p.project}}
	case p.domainID != "":
		return map[string]any{"domain": map[string]any{"id": p.domainID}}
	case p.domainName != "":
		return map[string]any{"domain": map[string]any{"name": p.domainName}}
	}
	return nil
}

// userToken gets a token for a user (IAM, "Obtaining a User Token Through Password Authentication"). The library makes
// the body; its client is not used, which knows neither our rate limit nor a bound for answers.
func (c *Connection) userToken(ctx context.Context, entry *issuer, user auth.User, at place) (*pass, error) {
	options := gophercloud.AuthOptions{UserID: user.ID, Password: user.Password.Reveal()}
	if user.ID == "" {
		options.Username, options.DomainID = user.Name, user.DomainID
		if user.DomainID == "" {
			options.DomainName = user.DomainName
		}
	}
	body, err := options.ToTokenV3CreateMap(at.scope())
	if err != nil {
		return nil, fmt.Errorf("get a token: %w: %w", ErrNoCredentials, err)
	}
	return c.newToken(ctx, entry, "get a token", body)
}

// agencyToken gets a token for an agency (IAM, "Obtaining an Agency Token").
func (c *Connection) agencyToken(ctx context.Context, base *issuer, agency auth.Assumption, at place) (*pass, error) {
	methods := map[string]any{"methods": []string{"assume_role"}, "assume_role": c.assumeRole(agency)}
	auth := map[string]any{"identity": methods, "scope": at.scope()}
	p, err := c.newToken(ctx, base, "assume the agency "+agency.Agency, map[string]any{"auth": auth})
	return p, adviseAssuming(err)
}

// assumeRole is what says which agency is meant. Open Telekom Cloud documents the older name of the key.
func (c *Connection) assumeRole(agency auth.Assumption) map[string]any {
	key := "agency_name"
	if c.cloud.Kind == OpenTelekomCloud {
		key = "xrole_name"
	}
	role := map[string]any{key: agency.Agency}
	if agency.AccountID != "" {
		role["domain_id"] = agency.AccountID
	} else {
		role["domain_name"] = agency.AccountName
	}
	return role
}

// tokenAnswer is what the cloud tells about a token.
type tokenAnswer struct {
	Token struct {
		ExpiresAt string      `json:"expires_at"`
		Domain    tokenDomain `json:"domain"`
		Project   struct {
			Domain tokenDomain `json:"domain"`
		} `json:"project"`
		User struct {
			Name   string      `json:"name"`
			Domain tokenDomain `json:"domain"`
		} `json:"user"`
	} `json:"token"`
}

type tokenDomain struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// account returns the account that the token works in.
func (t tokenAnswer) account() plan.Account {
	for _, d := range []tokenDomain{t.Token.Domain, t.Token.Project.Domain, t.Token.User.Domain} {
		if ValidID(d.ID) {
			return plan.Account{ID: d.ID, Name: shown(d.Name)}
		}
	}
	return plan.Account{}
}

func (c *Connection) newToken(ctx context.Context, from *issuer, operation string, body any) (*pass, error) {
	var told tokenAnswer
	a, err := c.doWith(ctx, from, Call{
		Service: ServiceIAM, Operation: operation, Method: http.MethodPost, Path: []string{"v3", "auth", "tokens"},
		Query: url.Values{"nocatalog": {"1"}}, Body: body, Repeatable: true, entrance: true,
	}, &told)
	if err != nil {
		return nil, err
	}
	token := a.header.Get("X-Subject-Token")
	if token == "" || len(token) > maxTokenBytes {
		return nil, &providers.CallError{Operation: operation, Service: ServiceIAM, Status: a.status, Message: "the answer holds no usable token"}
	}
	return pass{
		token: auth.NewSecret(token), account: told.account(), principal: shown(told.Token.User.Name),
	}.until(endOf(told.Token.ExpiresAt), a.header.Get("Date"), c.now()), nil
}

// describeToken asks whom the cloud takes the bearer of a token for.
func (c *Connection) describeToken(ctx context.Context, p *pass) (tokenAnswer, error) {
	call := Get(ServiceIAM, "read the token", url.Values{"nocatalog": {"1"}}, "v3", "auth", "tokens")
	call.header = http.Header{"X-Subject-Token": {p.token.Reveal()}}
	var told tokenAnswer
	_, err := c.doWith(ctx, c.access.account, call, &told)
	return told, err
}

// endOf reads when a pass ends; the zero time is not known.
func endOf(text string) time.Time {
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return time.Time{}
	}
	return t
}
