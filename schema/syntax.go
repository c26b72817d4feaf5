package schema

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/agencyctl/agencyctl/plan"
)

// yamlLine is the line that the parser gives: often that of a list or mapping around the mistake, many lines above it.
var yamlLine = regexp.MustCompile(`^yaml: line (\d+): `)

// syntaxProblem is the problem of a text that the parser refuses. The place and the words are those of our own reading, because
// the parser tells in which structure it was and not what is wrong. Where ours finds nothing wrong, only the parser's line is known.
// The text is quoted where mayQuote allows that.
func syntaxProblem(file string, text []byte, err error, mayQuote bool) plan.Problem {
	if found := findMistake(string(text), mayQuote); found != nil {
		return plan.Problem{
			At:      plan.Position{File: file, Line: found.line, Column: found.column},
			Summary: "not valid YAML", Detail: found.detail, Hint: found.hint,
		}
	}
	at := plan.Position{File: file}
	if m := yamlLine.FindStringSubmatch(err.Error()); m != nil {
		if line, err := strconv.Atoi(m[1]); err == nil {
			at.Line = line
		}
	}
	return plan.Problem{
		At: at, Summary: "not valid YAML", Detail: "the list or mapping around this line cannot be read",
		Hint: "check the indentation, the brackets and the quotes of this line, and of those below it",
	}
}

// mistake is what is wrong with a text, and where: line and column begin at 1, and a column is a character.
type mistake struct {
	line, column int
	detail, hint string
}

// findMistake reads a text that the parser refuses, and returns the first mistake of its syntax; nil where it knows none. It reads
// each line a bounded number of times.
//
// It knows the structure of YAML and not all of its rules: a text that it finds nothing wrong with may be refused.
func findMistake(text string, mayQuote bool) *mistake {
	r := reader{lines: splitLines(text), mayQuote: mayQuote, anchors: map[string]bool{}}
	r.conflict()
	r.documents()
	if r.unsure {
		return nil
	}
	return r.found
}

// splitLines returns the lines of a text without their ends, as the parser counts them.
func splitLines(text string) []string {
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u2028", "\n", "\u2029", "\n").Replace(text)
	return strings.Split(text, "\n")
}
