package plan

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Position is a place in a manifest. Lines and columns count from 1; columns count characters, not bytes. The zero
// Position means "nowhere in particular", as for live resources.
type Position struct {
	File   string `json:"file"`
	Line   int    `json:"line"`
	Column int    `json:"column,omitempty"`
}

// String returns "file:line:column", "file:line" without a column, the file alone without a line, and "" for the zero
// Position.
func (p Position) String() string {
	switch {
	case p.Line == 0:
		return p.File
	case p.Column == 0:
		return fmt.Sprintf("%s:%d", p.File, p.Line)
	default:
		return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
	}
}

// IsZero reports whether p is nowhere.
func (p Position) IsZero() bool { return p == Position{} }

// ComparePositions orders by file, line, column. It returns 0 for equal ones only.
func ComparePositions(a, b Position) int {
	if c := strings.Compare(a.File, b.File); c != 0 {
		return c
	}
	if a.Line != b.Line {
		return a.Line - b.Line
	}
	return a.Column - b.Column
}

// Kind tells what a [Node] holds.
type Kind uint8

// The kinds of a Node. The zero Kind is [Null].
const (
	Null Kind = iota
	Bool
	Int
	Float
	Text
	List
	Map
)

// String returns the word a message would use: "a list", "a text".
func (k Kind) String() string {
	switch k {
	case Null:
		return "nothing"
	case Bool:
		return "true or false"
	case Int, Float:
		return "a number"
	case Text:
		return "a text"
	case List:
		return "a list"
	case Map:
		return "a mapping"
	}
	return "kind " + strconv.Itoa(int(k))
}

// Node is one value of a manifest with its place: a closed tree of plain values, whatever syntax it was written in.
// A nil *Node is a missing value; it is not the same as Null. Nodes are shared and must not be changed once built.
type Node struct {
	Kind Kind
	// Bool is the value of a Bool node, Int that of an Int node.
	Bool bool
	Int  int64
	// Text is the value of a Text node, and the source text of an Int or Float node.
	Text string
	// Items are the elements of a List node.
	Items []*Node
	// Entries are the pairs of a Map node, in source order; no key occurs twice.
	Entries []Pair
	At      Position
}

// Pair is one entry of a Map node.
type Pair struct {
	Key   string
	KeyAt Position
	Value *Node
}

// NewText returns a Text node without a place, for what is written into a manifest.
func NewText(text string) *Node { return &Node{Kind: Text, Text: text} }

// Get returns the value at key, or nil when n is no Map or has no such key.
func (n *Node) Get(key string) *Node {
	if n == nil || n.Kind != Map {
		return nil
	}
	for i := range n.Entries {
		if n.Entries[i].Key == key {
			return n.Entries[i].Value
		}
	}
	return nil
}

// Has reports whether n is a Map with that key.
func (n *Node) Has(key string) bool { return n.Get(key) != nil }

// Position returns where n stands; the zero Position for nil.
func (n *Node) Position() Position {
	if n == nil {
		return Position{}
	}
	return n.At
}

// String returns the value of a Text node, and "" for any other.
func (n *Node) String() string {
	if n == nil || n.Kind != Text {
		return ""
	}
	return n.Text
}

// IsTrue reports whether n is a Bool node holding true.
func (n *Node) IsTrue() bool { return n != nil && n.Kind == Bool && n.Bool }

// Elements returns the items of a List node, and nil for any other.
func (n *Node) Elements() []*Node {
	if n == nil || n.Kind != List {
		return nil
	}
	return n.Items
}

// Pairs returns the entries of a Map node in source order, and nil for any other.
func (n *Node) Pairs() []Pair {
	if n == nil || n.Kind != Map {
		return nil
	}
	return n.Entries
}

// AppendJSON appends the canonical JSON of n to b: no white space, map keys sorted, positions left out. Two manifests
// that mean the same give the same bytes.
func (n *Node) AppendJSON(b []byte) []byte {
	if n == nil {
		return append(b, "null"...)
	}
	switch n.Kind {
	case Null:
		return append(b, "null"...)
	case Bool:
		return strconv.AppendBool(b, n.Bool)
	case Int:
		return strconv.AppendInt(b, n.Int, 10)
	case Float:
		return append(b, n.Text...)
	case Text:
		return appendJSONString(b, n.Text)
	case List:
		b = append(b, '[')
		for i, item := range n.Items {
			if i > 0 {
				b = append(b, ',')
			}
			b = item.AppendJSON(b)
		}
		return append(b, ']')
	case Map:
		var room [16]*Pair // most maps are small: no memory for them
		sorted := room[:0]
		for i := range n.Entries {
			sorted = append(sorted, &n.Entries[i])
		}
		slices.SortFunc(sorted, func(x, y *Pair) int { return strings.Compare(x.Key, y.Key) })
		b = append(b, '{')
		for i, e := range sorted {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendJSONString(b, e.Key)
			b = append(b, ':')
			b = e.Value.AppendJSON(b)
		}
		return append(b, '}')
	}
	panic("plan: node of unknown kind") // a new Kind must be given its JSON here
}

// appendJSONString quotes s without the escapes that only HTML needs.
func appendJSONString(b []byte, s string) []byte {
	if isPlain(s) {
		return append(append(append(b, '"'), s...), '"')
	}
	if !strings.ContainsAny(s, "<>&") {
		quoted, err := json.Marshal(s)
		if err != nil {
			panic(err) // a string always marshals
		}
		return append(b, quoted...)
	}
	var buffer bytes.Buffer
	e := json.NewEncoder(&buffer)
	e.SetEscapeHTML(false)
	if err := e.Encode(s); err != nil {
		panic(err)
	}
	return append(b, bytes.TrimSuffix(buffer.Bytes(), []byte("\n"))...)
}

// isPlain reports whether the JSON of s is s between quotes: no character that the encoder would escape.
func isPlain(s string) bool {
	for i := range len(s) {
		if !standsForItself[s[i]] {
			return false
		}
	}
	return true
}

// standsForItself tells of each byte whether it does inside a JSON string.
var standsForItself = func() (plain [256]bool) {
	for c := byte(0x20); c < 0x7f; c++ {
		plain[c] = !strings.ContainsRune(`"\\<>&`, rune(c))
	}
	return plain
}()

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
