package schema

import (
	"fmt"
	"slices"

	"github.com/agencyctl/agencyctl/plan"
)

// merger makes one manifest of the documents of one account.
type merger struct {
	schema *compiledSchema
	parts  []document
	// complete is false when a source could not be read: what is missing may stand there.
	complete bool
	problems *problems

	manifest *plan.Manifest
	// settings are the top-level keys that stand once in an account, by key.
	settings map[string]plan.Pair
}

func (m *merger) merge() *plan.Manifest {
	m.manifest = &plan.Manifest{Sections: map[string][]*plan.Node{}}
	m.settings = map[string]plan.Pair{}
	for _, d := range m.parts {
		account, at := accountOf(d)
		if m.manifest.AccountAt.IsZero() {
			m.manifest.AccountAt = at
		}
		m.manifest.Account.Name = first(m.manifest.Account.Name, account.Name)
		m.manifest.Account.ID = first(m.manifest.Account.ID, account.ID)
		if !slices.Contains(m.manifest.Files, d.file) {
			m.manifest.Files = append(m.manifest.Files, d.file)
		}
		for _, pair := range d.root.Pairs() {
			switch {
			case pair.Key == "apiVersion" || pair.Key == "account":
			case m.schema.isSection(pair.Key):
				m.manifest.Sections[pair.Key] = append(m.manifest.Sections[pair.Key], pair.Value.Elements()...)
			default:
				m.setting(pair)
			}
		}
	}
	slices.Sort(m.manifest.Files)
	for section, entries := range m.manifest.Sections {
		m.uniqueNames(section, entries)
	}
	m.cloud()
	m.ownership()
	if guardrails, ok := m.settings["guardrails"]; ok {
		m.manifest.Guardrails = guardrails.Value
		m.manifest.Acceptances = m.acceptances(guardrails.Value.Get("accept"))
	}
	m.manifest.Digest = m.digest()
	return m.manifest
}

// setting takes a section that may stand only once, so that no second file can widen it unseen.
func (m *merger) setting(pair plan.Pair) {
	if earlier, twice := m.settings[pair.Key]; twice {
		m.add(pair.KeyAt, "section given twice", fmt.Sprintf("%s of account %s stands here and at %s", short(pair.Key), m.manifest.Account, earlier.KeyAt),
			"keep one: it stands in exactly one file of an account")
		return
	}
	m.settings[pair.Key] = pair
}

// uniqueNames refuses two entries of one section with the same name.
func (m *merger) uniqueNames(section string, entries []*plan.Node) {
	seen := make(map[string]plan.Position, len(entries))
	for _, entry := range entries {
		name := entry.Get("name")
		if name == nil || name.Kind != plan.Text {
			continue
		}
		if at, twice := seen[name.Text]; twice {
			m.add(name.At, "name given twice", fmt.Sprintf("%s: %s is listed here and at %s", section, short(name.Text), at), "keep one of the two, or rename one")
			continue
		}
		seen[name.Text] = name.At
	}
}

func (m *merger) add(at plan.Position, summary, detail, hint string) {
	m.problems.add(plan.Problem{At: at, Summary: summary, Detail: detail, Hint: hint})
}
