package huaweicloud

import (
	"cmp"
	"fmt"
	"maps"
	"net"
	"net/url"
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/auth"
)

// ErrBadEndpoint is wrapped by the error of [Connect] when an endpoint may not or cannot be used.
var ErrBadEndpoint = auth.ErrBadEndpoint

// The sources of endpoints in [providers.Endpoint]. For one from the environment the source is the variable's name.
const (
	sourceFlag      = "--endpoint"
	sourceManifest  = "manifest"
	sourceVendor    = "vendor"
	sourceSimulator = "beside iam on this machine"
)

// endpoint is the address of a service, and where it was given.
type endpoint struct {
	base   *url.URL
	source string
}

// endpoints finds the base URL of a service. It is immutable.
type endpoints struct {
	cloud plan.Cloud
	// hosts are the services that have addresses.
	hosts hosts
	// The overrides, the strongest first, by service ("kms") or by service in one region ("kms.cn-north-4").
	flags, environment, manifest map[string]endpoint
}

// endpointsFor reads and checks all overrides, so that a typing error is found before the first call.
func endpointsFor(target providers.Target, known hosts) (endpoints, error) {
	e := endpoints{cloud: target.Cloud, hosts: known}
	if _, known := clouds[target.Cloud.Kind]; !known {
		return endpoints{}, fmt.Errorf("%w: cloud kind %q is neither %s nor %s",
			ErrBadEndpoint, target.Cloud.Kind, HuaweiCloud, OpenTelekomCloud)
	}
	if !regionName(target.Cloud.Region) {
		return endpoints{}, fmt.Errorf("%w: %q is not the name of a region", ErrBadEndpoint, target.Cloud.Region)
	}
	var err error
	if e.manifest, err = known.parseEndpoints(target.ManifestEndpoints, "the manifest's endpoint of ", sourceManifest); err != nil {
		return endpoints{}, err
	}
	for _, service := range slices.Sorted(maps.Keys(e.manifest)) {
		base := e.manifest[service].base
		otherPort := base.Port() != "" && base.Port() != "443"
		if base.Scheme != "https" || otherPort || !clouds[target.Cloud.Kind].owns(service, base.Hostname()) {
			return endpoints{}, fmt.Errorf(
				"%w: the manifest's endpoint of %s is no host of this service at %s; give it by --endpoint if it is meant",
				ErrBadEndpoint, service, TraitsOf(target.Cloud.Kind).Title)
		}
	}
	if e.environment, err = known.environmentEndpoints(target); err != nil {
		return endpoints{}, err
	}
	if e.flags, err = known.parseEndpoints(target.Endpoints, "the endpoint of ", sourceFlag); err != nil {
		return endpoints{}, err
	}
	if err := e.checkOverrides(target); err != nil {
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

// parseEndpoints reads overrides by service; what stands before the service in errors.
func (h hosts) parseEndpoints(texts map[string]string, what, source string) (map[string]endpoint, error) {
	found := map[string]endpoint{}
	for _, service := range slices.Sorted(maps.Keys(texts)) {
		base, err := h.parseEndpoint(what+service, service, texts[service])
		if err != nil {
			return nil, err
		}
		found[service] = endpoint{base, source}
	}
	return found, nil
}

// sdkEndpoints are variables of the vendor's SDK for the same purpose; ours win. HW_AUTH_URL and OS_AUTH_URL are not
// read: they are often set for another cloud, and on Huawei Cloud they name a regional host, which does not serve every
// call.
var sdkEndpoints = map[string]string{ServiceIAM: "HUAWEICLOUD_SDK_IAM_ENDPOINT", "sts": "HUAWEICLOUD_SDK_STS_ENDPOINT"}

// environmentEndpoints reads the overrides for every service: everywhere, in the regions that the vendors list, and in those that
// manifests name.
func (h hosts) environmentEndpoints(target providers.Target) (map[string]endpoint, error) {
	found := map[string]endpoint{}
	if target.Getenv == nil {
		return found, nil
	}
	regions := regionsKnown(target)
	for _, service := range h.names() {
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
				base, err := h.parseEndpoint(variable, key, text)
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
	return envEndpoint + strings.ToUpper(strings.NewReplacer(".", "_", "-", "_").Replace(key))
}

// adopt makes authURL, the identity service that credentials were made for, the endpoint of IAM, unless another is given. An
// address outside this cloud is refused, because the password would be sent there. from says where authURL is written.
func (e endpoints) adopt(authURL, from string) error {
	if authURL == "" {
		return nil
	}
	base, err := e.hosts.parseEndpoint(from, ServiceIAM, authURL)
	if err != nil {
		return err
	}
	host := base.Hostname()
	ours, given := e.given(ServiceIAM, e.cloud.Region)
	switch {
	case given && ours.base.Host == base.Host:
		return nil
	case !vendorHost(host) && !loopback(host):
		return fmt.Errorf("%w: %s is not below the vendors' own domains; give it by --endpoint %s=URL too if it is meant",
			ErrBadEndpoint, from, ServiceIAM)
	case vendorHost(host) && strings.HasSuffix(host, ".otc.t-systems.com") != (e.cloud.Kind == OpenTelekomCloud):
		return fmt.Errorf("%w: %s is of another cloud than %s, which the manifest is for", ErrBadEndpoint, from, e.cloud.Kind)
	case !given:
		e.environment[ServiceIAM] = endpoint{base, from}
	}
	return nil
}

// of returns the base URL of a service in a region, "" for the cloud's own.
func (e endpoints) of(service, region string) (*url.URL, error) {
	found, err := e.find(service, region)
	return found.base, err
}

// find returns the endpoint of a service in a region, "" for the cloud's own. Flags win over the environment, and the
// environment over the manifest. If IAM is a simulator on this machine, no service falls back to the manifest's or the
// vendor's address: a rehearsal must not reach the real cloud.
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

// simulator returns the address of IAM, in the region or the cloud's own, where that is on this machine.
func (e endpoints) simulator(region string) (base *url.URL, ok bool) {
	for _, r := range []string{region, e.cloud.Region} {
		if iam, ok := e.given(ServiceIAM, r); ok && loopback(iam.base.Hostname()) {
			return iam.base, true
		}
	}
	return nil, false
}

// given returns the endpoint from flags or environment.
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
	known, _ := e.hosts.named(service)
	switch {
	case suffix == "" && table.traits.GlobalHosts && known.Account:
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

// checkRegion refuses a region that is misspelt or the other cloud's. Other regions that are not listed may be new, and one
// for which an endpoint is given is meant.
func (e endpoints) checkRegion(region string) error {
	table := clouds[e.cloud.Kind]
	if _, listed := table.regions[region]; listed || region == "" {
		return nil
	}
	if _, simulated := e.simulator(region); simulated {
		return nil // a simulator names its regions as it likes
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

// unknownRegion reports whether the vendor does not list the region, so that its hosts are only guessed from its name.
func (e endpoints) unknownRegion(region string) bool {
	_, listed := clouds[e.cloud.Kind].regions[region]
	return !listed && region != ""
}

// Endpoints returns the endpoints of the services that the cloud has, in its own region, sorted by service. A service that
// has no endpoint without a region is left out.
func (c *Connection) Endpoints() []providers.Endpoint {
	if c.recorded != nil {
		return nil
	}
	var all []providers.Endpoint
	for _, host := range c.endpoints.hosts {
		found, err := c.endpoints.find(host.Name, "")
		if err != nil || !host.On(c.cloud.Kind) {
			continue
		}
		all = append(all, providers.Endpoint{Service: host.Name, URL: found.base.String(), Source: found.source})
	}
	return all
}

// parseEndpoint reads an override of a service; what names it in errors. Plain http is only for this machine, because calls
// show who we are and what we do. No error shows the text, because it may hold a password.
func (h hosts) parseEndpoint(what, service, text string) (*url.URL, error) {
	name, _, _ := strings.Cut(service, ".")
	if _, known := h.named(name); !known {
		hint := plan.DidYouMean(name, h.names())
		if hint == "" {
			hint = "the services are " + strings.Join(h.names(), ", ")
		}
		return nil, fmt.Errorf("%w: no service is named %q; %s", ErrBadEndpoint, name, hint)
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Hostname() == "" {
		return nil, fmt.Errorf("%w: %s is not a URL; write https://HOST", ErrBadEndpoint, what)
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

// vendorHost reports whether a host is below a domain of the vendors. Its labels must consist of plain letters, digits and
// hyphens: a resolver may understand more, but then the host is not the one that a reader sees.
func vendorHost(host string) bool {
	host = strings.ToLower(host)
	for label := range strings.SplitSeq(host, ".") {
		if label == "" || strings.HasPrefix(label, "xn--") || !regionName(label) {
			return false
		}
	}
	return slices.ContainsFunc(vendorDomains[:], func(domain string) bool { return strings.HasSuffix(host, "."+domain) })
}

// regionName reports whether a text can be a region in a host name. "" means no region and is allowed.
func regionName(text string) bool {
	return strings.Trim(text, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}
