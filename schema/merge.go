package schema

import (
	"fmt"
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/plan"
)

// merger makes one manifest of the documents of one account.
type merger struct {
	schema *compiledSchema
	parts  []document
	// complete is false when a source could not be read. A missing section may stand in that source.
	complete bool
	problems *problems

	manifest *plan.Manifest
	// settings are the top-level keys that stand once in an account, by key.
	settings map[string]plan.Pair
}

func (m *merger) merge() *plan.Manifest {
	m.manifest = &plan.Manifest{Sections: map[string][]*plan.Node{}, RulesAt: map[plan.RuleItem]plan.Position{}}
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
	m.dependencies()
	m.cloud()
	m.ownership()
	if guardrails, ok := m.settings["guardrails"]; ok {
		m.manifest.Guardrails = guardrails.Value
		m.manifest.Acceptances = m.acceptances(guardrails.Value.Get("accept"))
	}
	m.manifest.Digest = m.digest()
	return m.manifest
}

// setting takes a section that may stand in one file only, so that no second file can widen it unseen.
func (m *merger) setting(pair plan.Pair) {
	if earlier, twice := m.settings[pair.Key]; twice {
		m.add(pair.KeyAt, "section given twice",
			fmt.Sprintf("%s of account %s stands here and at %s", short(pair.Key), m.manifest.Account, earlier.KeyAt),
			"keep one: it stands in exactly one file of an account")
		return
	}
	m.settings[pair.Key] = pair
}

// ruleAt notes where a rule stands, or an item of it.
func (m *merger) ruleAt(key, item string, at plan.Position) {
	if !at.IsZero() {
		m.manifest.RulesAt[plan.RuleItem{Key: key, Item: item}] = at
	}
}

func (m *merger) add(at plan.Position, summary, detail, hint string) {
	m.problems.add(plan.Problem{At: at, Summary: summary, Detail: detail, Hint: hint})
}

// accountOf returns the account that a document names, and the place of the key account.
func accountOf(d document) (plan.Account, plan.Position) {
	node := d.root.Get("account")
	return plan.Account{Name: node.Get("name").String(), ID: node.Get("id").String()}, node.Position()
}

// byAccount puts documents of one account together, in the order in which accounts first occur. Same id or same name is
// the same account; a document that gives both ties those that give one. Documents that name no account are left out:
// the schema has reported them.
func byAccount(documents []document, found *problems) [][]document {
	type bound struct {
		other string
		at    plan.Position
	}
	idOf, nameOf := map[string]bound{}, map[string]bound{}
	for _, d := range documents {
		account, at := accountOf(d)
		if account.Name == "" || account.ID == "" {
			continue
		}
		if first, known := idOf[account.Name]; known && first.other != account.ID {
			found.add(plan.Problem{
				At: at, Summary: "contradictory account",
				Detail: fmt.Sprintf("the account %s has the id %s here and %s at %s", short(account.Name), short(account.ID), short(first.other),
					first.at),
				Hint: "correct the name or the id in one of the two",
			})
			continue
		}
		if first, known := nameOf[account.ID]; known && first.other != account.Name {
			found.add(plan.Problem{
				At: at, Summary: "contradictory account",
				Detail: fmt.Sprintf("the account with the id %s is named %s here and %s at %s", short(account.ID), short(account.Name),
					short(first.other), first.at),
				Hint: "correct the name or the id in one of the two",
			})
			continue
		}
		if _, known := idOf[account.Name]; !known {
			idOf[account.Name], nameOf[account.ID] = bound{account.ID, at}, bound{account.Name, at}
		}
	}

	var groups [][]document
	index := map[plan.Account]int{}
	for _, d := range documents {
		account, _ := accountOf(d)
		if account == (plan.Account{}) {
			continue
		}
		if b, ok := idOf[account.Name]; ok && account.Name != "" {
			account.ID = b.other
		} else if b, ok := nameOf[account.ID]; ok && account.ID != "" {
			account.Name = b.other
		}
		key := plan.Account{ID: account.ID}
		if account.ID == "" {
			key = plan.Account{Name: account.Name}
		}
		i, known := index[key]
		if !known {
			i = len(groups)
			index[key] = i
			groups = append(groups, nil)
		}
		groups[i] = append(groups[i], d)
	}
	return groups
}

// acceptances reads guardrails.accept. An entry whose rule the schema refuses is left out.
func (m *merger) acceptances(list *plan.Node) []plan.Acceptance {
	var all []plan.Acceptance
	of := explainer{raw: m.schema.raw}
	rules := stringsOf(of.lookUp(strings.Split("properties/guardrails/properties/accept/items/properties/rule/enum", "/")))
	first := map[plan.Acceptance]plan.Position{}
	for _, item := range list.Elements() {
		pattern, ok := m.pattern("guardrails.accept", item.Get("address"))
		if !ok || !slices.Contains(rules, item.Get("rule").String()) {
			continue // told already
		}
		a := plan.Acceptance{
			Rule: item.Get("rule").String(), Address: pattern, Seen: item.Get("seen").String(), Wanted: item.Get("wanted").String(),
		}
		if at, twice := first[a]; twice {
			m.add(item.Position(), "accepted twice", fmt.Sprintf("%s is accepted for %s here and at %s", a.Rule, pattern, at), "keep one of the two")
			continue
		}
		first[a] = item.Position()
		a.Accepted = plan.Accepted{Reason: item.Get("reason").String(), ReviewBy: item.Get("reviewBy").String()}
		a.At = item.Position()
		all = append(all, a)
	}
	return all
}
