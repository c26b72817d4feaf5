//go:build !race

package saved_test

// every is of how many forgeries one is tried: of all of them each.
const every = 1
