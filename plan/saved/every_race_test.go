//go:build race

package saved_test

// every is of how many forgeries one is tried. With the race detector each costs ten times as much, and the run without it tries all.
const every = 40
