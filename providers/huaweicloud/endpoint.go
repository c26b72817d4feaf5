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

// The kinds of cloud, as in a manifest's cloud.kind.
const (
	HuaweiCloud      = "huaweicloud"
	OpenTelekomCloud = "opentelekomcloud"
)

// The services that the shared connection itself knows addresses for.
const (
	ServiceIAM = "iam"
	ServiceEPS = "eps"
)

// services are the names that an endpoint may be given for. A name that nobody knows is a typing error, and the call it
// was meant for would go to the real cloud.
var services = []string{ServiceIAM, ServiceEPS, "cts", "fabric", "kms", "lakeformation", "secmaster", "sts"}

// ErrBadEndpoint is wrapped by the error of [Connect] when an endpoint may not or cannot be used.
var ErrBadEndpoint = errors.New("bad endpoint")

// vendorDomains are the only places that a manifest may send signed requests to.
var vendorDomains = [...]string{"myhuaweicloud.com", "myhuaweicloud.eu", "otc.t-systems.com"}

// endpoints finds the base URL of a service.
type endpoints struct {
	cloud     plan.Cloud
	overrides map[string]*url.URL
}

// endpointsFor checks every override at once, so that a typing error is found before the first call.
func endpointsFor(target providers.Target) (endpoints, error) {
	e := endpoints{cloud: target.Cloud, overrides: map[string]*url.URL{}}
	switch target.Cloud.Kind {
	case HuaweiCloud, OpenTelekomCloud:
	default:
		return endpoints{}, fmt.Errorf("%w: cloud kind %q is neither %s nor %s", ErrBadEndpoint, target.Cloud.Kind, HuaweiCloud, OpenTelekomCloud)
	}
	if !regionName(target.Cloud.Region) {
		return endpoints{}, fmt.Errorf("%w: %q is not the name of a region", ErrBadEndpoint, target.Cloud.Region)
	}
	for _, service := range slices.Sorted(maps.Keys(target.ManifestEndpoints)) {
		base, err := parseEndpoint(service, target.ManifestEndpoints[service])
		if err != nil {
			return endpoints{}, err
		}
		if base.Scheme != "https" || !vendorHost(base.Hostname()) {
			return endpoints{}, fmt.Errorf("%w: the manifest's endpoint of %s is not below the vendor's own domains; give it by --endpoint if it is meant",
				ErrBadEndpoint, service)
		}
		e.overrides[service] = base
	}
	for _, service := range slices.Sorted(maps.Keys(target.Endpoints)) {
		base, err := parseEndpoint(service, target.Endpoints[service])
		if err != nil {
			return endpoints{}, err
		}
		e.overrides[service] = base
	}
	for _, service := range []string{ServiceIAM, ServiceEPS} {
		if _, err := e.of(service, ""); err != nil {
			return endpoints{}, err
		}
	}
	return e, nil
}

// of returns the base URL of a service in a region, "" for the cloud's own. An override is given for a service in one
// region ("kms.cn-north-4") or everywhere ("kms"). Beside a simulator on this machine no service falls back to the vendor's
// address: a rehearsal must not reach the real cloud.
func (e endpoints) of(service, region string) (*url.URL, error) {
	if region == "" {
		region = e.cloud.Region
	}
	for _, key := range []string{service + "." + region, service} {
		if base, ok := e.overrides[key]; ok {
			return base, nil
		}
	}
	for _, key := range []string{ServiceIAM + "." + region, ServiceIAM + "." + e.cloud.Region, ServiceIAM} {
		if iam, ok := e.overrides[key]; ok && loopback(iam.Hostname()) {
			return iam, nil
		}
	}
	host, err := e.vendor(service, region)
	if err != nil {
		return nil, err
	}
	return &url.URL{Scheme: "https", Host: host}, nil
}

// vendor returns the documented host of a service in a region.
func (e endpoints) vendor(service, region string) (string, error) {
	if !regionName(region) {
		return "", fmt.Errorf("%w: %q is not the name of a region", ErrBadEndpoint, region)
	}
	if e.cloud.Kind == OpenTelekomCloud {
		switch {
		case region == "":
			return "", fmt.Errorf("%w: cloud.region is needed to find %s on Open Telekom Cloud", ErrBadEndpoint, service)
		case region == "eu-ch2" && service == ServiceIAM:
			return "iam-pub.eu-ch2.sc.otc.t-systems.com", nil
		case region == "eu-ch2":
			return service + ".eu-ch2.sc.otc.t-systems.com", nil
		}
		return service + "." + region + ".otc.t-systems.com", nil
	}
	switch {
	case region == "eu-west-101":
		return service + ".eu-west-101.myhuaweicloud.eu", nil
	case service == ServiceIAM || service == ServiceEPS:
		// Regional hosts do not serve every identity call; the global one does.
		return service + ".myhuaweicloud.com", nil
	case region == "":
		return "", fmt.Errorf("%w: cloud.region is needed to find %s", ErrBadEndpoint, service)
	}
	return service + "." + region + ".myhuaweicloud.com", nil
}

// parseEndpoint reads an override. Plain http is only for this machine: a signature says who we are and what we do.
func parseEndpoint(service, text string) (*url.URL, error) {
	name, _, _ := strings.Cut(service, ".")
	if !slices.Contains(services, name) {
		hint := plan.DidYouMean(name, services)
		if hint == "" {
			hint = "the services are " + strings.Join(services, ", ")
		}
		return nil, fmt.Errorf("%w: no service is named %q; %s", ErrBadEndpoint, name, hint)
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Hostname() == "" {
		return nil, fmt.Errorf("%w: the endpoint of %s is not a URL of the form https://HOST", ErrBadEndpoint, service)
	}
	switch {
	case u.User != nil:
		return nil, fmt.Errorf("%w: the endpoint of %s holds a user name", ErrBadEndpoint, service)
	case u.RawQuery != "" || u.Fragment != "":
		return nil, fmt.Errorf("%w: the endpoint of %s holds a query or a fragment", ErrBadEndpoint, service)
	case u.Scheme == "http" && !loopback(u.Hostname()):
		return nil, fmt.Errorf("%w: the endpoint of %s must begin with https:// (http:// is for this machine only)", ErrBadEndpoint, service)
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, fmt.Errorf("%w: the endpoint of %s must begin with https://", ErrBadEndpoint, service)
	}
	// An auth URL copied from elsewhere ends in /v3, which is part of our paths.
	if path := strings.TrimSuffix(strings.TrimRight(u.Path, "/"), "/v3"); path != "" {
		return nil, fmt.Errorf("%w: the endpoint of %s has a path; give only https://HOST", ErrBadEndpoint, service)
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

func vendorHost(host string) bool {
	host = strings.ToLower(host)
	return slices.ContainsFunc(vendorDomains[:], func(domain string) bool { return strings.HasSuffix(host, "."+domain) })
}

// regionName reports whether a text can stand in a host name as a region; "" is none and may.
func regionName(text string) bool {
	return strings.Trim(text, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}
