package schema

import (
	"encoding/json"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"

	"github.com/agencyctl/agencyctl/plan"
)

var (
	decimal = regexp.MustCompile(`^[-+]?(0|[1-9][0-9]*)$`)
	octal   = regexp.MustCompile(`^[-+]?0o?[0-7_]+$`)
	digits  = regexp.MustCompile(`^[-+]?[0-9_]+$`)
)

// scalar converts a value that is neither list nor mapping. A value that cannot be taken as written is a problem, and
// stands in the tree as text.
func (c *converter) scalar(n *yaml.Node) *plan.Node {
	c.checkTag(n, "!!str")
	switch n.Tag {
	case "!!null":
		return c.give(plan.Null, n)
	case "!!bool":
		node := c.give(plan.Bool, n)
		node.Bool = strings.EqualFold(n.Value, "true")
		return node
	case "!!int":
		return c.integer(n)
	case "!!float":
		return c.float(n)
	}
	// Dates, "<<" as a value and all that YAML has no type for are text, as written.
	c.checkCharacters(n, n.Value)
	node := c.give(plan.Text, n)
	node.Text = n.Value
	return node
}

func (c *converter) integer(n *yaml.Node) *plan.Node {
	if !decimal.MatchString(n.Value) {
		return c.unusualNumber(n)
	}
	i, err := strconv.ParseInt(n.Value, 10, 64)
	if err != nil {
		return c.hugeNumber(n)
	}
	node := c.give(plan.Int, n)
	node.Text, node.Int = n.Value, i
	return node
}

func (c *converter) float(n *yaml.Node) *plan.Node {
	if digits.MatchString(n.Value) {
		if decimal.MatchString(n.Value) {
			return c.hugeNumber(n)
		}
		return c.unusualNumber(n)
	}
	f, err := strconv.ParseFloat(strings.ReplaceAll(n.Value, "_", ""), 64)
	if err != nil || math.IsInf(f, 0) || math.IsNaN(f) {
		return c.asText(n, "number not allowed", fmt.Sprintf("%s is no number that can be compared", short(n.Value)),
			"write a finite number, or put a text in quotes: "+short(n.Value))
	}
	node := c.give(plan.Float, n)
	node.Text = n.Value
	if !json.Valid([]byte(n.Value)) { // YAML knows more ways to write a number, such as ".5"
		node.Text = strconv.FormatFloat(f, 'g', -1, 64)
	}
	return node
}

func (c *converter) hugeNumber(n *yaml.Node) *plan.Node {
	return c.asText(n, "number too large", fmt.Sprintf("%s does not fit into 64 bits", short(n.Value)),
		"if it is an id or a name, put it in quotes: "+short(n.Value))
}

func (c *converter) unusualNumber(n *yaml.Node) *plan.Node {
	hint := "put it in quotes: " + short(n.Value)
	detail := fmt.Sprintf("YAML reads %s as a number in an unusual form", short(n.Value))
	plain := strings.ReplaceAll(n.Value, "_", "")
	if octal.MatchString(n.Value) {
		detail = fmt.Sprintf("YAML reads %s as an octal number", short(n.Value))
	}
	if value, err := strconv.ParseInt(plain, 0, 64); err == nil {
		hint += fmt.Sprintf(", or write the number as %d", value)
	}
	return c.asText(n, "ambiguous number", detail, hint)
}

// asText reports a problem and keeps the value as text, so that the rest of the document can be checked. The text is
// never used: a document with a problem is not.
func (c *converter) asText(n *yaml.Node, summary, detail, hint string) *plan.Node {
	c.problem(n, summary, detail, hint)
	node := c.give(plan.Text, n)
	node.Text = n.Value
	return node
}

// checkCharacters refuses what escapes inside quotes can smuggle past the check of the file.
func (c *converter) checkCharacters(n *yaml.Node, text string) bool {
	if n.Style&(yaml.DoubleQuotedStyle|yaml.TaggedStyle) == 0 && n.Kind != yaml.AliasNode {
		return true
	}
	for _, r := range text {
		if forbidden(r) {
			c.problem(n, "character not allowed", fmt.Sprintf("the text holds the invisible character %U", r), "remove it")
			return false
		}
	}
	return true
}

// short quotes a text of the author's for a message, cut to a length that stays readable.
func short(text string) string {
	const most = 60
	if utf8.RuneCountInString(text) > most {
		return strconv.Quote(string([]rune(text)[:most])) + "..."
	}
	return strconv.Quote(text)
}
