package plan

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
)

// NodeOf turns JSON into a tree without positions. The keys of objects are sorted; numbers stay as they are written.
func NodeOf(text []byte) (*Node, error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return nil, err
	}
	return nodeOf(value), nil
}

// MarshalJSON gives the canonical JSON; see [Node.AppendJSON].
func (n *Node) MarshalJSON() ([]byte, error) { return n.AppendJSON(nil), nil }

// UnmarshalJSON reads a tree by [NodeOf].
func (n *Node) UnmarshalJSON(text []byte) error {
	parsed, err := NodeOf(text)
	if err != nil {
		return err
	}
	*n = *parsed
	return nil
}

func nodeOf(value any) *Node {
	switch v := value.(type) {
	case bool:
		return &Node{Kind: Bool, Bool: v}
	case string:
		return NewText(v)
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return &Node{Kind: Int, Int: n, Text: v.String()}
		}
		return &Node{Kind: Float, Text: v.String()}
	case []any:
		list := &Node{Kind: List}
		for _, item := range v {
			list.Items = append(list.Items, nodeOf(item))
		}
		return list
	case map[string]any:
		node := &Node{Kind: Map}
		for _, key := range slices.Sorted(maps.Keys(v)) {
			node.Entries = append(node.Entries, Pair{Key: key, Value: nodeOf(v[key])})
		}
		return node
	}
	return &Node{Kind: Null}
}
