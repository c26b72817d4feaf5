package conformance

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
)

const manifestFile = "m.yaml"

// Manifest makes a manifest of JSON, as providers see one: entries in source order, every value with its place in the
// text, in a file m.yaml. The top-level keys are
//
//	account     {"name", "id"}; {"name": "example-co"} when left out
//	cloud       {"kind", "region", "notRead"}, the last a list
//	ownership   {"include", "exclude", "protect"} as lists of patterns, and "prune"
//	guardrails  as it stands
//
// and every other key is a section, a list of entries or null. No schema is applied. Text that is not of this form fails the
// test. The digest is the same for all.
func Manifest(t require.TestingT, text string) *plan.Manifest {
	root, err := nodeOf(text)
	require.NoError(t, err)
	require.Equal(t, plan.Map, root.Kind, "a manifest is an object")
	m := &plan.Manifest{
		Account: plan.Account{Name: "example-co"}, AccountAt: root.At, Sections: map[string][]*plan.Node{},
		Digest: "sha256:0", Files: []string{manifestFile},
	}
	for _, pair := range root.Entries {
		switch pair.Key {
		case "account":
			m.Account, m.AccountAt = plan.Account{Name: pair.Value.Get("name").String(), ID: pair.Value.Get("id").String()}, pair.Value.At
		case "cloud":
			m.Cloud = plan.Cloud{Kind: pair.Value.Get("kind").String(), Region: pair.Value.Get("region").String()}
			for _, part := range pair.Value.Get("notRead").Elements() {
				if m.NotReadAt == nil {
					m.NotReadAt = map[string]plan.Position{}
				}
				m.NotRead, m.NotReadAt[part.String()] = append(m.NotRead, part.String()), part.At
			}
		case "ownership":
			m.Ownership = plan.Ownership{
				Include: patterns(t, pair.Value.Get("include")), Exclude: patterns(t, pair.Value.Get("exclude")),
				Protect: patterns(t, pair.Value.Get("protect")), Prune: pair.Value.Get("prune").IsTrue(),
			}
		case "guardrails":
			m.Guardrails = pair.Value
		default:
			require.Contains(t, []plan.Kind{plan.List, plan.Null}, pair.Value.Kind, "section %s is no list", pair.Key)
			m.Sections[pair.Key] = pair.Value.Items
		}
	}
	return m
}

func patterns(t require.TestingT, list *plan.Node) []addr.Pattern {
	var all []addr.Pattern
	for _, item := range list.Elements() {
		p, err := addr.ParsePattern(item.String())
		require.NoError(t, err)
		all = append(all, p)
	}
	return all
}

// nodeOf reads one JSON value.
func nodeOf(text string) (*plan.Node, error) {
	r := reader{text: text, decoder: json.NewDecoder(strings.NewReader(text))}
	r.decoder.UseNumber()
	node, err := r.value()
	if err != nil {
		return nil, fmt.Errorf("manifest: %w", err)
	}
	if _, err := r.decoder.Token(); err != io.EOF {
		return nil, fmt.Errorf("manifest: more than one value")
	}
	return node, nil
}

// reader turns tokens into nodes, because a decoded map has lost its order and its places.
type reader struct {
	text    string
	decoder *json.Decoder
}

// place is where the next token begins.
func (r *reader) place() plan.Position {
	at := int(r.decoder.InputOffset())
	for at < len(r.text) && strings.IndexByte(" \t\r\n,:", r.text[at]) >= 0 {
		at++
	}
	before := r.text[:at]
	line := strings.LastIndexByte(before, '\n') + 1
	return plan.Position{File: manifestFile, Line: strings.Count(before, "\n") + 1, Column: utf8.RuneCountInString(before[line:]) + 1}
}

func (r *reader) value() (*plan.Node, error) {
	n := &plan.Node{At: r.place()}
	token, err := r.decoder.Token()
	if err != nil {
		return nil, err
	}
	switch v := token.(type) {
	case nil:
	case bool:
		n.Kind, n.Bool = plan.Bool, v
	case string:
		n.Kind, n.Text = plan.Text, v
	case json.Number:
		n.Kind, n.Text = plan.Float, v.String()
		if whole, err := v.Int64(); err == nil {
			n.Kind, n.Int = plan.Int, whole
		}
	case json.Delim:
		if v == '[' {
			n.Kind = plan.List
			return n, r.items(n)
		}
		n.Kind = plan.Map
		return n, r.entries(n)
	}
	return n, nil
}

func (r *reader) items(n *plan.Node) error {
	for r.decoder.More() {
		item, err := r.value()
		if err != nil {
			return err
		}
		n.Items = append(n.Items, item)
	}
	_, err := r.decoder.Token()
	return err
}

func (r *reader) entries(n *plan.Node) error {
	for r.decoder.More() {
		key, err := r.value()
		if err != nil {
			return err
		}
		value, err := r.value()
		if err != nil {
			return err
		}
		if slices.ContainsFunc(n.Entries, func(p plan.Pair) bool { return p.Key == key.Text }) {
			return fmt.Errorf("%s: key %q given twice", key.At, key.Text)
		}
		n.Entries = append(n.Entries, plan.Pair{Key: key.Text, KeyAt: key.At, Value: value})
	}
	_, err := r.decoder.Token()
	return err
}
