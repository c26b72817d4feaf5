// Package memory is a service without a cloud: boxes that belong to an owner, items inside them that allow something in
// a scope, and docs that say what an item of that kind allows. It fulfils the whole contract of package providers, keeps
// its world in memory, records every call, and fails, lags or waits on demand. It is for tests of everything above the
// boundary, and the second implementation that the conformance suite is held against.
//
// Addresses are box/NAME, item/BOX/SCOPE/KIND and doc/NAME. Names are 1 to 64 letters, digits, spaces and "-_.".
//
// Start reading at [Provider] for what is known without a connection, and at [World] for the other side.
package memory
