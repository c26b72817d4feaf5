package memory

import (
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers"
)

// The lists of what a manifest may name: kinds of items need the account, sections are known without.
const (
	ListKinds    = "kinds"
	ListSections = "sections"
)

var _ providers.Lister = Provider{}

// Lists implements [providers.Lister].
func (Provider) Lists() []providers.List {
	return []providers.List{{Name: ListKinds, Entries: []string{KindKind}}, {Name: ListSections, Known: true}}
}

// List implements [providers.Lister].
func (Provider) List(name string, s *plan.Snapshot) (all []plan.Listed) {
	if name == ListSections {
		for _, section := range []string{SectionBoxes, SectionDocs} {
			all = append(all, plan.Listed{Name: section, Attributes: plan.Attributes{}})
		}
		return all
	}
	for _, e := range s.Catalogue.Entries() {
		if e.Kind == KindKind {
			all = append(all, plan.Listed{Name: s.Catalogue.Spell(e).String(), ID: e.ID, Attributes: plan.Attributes{}})
		}
	}
	return all
}
