// Package engine puts effects in order: it observes live state through the providers, has the pure planner compare it
// with the manifest, executes a plan in dependency order, and reads back what it did. It reports progress as events and
// prints nothing.
//
// The engine knows no cloud and no manifest syntax. Start reading at [Engine].
package engine
