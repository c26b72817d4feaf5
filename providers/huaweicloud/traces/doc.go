// Package traces tells who changed the identities of an account, from the record that the Cloud Trace Service (CTS) keeps of the last
// seven days.
//
// The record is read once and matched here: what the service can be asked for finds neither who made a grant nor a change whose name is
// not documented. read.go reads it, record.go and user.go decode it, match.go decides what an operation on record is about. Who did
// something is for the reader alone, so whatever goes wrong means "not known", and never "nobody".
//
// Start reading at [Explainer].
package traces
