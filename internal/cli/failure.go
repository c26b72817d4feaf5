package cli

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/engine"
	"github.com/agencyctl/agencyctl/internal/render"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers"
)

// failureKinds are the names of errors in JSON outputs. Of several, the first that fits is named: what to do about it
// decides the order.
var failureKinds = []struct {
	is   error
	name string
}{
	{providers.ErrDenied, "denied"},
	{providers.ErrThrottled, "throttled"},
	{providers.ErrUnavailable, "unavailable"},
	{providers.ErrConflict, "conflict"},
	{providers.ErrInvalid, "invalid"},
	{providers.ErrNotFound, "notFound"},
	{engine.ErrUnreadable, "unreadable"},
	{errChanged, kindRefused},
	{errNothingDone, kindRefused},
}

// failureKind names what kind of failure an error is. When the context ended, that is why calls failed.
func failureKind(ctx context.Context, err error) string {
	switch ended := ctx.Err(); {
	case errors.Is(ended, context.DeadlineExceeded):
		return kindTimeout
	case ended != nil:
		return kindInterrupted
	}
	for _, k := range failureKinds {
		if errors.Is(err, k.is) {
			return k.name
		}
	}
	return kindFailed
}

// failure returns why the account's part failed, as JSON outputs show it; nil when it did not.
func (r *accountRun) failure() *render.Failure {
	if !r.failed() {
		return nil
	}
	f := &render.Failure{Account: r.manifest.Account, Kind: r.kind}
	var messages, hints []string
	if r.err != nil {
		messages = append(messages, r.err.Error())
		hints = append(hints, providers.Hint(r.err))
	}
	for _, p := range r.problems {
		hints = append(hints, p.Hint)
		p.Hint = ""
		messages = append(messages, p.String())
	}
	slices.Sort(hints)
	hints = slices.DeleteFunc(slices.Compact(hints), func(h string) bool { return h == "" })
	f.Message, f.Hint = strings.Join(messages, "\n"), strings.Join(hints, "\n")
	return f
}

// plans returns the plan of each account, nil where there is none.
func (runs accountRuns) plans() []*plan.Plan {
	all := make([]*plan.Plan, len(runs))
	for i, r := range runs {
		all[i] = r.shown
	}
	return all
}

// present leaves out what is nil.
func present[T any](items []*T) []*T {
	return slices.DeleteFunc(slices.Clone(items), func(item *T) bool { return item == nil })
}
