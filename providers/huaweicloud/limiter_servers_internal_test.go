package huaweicloud

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"
	"golang.org/x/time/rate"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/auth"
)

// The ways in which a server may count. Each returns whether a call at a time of its own clock is one too many.
var countings = map[string]func(limit int) func(now time.Time) bool{
	"any second": func(limit int) func(time.Time) bool {
		var calls []time.Time
		return func(now time.Time) bool {
			calls = append(calls, now)
			within := 0
			for _, call := range calls {
				if now.Sub(call) < time.Second {
					within++
				}
			}
			return within > limit
		}
	},
	"seconds of its clock": func(limit int) func(time.Time) bool {
		calls := map[int64]int{}
		return func(now time.Time) bool {
			calls[now.Unix()]++
			return calls[now.Unix()] > limit
		}
	},
	"a bucket of a second": func(limit int) func(time.Time) bool {
		bucket := rate.NewLimiter(rate.Limit(limit), limit)
		return func(now time.Time) bool { return !bucket.AllowN(now, 1) }
	},
	"a bucket of one": func(limit int) func(time.Time) bool {
		bucket := rate.NewLimiter(rate.Limit(limit), 1)
		return func(now time.Time) bool { return !bucket.AllowN(now, 1) }
	},
}

// counted is a server that counts calls, with a clock that goes wrong by skew.
type counted struct {
	counting     func(limit int) func(now time.Time) bool
	each         bool // counts each API by itself
	skew         time.Duration
	noRetryAfter bool
	tooMany      map[string]func(now time.Time) bool

	mu            sync.Mutex
	let, refused  int
	first, latest time.Time
}

func (s *counted) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := ""
	if s.each {
		key = r.Method + r.URL.Path
	}
	if s.tooMany == nil {
		s.tooMany = map[string]func(time.Time) bool{}
	}
	if s.tooMany[key] == nil {
		s.tooMany[key] = s.counting(defaultRate)
	}
	if s.latest = time.Now(); s.first.IsZero() {
		s.first = s.latest
	}
	if !s.tooMany[key](s.latest.Add(s.skew)) {
		s.let++
		return
	}
	s.refused++
	if !s.noRetryAfter {
		w.Header().Set("Retry-After", "1")
	}
	w.WriteHeader(http.StatusTooManyRequests)
}

// network is a network in memory, so that a bubble of synctest can hold both ends. What is written arrives after the latency, give or
// take the jitter, and in order.
type network struct {
	latency, jitter time.Duration
	accepts         chan net.Conn
	closed          chan struct{}
}

func (n *network) Accept() (net.Conn, error) {
	select {
	case conn := <-n.accepts:
		return conn, nil
	case <-n.closed:
		return nil, net.ErrClosed
	}
}

func (n *network) Close() error   { close(n.closed); return nil }
func (n *network) Addr() net.Addr { return &net.IPAddr{} }

// dial takes a round trip, as a handshake does.
func (n *network) dial(context.Context, string, string) (net.Conn, error) {
	time.Sleep(n.delay() + n.delay())
	client, ours := net.Pipe()
	theirs, server := net.Pipe()
	go n.carry(theirs, ours)
	go n.carry(ours, theirs)
	n.accepts <- server
	return client, nil
}

func (n *network) delay() time.Duration {
	return n.latency/2 + time.Duration((rand.Float64()-0.5)*float64(n.jitter))
}

func (n *network) carry(to, from net.Conn) {
	type packet struct {
		due  time.Time
		data []byte
	}
	packets := make(chan packet, 1000)
	go func() {
		defer to.Close()
		for p := range packets {
			time.Sleep(time.Until(p.due))
			if _, err := to.Write(p.data); err != nil {
				return
			}
		}
	}()
	defer close(packets)
	for {
		buffer := make([]byte, 8<<10)
		read, err := from.Read(buffer)
		if err != nil {
			return
		}
		packets <- packet{time.Now().Add(n.delay()), buffer[:read]}
	}
}

// send sends so many calls over a real connection, 100 at a time, of the paths in turn.
func (s *counted) send(t *testing.T, n *network, calls int, paths ...string) {
	n.accepts, n.closed = make(chan net.Conn), make(chan struct{})
	server := &http.Server{Handler: s, ReadHeaderTimeout: time.Minute}
	go func() { _ = server.Serve(n) }()
	env := map[string]string{auth.EnvAccessKey: "a", auth.EnvSecretKey: "s", auth.EnvDomainID: "d"}
	conn, err := Connect(t.Context(), providers.Target{
		Cloud: plan.Cloud{Kind: HuaweiCloud, Region: "cn-north-4"}, Endpoints: map[string]string{"iam": "http://localhost:1"},
		Getenv: func(name string) string { return env[name] },
	})
	require.NoError(t, err)
	conn.transport.DialContext = n.dial
	group, ctx := errgroup.WithContext(t.Context())
	group.SetLimit(100)
	for i := range calls {
		group.Go(func() error { return conn.Do(ctx, Get(ServiceIAM, "read", nil, "v3", paths[i%len(paths)]), nil) })
	}
	assert.NoError(t, group.Wait())
	conn.Close()
	require.NoError(t, server.Close())
	synctest.Wait()
}

// TestTheLimitIsKeptBusy: the server refuses nothing, and 200 calls take what they must, by the server's own count.
func TestTheLimitIsKeptBusy(t *testing.T) {
	for how, counting := range countings {
		for _, latency := range []time.Duration{20 * time.Millisecond, 200 * time.Millisecond} {
			for _, skew := range []time.Duration{0, 370 * time.Millisecond, -40 * time.Second} {
				t.Run(fmt.Sprintf("%s, %s, %s", how, latency, skew), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						s := &counted{counting: counting, skew: skew}
						s.send(t, &network{latency: latency, jitter: latency / 10}, 200, "roles")
						ideal := 199 * time.Second / defaultRate
						took := s.latest.Sub(s.first)
						t.Logf("%d refused, %.1f%% of what is allowed", s.refused, 100*float64(ideal)/float64(took))
						if how == "a bucket of one" {
							assert.LessOrEqual(t, s.refused, 2*defaultRate, "a burst is not tried again and again")
							assert.LessOrEqual(t, took, ideal*150/100, "what comes early by chance is refused")
							return
						}
						assert.Zero(t, s.refused)
						assert.LessOrEqual(t, took, ideal*100/95)
					})
				})
			}
		}
	}
}

// TestEachAPIHasALane: where the server counts each API by itself, three of them take as long as one, and nothing is refused. Where it
// counts the account, that is learned once.
func TestEachAPIHasALane(t *testing.T) {
	for _, latency := range []time.Duration{20 * time.Millisecond, 200 * time.Millisecond} {
		for name, test := range map[string]struct {
			each, noRetryAfter bool
			calls, refused     int
			ideal              time.Duration
		}{
			"each API":                  {each: true, calls: 600, ideal: 19900 * time.Millisecond},
			"the account":               {calls: 200, refused: 40, ideal: 19900 * time.Millisecond},
			"the account, and no words": {noRetryAfter: true, calls: 200, refused: 40, ideal: 19900 * time.Millisecond},
		} {
			for how, counting := range countings {
				if how == "a bucket of one" {
					continue
				}
				t.Run(fmt.Sprintf("%s, %s, %s", name, how, latency), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						s := &counted{counting: counting, each: test.each, noRetryAfter: test.noRetryAfter}
						s.send(t, &network{latency: latency, jitter: latency / 10}, test.calls, "roles", "projects", "others")
						took := s.latest.Sub(s.first)
						t.Logf("%d refused, %s, %.1f%% of what is allowed", s.refused, took, 100*float64(test.ideal)/float64(took))
						assert.LessOrEqual(t, s.refused, test.refused)
						assert.LessOrEqual(t, took, test.ideal*110/100)
					})
				})
			}
		}
	}
}
