package notify

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestWholeLinesAreCutAndCounted(t *testing.T) {
	var lines []string
	for i := range 100 {
		lines = append(lines, fmt.Sprintf("line %03d %s", i, strings.Repeat("x", 40)))
	}
	m := Message{Subject: "subject", Lists: []List{{Lines: lines[:3], More: 2}, {}, {Lines: lines, More: 11}}, Foot: []string{"foot"}}
	text := m.text(maxWeCom)
	got := strings.Split(text, "\n")
	assert.Equal(t, "subject", got[0])
	assert.Equal(t, []string{"", lines[0], lines[1], lines[2], "and 2 more", "", lines[0]}, got[1:8])
	n := len(got)
	assert.Equal(t, []string{"", "foot"}, got[n-2:])
	kept := n - 3 - 7 // without foot, count, and what is above
	assert.Equal(t, fmt.Sprintf("and %d more", 111-kept), got[n-3])
	assert.Equal(t, lines[kept-1], got[n-4], "no line is cut in itself")
	assert.Greater(t, len(text), maxWeCom-2*len(lines[0]), "what has room is there")
	m.Lists = []List{{Lines: lines}, {Lines: []string{"the second list"}, More: 5}}
	assert.Contains(t, m.text(maxWeCom), "\n\nthe second list\nand 5 more\n\nfoot", "no list takes the room of another")
	assert.Equal(t, "subject\n\n"+lines[0]+"\n\nfoot", Message{Subject: "subject", Lists: []List{{}, {Lines: lines[:1]}}, Foot: []string{"foot"}}.text(maxWeCom))
}

func TestMarkupIsNone(t *testing.T) {
	for text, want := range map[string]string{
		`ops <at user_id="all">all</at>`:        `ops \u003cat user_id="all"\u003eall\u003c/at\u003e`,
		`&lt;at user_id="all"&gt;`:              `\u0026lt;at user_id="all"\u0026gt;`,
		`[click](https://evil.example)`:         `\u005bclick\u005d(https:\u002f/evil.example)`,
		`https:////evil.example`:                `https:\u002f\u002f\u002f/evil.example`,
		"<@all> 【x】 `y`":                        `\u003c\u0040all\u003e \u3010x\u3011 \u0060y\u0060`,
		"www.evil.com%2Fx @all":                 `www\u002eevil.com%2Fx \u0040all`,
		"WwW。evil.com xwww．evil ＠所有人":           `WwW\u3002evil.com xwww\uff0eevil \uff20所有人`,
		"@everyone @_user_1 me@evil.example":    `\u0040everyone \u0040_user_1 me\u0040evil.example`,
		"iam/ops.yaml:3: obs:bucket.Get ww. 。w": "iam/ops.yaml:3: obs:bucket.Get ww. 。w",
		"a\u202eb\u200bc\x00\x1b[31m\u2028\xff": `a\u202eb\u200bc\u0000\u001b\u005b31m\u2028\ufffd`,
		"grant/ops_x/project:cn-north-4/三*更":    "grant/ops_x/project:cn-north-4/三*更",
	} {
		assert.Equal(t, want, plain(text))
	}
}

// FuzzText: whatever the lines, the text keeps to its limit, is one for chats, and has the head and the foot.
func FuzzText(f *testing.F) {
	f.Add("agencyctl drift: 1 changed", "grant/ops/domain/\"Security\" <at user_id=\"all\">", "to look: x", 40, 3)
	f.Add(strings.Repeat("三", 300), strings.Repeat("\\\"", 400), strings.Repeat("\u202e", 100), 200, 0)
	f.Add("www.a", "wWW.b @all", "www.c@d", 3, 0)
	f.Add("\xff\xfe", "http://a\n\r\t", "", 1, 1<<40)
	f.Fuzz(func(t *testing.T, subject, line, foot string, n, more int) {
		if n < 0 || n > 300 || more < 0 || more > 1<<40 || len(line) > 1<<12 {
			return
		}
		m := Message{Subject: subject, Foot: []string{foot, foot}, Lists: []List{{Lines: []string{line, subject}, More: more}, {More: more}}}
		for i := range n {
			m.Lists[1].Lines = append(m.Lists[1].Lines, line[i%(len(line)+1):])
		}
		for _, limit := range []int{maxWeCom, maxFeishu, maxTopicText} {
			text := m.text(limit)
			body, err := json.Marshal(text)
			require.NoError(t, err)
			require.LessOrEqual(t, len(encode(text))-2, limit)
			require.LessOrEqual(t, len(body), 6*limit)
			require.True(t, utf8.ValidString(text))
			require.NotContains(t, text, "<")
			require.NotContains(t, text, "//")
			require.NotContains(t, text, "@")
			require.NotRegexp(t, `(?i)www\.[^.]`, text)
			require.True(t, strings.HasSuffix(text, lines([]string{foot})[0]))
			for _, r := range text {
				require.True(t, r == '\n' || unicode.IsPrint(r), "%q", r)
			}
		}
		require.LessOrEqual(t, len(subjectOf(m)), maxSubject)
		require.NotContains(t, subjectOf(m), "\n")
	})
}

// FuzzVerdict: whatever a server answers, it is a success only where every code that is there is 0, and one is.
func FuzzVerdict(f *testing.F) {
	for _, body := range []string{`{"code":0,"StatusCode":0}`, `{"errcode":"0"}`, `{"code":0,"StatusCode":1}`, `{"code":1e0}`, `[`, `{"code":{"code":0}}`, `null`} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		for name, k := range kinds {
			code, ok := k.verdict(body)
			if k.codes == nil || !ok || code != 0 {
				continue
			}
			var answer map[string]any
			require.NoError(t, json.Unmarshal(body, &answer), name)
			zeros := 0
			for _, key := range k.codes {
				if value, there := answer[key]; there {
					require.Contains(t, []any{0.0, "0", "-0"}, value, name)
					zeros++
				}
			}
			require.Positive(t, zeros, name)
		}
	})
}
