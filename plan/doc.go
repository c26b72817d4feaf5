// Package plan is the pure core of agencyctl: the nouns (values, resources, manifests, snapshots), the comparison of desired with
// live, the order of changes, and the plan itself as data. Addresses, access and saved plans have packages of their own
// below it.
//
// Nothing here reads a file, a clock, the network or the environment, and nothing here knows a cloud: providers say through
// [Knowledge] what a resource means. The same input gives the same bytes, in any process, on any machine.
//
// Start reading at [Build], which turns a [Manifest], the resources it asks for and a [Snapshot] into a [Plan].
package plan
