package schema

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"unicode/utf8"

	"gopkg.in/yaml.v3"

	"github.com/agencyctl/agencyctl/plan"
)

// document is one YAML document of a source, as a tree.
type document struct {
	file string
	root *plan.Node
}

// manifestMark is what every manifest says of itself. A text without it is some other file, a secret one perhaps, to which a link
// leads: no problem quotes it.
var manifestMark = regexp.MustCompile(`\bapiVersion["']?\s*:\s*(?:&\S+\s+)?["']?agencyctl/v`)

// decode turns a source into its documents, empty ones left out. Whole is false when a part of the source could not be
// read, so that nothing may be concluded from what is missing.
func decode(s Source, budget *budget) (documents []document, found problems, whole bool) {
	text, bad := checkText(s)
	if bad != nil {
		found.add(*bad)
		return nil, found, false
	}
	isManifest := manifestMark.Match(text)
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	for {
		root, err := next(decoder)
		if errors.Is(err, io.EOF) {
			return documents, found, true
		}
		if err != nil {
			found.add(syntaxProblem(s.Name, text, err, isManifest))
			return documents, found, false
		}
		if !isManifest && len(root.Content) > 0 && root.Content[0].Tag != "!!null" {
			found.add(plan.Problem{
				At: plan.Position{File: s.Name, Line: root.Line, Column: root.Column}, Summary: "not a manifest",
				Detail: "the file has no apiVersion: agencyctl/v1; nothing of it is read or quoted",
				Hint:   "begin it with apiVersion: agencyctl/v1, or leave the file out",
			})
			return documents, found, false
		}
		c := newConverter(s.Name, budget)
		node := c.document(root)
		found.join(&c.problems)
		if c.exhausted {
			return documents, found, false
		}
		if node != nil && node.Kind != plan.Null {
			documents = append(documents, document{file: s.Name, root: node})
		}
	}
}

// next reads one document. The parser panics on some malformed input; that is an error like any other.
func next(decoder *yaml.Decoder) (root *yaml.Node, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("yaml: %v", r)
		}
	}()
	root = &yaml.Node{}
	if err := decoder.Decode(root); err != nil {
		return nil, err
	}
	return root, nil
}

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
