package providers

import (
	"encoding/json"
	"log/slog"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
)

// Provider is what one service knows without a connection. Implementations are immutable and safe for concurrent use,
// and no method keeps or changes its arguments.
type Provider interface {
	plan.Knowledge

	// Name is the service's short name, as used in endpoints and messages: "iam".
	Name() string

	// Fragments are the service's parts of the manifest's JSON Schema.
	Fragments() []Fragment

	// Expand turns the service's entries of the manifest into desired resources in canonical form, in source order,
	// with positions. The manifest is structurally valid. Names of things in the cloud are left as written: the author
	// has no connection yet. All problems are returned, not only the first; a resource with a problem may be left out.
	Expand(m *plan.Manifest) ([]plan.Desired, []plan.Problem)

	// Resolve replaces names by what they mean in catalogue: addresses become final, bindings are filled, implied
	// dependencies and defaults that only the cloud knows are added. Desired holds the resources of all services; only
	// the service's own are returned, in the same order. A name that cannot be resolved is a problem at its place,
	// with the nearest names; nothing may be guessed. What was resolved before can be resolved again, as is done for a
	// saved plan: against the same catalogue the result is the same.
	Resolve(desired []plan.Desired, m *plan.Manifest, catalogue *plan.Catalogue) (Resolution, []plan.Problem)

	// Cover returns which of the service's own roots must be read for what is desired, with the settings that they are found
	// by, and the kinds of catalogue entries that must be readable. It depends on which roots are desired, and on what they and
	// their children refer to, never on what is wanted of them.
	Cover(desired []plan.Desired) (roots []Root, names []string)

	// NotReadWords are the service's words of [plan.Manifest.NotRead], each for a part that it can leave unread. One that ends in ":"
	// is followed by a region or a project.
	NotReadWords() []string

	// NotCovered names what the service may have in the account and the snapshot, read with this coverage, does not cover, each
	// with the reason; what the snapshot names already is left out. It makes no call, so that it costs nothing to say.
	NotCovered(s *plan.Snapshot, covered Coverage) []plan.NotRead

	// Complete returns what follows for the service's own resources from everything that is live and desired. It is pure, and
	// completing what is complete changes nothing.
	Complete(view *plan.View) Completion

	// Guardrails declares the keys of the section guardrails that the service knows. Services may share keys.
	Guardrails() []plan.Guardrail

	// Guard returns a function that holds one of the provider's own resources against the manifest's guardrails and returns every
	// breach. It is asked about desired resources (where a breach is an error) and about live ones, unmanaged ones included (where it
	// is a finding). A breach rests on its resource and the manifest, on nothing else. One goroutine uses the function at a time. What
	// is risky, and not forbidden, is for Assess to tell.
	Guard(m *plan.Manifest) func(r *plan.Resource) []plan.Finding

	// Collapse turns live resources back into manifest sections, by section name: the inverse of Expand and Resolve.
	// Resources that a service made for itself are left out.
	Collapse(live []plan.Live, catalogue *plan.Catalogue) map[string][]*plan.Node

	// Permissions returns the least that the service's calls need for the manifest, in canonical form. Desired are the
	// resources of all services as expanded. A permission to write is needed only for what a plan may change: what the
	// manifest wants, what it says is to go, and what it may prune. What it protects needs only what making it takes. More
	// resources never need less.
	Permissions(desired []plan.Desired, m *plan.Manifest) Permissions
}

// Stater is implemented by a [Provider] whose entries can state roots of other services that they answer for.
type Stater interface {
	// Statement returns the keys that state what these are for a desired root, to be added to its entry; nil where there are none. It is
	// pure.
	Statement(view *plan.View, of addr.Address) *plan.Node
}

// Fragment is a service's part of the manifest's JSON Schema.
type Fragment struct {
	// Section is the section of the manifest whose entries it describes: "agencies".
	Section string
	// Service is set in sections that several services share; the fragment holds for entries with "service: NAME".
	Service string
	// Definition is set instead of a section where the schema is that of a key which entries share: they refer to it as
	// "#/$defs/DEFINITION". Several services may return the same definition.
	Definition string
	// Schema is the JSON Schema (draft 2020-12) of one entry, an object with a description on every key. Bookkeeping
	// keys (owner, reason, ticket, reviewBy) are added to it by the composer.
	Schema json.RawMessage
}

// Resolution is the outcome of resolving names.
type Resolution struct {
	Desired []plan.Desired
	// Entries are catalogue entries that the desired resources themselves will create or change, without an id when
	// they do not exist yet. The planner lays them over the catalogue to see the world after the plan.
	Entries []plan.CatalogueEntry
}

// Target says what to connect to.
type Target struct {
	Account plan.Account
	Cloud   plan.Cloud
	// Assume names whom to assume in Account with the credentials; "" leaves that to the environment.
	Assume string
	// Endpoints override the address of a service, by service or SERVICE.REGION, from flags: any host. Those of the
	// manifest are in ManifestEndpoints and are held to the vendors' own domains.
	Endpoints         map[string]string
	ManifestEndpoints map[string]string
	// Rate is the most requests a second for each API of a service, which is gone below while the service refuses that many; 0 means
	// the default.
	Rate float64
	// Getenv looks up environment variables; credentials, further endpoints, proxies and private CAs come from there, and
	// from the files that it leads to (HOME is one). Nil reads nothing.
	Getenv func(name string) string
	// Environ are the names of the environment variables that are set. Nil checks none of them.
	Environ []string
	// Regions are the regions that the manifests of the run name, beside those that the vendors list. Nil means that they are not known, as
	// with a saved plan: then an endpoint may be for any region.
	Regions []string
	// Recorded answers in the place of the cloud: then nothing is connected to, and no credentials are looked for. Record, else, keeps
	// what the cloud answers to reads. Nil for none.
	Recorded, Record *Recording
	// Logger gets one line for each call at debug level, without secrets; nil means silence.
	Logger *slog.Logger
}
