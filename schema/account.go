package schema

import (
	"fmt"

	"github.com/agencyctl/agencyctl/plan"
)

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
				Detail: fmt.Sprintf("the account %s has the id %s here and %s at %s", short(account.Name), short(account.ID), short(first.other), first.at),
				Hint:   "correct the name or the id in one of the two",
			})
			continue
		}
		if first, known := nameOf[account.ID]; known && first.other != account.Name {
			found.add(plan.Problem{
				At: at, Summary: "contradictory account",
				Detail: fmt.Sprintf("the account with the id %s is named %s here and %s at %s", short(account.ID), short(account.Name), short(first.other), first.at),
				Hint:   "correct the name or the id in one of the two",
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
