package engine

import (
	"context"
	"fmt"
	"time"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers"
)

// Audit reads all of the account that a manifest of [WholeAccount] is for, and judges it at now; see [AuditSnapshot].
func (e *Engine) Audit(ctx context.Context, whole *plan.Manifest, now time.Time) (*plan.Audit, error) {
	s, err := e.ObserveAll(ctx, whole)
	if err != nil {
		return nil, err
	}
	return AuditSnapshot(e.registry, whole, s, now)
}

// AuditSnapshot judges a snapshot of a whole account at now, by every rule and by the guardrails of the manifest. It is pure. A snapshot of
// another account than the manifest is for is an error.
func AuditSnapshot(registry *providers.Registry, whole *plan.Manifest, s *plan.Snapshot, now time.Time) (*plan.Audit, error) {
	if problem, wrong := wrongAccount(whole, s.Account); wrong {
		return nil, fmt.Errorf("%w: %s", ErrUnreadable, problem.Detail)
	}
	own := *whole
	own.Account = s.Account // else the account itself would count as a stranger
	in, problems := registry.Input(&own, nil, s)
	if fatal := plan.Fatal(problems); len(fatal) > 0 {
		return nil, fmt.Errorf("%w: %s", ErrUnreadable, fatal[0].String())
	}
	in.Now = now
	return registry.Audit(in), nil
}
