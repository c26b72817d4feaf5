package notify_test

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/agencyctl/agencyctl/internal/notify"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// The secrets of all targets. No text may hold one.
const (
	token  = "canary-token-in-the-url"
	secret = "SECcanary-secret-of-the-robot"
)

// stamp is the time of all messages.
var stamp = time.Date(2031, time.January, 1, 0, 0, 0, 0, time.UTC)

// quick is the pace of production, without the waiting.
func quick() notify.Pace {
	return notify.Pace{Attempts: 3, Attempt: 10 * time.Second, Whole: 30 * time.Second, Pause: time.Millisecond}
}

// message is a short message.
func message() notify.Message {
	return notify.Message{
		Subject:  "agencyctl drift: one thing",
		Lists:    []notify.List{{Lines: []string{"agency/ops-probe: unexpected"}}},
		Foot:     []string{"to look: agencyctl drift -f iam/"},
		Document: []byte(`{"a":"<b>"}`),
	}
}

const plainMessage = "agencyctl drift: one thing\n\nagency/ops-probe: unexpected\n\nto look: agencyctl drift -f iam/"

// fake is the server of a target.
type fake struct {
	*httptest.Server
	calls atomic.Int32
}

func serve(t *testing.T, handler func(call int, w http.ResponseWriter, r *http.Request)) *fake {
	t.Helper()
	f := &fake{}
	f.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		handler(int(f.calls.Add(1)), w, r)
	}))
	t.Cleanup(f.Close)
	return f
}

// target returns a target of a kind with its secrets, whose log goes to the writer.
func target(t *testing.T, kind, base string, pace notify.Pace, log io.Writer) *notify.Target {
	t.Helper()
	return targetBy(t, kind, base, pace, log, nil)
}

func targetBy(t *testing.T, kind, base string, pace notify.Pace, log io.Writer, transport notify.Transport) *notify.Target {
	t.Helper()
	spec, err := notify.Parse(kind + "=ops-night")
	require.NoError(t, err)
	variables := map[string]string{
		"AGENCYCTL_NOTIFY_OPS_NIGHT_URL": base + "/hook/" + token + "?key=" + token, "AGENCYCTL_NOTIFY_OPS_NIGHT_SECRET": secret,
	}
	if kind == "wecom" {
		delete(variables, "AGENCYCTL_NOTIFY_OPS_NIGHT_SECRET")
	}
	to, err := notify.New(spec, notify.Settings{
		Getenv: func(name string) string { return variables[name] }, Now: func() time.Time { return stamp }, Pace: pace, Transport: transport,
		Logger: slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	require.NoError(t, err)
	t.Cleanup(to.Close)
	return to
}

// send sends a message, and holds all that is told of it against the secrets. It returns the error's text.
func send(t *testing.T, kind, base string, pace notify.Pace, m notify.Message) string {
	t.Helper()
	var log bytes.Buffer
	err := target(t, kind, base, pace, &log).Send(t.Context(), m)
	require.Contains(t, log.String(), "target="+`"`+kind+"=ops-night"+`"`, "attempts are logged")
	text := ""
	if err != nil {
		text = err.Error()
		require.True(t, strings.HasPrefix(text, "notification "+kind+"=ops-night was not sent: "), text)
	}
	host, parseErr := url.Parse(base)
	require.NoError(t, parseErr)
	for _, told := range []string{text, log.String()} {
		for _, no := range []string{"canary", "/hook", host.Host} {
			assert.NotContains(t, told, no)
		}
	}
	return text
}

// echo answers with an error body that gives back all that was sent, as gateways do.
func echo(w http.ResponseWriter, r *http.Request, status int, body string) {
	w.Header().Set("X-Echo", r.URL.String())
	w.WriteHeader(status)
	_, _ = io.WriteString(w, strings.ReplaceAll(body, "ECHO", r.URL.String()+" "+secret))
}

// decode reads a body strictly.
func decode(t *testing.T, r *http.Request, into any) {
	t.Helper()
	decoder := json.NewDecoder(r.Body)
	decoder.DisallowUnknownFields()
	assert.NoError(t, decoder.Decode(into))
}
