package plan

import (
	"fmt"
	"slices"
	"time"

	"github.com/agencyctl/agencyctl/plan/addr"
)

// Input is all that a plan depends on.
type Input struct {
	Manifest *Manifest
	// Desired are the resolved resources of all services.
	Desired  []Desired
	Snapshot *Snapshot
	// Entries are what Desired adds to the catalogue; see Knowledge and the snapshot's Catalogue.
	Entries   []CatalogueEntry
	Knowledge Knowledge
	// Given are Desired and Snapshot as they were before the services completed them. Building a plan does not need them; a saved
	// plan keeps them, so that what follows from them is never read from a file.
	Given Given
	// Answers are the roots that each desired root answers for, live or not.
	Answers map[addr.Address][]addr.Address
	// Together are groups of roots that a service completed from each other: what it says of one may rest on any other.
	Together [][]addr.Address
	// Findings are breaches of the manifest's guardrails by live resources. Those about a resource that changes are listed
	// with the change; like any finding of high severity, they let a removal wait for nothing.
	Findings []Finding
	// Problems were found before, in the manifest or in its names. The plan lists the warnings among them.
	Problems []Problem
	// NotCompared are attributes that were found to be beyond comparison before.
	NotCompared []NotCompared
	Options     Options
	// Caller is whose credentials run. Changes of the roots that they came through, of all below these, and of what these
	// use are blocked.
	Caller Caller
	// Base, when set, gives every change an origin.
	Base *Base
	// Now, when set, is the moment that the days of the manifest are judged at. Nothing else depends on it.
	Now time.Time
	// ExpiringWithin is how long before its end a live resource is listed as expiring. Only drift lists it.
	ExpiringWithin time.Duration
	// Acknowledged takes what the manifest accepts as if it did not. The acceptances are reviewed all the same.
	Acknowledged bool
}

// Given is what an input was made of: resolved resources, and live state as it was read.
type Given struct {
	Desired  []Desired
	Snapshot *Snapshot
}

// Unreadable returns a problem for each attribute that an entry states and that is in a form which nobody documents: whether it is as
// stated is not known. A tombstone states none.
func (in Input) Unreadable() []Problem {
	live := make(map[addr.Address]*Live)
	for i := range in.Snapshot.Resources {
		if l := &in.Snapshot.Resources[i]; l.Undocumented {
			live[l.Address] = l
		}
	}
	var problems []Problem
	for i := range in.Desired {
		d := &in.Desired[i]
		is := live[d.Address]
		if is == nil || d.Absent {
			continue
		}
		for _, name := range is.Unreadable {
			if d.Attributes[name].IsZero() || slices.Contains(d.WriteOnly, name) {
				continue
			}
			problems = append(problems, Problem{
				At: d.SourceOf(name), Summary: name + " cannot be read", Hint: "have it repaired, or remove the entry until it is",
				Detail: fmt.Sprintf("%s is listed, and its %s is not as documented in the cloud's answer, so it cannot be compared", d.Address, name),
			})
		}
	}
	return problems
}

// Options are the settings of a run that change its plan.
type Options struct {
	// MaxDeletes, when set, takes the place of the manifest's limit.
	MaxDeletes DeleteLimit `json:"maxDeletes,omitzero"`
	// SendWriteOnly sends attributes that cannot be read back again. Otherwise they are sent once, with the create.
	SendWriteOnly bool `json:"sendWriteOnly,omitempty"`
	// Renew are the roots that get their whole life again. They must be live, have an end, and be listed by the manifest.
	Renew []addr.Address `json:"renew,omitempty"`
	// Select narrows the plan to a part of its changes.
	Select Selection `json:"select,omitzero"`
	// Names are how the user gives these settings.
	Names SettingNames `json:"-"`
}

// SettingNames are how the user gives the settings of a run; messages quote them. An empty name stands for the setting's
// own name.
type SettingNames struct{ MaxDeletes, Renew, Select string }
