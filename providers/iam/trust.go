package iam

import (
	"errors"
	"fmt"
	"strings"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/directory"
)

// canonicalTrust brings the ways to name one account into one: by name where exactly one known account has that name,
// else by id. Id is the account's or service's id, empty when unknown. Candidates are set when a name fits several
// accounts, so that nobody can tell who is meant.
func canonicalTrust(t directory.Trust, catalogue *plan.Catalogue) (canonical directory.Trust, id string, candidates []plan.CatalogueEntry) {
	named := func(name string) (accounts []plan.CatalogueEntry) {
		for _, e := range catalogue.Named(directory.KindAccount, name) {
			if (e.Qualifier == qualifierService) == (t.Kind == directory.TrustService) {
				accounts = append(accounts, e)
			}
		}
		return accounts
	}
	switch t.Kind {
	case directory.TrustAccountID:
		e, known := catalogue.ByID(directory.KindAccount, t.Value)
		switch {
		case known && e.Qualifier == qualifierService:
			return directory.Trust{Kind: directory.TrustService, Value: e.Name}, e.ID, nil
		case known && len(named(e.Name)) == 1:
			return directory.Trust{Kind: directory.TrustAccount, Value: e.Name}, e.ID, nil
		}
		return t, t.Value, nil
	case directory.TrustService:
		if e := named(t.Value); len(e) == 1 {
			return t, e[0].ID, nil
		}
		return t, "", nil
	}
	switch e := named(t.Value); len(e) {
	case 0:
		return t, "", nil
	case 1:
		return t, e[0].ID, nil
	default:
		return t, "", e
	}
}

// sentTrust returns how the trust of a desired agency is sent: as the manifest names it.
func sentTrust(agency *plan.Resource) (t directory.Trust, ok bool) {
	if text, pinned := agency.Settings[directory.AttributeTrust].AsString(); pinned {
		return directory.ParseTrust(text)
	}
	return directory.TrustOf(*agency)
}

// trustFields returns id and name of the trusted party as far as they are known. An account that the manifest names by its id is sent
// by the id alone: of both, the cloud takes the name, and names can be used again. Else both are sent when known: one cloud asks
// for both.
func trustFields(t directory.Trust, id string) (trustID, trustName *string) {
	if t.Kind == directory.TrustAccountID {
		return &t.Value, nil
	}
	if id == "" {
		return nil, &t.Value
	}
	return &id, &t.Value
}

// explainTrust adds what to do to the refusal of a trust: of one that the cloud does not know, and of one that was sent by id or name
// alone, on a cloud whose documentation wants both. They are sent alone all the same: accounts of others cannot be looked up, and some
// regions are content with one.
func (r *remote) explainTrust(fields directory.AgencyFields, err error) error {
	var failed *providers.CallError
	if errors.As(err, &failed) && errors.Is(failed.Kind, providers.ErrNotFound) && failed.Hint == "" {
		if hint := hintUnknown(fields, failed.Message); hint != "" {
			explained := *failed
			explained.Hint = hint
			return &explained
		}
		return err
	}
	alone := (fields.TrustID == nil) != (fields.TrustName == nil)
	if !alone || !huaweicloud.TraitsOf(r.cloud.Kind).TrustInFull || !errors.As(err, &failed) || !errors.Is(failed.Kind, providers.ErrInvalid) {
		return err
	}
	explained := *failed
	explained.Hint = "this cloud may want id and name of a trusted account together, and only one of them is known here: name the account " +
		"the other way, " +
		"trust: {account: NAME} or trust: {accountId: ID}"
	return &explained
}

// hintUnknown is the hint for a trust that the cloud does not know, "" where what the cloud says is about something else.
func hintUnknown(fields directory.AgencyFields, said string) string {
	if !strings.Contains(strings.ToLower(said), "domain") { // so IAM calls an account
		return ""
	}
	switch {
	case fields.TrustName == nil && fields.TrustID == nil:
		return ""
	case fields.TrustName == nil:
		return "the cloud has no account with the id " + *fields.TrustID + ": check trust"
	}
	if service, is := directory.ServiceNamed(*fields.TrustName); is {
		return "the cloud has no service of the name " + service + ": check trust"
	}
	return fmt.Sprintf("the cloud has no account of the name %q: check trust", *fields.TrustName)
}
