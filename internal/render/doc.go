// Package render turns plans, drifts, reports and problems into what a person or a script reads: text for the terminal
// and the pull request, and JSON of a published shape.
//
// Everything here is a pure function from values to bytes: the same input gives the same bytes. The one exception is
// [Progress], which draws on a terminal while the engine works.
//
// Names and descriptions come from manifests and from the cloud, so they are written by strangers. All text passes
// through one door, page.put, which makes control characters, invisible characters and changes of writing direction
// visible: no description can move the cursor, forge a line or hide a word.
//
// Start reading at [Plan].
package render
