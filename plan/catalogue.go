package plan

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/agencyctl/agencyctl/plan/addr"
)

// CatalogueEntry is a named thing of the cloud that resources refer to and that nobody manages here: a role, a project,
// an account.
type CatalogueEntry struct {
	// Kind is the sort of thing: names are looked up within one kind.
	Kind string `json:"kind"`
	Name string `json:"name"`
	// ID is empty for an entry that the plan itself will create.
	ID string `json:"id,omitempty"`
	// Qualifier tells apart entries of one kind that may share a name ("system", "custom").
	Qualifier string `json:"qualifier,omitempty"`
	// Type is the cloud's own class of the entry within its kind, "" where it has none.
	Type string `json:"type,omitempty"`
	// InternalName is the cloud's own name of an entry that people know by another one.
	InternalName string `json:"internalName,omitempty"`
	// Description is what the cloud says of the entry. Nothing depends on it, and no plan is saved with it.
	Description string `json:"description,omitempty"`
	// Unlisted marks an entry that no list of the cloud shows and that is known by its id alone. Its name is the id, and it
	// is always spelled by the id.
	Unlisted bool `json:"unlisted,omitempty"`
	// Unusable says why nothing can be had with the entry, "" where something can: the cloud has switched it off, say, or does not let
	// it be read. What is live with it may be taken away.
	Unusable string `json:"unusable,omitempty"`
	// Own marks the account that everything here belongs to.
	Own bool `json:"own,omitempty"`
	// Document is the JSON text behind the entry, such as a role's policy.
	Document json.RawMessage `json:"document,omitempty"`
}

// Reference is how a manifest names a catalogue entry.
type Reference struct {
	// Qualifier is "" for a plain display name, "id" for the cloud's id, or the Qualifier of an entry.
	Qualifier string
	Name      string
}

// qualifierID is the qualifier of a reference by the cloud's id.
const qualifierID = "id"

// ParseReference reads "id:ID", "QUALIFIER:NAME" with one of the given qualifiers, or a plain name. A colon behind any
// other word belongs to the name.
func ParseReference(text string, qualifiers ...string) Reference {
	qualifier, name, found := strings.Cut(text, ":")
	if found && name != "" && (qualifier == qualifierID || slices.Contains(qualifiers, qualifier)) {
		return Reference{Qualifier: qualifier, Name: name}
	}
	return Reference{Name: text}
}

// String returns the form that ParseReference reads.
func (r Reference) String() string {
	if r.Qualifier == "" {
		return r.Name
	}
	return r.Qualifier + ":" + r.Name
}

// Segment returns the reference as part of an address.
func (r Reference) Segment() addr.Segment { return addr.Segment{Qualifier: r.Qualifier, Text: r.Name} }

// UnknownError says that a catalogue has no entry of that name.
type UnknownError struct {
	Kind      string
	Reference Reference
	// Nearest are the entries that look like it, as they would be written, the likeliest first.
	Nearest []string
}

func (e *UnknownError) Error() string {
	return fmt.Sprintf("unknown %s %q", e.Kind, e.Reference)
}

// AmbiguousError says that several entries have that name.
type AmbiguousError struct {
	Kind      string
	Reference Reference
	// Candidates are the entries that fit, and Spellings how each is written so that only it is meant.
	Candidates []CatalogueEntry
	Spellings  []string
}

func (e *AmbiguousError) Error() string {
	return fmt.Sprintf("%s %q is ambiguous: %d entries have that name", e.Kind, e.Reference, len(e.Candidates))
}

// Catalogue looks names up. It is immutable and safe for concurrent use; the zero Catalogue and nil are empty.
type Catalogue struct {
	entries []CatalogueEntry
	byName  map[catalogueKey][]int
	byID    map[catalogueKey]int
	// qualifiers are those that entries of each kind have.
	qualifiers map[catalogueKey]bool
	// near are the names of each kind, and internal the entries by their internal names, indexed when somebody asks.
	near     map[string]func() *Names
	internal func() map[catalogueKey]int
}

type catalogueKey struct{ kind, text string }

// NewCatalogue returns a catalogue of the given entries, sorted by kind, name, qualifier and id. A later entry with the
// kind and id of an earlier one takes its place.
func NewCatalogue(entries ...CatalogueEntry) *Catalogue {
	c := &Catalogue{byName: map[catalogueKey][]int{}, byID: map[catalogueKey]int{}, qualifiers: map[catalogueKey]bool{},
		near: map[string]func() *Names{}}
	latest := map[catalogueKey]int{}
	for i, e := range entries {
		if e.ID != "" {
			latest[catalogueKey{e.Kind, e.ID}] = i
		}
	}
	for i, e := range entries {
		if e.ID == "" || latest[catalogueKey{e.Kind, e.ID}] == i {
			c.entries = append(c.entries, e)
		}
	}
	slices.SortStableFunc(c.entries, func(a, b CatalogueEntry) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Qualifier, b.Qualifier), cmp.Compare(a.ID, b.ID))
	})
	for i, e := range c.entries {
		name := catalogueKey{e.Kind, e.Name}
		c.byName[name] = append(c.byName[name], i)
		c.qualifiers[catalogueKey{e.Kind, e.Qualifier}] = true
		if e.ID != "" {
			c.byID[catalogueKey{e.Kind, e.ID}] = i
		}
		if i == 0 || c.entries[i-1].Kind != e.Kind {
			c.near[e.Kind] = sync.OnceValue(func() *Names { return NewNames(c.Names(e.Kind)) })
		}
	}
	c.internal = sync.OnceValue(c.byInternalName)
	return c
}

func (c *Catalogue) byInternalName() map[catalogueKey]int {
	named := map[catalogueKey]int{}
	for i, e := range c.entries {
		key := catalogueKey{e.Kind, e.InternalName}
		if _, taken := named[key]; e.InternalName != "" && !taken {
			named[key] = i
		}
	}
	return named
}

// ByInternalName returns the first entry of that kind which the cloud itself calls by that name.
func (c *Catalogue) ByInternalName(kind, name string) (CatalogueEntry, bool) {
	if c == nil || c.internal == nil {
		return CatalogueEntry{}, false
	}
	i, found := c.internal()[catalogueKey{kind, name}]
	if !found {
		return CatalogueEntry{}, false
	}
	return c.entries[i], true
}

// With returns a catalogue that has the entries of both; see [NewCatalogue] for entries with one id.
func (c *Catalogue) With(more ...CatalogueEntry) *Catalogue {
	if len(more) == 0 {
		return c
	}
	return NewCatalogue(slices.Concat(c.Entries(), more)...)
}

// Entries returns all entries in catalogue order. The caller owns the slice.
func (c *Catalogue) Entries() []CatalogueEntry {
	if c == nil {
		return nil
	}
	return slices.Clone(c.entries)
}

// Names returns the names of the given kind, sorted, each once.
func (c *Catalogue) Names(kind string) []string {
	if c == nil {
		return nil
	}
	var names []string
	for _, e := range c.entries {
		if e.Kind == kind {
			names = append(names, e.Name)
		}
	}
	return slices.Compact(names)
}

// ByID returns the entry of that kind and id.
func (c *Catalogue) ByID(kind, id string) (CatalogueEntry, bool) {
	if c == nil || id == "" {
		return CatalogueEntry{}, false
	}
	i, ok := c.byID[catalogueKey{kind, id}]
	if !ok {
		return CatalogueEntry{}, false
	}
	return c.entries[i], true
}

// Named returns the entries of that kind with exactly that name, in catalogue order. Callers do not change the slice.
func (c *Catalogue) Named(kind, name string) []CatalogueEntry {
	if c == nil {
		return nil
	}
	named := c.byName[catalogueKey{kind, name}]
	if len(named) == 0 {
		return nil
	}
	first, end := named[0], named[0]+len(named) // they stand side by side
	return c.entries[first:end:end]
}

// Lookup finds the one entry that ref means. A qualifier that no entry of the kind has belongs to the name. The error is an
// [*UnknownError] or an [*AmbiguousError].
func (c *Catalogue) Lookup(kind string, ref Reference) (CatalogueEntry, error) {
	if ref.Qualifier == qualifierID {
		if e, ok := c.ByID(kind, ref.Name); ok {
			return e, nil
		}
		return CatalogueEntry{}, &UnknownError{Kind: kind, Reference: ref}
	}
	meant := ref
	if !c.qualifies(kind, ref.Qualifier) {
		meant = Reference{Name: ref.String()}
	}
	var found []CatalogueEntry
	for _, e := range c.Named(kind, meant.Name) {
		if meant.Qualifier == "" || meant.Qualifier == e.Qualifier {
			found = append(found, e)
		}
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return CatalogueEntry{}, &UnknownError{Kind: kind, Reference: ref, Nearest: c.nearest(kind, ref.Name)}
	}
	ambiguous := &AmbiguousError{Kind: kind, Reference: ref, Candidates: found}
	for _, e := range found {
		ambiguous.Spellings = append(ambiguous.Spellings, c.Spell(e).String())
	}
	return CatalogueEntry{}, ambiguous
}

// nearest returns up to three names of the kind that look like a name.
func (c *Catalogue) nearest(kind, name string) []string {
	if c == nil || c.near[kind] == nil {
		return nil
	}
	return c.near[kind]().Nearest(name, 3)
}

// qualifies reports whether a word before a colon is the qualifier of some entry of the kind.
func (c *Catalogue) qualifies(kind, word string) bool {
	return word == qualifierID || c != nil && c.qualifiers[catalogueKey{kind, word}]
}

// Spell returns the shortest reference that means e and nothing else: the plain name, else the qualified name, else the
// id. One thing has one spelling, so that two addresses are equal exactly when they mean the same.
func (c *Catalogue) Spell(e CatalogueEntry) Reference {
	if e.Unlisted {
		return Reference{Qualifier: qualifierID, Name: e.ID}
	}
	named := c.Named(e.Kind, e.Name)
	word, rest, found := strings.Cut(e.Name, ":")
	plain := !found || rest == "" || !c.qualifies(e.Kind, word) // else the bare name would be read as a qualified one
	if len(named) <= 1 && (plain || e.ID == "" && e.Qualifier == "") {
		return Reference{Name: e.Name}
	}
	same := 0
	for _, other := range named {
		if other.Qualifier == e.Qualifier {
			same++
		}
	}
	if same <= 1 && e.Qualifier != "" {
		return Reference{Qualifier: e.Qualifier, Name: e.Name}
	}
	return Reference{Qualifier: qualifierID, Name: e.ID}
}

// MarshalJSON gives the entries as an array.
func (c *Catalogue) MarshalJSON() ([]byte, error) {
	entries := c.Entries()
	if entries == nil {
		entries = []CatalogueEntry{}
	}
	return marshal(entries)
}

// UnmarshalJSON reads what MarshalJSON writes.
func (c *Catalogue) UnmarshalJSON(text []byte) error {
	var entries []CatalogueEntry
	if err := json.Unmarshal(text, &entries); err != nil {
		return fmt.Errorf("catalogue: %w", err)
	}
	*c = *NewCatalogue(entries...)
	return nil
}
