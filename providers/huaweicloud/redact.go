package huaweicloud

import (
	"regexp"
	"strings"
	"unicode"
)

// maxMessageRunes is how much of a server's text is shown.
const maxMessageRunes = 300

var signatureText = regexp.MustCompile(`(?i)(signature=)[0-9a-f]{8,}`)

// redact takes out of text what must never be shown: gateways echo request headers in their error texts.
func (c credentials) redact(text string) string {
	for _, secret := range []string{c.secretKey, c.securityToken, c.accessKey} {
		if secret != "" {
			text = strings.ReplaceAll(text, secret, "[redacted]")
		}
	}
	return signatureText.ReplaceAllString(text, "${1}[redacted]")
}

// presentable is text from a server fit for a terminal: redacted, on one line, without control characters, shortened.
// Redaction comes before shortening, or half a secret could stay behind.
func (c credentials) presentable(text string) string {
	text = c.redact(strings.ToValidUTF8(text, "\uFFFD"))
	text = strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return ' '
		}
		return r
	}, text)), " ")
	if runes := []rune(text); len(runes) > maxMessageRunes {
		return string(runes[:maxMessageRunes]) + "..."
	}
	return text
}

// Presentable is text of an answer fit for a terminal: without secrets, on one line, without control characters, shortened.
func (c *Connection) Presentable(text string) string { return c.credentials.presentable(text) }
