// Package secmaster knows the authorization of SecMaster, which lets it read what it protects through an agency that it
// makes itself: one for the account, called for one project.
//
// The service adds roles and never takes one away, and what its list of roles means when it is read is not documented.
// So the roles are compared through IAM where the agency is known there, and not at all where it is not; what is too
// much is revoked in IAM.
//
// Start reading at [Provider] for what is known offline, at [Remote] for the connected half.
package secmaster

import (
	_ "embed"
	"slices"

	"github.com/agencyctl/agencyctl/providers"
)

// section and service say which entries of a manifest are SecMaster's.
const (
	section = "authorizations"
	service = "secmaster"
	// typ is the first word of the addresses, and prefix their beginning.
	typ    = "authorization"
	prefix = typ + "/" + service
)

//go:embed authorization.schema.json
var entrySchema []byte

// Provider is what is known of SecMaster without a connection. The zero value is ready for use, immutable and safe for
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
