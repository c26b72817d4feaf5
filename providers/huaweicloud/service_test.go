package huaweicloud_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/conformance"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/csms"
	"github.com/agencyctl/agencyctl/providers/fabric"
	"github.com/agencyctl/agencyctl/providers/huaweicloud"
	"github.com/agencyctl/agencyctl/providers/lakeformation"
	"github.com/agencyctl/agencyctl/providers/secmaster"
)

func TestServicesThatACloudDoesNotHaveAreProblems(t *testing.T) {
	for _, provider := range []providers.Provider{csms.New(), fabric.New(), lakeformation.New(), secmaster.New()} {
		t.Run(provider.Name(), func(t *testing.T) {
			entries := `, "authorizations": [{"service": "other"}, {"service": "` + provider.Name() + `"}]}`
			m := conformance.Manifest(t, `{"cloud": {"kind": "opentelekomcloud", "region": "eu-de"}`+entries)
			_, problems := provider.Expand(m)
			problems = plan.Fatal(problems)
			require.NotEmpty(t, problems)
			assert.Equal(t, "service not offered", problems[0].Summary)
			assert.Contains(t, problems[0].Detail, "is not offered on Open Telekom Cloud")
			assert.Equal(t, m.Sections["authorizations"][1].Get("service").Position(), problems[0].At)

			m = conformance.Manifest(t, `{"cloud": {"kind": "huaweicloud", "region": "cn-north-4"}`+entries)
			_, problems = provider.Expand(m)
			assert.Empty(t, plan.Fatal(problems))
		})
	}
}

func TestOneCloudHasAllServices(t *testing.T) {
	assert.True(t, huaweicloud.Host{}.On(huaweicloud.HuaweiCloud))
	assert.False(t, huaweicloud.Host{}.On(huaweicloud.OpenTelekomCloud))
	assert.True(t, huaweicloud.Host{Telekom: true}.On(huaweicloud.OpenTelekomCloud))
}

func TestAServiceIsPublishedForTheRegionsOfItsCloud(t *testing.T) {
	assert.True(t, huaweicloud.Host{}.Publishes(huaweicloud.HuaweiCloud, "cn-east-3"))
	assert.False(t, huaweicloud.Host{}.Publishes(huaweicloud.HuaweiCloud, "eu-de"))
	assert.False(t, huaweicloud.Host{}.Publishes(huaweicloud.HuaweiCloud, "MOS"))
	assert.False(t, huaweicloud.Host{}.Publishes(huaweicloud.OpenTelekomCloud, "eu-de"), "it is not offered there")
	assert.True(t, huaweicloud.Host{Telekom: true}.Publishes(huaweicloud.OpenTelekomCloud, "eu-de"))
	assert.True(t, fabric.New().Host.Publishes(huaweicloud.HuaweiCloud, "cn-southwest-2"))
	assert.False(t, fabric.New().Host.Publishes(huaweicloud.HuaweiCloud, "cn-east-3"))
}
