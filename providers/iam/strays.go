package iam

import (
	"context"
	"slices"
	"sync"

	"github.com/agencyctl/agencyctl/providers/huaweicloud"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/directory"
)

// maxRoleLookups bounds how many roles that no list shows are looked up one by one.
const maxRoleLookups = 100

// readStrays looks up the roles that grants name and no list shows: hidden ones, and deleted ones.
func (o *observed) readStrays(ctx context.Context) error {
	known := map[string]bool{}
	for _, role := range slices.Concat(o.system, o.custom) {
		known[role.ID] = true
	}
	for _, odd := range slices.Concat(o.odd.roles, o.odd.policies) {
		known[odd.ID] = odd.Name != "" // it is in the catalogue by that name
	}
	var mu sync.Mutex
	var reads []func(context.Context) error
	for _, a := range o.grants.Assignments {
		if known[a.RoleID] {
			continue
		}
		known[a.RoleID] = true
		if len(reads) == maxRoleLookups {
			o.missing = append(o.missing, a.RoleID)
			continue
		}
		reads = append(reads, func(ctx context.Context) error {
			role, err := o.dir.Role(ctx, a.RoleID)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case isNotFound(err):
				o.missing = append(o.missing, a.RoleID)
				return nil
			case directory.IsOdd(err), isForbidden(err):
				o.missing = append(o.missing, a.RoleID)
				fault := directory.FaultOf(err)
				if isForbidden(err) {
					fault = "the cloud does not let it be read (HTTP 403)"
				}
				if !slices.ContainsFunc(o.odd.roles, func(odd huaweicloud.Odd) bool { return odd.ID == a.RoleID }) {
					o.odd.roles = append(o.odd.roles, huaweicloud.Odd{ID: a.RoleID, Fault: fault})
				}
				return nil
			case err != nil:
				return err
			}
			o.strays = append(o.strays, role)
			return nil
		})
	}
	return directory.Together(ctx, reads...)
}
