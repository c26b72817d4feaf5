package notify_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/notify"
)

// TestNoFailureIsTakenForASuccess: a 200 with an error code least of all. All bodies and headers give back the secrets.
func TestNoFailureIsTakenForASuccess(t *testing.T) {
	const robots = "feishu dingtalk wecom"
	for name, test := range map[string]struct {
		kinds, body string
		status      int
		want        string
		calls       int
	}{
		"a bad signature, as Feishu says it":   {"feishu", `{"code":19021,"msg":"sign match fail ECHO"}`, 200, "refused with code 19021: the signature is refused: check the variable with the secret, and the clock of this machine", 1},
		"an older answer of Feishu":            {"feishu", `{"StatusCode":19001,"StatusMessage":"ECHO"}`, 200, "refused with code 19001: nobody has such a robot", 1},
		"two codes, one of them bad":           {"feishu", `{"code":0,"StatusCode":9499}`, 200, "refused with code 9499", 1},
		"a keyword that DingTalk wants":        {"dingtalk", `{"errcode":310000,"errmsg":"keywords not in content ECHO"}`, 200, `refused with code 310000: a security setting of the robot refuses it: its keyword (set it to "agencyctl"`, 1},
		"too fast for DingTalk":                {"dingtalk", `{"errcode":130101,"errmsg":"send too fast ECHO"}`, 200, "refused with code 130101: more than 20 messages in a minute: the robot is silent for ten minutes", 1},
		"a robot that WeCom does not have":     {"wecom", `{"errcode":93000,"errmsg":"invalid webhook url ECHO"}`, 200, "refused with code 93000: nobody has such a robot", 1},
		"a code in quotes":                     {robots, `{"code":"40035","errcode":"40035"}`, 200, "refused with code 40035", 1},
		"an unknown code":                      {robots, `{"code":-1,"errcode":-1}`, 200, "refused with code -1", 1},
		"no code":                              {robots, `{"ok":true,"msg":"ECHO"}`, 200, "the answer is not that of such a chat: check the URL", 1},
		"a code that is none":                  {robots, `{"code":null,"errcode":[]}`, 200, "the answer is not that of such a chat", 1},
		"a code that is no whole number":       {robots, `{"code":0.5,"errcode":1e99}`, 200, "the answer is not that of such a chat", 1},
		"a page":                               {robots, `<html><body>please log in: ECHO</body></html>`, 200, "the answer is not that of such a chat", 1},
		"nothing":                              {robots, ``, 200, "the answer is not that of such a chat", 1},
		"a list":                               {robots, `[0]`, 200, "the answer is not that of such a chat", 1},
		"an endless body":                      {robots, `{"code":0,"errcode":0,"x":"` + strings.Repeat("x", 1<<20) + `"}`, 200, "the answer is not that of such a chat", 1},
		"a success in an endless body":         {robots, `{"code":0,"errcode":0}` + strings.Repeat(" ", 1<<20), 200, "the answer is not that of such a chat", 1},
		"an error of the server":               {"feishu dingtalk wecom webhook", `ECHO`, 500, "the answer is HTTP 500 (3 attempts)", 3},
		"a gateway's error":                    {"feishu dingtalk wecom webhook", `{"code":0,"errcode":0}`, 502, "the answer is HTTP 502 (3 attempts)", 3},
		"a success with a status that is none": {"feishu dingtalk wecom webhook", `{"code":0,"errcode":0}`, 400, "the answer is HTTP 400", 1},
		"not found":                            {"feishu dingtalk wecom webhook", `ECHO`, 404, "the answer is HTTP 404: check the URL", 1},
		"refused":                              {"feishu dingtalk wecom webhook", `ECHO`, 403, "the answer is HTTP 403: check the URL and the secret", 1},
		"never there":                          {"feishu dingtalk wecom webhook", `ECHO`, 501, "the answer is HTTP 501", 1},
	} {
		for kind := range strings.FieldsSeq(test.kinds) {
			t.Run(name+": "+kind, func(t *testing.T) {
				f := serve(t, func(_ int, w http.ResponseWriter, r *http.Request) { echo(w, r, test.status, test.body) })
				assert.Contains(t, send(t, kind, f.URL, quick(), message()), test.want)
				assert.EqualValues(t, test.calls, f.calls.Load())
			})
		}
	}
}

// TestWhatMayPassIsTriedAgain, and sent once when it has passed.
func TestWhatMayPassIsTriedAgain(t *testing.T) {
	for name, test := range map[string]struct {
		kind  string
		first func(w http.ResponseWriter)
	}{
		"too many requests": {"webhook", func(w http.ResponseWriter) { w.WriteHeader(http.StatusTooManyRequests) }},
		"a wait in seconds": {"dingtalk", func(w http.ResponseWriter) {
			w.Header().Set("Retry-After", "0")
			w.WriteHeader(http.StatusServiceUnavailable)
		}},
		"a wait until a day that is over": {"wecom", func(w http.ResponseWriter) {
			w.Header().Set("Retry-After", stamp.Add(-time.Hour).Format(http.TimeFormat))
			w.WriteHeader(http.StatusTooManyRequests)
		}},
		"too fast for Feishu": {"feishu", func(w http.ResponseWriter) { _, _ = io.WriteString(w, `{"code":11232}`) }},
		"a connection that is cut": {"feishu", func(w http.ResponseWriter) {
			panic(http.ErrAbortHandler)
		}},
		"an answer that is cut": {"feishu", func(w http.ResponseWriter) {
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, `{"code":0`)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			f := serve(t, func(call int, w http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
				if call == 1 {
					test.first(w)
					return
				}
				_, _ = io.WriteString(w, `{"code":0,"errcode":0}`)
			})
			require.Empty(t, send(t, test.kind, f.URL, quick(), message()))
			assert.EqualValues(t, 2, f.calls.Load())
		})
	}
}

func TestAWaitBeyondTheTimeIsNotWaitedFor(t *testing.T) {
	for _, wait := range []string{"600", stamp.Add(10 * time.Minute).Format(http.TimeFormat)} {
		f := serve(t, func(_ int, w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Retry-After", wait)
			echo(w, r, http.StatusTooManyRequests, "")
		})
		assert.Contains(t, send(t, "webhook", f.URL, quick(), message()), "the answer is HTTP 429 (the next attempt could only be made after 10m0s)")
		assert.EqualValues(t, 1, f.calls.Load())
	}
}

func TestARedirectIsNotFollowed(t *testing.T) {
	other := serve(t, func(_ int, w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, `{"code":0}`) })
	for _, status := range []int{301, 302, 303, 307, 308} {
		f := serve(t, func(_ int, w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, other.URL+"/canary", status)
		})
		for _, kind := range []string{"feishu", "webhook"} {
			assert.Contains(t, send(t, kind, f.URL, quick(), message()), "a redirect, which is not followed")
		}
	}
	assert.Zero(t, other.calls.Load())
}

func TestASilentServerIsLeft(t *testing.T) {
	silent := make(chan struct{})
	f := serve(t, func(_ int, _ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		select {
		case <-silent:
		case <-r.Context().Done():
		}
	})
	defer close(silent)
	pace := quick()
	pace.Attempt = 20 * time.Millisecond
	assert.Contains(t, send(t, "webhook", f.URL, pace, message()), "no answer within 20ms (3 attempts)")
	assert.EqualValues(t, 3, f.calls.Load())

	ctx, cancel := context.WithCancelCause(t.Context())
	stopped := errors.New("somebody pressed Ctrl-C")
	time.AfterFunc(20*time.Millisecond, func() { cancel(stopped) })
	err := target(t, "webhook", f.URL, notify.DefaultPace(), io.Discard).Send(ctx, message())
	require.ErrorIs(t, err, stopped)
	assert.Contains(t, err.Error(), "the run was stopped")
	assert.NotContains(t, err.Error(), "canary")
}

func TestAConnectionThatFailsIsToldWithoutItsURL(t *testing.T) {
	closed := httptest.NewServer(nil)
	closed.Close()
	assert.Contains(t, send(t, "feishu", closed.URL, quick(), message()), "connection refused (3 attempts)")

	cut := serve(t, func(int, http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	assert.Contains(t, send(t, "feishu", cut.URL, quick(), message()), "the connection failed (3 attempts)")

	untrusted := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("it was called") }))
	untrusted.Config.ErrorLog = log.New(io.Discard, "", 0)
	untrusted.StartTLS()
	defer untrusted.Close()
	assert.Contains(t, send(t, "feishu", untrusted.URL, quick(), message()), "the certificate is not trusted")

	f := serve(t, func(int, http.ResponseWriter, *http.Request) {})
	assert.Contains(t, send(t, "feishu", strings.Replace(f.URL, "http://", "https://", 1), quick(), message()), "the server does not speak TLS")
}

func TestATopicGetsItsLimits(t *testing.T) {
	spec, err := notify.Parse("smn=urn:smn:cn-north-4:0:alarms")
	require.NoError(t, err)
	var subject, body string
	to := notify.NewTopic(spec, func(_ context.Context, s, m string) error {
		subject, body = s, m
		return nil
	}, notify.Settings{})
	m := message()
	require.NoError(t, to.Send(t.Context(), m))
	assert.Equal(t, m.Subject, subject)
	assert.Equal(t, plainMessage, body)
	m.Subject, m.Lists[0].Lines = strings.Repeat("三", 400)+"\n", slicesOf(5000, strings.Repeat("三", 50))
	require.NoError(t, to.Send(t.Context(), m))
	assert.Equal(t, strings.Repeat("三", 169)+"...", subject)
	assert.LessOrEqual(t, len(body), 256<<10)
	assert.Regexp(t, `\nand [0-9]+ more\n`, body)

	to = notify.NewTopic(spec, func(ctx context.Context, _, _ string) error {
		<-ctx.Done()
		return ctx.Err()
	}, notify.Settings{Pace: notify.Pace{Whole: time.Millisecond}})
	assert.EqualError(t, to.Send(t.Context(), message()), "notification smn=urn:smn:cn-north-4:0:alarms was not sent: context deadline exceeded")
	to.Close()
}

func TestTheEnvironmentIsReadWithoutBeingShown(t *testing.T) {
	for value, want := range map[string]string{
		"":                                "AGENCYCTL_NOTIFY_OPS_NIGHT_URL is not set",
		"http://hooks.example/canary":     "AGENCYCTL_NOTIFY_OPS_NIGHT_URL must begin with https://",
		"ftp://hooks.example/canary":      "must begin with https://",
		"hooks.example/canary":            "is not a URL",
		"https:canary":                    "is not a URL",
		"https:///canary":                 "is not a URL",
		"https://hooks.example/%zcanary":  "is not a URL",
		"https://hooks.example/\x00":      "is not a URL",
		"https://a:canary@hooks.example/": "holds a user name",
		"https://hooks.example/#canary":   "has a fragment",
		"http://127.0.0.1.canary.example": "must begin with https://",
	} {
		spec, err := notify.Parse("webhook=ops-night")
		require.NoError(t, err)
		_, err = notify.New(spec, notify.Settings{Getenv: func(name string) string {
			return map[string]string{"AGENCYCTL_NOTIFY_OPS_NIGHT_URL": value}[name]
		}})
		require.ErrorContains(t, err, want, value)
		assert.NotContains(t, err.Error(), "canary", value)
		assert.True(t, strings.HasPrefix(err.Error(), "webhook=ops-night: "), err)
	}
	spec, err := notify.Parse("wecom=ops")
	require.NoError(t, err)
	_, err = notify.New(spec, notify.Settings{Getenv: func(string) string { return "https://hooks.example/canary" }})
	assert.ErrorContains(t, err, "AGENCYCTL_NOTIFY_OPS_SECRET is set, and messages of this kind have no signature")

	broken := errors.New("no proxy")
	_, err = notify.New(notify.Spec{Kind: "webhook", Name: "ops"}, notify.Settings{
		Getenv:    func(string) string { return "https://hooks.example/canary" },
		Transport: func(func(string) string) (http.RoundTripper, error) { return nil, broken },
	})
	assert.ErrorIs(t, err, broken)
}

func TestATargetIsAName(t *testing.T) {
	for value, want := range map[string]notify.Spec{
		"smn=urn:smn:a:b:c":            {Kind: "smn", Topic: "urn:smn:a:b:c"},
		"smn=example-co=urn:smn:a:b:c": {Kind: "smn", Topic: "urn:smn:a:b:c", Account: "example-co"},
		"webhook=ops-2":                {Kind: "webhook", Name: "ops-2"},
	} {
		got, err := notify.Parse(value)
		require.NoError(t, err)
		assert.Equal(t, want, got)
		assert.Equal(t, value, got.String())
	}
	for value, want := range map[string]string{
		"":                             "write KIND=TARGET, where KIND is smn, feishu, dingtalk, wecom, webhook",
		"slack=canary":                 "write KIND=TARGET",
		"https://hooks.example/canary": "write KIND=TARGET",
		"feishu":                       "a target is a name",
		"feishu=":                      "a target is a name",
		"feishu=https://hooks.example/canary": "a URL is a secret, and others on this machine can read a command line: give the target a name, " +
			"as in feishu=ops, and put the URL into the environment variable AGENCYCTL_NOTIFY_OPS_URL",
		"dingtalk=hooks.example/canary":           "a target is a name",
		"wecom=canary_key":                        "a target is a name",
		"wecom=canary--key":                       "a target is a name",
		"webhook=" + strings.Repeat("canary", 10): "a target is a name",
		"smn=":                "smn: write smn=TOPIC_URN, or smn=ACCOUNT=TOPIC_URN",
		"smn==urn:smn:canary": "smn: write smn=TOPIC_URN",
		"smn=https://hooks.example/canary": "smn: a URL is a secret, and others on this machine can read a command line: give the target a name, " +
			"as in webhook=ops, and put the URL into the environment variable AGENCYCTL_NOTIFY_OPS_URL",
		"smn=example-co=https://hooks.example/canary": "a URL is a secret",
	} {
		_, err := notify.Parse(value)
		require.ErrorContains(t, err, want, value)
		assert.NotContains(t, err.Error(), "canary", value)
	}
	assert.False(t, bytes.ContainsAny([]byte(strings.Join(notify.Kinds(), "")), "=_"))
}
