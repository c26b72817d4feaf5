package conformance

import (
	"context"
	"slices"
	"testing"

	"go.uber.org/goleak"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers"
)

// Suite is one service and what to try it on.
type Suite struct {
	Provider providers.Provider
	// Beside is another service by whose resources this one judges its own, nil for none. It is observed for every plan, and
	// proves nothing itself.
	Beside providers.Provider
	// States are the manifests to move between; at least two, with names of their own. Together they must need every
	// action, or the suite fails: what is never tried is not proven.
	States []State
	// Dispensable, where set, tells the reads that only serve to fail early: one that fails is told as not read, and changes
	// nothing else.
	Dispensable func(call string) bool
	// WithoutUpdates is set for a service whose resources are only made and removed.
	WithoutUpdates bool
	// Batches is set where moving between the states takes changes that go by one call: see [providers.Batcher].
	Batches bool
	// New makes a fresh world. It registers its own cleanup with t, after which no goroutine of it may be left.
	New func(t testing.TB) World
}

// State is one manifest.
type State struct {
	Name     string
	Manifest *plan.Manifest
	// Remains are the changes, as "ACTION ADDRESS" in plan order, that are left when the state is reached from a fresh
	// world and that no call of ours can make. Usually there are none.
	Remains []string
}

// World is a fresh account of the service, and the suite's ways to reach into it. Nothing in it lags.
type World struct {
	// Connect returns a Remote as a new run of the program has: it remembers nothing of earlier ones.
	Connect func() providers.Remote
	// Beside is the connection of [Suite.Beside].
	Beside providers.Remote
	// SetHook makes every single call to the cloud, a request rather than a call of the Remote, ask hook when it
	// arrives, before anything is read or changed. Repeated attempts ask again. Nil means no hook.
	SetHook func(hook Hook)
	// Settle waits until no call is being worked on; nil where the Remote never returns before that.
	Settle func()
	// ByHand are changes behind the program's back; there may be none.
	ByHand []Drift
}

// Hook decides how a call ends. It may be called concurrently and may wait; ctx ends when the caller hangs up, and then
// the caller must see its context's error, whatever the outcome.
type Hook func(ctx context.Context, c Call) Outcome

// Call is one call to the cloud.
type Call struct {
	// Name identifies reads: two that ask for the same have the same name, two that ask for different things, pages of
	// one list included, do not.
	Name string
	// Write is set for a call that is to change something.
	Write bool
}

// Outcome is how a call ends.
type Outcome uint8

// The outcomes.
const (
	// Pass: as it would without a hook.
	Pass Outcome = iota
	// Fail: nothing happens, and the service is unavailable (HTTP 500).
	Fail
	// Refuse: nothing happens, and access is denied (HTTP 403).
	Refuse
	// Miss: nothing happens, and what was asked for is not there (HTTP 404).
	Miss
	// Lose: the call takes effect, and its answer never arrives.
	Lose
)

// Drift is a change that somebody makes by hand.
type Drift struct {
	// Name is a sentence: "somebody adds a grant".
	Name string
	// In is the name of the state it happens in.
	In string
	// Make makes it.
	Make func(t testing.TB)
	// Want is the plan that answers it, as "ACTION ADDRESS" in plan order. Empty for a change that cannot be seen.
	Want []string
}

// Run proves the contract, one subtest for each promise; with -short, only those in which calls run side by side or are cut short,
// which is all that a race detector can learn from. It must not run in parallel with other tests: it looks for goroutines that are
// left behind.
func Run(t *testing.T, s Suite) {
	all := checks()
	if testing.Short() {
		all = slices.DeleteFunc(all, func(c check) bool { return !c.concurrent })
	}
	for _, c := range all {
		before := goleak.IgnoreCurrent()
		t.Run(c.promise, func(t *testing.T) { c.prove(newBench(t, s)) })
		goleak.VerifyNone(t, before)
	}
}

// check is one promise of the contract and its proof.
type check struct {
	promise string
	prove   func(*bench)
	// concurrent is set where calls run side by side with others, or end before their time.
	concurrent bool
}

// checks are the promises in the order in which a new service best fulfils them.
func checks() []check {
	return []check{
		{"fragments describe every key", (*bench).fragments, false},
		{"expanding is repeatable and gives every resource a place", (*bench).expanding, false},
		{"resolving is repeatable and minds only its own", (*bench).resolving, false},
		{"prefixes own every address", (*bench).owning, false},
		{"what a resource is made of or uses is told", (*bench).relating, false},
		{"looking twice shows the same", (*bench).lookingTwice, false},
		{"what is read follows from what is listed, not from what is wanted of it", (*bench).indifferent, false},
		{"all that is desired and all that is there is covered", (*bench).covering, false},
		{"every state is reached from every other and nothing is left to do", (*bench).converging, false},
		{"a saved plan is carried out by later runs, piece by piece", (*bench).saving, false},
		{"an exported state is that state", (*bench).exporting, false},
		{"a change by hand is seen and put right", (*bench).drifting, false},
		{"what cannot be read is not compared", (*bench).unreadable, false},
		{"a narrow look agrees with the full one", (*bench).narrowing, false},
		{"effects, manual parts and breaches follow from the question alone", (*bench).knowing, false},
		{"permissions follow from the question, cover reading and writing, and grow with what is desired", (*bench).permitting, false},
		{"what was written is read back as planned", (*bench).readingBack, false},
		{"another connection than the one that observed carries out a plan", (*bench).handingOver, false},
		{"every write may be sent twice", (*bench).repeating, false},
		{"what goes by one call has the outcome of single calls", (*bench).together, false},
		{"creating what exists differently is a conflict and adopts nothing", (*bench).colliding, false},
		{"a failing read is never passed over", (*bench).failingReads, true},
		{"a refused or missing read is never passed over in silence", (*bench).refusedReads, false},
		{"a failing write is told, and the next run puts it right", (*bench).failingWrites, false},
		{"a lost answer is put right by the next run", (*bench).lostAnswers, false},
		{"a call whose context has ended does nothing", (*bench).endedContext, true},
		{"an observation ends with its context", (*bench).cancelledReads, true},
		{"a write ends with its context, and the next run puts it right", (*bench).cancelledWrites, true},
		{"a write that takes effect after its context has ended is put right by the next run", (*bench).lateWrites, false},
		{"looking and writing side by side is safe", (*bench).sideBySide, true},
	}
}
