package huaweicloud

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"net/url"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/auth"
)

// DefaultRate is how many requests a second the clouds allow an account for each service.
const DefaultRate = 10

// Retry bounds the repeating of failed calls.
type Retry struct {
	// BaseDelay is waited, give or take half of it, before the second attempt; each further delay doubles up to MaxDelay.
	BaseDelay, MaxDelay time.Duration
	// MaxAttempts counts the first one too.
	MaxAttempts int
	// MaxElapsed ends the repeating: no attempt starts later than this after the first.
	MaxElapsed time.Duration
	// MaxRetryAfter caps what a server may ask us to wait before the next attempt.
	MaxRetryAfter time.Duration
	// AttemptTimeout bounds one attempt, from dialling to the last byte of the answer.
	AttemptTimeout time.Duration
}

// DefaultRetry is what production uses.
func DefaultRetry() Retry {
	return Retry{
		BaseDelay:      500 * time.Millisecond,
		MaxDelay:       10 * time.Second,
		MaxAttempts:    5,
		MaxElapsed:     2 * time.Minute,
		MaxRetryAfter:  time.Minute,
		AttemptTimeout: 30 * time.Second,
	}
}

// Option changes how a Connection works.
type Option func(*Connection)

// WithRetry replaces [DefaultRetry].
func WithRetry(r Retry) Option { return func(c *Connection) { c.retry = r } }

// WithVersion names the program's version in the User-Agent header.
func WithVersion(version string) Option {
	return func(c *Connection) { c.userAgent = "agencyctl/" + version }
}

// WithClock replaces time.Now for the dates of signatures.
func WithClock(now func() time.Time) Option { return func(c *Connection) { c.now = now } }

// Connection makes calls to one account. It is safe for concurrent use. Close it when done.
type Connection struct {
	access      *access
	secrets     secrets
	metadataURL string
	// account is who the credentials are said to belong to; its id is known once Connect has returned.
	account   plan.Account
	cloud     plan.Cloud
	endpoints endpoints
	client    *http.Client
	transport *http.Transport
	retry     Retry
	logger    *slog.Logger
	userAgent string
	now       func() time.Time

	limit rate.Limit
	mu    sync.Mutex
	// lanes are the queues by service; the vendor counts the calls of an account to each.
	lanes map[string]*lane
	// entrances are shared with the other connections of the run.
	entrances *Entrances
}

// Connect prepares a connection. Calls are made only to find out which account the credentials belong to, and only where
// nobody claims one, and to the metadata service, where nothing else gives credentials: ctx bounds these alone. The error wraps [ErrNoCredentials], [ErrBadEndpoint] or what such a call
// failed with, and never holds the value of a credential.
func Connect(ctx context.Context, target providers.Target, options ...Option) (*Connection, error) {
	found, err := auth.Find(auth.Wanted{Account: target.Account, Assume: target.Assume, Getenv: target.Getenv})
	if err != nil {
		return nil, err
	}
	ends, err := endpointsFor(target)
	if err != nil {
		return nil, err
	}
	if err := ends.adopt(found.AuthURL, found.AuthURLFrom); err != nil {
		return nil, err
	}
	limit, err := limitOf(target.Rate)
	if err != nil {
		return nil, err
	}
	getenv, logger := target.Getenv, target.Logger
	if getenv == nil {
		getenv = func(string) string { return "" }
	}
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	transport, err := newTransport(getenv, logger)
	if err != nil {
		return nil, err
	}
	c := &Connection{
		metadataURL: metadataURL,
		cloud:       target.Cloud,
		endpoints:   ends,
		transport:   transport,
		client: &http.Client{
			Transport: transport,
			// A signature holds for one host and path, so following a redirect could only leak it.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		retry:     DefaultRetry(),
		logger:    logger,
		userAgent: "agencyctl/dev",
		now:       time.Now,
		limit:     limit,
		lanes:     map[string]*lane{},
		entrances: NewEntrances(),
	}
	for _, option := range options {
		option(c)
	}
	if err := c.admit(ctx, found); err != nil {
		c.Close()
		return nil, err
	}
	if err := c.discover(ctx); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// limitOf reads Target.Rate: 0 is the default, a negative or infinite rate no limit.
func limitOf(perSecond float64) (rate.Limit, error) {
	switch {
	case math.IsNaN(perSecond):
		return 0, fmt.Errorf("%w: the rate is not a number", providers.ErrInvalid)
	case perSecond == 0:
		return DefaultRate, nil
	case perSecond < 0 || math.IsInf(perSecond, 1):
		return rate.Inf, nil
	}
	return rate.Limit(perSecond), nil
}

// lane returns the queue of a service.
func (c *Connection) lane(service string) *lane {
	c.mu.Lock()
	defer c.mu.Unlock()
	l, ok := c.lanes[service]
	if !ok {
		l = newLane(c.limit)
		c.lanes[service] = l
	}
	return l
}

// DomainID returns the id of the account that calls are made in: as the user claims it, or where nobody does, as the
// cloud told it. [Connection.ConfirmedAccount] asks the cloud.
func (c *Connection) DomainID() string { return c.account.ID }

// Cloud returns which cloud and region the connection is for.
func (c *Connection) Cloud() plan.Cloud { return c.cloud }

// Next returns path and query of a link to a further page. A link to another host is an error: it would carry our
// signature there.
func (c *Connection) Next(service, link string) (path []string, query url.Values, err error) {
	base, err := c.endpoints.of(service, "")
	if err != nil {
		return nil, nil, err
	}
	u, err := url.Parse(link)
	if err != nil {
		return nil, nil, fmt.Errorf("%w: the link to the next page is not a URL", providers.ErrInvalid)
	}
	if u.Host != "" && (u.Host != base.Host || u.Scheme != base.Scheme) || u.User != nil {
		return nil, nil, fmt.Errorf("%w: the link to the next page leads to another host", providers.ErrInvalid)
	}
	query, err = url.ParseQuery(u.RawQuery)
	if err != nil {
		return nil, nil, fmt.Errorf("%w: the link to the next page has a malformed query", providers.ErrInvalid)
	}
	return splitPath(u.Path), query, nil
}

// Close lets go of idle connections. Running calls are not disturbed.
func (c *Connection) Close() { c.transport.CloseIdleConnections() }
