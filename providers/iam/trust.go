package iam

import (
	"strings"

	"github.com/agencyctl/agencyctl/plan"
)

// servicePrefix begins the name under which a cloud service is trusted.
const servicePrefix = "op_svc_"

// The ways to name who is trusted; also the keys of a manifest's trust.
const (
	trustAccount   = "account"
	trustAccountID = "accountId"
	trustService   = "service"
)

// trust is who may act as an agency.
type trust struct{ kind, value string }

func (t trust) String() string { return t.kind + ":" + t.value }

// parseTrust reads the canonical text; ok is false for any other.
func parseTrust(text string) (t trust, ok bool) {
	kind, value, found := strings.Cut(text, ":")
	switch kind {
	case trustAccount, trustAccountID, trustService:
		return trust{kind, value}, found && value != ""
	}
	return trust{}, false
}

// trustOf returns the trust of a resource; ok is false where it has none.
func trustOf(r plan.Resource) (t trust, ok bool) {
	text, is := r.Attributes[AttributeTrust].AsString()
	if !is {
		return trust{}, false
	}
	return parseTrust(text)
}

// liveTrust is the trust of an agency as the cloud tells it, before it is made canonical.
func liveTrust(id, name string) (t trust, ok bool) {
	switch {
	case strings.HasPrefix(name, servicePrefix):
		return trust{trustService, name}, true
	case id != "":
		return trust{trustAccountID, id}, true
	case name != "":
		return trust{trustAccount, name}, true
	}
	return trust{}, false
}

// canonicalTrust brings the ways to name one account into one: by name where exactly one known account has that name,
// else by id. Id is the account's or service's id, empty when unknown. Candidates are set when a name fits several
// accounts, so that nobody can tell who is meant.
func canonicalTrust(t trust, catalogue *plan.Catalogue) (canonical trust, id string, candidates []plan.CatalogueEntry) {
	named := func(name string) (accounts []plan.CatalogueEntry) {
		for _, e := range catalogue.Named(KindAccount, name) {
			if (e.Qualifier == qualifierService) == (t.kind == trustService) {
				accounts = append(accounts, e)
			}
		}
		return accounts
	}
	switch t.kind {
	case trustAccountID:
		e, known := catalogue.ByID(KindAccount, t.value)
		switch {
		case known && e.Qualifier == qualifierService:
			return trust{trustService, e.Name}, e.ID, nil
		case known && len(named(e.Name)) == 1:
			return trust{trustAccount, e.Name}, e.ID, nil
		}
		return t, t.value, nil
	case trustService:
		if e := named(t.value); len(e) == 1 {
			return t, e[0].ID, nil
		}
		return t, "", nil
	}
	switch e := named(t.value); len(e) {
	case 0:
		return t, "", nil
	case 1:
		return t, e[0].ID, nil
	default:
		return t, "", e
	}
}
