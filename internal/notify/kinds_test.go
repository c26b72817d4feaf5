package notify_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/notify"
)

// The signatures of stamp and secret, made by another program.
const (
	feishuSign   = "EWgY9bQzb0hJBtN7voVFBIRwr0jHtNdl8HnswpTei7k="
	dingTalkSign = "3h5qds/sX8cNPetUqwYOxruog+QiWs1tam+haS/fETQ="
	webhookSign  = "0752d9e0a62055463f346088574253be9165fdda6a37b28c32cf477660546944"
)

// chats verify what they get as their documentation says, and answer as they do to a message that is right.
var chats = map[string]func(t *testing.T, w http.ResponseWriter, r *http.Request) (text string){
	"feishu": func(t *testing.T, w http.ResponseWriter, r *http.Request) string {
		var body struct {
			Timestamp, Sign string
			MsgType         string `json:"msg_type"`
			Content         struct{ Text string }
		}
		assert.LessOrEqual(t, r.ContentLength, int64(20_000))
		decode(t, r, &body)
		assert.Equal(t, "1924992000", body.Timestamp)
		assert.Equal(t, feishuSign, body.Sign)
		assert.Equal(t, "text", body.MsgType)
		assert.Equal(t, "key="+token, r.URL.RawQuery)
		fmt.Fprint(w, `{"code":0,"data":{},"msg":"success","StatusCode":0,"StatusMessage":"success"}`)
		return body.Content.Text
	},
	"dingtalk": func(t *testing.T, w http.ResponseWriter, r *http.Request) string {
		var body struct {
			MsgType string
			Text    struct{ Content string }
			At      struct{ IsAtAll bool }
		}
		assert.LessOrEqual(t, r.ContentLength, int64(20_000))
		decode(t, r, &body)
		query := r.URL.Query()
		assert.Equal(t, "1924992000000", query.Get("timestamp"))
		assert.Equal(t, dingTalkSign, query.Get("sign"))
		assert.Equal(t, token, query.Get("key"), "what the URL has, stays")
		assert.Equal(t, "text", body.MsgType)
		assert.False(t, body.At.IsAtAll)
		fmt.Fprint(w, `{"errcode":0,"errmsg":"ok"}`)
		return body.Text.Content
	},
	"wecom": func(t *testing.T, w http.ResponseWriter, r *http.Request) string {
		var body struct {
			MsgType string
			Text    struct{ Content string }
		}
		decode(t, r, &body)
		assert.Equal(t, "text", body.MsgType)
		assert.LessOrEqual(t, len(body.Text.Content), 2048)
		assert.Equal(t, "key="+token, r.URL.RawQuery)
		fmt.Fprint(w, `{"errcode":0,"errmsg":"ok"}`)
		return body.Text.Content
	},
	"webhook": func(t *testing.T, w http.ResponseWriter, r *http.Request) string {
		body, err := io.ReadAll(r.Body)
		assert.NoError(t, err)
		assert.Equal(t, "1924992000", r.Header.Get("X-Agencyctl-Timestamp"))
		mac := hmac.New(sha256.New, []byte(secret))
		mac.Write(append([]byte(r.Header.Get("X-Agencyctl-Timestamp")+"."), body...))
		assert.Equal(t, "sha256="+hex.EncodeToString(mac.Sum(nil)), r.Header.Get("X-Agencyctl-Signature"))
		w.WriteHeader(http.StatusAccepted)
		return string(body)
	},
}

func TestEveryKindIsTakenByWhoVerifiesIt(t *testing.T) {
	long := notify.Message{Subject: strings.Repeat("三更", 400), Foot: []string{strings.Repeat(`"`, 4000), strings.Repeat("x", 4000)}}
	for range 2 {
		long.Lists = append(long.Lists, notify.List{Lines: slicesOf(200, strings.Repeat(`c:\"`, 100)), More: 7})
	}
	long.Document = []byte("[]")
	for kind := range chats {
		t.Run(kind, func(t *testing.T) {
			chat := &robot{t: t, kind: kind}
			f := serve(t, func(_ int, w http.ResponseWriter, r *http.Request) {
				assert.Equal(t, http.MethodPost, r.Method)
				assert.Equal(t, "/hook/"+token, r.URL.Path)
				assert.Equal(t, "application/json; charset=utf-8", r.Header.Get("Content-Type"))
				chat.ServeHTTP(w, r)
			})
			require.Empty(t, send(t, kind, f.URL, quick(), message()))
			want := plainMessage
			if kind == "webhook" {
				want = `{"a":"<b>"}`
			}
			assert.Equal(t, want, chat.text)
			require.Empty(t, send(t, kind, f.URL, quick(), long))
			assert.EqualValues(t, 2, f.calls.Load(), "one call a message")
		})
	}
}

func slicesOf(n int, text string) (all []string) {
	for range n {
		all = append(all, text)
	}
	return all
}

// TestSignaturesAreThoseOfAnotherProgram: the webhook's is of this body too.
func TestSignaturesAreThoseOfAnotherProgram(t *testing.T) {
	f := serve(t, func(_ int, w http.ResponseWriter, r *http.Request) {
		assert.Equal(t, "sha256="+webhookSign, r.Header.Get("X-Agencyctl-Signature"))
	})
	require.Empty(t, send(t, "webhook", f.URL, quick(), message()))
}

func TestWithoutASecretNothingIsSigned(t *testing.T) {
	for _, kind := range []string{"feishu", "dingtalk", "webhook"} {
		var query, body, signature string
		f := serve(t, func(_ int, w http.ResponseWriter, r *http.Request) {
			text, _ := io.ReadAll(r.Body)
			query, body, signature = r.URL.RawQuery, string(text), r.Header.Get("X-Agencyctl-Signature")
			fmt.Fprint(w, `{"code":0,"errcode":0}`)
		})
		spec, err := notify.Parse(kind + "=ops")
		require.NoError(t, err)
		to, err := notify.New(spec, notify.Settings{Pace: quick(), Getenv: func(name string) string {
			return map[string]string{"AGENCYCTL_NOTIFY_OPS_URL": f.URL + "/x?a=b"}[name]
		}})
		require.NoError(t, err)
		require.NoError(t, to.Send(t.Context(), message()))
		to.Close()
		assert.Equal(t, "a=b", query)
		assert.NotContains(t, body, "sign")
		assert.NotContains(t, body, "timestamp")
		assert.Empty(t, signature)
	}
}
