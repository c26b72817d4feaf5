// Package fabric knows the authorization of DataArts Fabric, which lets it use other services through an agency that it
// makes itself: one for the account, with policies that are switched on and off.
//
// Start reading at [Provider], and at [Remote] for what needs a connection.
package fabric

import (
	_ "embed"
	"maps"
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/serviceagency"
)

// section and service say which entries of a manifest are Fabric's.
const (
	section = "authorizations"
	service = "fabric"
	// typ is the first word of the addresses, and prefix their beginning.
	typ    = "authorization"
	prefix = typ + "/" + service
	// displayName is what people know the service by.
	displayName = "DataArts Fabric"
	// agencyTitle names in errors what the service's agency is.
	agencyTitle = "the agency of " + displayName
)

//go:embed authorization.schema.json
var entrySchema []byte

// Provider is what is known of DataArts Fabric without a connection. The zero value is ready for use, immutable and safe for
// concurrent use.
type Provider struct{}

var _ providers.Provider = Provider{}

// Name implements [providers.Provider].
func (Provider) Name() string { return service }

// Prefixes implements [providers.Provider].
func (Provider) Prefixes() []string { return []string{prefix} }

// Fragments implements [providers.Provider].
func (Provider) Fragments() []providers.Fragment {
	return []providers.Fragment{{Section: section, Service: service, Schema: slices.Clone(entrySchema)}}
}

// Guard implements [providers.Provider]. No guardrail speaks of service authorizations.
func (Provider) Guard([]plan.Resource, *plan.Manifest) []plan.Finding { return nil }

// Manual implements [plan.Knowledge]. A policy whose name is part of one that stays cannot be revoked by the service's
// call. A removal that cannot be judged or divided, and everything that goes through an agency that ownership.protect holds
// or that trusts somebody else, is left to a person.
func (Provider) Manual(before *plan.Live, after *plan.Desired) []plan.Manual {
	held := serviceagency.HeldByHand(after)
	switch {
	case held != nil || before == nil:
		return held
	case after == nil:
		return serviceagency.Manual(before, serviceagency.Words{
			Service: displayName, ByHand: "withdraw the authorization in the console of " + displayName, Attribute: policies, Roles: []string{""},
		})
	}
	had, wanted := policiesOf(before.Resource), policiesOf(after.Resource)
	tangled := entangled(had, wanted)
	if len(tangled) == 0 {
		return nil
	}
	var reasons []string
	for _, name := range slices.Sorted(maps.Keys(tangled)) {
		reasons = append(reasons, name+" (part of the name "+tangled[name]+")")
	}
	m := plan.Manual{
		Attribute: policies, Values: slices.Sorted(maps.Keys(tangled)),
		Instruction: "revoke in the console of " + displayName + ", because the call matches names loosely and would revoke another policy too: " +
			strings.Join(reasons, ", "),
	}
	is, known := before.Attributes[authorized].AsBool()
	if len(without(had, wanted)) == len(tangled) && len(without(wanted, had)) == 0 && (is || !known) {
		m.Attribute, m.Values = "", nil // nothing else differs
	}
	return []plan.Manual{m}
}
