package engine

import (
	"time"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
)

// Outcome is what became of a change.
type Outcome uint8

// The outcomes. The zero Outcome is invalid.
const (
	// Applied: the cloud accepted it, or it was so already.
	Applied Outcome = iota + 1
	// Failed: it was attempted and ended in an error; Result.Err says which.
	Failed
	// Skipped: never attempted, because a change that it depends on did not succeed; Result.Cause names that one.
	Skipped
	// Cancelled: never attempted, or cut short, because the run was interrupted.
	Cancelled
	// ByHand: left to a person. In outputs it reads "manual".
	ByHand
	// Blocked: held back by the plan itself.
	Blocked
)

// String returns the word used in every output.
func (o Outcome) String() string {
	switch o {
	case Applied:
		return "applied"
	case Failed:
		return "failed"
	case Skipped:
		return "skipped"
	case Cancelled:
		return "cancelled"
	case ByHand:
		return "manual"
	case Blocked:
		return "blocked"
	}
	return "invalid"
}

// Result is the outcome of one change.
type Result struct {
	Address addr.Address
	Action  plan.Action
	Outcome Outcome
	// Err is set for a failed change, and for a cancelled one that was cut short.
	Err error
	// Cause is the failed, cancelled or held-back change at the root of a skipped one.
	Cause addr.Address
	// Attempts is how often a write was sent to the cloud for it, repeats included.
	Attempts int
	Elapsed  time.Duration
}

// Unverified is a resource that could not be seen in its planned state after the run.
type Unverified struct {
	Address addr.Address
	Reason  string
}

// Report is the outcome of a run: one Result for each change of the plan, in plan order.
type Report struct {
	Account plan.Account
	Results []Result
	// Verified is set when every applied change was read back in its planned state, also when there were none.
	Verified bool
	// Unverified are the applied changes that were not, sorted by address.
	Unverified []Unverified
	// LeftOut is what the plan left out: the account is not as the manifest says, even if all went well.
	LeftOut []plan.LeftOut
	// Interrupted is set when the run was told to stop before its end.
	Interrupted bool
}

// Count returns how many results have that outcome.
func (r *Report) Count(o Outcome) int {
	n := 0
	for _, result := range r.Results {
		if result.Outcome == o {
			n++
		}
	}
	return n
}

// Sent reports whether any write was sent.
func (r *Report) Sent() bool {
	for _, result := range r.Results {
		if result.Attempts > 0 {
			return true
		}
	}
	return false
}

// OK reports whether everything that the plan could do was done and seen.
func (r *Report) OK() bool {
	return r.Verified && !r.Interrupted && r.Count(Failed)+r.Count(Skipped)+r.Count(Cancelled) == 0
}
