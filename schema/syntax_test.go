package schema

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"
	"pgregory.net/rapid"
)

// unseen are how testdata/syntax.txt writes characters that an editor does not show.
var unseen = strings.NewReplacer("<TAB>", "\t", "<CR>", "\r", "<BOM>", "\ufeff", "<NUL>", "\x00", "<BYTE>", "\xc3(", "<BELL>", "\a", "<LS>", "\u2028",
	"<NBSP>", "\u00a0", "<WIDE>", "\u3000")

// parserWords are words of the parser, which nobody can act on.
var parserWords = regexp.MustCompile(`did not find|expected|indicator|context|^yaml: |token|simple key|block |node|stream|scanner|unmarshal`)

// TestMistakesOfSyntax holds what is told of each text of testdata/syntax.txt: one problem, with its line and its column. A case is
// its name behind "=== ", the text, and behind ">>> " what is told.
func TestMistakesOfSyntax(t *testing.T) {
	const path = "testdata/syntax.txt"
	update := flag.Lookup("update").Value.String() == "true"
	file, err := os.ReadFile(path)
	require.NoError(t, err)
	var renewed strings.Builder
	cases := strings.Split(string(file), "=== ")[1:]
	require.GreaterOrEqual(t, len(cases), 30)
	for _, c := range cases {
		name, c, _ := strings.Cut(c, "\n")
		text, want, _ := strings.Cut(c, ">>> ")
		t.Run(name, func(t *testing.T) {
			_, _, found := Parse([]Source{{Name: "a.yaml", Data: []byte(unseen.Replace(text))}})
			require.Len(t, found, 1)
			p := found[0]
			got := fmt.Sprintf("%s %s: %s\n>>> hint: %s\n", p.At, p.Summary, p.Detail, p.Hint)
			fmt.Fprintf(&renewed, "=== %s\n%s>>> %s", name, text, got)
			assert.NotRegexp(t, parserWords, p.Summary+" "+p.Detail+" "+p.Hint)
			assert.NotEmpty(t, p.Hint)
			assert.NotZero(t, p.At.Line)
			assert.NotZero(t, p.At.Column)
			if !update {
				assert.Equal(t, want, got)
			}
		})
	}
	if update {
		require.NoError(t, os.WriteFile(path, []byte(renewed.String()), 0o644))
	}
}

// refusedByTheParser reports whether the parser refuses a text.
func refusedByTheParser(text string) bool {
	decoder := yaml.NewDecoder(bytes.NewReader([]byte(text)))
	for {
		if _, err := next(decoder); err != nil {
			return !errors.Is(err, io.EOF)
		}
	}
}

func TestNoMistakeIsFoundInWhatTheParserTakes(t *testing.T) {
	for _, path := range manifestPaths(t) {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		for _, part := range strings.Split(string(text), "=== next\n") {
			if !refusedByTheParser(part) {
				assert.Nil(t, findMistake(part, true), path)
			}
		}
	}
}

// TestTheMistakeIsToldNotBeforeTheEdit breaks an example, in which every bracket and every quote is closed on its line, by one
// character or by the indentation of one line. What is told then is never above the line of the edit. It may be below: only there
// some edits contradict the rest.
func TestTheMistakeIsToldNotBeforeTheEdit(t *testing.T) {
	var texts []string
	for _, path := range manifestPaths(t) {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		if !strings.Contains(path, "problems") && !refusedByTheParser(string(text)) {
			texts = append(texts, string(text))
		}
	}
	refused := 0
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.SampledFrom(texts).Draw(t, "text")
		at := rapid.IntRange(0, len(text)-1).Draw(t, "at")
		for at > 0 && text[at]&0xc0 == 0x80 { // inside a character
			at--
		}
		edit := rapid.SampledFrom([]string{
			"delete", "indent", "\"", "'", "[", "{", "]", "}", "\t", ":", ": ", "- ", "@", "`", "%", "*", "&", "!", "|", ",", " ", "#",
		}).Draw(t, "edit")
		line := 1 + strings.Count(text[:at], "\n")
		broken := text[:at] + edit + text[at:]
		switch edit {
		case "delete":
			_, size := utf8.DecodeRuneInString(text[at:])
			broken = text[:at] + text[at+size:]
		case "indent":
			start := strings.LastIndexByte(text[:at], '\n') + 1
			broken = text[:start] + strings.Repeat(" ", rapid.IntRange(1, 5).Draw(t, "blanks")) + text[start:]
		}
		if !refusedByTheParser(broken) {
			return
		}
		refused++
		found := findMistake(broken, true)
		if found == nil {
			t.Fatalf("no place is found in:\n%s", broken)
		}
		if found.line < line {
			t.Fatalf("line %d is told, and the edit is in line %d:\n%s", found.line, line, broken)
		}
	})
	assert.Positive(t, refused)
}

// FuzzSyntax: the reader never panics, and tells places that exist.
func FuzzSyntax(f *testing.F) {
	for _, path := range manifestPaths(f) {
		text, err := os.ReadFile(path)
		require.NoError(f, err)
		f.Add(string(text))
	}
	f.Fuzz(func(t *testing.T, text string) {
		found := findMistake(text, true)
		if found == nil {
			return
		}
		lines := splitLines(text)
		if found.line < 1 || found.line > len(lines) || found.column < 1 || found.column > 1+len(lines[found.line-1]) {
			t.Fatalf("%+v is no place of the text", *found)
		}
	})
}

// TestLongTextsAreReadOnce: what is told of texts at the limit costs a bounded number of looks at each line.
func TestLongTextsAreReadOnce(t *testing.T) {
	const lines = 400_000
	for name, text := range map[string]string{
		"open brackets":   "a: " + strings.Repeat("[", 1<<20),
		"lists in lists":  strings.Repeat("- ", 1<<20) + "@",
		"an open quote":   "a: \"" + strings.Repeat("x\n", lines),
		"an open bracket": "a: [" + strings.Repeat("x,\n", lines),
		"a long text":     "a: b\n" + strings.Repeat("  x\n", lines) + "  c: d\n",
		"many keys":       strings.Repeat("k: v\n", lines) + "@",
		"long keys":       strings.Repeat("x", 1<<22) + "\nb: c",
	} {
		t.Run(name, func(t *testing.T) { require.NotNil(t, findMistake(text, true)) })
	}
}
