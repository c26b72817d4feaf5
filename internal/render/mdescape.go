package render

import (
	"html"
	"path/filepath"
	"slices"
	"strings"
	"unicode"

	"github.com/agencyctl/agencyctl/plan"
)

// What strangers write must be inert in a comment: no mention, reference, link, markup or emoji. Escapes do not do that: sites
// search the text that is left after the escapes are read. They leave code alone, so everything that is not a plain word stands in
// a code span, or in a fenced block of code.

// mdCode returns text as a code span; "" for no text.
func mdCode(text string) string {
	text = Clean(text) // there is no line end in it
	if text == "" {
		return ""
	}
	fence := strings.Repeat("`", longestRun(text)+1)
	first, last := text[0], text[len(text)-1]
	if (first == '`' || last == '`' || first == ' ' && last == ' ') && strings.Trim(text, " ") != "" {
		text = " " + text + " " // which is taken off when it is read
	}
	return fence + text + fence
}

// longestRun returns the length of the longest run of backticks.
func longestRun(text string) int {
	longest, run := 0, 0
	for i := range len(text) {
		run++
		if text[i] != '`' {
			run = 0
		}
		longest = max(longest, run)
	}
	return longest
}

// mdProse returns text with plain words as they are and everything else as code spans. The lines of a text with several are
// parted by breaks.
func mdProse(text string) string {
	var lines []string
	for line := range strings.SplitSeq(text, "\n") {
		lines = append(lines, mdProseLine(line))
	}
	return strings.Join(lines, "<br>")
}

func mdProseLine(text string) string {
	words := strings.Split(Clean(text), " ")
	for _, word := range words {
		if word == "" { // two blanks in a row or one at an end, which only code keeps
			return mdCode(text)
		}
	}
	var parts []string
	for i := 0; i < len(words); {
		if isPlainWord(words[i]) {
			parts = append(parts, words[i])
			i++
			continue
		}
		from := i
		for i < len(words) && !isPlainWord(words[i]) {
			i = endOfWords(words, i)
		}
		parts = append(parts, mdOddWords(strings.Join(words[from:i], " ")))
	}
	return strings.Join(parts, " ")
}

// endOfWords returns the end of what begins with a word: of an object in braces the end of the object.
func endOfWords(words []string, from int) int {
	if strings.HasPrefix(words[from], "{") {
		for i := from; i < len(words); i++ {
			if strings.HasSuffix(strings.TrimRight(words[i], ").,:;"), "}") {
				return i + 1
			}
		}
	}
	return from + 1
}

// mdOddWords puts words into a code span, but not the marks of a sentence around them.
func mdOddWords(text string) string {
	begin := len(text) - len(strings.TrimLeft(text, "("))
	end := len(strings.TrimRight(text, ").,:;"))
	if begin >= end {
		return mdCode(text)
	}
	return text[:begin] + mdCode(text[begin:end]) + text[end:]
}

// isPlainWord reports whether a word means nothing but itself, wherever it stands in a line: letters with hyphens and apostrophes
// between them, a short number or a day, with the marks of a sentence around it.
func isPlainWord(word string) bool {
	core := strings.TrimRight(strings.TrimLeft(word, `("`), `").,:;`)
	const day, commit = len("2006-01-02"), 7
	letters, digits, hexadecimal := 0, 0, 0
	previous := '-'
	for _, r := range core {
		if strings.ContainsRune("abcdefABCDEF", r) {
			hexadecimal++
		} else {
			hexadecimal = 0
		}
		switch {
		case hexadecimal == commit: // they would become a link to what has that number
			return false
		case unicode.IsLetter(r) || unicode.IsMark(r):
			letters++
		case r >= '0' && r <= '9':
			digits++
		case (r == '-' || r == '\'') && previous != '-' && previous != '\'':
		default:
			return false
		}
		previous = r
	}
	switch {
	case letters+digits == 0 || letters > 0 && digits > 0 || previous == '-' || previous == '\'':
		return false
	case strings.EqualFold(core, "www") && core != word: // what is cut off behind its dot
		return false
	case letters > 0:
		return true
	case strings.ContainsAny(word, ".)"): // it could begin a list
		return false
	}
	return digits < commit || len(core) == day && core[4] == '-' && core[7] == '-'
}

// mdHTML returns text for the inside of an HTML element that stands in Markdown, as code.
func mdHTML(text string) string {
	if text == "" {
		return ""
	}
	return "<code>" + html.EscapeString(Clean(text)) + "</code>"
}

// mdMarker returns the first line of a comment, by which it is found again: also that of a run which fails before any account is
// known takes the place of the one before. It names what the run was given, spelled so that it cannot end the marker. The name is the first
// input, with a fingerprint of all where there are more or it is cut.
func mdMarker(kind Kind, o Options) string {
	name := "*"
	if inputs := o.inputNames(); len(inputs) > 0 {
		var cut bool
		if name, cut = mdMarkerName(inputs[0]); cut || len(inputs) > 1 {
			name += ":" + plan.Fingerprint(inputs...)[:16]
		}
	}
	return "<!-- agencyctl:" + string(kind) + ":" + name + " -->\n"
}

// inputNames returns the inputs of the run as they are in every run, on whatever machine: those outside the repository as they were
// given, and without the folder where that is absolute. It is empty where there is only standard input.
func (o Options) inputNames() []string {
	var names []string
	for _, input := range o.Inputs {
		name, inside := input, true
		if input != "-" {
			name, inside = o.file(plan.Position{File: input})
		}
		switch {
		case inside:
		case filepath.IsAbs(input):
			name = filepath.Base(input)
		default:
			name = filepath.ToSlash(filepath.Clean(input))
		}
		names = append(names, name)
	}
	if !slices.ContainsFunc(names, func(name string) bool { return name != "-" }) {
		return nil
	}
	return names
}

// mdMarkerName spells an input for a marker, and reports whether it is cut.
func mdMarkerName(input string) (name string, cut bool) {
	const hexDigits, longest = "0123456789ABCDEF", 200
	var b strings.Builder
	for i := 0; i < len(input); i++ {
		if b.Len() >= longest {
			return b.String(), true
		}
		c := input[i]
		isWord := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '.' || c == '/'
		if isWord || c == '-' && i > 0 && input[i-1] != '-' && i+1 < len(input) {
			b.WriteByte(c)
		} else {
			b.WriteString("%" + string(hexDigits[c>>4]) + string(hexDigits[c&15]))
		}
	}
	return b.String(), false
}
