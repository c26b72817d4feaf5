package huaweicloud

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/auth"
)

const (
	// envPrefix begins the names of all variables that are ours alone.
	envPrefix    = "AGENCYCTL_"
	envAuthority = envPrefix + "CACERT"
	// envEndpoint begins the environment variables that override an endpoint. The service follows and, for one region only, the
	// region, all in capitals with underscores ("AGENCYCTL_ENDPOINT_KMS_CN_NORTH_4").
	envEndpoint = envPrefix + "ENDPOINT_"
)

// checkVariables refuses variables that are ours by their beginning and that nothing reads: a misspelt one would silently have no effect.
// One that looks like none of ours may belong to somebody's scripts, and is only a warning.
func (h hosts) checkVariables(target providers.Target, logger *slog.Logger) error {
	known := []string{auth.EnvMetadata, envAuthority}
	for _, service := range h.names() {
		known = append(known, endpointVariable(service))
		for _, region := range regionsKnown(target) {
			known = append(known, endpointVariable(service+"."+region))
		}
	}
	anyRegion := func(name string) bool {
		return target.Regions == nil &&
			slices.ContainsFunc(h.names(), func(service string) bool { return strings.HasPrefix(name, endpointVariable(service)+"_") })
	}
	for _, name := range slices.Sorted(slices.Values(target.Environ)) {
		rest, ours := strings.CutPrefix(name, envPrefix)
		if !ours || slices.Contains(known, name) || anyRegion(name) {
			continue
		}
		var endings []string
		for _, k := range known {
			endings = append(endings, strings.TrimPrefix(k, envPrefix))
		}
		near := plan.NewNames(endings).Nearest(rest, 1)
		if len(near) == 0 && !strings.HasPrefix(rest, "ENDPOINT") {
			logger.Warn("no variable of agencyctl is called so", "variable", name)
			continue
		}
		hint := "the services are " + strings.Join(h.names(), ", ") + "; a region is one of the vendors, or one that a manifest names"
		if len(near) > 0 {
			hint = fmt.Sprintf("did you mean %q?", envPrefix+near[0])
		}
		return fmt.Errorf("bad environment variable: agencyctl reads no %s; %s", name, hint)
	}
	return nil
}
