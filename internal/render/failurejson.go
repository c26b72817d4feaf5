package render

import (
	"encoding/json"

	"github.com/agencyctl/agencyctl/plan"
)

// Failure says in JSON outputs why an account has no result, or one that must not be used.
type Failure struct {
	// Account is the account as its manifest names it.
	Account plan.Account `json:"-"`
	// Kind is one of the words that the published schemas list under "kind".
	Kind string `json:"kind"`
	// Message says what went wrong. It may have several lines.
	Message string `json:"message"`
	// Hint says what to do about it, "" for nothing.
	Hint string `json:"hint"`
}

// failedJSON takes the place of the result of an account that has none.
type failedJSON struct {
	Account plan.Account `json:"account"`
	Error   Failure      `json:"error"`
}

func encodeFailed(f *Failure) failedJSON { return failedJSON{Account: f.Account, Error: *f} }

// failureAt returns why the account at that place failed; nil when it did not.
func failureAt(failures []*Failure, i int) *Failure {
	if i >= len(failures) {
		return nil
	}
	return failures[i]
}

// refusedPlan is a plan that was made and must not be executed.
type refusedPlan struct {
	plan    *plan.Plan
	failure *Failure
}

// MarshalJSON puts the reason behind the keys of the plan.
func (r refusedPlan) MarshalJSON() ([]byte, error) {
	text, err := json.Marshal(r.plan)
	if err != nil {
		return nil, err
	}
	reason, err := json.Marshal(r.failure)
	if err != nil {
		return nil, err
	}
	text = append(text[:len(text)-1], `,"error":`...)
	return append(append(text, reason...), '}'), nil
}
