// Package csms knows the authorization of the Cloud Secret Management Service (CSMS), which lets it rotate secrets through
// agencies that it makes itself: one authorization for each sort of secret and region.
//
// The service can be asked whether a type is authorized and told to authorize it, no more. Which of its agencies is
// missing is looked up in IAM, and taking an authorization back is done there as well.
//
// Start reading at [Provider] for what is known offline, at [Remote] for the connected half.
package csms

import (
	_ "embed"
	"slices"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/serviceagency"
)

// section and service say which entries of a manifest are CSMS's.
const (
	section = "authorizations"
	service = "csms"
	// typ is the first word of the addresses, and prefix their beginning.
	typ    = "authorization"
	prefix = typ + "/" + service
)

//go:embed authorization.schema.json
var entrySchema []byte

// Provider is what is known of the Cloud Secret Management Service without a connection. The zero value is ready for use, immutable and safe for
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

// Resolve implements [providers.Provider]. An authorization names nothing that the catalogue would know: its own
// resources are returned as they are, with what forbids to authorize.
func (Provider) Resolve(desired []plan.Desired, _ *plan.Manifest, catalogue *plan.Catalogue) (providers.Resolution, []plan.Problem) {
	return providers.Resolution{Desired: serviceagency.Held(providers.Within(desired, prefix), catalogue)}, nil
}

// Guard implements [providers.Provider]. No guardrail speaks of service authorizations.
func (Provider) Guard([]plan.Resource, *plan.Manifest) []plan.Finding { return nil }
