// Package directory reads and writes the identities of an account that several services share: agencies, their grants,
// roles and custom policies, projects, enterprise projects and the account itself.
//
// A [Client] makes single calls and hides how each is spelled, paged and limited. A [Directory] is one observation on
// top of it: every list is fetched at most once, grants by the fewest calls that this account allows.
//
// It must not know manifests or addresses: turning what is found into resources belongs to the services.
package directory
