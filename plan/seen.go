package plan

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"
	"time"

	"github.com/agencyctl/agencyctl/plan/addr"
)

// Seen identifies the state of a live root: "sha256:" and 64 hexadecimal digits over the addresses and attributes of the root and all
// its children, in canonical form and sorted, with the moment that it expires, over the documents in the catalogue of the roots that they
// use, and over all of that of the live roots that it answers for. Ids, settings, the order of reading and what is desired do not count,
// so a root that is made anew as it was has the same digest; but a rename that is asked for and not done yet counts. It stays the same from
// release to release. Empty where nothing is live.
func (v *View) Seen(root addr.Address) string { return newDigests(v).of(root) }

// digest returns what [View.Seen] would be without some of the children.
func (d *digests) digest(root addr.Address, without ...addr.Address) string {
	v, parts := d.view, d.parts[:0]
	v.note(root)
	var answers []addr.Address // they have no digest of their own that an acceptance could hold
	if l := v.liveAt(root); l != nil {
		if parts = append(parts, l); l.Own != nil {
			answers = l.Own.Answers
		}
	}
	for _, child := range v.children()[root] {
		if !slices.Contains(without, child.Address) {
			parts = append(parts, child)
		}
	}
	if len(parts) == 0 {
		return ""
	}
	for _, of := range answers {
		v.note(of)
		if l := v.liveAt(of); l != nil {
			parts = append(append(parts, l), v.children()[of]...)
		}
	}
	slices.SortFunc(parts, func(x, y *Live) int { return addr.Compare(x.Address, y.Address) })
	d.parts, d.text = parts, d.canonical(d.text[:0], parts)
	return digestOf(d.text)
}

// canonical appends what [View.Seen] is the digest of to an empty text: a JSON array. It is written by hand, as a plan may need it of
// every root.
func (d *digests) canonical(text []byte, parts []*Live) []byte {
	for i, l := range parts {
		text = appendJSONString(append(text, ",{\"address\":"...), l.Address.String())
		text = append(text, ",\"attributes\":{"...)
		attributes, expires := l.Attributes, l.Expires
		if l.Own != nil { // all else is told by what it answers for
			attributes, expires = l.Own.Attributes, time.Time{}
		}
		if d.names = d.names[:0]; len(attributes) > 0 { // most have none
			d.names = slices.AppendSeq(d.names, maps.Keys(attributes))
			slices.Sort(d.names)
		}
		written := 0
		for _, name := range d.names {
			value := attributes[name]
			if value.IsZero() { // as good as not there
				continue
			}
			if written++; written > 1 {
				text = append(text, ',')
			}
			text = append(appendJSONString(text, name), ':')
			text = value.appendJSON(text)
		}
		text = append(text, '}')
		if !expires.IsZero() { // or what has expired could come to life again unseen
			text = append(expires.UTC().AppendFormat(append(text, ",\"expires\":\""...), time.RFC3339), '"')
		}
		if documents := d.view.documentsOf(l); len(documents) > 0 {
			encoded, err := marshal(documents)
			if err != nil {
				panic("plan: documents of a snapshot always have JSON: " + err.Error())
			}
			text = append(append(text, ",\"documents\":"...), encoded...)
		}
		text = append(text, '}')
		if i == 0 {
			text[0] = '['
		}
	}
	return append(text, ']')
}

// documentsOf returns the documents that give a live resource its meaning, where they are those of roots that it uses: a document of the
// cloud's own is nobody's change.
func (v *View) documentsOf(l *Live) (documents []any) {
	if len(l.Uses) == 0 {
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(l.Bindings)) {
		e, known := v.snapshot.Catalogue.ByID(name, l.Bindings[name])
		var document any // the order of keys does not count
		if known && json.Unmarshal(e.Document, &document) == nil {
			documents = append(documents, document)
		}
	}
	return documents
}

// wantedOf returns the digest of what the manifest wants instead of what is live; see [Difference.Wanted].
func wantedOf(class string, attributes []AttributeChange) string {
	if !ClassMayWant(class) || len(attributes) == 0 {
		return ""
	}
	var text []byte
	for i := range attributes {
		text = append(appendJSONString(append(text, ','), attributes[i].Name), ':')
		text = attributes[i].After.appendJSON(text)
	}
	return digestOf(text)
}

// digestOf returns the digest of a text as an acceptance has it.
func digestOf(text []byte) string {
	sum := sha256.Sum256(text)
	return string(hex.AppendEncode([]byte(seenPrefix), sum[:]))
}

const seenPrefix = "sha256:"

// brief cuts a digest to what tells two of them apart for a reader.
func brief(seen string) string { return seen[:min(len(seen), len(seenPrefix)+12)] }

// digests works out the digest of each root once: one root may have many findings. It keeps the room that one takes for the next.
type digests struct {
	view  *View
	known map[addr.Address]string
	parts []*Live
	names []string
	text  []byte
}

func newDigests(view *View) *digests { return &digests{view: view, known: map[addr.Address]string{}} }

func (d *digests) of(root addr.Address) string {
	seen, known := d.known[root]
	if !known {
		seen = d.digest(root)
		d.known[root] = seen
	}
	return seen
}

// rootOf returns the root that the live or desired resource at a is part of; a itself where nothing is known of it.
func (v *View) rootOf(a addr.Address) addr.Address {
	if l := v.liveAt(a); l != nil {
		return l.Root()
	}
	if d := v.desiredAt(a); d != nil {
		return d.Root()
	}
	return a
}

// lists reports whether the manifest says what the attribute of the resource at a is to be, or with no attribute, whether the resource
// is to be there. Of a root with exact children it says everything.
func (v *View) lists(a addr.Address, attribute string) bool {
	d, root := v.desiredAt(a), v.desiredAt(v.rootOf(a))
	switch {
	case root != nil && !root.Additive:
		return true
	case d == nil:
		return false
	case d.Absent || attribute == "":
		return true
	}
	_, says := d.Attributes[attribute]
	_, kept := d.Kept[attribute]
	return says && !kept
}
