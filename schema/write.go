package schema

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"

	"github.com/agencyctl/agencyctl/plan"
)

// File is a manifest file that is to be written. Comments are texts without "#", one for each line.
type File struct {
	// Comments stand at the head.
	Comments []string
	Account  plan.Account
	// Cloud is left out where it is zero, for a file beside the one that has it. The same holds for Include and Exclude.
	Cloud plan.Cloud
	// NotRead are the parts of the account that are left unread, beside the cloud.
	NotRead          []string
	Include, Exclude []FilePattern
	// Sections are written in their order, those without entries and comments left out.
	Sections []FileSection
	// Foot are comments at the end, which are not folded: commands to be copied.
	Foot []string
}

// FilePattern is a pattern of addresses, with what is said behind it; "" for nothing.
type FilePattern struct{ Text, Comment string }

// FileSection is a list of entries.
type FileSection struct {
	Name    string
	Entries []FileEntry
}

// Written is how many of the entries are written.
func (s *FileSection) Written() (n int) {
	for _, e := range s.Entries {
		if e.Node != nil {
			n++
		}
	}
	return n
}

// FileEntry is an entry, with comments above it. Without a Node it is only its comments: what cannot be written.
type FileEntry struct {
	Comments []string
	Node     *plan.Node
}

// SchemaLine is the first line of a manifest: editors take the schema from it.
const SchemaLine = "# yaml-language-server: $schema=https://agencyctl.github.io/schema/v1/manifest.schema.json"

// Text returns the text of the file, and for each section the line of each of its entries, or where it would stand. Whatever [Parse]
// accepts is written so that Parse reads the same.
func (f *File) Text() (text []byte, lines map[string][]int) {
	w := fileWriter{lines: map[string][]int{}}
	w.line(SchemaLine)
	w.comments("", f.Comments)
	w.line("apiVersion: agencyctl/v1")
	w.value("account", accountNode(f.Account))
	if f.Cloud.Kind != "" {
		w.value("cloud", cloudNode(f.Cloud, f.NotRead))
	}
	if len(f.Include)+len(f.Exclude) > 0 {
		w.line("")
		w.line("ownership:")
		w.patterns("include", f.Include)
		w.patterns("exclude", f.Exclude)
	}
	for _, section := range f.Sections {
		w.section(section)
	}
	for i, line := range f.Foot {
		if i == 0 {
			w.line("")
		}
		w.line("# " + spelled(line))
	}
	return []byte(w.text.String()), w.lines
}

func accountNode(a plan.Account) *plan.Node {
	node := &plan.Node{Kind: plan.Map}
	for _, pair := range []struct{ key, text string }{{"name", a.Name}, {"id", a.ID}} {
		if pair.text != "" {
			node.Entries = append(node.Entries, plan.Pair{Key: pair.key, Value: plan.NewText(pair.text)})
		}
	}
	return node
}

func cloudNode(c plan.Cloud, notRead []string) *plan.Node {
	node := &plan.Node{Kind: plan.Map, Entries: []plan.Pair{{Key: "kind", Value: plan.NewText(c.Kind)}}}
	if c.Region != "" {
		node.Entries = append(node.Entries, plan.Pair{Key: "region", Value: plan.NewText(c.Region)})
	}
	if len(notRead) > 0 {
		list := &plan.Node{Kind: plan.List}
		for _, word := range notRead {
			list.Items = append(list.Items, plan.NewText(word))
		}
		node.Entries = append(node.Entries, plan.Pair{Key: "notRead", Value: list})
	}
	return node
}

type fileWriter struct {
	text  strings.Builder
	count int
	lines map[string][]int
}

func (w *fileWriter) line(text string) {
	w.text.WriteString(text)
	w.text.WriteByte('\n')
	w.count++
}

func (w *fileWriter) comments(indent string, comments []string) {
	for _, c := range comments {
		for i, line := range folded(spelled(c), wide) {
			w.line(strings.TrimRight(indent+"# "+strings.Repeat("  ", min(i, 1))+line, " "))
		}
	}
}

// folded returns a text in lines of about so many columns, cut at blanks.
func folded(text string, columns int) (lines []string) {
	for utf8.RuneCountInString(text) > columns {
		cut := strings.LastIndexByte(text[:min(columns, len(text))], ' ')
		if cut <= 0 {
			if cut = strings.IndexByte(text, ' '); cut <= 0 {
				break
			}
		}
		lines, text = append(lines, text[:cut]), text[cut+1:]
	}
	return append(lines, text)
}

// spelled returns a text for a comment: what no reader sees is spelled out.
func spelled(text string) string {
	var b strings.Builder
	for _, r := range text {
		if plan.Visible(r) {
			b.WriteRune(r)
		} else {
			fmt.Fprintf(&b, "%U", r)
		}
	}
	return b.String()
}

// value writes a key of the document with a value.
func (w *fileWriter) value(key string, value *plan.Node) {
	w.encoded("", &plan.Node{Kind: plan.Map, Entries: []plan.Pair{{Key: key, Value: value}}})
}

// patterns writes a list of patterns: on one line where none has a comment and all fit.
func (w *fileWriter) patterns(key string, patterns []FilePattern) {
	if len(patterns) == 0 {
		return
	}
	list, said := &plan.Node{Kind: plan.List}, false
	for _, p := range patterns {
		list.Items = append(list.Items, plan.NewText(p.Text))
		said = said || p.Comment != ""
	}
	if !said {
		w.encoded("  ", &plan.Node{Kind: plan.Map, Entries: []plan.Pair{{Key: key, Value: list}}})
		return
	}
	w.line("  " + key + ":")
	for i, p := range patterns {
		text := "    - " + encode(list.Items[i])[0]
		if p.Comment != "" {
			text += " # " + spelled(p.Comment)
		}
		w.line(text)
	}
}

func (w *fileWriter) section(section FileSection) {
	if len(section.Entries) == 0 {
		return
	}
	w.line("")
	written := false
	for _, e := range section.Entries {
		written = written || e.Node != nil
	}
	if written {
		w.line(section.Name + ":")
	}
	long := true // a blank line stands around what takes several lines
	for i, e := range section.Entries {
		var lines []string
		if e.Node != nil {
			lines = encode(&plan.Node{Kind: plan.List, Items: []*plan.Node{e.Node}})
		}
		isLong := len(lines)+len(e.Comments) > 1
		if i > 0 && (isLong || long) {
			w.line("")
		}
		long = isLong
		w.comments("  ", e.Comments)
		w.lines[section.Name] = append(w.lines[section.Name], w.count+1)
		for _, line := range lines {
			w.line("  " + line)
		}
	}
}

// encoded writes a node, each line behind the indent.
func (w *fileWriter) encoded(indent string, n *plan.Node) {
	for _, line := range encode(n) {
		w.line(indent + line)
	}
}

// wide is how many columns a value may take that is written on one line.
const wide = 96

// encode returns the lines of a node in YAML.
func encode(n *plan.Node) []string {
	tree, _, _ := yamlNode(n)
	tree.Style &^= yaml.FlowStyle
	if n.Kind == plan.List { // an entry, which has a line for each key
		tree.Content[0].Style &^= yaml.FlowStyle
	}
	return encodeNode(tree)
}

func encodeNode(tree *yaml.Node) []string {
	var text strings.Builder
	encoder := yaml.NewEncoder(&text)
	encoder.SetIndent(2)
	if err := encoder.Encode(tree); err != nil {
		panic(fmt.Sprintf("schema: a tree of texts has no YAML: %v", err))
	}
	lines := strings.Split(strings.TrimSuffix(text.String(), "\n"), "\n")
	for i, line := range lines {
		lines[i] = escaped(line)
	}
	return lines
}

// escaped writes what no reader sees as YAML writes it in double quotes, in which [needsQuotes] has put it.
func escaped(line string) string {
	if !strings.ContainsFunc(line, func(r rune) bool { return !plan.Visible(r) }) {
		return line
	}
	var b strings.Builder
	for _, r := range line {
		switch {
		case plan.Visible(r):
			b.WriteRune(r)
		case r > 0xffff:
			fmt.Fprintf(&b, `\U%08X`, r)
		default:
			fmt.Fprintf(&b, `\u%04X`, r)
		}
	}
	return b.String()
}

// yamlNode returns the YAML of a tree, about how many columns it takes on one line, and how many lists and maps stand inside one another.
// What is short and flat is written on one line.
func yamlNode(n *plan.Node) (tree *yaml.Node, columns, depth int) {
	switch n.Kind {
	case plan.Map:
		tree = &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
		for _, pair := range n.Entries {
			key, keyColumns, _ := yamlNode(plan.NewText(pair.Key))
			value, valueColumns, below := yamlNode(pair.Value)
			tree.Content = append(tree.Content, key, value)
			columns, depth = columns+keyColumns+valueColumns+len(": , "), max(depth, below)
		}
	case plan.List:
		tree = &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"}
		for _, item := range n.Items {
			value, valueColumns, below := yamlNode(item)
			tree.Content = append(tree.Content, value)
			columns, depth = columns+valueColumns+len(", "), max(depth, below)
		}
	default:
		return yamlScalar(n)
	}
	if depth++; depth <= 2 && columns <= wide || len(tree.Content) == 0 {
		tree.Style = yaml.FlowStyle
	}
	return tree, columns, depth
}

func yamlScalar(n *plan.Node) (*yaml.Node, int, int) {
	scalar := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: n.Text}
	switch n.Kind {
	case plan.Null:
		scalar.Tag, scalar.Value = "!!null", "null"
	case plan.Bool:
		scalar.Tag, scalar.Value = "!!bool", fmt.Sprint(n.Bool)
	case plan.Int:
		scalar.Tag = "!!int"
	case plan.Float:
		scalar.Tag = "!!float"
	default:
		if needsQuotes(n.Text) {
			scalar.Style = yaml.DoubleQuotedStyle
		}
	}
	columns := utf8.RuneCountInString(scalar.Value)
	if strings.Contains(scalar.Value, "\n") {
		columns = wide // a text of several lines has a line of its own
	}
	return scalar, columns, 0
}

// needsQuotes reports whether a text cannot stand in YAML as it is. What older readers of YAML take for a boolean is quoted too.
func needsQuotes(text string) bool {
	switch strings.ToLower(text) {
	case "y", "n", "yes", "no", "on", "off":
		return true
	}
	if strings.ContainsFunc(text, func(r rune) bool { return !plan.Visible(r) }) {
		return true
	}
	scalar := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: text}
	encoded, err := yaml.Marshal(&yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle, Content: []*yaml.Node{scalar}})
	return err != nil || string(encoded) != "["+text+"]\n"
}
