package schema

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v5"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/schema/internal/fast"
)

// manifestURL is the published schema's $id.
const manifestURL = "https://agencyctl.github.io/schema/v1/manifest.schema.json"

// compiledSchema is the manifest's schema, ready for use: the whole of it for what stands around the entries, and the
// schema of one entry for each section.
type compiledSchema struct {
	raw     object
	whole   *jsonschema.Schema
	entries map[string]*jsonschema.Schema
	// fast recognises most valid entries without the library; nil for a section whose schema it does not understand.
	fast map[string]*fast.Schema
}

// compiled compiles the embedded schema once; it is immutable afterwards.
var compiled = sync.OnceValue(func() *compiledSchema {
	c, err := compile(Manifest())
	if err != nil {
		panic(err) // it is embedded, and a test compiles it
	}
	return c
})

func compile(text []byte) (*compiledSchema, error) {
	raw, err := parseObject(text)
	if err != nil {
		return nil, fmt.Errorf("manifest schema: %w", err)
	}
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat = true
	compiler.LoadURL = nil
	if err := compiler.AddResource(manifestURL, bytes.NewReader(text)); err != nil {
		return nil, fmt.Errorf("manifest schema: %w", err)
	}
	c := &compiledSchema{raw: raw, entries: map[string]*jsonschema.Schema{}, fast: map[string]*fast.Schema{}}
	if c.whole, err = compiler.Compile(manifestURL); err != nil {
		return nil, fmt.Errorf("manifest schema: %w", err)
	}
	compileFast := fast.NewCompiler(raw)
	for name, property := range child(raw, "properties") {
		if o, ok := property.(object); !ok || o["type"] != "array" {
			continue
		}
		if c.entries[name], err = compiler.Compile(manifestURL + "#/$defs/" + name); err != nil {
			return nil, fmt.Errorf("manifest schema: section %s: %w", name, err)
		}
		if known, err := compileFast.Compile("#/$defs/" + name); err == nil {
			c.fast[name] = known
		}
	}
	return c, nil
}

// isSection reports whether the top-level key holds a list of entries.
func (c *compiledSchema) isSection(key string) bool { return c.entries[key] != nil }

// check validates a document: what stands around the entries as one, and each entry alone, so that only one entry at
// a time needs the form that the validator reads.
func (c *compiledSchema) check(root *plan.Node, found *problems) {
	frame := *root
	if root.Kind == plan.Map {
		frame.Entries = make([]plan.Pair, len(root.Entries))
		copy(frame.Entries, root.Entries)
		for i, e := range frame.Entries {
			if c.isSection(e.Key) && e.Value.Kind == plan.List {
				frame.Entries[i].Value = &plan.Node{Kind: plan.List, At: e.Value.At}
			}
		}
	}
	c.checkOne(c.whole, &frame, "the manifest", found)
	for _, e := range root.Pairs() {
		if entry := c.entries[e.Key]; entry != nil {
			c.checkEntries(entry, e.Key, e.Value.Elements(), found)
		}
	}
}

// chunk is how many entries one worker takes at a time.
const chunk = 128

func (c *compiledSchema) checkEntries(entry *jsonschema.Schema, section string, items []*plan.Node, found *problems) {
	chunks := (len(items) + chunk - 1) / chunk
	known := c.fast[section]
	results := make([]problems, chunks)
	next := make(chan int, chunks)
	for i := range chunks {
		next <- i
	}
	close(next)
	var workers sync.WaitGroup
	for range min(chunks, runtime.GOMAXPROCS(0)) {
		workers.Go(func() {
			for i := range next {
				for _, item := range items[i*chunk : min((i+1)*chunk, len(items))] {
					if known != nil {
						if valid, sure := known.Valid(item); valid && sure {
							continue
						}
					}
					c.checkOne(entry, item, "the entry of "+section, &results[i])
				}
			}
		})
	}
	workers.Wait()
	for i := range results {
		found.join(&results[i])
	}
}

// checkOne validates one tree. The validator panics on some values; that is a problem like any other.
func (c *compiledSchema) checkOne(s *jsonschema.Schema, node *plan.Node, subject string, found *problems) {
	defer func() {
		if r := recover(); r != nil {
			found.add(plan.Problem{At: node.At, Summary: "cannot be checked", Detail: fmt.Sprintf("%s makes the validator fail: %v", subject, r),
				Hint: "write it in a simpler way"})
		}
	}()
	err := s.Validate(plain(node))
	if err == nil {
		return
	}
	var invalid *jsonschema.ValidationError
	if !errors.As(err, &invalid) {
		found.add(plan.Problem{At: node.At, Summary: "cannot be checked", Detail: fmt.Sprintf("%s: %v", subject, err),
			Hint: "write it in a simpler way"})
		return
	}
	e := explainer{raw: c.raw, root: node, subject: subject}
	e.explain(invalid)
	found.add(plan.SortProblems(e.problems)...)
}

// plain returns the tree in the form that the validator reads.
func plain(n *plan.Node) any {
	switch n.Kind {
	case plan.Bool:
		return n.Bool
	case plan.Int:
		return n.Int
	case plan.Float:
		return json.Number(n.Text)
	case plan.Text:
		return n.Text
	case plan.List:
		items := make([]any, len(n.Items))
		for i, item := range n.Items {
			items[i] = plain(item)
		}
		return items
	case plan.Map:
		entries := make(map[string]any, len(n.Entries))
		for _, e := range n.Entries {
			entries[e.Key] = plain(e.Value)
		}
		return entries
	case plan.Null:
		return nil
	}
	panic("schema: node of unknown kind") // a new Kind must be given its plain form here
}
