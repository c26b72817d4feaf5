//go:build race

package acceptance

// every is of how many rows of a long table one is tried. With the race detector each costs ten times as much, and the run without it
// tries all.
const every = 16
