package auth

import (
	"fmt"
	"io"
)

// hidden is what a secret shows of itself.
const hidden = "[redacted]"

// Secret is a text that must not be shown. Printing, logging and encoding it give "[redacted]", also as part of other
// values: the text is behind a pointer, which package fmt does not follow in fields that it cannot call methods of. The
// zero value is no secret.
type Secret struct{ text *string }

// NewSecret hides text; an empty one gives the zero value.
func NewSecret(text string) Secret {
	if text == "" {
		return Secret{}
	}
	return Secret{&text}
}

// Reveal returns the text, to be sent to the service that it is meant for, and nowhere else.
func (s Secret) Reveal() string {
	if s.text == nil {
		return ""
	}
	return *s.text
}

// IsZero reports whether there is no secret.
func (s Secret) IsZero() bool { return s.text == nil }

// Format implements [fmt.Formatter] for every verb.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, hidden) }

// MarshalText implements [encoding.TextMarshaler], which JSON and slog use.
func (s Secret) MarshalText() ([]byte, error) { return []byte(hidden), nil }
