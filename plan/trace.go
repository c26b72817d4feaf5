package plan

import (
	"fmt"
	"time"
)

// Trace is what the cloud's own record of operations says of who made a difference. It is for the reader alone: it makes no
// fingerprint, no digest and no exit code, and nothing is sorted by it.
type Trace struct {
	// Who is who did it, in words: "user night-shift". It was told by the cloud. Of several who can have made the same it is "one of" and
	// their names, the latest first. Where "and" stands between names, each made a part of the difference.
	Who string `json:"who"`
	// Via is what it was done with, as in "the console"; "" where the record does not say.
	Via string `json:"via,omitempty"`
	// From is the network address that it came from, "" where the record does not say.
	From string    `json:"from,omitempty"`
	When time.Time `json:"when"`
	// RequestID is the id by which the cloud finds the operation, "" for none.
	RequestID string `json:"requestId,omitempty"`
	// What is the cloud's own name of the operation.
	What string `json:"what"`
	// Fits counts the operations on record that could have made the difference or a part of it, at least 1. All but Who is of the latest.
	Fits int `json:"fits"`
}

// String returns one line, as in "by user night-shift through the console from 203.0.113.7 at 2030-01-31T02:14:00Z, request 9c1d".
func (t *Trace) String() string {
	text := "by " + t.Who
	if t.Fits > 1 {
		text += fmt.Sprintf("; the latest of %d that fit:", t.Fits)
	}
	if t.Via != "" {
		text += " through " + t.Via
	}
	if t.From != "" {
		text += " from " + t.From
	}
	text += " at " + t.When.UTC().Format(time.RFC3339)
	if t.RequestID != "" {
		text += ", request " + t.RequestID
	}
	return text
}

// Inquiry says what was asked for who made the differences of a drift.
type Inquiry struct {
	// Asked names the record, where it is kept, and how far back was looked.
	Asked string `json:"asked"`
	// Problem says why not all of it could be read, "" where it was. Who made a difference is then not known; that there is one is.
	Problem string `json:"problem,omitempty"`
	// Unknown counts the differences that nothing on record explains. That is not nobody: a record may come late, or be too old.
	Unknown int `json:"unknown"`
}
