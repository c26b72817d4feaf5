package providers

import (
	"fmt"

	"github.com/agencyctl/agencyctl/plan/addr"
)

// Remotes are the connected services of one account, by provider name.
type Remotes map[string]Remote

// For returns the connected service that the address belongs to.
func (r Remotes) For(registry *Registry, a addr.Address) (Remote, error) {
	p, ok := registry.For(a)
	if !ok {
		return nil, fmt.Errorf("no provider knows %s", a)
	}
	remote, ok := r[p.Name()]
	if !ok {
		return nil, fmt.Errorf("%s: the %s service can be validated, but not yet planned or applied", a, p.Name())
	}
	return remote, nil
}
