package huaweicloud

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers"
)

// Regions returns the regions that the vendor lists for a kind of cloud, sorted; none for a kind that is not known.
func Regions(kind string) []string { return slices.Sorted(maps.Keys(clouds[kind].regions)) }

// regionsKnown returns the regions of all clouds, because manifests of several may be in one run, and those that manifests name.
func regionsKnown(target providers.Target) []string {
	all := slices.Clone(target.Regions)
	for _, table := range clouds {
		for region := range table.regions {
			all = append(all, region)
		}
	}
	if target.Cloud.Region != "" {
		all = append(all, target.Cloud.Region)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// checkOverrides refuses endpoints from flags for a region that no vendor lists and no manifest names: they would never be used. A
// simulator names its regions as it likes.
func (e endpoints) checkOverrides(target providers.Target) error {
	if _, simulated := e.simulator(target.Cloud.Region); simulated || target.Regions == nil {
		return nil
	}
	regions := regionsKnown(target)
	for _, key := range slices.Sorted(maps.Keys(e.flags)) {
		_, region, one := strings.Cut(key, ".")
		if !one || slices.Contains(regions, region) {
			continue
		}
		return fmt.Errorf("%w: the endpoint of %s is never used: no vendor lists the region %q, and no manifest names it; %s",
			ErrBadEndpoint, key, region, cmp.Or(plan.DidYouMean(region, regions), "correct the region"))
	}
	return nil
}
