package notify

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// kind is a kind of target that takes a POST.
type kind struct {
	// signs says that a message can be signed.
	signs bool
	// encode returns what is sent, without a signature where secret is "".
	encode func(m Message, secret string, now time.Time) delivery
	// codes are the keys of the body of an answer with status 2xx that hold 0 for a success: one at least is there, and none holds
	// another number. Nil takes any body.
	codes []string
	// meaning explains codes. Those in busy are worth another attempt, after the pause given there at least.
	meaning map[int64]string
	busy    map[int64]time.Duration
}

// delivery is what is sent: a body, and what is added to the query of the URL and to the header.
type delivery struct {
	body   []byte
	query  url.Values
	header http.Header
}

// The most bytes that a text may have in JSON.
const (
	maxFeishu   = 19_000 // the body has 20 KB
	maxDingTalk = 19_000 // the body has 20,000 bytes
	maxWeCom    = 2_048  // the text
)

const (
	meaningSecret  = "the signature is refused: check the variable with the secret, and the clock of this machine"
	meaningKeyword = "the robot wants a keyword that the message does not have: set it to \"agencyctl\", which every message has"
	meaningAddress = "the robot takes no messages from this machine's address: allow the address in its settings"
	meaningGone    = "nobody has such a robot: copy the URL anew from its settings"
)

// kinds are all but the topics.
var kinds = map[string]*kind{
	// Source: Feishu Open Platform, "Custom bot usage guide". The key of the signature is timestamp, line feed and secret, and the message
	// is empty. Older answers have StatusCode instead of code; some have both. 100 messages a minute, 5 a second.
	"feishu": {
		signs: true, codes: []string{"code", "StatusCode"},
		encode: func(m Message, secret string, now time.Time) delivery {
			body := map[string]any{"msg_type": "text", "content": map[string]string{"text": m.text(maxFeishu)}}
			if secret != "" {
				stamp := strconv.FormatInt(now.Unix(), 10)
				body["timestamp"], body["sign"] = stamp, base64.StdEncoding.EncodeToString(sign(stamp+"\n"+secret, ""))
			}
			return delivery{body: encode(body)}
		},
		meaning: map[int64]string{
			11232: "too many messages", 19001: meaningGone, 19021: meaningSecret, 19022: meaningAddress, 19024: meaningKeyword,
		},
		busy: map[int64]time.Duration{11232: time.Second},
	},
	// Source: DingTalk Open Platform, "Custom robot". The secret is the key of the signature, over timestamp in milliseconds, line feed and
	// secret. More than 20 messages a minute silence a robot for ten minutes, so that another attempt is of no use.
	"dingtalk": {
		signs: true, codes: []string{"errcode"},
		encode: func(m Message, secret string, now time.Time) delivery {
			d := delivery{body: encode(map[string]any{
				"msgtype": "text", "text": map[string]string{"content": m.text(maxDingTalk)}, "at": map[string]bool{"isAtAll": false},
			})}
			if secret != "" {
				stamp := strconv.FormatInt(now.UnixMilli(), 10)
				signature := base64.StdEncoding.EncodeToString(sign(secret, stamp+"\n"+secret))
				d.query = url.Values{"timestamp": {stamp}, "sign": {signature}}
			}
			return d
		},
		meaning: map[int64]string{
			130101: "more than 20 messages in a minute: the robot is silent for ten minutes", 300001: meaningGone,
			310000: "a security setting of the robot refuses it: its keyword (set it to \"agencyctl\", which every message has), its " +
				"signature (check the variable with the secret, and the clock of this machine), or its addresses",
		},
	},
	// Source: WeCom developer center, "Group robot". 20 messages a minute.
	"wecom": {
		codes: []string{"errcode"},
		encode: func(m Message, _ string, _ time.Time) delivery {
			return delivery{body: encode(map[string]any{"msgtype": "text", "text": map[string]string{"content": m.text(maxWeCom)}})}
		},
		meaning: map[int64]string{45009: "more than 20 messages in a minute", 93000: meaningGone},
		busy:    map[int64]time.Duration{45009: 5 * time.Second},
	},
	"webhook": {
		signs: true,
		encode: func(m Message, secret string, now time.Time) delivery {
			d := delivery{body: m.Document, header: http.Header{}}
			if secret != "" {
				stamp := strconv.FormatInt(now.Unix(), 10)
				d.header.Set("X-Agencyctl-Timestamp", stamp)
				d.header.Set("X-Agencyctl-Signature", "sha256="+hex.EncodeToString(sign(secret, stamp+"."+string(m.Document))))
			}
			return d
		},
	},
}

// sign returns the HMAC-SHA256 of a text.
func sign(key, text string) []byte {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(text))
	return mac.Sum(nil)
}

// verdict returns the code by which the body of an answer tells a failure; ok is false where it tells neither success nor failure.
func (k *kind) verdict(body []byte) (code int64, ok bool) {
	if k.codes == nil {
		return 0, true
	}
	var answer map[string]json.RawMessage
	if json.Unmarshal(body, &answer) != nil {
		return 0, false
	}
	for _, key := range k.codes {
		value, there := answer[key]
		if !there {
			continue
		}
		var number json.Number // takes a number, and a text that is one
		if json.Unmarshal(value, &number) != nil {
			return 0, false
		}
		n, err := number.Int64()
		if err != nil {
			return 0, false
		}
		if n != 0 {
			return n, true
		}
		ok = true
	}
	return 0, ok
}
