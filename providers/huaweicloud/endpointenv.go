package huaweicloud

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/providers"
)

// EnvEndpoint begins the environment variables that override an endpoint: followed by a service, and where it is for one
// region only, the region, all in capitals with underscores ("AGENCYCTL_ENDPOINT_KMS_CN_NORTH_4").
const EnvEndpoint = "AGENCYCTL_ENDPOINT_"

// sdkEndpoints are the variables of the vendor's SDK that mean the same; ours win. HW_AUTH_URL and OS_AUTH_URL are not
// read: they are often set for another cloud, and on Huawei Cloud they name a regional host, which does not serve every
// call.
var sdkEndpoints = map[string]string{ServiceIAM: "HUAWEICLOUD_SDK_IAM_ENDPOINT", "sts": "HUAWEICLOUD_SDK_STS_ENDPOINT"}

// environmentEndpoints reads the overrides for every service: everywhere, in the regions that the cloud lists, and in the
// manifest's region.
func environmentEndpoints(target providers.Target) (map[string]endpoint, error) {
	found := map[string]endpoint{}
	if target.Getenv == nil {
		return found, nil
	}
	regions := slices.Sorted(maps.Keys(clouds[target.Cloud.Kind].regions))
	if target.Cloud.Region != "" && !slices.Contains(regions, target.Cloud.Region) {
		regions = append(regions, target.Cloud.Region)
	}
	for _, service := range serviceNames() {
		keys := []string{service}
		for _, region := range regions {
			keys = append(keys, service+"."+region)
		}
		for _, key := range keys {
			for _, variable := range []string{endpointVariable(key), sdkEndpoints[key]} {
				text := ""
				if variable != "" {
					text = target.Getenv(variable)
				}
				if text == "" {
					continue
				}
				base, err := parseEndpoint(variable, key, text)
				if err != nil {
					return nil, err
				}
				found[key] = cmp.Or(found[key], endpoint{base, variable})
			}
		}
	}
	return found, nil
}

func endpointVariable(key string) string {
	return EnvEndpoint + strings.ToUpper(strings.NewReplacer(".", "_", "-", "_").Replace(key))
}
