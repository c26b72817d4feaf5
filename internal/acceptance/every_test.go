//go:build !race

package acceptance

// every is of how many rows of a long table one is tried: of all of them each.
const every = 1
