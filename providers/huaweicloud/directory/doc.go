// Package directory reads and writes the identities of an account that several services share: agencies, their grants,
// roles and custom policies, projects, enterprise projects and the account itself.
//
// A [Client] makes single calls and hides how each is spelled, paged and limited. A [Directory] is one observation on
// top of it: every list is fetched at most once, grants by the fewest calls that this account allows.
//
// It knows how agencies and grants are addressed and named in a catalogue, because services judge live state by one
// another's resources. It knows nothing of manifests: what is found becomes resources in the services.
package directory
