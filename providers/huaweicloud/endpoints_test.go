package huaweicloud

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/auth"
)

// everyHost is what the program knows, services of its own included.
func everyHost() hosts { return hosts(ownHosts).with(testServices()) }

func testServices() Services {
	return Services{
		{Host: Host{Name: "kms", Title: "Cloud Secret Management"}}, {Host: Host{Name: "secmaster", Title: "SecMaster"}},
		{Host: Host{Name: "fabric", Title: "DataArts Fabric", Regions: []string{"cn-north-4", "cn-southwest-2"}}},
		{Host: Host{Name: "lakeformation", Title: "LakeFormation"}},
	}
}

func TestEndpoints(t *testing.T) {
	for name, test := range map[string]struct {
		cloud               plan.Cloud
		endpoints, manifest map[string]string
		env                 map[string]string
		iam, eps, fault     string
	}{
		"Huawei Cloud uses the global hosts": {
			cloud: plan.Cloud{Kind: HuaweiCloud, Region: "cn-north-4"},
			iam:   "https://iam.myhuaweicloud.com", eps: "https://eps.myhuaweicloud.com",
		},
		"Huawei Cloud in Europe has another domain": {
			cloud: plan.Cloud{Kind: HuaweiCloud, Region: "eu-west-101"},
			iam:   "https://iam.eu-west-101.myhuaweicloud.eu", eps: "https://eps.eu-west-101.myhuaweicloud.eu",
		},
		"Open Telekom Cloud has hosts for each region": {
			cloud: plan.Cloud{Kind: OpenTelekomCloud, Region: "eu-nl"},
			iam:   "https://iam.eu-nl.otc.t-systems.com", eps: "https://eps.eu-nl.otc.t-systems.com",
		},
		"the Swiss region has a host of its own": {
			cloud: plan.Cloud{Kind: OpenTelekomCloud, Region: "eu-ch2"},
			iam:   "https://iam-pub.eu-ch2.sc.otc.t-systems.com", eps: "https://eps.eu-ch2.sc.otc.t-systems.com",
		},
		"Open Telekom Cloud needs a region":          {cloud: plan.Cloud{Kind: OpenTelekomCloud}, fault: "cloud.region is needed"},
		"a region cannot smuggle in a host":          {cloud: plan.Cloud{Kind: OpenTelekomCloud, Region: "evil.test/"}, fault: "not the name of a region"},
		"an unknown cloud is refused":                {cloud: plan.Cloud{Kind: "other"}, fault: "neither"},
		"an auth URL is understood":                  {endpoints: map[string]string{"iam": "https://IAM.example.test:443/v3/"}, iam: "https://iam.example.test:443", eps: "https://eps.myhuaweicloud.com"},
		"plain http is refused elsewhere":            {endpoints: map[string]string{"iam": "http://iam.example.test"}, fault: "must begin with https"},
		"plain http is for this machine":             {endpoints: map[string]string{"iam": "http://127.0.0.1:8080"}, iam: "http://127.0.0.1:8080", eps: "http://127.0.0.1:8080"},
		"a simulator keeps all services to itself":   {endpoints: map[string]string{"iam": "http://localhost:1"}, iam: "http://localhost:1", eps: "http://localhost:1"},
		"a given service wins over the simulator":    {endpoints: map[string]string{"iam": "http://[::1]:1", "eps": "http://[::1]:2"}, iam: "http://[::1]:1", eps: "http://[::1]:2"},
		"a service that nobody knows is refused":     {endpoints: map[string]string{"IAM": "https://iam.example.test"}, fault: `no service is named "IAM"`},
		"a service in one region wins":               {endpoints: map[string]string{"iam": "https://a.test", "iam.cn-north-4": "https://b.test"}, iam: "https://b.test", eps: "https://eps.myhuaweicloud.com"},
		"another region's address is not used":       {endpoints: map[string]string{"iam.cn-east-3": "https://b.test"}, iam: "https://iam.myhuaweicloud.com", eps: "https://eps.myhuaweicloud.com"},
		"a simulator of one region does so too":      {endpoints: map[string]string{"iam.cn-north-4": "http://localhost:1"}, iam: "http://localhost:1", eps: "http://localhost:1"},
		"a user name is refused":                     {endpoints: map[string]string{"iam": "https://me:secret@iam.example.test"}, fault: "user name"},
		"a query is refused":                         {endpoints: map[string]string{"iam": "https://iam.example.test?a=b"}, fault: "query"},
		"a path is refused":                          {endpoints: map[string]string{"iam": "https://iam.example.test/x"}, fault: "path"},
		"another scheme is refused":                  {endpoints: map[string]string{"iam": "ftp://iam.example.test"}, fault: "https"},
		"no URL is refused":                          {endpoints: map[string]string{"iam": "iam.example.test"}, fault: "not a URL"},
		"a manifest may name the vendor's hosts":     {manifest: map[string]string{"iam": "https://iam.cn-north-4.myhuaweicloud.com"}, iam: "https://iam.cn-north-4.myhuaweicloud.com", eps: "https://eps.myhuaweicloud.com"},
		"a manifest may not name another host":       {manifest: map[string]string{"iam": "https://iam.myhuaweicloud.com.evil.test"}, fault: "--endpoint"},
		"a manifest may not name a look-alike":       {manifest: map[string]string{"iam": "https://evilmyhuaweicloud.com"}, fault: "--endpoint"},
		"a manifest may not name this machine":       {manifest: map[string]string{"iam": "http://localhost:1"}, fault: "--endpoint"},
		"a flag wins over the manifest":              {manifest: map[string]string{"iam": "https://iam.x.myhuaweicloud.com"}, endpoints: map[string]string{"iam": "https://other.test"}, iam: "https://other.test", eps: "https://eps.myhuaweicloud.com"},
		"a bad manifest endpoint is found even then": {manifest: map[string]string{"iam": "https://evil.test"}, endpoints: map[string]string{"iam": "https://other.test"}, fault: "--endpoint"},
		"a flag wins over a manifest's region":       {manifest: map[string]string{"iam.cn-north-4": "https://iam.x.myhuaweicloud.com"}, endpoints: map[string]string{"iam": "https://other.test"}, iam: "https://other.test", eps: "https://eps.myhuaweicloud.com"},
		"a simulator hides the manifest's hosts":     {manifest: map[string]string{"eps": "https://eps.x.myhuaweicloud.com"}, endpoints: map[string]string{"iam": "http://localhost:1"}, iam: "http://localhost:1", eps: "http://localhost:1"},
		"the environment may name any host":          {env: map[string]string{"AGENCYCTL_ENDPOINT_IAM": "https://own.test"}, iam: "https://own.test", eps: "https://eps.myhuaweicloud.com"},
		"the environment may name a host of a region": {env: map[string]string{"AGENCYCTL_ENDPOINT_IAM": "https://own.test", "AGENCYCTL_ENDPOINT_IAM_CN_NORTH_4": "https://north.test"}, iam: "https://north.test",
			eps: "https://eps.myhuaweicloud.com"},
		"the environment wins over the manifest":    {manifest: map[string]string{"iam": "https://iam.x.myhuaweicloud.com"}, env: map[string]string{"AGENCYCTL_ENDPOINT_IAM": "https://own.test"}, iam: "https://own.test", eps: "https://eps.myhuaweicloud.com"},
		"a flag wins over the environment":          {endpoints: map[string]string{"iam": "https://flag.test"}, env: map[string]string{"AGENCYCTL_ENDPOINT_IAM_CN_NORTH_4": "https://own.test"}, iam: "https://flag.test", eps: "https://eps.myhuaweicloud.com"},
		"the SDK's variable is understood":          {env: map[string]string{"HUAWEICLOUD_SDK_IAM_ENDPOINT": "https://sdk.test"}, iam: "https://sdk.test", eps: "https://eps.myhuaweicloud.com"},
		"our variable wins over the SDK's":          {env: map[string]string{"AGENCYCTL_ENDPOINT_IAM": "https://own.test", "HUAWEICLOUD_SDK_IAM_ENDPOINT": "https://sdk.test"}, iam: "https://own.test", eps: "https://eps.myhuaweicloud.com"},
		"an auth URL of another tool is not read":   {env: map[string]string{"OS_AUTH_URL": "https://other.test/v3", "HW_AUTH_URL": "https://other.test/v3"}, iam: "https://iam.myhuaweicloud.com", eps: "https://eps.myhuaweicloud.com"},
		"a bad variable is named, not its value":    {env: map[string]string{"AGENCYCTL_ENDPOINT_EPS": "https://me:secret@own.test"}, fault: "AGENCYCTL_ENDPOINT_EPS holds a user name"},
		"plain http is refused there too":           {env: map[string]string{"AGENCYCTL_ENDPOINT_IAM": "http://own.test"}, fault: "must begin with https"},
		"a slip in the region":                      {cloud: plan.Cloud{Kind: HuaweiCloud, Region: "cn-nroth-4"}, fault: `did you mean "cn-north-4"`},
		"a slip in the other cloud's region":        {cloud: plan.Cloud{Kind: OpenTelekomCloud, Region: "eu-d"}, fault: `did you mean "eu-de"`},
		"the other cloud's region":                  {cloud: plan.Cloud{Kind: HuaweiCloud, Region: "eu-de"}, fault: "a region of Open Telekom Cloud"},
		"a new region of an old place":              {cloud: plan.Cloud{Kind: HuaweiCloud, Region: "cn-north-5"}, iam: "https://iam.myhuaweicloud.com", eps: "https://eps.myhuaweicloud.com"},
		"a new place":                               {cloud: plan.Cloud{Kind: OpenTelekomCloud, Region: "eu-at-1"}, iam: "https://iam.eu-at-1.otc.t-systems.com", eps: "https://eps.eu-at-1.otc.t-systems.com"},
		"a region like another that has a host":     {cloud: plan.Cloud{Kind: HuaweiCloud, Region: "cn-nroth-4"}, endpoints: map[string]string{"kms.cn-nroth-4": "https://kms.test"}, iam: "https://iam.myhuaweicloud.com", eps: "https://eps.myhuaweicloud.com"},
		"a simulator names its regions as it likes": {cloud: plan.Cloud{Kind: HuaweiCloud, Region: "cn-nroth-4"}, endpoints: map[string]string{"iam": "http://localhost:1"}, iam: "http://localhost:1", eps: "http://localhost:1"},
	} {
		t.Run(name, func(t *testing.T) {
			if test.cloud.Kind == "" {
				test.cloud = plan.Cloud{Kind: HuaweiCloud, Region: "cn-north-4"}
			}
			ends, err := endpointsFor(providers.Target{Cloud: test.cloud, Endpoints: test.endpoints, ManifestEndpoints: test.manifest,
				Getenv: func(name string) string { return test.env[name] }}, everyHost())
			if test.fault != "" {
				require.ErrorIs(t, err, ErrBadEndpoint)
				assert.ErrorContains(t, err, test.fault)
				assert.NotContains(t, err.Error(), "secret")
				return
			}
			require.NoError(t, err)
			for service, want := range map[string]string{ServiceIAM: test.iam, ServiceEPS: test.eps} {
				base, err := ends.of(service, "")
				require.NoError(t, err)
				assert.Equal(t, want, base.String(), service)
			}
		})
	}
}

func TestHostsThatAManifestMayName(t *testing.T) {
	for text, allowed := range map[string]bool{
		"https://kms.cn-north-4.myhuaweicloud.com":      true,
		"https://KMS.CN-NORTH-4.MyHuaweiCloud.com":      true,
		"https://kms.cn-north-4.myhuaweicloud.com:443":  true,
		"https://kms.cn-north-4.myhuaweicloud.com/":     true,
		"https://kms.eu-west-101.myhuaweicloud.eu":      true,
		"https://kms.myhuaweicloud.com":                 true,
		"https://kms.cn-north-4.myhuaweicloud.com:8443": false,
		"https://kms.eu-de.otc.t-systems.com":           false, // the other cloud's
		"https://iam.cn-north-4.myhuaweicloud.com":      false, // another service's
		// Customers have hosts below the vendors' domains too.
		"https://evil.obs.cn-north-4.myhuaweicloud.com":        false,
		"https://kms.obs.cn-north-4.myhuaweicloud.com":         false,
		"https://kms.obs-website.cn-north-4.myhuaweicloud.com": false,
		"https://0123abcd.apic.cn-north-4.myhuaweicloud.com":   false,
		"https://myhuaweicloud.com":                            false, // the domain itself serves no API
		"https://evilmyhuaweicloud.com":                        false,
		"https://kms.evilmyhuaweicloud.com":                    false,
		"https://kms.myhuaweicloud.com.evil.org":               false,
		"https://kms.myhuaweicloud.com.":                       false,
		"https://kms..myhuaweicloud.com":                       false,
		"https://.myhuaweicloud.com":                           false,
		"https://kms.myhuaweicloud.com@evil.org":               false,
		"https://evil.org#.myhuaweicloud.com":                  false,
		"https://evil.org/.myhuaweicloud.com":                  false,
		"https://evil.org?.myhuaweicloud.com":                  false,
		"https://evil.org\\.myhuaweicloud.com":                 false,
		"https://evil.org%2f.myhuaweicloud.com":                false,
		"https://evil.org%00.myhuaweicloud.com":                false,
		"https://me:pw@kms.myhuaweicloud.com":                  false,
		"https://xn--kms-0ra.myhuaweicloud.com":                false,
		"https://kms.myhu\u0430weicloud.com":                   false, // a Cyrillic letter
		"https://kms.myhuaweicloud\u3002com":                   false, // a dot of another script
		"https://kms.myhuaweicloud.com:443:443":                false,
		"https://kms_x.myhuaweicloud.com":                      false,
		"http://kms.myhuaweicloud.com":                         false,
		"http://127.0.0.1":                                     false,
		"https://[::1%25.myhuaweicloud.com]":                   false,
		"https://kms.myhuaweicloud.com?a=b":                    false,
		"//kms.myhuaweicloud.com":                              false,
		"https:kms.myhuaweicloud.com":                          false,
		"":                                                     false,
	} {
		_, err := endpointsFor(providers.Target{
			Cloud: plan.Cloud{Kind: HuaweiCloud, Region: "cn-north-4"}, ManifestEndpoints: map[string]string{"kms": text},
		}, everyHost())
		if allowed {
			assert.NoError(t, err, text)
		} else {
			assert.ErrorIs(t, err, ErrBadEndpoint, text)
		}
	}
}

func TestEveryListedRegionHasItsHost(t *testing.T) {
	for kind, table := range clouds {
		for region := range table.regions {
			require.Empty(t, table.misspelt(region+"0"), "a further number is a further region")
			e, err := endpointsFor(providers.Target{Cloud: plan.Cloud{Kind: kind, Region: region}}, everyHost())
			require.NoError(t, err)
			for _, service := range everyHost().names() {
				base, err := e.of(service, "")
				require.NoError(t, err)
				assert.True(t, vendorHost(base.Hostname()), base.Hostname())
				assert.Equal(t, "https", base.Scheme)
			}
			assert.False(t, e.unknownRegion(region))
		}
	}
}

func TestEndpointsTellWhoChoseThem(t *testing.T) {
	connect := func(target providers.Target) []providers.Endpoint {
		env := map[string]string{auth.EnvAccessKey: "a", auth.EnvSecretKey: "s", auth.EnvDomainID: "d", "AGENCYCTL_ENDPOINT_KMS_EU_WEST_101": "https://own.test"}
		target.Getenv = func(name string) string { return env[name] }
		conn, err := Connect(t.Context(), target, WithServices(testServices()))
		require.NoError(t, err)
		defer conn.Close()
		return conn.Endpoints()
	}
	assert.Equal(t, []providers.Endpoint{
		{Service: "cts", URL: "https://cts.eu-west-101.myhuaweicloud.eu", Source: "vendor"},
		{Service: "eps", URL: "https://eps.eu-west-101.myhuaweicloud.eu", Source: "vendor"},
		{Service: "fabric", URL: "https://fabric.test", Source: "--endpoint"},
		{Service: "iam", URL: "https://iam.eu-west-101.myhuaweicloud.eu", Source: "vendor"},
		{Service: "kms", URL: "https://own.test", Source: "AGENCYCTL_ENDPOINT_KMS_EU_WEST_101"},
		{Service: "lakeformation", URL: "https://lakeformation.myhuaweicloud.eu", Source: "manifest"},
		{Service: "secmaster", URL: "https://secmaster.eu-west-101.myhuaweicloud.eu", Source: "vendor"},
		{Service: "smn", URL: "https://smn.eu-west-101.myhuaweicloud.eu", Source: "vendor"},
		{Service: "sts", URL: "https://sts.eu-west-101.myhuaweicloud.eu", Source: "vendor"},
	}, connect(providers.Target{
		Cloud:     plan.Cloud{Kind: HuaweiCloud, Region: "eu-west-101"},
		Endpoints: map[string]string{"fabric": "https://fabric.test"}, ManifestEndpoints: map[string]string{"lakeformation": "https://lakeformation.myhuaweicloud.eu"},
	}))
	assert.Equal(t, []providers.Endpoint{
		{Service: "cts", URL: "http://localhost:1", Source: "beside iam on this machine"},
		{Service: "eps", URL: "http://localhost:1", Source: "beside iam on this machine"},
		{Service: "iam", URL: "http://localhost:1", Source: "--endpoint"},
		{Service: "smn", URL: "http://localhost:1", Source: "beside iam on this machine"},
	}, connect(providers.Target{Cloud: plan.Cloud{Kind: OpenTelekomCloud, Region: "eu-de"}, Endpoints: map[string]string{"iam": "http://localhost:1"}}))
	assert.Equal(t, []providers.Endpoint{
		{Service: "eps", URL: "https://eps.myhuaweicloud.com", Source: "vendor"},
		{Service: "iam", URL: "https://iam.myhuaweicloud.com", Source: "vendor"},
	}, connect(providers.Target{Cloud: plan.Cloud{Kind: HuaweiCloud}}))
}
