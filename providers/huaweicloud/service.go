package huaweicloud

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers"
)

// The services that the shared connection itself knows addresses for.
const (
	ServiceIAM = "iam"
	ServiceEPS = "eps"
)

// The parts of an account that a manifest can leave unread; see [plan.Manifest.NotRead].
const (
	// PartEnterpriseProjects are the grants in enterprise projects.
	PartEnterpriseProjects = "enterprise-projects"
	// PartIAMv5 are the identity policies and trust agencies of IAM v5.
	PartIAMv5 = "iam-v5"
)

// serviceEntry is a service as the vendors' endpoint tables know it.
type serviceEntry struct {
	// title is the name for people.
	title string
	// account: the service belongs to the whole account, so where a cloud has hosts without a region, it is there.
	account bool
	// telekom: Open Telekom Cloud has it too. Huawei Cloud has them all.
	telekom bool
	// regions are those that the vendor publishes for the service, sorted; nil means all.
	regions []string
}

// services are all that an endpoint may be given for, by the first part of their host names. A name that nobody knows is a
// typing error, and the call it was meant for would go to the real cloud.
var services = map[string]serviceEntry{
	ServiceIAM:      {title: "IAM", account: true, telekom: true},
	ServiceEPS:      {title: "Enterprise Project Management", account: true, telekom: true},
	"cts":           {title: "Cloud Trace", telekom: true},
	"fabric":        {title: "DataArts Fabric", regions: []string{"cn-north-4", "cn-southwest-2"}},
	"kms":           {title: "Cloud Secret Management"}, // CSMS speaks at the key management's host
	"lakeformation": {title: "LakeFormation"},
	"secmaster":     {title: "SecMaster"},
	"sts":           {title: "STS"},
}

// serviceNames are the keys of services, sorted.
func serviceNames() []string { return slices.Sorted(maps.Keys(services)) }

// Offers reports whether a kind of cloud has the service, named as in endpoints ("kms"). Of a service or a cloud that is
// not in the table it says yes: only what is known to be missing is refused.
func Offers(kind, service string) bool {
	entry, known := services[service]
	return !known || kind != OpenTelekomCloud || entry.telekom
}

// NotOffered holds the entries of a section that name the service (as manifests call it: "csms") against what the cloud
// has. A service that the cloud does not have is an error at each of its entries; a region for which the vendor does not
// publish the service, named host as in endpoints, is a warning for what is to be there, because regions are added.
func NotOffered(m *plan.Manifest, section, service, host string) []plan.Problem {
	var problems []plan.Problem
	entry := services[host]
	for _, node := range providers.EntriesOf(m, section, service) {
		if !Offers(m.Cloud.Kind, host) {
			problems = append(problems, plan.Problem{
				At: node.Get("service").Position(), Summary: "service not offered",
				Detail: fmt.Sprintf("%s is not offered on %s", entry.title, TraitsOf(m.Cloud.Kind).Title),
				Hint:   "remove the entry, or put it into the manifest of an account on " + TraitsOf(HuaweiCloud).Title,
			})
			continue
		}
		region, missing := providers.RegionOf(node, m)
		if missing != nil || entry.regions == nil || providers.IsAbsent(node) || slices.Contains(entry.regions, region) {
			continue
		}
		at := node.Position()
		if own := node.Get("region"); own != nil {
			at = own.Position()
		}
		problems = append(problems, plan.Problem{
			At: at, Summary: "service not published for the region", Warning: true,
			Detail: fmt.Sprintf("the vendor publishes %s for %s, not for %s", entry.title, strings.Join(entry.regions, " and "), region),
			Hint:   "leave it if the service has come to the region by now",
		})
	}
	return problems
}
