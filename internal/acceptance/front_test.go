package acceptance

import (
	"bytes"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/cli"
	"github.com/agencyctl/agencyctl/internal/cloudsim"
	"github.com/agencyctl/agencyctl/providers/huaweicloud"
)

// front is the program at its front door, in this process, before a simulated cloud of its own.
type front struct {
	server *cloudsim.Server
	url    string
	// env is all that the program sees of its environment.
	env map[string]string
	// rate is --rate.
	rate string
	// poll is the first pause between two looks at what was written; 0 means the program's.
	poll time.Duration
	// ahead is added to the simulator's clock.
	ahead   atomic.Int64
	connect cli.Connector
	// before, where set, is called with every request, before the simulator gets it.
	before atomic.Pointer[func(*http.Request)]
	// answer, where set, changes the simulator's answer to a request.
	answer atomic.Pointer[func(*http.Request, []byte) []byte]
	// said is all that any run has printed.
	said bytes.Buffer

	mu sync.Mutex
	// secrets are all that were seen on the wire.
	secrets map[string]bool
}

// newBareFront makes a simulated cloud that nothing serves. The program comes with the demo key. Services give their agencies roles
// that no page names only where the seed has a RoleSeed.
func newBareFront(t testing.TB, o cloudsim.Options) *front {
	t.Helper()
	o.Switches.OnlyPublishedRoles = o.Seed.RoleSeed == ""
	f := &front{rate: "1000", secrets: map[string]bool{}}
	o.Clock = func() time.Time { return time.Now().Add(time.Duration(f.ahead.Load())) }
	server, err := cloudsim.New(o)
	require.NoError(t, err)
	f.server = server
	f.env = keyEnv(server)
	f.connect = hasty()
	return f
}

// newFront serves a simulated cloud until the test ends.
func newFront(t testing.TB, o cloudsim.Options) *front {
	t.Helper()
	f := newBareFront(t, o)
	listening := httptest.NewServer(f.handler())
	t.Cleanup(listening.Close)
	f.url = listening.URL
	return f
}

// handler is the simulated cloud, with what the test does before calls and to answers.
func (f *front) handler() http.Handler {
	return f.watched(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if before := f.before.Load(); before != nil {
			(*before)(r)
		}
		edit := f.answer.Load()
		if edit == nil {
			f.server.ServeHTTP(w, r)
			return
		}
		recorded := httptest.NewRecorder()
		f.server.ServeHTTP(recorded, r)
		w.WriteHeader(recorded.Code)
		_, _ = w.Write((*edit)(r, recorded.Body.Bytes()))
	}))
}

func keyEnv(server *cloudsim.Server) map[string]string {
	return map[string]string{
		"HUAWEICLOUD_SDK_AK": cloudsim.DemoAccessKey, "HUAWEICLOUD_SDK_SK": cloudsim.DemoSecretKey,
		"HUAWEICLOUD_SDK_DOMAIN_ID": server.World().Home,
	}
}

// hasty connects as main does, with less patience: what production waits for seconds and minutes takes no longer than
// the simulator needs.
func hasty(options ...huaweicloud.Option) cli.Connector {
	retry := huaweicloud.DefaultRetry()
	retry.BaseDelay, retry.MaxDelay = 20*time.Millisecond, time.Second
	options = append([]huaweicloud.Option{huaweicloud.WithRetry(retry), huaweicloud.WithGuards(new(huaweicloud.Guards))}, options...)
	return connector(huaweicloud.Lag{Limit: 3 * time.Second, Poll: 100 * time.Millisecond}, options...)
}

// outcome is how one command ended.
type outcome struct {
	code           int
	stdout, stderr string
}

// String shows all of it, for the message of a failed test.
func (o outcome) String() string {
	return fmt.Sprintf("exit code %d\nstdout:\n%s\nstderr:\n%s", o.code, o.stdout, o.stderr)
}

// run executes one command line that talks to the cloud.
func (f *front) run(t testing.TB, args ...string) outcome {
	t.Helper()
	args = append(args, "--endpoint", "iam="+f.url) // where all services are then
	if f.rate != "" {
		args = append(args, "--rate", f.rate)
	}
	return f.offline(t, args...)
}

// offline executes one command line that needs no cloud.
func (f *front) offline(t testing.TB, args ...string) outcome {
	t.Helper()
	var stdout, stderr bytes.Buffer
	env := maps.Clone(f.env)
	code := cli.Run(t.Context(), cli.Env{
		Stdin: bytes.NewReader(nil), Stdout: &stdout, Stderr: &stderr,
		Getenv:   func(name string) string { return env[name] },
		Registry: services.Registry(), Connect: f.connect, PollInterval: f.poll, Version: "test",
	}, args)
	f.said.WriteString(stdout.String() + stderr.String())
	return outcome{code, stdout.String(), stderr.String()}
}

// succeeds runs a command line that must end with exit code 0.
func (f *front) succeeds(t testing.TB, args ...string) outcome {
	t.Helper()
	o := f.run(t, args...)
	require.Zero(t, o.code, "%s", o)
	return o
}

// refused runs a command line that must end before the first write, and say all these words.
func (f *front) refused(t testing.TB, words []string, args ...string) outcome {
	t.Helper()
	o := f.run(t, args...)
	require.Equal(t, 1, o.code, "%s", o)
	for _, word := range words {
		assert.Contains(t, o.stderr, word)
	}
	return o
}
