package schema

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"strconv"

	"github.com/agencyctl/agencyctl/plan"
)

// apiVersion is the version of the manifest format.
const apiVersion = "agencyctl/v1"

// digest identifies what the manifest means: a hash over its canonical JSON.
func (m *merger) digest() string {
	sum := sha256.Sum256(m.canonical())
	return "sha256:" + hex.EncodeToString(sum[:])
}

// canonical returns the canonical JSON of the merged tree. The order of entries in a section has no meaning, so they are
// sorted; how they are spread over files thus does not count either.
func (m *merger) canonical() []byte {
	account := &plan.Node{Kind: plan.Map}
	if name := m.manifest.Account.Name; name != "" {
		account.Entries = append(account.Entries, plan.Pair{Key: "name", Value: &plan.Node{Kind: plan.Text, Text: name}})
	}
	if id := m.manifest.Account.ID; id != "" {
		account.Entries = append(account.Entries, plan.Pair{Key: "id", Value: &plan.Node{Kind: plan.Text, Text: id}})
	}
	single := map[string]*plan.Node{"account": account, "apiVersion": {Kind: plan.Text, Text: apiVersion}}
	for key, pair := range m.settings {
		single[key] = pair.Value
	}
	keys := slices.AppendSeq(slices.Collect(maps.Keys(single)), maps.Keys(m.manifest.Sections))
	slices.Sort(keys)

	all := []byte{'{'}
	for _, key := range keys {
		entries := m.manifest.Sections[key]
		if single[key] == nil && len(entries) == 0 {
			continue // an empty section means no more than a missing one
		}
		if len(all) > 1 {
			all = append(all, ',')
		}
		all = append(strconv.AppendQuote(all, key), ':')
		if node := single[key]; node != nil {
			all = node.AppendJSON(all)
		} else {
			all = appendSorted(all, entries)
		}
	}
	return append(all, '}')
}

// appendSorted appends the canonical JSON of the entries in the order of their texts.
func appendSorted(all []byte, entries []*plan.Node) []byte {
	const usual = 256 // bytes of an entry; growing the buffer by doubling would copy it many times
	text := make([]byte, 0, usual*len(entries))
	ends := make([]int, len(entries)) // slices are cut when the buffer has stopped to move
	for i, entry := range entries {
		text = entry.AppendJSON(text)
		ends[i] = len(text)
	}
	texts := make([][]byte, len(entries))
	start := 0
	for i, end := range ends {
		texts[i], start = text[start:end], end
	}
	slices.SortFunc(texts, bytes.Compare)
	all = append(slices.Grow(all, len(text)+len(texts)+2), '[')
	for i, t := range texts {
		if i > 0 {
			all = append(all, ',')
		}
		all = append(all, t...)
	}
	return append(all, ']')
}
