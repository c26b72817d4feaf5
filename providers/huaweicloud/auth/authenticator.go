package auth

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers"
)

// ErrBadEndpoint is wrapped by the error of a call for which no usable endpoint is known.
var ErrBadEndpoint = errors.New("bad endpoint")

// The services that are asked, by the names of their endpoints. STS reports the caller identity on Huawei Cloud, in some
// regions.
const (
	serviceIAM = "iam"
	serviceSTS = "sts"
)

// Request is a call that authentication makes for itself. It may be repeated when its outcome is unclear, and it is no
// attempt of the change that a caller is making.
type Request struct {
	// Service is the name of the endpoint, Operation says in words what is attempted.
	Service, Operation string
	Method             string
	// Path are the unescaped segments of the path.
	Path   []string
	Query  url.Values
	Header http.Header
	// Body is sent as JSON; nil sends none.
	Body any
}

// Response is a success of the server, without its body.
type Response struct {
	Status int
	Header http.Header
}

// Config is what an Authenticator works with. All fields are required.
type Config struct {
	// CloudKind is the kind of cloud for which the credentials are meant.
	CloudKind string
	// AgencyKey is the key of the agency's name in a request to assume it.
	AgencyKey string
	// STS means that the cloud has a security token service, which reports the caller identity.
	STS bool
	// KeyVariables are named by the error where nothing gives credentials.
	KeyVariables KeyVariables
	// Guards are shared by all connections of a run.
	Guards *Guards
	// Do makes a request with a credential of the source and decodes the answer into out. It has the limits, the retries and
	// the errors of all calls of the connection. The error wraps ErrBadEndpoint where the service has no endpoint.
	Do func(ctx context.Context, source *TokenSource, request Request, out any) (Response, error)
	// Redact is called with each secret before its first use, so that no text shows it from then on.
	Redact func(...Secret)
	// Now returns the time by this machine's clock.
	Now func() time.Time
	// MetadataURL is the address of a cloud server's metadata service.
	MetadataURL string
}

// Authenticator holds the credentials of a connection. It hands out a token source for the account and one for each
// project. Safe for concurrent use.
type Authenticator struct {
	config Config
	// known is the identity as far as the user gave it. The account is the one that the credentials are said to belong to; its
	// id is known once New has returned.
	known providers.Identity
	// guard is for the credentials that the cloud makes for us.
	guard *Guard
	// found says which settings the credentials came from, for errors.
	found Found
	// account is the source for calls in the account.
	account *TokenSource
	// inProject makes the source for calls in a project. It is nil where the credentials of the account hold there too, as
	// access keys do.
	inProject func(projectID string) *TokenSource

	mu       sync.Mutex
	projects map[string]*TokenSource

	// turn holds one element while the cloud is asked who we are; told is its answer, asked for once.
	turn chan struct{}
	told *caller
}

// New returns an Authenticator for the credentials that [Find] returned. It makes calls only where it must: to the
// metadata service, if no other credentials were found, and to the cloud, if no account id is given. The error wraps
// [ErrNoCredentials] or is the one of such a call.
func New(ctx context.Context, config Config, found Found) (*Authenticator, error) {
	a := newAuthenticator(config, found)
	base := a.account
	if found.Assume.Agency != "" {
		a = a.assume(found.Assume)
	}
	if _, asks := found.Base.(Instance); asks {
		if _, err := base.Credential(ctx); err != nil {
			return nil, err
		}
	}
	if err := a.findAccount(ctx); err != nil {
		return nil, err
	}
	return a, nil
}

// newAuthenticator returns the Authenticator for credentials as the user gave them, before an agency is assumed.
func newAuthenticator(config Config, found Found) *Authenticator {
	a := &Authenticator{
		config: config, found: found, guard: newGuard(), projects: map[string]*TokenSource{}, turn: make(chan struct{}, 1),
		known: providers.Identity{Account: plan.Account{ID: found.AccountID, Name: found.AccountName}, Source: found.Source},
	}
	guard := &Guard{shared: config.Guards.of(config.CloudKind, found.Base)}
	switch credentials := found.Base.(type) {
	case Keys:
		config.Redact(credentials.Access, credentials.Secret, credentials.SecurityToken)
		a.known.Kind = providers.KindAccessKey
		if !credentials.SecurityToken.IsZero() {
			a.known.Kind = providers.KindTemporaryAccessKey
		}
		a.account = static(&Credential{keys: credentials}, found.AccountID, guard)
		a.account.advise(a.checkAccount())
	case Instance:
		a.known.Kind = providers.KindTemporaryAccessKey
		a.account = a.renewed(guard, a.instanceKeys)
		a.account.advise(a.checkAccount())
	case Token:
		config.Redact(credentials.Value)
		a.known.Kind = providers.KindToken
		a.account = static(&Credential{token: credentials.Value}, found.AccountID, guard)
		// One exchange serves all projects: the keys hold in each of them.
		exchanged := a.renewed(a.guard, func(ctx context.Context) (*Credential, error) { return a.exchangeToken(ctx, a.account) })
		a.inProject = func(string) *TokenSource { return exchanged }
	case User:
		config.Redact(credentials.Password)
		a.known.Kind = providers.KindUser
		unauthenticated := static(&Credential{}, "", guard)
		unauthenticated.advise(a.checkAccount())
		if found.AccountID == "" && found.AccountName != "" {
			unauthenticated.advise(fmt.Sprintf("check that %q is the account that the user belongs to", found.AccountName))
		}
		a.useTokens(func(ctx context.Context, in scope) (*Credential, error) {
			return a.userToken(ctx, unauthenticated, credentials, in)
		})
	}
	return a
}

// assume returns the Authenticator of an agency that is assumed with the credentials of base.
func (base *Authenticator) assume(agency Assumption) *Authenticator {
	a := &Authenticator{
		config: base.config, found: base.found, guard: newGuard(), projects: map[string]*TokenSource{}, known: base.known,
		turn: make(chan struct{}, 1),
	}
	a.found.Base, a.found.AccountKey = nil, cmp.Or(agency.AccountKey, inManifest)
	a.known.Account = plan.Account{ID: agency.AccountID, Name: agency.AccountName}
	a.known.Assumed = cmp.Or(agency.AccountName, agency.AccountID) + "/" + agency.Agency
	if base.known.Kind == providers.KindAccessKey || base.known.Kind == providers.KindTemporaryAccessKey {
		a.account = a.renewed(a.guard, func(ctx context.Context) (*Credential, error) { return a.agencyKeys(ctx, base.account, agency) })
		return a
	}
	a.useTokens(func(ctx context.Context, in scope) (*Credential, error) {
		return a.agencyToken(ctx, base.account, agency, in)
	})
	return a
}

// useTokens makes the sources of tokens that obtain gets, each for its scope.
func (a *Authenticator) useTokens(obtain func(context.Context, scope) (*Credential, error)) {
	source := func(in scope) *TokenSource {
		return a.renewed(a.guard, func(ctx context.Context) (*Credential, error) { return obtain(ctx, in) })
	}
	a.account = source(scope{accountID: a.known.Account.ID, accountName: a.known.Account.Name})
	a.inProject = func(projectID string) *TokenSource { return source(scope{projectID: projectID}) }
}

// renewed returns a source that gets its credentials from obtain. Their secrets are redacted from then on.
func (a *Authenticator) renewed(g *Guard, obtain func(context.Context) (*Credential, error)) *TokenSource {
	return &TokenSource{AccountID: a.known.Account.ID, Guard: g, now: a.config.Now, obtain: func(ctx context.Context) (*Credential, error) {
		c, err := obtain(ctx)
		if err != nil {
			return nil, err
		}
		a.config.Redact(c.keys.Access, c.keys.Secret, c.keys.SecurityToken, c.token)
		return c, nil
	}}
}

// checkAccount is the advice where the account's id is sent along and may be the wrong one; "" where the cloud tells the id.
func (a *Authenticator) checkAccount() string {
	if a.found.AccountID == "" {
		return ""
	}
	return fmt.Sprintf("check that %s (%s) is the account that they belong to, not another one or a project",
		a.found.AccountKey, a.found.AccountID)
}

// Source returns the token source for calls in a project, "" for those in the account.
func (a *Authenticator) Source(projectID string) *TokenSource {
	if projectID == "" || a.inProject == nil {
		return a.account
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	s, known := a.projects[projectID]
	if !known {
		s = a.inProject(projectID)
		a.projects[projectID] = s
	}
	return s
}

// AccountID returns the id of the account that calls are made in: the user's claim, or the cloud's answer where there is
// no claim. [Authenticator.ConfirmedAccount] asks the cloud.
func (a *Authenticator) AccountID() string { return a.known.Account.ID }
