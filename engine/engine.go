package engine

import (
	"sync"
	"time"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers"
)

// Engine runs the verbs of agencyctl against one account. Its methods may be called one after the other, not
// concurrently.
type Engine struct {
	registry *providers.Registry
	remotes  providers.Remotes

	mu   sync.Mutex // serialises sink
	sink Sink
}

// New returns an engine for the account behind remotes. Sink may be nil.
func New(registry *providers.Registry, remotes providers.Remotes, sink Sink) *Engine {
	return &Engine{registry: registry, remotes: remotes, sink: sink}
}

func (e *Engine) emit(ev Event) {
	if e.sink == nil {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.sink(ev)
}

// Validate holds a manifest against everything that can be known without a connection. The desired resources are as
// written: names in the cloud are not resolved. Problems are sorted, warnings among them.
func Validate(registry *providers.Registry, m *plan.Manifest) ([]plan.Desired, []plan.Problem) {
	desired, problems := registry.Expand(m)
	problems = append(problems, plan.Check(desired)...)
	return desired, plan.SortProblems(problems)
}

// Limits of waiting, used where options leave them zero.
const (
	// DefaultVerifyTimeout is how long a write may take to become visible.
	DefaultVerifyTimeout = 2 * time.Minute
	// DefaultGrace is how long running calls may go on after an interrupt.
	DefaultGrace = 10 * time.Second
	// DefaultParallelism is how many changes run at once.
	DefaultParallelism = 10
)
