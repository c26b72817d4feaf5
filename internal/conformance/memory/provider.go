package memory

import (
	_ "embed"
	"slices"
	"strings"
	"time"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers"
)

// The sections of the manifest that belong to the service.
const (
	SectionBoxes = "boxes"
	SectionDocs  = "docs"
)

// The attributes of the service's resources. An item has none: all of it is identity.
const (
	// AttributeOwner (string) of a box is who may act as it.
	AttributeOwner = "owner"
	// AttributeLife (string) of a box is how long its owner may: "forever", or any other text.
	AttributeLife = "life"
	// AttributeLabel (string), AttributeTags (set) and AttributeConfig (document, keys sorted) of a box give nobody
	// anything. They are managed only where the manifest says them.
	AttributeLabel  = "label"
	AttributeTags   = "tags"
	AttributeConfig = "config"
	// AttributeNote (string) of a box is write-only.
	AttributeNote = "note"
	// AttributeAllow and AttributeDeny (sets) of a doc are patterns of actions.
	AttributeAllow = "allow"
	AttributeDeny  = "deny"
)

// keyOwnedBy is the manifest's key for [AttributeOwner]: "owner" is bookkeeping that every entry may carry.
const keyOwnedBy = "ownedBy"

// Forever is the life of a box that names none.
const Forever = "forever"

// RenewedFor is how much later a box ends whose life is renewed.
const RenewedFor = 24 * time.Hour

// LockedTag is a tag that the service sets and never takes off again by its API: a box that bears it cannot be deleted.
// Both are left to a person.
const LockedTag = "locked"

// The kinds of catalogue entries.
const (
	// KindScope are the places that an item can hold in.
	KindScope = "scope"
	// KindKind are the kinds that an item can be of; Document is {"allow":[...],"deny":[...]}. An entry that a doc
	// stands behind has its name and the type [TypeDoc].
	KindKind = "kind"
)

// TypeDoc is the type of the catalogue entries that docs stand behind.
const TypeDoc = typeDoc

// The qualifiers of kinds: those that the service offers, and those that somebody made.
const (
	qualifierSystem = "system"
	qualifierCustom = "custom"
)

// parseKind reads how a manifest names a kind.
func parseKind(text string) plan.Reference {
	return plan.ParseReference(text, qualifierSystem, qualifierCustom)
}

// The bindings of an item.
const (
	BindingKind  = "kind"
	BindingScope = "scope"
)

var (
	//go:embed box.schema.json
	boxSchema []byte
	//go:embed doc.schema.json
	docSchema []byte
)

// Provider is what the service knows without a connection. The zero Provider is ready for use.
type Provider struct{}

var _ providers.Provider = Provider{}

// Name implements [providers.Provider]: "memory".
func (Provider) Name() string { return "memory" }

// Prefixes implements [providers.Provider].
func (Provider) Prefixes() []string { return []string{typeBox, typeDoc, typeItem} }

// Fragments implements [providers.Provider].
func (Provider) Fragments() []providers.Fragment {
	return []providers.Fragment{
		{Section: SectionBoxes, Schema: slices.Clone(boxSchema)},
		{Section: SectionDocs, Schema: slices.Clone(docSchema)},
	}
}

// Cover implements [providers.Provider]: all there is is always read.
func (p Provider) Cover(desired []plan.Desired) (roots []providers.Root, names []string) {
	return providers.RootsOf(desired, p.Prefixes()), nil
}

// NotReadWords implements [providers.Provider]: nothing can be left unread.
func (Provider) NotReadWords() []string { return nil }

// NotCovered implements [providers.Provider].
func (p Provider) NotCovered(s *plan.Snapshot, _ providers.Coverage) []plan.NotRead {
	return NotMentioned(s, p.Prefixes())
}

// The types of addresses.
const (
	typeBox  = "box"
	typeItem = "item"
	typeDoc  = "doc"
)

// BoxAddress returns the address of the box of that name, which must not be empty.
func BoxAddress(name string) addr.Address { return addr.New(typeBox, addr.Plain(name)) }

// DocAddress returns the address of the doc of that name, which must not be empty.
func DocAddress(name string) addr.Address { return addr.New(typeDoc, addr.Plain(name)) }

// ItemAddress returns the address of an item; no part may be empty. It is final only if kind is the shortest spelling
// in the catalogue.
func ItemAddress(box, scope string, kind plan.Reference) addr.Address {
	return addr.New(typeItem, addr.Plain(box), addr.Plain(scope), kind.Segment())
}

// itemParts takes the address of an item apart; ok is false for any other.
func itemParts(a addr.Address) (box, scope string, kind plan.Reference, ok bool) {
	s := a.Segments()
	if a.Type() != typeItem || len(s) != 3 {
		return "", "", plan.Reference{}, false
	}
	return s[0].Text, s[1].Text, plan.Reference{Qualifier: s[2].Qualifier, Name: s[2].Text}, true
}

// nameOf returns the name of a box or doc.
func nameOf(a addr.Address) string {
	if s := a.Segments(); len(s) == 1 {
		return s[0].Text
	}
	return ""
}

// NotMentioned names each prefix below which nothing was read, for a service that reads all or nothing there.
func NotMentioned(s *plan.Snapshot, prefixes []string) []plan.NotRead {
	var all []plan.NotRead
	for _, prefix := range prefixes {
		if !slices.ContainsFunc(s.Coverage, func(c addr.Pattern) bool { return strings.HasPrefix(c.String(), prefix+"/") }) {
			all = append(all, plan.NotRead{Subject: prefix, Reason: "no entry mentions it"})
		}
	}
	return all
}
