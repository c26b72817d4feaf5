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
	// Partly: some of it is done and some is not; Result.Done and Result.Open say what, and Result.Err why.
	Partly
	// Failed: it ended in an error, and nothing of it is known to be done; Result.Err says which.
	Failed
	// Skipped: never attempted, because a change that it depends on did not succeed, or because of another change the run was
	// stopped before its first write; Result.Cause names that one.
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
	case Partly:
		return "partly"
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
	// Done and Open say in words what of a change that is partly made is there and what is not; the next plan shows what is open.
	Done, Open []string
	// Err is set for a failed change, for one that is partly made, and for a cancelled one that was cut short.
	Err error
	// Cause is the failed, cancelled or held-back change at the root of a skipped one.
	Cause addr.Address
	// Attempts is how often a write was sent to the cloud for it, repeats included.
	Attempts int
	Elapsed  time.Duration
}

// Difference is how a resource was read, where that is not what the run should have left.
type Difference struct {
	Address addr.Address
	// Reason says in words what is different.
	Reason string
	// Unread is set where time was too short to read the resource back, and no read of it failed: nothing is known to be wrong.
	Unread bool
	// Attributes are those that differ, the id among them: Before is as the run should have left it, After is as it was read. There
	// are none where the resource as a whole is missing or too much.
	Attributes []plan.AttributeChange
}

// Report is the outcome of a run: one Result for each change of the plan, in plan order.
type Report struct {
	Account plan.Account
	Results []Result
	// Verified is set when every root that the run has touched was read back as expected: as it was before the run, with the changes
	// that were applied in it. It is set when there are none, too.
	Verified bool
	// Unverified is what was not, sorted by address: roots and children.
	Unverified []Difference
	// Besides are the roots with children that the manifest does not list and leaves alone, sorted. They make nothing unverified.
	Besides []plan.Beside
	// ChangedByOthers are the changes in the touched roots that neither the state before nor the run explains, sorted by address, as
	// far as they could be seen.
	ChangedByOthers []Difference
	// LeftOut is what the plan left out: the account is not as the manifest says, even if all went well.
	LeftOut []plan.LeftOut
	// NotRead, NotCompared and Warnings are those of the plan.
	NotRead     []plan.NotRead
	NotCompared []plan.NotCompared
	Warnings    []string
	// Interrupted is set when the run was told to stop before its end.
	Interrupted bool
	// TimedOut is set when the time of the run was over before its end: before a change was begun or had ended, or was read back.
	TimedOut bool
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

// Left reports whether the account is not as the manifest says even if all went well: by what is left to a person, is blocked, or was left
// out of the plan.
func (r *Report) Left() bool { return r.Count(ByHand)+r.Count(Blocked)+len(r.LeftOut) > 0 }

// OK reports whether everything that the plan could do was done and seen.
func (r *Report) OK() bool {
	return r.Verified && !r.Interrupted && r.Count(Failed)+r.Count(Partly)+r.Count(Skipped)+r.Count(Cancelled) == 0
}
