package render

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/agencyctl/agencyctl/engine"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
)

// writeIndented writes v indented by two spaces, with a line end. The encoder keeps all of a value until the value is written, so that
// lists are given to it one element at a time.
func writeIndented(w io.Writer, v any) error {
	s := newSpeller(w, "  ")
	return s.finish(s.pieces(reflect.ValueOf(v)))
}

// writeLine writes v on one line.
func writeLine(w io.Writer, v any) error {
	s := newSpeller(w, "")
	return s.finish(s.encoder.Encode(v))
}

// speller writes JSON indented as [json.Indent] does it, on one line without an indent. Every character is written in one way, whatever
// encoder its part came from: <, > and & as themselves, and characters that a terminal does not show as escapes. The meaning of the text
// stays the same.
type speller struct {
	to      io.Writer
	text    []byte        // that is spelled and not written yet
	err     error         // the first of the writer
	encoder *json.Encoder // writes to the speller
	indent  string
	// margin is a line end and an indent that is deep enough for all so far.
	margin string
	depth  int
	// opened is set behind a { or [.
	opened bool
}

func newSpeller(w io.Writer, indent string) *speller {
	s := &speller{to: w, indent: indent}
	s.encoder = json.NewEncoder(s)
	s.encoder.SetEscapeHTML(false)
	return s
}

func (s *speller) finish(err error) error {
	if err != nil {
		return fmt.Errorf("encode output: %w", err)
	}
	s.text = append(s.text, '\n')
	s.flush()
	return s.err
}

// flush writes what is spelled. Once a write has failed, nothing more is written.
func (s *speller) flush() {
	if s.err == nil {
		var n int
		if n, s.err = s.to.Write(s.text); s.err == nil && n < len(s.text) {
			s.err = io.ErrShortWrite
		}
	}
	s.text = s.text[:0]
}

// Write spells a part of a compact JSON text, which ends neither in a string nor inside a word. A line end behind it is dropped.
func (s *speller) Write(text []byte) (int, error) {
	const many = 1 << 15
	if len(s.text) >= many {
		s.flush()
	}
	inString := false
	for i := 0; i < len(text); i++ {
		c := text[i]
		if inString {
			if plain := plainBytes(text[i:]); plain > 0 {
				s.text = append(s.text, text[i:i+plain]...)
				i += plain - 1
				continue
			}
			inString = c != '"'
			size := 0
			s.text, size = appendCharacter(s.text, text[i:])
			i += size - 1
			continue
		}
		if c == '\n' {
			continue
		}
		closes := c == '}' || c == ']'
		if closes {
			s.depth--
		}
		if s.opened != closes { // {} and [] stay together
			s.newLine()
		}
		s.opened, inString = c == '{' || c == '[', c == '"'
		s.text = append(s.text, c)
		switch {
		case s.opened:
			s.depth++
		case c == ',':
			s.newLine()
		case c == ':' && s.indent != "":
			s.text = append(s.text, ' ')
		}
	}
	return len(text), nil
}

func (s *speller) newLine() {
	if s.indent == "" {
		return
	}
	if needed := 1 + s.depth*len(s.indent); len(s.margin) < needed {
		s.margin = "\n" + strings.Repeat(s.indent, 2*s.depth)
	}
	s.text = append(s.text, s.margin[:1+s.depth*len(s.indent)]...)
}

// pieces writes the elements of a list and the fields of a struct one by one. Elements that are no interfaces are written as a whole.
func (s *speller) pieces(v reflect.Value) error {
	if v.Kind() == reflect.Interface && !v.IsNil() {
		v = v.Elem()
	}
	switch {
	case isList(v):
		for i := range v.Len() {
			_, _ = s.Write([]byte{"[,"[min(i, 1)]})
			var err error
			if element := v.Index(i); element.Kind() == reflect.Interface {
				err = s.pieces(element)
			} else {
				err = s.encoder.Encode(element.Addr().Interface())
			}
			if err != nil {
				return err
			}
		}
		_, _ = s.Write([]byte{']'})
		return nil
	case v.Kind() == reflect.Struct && !v.Type().Implements(reflect.TypeFor[json.Marshaler]()):
		_, _ = s.Write([]byte{'{'})
		_, err := s.fields(v, 0)
		_, _ = s.Write([]byte{'}'})
		return err
	}
	return s.encoder.Encode(v.Interface())
}

// isList reports whether v is a list that may be long.
func isList(v reflect.Value) bool {
	if v.Kind() != reflect.Slice || v.Len() == 0 {
		return false
	}
	kind := v.Type().Elem().Kind()
	return kind == reflect.Struct || kind == reflect.Interface
}

// fields writes the fields of a struct behind those written already, embedded ones in their places, and returns how many are written then.
func (s *speller) fields(v reflect.Value, written int) (int, error) {
	add := func(text []byte) {
		if written > 0 {
			_, _ = s.Write([]byte{','})
		}
		_, _ = s.Write(text)
		written++
	}
	for i := range v.NumField() {
		field, value := v.Type().Field(i), v.Field(i)
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		switch {
		case field.Anonymous && value.Kind() == reflect.Struct:
			var err error
			if written, err = s.fields(value, written); err != nil {
				return written, err
			}
		case isList(value) && name != "" && name != "-":
			add(append(strconv.AppendQuote(nil, name), ':'))
			if err := s.pieces(value); err != nil {
				return written, err
			}
		default: // the encoder knows the name, and when the field is left out
			alone := reflect.New(reflect.StructOf([]reflect.StructField{field})).Elem()
			alone.Field(0).Set(value)
			text, err := json.Marshal(alone.Interface())
			if err != nil {
				return written, err
			}
			if text = text[1 : len(text)-1]; len(text) > 0 {
				add(text)
			}
		}
	}
	return written, nil
}

// plainBytes returns how many bytes at the start of a text inside a JSON string are written as they are, up to the end of the string.
func plainBytes(text []byte) int {
	for i, c := range text {
		if c == '"' || c == '\\' || c >= 0x7f {
			return i
		}
	}
	return len(text)
}

// appendCharacter appends the first character of a text inside a JSON string, and returns how many bytes of the text it takes.
func appendCharacter(out, text []byte) (longer []byte, size int) {
	switch c := text[0]; {
	case c == '\\':
		if r, ok := markup(text); ok {
			return append(out, r), len(`\u003c`)
		}
		return append(out, text[:2]...), 2
	case c < utf8.RuneSelf && c != 0x7f:
		return append(out, c), 1
	}
	r, size := utf8.DecodeRune(text)
	if plan.Visible(r) && !(r == utf8.RuneError && size == 1) {
		return append(out, text[:size]...), size
	}
	return appendEscape(out, r), size
}

// markup reads an escaped <, > or & at the start of text.
func markup(text []byte) (byte, bool) {
	const escape = `\u003c`
	if len(text) < len(escape) || text[1] != 'u' {
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
