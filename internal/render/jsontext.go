package render

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/agencyctl/agencyctl/engine"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
)

// writeIndented writes v indented by two spaces, with a line end.
func writeIndented(w io.Writer, v any) error { return encode(w, v, "  ") }

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

// spell writes every character of a JSON text in one way, whatever encoder its parts came from: <, > and & as themselves, and
// characters that a terminal does not show as escapes. The meaning of the text stays the same.
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
			if plan.Visible(r) && !(r == utf8.RuneError && size == 1) {
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

type eventJSON struct {
	Event     string       `json:"event"`
	Account   string       `json:"account"`
	Address   addr.Address `json:"address,omitzero"`
	Action    string       `json:"action,omitempty"`
	Outcome   string       `json:"outcome,omitempty"`
	Error     string       `json:"error,omitempty"`
	Cause     addr.Address `json:"cause,omitzero"`
	Attempts  int          `json:"attempts,omitempty"`
	Done      int          `json:"done"`
	Total     int          `json:"total"`
	ElapsedMs int64        `json:"elapsedMs"`
}

// EventJSON writes one event as a line of JSON, for a log that machines read.
func EventJSON(w io.Writer, e engine.Event) error {
	line := eventJSON{
		Event: e.Kind.String(), Account: e.Account.String(), Done: e.Done, Total: e.Total, ElapsedMs: e.Elapsed.Milliseconds(),
	}
	if e.Change != nil {
		line.Address, line.Action = e.Change.Address, e.Change.Action.String()
	}
	if r := e.Result; r != nil {
		line.Outcome, line.Attempts, line.Cause = r.Outcome.String(), r.Attempts, r.Cause
		if r.Err != nil {
			line.Error = r.Err.Error()
		}
	}
	return writeLine(w, line)
}
