package render

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/agencyctl/agencyctl/plan"
)

// accountsJSON is what every output about accounts is wrapped in.
type accountsJSON[T any] struct {
	FormatVersion string `json:"formatVersion"`
	Accounts      []T    `json:"accounts"`
}

// PlanJSON writes plans in the format of the published schema "plan". The same plans give the same bytes.
//
// Failures, when given, has an element for each plan: why that account failed, nil where it did not. The plan of an
// account that failed may be nil; a refused plan may be there beside the reason.
func PlanJSON(w io.Writer, plans []*plan.Plan, failures ...*Failure) error {
	accounts := make([]any, len(plans))
	for i, p := range plans {
		failure := failureAt(failures, i)
		switch {
		case p == nil:
			accounts[i] = encodeFailed(failure)
		case failure == nil:
			accounts[i] = p
		default:
			accounts[i] = refusedPlan{p, failure}
		}
	}
	return writeAccounts(w, accounts)
}

func writeAccounts[T any](w io.Writer, accounts []T) error {
	return writeJSON(w, accountsJSON[T]{FormatVersion: plan.FormatVersion, Accounts: list(accounts)})
}

// writeJSON writes v indented by two spaces, with a line end.
func writeJSON(w io.Writer, v any) error { return encode(w, v, "  ") }

// writeLine writes v on one line.
func writeLine(w io.Writer, v any) error { return encode(w, v, "") }

func encode(w io.Writer, v any, indent string) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", indent)
	if err := e.Encode(v); err != nil {
		return fmt.Errorf("encode output: %w", err)
	}
	_, err := w.Write(spell(b.Bytes()))
	return err
}

// spell gives every character of a JSON text its one spelling, whatever encoder its parts came from: <, > and & as
// themselves, and what does not show on a terminal as an escape. What the text means stays the same.
func spell(text []byte) []byte {
	out := make([]byte, 0, len(text)+len(text)/64)
	for i := 0; i < len(text); {
		c := text[i]
		switch {
		case c == '\\' && i+1 < len(text):
			if r, ok := markup(text[i:]); ok {
				out = append(out, r)
				i += len(`\u003c`)
				continue
			}
			out = append(out, c, text[i+1])
			i += 2
		case c < utf8.RuneSelf && c != 0x7f:
			out = append(out, c)
			i++
		default:
			r, size := utf8.DecodeRune(text[i:])
			if shows(r) && !(r == utf8.RuneError && size == 1) {
				out = append(out, text[i:i+size]...)
			} else {
				out = appendEscape(out, r)
			}
			i += size
		}
	}
	return out
}

// markup reads an escaped <, > or & at the start of text.
func markup(text []byte) (byte, bool) {
	const escape = `\u003c`
	if len(text) < len(escape) {
		return 0, false
	}
	switch string(bytes.ToLower(text[:len(escape)])) {
	case `\u003c`:
		return '<', true
	case `\u003e`:
		return '>', true
	case `\u0026`:
		return '&', true
	}
	return 0, false
}

func appendEscape(out []byte, r rune) []byte {
	if high, low := utf16.EncodeRune(r); high != utf8.RuneError {
		return fmt.Appendf(out, `\u%04x\u%04x`, high, low)
	}
	return fmt.Appendf(out, `\u%04x`, r)
}

// list gives [] instead of null.
func list[T any](items []T) []T {
	if items == nil {
		return []T{}
	}
	return items
}

// sourceJSON is a place in a manifest as far as outputs tell it.
type sourceJSON struct {
	File string `json:"file"`
	Line int    `json:"line"`
}

func encodeSource(at plan.Position) *sourceJSON {
	if at.IsZero() {
		return nil
	}
	return &sourceJSON{File: at.File, Line: at.Line}
}

func encodeNotes(n plan.Notes) *plan.Notes {
	if n.IsZero() {
		return nil
	}
	return &n
}
