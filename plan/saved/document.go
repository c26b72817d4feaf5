package saved

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
)

// Document identifies the text of a catalogue entry.
type Document struct {
	Kind, ID, Name string
	// Digest is "sha256:" and 64 hexadecimal digits over the text's JSON with sorted keys.
	Digest string
}

// keepDocuments keeps the digests of all texts that stand behind what the touched roots refer to when the plan is done.
// What the plan itself writes is not among them: that is checked as the resource that it is.
func (k *keeper) keepDocuments(p *plan.Plan) {
	leaving := map[addr.Address]bool{}
	var conveyed []plan.Resource
	for _, c := range p.Changes {
		if c.After != nil && c.Action.Writes() {
			conveyed = append(conveyed, *c.After)
		}
		if c.After == nil && c.Action == plan.Delete {
			leaving[c.Address] = true
			for _, child := range c.With {
				leaving[child] = true
			}
		}
	}
	for _, tree := range k.saved.Reliance.Trees {
		for _, l := range append([]plan.Live{tree.Live}, tree.Children...) {
			if !leaving[l.Address] {
				conveyed = append(conveyed, l.Resource)
			}
		}
	}
	wanted := map[string]bool{}
	for _, r := range conveyed {
		for _, id := range r.Bindings {
			wanted[id] = true
		}
	}
	k.saved.Reliance.Documents = documentsOf(k.in.Snapshot.Catalogue, func(e plan.CatalogueEntry) bool { return wanted[e.ID] && !k.changed[e.ID] })
}

// documentsOf returns the documents of the entries that are wanted, in catalogue order.
func documentsOf(catalogue *plan.Catalogue, wanted func(plan.CatalogueEntry) bool) []Document {
	var documents []Document
	for _, e := range catalogue.Entries() {
		if e.ID != "" && len(e.Document) > 0 && wanted(e) {
			documents = append(documents, Document{Kind: e.Kind, ID: e.ID, Name: e.Name, Digest: digestOf(e.Document)})
		}
	}
	slices.SortFunc(documents, compareDocuments)
	return documents
}

func compareDocuments(a, b Document) int {
	if c := strings.Compare(a.Kind, b.Kind); c != 0 {
		return c
	}
	return strings.Compare(a.ID, b.ID)
}

// digestOf hashes a JSON text whatever the order of its keys and its white space are. What is no JSON counts as it
// stands.
func digestOf(document []byte) string {
	var value any
	decoder := json.NewDecoder(strings.NewReader(string(document)))
	decoder.UseNumber()
	if err := decoder.Decode(&value); err == nil && !decoder.More() {
		if canonical, err := json.Marshal(value); err == nil {
			document = canonical
		}
	}
	return digest(document)
}

func digest(text []byte) string {
	sum := sha256.Sum256(text)
	return "sha256:" + hex.EncodeToString(sum[:])
}
