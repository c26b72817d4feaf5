// Package schema turns the text of manifests into positioned, validated trees, and publishes the JSON Schemas of
// everything that agencyctl reads and writes.
//
// Text is untrusted: size, depth, number of values and what aliases expand to are bounded, and whatever is wrong with
// it is a [plan.Problem] with its place, never an error and never a panic. This package knows the shape of a manifest,
// not what its entries mean: their schemas come from the providers, by way of [Compose].
//
// Start reading at [Parse].
package schema
