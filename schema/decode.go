package schema

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/agencyctl/agencyctl/plan"
)

// document is one YAML document of a source, as a tree.
type document struct {
	file string
	root *plan.Node
}

// decode turns a source into its documents, empty ones left out. Whole is false when a part of the source could not be
// read, so that nothing may be concluded from what is missing.
func decode(s Source, budget *budget) (documents []document, found problems, whole bool) {
	text, bad := checkText(s)
	if bad != nil {
		found.add(*bad)
		return nil, found, false
	}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	for {
		root, err := next(decoder)
		if errors.Is(err, io.EOF) {
			return documents, found, true
		}
		if err != nil {
			found.add(syntaxProblem(s.Name, text, err))
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

var (
	yamlLine      = regexp.MustCompile(`^line (\d+): `)
	unknownAnchor = regexp.MustCompile(`^unknown anchor '(.+)' referenced$`)
)

// syntaxProblem finds the place and a hint for what the parser says.
func syntaxProblem(file string, text []byte, err error) plan.Problem {
	at := plan.Position{File: file}
	message := strings.TrimPrefix(err.Error(), "yaml: ")
	if m := yamlLine.FindStringSubmatch(message); m != nil {
		if line, err := strconv.Atoi(m[1]); err == nil {
			at.Line = line
		}
		message = strings.TrimPrefix(message, m[0])
	}
	hint := "check the indentation, the brackets and the quotes on this line and the one above"
	if strings.Contains(message, "cannot start any token") {
		hint = "indent with blanks, not with tabs, and quote texts that begin with a special character"
	}
	if m := unknownAnchor.FindStringSubmatch(message); m != nil { // the parser does not say where
		if i := bytes.Index(text, []byte("*"+m[1])); i >= 0 {
			at.Line = 1 + bytes.Count(text[:i], []byte("\n"))
		}
		hint = "define it before with &" + m[1] + ", or put a text that begins with * in quotes"
	}
	return plan.Problem{At: at, Summary: "not valid YAML", Detail: message, Hint: hint}
}
