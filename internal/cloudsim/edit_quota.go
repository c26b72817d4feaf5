package cloudsim

import (
	"fmt"
	"strconv"
)

// maxQuota bounds what an edit may set.
const maxQuota = 1_000_000

func editQuota(a *Account, e Edit) error {
	if e.Attribute != "agency" && e.Attribute != "policy" {
		return fmt.Errorf("the quota of %q is none of agency, policy", e.Attribute)
	}
	n, err := strconv.Atoi(e.Value)
	if err != nil || n < 0 || n > maxQuota {
		return fmt.Errorf("the quota %q is no number from 0 to %d", e.Value, maxQuota)
	}
	if a.Quotas == nil {
		a.Quotas = map[string]int{}
	}
	a.Quotas[e.Attribute] = n
	return nil
}
