// Package providers is the boundary between the core and the services of a cloud: the contract that every service
// fulfils, the registry that finds the service behind an address, and the kinds of errors that the core tells apart.
//
// A service has two halves, split by what may be called when. A [Provider] is pure knowledge: it needs no connection,
// no credentials and no network, and all of its answers are functions of their arguments. A [Remote] is the same
// service behind a connection to one account, and is the only thing that reads or writes the cloud.
//
// This package must not know any one cloud. Start reading at [Provider].
package providers
