package patch

import (
	"bytes"
	"fmt"
	"strings"
)

// contextLines is how many unchanged lines stand around a change.
const contextLines = 3

// Unified returns the patch that makes the text after out of the text before, as a unified diff that "git apply" takes: two lines with
// the name of the file, then hunks with three lines of context. Nil where the texts are the same. The name is a path with slashes,
// relative to the folder that the patch is applied in. A line ends with "\n" alone, so that other line ends are part of the lines and
// stay what they are.
func Unified(name string, before, after []byte) []byte {
	if bytes.Equal(before, after) {
		return nil
	}
	var out bytes.Buffer
	fmt.Fprintf(&out, "--- %s\n+++ %s\n", quotedName("a/"+name), quotedName("b/"+name))
	lines := unifiedLines(Compare(linesOf(before), linesOf(after)))
	for start := 0; start < len(lines); {
		first, end := nextHunk(lines, start)
		if first == end {
			break
		}
		writeHunk(&out, lines[first:end], linesBefore(lines[:first]))
		start = end
	}
	return out.Bytes()
}

// line is one line of a unified diff.
type line struct {
	kind Kind
	text string
}

func unifiedLines(edits []Edit) (lines []line) {
	for _, e := range edits {
		for _, text := range e.Pieces {
			lines = append(lines, line{e.Kind, text})
		}
	}
	return lines
}

// linesOf cuts a text into its lines, each with its end.
func linesOf(text []byte) []string {
	lines := strings.SplitAfter(string(text), "\n")
	if last := len(lines) - 1; lines[last] == "" {
		lines = lines[:last]
	}
	return lines
}

// nextHunk returns the bounds of the first hunk at or after start; twice the same where no line changes any more. Changes whose contexts
// touch share a hunk.
func nextHunk(lines []line, start int) (first, end int) {
	for first = start; first < len(lines) && lines[first].kind == Kept; first++ {
	}
	if first == len(lines) {
		return first, first
	}
	last := first // the last changed line
	for i := first; i < len(lines) && i-last <= 2*contextLines+1; i++ {
		if lines[i].kind != Kept {
			last = i
		}
	}
	return max(start, first-contextLines), min(len(lines), last+contextLines+1)
}

// sides counts lines before and after.
type sides struct{ before, after int }

func linesBefore(lines []line) (count sides) {
	for _, l := range lines {
		if l.kind != Added {
			count.before++
		}
		if l.kind != Removed {
			count.after++
		}
	}
	return count
}

func writeHunk(out *bytes.Buffer, lines []line, above sides) {
	count := linesBefore(lines)
	fmt.Fprintf(out, "@@ -%s +%s @@\n", hunkRange(above.before, count.before), hunkRange(above.after, count.after))
	for _, l := range lines {
		out.WriteByte(" -+"[l.kind])
		out.WriteString(l.text)
		if !strings.HasSuffix(l.text, "\n") {
			out.WriteString("\n\\ No newline at end of file\n")
		}
	}
}

// hunkRange tells how many lines a hunk has on one side, and which is the first. A side without lines stands behind the line above it.
func hunkRange(above, count int) string {
	switch count {
	case 0:
		return fmt.Sprintf("%d,0", above)
	case 1:
		return fmt.Sprint(above + 1)
	}
	return fmt.Sprintf("%d,%d", above+1, count)
}

// quotedName returns a name as git writes it: in quotes where it holds what would end the line or the quotes, and with a tab behind it
// where a blank could be taken for its end.
func quotedName(name string) string {
	special := func(r rune) bool { return r < ' ' || r == 0x7f || r == '"' || r == '\\' }
	if !strings.ContainsFunc(name, special) {
		if strings.Contains(name, " ") {
			return name + "\t"
		}
		return name
	}
	var quoted strings.Builder
	quoted.WriteByte('"')
	for i := range len(name) {
		switch c := name[i]; {
		case c == '"' || c == '\\':
			quoted.WriteByte('\\')
			quoted.WriteByte(c)
		case c < ' ' || c == 0x7f:
			fmt.Fprintf(&quoted, `\%03o`, c)
		default:
			quoted.WriteByte(c)
		}
	}
	return quoted.String() + `"`
}
