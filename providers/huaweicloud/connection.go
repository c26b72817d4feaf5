package huaweicloud

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/auth"
)

// Connection makes calls to one account. It is safe for concurrent use. Close it when done.
type Connection struct {
	auth      *auth.Authenticator
	redactor  redactor
	cloud     plan.Cloud
	endpoints endpoints
	client    *http.Client
	transport *http.Transport
	retry     Retry
	logger    *slog.Logger
	userAgent string
	now       func() time.Time
	// guards are shared with the other connections of the run.
	guards      *Guards
	metadataURL string
	services    Services
	dial        func(ctx context.Context, network, address string) (net.Conn, error)
	// record keeps answers, nil keeps none. With recorded set, no call is made; see [Recall].
	record, recorded *providers.Recording

	rate float64
	mu   sync.Mutex
	// limiters are by service: the vendor counts the calls of an account to each.
	limiters map[string]*limiter
}

// Guards share the knowledge of refused credentials among the connections of a run. The zero value is ready for use.
type Guards = auth.Guards

// Option changes how a Connection works.
type Option func(*Connection)

// WithRetry replaces [DefaultRetry].
func WithRetry(r Retry) Option { return func(c *Connection) { c.retry = r } }

// WithVersion names the program's version in the User-Agent header.
func WithVersion(version string) Option {
	return func(c *Connection) { c.userAgent = "agencyctl/" + version }
}

// WithServices lets endpoints be given for the hosts of these services too.
func WithServices(services Services) Option { return func(c *Connection) { c.services = services } }

// WithClock replaces time.Now for the dates of signatures.
func WithClock(now func() time.Time) Option { return func(c *Connection) { c.now = now } }

// WithGuards shares guards with the other connections of a run. Without it a connection has guards of its own.
func WithGuards(guards *Guards) Option { return func(c *Connection) { c.guards = guards } }

// WithMetadataURL replaces the address of a cloud server's metadata service.
func WithMetadataURL(base string) Option { return func(c *Connection) { c.metadataURL = base } }

// WithDial replaces how connections are opened.
func WithDial(dial func(ctx context.Context, network, address string) (net.Conn, error)) Option {
	return func(c *Connection) { c.dial = dial }
}

// Connect prepares a connection. It makes calls only where it must: to the metadata service, if no other credentials are
// found, and to the cloud, if no account id is given. ctx bounds only these. The error wraps [auth.ErrNoCredentials],
// [ErrBadEndpoint] or [ErrBadTransport], is about a variable that looks like one of ours and is none, or is the one of such a call. It
// never holds the value of a credential. With a recording in the target, the connection is that of [Recall].
func Connect(ctx context.Context, target providers.Target, options ...Option) (*Connection, error) {
	if target.Recorded != nil {
		return Recall(target), nil
	}
	c := &Connection{
		cloud: target.Cloud, retry: DefaultRetry(), logger: target.Logger, userAgent: "agencyctl/dev", now: time.Now,
		guards: new(Guards), metadataURL: auth.MetadataURL, limiters: map[string]*limiter{}, record: target.Record,
	}
	for _, option := range options {
		option(c)
	}
	if c.logger == nil {
		c.logger = slog.New(slog.DiscardHandler)
	}
	known := hosts(ownHosts).with(c.services)
	if err := known.checkVariables(target, c.logger); err != nil {
		return nil, err
	}
	found, err := auth.Find(auth.Wanted{
		Account: target.Account, Region: c.cloud.Region, Assume: target.Assume, Getenv: target.Getenv, KeyVariables: c.Traits().KeyVariables,
	})
	if err != nil {
		return nil, err
	}
	if c.endpoints, err = endpointsFor(target, known); err != nil {
		return nil, err
	}
	if err := c.endpoints.adopt(found.AuthURL, found.AuthURLFrom); err != nil {
		return nil, err
	}
	if c.rate, err = limitOf(target.Rate); err != nil {
		return nil, err
	}
	getenv := target.Getenv
	if getenv == nil {
		getenv = func(string) string { return "" }
	}
	if c.transport, err = newTransport(getenv, found, c.logger); err != nil {
		return nil, err
	}
	if c.dial != nil {
		c.transport.DialContext = c.dial
	}
	if found.Region != "" && c.cloud.Region != "" && found.Region != c.cloud.Region {
		c.logger.Warn("ignored: calls are made in the region of the manifest, or of --region",
			"setting", found.RegionFrom, "region", c.cloud.Region)
	}
	c.client = &http.Client{
		Transport: c.transport,
		// A signature holds for one host and path, so following a redirect could only leak it.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	c.auth, err = auth.New(ctx, auth.Config{
		CloudKind:    c.cloud.Kind,
		AgencyKey:    c.Traits().AgencyKey,
		STS:          c.Traits().IdentityV5,
		KeyVariables: c.Traits().KeyVariables,
		Guards:       c.guards,
		Do:           c.doForAuth,
		Redact:       c.redactor.learn,
		Now:          c.now,
		MetadataURL:  c.metadataURL,
	}, found)
	if err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// DomainID returns the id of the account that calls are made in: the user's claim, or the cloud's answer where there is no
// claim. [Connection.ConfirmedAccount] asks the cloud.
func (c *Connection) DomainID() string {
	if c.recorded != nil {
		return c.recorded.Account.ID
	}
	return c.auth.AccountID()
}

// ConfirmedAccount returns the account as the cloud reports it: see [auth.Authenticator.ConfirmedAccount].
func (c *Connection) ConfirmedAccount(ctx context.Context) (plan.Account, error) {
	if c.recorded != nil {
		return c.recorded.Account, nil
	}
	return c.auth.ConfirmedAccount(ctx)
}

// WhoAmI asks the cloud who we are: see [auth.Authenticator.WhoAmI]. Safe for concurrent use.
func (c *Connection) WhoAmI(ctx context.Context) (providers.Identity, error) {
	if c.recorded != nil {
		return providers.Identity{}, errNoCalls
	}
	return c.auth.WhoAmI(ctx)
}

// Cloud returns the cloud and the region of the connection.
func (c *Connection) Cloud() plan.Cloud { return c.cloud }

// Traits returns the traits of the connection's cloud.
func (c *Connection) Traits() Traits { return TraitsOf(c.cloud.Kind) }

// TraceRegion returns the region that keeps the traces of services without regions. Huawei Cloud has one on its Chinese and one on its
// international site. Which of these an account is of is not known, so it is taken from the region of the cloud. "" is not known.
func (c *Connection) TraceRegion() string {
	central := c.Traits().TraceRegions
	switch {
	case len(central) == 0:
		return c.cloud.Region
	case strings.HasPrefix(c.cloud.Region, "cn-") || c.cloud.Region == "":
		return central[0]
	}
	return central[1]
}

// Redact returns text of an answer fit for a terminal: without secrets, on one line, without control characters, shortened.
func (c *Connection) Redact(text string) string { return c.redactor.line(text) }

// Close closes idle connections. Running calls are not disturbed.
func (c *Connection) Close() {
	if c.transport != nil {
		c.transport.CloseIdleConnections()
	}
}
