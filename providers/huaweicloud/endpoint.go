package huaweicloud

import (
	"errors"
	"fmt"
	"maps"
	"net"
	"net/url"
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers"
)

// ErrBadEndpoint is wrapped by the error of [Connect] when an endpoint may not or cannot be used.
var ErrBadEndpoint = errors.New("bad endpoint")

// Where an endpoint was given, as [providers.Endpoint] tells it. One from the environment names its variable.
const (
	sourceFlag      = "--endpoint"
	sourceManifest  = "manifest"
	sourceVendor    = "vendor"
	sourceSimulator = "beside iam on this machine"
)

// endpoint is where a service is, and who said so.
type endpoint struct {
	base   *url.URL
	source string
}

// endpoints finds the base URL of a service. It is immutable.
type endpoints struct {
	cloud plan.Cloud
	// layers are the overrides, the strongest first, by service ("kms") or service in one region ("kms.cn-north-4").
	// The manifest's are apart.
	flags, environment, manifest map[string]endpoint
}

// endpointsFor checks every override at once, so that a typing error is found before the first call.
func endpointsFor(target providers.Target) (endpoints, error) {
	e := endpoints{cloud: target.Cloud, manifest: map[string]endpoint{}}
	if _, known := clouds[target.Cloud.Kind]; !known {
		return endpoints{}, fmt.Errorf("%w: cloud kind %q is neither %s nor %s", ErrBadEndpoint, target.Cloud.Kind, HuaweiCloud, OpenTelekomCloud)
	}
	if !regionName(target.Cloud.Region) {
		return endpoints{}, fmt.Errorf("%w: %q is not the name of a region", ErrBadEndpoint, target.Cloud.Region)
	}
	var err error
	for _, service := range slices.Sorted(maps.Keys(target.ManifestEndpoints)) {
		base, err := parseEndpoint("the manifest's endpoint of "+service, service, target.ManifestEndpoints[service])
		if err != nil {
			return endpoints{}, err
		}
		if base.Scheme != "https" || base.Port() != "" && base.Port() != "443" || !clouds[target.Cloud.Kind].owns(service, base.Hostname()) {
			return endpoints{}, fmt.Errorf("%w: the manifest's endpoint of %s is no host of this service at %s; give it by --endpoint if it is meant",
				ErrBadEndpoint, service, TraitsOf(target.Cloud.Kind).Title)
		}
		e.manifest[service] = endpoint{base, sourceManifest}
	}
	if e.environment, err = environmentEndpoints(target); err != nil {
		return endpoints{}, err
	}
	if e.flags, err = flagEndpoints(target); err != nil {
		return endpoints{}, err
	}
	if err := e.checkRegion(target.Cloud.Region); err != nil {
		return endpoints{}, err
	}
	for _, service := range []string{ServiceIAM, ServiceEPS} {
		if _, err := e.of(service, ""); err != nil {
			return endpoints{}, err
		}
	}
	return e, nil
}

func flagEndpoints(target providers.Target) (map[string]endpoint, error) {
	found := map[string]endpoint{}
	for _, service := range slices.Sorted(maps.Keys(target.Endpoints)) {
		base, err := parseEndpoint("the endpoint of "+service, service, target.Endpoints[service])
		if err != nil {
			return nil, err
		}
		found[service] = endpoint{base, sourceFlag}
	}
	return found, nil
}

// of returns the base URL of a service in a region, "" for the cloud's own.
func (e endpoints) of(service, region string) (*url.URL, error) {
	found, err := e.find(service, region)
	return found.base, err
}

// find returns the endpoint of a service in a region, "" for the cloud's own. Flags win over the environment, that over
// the manifest; an override is given for a service in one region or everywhere. Beside a simulator on this machine no
// service falls back to the manifest's or the vendor's address: a rehearsal must not reach the real cloud.
func (e endpoints) find(service, region string) (endpoint, error) {
	if region == "" {
		region = e.cloud.Region
	}
	if found, ok := e.given(service, region); ok {
		return found, nil
	}
	if iam, ok := e.simulator(region); ok {
		return endpoint{iam, sourceSimulator}, nil
	}
	if found, ok := lookUp(e.manifest, service, region); ok {
		return found, nil
	}
	host, err := e.vendor(service, region)
	if err != nil {
		return endpoint{}, err
	}
	return endpoint{&url.URL{Scheme: "https", Host: host}, sourceVendor}, nil
}

// simulator returns where IAM of the region, or of the cloud's own, is on this machine; ok is false when it is elsewhere.
func (e endpoints) simulator(region string) (base *url.URL, ok bool) {
	for _, place := range []string{region, e.cloud.Region} {
		if iam, ok := e.given(ServiceIAM, place); ok && loopback(iam.base.Hostname()) {
			return iam.base, true
		}
	}
	return nil, false
}

// given returns what flags or environment say.
func (e endpoints) given(service, region string) (endpoint, bool) {
	if found, ok := lookUp(e.flags, service, region); ok {
		return found, true
	}
	return lookUp(e.environment, service, region)
}

func lookUp(layer map[string]endpoint, service, region string) (endpoint, bool) {
	if found, ok := layer[service+"."+region]; ok {
		return found, true
	}
	found, ok := layer[service]
	return found, ok
}

// vendor returns the documented host of a service in a region.
func (e endpoints) vendor(service, region string) (string, error) {
	table := clouds[e.cloud.Kind]
	if !regionName(region) {
		return "", fmt.Errorf("%w: %q is not the name of a region", ErrBadEndpoint, region)
	}
	if host, ok := table.hosts[service+"."+region]; ok {
		return host, nil
	}
	suffix := table.regions[region]
	switch {
	case suffix == "" && table.traits.GlobalHosts && services[service].account:
		return service + "." + table.suffix, nil
	case region == "":
		return "", fmt.Errorf("%w: cloud.region is needed to find %s on %s", ErrBadEndpoint, service, table.traits.Title)
	case suffix == "":
		suffix = table.suffix
	}
	if err := e.checkRegion(region); err != nil {
		return "", err
	}
	return service + "." + region + "." + suffix, nil
}

// checkRegion refuses a region that is a slip of the pen or the other cloud's. Any other that is not listed may be new.
// Who gives an endpoint in the region means it.
func (e endpoints) checkRegion(region string) error {
	table := clouds[e.cloud.Kind]
	if _, listed := table.regions[region]; listed || region == "" {
		return nil
	}
	if _, simulated := e.simulator(region); simulated {
		return nil // whose regions have the names that it gives them
	}
	for _, layer := range []map[string]endpoint{e.flags, e.environment, e.manifest} {
		for key := range layer {
			if strings.HasSuffix(key, "."+region) {
				return nil
			}
		}
	}
	if other := home(region); other != "" {
		return fmt.Errorf("%w: %s is a region of %s, and cloud.kind is %s", ErrBadEndpoint, region, TraitsOf(other).Title, e.cloud.Kind)
	}
	if likely := table.misspelt(region); likely != "" {
		return fmt.Errorf("%w: %s has no region %q that we know of; did you mean %q? (if it is new, say where it is: --endpoint SERVICE.%s=URL)",
			ErrBadEndpoint, table.traits.Title, region, likely, region)
	}
	return nil
}

// unknownRegion reports whether calls to a region go to a host that was only guessed from its name.
func (e endpoints) unknownRegion(region string) bool {
	_, listed := clouds[e.cloud.Kind].regions[region]
	return !listed && region != ""
}

// Endpoints returns where the services are that the cloud has, in its own region, sorted by service. One that cannot be
// found without a region is left out.
func (c *Connection) Endpoints() []providers.Endpoint {
	var all []providers.Endpoint
	for _, service := range serviceNames() {
		found, err := c.endpoints.find(service, "")
		if err != nil || !Offers(c.cloud.Kind, service) {
			continue
		}
		all = append(all, providers.Endpoint{Service: service, URL: found.base.String(), Source: found.source})
	}
	return all
}

// parseEndpoint reads an override of a service; what names it in errors. Plain http is only for this machine: a signature
// says who we are and what we do. The text itself is never shown, because it may hold a password.
func parseEndpoint(what, service, text string) (*url.URL, error) {
	name, _, _ := strings.Cut(service, ".")
	if _, known := services[name]; !known {
		hint := plan.DidYouMean(name, serviceNames())
		if hint == "" {
			hint = "the services are " + strings.Join(serviceNames(), ", ")
		}
		return nil, fmt.Errorf("%w: no service is named %q; %s", ErrBadEndpoint, name, hint)
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Hostname() == "" {
		return nil, fmt.Errorf("%w: %s is not a URL of the form https://HOST", ErrBadEndpoint, what)
	}
	switch {
	case u.User != nil:
		return nil, fmt.Errorf("%w: %s holds a user name", ErrBadEndpoint, what)
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return nil, fmt.Errorf("%w: %s holds a query or a fragment", ErrBadEndpoint, what)
	case u.Scheme == "http" && !loopback(u.Hostname()):
		return nil, fmt.Errorf("%w: %s must begin with https:// (http:// is for this machine only)", ErrBadEndpoint, what)
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, fmt.Errorf("%w: %s must begin with https://", ErrBadEndpoint, what)
	}
	// An auth URL copied from elsewhere ends in /v3, which is part of our paths.
	if path := strings.TrimSuffix(strings.TrimRight(u.Path, "/"), "/v3"); path != "" {
		return nil, fmt.Errorf("%w: %s has a path; give only https://HOST", ErrBadEndpoint, what)
	}
	return &url.URL{Scheme: u.Scheme, Host: strings.ToLower(u.Host)}, nil
}

func loopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// vendorHost reports whether a host is below a domain of the vendors. Only plain letters, digits and hyphens between
// dots count: whatever else a resolver may make of a name, we do not.
func vendorHost(host string) bool {
	host = strings.ToLower(host)
	for label := range strings.SplitSeq(host, ".") {
		if label == "" || strings.HasPrefix(label, "xn--") || !regionName(label) {
			return false
		}
	}
	return slices.ContainsFunc(vendorDomains[:], func(domain string) bool { return strings.HasSuffix(host, "."+domain) })
}

// regionName reports whether a text can stand in a host name as a region; "" is none and may.
func regionName(text string) bool {
	return strings.Trim(text, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}
