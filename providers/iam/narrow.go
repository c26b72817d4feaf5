package iam

import (
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/directory"
)

// What reading costs before there is an observation to tell: in calls, of all agencies with their grants, and of one agency with its own.
const (
	fullWithoutHistory   = 8
	narrowWithoutHistory = 5
)

// grantsPerPage is how many grants one call brings.
const grantsPerPage = 50

// narrow returns the names of the agencies that are enough to read, nil when reading all is as cheap or is asked for.
func narrow(only []addr.Address, began *observed) []string {
	if only == nil {
		return nil
	}
	names := []string{}
	for _, a := range only {
		if isPolicy(a) {
			continue
		}
		name := directory.NameOf(a)
		if strings.ContainsAny(name, "*?") {
			return nil // such a name would cover others as a pattern
		}
		names = append(names, name)
	}
	slices.Sort(names)
	names = slices.Compact(names)
	if narrow, full := costs(names, began); narrow >= full {
		return nil
	}
	return names
}

// costs is about how many calls it takes to read the agencies of these names with their grants, and all with theirs, as far as the
// observation that began the run tells. Roles and custom policies cost the same in both.
func costs(names []string, began *observed) (narrow, full int) {
	if began == nil || began.names != nil {
		return len(names) * narrowWithoutHistory, fullWithoutHistory
	}
	ids := map[string]bool{}
	for _, a := range began.agencies {
		if _, is := slices.BinarySearch(names, a.Name); is {
			ids[a.ID] = true
		}
	}
	narrow = min(len(names), began.agencyCalls)
	for _, scope := range directory.Scopes() {
		single, is := began.grants.Single[scope]
		if !is {
			single = 1
		}
		narrow += len(names) * single
		if is {
			continue
		}
		of := map[string]int{}
		for _, a := range began.grants.Assignments {
			if a.Scope == scope && ids[a.AgencyID] {
				of[a.AgencyID]++
			}
		}
		for _, grants := range of {
			narrow += grants / grantsPerPage
		}
	}
	return narrow, began.agencyCalls + began.grants.Calls
}

// readNamed looks up the agencies of a narrow reading: one by one, or in the list of all where that takes fewer calls.
func (o *observed) readNamed(ctx context.Context, leftOut []string) error {
	if o.began != nil && o.began.names == nil && len(o.names) > o.began.agencyCalls {
		all, err := o.dir.AgenciesFor(ctx, leftOut, o.names...)
		for _, name := range o.names {
			if i := slices.IndexFunc(all, func(a directory.Agency) bool { return a.Name == name }); i >= 0 {
				o.agencies = append(o.agencies, all[i])
			}
		}
		return err
	}
	var mu sync.Mutex
	var reads []func(context.Context) error
	for _, name := range o.names {
		reads = append(reads, func(ctx context.Context) error {
			agency, found, err := o.dir.AgencyNamed(ctx, name, leftOut...)
			if err != nil || !found {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			o.agencies = append(o.agencies, agency)
			return nil
		})
	}
	return directory.Together(ctx, reads...)
}
