// Package architecture holds the tests that keep the borders between the packages: who may import whom, and which words
// must not occur where. There is no code in it; docs/ARCHITECTURE.md has the picture.
package architecture
