package huaweicloud

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers"
)

func TestEndpoints(t *testing.T) {
	for name, test := range map[string]struct {
		cloud               plan.Cloud
		endpoints, manifest map[string]string
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
	} {
		t.Run(name, func(t *testing.T) {
			if test.cloud.Kind == "" {
				test.cloud = plan.Cloud{Kind: HuaweiCloud, Region: "cn-north-4"}
			}
			ends, err := endpointsFor(providers.Target{Cloud: test.cloud, Endpoints: test.endpoints, ManifestEndpoints: test.manifest})
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
