package schema

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"
	"pgregory.net/rapid"
)

// drawnYAML is a tree in random styles, with comments where they may stand. Depth bounds it.
func drawnYAML(t *rapid.T, depth int, inFlow bool, comment func() string) *yaml.Node {
	n := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str"}
	kind := rapid.IntRange(0, 4).Draw(t, "kind")
	if depth == 0 {
		kind = 0
	}
	flow := inFlow || rapid.IntRange(1, 4).Draw(t, "flow") == 1
	if flow && kind > 0 {
		n.Style = yaml.FlowStyle
	}
	switch kind {
	case 0:
		n.Value = rapid.SampledFrom([]string{"a", "b c", "x: y", "# z", "it's", `say "no"`, "two\nlines", "end\n", "ü", "-", "5d", "[1, 2]", ""}).Draw(t, "text")
		n.Style = rapid.SampledFrom([]yaml.Style{0, yaml.DoubleQuotedStyle, yaml.SingleQuotedStyle, yaml.LiteralStyle, yaml.FoldedStyle}).Draw(t, "quotes")
		if inFlow && n.Style >= yaml.LiteralStyle {
			n.Style = yaml.DoubleQuotedStyle
		}
	case 1, 2:
		n.Kind, n.Tag = yaml.SequenceNode, "!!seq"
		for range rapid.IntRange(1, 4).Draw(t, "items") {
			n.Content = append(n.Content, drawnYAML(t, depth-1, flow, comment))
		}
	default:
		return drawnMapping(t, depth, flow, comment)
	}
	for _, item := range n.Content {
		if !flow {
			withComments(item, item.Kind == yaml.ScalarNode, comment)
		}
	}
	return n
}

func drawnMapping(t *rapid.T, depth int, flow bool, comment func() string) *yaml.Node {
	n := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
	if flow {
		n.Style = yaml.FlowStyle
	}
	keys := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"k", "l m", "n", "o: p", "q"}), 1, 4, rapid.ID).Draw(t, "keys")
	for _, k := range keys {
		key, value := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: k}, drawnYAML(t, max(0, depth-1), flow, comment)
		if !flow {
			withComments(key, false, comment)
			withComments(value, value.Kind == yaml.ScalarNode && value.Style < yaml.LiteralStyle, func() string { return "" })
		}
		n.Content = append(n.Content, key, value)
	}
	return n
}

func withComments(n *yaml.Node, behind bool, comment func() string) {
	n.HeadComment = comment()
	if behind && !strings.Contains(n.Value, "\n") && n.Style < yaml.LiteralStyle {
		n.LineComment = comment()
	}
}

var drawnComment = regexp.MustCompile(`# said \d+ in \d+`)

// TestEditOfDrawnTexts edits texts in every style: no edit is refused, since nothing is shared, and every comment of an entry that is not
// edited stays.
func TestEditOfDrawnTexts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		count, in := 0, 0
		comment := func() string {
			if rapid.IntRange(1, 3).Draw(t, "comment") > 1 {
				return ""
			}
			count++
			return fmt.Sprintf("# said %d in %d", count, in)
		}
		root := &yaml.Node{Kind: yaml.MappingNode}
		for _, name := range []string{"first", "second"} {
			section := &yaml.Node{Kind: yaml.SequenceNode}
			for range rapid.IntRange(1, 4).Draw(t, "entries") {
				in++
				section.Content = append(section.Content, drawnMapping(t, 3, rapid.IntRange(1, 4).Draw(t, "flow entry") == 1, comment))
			}
			root.Content = append(root.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: name}, section)
		}
		var b strings.Builder
		e := yaml.NewEncoder(&b)
		e.SetIndent(rapid.SampledFrom([]int{2, 3, 4}).Draw(t, "indent"))
		require.NoError(t, e.Encode(root))
		text := b.String()
		if rapid.Bool().Draw(t, "blank lines") {
			text = strings.ReplaceAll(text, "\n- ", "\n\n- ")
		}
		if rapid.Bool().Draw(t, "CRLF") {
			text = strings.ReplaceAll(text, "\n", "\r\n")
		}
		source := Source{Name: "a.yaml", Data: []byte(text)}
		read, err := readForEdit(source)
		if err != nil {
			return // the encoder writes comments that it cannot read
		}
		var edits []EntryEdit
		edited := map[string]bool{}
		number := 0
		for _, pair := range read.documents[0].tree.Entries {
			for _, item := range pair.Value.Items {
				number++
				edit := EntryEdit{At: item.At}
				switch rapid.IntRange(0, 5).Draw(t, "what") {
				case 0:
				case 1, 2:
					edit.Node = mutated(item, func(n int) int { return rapid.IntRange(0, n-1).Draw(t, "mutation") })
				case 3:
					edits = append(edits, EntryEdit{At: item.At, Section: pair.Key, Node: item, Comments: []string{"added"}})
					continue
				default:
					continue
				}
				edits = append(edits, edit)
				edited[fmt.Sprintf(" in %d", number)] = true
			}
		}
		after, refused := Edit(source, edits)
		require.Empty(t, refused, "%s\n---\n%s", text, after)
		for _, said := range drawnComment.FindAllString(text, -1) {
			if !slices.ContainsFunc(slices.Collect(maps.Keys(edited)), func(in string) bool { return strings.HasSuffix(said, in) }) {
				require.Contains(t, string(after)+"\n", said, "%s\n---\n%s", text, after)
			}
		}
	})
}
