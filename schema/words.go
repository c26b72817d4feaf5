package schema

import (
	"strconv"
	"strings"

	"github.com/agencyctl/agencyctl/plan"
)

// scalarText returns the source text of a number or a truth value.
func scalarText(n *plan.Node) string {
	if n.Kind == plan.Bool {
		return strconv.FormatBool(n.Bool)
	}
	return n.Text
}

// textOf returns the text that a violation is about: a key or a value.
func textOf(p place) string {
	if p.isKey {
		return p.key.Key
	}
	return p.node.String()
}

// quoteNode returns the text at a place, in quotes and cut to a readable length.
func quoteNode(p place) string {
	if p.isKey {
		return short(p.key.Key)
	}
	return describe(p.node)
}

// describe returns a text in quotes, a number or truth value as it is written, and the kind of any other value.
func describe(n *plan.Node) string {
	switch n.Kind {
	case plan.Text:
		return short(n.Text)
	case plan.Bool, plan.Int, plan.Float:
		return scalarText(n)
	}
	return n.Kind.String()
}

// lowerFirst makes a sentence part of another one.
func lowerFirst(sentence string) string {
	sentence = strings.TrimSuffix(sentence, ".")
	if sentence == "" || len(sentence) > 1 && sentence[1] >= 'A' && sentence[1] <= 'Z' {
		return sentence
	}
	return strings.ToLower(sentence[:1]) + sentence[1:]
}

// first returns the first text that is not empty.
func first(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

// stringsOf returns the strings of a list inside a schema.
func stringsOf(v any) []string {
	list, _ := v.([]any)
	var all []string
	for _, item := range list {
		if s, ok := item.(string); ok {
			all = append(all, s)
		}
	}
	return all
}

// kindWords are what the types of JSON Schema are called, and how to write one.
var kindWords = map[string][2]string{
	"string":  {"a text", "write a text"},
	"boolean": {"true or false", "write true or false"},
	"integer": {"a whole number", "write a whole number"},
	"number":  {"a number", "write a number"},
	"array":   {"a list", "write a list"},
	"object":  {"a mapping", "write a mapping, one KEY: VALUE a line"},
}

// wordsFor returns the type or types that limit allows: in the schema's own word where it is one, and in words for people.
func wordsFor(limit any) (wanted string, words [2]string) {
	if one := text(limit); one != "" {
		return one, kindWords[one]
	}
	all, _ := limit.([]any)
	for i, kind := range all {
		if i > 0 {
			words[0] += " or "
			words[1] += ", or "
		}
		words[0] += kindWords[text(kind)][0]
		words[1] += kindWords[text(kind)][1]
	}
	return "", words
}
