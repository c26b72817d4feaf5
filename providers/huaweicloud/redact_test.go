package huaweicloud

import (
	"encoding/base64"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestSecretsAreTakenOutInEverySpelling(t *testing.T) {
	const secret = `s3/cr+et=&<pass>"word'\x`
	long := strings.Repeat("MIIFOw/Yx+", 400)
	encoded := func(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }
	lower := regexp.MustCompile("%..").ReplaceAllStringFunc(url.QueryEscape(secret), strings.ToLower)
	for name, test := range map[string]struct{ secret, body, leak string }{
		"lower-case percent":         {secret, "bad value " + lower, lower[:10]},
		"percent twice":              {secret, "bad value " + url.QueryEscape(url.QueryEscape(secret)), "cr%252Bet"},
		"a slash escaped in JSON":    {"abc/def/ghi+jkl=", `{"fault":{"x":"token abc\/def\/ghi+jkl="}}`, `abc\/def`},
		"letters escaped in JSON":    {"abc+def<ghi", `{"fault":{"x":"abc\u002Bdef\u003Cghi"}}`, `abc\u002Bdef`},
		"a pair escaped in JSON":     {"abc\U0001F511defghi", `{"fault":{"x":"abc\ud83d\udd11defghi"}}`, `defghi`},
		"HTML":                       {secret, "<?xml version='1.0'?><e>" + html.EscapeString(secret) + "</e>", html.EscapeString(secret)[:12]},
		"base64":                     {"plain-password-1", "echo " + encoded("plain-password-1"), encoded("plain-password-1")[:12]},
		"base64 behind a user":       {"plain-password-1", "Basic " + encoded("ops-bot:plain-password-1"), encoded("ops-bot:plain-password-1")[12:24]},
		"a password that is cut off": {"correct-horse-battery-staple", `{"error_msg":"invalid body: {\"user\":{\"password\":\"correct-horse-battery-st"}`, "correct"},
		"a token that is cut off":    {long, `{"error_msg":"invalid token ` + long[:200] + `..."}`, long[:20]},
		"a token on several lines":   {long[:400], `{"error_msg":"invalid token ` + long[:76] + `\n` + long[76:152] + `\n` + long[152:228] + `"}`, long[:20]},
		"with a space for a plus":    {"abc+def+ghi", "token abc def ghi", "def"},
		"in an endless text":         {"abcdefghijkl", strings.Repeat(" ", maxRedactedBytes-6) + "abcdefghijkl", "abc"},
	} {
		t.Run(name, func(t *testing.T) {
			e := known("AKAKAK", "SKSKSK", test.secret).failure(Call{Operation: "o"}, http.StatusBadRequest, http.Header{}, []byte(test.body))
			assert.NotContains(t, e.Error(), test.leak)
		})
	}
}

func TestWhatIsNoSecretStays(t *testing.T) {
	c := known("AKAKAKAKAK", "correct-horse-battery", "short")
	for _, text := range []string{
		"the agency %41 & co costs 5&lt;6 at C:\\users\\new", "correct horses", "100% of a\\u12", "&#;&", "%", "\\", "",
		"a name, a project and a region: cn-north-4/ops",
	} {
		assert.Equal(t, text, c.line(text))
	}
	assert.Equal(t, `user [redacted]" of [redacted], not found`, c.line(`user correct-horse-b%61XY" of AKAKAKAKAK, not found`))
}

func FuzzRedaction(f *testing.F) {
	f.Add("the key is SECRET%2fkey&amp;more\\n", "SECRET/key&more")
	f.Add("\\ud83d\\udd11 %", "&#x41;%41")
	f.Fuzz(func(t *testing.T, text, secret string) {
		if len(text) > 1<<12 || len(secret) > 1<<10 {
			return
		}
		c := known("AKAKAK", secret)
		shown := c.line(text)
		if len(secret) > len("[redacted]") && secret == strings.ToValidUTF8(secret, "") && !strings.ContainsAny(secret, "[]. \t\r\n") {
			assert.NotContains(t, shown, secret)
		}
	})
}
