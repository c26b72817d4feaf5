package render

import (
	"bufio"
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
	if err := e.Encode(v); err != nil {
		return fmt.Errorf("encode output: %w", err)
	}
	return spell(w, bytes.TrimSuffix(b.Bytes(), []byte("\n")), indent)
}

// spell writes a compact JSON text and a line end, indented as [json.Indent] does it, on one line without an indent. Every character is
// written in one way, whatever encoder its part came from: <, > and & as themselves, and characters that a terminal does not show as
// escapes. The meaning of the text stays the same. The text may be long, so it is written as it is read, not copied as a whole.
func spell(w io.Writer, text []byte, indent string) error {
	out := bufio.NewWriterSize(w, min(2*len(text)+64, 1<<16))
	depth, inString := 0, false
	newLine := func() {
		if indent == "" {
			return
		}
		_ = out.WriteByte('\n') // Flush tells the error of every write
		for range depth {
			_, _ = out.WriteString(indent)
		}
	}
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case inString:
			inString = c != '"'
			i += spellCharacter(out, text[i:]) - 1
			continue
		case c == '"':
			inString = true
		case (c == '}' || c == ']') && text[i-1] != '{' && text[i-1] != '[':
			depth--
			newLine()
		case c == '}' || c == ']':
			depth--
		}
		_ = out.WriteByte(c)
		switch {
		case c == '{' || c == '[':
			if depth++; text[i+1] != '}' && text[i+1] != ']' {
				newLine()
			}
		case c == ',':
			newLine()
		case c == ':' && indent != "":
			_ = out.WriteByte(' ')
		}
	}
	_ = out.WriteByte('\n')
	return out.Flush()
}

// spellCharacter writes the first character of a text inside a JSON string, and returns how many bytes of the text it takes.
func spellCharacter(out *bufio.Writer, text []byte) int {
	switch c := text[0]; {
	case c == '\\':
		if r, ok := markup(text); ok {
			_ = out.WriteByte(r)
			return len(`\u003c`)
		}
		_, _ = out.Write(text[:2])
		return 2
	case c < utf8.RuneSelf && c != 0x7f:
		_ = out.WriteByte(c)
		return 1
	}
	r, size := utf8.DecodeRune(text)
	if plan.Visible(r) && !(r == utf8.RuneError && size == 1) {
		_, _ = out.Write(text[:size])
	} else {
		_, _ = out.Write(appendEscape(nil, r))
	}
	return size
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
