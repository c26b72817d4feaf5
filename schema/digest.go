package schema

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/agencyctl/agencyctl/plan"
)

// apiVersion is the version of the manifest format.
const apiVersion = "agencyctl/v1"

// digest identifies what the manifest means: a hash over its canonical JSON.
func (m *merger) digest() string {
	sum := sha256.New()
	m.canonical(sum)
	return "sha256:" + hex.EncodeToString(sum.Sum(nil))
}

// canonical writes the canonical JSON of the merged tree; w never fails. The order of entries in a section has no meaning, so they are
// sorted; how they are spread over files thus does not count either.
func (m *merger) canonical(w io.Writer) {
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

	before := "{"
	for _, key := range keys {
		entries := m.manifest.Sections[key]
		if single[key] == nil && len(entries) == 0 {
			continue // an empty section means no more than a missing one
		}
		_, _ = fmt.Fprintf(w, "%s%q:", before, key)
		before = ","
		if node := single[key]; node != nil {
			_, _ = w.Write(node.AppendJSON(nil))
		} else {
			writeSorted(w, entries)
		}
	}
	_, _ = w.Write([]byte("}"))
}

// writeSorted writes the canonical JSON of the entries in the order of their texts.
func writeSorted(w io.Writer, entries []*plan.Node) {
	const usual = 384 // bytes of an entry; growing the buffer by doubling would copy it many times
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
	for i, t := range texts {
		_, _ = w.Write([]byte{"[,"[min(i, 1)]})
		_, _ = w.Write(t)
	}
	_, _ = w.Write([]byte("]"))
}
