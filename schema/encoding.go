package schema

import (
	"bytes"
	"fmt"
	"unicode/utf8"

	"github.com/agencyctl/agencyctl/plan"
)

// checkText returns the text of a source without a byte order mark, or the one problem that keeps it from being read at
// all: its size, its encoding, or a character that has no business in a text file.
func checkText(s Source) ([]byte, *plan.Problem) {
	data := s.Data
	if len(data) > maxFileBytes {
		return nil, &plan.Problem{
			At:      plan.Position{File: s.Name},
			Summary: "file too large",
			Detail:  fmt.Sprintf("the file has more than %d MiB", maxFileBytes>>20),
			Hint:    "split it into several files: those that name the same account make one manifest",
		}
	}
	for _, mark := range []string{"\xff\xfe", "\xfe\xff"} {
		if bytes.HasPrefix(data, []byte(mark)) {
			return nil, &plan.Problem{
				At:      plan.Position{File: s.Name, Line: 1, Column: 1},
				Summary: "wrong encoding",
				Detail:  "the file is in UTF-16",
				Hint:    "save it as UTF-8",
			}
		}
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	line, start := 1, 0
	for i := 0; i < len(data); {
		c := data[i]
		if c >= 0x20 && c < 0x7f || c == '\t' || c == '\r' {
			i++
			continue
		}
		if c == '\n' {
			i++
			line, start = line+1, i
			continue
		}
		r, size := utf8.DecodeRune(data[i:])
		at := plan.Position{File: s.Name, Line: line, Column: 1 + utf8.RuneCount(data[start:i])}
		if r == utf8.RuneError && size <= 1 {
			return nil, &plan.Problem{
				At:      at,
				Summary: "wrong encoding",
				Detail:  fmt.Sprintf("the byte %#02x is no part of a character in UTF-8", c),
				Hint:    "save the file as UTF-8",
			}
		}
		if forbidden(r) {
			return nil, &plan.Problem{
				At:      at,
				Summary: "character not allowed",
				Detail:  fmt.Sprintf("the invisible character %U stands here", r),
				Hint:    "remove it",
			}
		}
		i += size
	}
	return data, nil
}

// forbidden reports whether r would deceive the reader of a manifest or of an output made from it: control characters,
// and those that turn the direction of writing round.
func forbidden(r rune) bool {
	switch {
	case r == '\t', r == '\n', r == '\r':
		return false
	case r < 0x20, 0x7f <= r && r < 0xa0:
		return true
	case 0x202a <= r && r <= 0x202e, 0x2066 <= r && r <= 0x2069, r == 0xfeff, r == 0xfffe, r == 0xffff:
		return true
	}
	return false
}
