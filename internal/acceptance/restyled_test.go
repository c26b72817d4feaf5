package acceptance

import (
	"fmt"
	"slices"
	"strings"

	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"
	"pgregory.net/rapid"

	"github.com/agencyctl/agencyctl/schema"
)

// restyled writes a manifest as some other author would have: in one or two documents or files, lists and mappings in either style, with
// anchors, quotes, comments and line ends of every kind. It means the same.
func restyled(t *rapid.T, text string) []schema.Source {
	var root yaml.Node
	require.NoError(t, yaml.Unmarshal([]byte(text), &root))
	top := root.Content[0]
	quoteMerges(top)
	comments, named := 0, 0
	comment := func() string {
		comments++
		return fmt.Sprintf("# said %d: - [x] 'y", comments)
	}
	chance := func(of int, what string) bool { return rapid.IntRange(1, of).Draw(t, what) == 1 }
	withAnchors := rapid.Bool().Draw(t, "anchors")
	withComments := rapid.Bool().Draw(t, "comments")
	anchors := map[string]*yaml.Node{}
	var restyle func(n *yaml.Node, inFlow bool)
	restyle = func(n *yaml.Node, inFlow bool) {
		if n.Kind == yaml.AliasNode {
			return
		}
		if n.Kind == yaml.ScalarNode {
			if n.Tag == "!!str" && n.Style == 0 && chance(4, "quoted") {
				n.Style = rapid.SampledFrom([]yaml.Style{yaml.DoubleQuotedStyle, yaml.SingleQuotedStyle, yaml.LiteralStyle}).Draw(t, "quotes")
				if inFlow && n.Style == yaml.LiteralStyle {
					n.Style = yaml.DoubleQuotedStyle
				}
			}
			return
		}
		if inFlow = inFlow || chance(3, "flow"); inFlow {
			n.Style = yaml.FlowStyle
		} else {
			n.Style = 0
		}
		for i, child := range n.Content {
			isKey := n.Kind == yaml.MappingNode && i%2 == 0
			if isKey {
				if child.Tag != "!!merge" && chance(8, "quoted key") {
					child.Style = yaml.DoubleQuotedStyle
				}
			} else {
				restyle(child, inFlow)
			}
			if withComments && !inFlow && (isKey || n.Kind == yaml.SequenceNode) && chance(4, "comment above") {
				child.HeadComment = comment()
			}
			if withComments && !inFlow && child.Kind == yaml.ScalarNode && !isKey && child.Style&yaml.LiteralStyle == 0 && chance(4, "comment behind") {
				child.LineComment = comment()
			}
		}
	}
	var anchor func(n *yaml.Node)
	anchor = func(n *yaml.Node) {
		for i, child := range n.Content {
			if n.Kind == yaml.MappingNode && i%2 == 1 && child.Kind != yaml.AliasNode {
				spelled, err := yaml.Marshal(child)
				require.NoError(t, err)
				if had := anchors[string(spelled)]; had != nil {
					if had.Anchor == "" {
						named++
						had.Anchor = fmt.Sprintf("a%d", named)
					}
					n.Content[i] = &yaml.Node{Kind: yaml.AliasNode, Value: had.Anchor, Alias: had}
					continue
				}
				anchors[string(spelled)] = child
			}
			anchor(child)
		}
	}
	top.HeadComment, top.FootComment = "", ""
	documents := [][]*yaml.Node{nil}
	split := rapid.Bool().Draw(t, "two documents") && len(top.Content) > 8
	for i := 0; i < len(top.Content); i += 2 {
		key, value := top.Content[i], top.Content[i+1]
		if split && i == 8 {
			anchors = map[string]*yaml.Node{}
			documents = append(documents, []*yaml.Node{top.Content[0], top.Content[1], top.Content[2], top.Content[3]})
		}
		if value.Kind == yaml.SequenceNode {
			if rapid.Bool().Draw(t, "other order") {
				slices.Reverse(value.Content)
			}
			if withAnchors && rapid.Bool().Draw(t, "merge keys") {
				for i := 1; i < len(value.Content); i++ {
					merged(value.Content[i-1], value.Content[i], fmt.Sprintf("m%d", i))
				}
			}
			restyle(value, false)
			if withAnchors {
				anchor(value)
			}
		}
		documents[len(documents)-1] = append(documents[len(documents)-1], key, value)
	}
	indent := rapid.SampledFrom([]int{2, 4}).Draw(t, "indent")
	var texts []string
	for _, content := range documents {
		var b strings.Builder
		e := yaml.NewEncoder(&b)
		e.SetIndent(indent)
		require.NoError(t, e.Encode(&yaml.Node{Kind: yaml.MappingNode, Content: content}))
		text := b.String()
		if rapid.Bool().Draw(t, "no last line end") {
			text = strings.TrimSuffix(text, "\n")
		}
		texts = append(texts, text)
	}
	if len(texts) == 2 && rapid.Bool().Draw(t, "in one file") {
		texts = []string{strings.TrimSuffix(texts[0], "\n") + "\n---\n" + texts[1]}
	}
	var sources []schema.Source
	for i, text := range texts {
		if rapid.Bool().Draw(t, "CRLF") {
			text = strings.ReplaceAll(text, "\n", "\r\n")
		}
		if rapid.Bool().Draw(t, "byte order mark") {
			text = "\ufeff" + text
		}
		sources = append(sources, schema.Source{Name: fmt.Sprintf("m%d.yaml", i), Data: []byte(text)})
	}
	return sources
}

// quoteMerges makes texts of what the parser takes for merge keys though it stands in quotes.
func quoteMerges(n *yaml.Node) {
	if n.Tag == "!!merge" {
		n.Tag, n.Style = "!!str", yaml.DoubleQuotedStyle
	}
	for _, child := range n.Content {
		quoteMerges(child)
	}
}

// merged takes the values that two mappings share from the first by a merge key, if the second one has all keys of the first.
func merged(from, into *yaml.Node, name string) {
	valueAt := func(n *yaml.Node, key string) *yaml.Node {
		for i := 0; i < len(n.Content); i += 2 {
			if n.Content[i].Value == key {
				return n.Content[i+1]
			}
		}
		return nil
	}
	own := []*yaml.Node{{Kind: yaml.ScalarNode, Tag: "!!merge", Value: "<<"}, {Kind: yaml.AliasNode, Value: name, Alias: from}}
	for i := 0; i < len(from.Content); i += 2 {
		if valueAt(into, from.Content[i].Value) == nil || from.Content[i].Tag == "!!merge" {
			return
		}
	}
	for i := 0; i < len(into.Content); i += 2 {
		spelled, _ := yaml.Marshal(into.Content[i+1])
		had, _ := yaml.Marshal(valueAt(from, into.Content[i].Value))
		if string(spelled) != string(had) {
			own = append(own, into.Content[i], into.Content[i+1])
		}
	}
	if from.Anchor = name; len(own) > 2 {
		into.Content = own
	}
}
