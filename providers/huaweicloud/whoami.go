package huaweicloud

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"unicode"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers"
)

// serviceSTS tells the caller who it is, on Huawei Cloud, in some regions.
const serviceSTS = "sts"

// maxShownBytes bounds a name that the cloud tells.
const maxShownBytes = 1024

// shown returns a name from the cloud, "" when it is not fit to be one.
func shown(name string) string {
	if len(name) > maxShownBytes || strings.ContainsFunc(name, func(r rune) bool {
		return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == unicode.ReplacementChar
	}) {
		return ""
	}
	return name
}

// self is whom the cloud says we are.
type self struct {
	account   plan.Account
	principal string
	// silent is why the ways that were tried before do not tell.
	silent []string
	// refused is set where the list of accounts may not be read: the account has then no name.
	refused error
}

// keepsSilent notes that one way of asking is closed, where err says no more than that; any other err stays one.
func (s *self) keepsSilent(what string, err error) error {
	var failed *providers.CallError
	if !errors.As(err, &failed) || failed.Status != http.StatusForbidden && failed.Status != http.StatusNotFound {
		return err
	}
	s.silent = append(s.silent, fmt.Sprintf("%s is not told (HTTP %d)", what, failed.Status))
	return nil
}

// WhoAmI asks the cloud who we are. Where it does not tell, that is no error: the account is then the claimed one, and
// not confirmed. Safe for concurrent use.
func (c *Connection) WhoAmI(ctx context.Context) (providers.Identity, error) {
	who, err := c.self(ctx)
	if err != nil {
		return providers.Identity{}, err
	}
	id := providers.Identity{
		Account: c.account, AccountConfirmed: who.account.ID != "", Kind: c.access.kind, Source: c.access.source,
		Principal: who.principal, Assumed: c.access.assumed,
	}
	if id.AccountConfirmed {
		id.Account = who.account
	}
	if p := c.access.account.seen(); p != nil {
		id.Expires = p.expires
		if id.Principal == "" {
			id.Principal = p.principal
		}
	}
	through, known := cameThrough(id)
	id.CameThrough, id.CameThroughUnknown = through, !known
	return id, nil
}

// ConfirmedAccount returns the account that the cloud says the credentials work in; its name is "" where it tells only
// the id. It is never what the user claims: an account that differs from [Connection.DomainID] is an error that wraps
// ErrConflict, and one that the cloud does not tell is an error that wraps ErrDenied and says what is missing. A list of
// accounts that may not be read is an error too where other ways tell the id alone: without the name nobody could tell
// what in the account names it.
func (c *Connection) ConfirmedAccount(ctx context.Context) (plan.Account, error) {
	who, err := c.self(ctx)
	switch {
	case err != nil:
		return plan.Account{}, err
	case who.refused != nil && who.account.Name == "":
		return plan.Account{}, fmt.Errorf("allow the credentials to read the list of accounts (iam:users:getUser on Huawei Cloud): %w", who.refused)
	case who.account.ID == "":
		return plan.Account{}, c.unconfirmed(who)
	case who.account.ID != c.account.ID:
		return plan.Account{}, &providers.CallError{
			Kind: providers.ErrConflict, Operation: "read the account", Service: ServiceIAM,
			Message: fmt.Sprintf("the credentials belong to account %s, and not to %s that they were given with", who.account.ID, c.account.ID),
		}
	}
	return who.account, nil
}

// unconfirmed is the error of an account that the cloud does not tell.
func (c *Connection) unconfirmed(who self) error {
	remedy := "allow them to read /v3/auth/domains"
	if c.cloud.Kind == HuaweiCloud {
		remedy = "allow them the action iam:users:getUser, or make the STS endpoint reachable (cloud.region, or --endpoint sts=URL)"
	}
	return &providers.CallError{
		Kind: providers.ErrDenied, Operation: "read the account", Service: ServiceIAM,
		Message: "the cloud does not tell which account the credentials belong to (" + strings.Join(who.silent, "; ") + "); " + remedy,
	}
}

// discover finds the account where nobody claims one.
func (c *Connection) discover(ctx context.Context) error {
	if c.account.ID != "" {
		return nil
	}
	who, err := c.self(ctx)
	if err != nil {
		return fmt.Errorf("find out which account the credentials belong to (%s says it without asking): %w", EnvDomainID, err)
	}
	if who.account.ID == "" {
		return fmt.Errorf("%w: not set: %s (or account.id in the manifest), and: %w", ErrNoCredentials, EnvDomainID, c.unconfirmed(who))
	}
	c.account.ID = who.account.ID
	c.access.account.domain = who.account.ID
	return nil
}

// self asks one way after the other: the list of accounts, then what the token says, or the caller identity. A refusal
// or an answer that does not tell one account leads to the next way, every other failure is an error.
func (c *Connection) self(ctx context.Context) (self, error) {
	var who self
	listed, err := c.byList(ctx, &who)
	if err != nil || who.account.ID != "" {
		return who, err
	}
	p, err := c.access.account.get(ctx)
	switch {
	case err != nil:
		return self{}, err
	case !p.token.IsZero():
		err = c.byToken(ctx, p, &who)
	case c.cloud.Kind == HuaweiCloud:
		err = c.byCallerIdentity(ctx, &who)
	}
	for _, d := range listed {
		if who.account.Name == "" && who.account.ID != "" && d.ID == who.account.ID {
			who.account.Name = shown(d.Name)
		}
	}
	return who, err
}

// byList reads the accounts that the credentials reach (IAM, "Querying the Account Accessible to a User"), and returns
// them. Only where there is one is it known to be ours: of several, a claim that is among them proves nothing.
func (c *Connection) byList(ctx context.Context, who *self) ([]tokenDomain, error) {
	const operation = "read the account"
	var told struct {
		Domains []tokenDomain `json:"domains"`
	}
	if err := c.Do(ctx, Get(ServiceIAM, operation, nil, "v3", "auth", "domains"), &told); err != nil {
		who.refused = err
		return nil, who.keepsSilent("the list of accounts", err)
	}
	for _, d := range told.Domains {
		if !ValidID(d.ID) {
			return nil, &providers.CallError{Operation: operation, Service: ServiceIAM, Message: "the answer holds an account without a usable id"}
		}
	}
	switch len(told.Domains) {
	case 0:
		who.silent = append(who.silent, "the list of accounts is empty")
	case 1:
		who.account = plan.Account{ID: told.Domains[0].ID, Name: shown(told.Domains[0].Name)}
	default:
		who.silent = append(who.silent, "the list of accounts holds several")
	}
	return told.Domains, nil
}

// byToken reads what the cloud put into the token, or says about it.
func (c *Connection) byToken(ctx context.Context, p *pass, who *self) error {
	who.account, who.principal = p.account, p.principal
	if who.account.ID != "" {
		return nil
	}
	told, err := c.describeToken(ctx, p)
	if err != nil {
		return who.keepsSilent("the account of the token", err)
	}
	if who.account, who.principal = told.account(), shown(told.Token.User.Name); who.account.ID == "" {
		who.silent = append(who.silent, "the token names no account")
	}
	return nil
}

// byCallerIdentity asks the security token service (STS, "GetCallerIdentity").
func (c *Connection) byCallerIdentity(ctx context.Context, who *self) error {
	var told struct {
		AccountID string `json:"account_id"`
		Principal string `json:"principal_urn"`
	}
	if err := c.Do(ctx, Get(serviceSTS, "read the caller identity", nil, "v5", "caller-identity"), &told); err != nil {
		if errors.Is(err, ErrBadEndpoint) || errors.Is(err, providers.ErrUnavailable) && ctx.Err() == nil {
			who.silent = append(who.silent, err.Error()) // not every region has the service
			return nil
		}
		return who.keepsSilent("the caller identity", err)
	}
	if !ValidID(told.AccountID) {
		who.silent = append(who.silent, "the caller identity names no account")
		return nil
	}
	who.account, who.principal = plan.Account{ID: told.AccountID}, shown(told.Principal)
	return nil
}
