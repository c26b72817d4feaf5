// Package conformance is the conformance suite: what the contract of package providers promises, as tests that every
// service passes. The core is written against that contract alone, so a service that passes here works with plan, apply,
// drift and export, and one that does not is wrong even where its own tests are green.
//
// The author of a new service writes one test:
//
//	func TestConformance(t *testing.T) {
//		conformance.Run(t, conformance.Suite{
//			Provider: fabric.Provider{},
//			States:   []conformance.State{{Name: "nothing", Manifest: conformance.Manifest(t, `{...}`)}, ...},
//			New:      newWorld,
//		})
//	}
//
// States are manifests. The suite walks from each of them to each other, so choose them to be far apart: nothing, the
// least that an entry may say, everything that it may say, and the same names with every attribute changed. A state says
// for itself what becomes of resources that another one left behind: by ownership with prune, or by tombstones.
//
// New makes a [World], a fresh simulated account and three ways to reach into it: Connect gives the Remote under test,
// SetHook sees every single call to the cloud and decides how it ends, and ByHand are changes behind the program's back.
// In front of a simulated server the hook is one handler around it: read the request's body first (a server notices that
// its caller has hung up only then), ask the hook, and serve, refuse or drop the call accordingly. Make the pauses
// between repeated calls a millisecond or so: the suite breaks every call in turn.
//
// The package plans with package plan and sends the changes itself, one by one and in order; it does not know the
// engine. Start reading at [Suite], then at checks for the list of what is proven.
package conformance
