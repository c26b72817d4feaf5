package cloudsim

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

const (
	signAlgorithm  = "SDK-HMAC-SHA256"
	signDateFormat = "20060102T150405Z"
	dateHeader     = "X-Sdk-Date"
	contentHeader  = "X-Sdk-Content-Sha256"
)

// signature is a parsed Authorization header.
type signature struct {
	access string
	// scope is DATE/REGION/SERVICE/sdk_request in the older, derived form, and "" in the usual one.
	scope   string
	headers []string
	value   string
}

var errNotSigned = errors.New("authorization is not in the form of " + signAlgorithm)

func parseSignature(header string) (signature, error) {
	fields, ok := strings.CutPrefix(header, signAlgorithm+" ")
	if !ok {
		return signature{}, errNotSigned
	}
	var s signature
	for part := range strings.SplitSeq(fields, ",") {
		key, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		switch key {
		case "Access":
			s.access = value
		case "Credential":
			s.access, s.scope, _ = strings.Cut(value, "/")
			if strings.Count(s.scope, "/") != 3 {
				return signature{}, errNotSigned
			}
		case "SignedHeaders":
			s.headers = strings.Split(value, ";")
		case "Signature":
			s.value = value
		}
	}
	if s.access == "" || len(s.headers) == 0 || s.value == "" {
		return signature{}, errNotSigned
	}
	return s, nil
}

// verify reports whether the secret made this signature for the request.
func (s signature) verify(r *http.Request, query url.Values, body []byte, secret string) bool {
	payload := hashHex(body)
	if named := r.Header.Get(contentHeader); named != "" && named != "UNSIGNED-PAYLOAD" && named != payload {
		return false
	} else if named != "" {
		payload = named
	}
	if s.scope == "" {
		return hmac.Equal([]byte(s.value), []byte(s.sign(r, canonicalQuery(query, false), payload, secret)))
	}
	if date, _, _ := strings.Cut(s.scope, "/"); !strings.HasPrefix(r.Header.Get(dateHeader), date+"T") {
		return false
	}
	// The older signer signs only the first value of a repeated key, and hashes the query of a POST without body.
	text, hash := canonicalQuery(query, true), payload
	if r.Method == http.MethodPost && len(body) == 0 {
		text, hash = "", hashHex([]byte(text))
	}
	return hmac.Equal([]byte(s.value), []byte(s.sign(r, text, hash, secret))) ||
		hmac.Equal([]byte(s.value), []byte(s.sign(r, canonicalQuery(query, false), payload, secret)))
}

func (s signature) sign(r *http.Request, query, payload, secret string) string {
	canonical := hashHex([]byte(s.canonicalRequest(r, query, payload)))
	date := r.Header.Get(dateHeader)
	if s.scope == "" {
		return hex.EncodeToString(mac([]byte(secret), signAlgorithm+"\n"+date+"\n"+canonical))
	}
	key := []byte("SDK" + secret)
	for part := range strings.SplitSeq(s.scope, "/") {
		key = mac(key, part)
	}
	return hex.EncodeToString(mac(key, signAlgorithm+"\n"+date+"\n"+s.scope+"\n"+canonical))
}

func (s signature) canonicalRequest(r *http.Request, query, payload string) string {
	var b strings.Builder
	b.WriteString(r.Method + "\n" + canonicalPath(r.URL) + "\n" + query + "\n")
	for _, name := range s.headers {
		for _, value := range signedValues(r, name) {
			value = strings.TrimSpace(value)
			if s.scope != "" {
				value = strings.Join(strings.Fields(value), " ")
			}
			b.WriteString(strings.ToLower(name) + ":" + value + "\n")
		}
	}
	b.WriteString("\n" + strings.Join(s.headers, ";") + "\n" + payload)
	return b.String()
}

// signedValues returns a header's values, sorted. The server of net/http holds the host in r.Host only.
func signedValues(r *http.Request, name string) []string {
	if strings.EqualFold(name, "host") {
		return []string{r.Host}
	}
	values := slices.Clone(r.Header.Values(name))
	slices.Sort(values)
	return values
}

func canonicalPath(u *url.URL) string {
	segments := strings.Split(u.EscapedPath(), "/")
	for i, segment := range segments {
		if plain, err := url.PathUnescape(segment); err == nil {
			segments[i] = percentEncode(plain)
		}
	}
	path := strings.Join(segments, "/")
	if !strings.HasSuffix(path, "/") {
		path += "/"
	}
	return path
}

func canonicalQuery(query url.Values, firstOnly bool) string {
	var pairs []string
	for _, key := range slices.Sorted(maps.Keys(query)) {
		values := slices.Clone(query[key])
		if firstOnly {
			values = values[:1]
		}
		slices.Sort(values)
		for _, value := range values {
			pairs = append(pairs, percentEncode(key)+"="+percentEncode(value))
		}
	}
	return strings.Join(pairs, "&")
}

// percentEncode escapes all but the unreserved characters; url.QueryEscape would write a space as a plus sign.
func percentEncode(s string) string {
	const digits = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		if 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || strings.IndexByte("-_.~", c) >= 0 {
			b.WriteByte(c)
			continue
		}
		b.WriteByte('%')
		b.WriteByte(digits[c>>4])
		b.WriteByte(digits[c&15])
	}
	return b.String()
}

func hashHex(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

func mac(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}
