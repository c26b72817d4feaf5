package huaweicloud

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers"
)

// Service is one service of the cloud, with all that others have to know of it.
type Service struct {
	Provider providers.Provider
	// Connect returns the service behind a connection. A zero lag means the service's own default.
	Connect func(conn *Connection, lag Lag) providers.Remote
	Host    Host
	// Agencies are those that the service makes for itself.
	Agencies Published
	// Simulated is where the simulator has the service's calls: the beginning of their paths.
	Simulated string
}

// Published are agencies that services make for themselves, by name.
type Published map[string]PublishedAgency

// PublishedAgency is what is known of an agency that a service makes for itself.
type PublishedAgency struct {
	// Service is what an authorizations entry calls the service.
	Service string
	// Likely is set where no documentation publishes the name.
	Likely bool
}

// Services are the services that a program knows.
type Services []Service

// Published returns the agencies that the services make.
func (s Services) Published() Published {
	all := Published{}
	for _, service := range s {
		maps.Copy(all, service.Agencies)
	}
	return all
}

// Registry returns the offline halves. Two services that claim one name or prefix are a mistake in the list, and a panic.
func (s Services) Registry() *providers.Registry {
	all := make([]providers.Provider, 0, len(s))
	for _, service := range s {
		all = append(all, service.Provider)
	}
	registry, err := providers.NewRegistry(all...)
	if err != nil {
		panic(err)
	}
	return registry
}

// Remotes returns the services behind a connection. A zero lag means each service's own default.
func (s Services) Remotes(conn *Connection, lag Lag) providers.Remotes {
	remotes := providers.Remotes{}
	for _, service := range s {
		remotes[service.Provider.Name()] = service.Connect(conn, lag)
	}
	return remotes
}

// Endpoints returns the names by which an address can be given for a service, sorted: those of the services, and those that the
// connection itself calls.
func (s Services) Endpoints() []string { return hosts(ownHosts).with(s).names() }

// The services that the connection itself knows addresses for.
const (
	ServiceIAM = "iam"
	ServiceEPS = "eps"
	ServiceCTS = "cts"
)

// Host is where a service is called, as the vendors' endpoint tables know it.
type Host struct {
	// Name is the first part of the host names, by which endpoints are given: "kms".
	Name string
	// Title is the service's name for people.
	Title string
	// ContentType is what the service's pages demand of a request; "" means application/json.
	ContentType string
	// TokenDenied: the service's pages answer 403, and not 401, to a token that is not valid any more.
	TokenDenied bool
	// Account: the service belongs to the whole account, so where a cloud has hosts without a region, it is there.
	Account bool
	// Telekom: Open Telekom Cloud has it too. Huawei Cloud has them all.
	Telekom bool
	// APIs are those that are called.
	APIs []API
	// Regions are those that the vendor publishes for the service, sorted; nil means all.
	Regions []string
}

// ownHosts are those that the connection itself calls, or will.
var ownHosts = []Host{
	{Name: ServiceIAM, Title: "IAM", ContentType: "application/json;charset=utf8", Account: true, Telekom: true,
		APIs: identityAPIs},
	{Name: ServiceEPS, Title: "Enterprise Project Management", Account: true, Telekom: true, APIs: []API{"GET /v1.0/enterprise-projects"}},
	{Name: ServiceCTS, Title: "Cloud Trace", Telekom: true, APIs: []API{"GET /v3/*/traces"}},
	{Name: serviceSMN, Title: "Simple Message Notification", Telekom: true, APIs: []API{"POST /v2/*/notifications/topics/*/publish"}},
	{Name: "sts", Title: "STS", APIs: []API{"GET /v5/caller-identity"}},
}

// hosts are all that an endpoint may be given for, sorted by name. A name that nobody knows is a typing error, and the call it
// was meant for would go to the real cloud.
type hosts []Host

// with returns the hosts and those of services.
func (h hosts) with(services Services) hosts {
	all := slices.Clone(h)
	for _, s := range services {
		if s.Host.Name != "" && !slices.ContainsFunc(all, func(known Host) bool { return known.Name == s.Host.Name }) {
			all = append(all, s.Host)
		}
	}
	slices.SortFunc(all, func(a, b Host) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// named returns the host of that name.
func (h hosts) named(name string) (Host, bool) {
	i := slices.IndexFunc(h, func(known Host) bool { return known.Name == name })
	if i < 0 {
		return Host{}, false
	}
	return h[i], true
}

func (h hosts) names() []string {
	names := make([]string, 0, len(h))
	for _, host := range h {
		names = append(names, host.Name)
	}
	return names
}

// Publishes reports whether the vendor publishes the service for the region of a kind of cloud.
func (h Host) Publishes(kind, region string) bool {
	if h.Regions != nil {
		return h.On(kind) && slices.Contains(h.Regions, region)
	}
	_, listed := clouds[kind].regions[region]
	return h.On(kind) && listed
}

// On reports whether a kind of cloud has the service.
func (h Host) On(kind string) bool { return kind != OpenTelekomCloud || h.Telekom }

// NotOffered holds the entries of a section that name the service (as manifests call it: "csms") against what the cloud
// has. A service that the cloud does not have is an error at each of its entries; a region for which the vendor does not
// publish the service is a warning for what is to be there, because regions are added.
func (h Host) NotOffered(m *plan.Manifest, section, service string) []plan.Problem {
	var problems []plan.Problem
	for _, node := range providers.EntriesOf(m, section, service) {
		if !h.On(m.Cloud.Kind) {
			problems = append(problems, plan.Problem{
				At: node.Get("service").Position(), Summary: "service not offered",
				Detail: fmt.Sprintf("%s is not offered on %s", h.Title, TraitsOf(m.Cloud.Kind).Title),
				Hint:   "remove the entry, or put it into the manifest of an account on " + TraitsOf(HuaweiCloud).Title,
			})
			continue
		}
		region, missing := providers.RegionOf(node, m)
		if missing != nil || h.Regions == nil || providers.IsAbsent(node) || slices.Contains(h.Regions, region) {
			continue
		}
		at := node.Position()
		if own := node.Get("region"); own != nil {
			at = own.Position()
		}
		problems = append(problems, plan.Problem{
			At: at, Summary: "service not published for the region", Warning: true,
			Detail: fmt.Sprintf("the vendor publishes %s for %s, not for %s", h.Title, strings.Join(h.Regions, " and "), region),
			Hint:   "leave it if the service has come to the region by now",
		})
	}
	return problems
}

// The parts of an account that a manifest can leave unread; see [plan.Manifest.NotRead].
const (
	// PartAllProjects are the grants in all projects.
	PartAllProjects = "all-projects"
	// PartEnterpriseProjects are the grants in enterprise projects.
	PartEnterpriseProjects = "enterprise-projects"
	// PartIAMv5 are the identity policies and trust agencies of IAM v5.
	PartIAMv5 = "iam-v5"
	// PartProject, with the name of a project or id:ID behind it, are the grants in that project. PartAgency and PartPolicy are in the
	// same way an agency and a custom policy that are not as documented.
	PartProject = "project:"
	PartAgency  = "agency:"
	PartPolicy  = "policy:"
)

// PartOf returns the word for one thing: by its name, or by its id where it has no name.
func PartOf(part, name, id string) string {
	if name == "" {
		return part + "id:" + id
	}
	return part + name
}
