package schema

import (
	"errors"
	"fmt"
	"slices"

	"github.com/agencyctl/agencyctl/plan"
)

// ErrNoEdit is wrapped by the errors of edits that an author's style does not allow.
var ErrNoEdit = errors.New("cannot be edited")

// Accept adds acceptances to guardrails.accept of a manifest, in the text of the source that holds guardrails. Where none does, the
// section is added to the source that holds cloud. An acceptance of the manifest for the same rule and address gets the new reason, day
// and state. All other bytes stay; see [Edit]. Where the list of acceptances cannot be edited in this way, the error wraps [ErrNoEdit].
//
// It returns the index of the source, and its new text. The manifest must be one of those that were read from the sources.
func Accept(sources []Source, m *plan.Manifest, acceptances []plan.Acceptance) (index int, text []byte, err error) {
	accept := plan.Pair{Key: "accept", Value: accepting(m, acceptances)}
	edit := EntryEdit{Section: "guardrails", Whole: true, Node: &plan.Node{Kind: plan.Map, Entries: []plan.Pair{accept}}}
	if m.Guardrails == nil {
		edit.At, err = cloudOf(sources, m)
	} else {
		edit = EntryEdit{At: m.Guardrails.At, Node: withPair(m.Guardrails, accept)}
	}
	if err != nil {
		return 0, nil, err
	}
	index = slices.IndexFunc(sources, func(s Source) bool { return s.Name == edit.At.File })
	if index < 0 {
		return 0, nil, fmt.Errorf("%s is not among the files that were read", edit.At.File)
	}
	text, refused := Edit(sources[index], []EntryEdit{edit})
	if len(refused) > 0 {
		return 0, nil, fmt.Errorf("%s: guardrails %w: %s", edit.At, ErrNoEdit, refused[0].Why)
	}
	return index, text, nil
}

// accepting returns the list of a manifest's acceptances with others.
func accepting(m *plan.Manifest, acceptances []plan.Acceptance) *plan.Node {
	list := &plan.Node{Kind: plan.List}
	list.Items = slices.Clone(m.Guardrails.Get("accept").Elements())
	for i := range acceptances {
		a := &acceptances[i]
		node := acceptanceNode(a)
		if at := earlier(m, a); at.IsZero() {
			list.Items = append(list.Items, node)
		} else {
			k := slices.IndexFunc(list.Items, func(item *plan.Node) bool { return item.At == at })
			old := withoutPairs(list.Items[k], "seen", "wanted") // a new one may have none
			for _, pair := range node.Entries {
				if pair.Key != "rule" && pair.Key != "address" { // these say the same, perhaps in short
					old = withPair(old, pair)
				}
			}
			list.Items[k] = old
		}
	}
	return list
}

// earlier returns where the manifest accepts the same rule and address: in the same state, where there are several; zero for nowhere.
func earlier(m *plan.Manifest, a *plan.Acceptance) (at plan.Position) {
	for i := range m.Acceptances {
		if had := &m.Acceptances[i]; had.Rule == a.Rule && had.Address == a.Address && (at.IsZero() || had.Seen == a.Seen) {
			at = had.At
		}
	}
	return at
}

func acceptanceNode(a *plan.Acceptance) *plan.Node {
	n := &plan.Node{Kind: plan.Map, Entries: []plan.Pair{
		{Key: "rule", Value: plan.NewText(a.Rule)}, {Key: "address", Value: plan.NewText(a.Address.String())},
		{Key: "reason", Value: plan.NewText(a.Reason)}, {Key: "reviewBy", Value: plan.NewText(a.ReviewBy)},
	}}
	if a.Seen != "" {
		n.Entries = append(n.Entries, plan.Pair{Key: "seen", Value: plan.NewText(a.Seen)})
	}
	if a.Wanted != "" {
		n.Entries = append(n.Entries, plan.Pair{Key: "wanted", Value: plan.NewText(a.Wanted)})
	}
	return n
}

// withoutPairs returns a copy of a mapping without some keys.
func withoutPairs(n *plan.Node, keys ...string) *plan.Node {
	out := *n
	out.Entries = slices.DeleteFunc(slices.Clone(n.Entries), func(p plan.Pair) bool { return slices.Contains(keys, p.Key) })
	return &out
}

// withPair returns a copy of a mapping in which a key has a value.
func withPair(n *plan.Node, pair plan.Pair) *plan.Node {
	out := *n
	out.Entries = slices.Clone(n.Entries)
	for i := range out.Entries {
		if out.Entries[i].Key == pair.Key {
			out.Entries[i].Value = pair.Value
			return &out
		}
	}
	out.Entries = append(out.Entries, pair)
	return &out
}

// cloudOf returns where the document of a manifest begins that says which cloud it is for. Every manifest has one.
func cloudOf(sources []Source, m *plan.Manifest) (plan.Position, error) {
	for _, source := range sources {
		read, err := readForEdit(source)
		if err != nil {
			return plan.Position{}, fmt.Errorf("%s: %w", source.Name, err)
		}
		for _, d := range read.documents {
			account, _ := accountOf(document{root: d.tree})
			ours := account.Name != "" && account.Name == m.Account.Name || account.ID != "" && account.ID == m.Account.ID
			if ours && d.tree.Has("cloud") {
				return plan.Position{File: source.Name, Line: d.tree.At.Line, Column: d.tree.At.Column}, nil
			}
		}
	}
	return plan.Position{}, fmt.Errorf("no file that was read says which cloud account %s is in", m.Account)
}
