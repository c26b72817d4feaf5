package providers

import (
	"context"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
)

// Became says how a resource came to be other than the manifest says. The zero value is invalid.
type Became uint8

// What a resource became.
const (
	// Appeared: it is there, and should not be.
	Appeared Became = iota + 1
	// Altered: it is there, and is another one.
	Altered
	// Vanished: it is not there, and should be.
	Vanished
	// Noticed: it is there, and a rule says something about it, since it appeared or was altered.
	Noticed
)

// Difference is one of those that an [Explainer] is asked about.
type Difference struct {
	Address addr.Address
	Became  Became
	// Attributes are those that differ, as far as it is known: of something noticed, the one that the rule is about, without values.
	Attributes []plan.AttributeChange
	// Added are set where the question is about children that appeared since somebody accepted the rest.
	Added []addr.Address
}

// Explainer knows the cloud's record of operations, which says who made a difference. It is safe for concurrent use.
type Explainer interface {
	// Explain returns the trace of each difference, in the order of these; nil where nothing on record fits. An operation that cannot have
	// made the difference is not named, and of several people who can, all are. It reads the record once, in a bounded number of calls and
	// within a time of its own, and tells in the inquiry what it could not read: who did something is never worth a failed run.
	Explain(ctx context.Context, differences []Difference, view *plan.View) ([]*plan.Trace, plan.Inquiry)
}
