package iam

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/directory"
)

// quotaSubjects are the quotas that count here, by the type of addresses, as outputs call them.
var quotaSubjects = map[string]string{directory.TypeAgency: "the quota of agencies", directory.TypePolicy: "the quota of custom policies"}

// quotaTypes are the cloud's names of these quotas.
var quotaTypes = map[string]string{directory.TypeAgency: directory.QuotaAgencies, directory.TypePolicy: directory.QuotaCustomPolicies}

// absent returns the types of which something is listed that is not there, sorted: only of those may something be made.
func (o *observed) absent(covered providers.Coverage) []string {
	there := map[addr.Address]bool{}
	for _, a := range o.agencies {
		there[directory.AgencyAddress(a.Name)] = true
	}
	for _, p := range o.custom {
		there[directory.PolicyAddress(plan.Reference{Name: p.DisplayName})] = true
	}
	var types []string
	for _, root := range covered.Roots {
		if t := root.Address.Type(); quotaTypes[t] != "" && !there[root.Address] {
			types = append(types, t)
		}
	}
	slices.Sort(types)
	return slices.Compact(types)
}

// readQuotas reads, with one call, the quotas of what may have to be made. A quota is read to fail early, and no more: one
// that cannot be read is listed and stops nothing.
func (o *observed) readQuotas(ctx context.Context, covered providers.Coverage) error {
	types := o.absent(covered)
	if len(types) == 0 {
		return nil
	}
	only := "" // one call for all of them
	if len(types) == 1 {
		only = quotaTypes[types[0]]
	}
	quotas, err := o.dir.ListQuotas(ctx, only)
	if ctx.Err() != nil {
		return err
	}
	reason := "the cloud does not tell it"
	if failed := new(providers.CallError); errors.As(err, &failed) && failed.Status != 0 {
		reason = fmt.Sprintf("it could not be read (HTTP %d)", failed.Status)
	} else if err != nil {
		reason = "it could not be read"
	}
	for _, t := range types {
		at := slices.IndexFunc(quotas, func(q directory.Quota) bool { return q.Type == quotaTypes[t] })
		if at < 0 {
			o.quotasNotRead = append(o.quotasNotRead, plan.NotRead{Subject: quotaSubjects[t], Reason: reason})
			continue
		}
		o.quotas = append(o.quotas, plan.Quota{Type: t, Limit: quotas[at].Limit, Used: quotas[at].Used})
	}
	return nil
}
