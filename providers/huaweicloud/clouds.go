package huaweicloud

import (
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/providers/huaweicloud/auth"
)

// The kinds of cloud, as in a manifest's cloud.kind.
const (
	HuaweiCloud      = "huaweicloud"
	OpenTelekomCloud = "opentelekomcloud"
)

// Traits are the differences between the clouds. Code asks for a trait, never for the cloud's name.
type Traits struct {
	// Title is the cloud's name for people.
	Title string
	// GlobalHosts: the services of the whole account answer at hosts without a region. Regional hosts of IAM exist
	// there too and do not serve every call.
	GlobalHosts bool
	// PagedAgencies and PagedRoles: the lists take page and per_page. Where they do not, the one answer is whole, or
	// links to the next page.
	PagedAgencies, PagedRoles bool
	// TrustInFull: the documentation demands id and name of the trusted account together, or neither.
	TrustInFull bool
	// IdentityV5: there is the newer IAM with policies of its own (v5), and STS beside it.
	IdentityV5 bool
	// AgencyKey is the key of the agency's name in a request to assume it. Open Telekom Cloud documents the older one.
	AgencyKey string
	// TraceRegions keep the traces of the services without regions: that of the Chinese and that of the international site. Nil where
	// each region keeps its own.
	TraceRegions []string
	// KeyVariables are the variables of an access key that the cloud's users know best.
	KeyVariables auth.KeyVariables
}

// cloudTable holds the facts about one cloud.
type cloudTable struct {
	traits Traits
	// suffix follows "SERVICE.REGION." in host names, and "SERVICE." in those of global hosts.
	suffix string
	// regions maps the regions that the vendor lists to their own suffix, "" for the usual one.
	regions map[string]string
	// hosts are the hosts that follow no rule, by "SERVICE.REGION".
	hosts map[string]string
}

// clouds is the one table of both clouds. Sources: the vendors' endpoint pages and the region table of the vendor's SDK.
// Regions are added by the vendors at any time, so one that is missing here is no error in itself.
var clouds = map[string]cloudTable{
	HuaweiCloud: {
		traits: Traits{
			Title: "Huawei Cloud", GlobalHosts: true, PagedAgencies: true, PagedRoles: true, IdentityV5: true, AgencyKey: "agency_name",
			TraceRegions: []string{"cn-north-4", "ap-southeast-1"},
			KeyVariables: auth.KeyVariables{Access: auth.EnvAccessKey, Secret: auth.EnvSecretKey},
		},
		suffix: "myhuaweicloud.com",
		regions: map[string]string{
			"ae-ad-1": "", "af-south-1": "", "ap-southeast-1": "", "ap-southeast-2": "", "ap-southeast-3": "",
			"ap-southeast-4": "", "ap-southeast-5": "", "cn-east-2": "", "cn-east-3": "", "cn-east-4": "", "cn-east-5": "",
			"cn-north-1": "", "cn-north-12": "", "cn-north-2": "", "cn-north-4": "", "cn-north-9": "", "cn-south-1": "",
			"cn-south-2": "", "cn-southwest-2": "", "eu-west-0": "", "eu-west-101": "myhuaweicloud.eu", "la-north-2": "",
			"la-south-2": "", "me-east-1": "", "my-kualalumpur-1": "", "na-mexico-1": "", "ru-moscow-1": "",
			"sa-brazil-1": "", "tr-west-1": "",
		},
	},
	OpenTelekomCloud: {
		traits: Traits{
			Title: "Open Telekom Cloud", TrustInFull: true, AgencyKey: "xrole_name",
			KeyVariables: auth.KeyVariables{Access: "OS_ACCESS_KEY", Secret: "OS_SECRET_KEY"},
		},
		suffix:  "otc.t-systems.com",
		regions: map[string]string{"eu-ch2": "sc.otc.t-systems.com", "eu-de": "", "eu-nl": ""},
		hosts:   map[string]string{ServiceIAM + ".eu-ch2": "iam-pub.eu-ch2.sc.otc.t-systems.com"},
	},
}

// owns reports whether a host is one of the service's own: SERVICE.REGION and the vendor's domain, or without region. Being
// below the domain is not enough, because customers have hosts there too, and a manifest must not send credentials to one. key
// is a service, or a service in one region.
func (t cloudTable) owns(key, host string) bool {
	service, _, _ := strings.Cut(key, ".")
	host = strings.ToLower(host)
	for _, special := range t.hosts {
		if host == special && strings.HasPrefix(host, service) {
			return true
		}
	}
	rest, ok := strings.CutPrefix(host, service+".")
	if !ok || !vendorHost(host) {
		return false
	}
	suffixes := []string{t.suffix}
	for _, suffix := range t.regions {
		if suffix != "" {
			suffixes = append(suffixes, suffix)
		}
	}
	return slices.ContainsFunc(suffixes, func(suffix string) bool {
		region, below := strings.CutSuffix(rest, "."+suffix)
		return rest == suffix || below && !strings.Contains(region, ".")
	})
}

// vendorDomains are the domains of both vendors.
var vendorDomains = [...]string{"myhuaweicloud.com", "myhuaweicloud.eu", "otc.t-systems.com"}

// TraitsOf returns the traits of a kind of cloud, the zero value for an unknown kind.
func TraitsOf(kind string) Traits { return clouds[kind].traits }

// home returns the kind of cloud that lists the region, "" for none.
func home(region string) string {
	for _, kind := range []string{HuaweiCloud, OpenTelekomCloud} {
		if _, listed := clouds[kind].regions[region]; listed {
			return kind
		}
	}
	return ""
}

// misspelt returns the listed region that was most likely meant by an unknown one, "" where that may well be new. A region
// that differs from a listed one only in its last number may be new: vendors count their regions up.
func (t cloudTable) misspelt(region string) string {
	var likely []string
	for listed := range t.regions {
		sameButNumber := strings.TrimRight(listed, "0123456789") == strings.TrimRight(region, "0123456789")
		if oneSlip(region, listed) && !sameButNumber {
			likely = append(likely, listed)
		}
	}
	slices.Sort(likely)
	if len(likely) == 0 {
		return ""
	}
	return likely[0]
}

// oneSlip reports whether a becomes b by one letter more, less or other, or by two neighbours changing places.
func oneSlip(a, b string) bool {
	for len(a) > 0 && len(b) > 0 && a[0] == b[0] {
		a, b = a[1:], b[1:]
	}
	for len(a) > 0 && len(b) > 0 && a[len(a)-1] == b[len(b)-1] {
		a, b = a[:len(a)-1], b[:len(b)-1]
	}
	return len(a) <= 1 && len(b) <= 1 || len(a) == 2 && len(b) == 2 && a[0] == b[1] && a[1] == b[0]
}
