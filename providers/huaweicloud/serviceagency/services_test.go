package serviceagency_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/agencyctl/agencyctl/internal/conformance"
	"github.com/agencyctl/agencyctl/internal/conformance/cloudtest"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/csms"
	"github.com/agencyctl/agencyctl/providers/fabric"
	"github.com/agencyctl/agencyctl/providers/huaweicloud"
	"github.com/agencyctl/agencyctl/providers/iam"
	"github.com/agencyctl/agencyctl/providers/lakeformation"
	"github.com/agencyctl/agencyctl/providers/secmaster"
)

// services are all that have authorizations.
var services = huaweicloud.Services{csms.Service(), fabric.Service(), lakeformation.Service(), secmaster.Service()}

// besideThem is IAM, by whose agencies they judge what they may do.
var besideThem = iam.Service(services.Published())

func TestExpandTellsAMissingRegionAndABadDependency(t *testing.T) {
	for _, p := range services.Registry().Providers() {
		t.Run(p.Name(), func(t *testing.T) {
			m := conformance.Manifest(t, `{"authorizations": [{"service": "`+p.Name()+`", "dependsOn": ["nonsense"]}]}`)
			_, problems := p.Expand(m)
			var got []string
			for _, problem := range problems {
				got = append(got, problem.At.String()+" "+problem.Summary)
			}
			entry := m.Sections["authorizations"][0]
			assert.ElementsMatch(t, []string{entry.At.String() + " region missing", entry.Get("dependsOn").Items[0].At.String() + " bad address"}, got)
		})
	}
}

func TestResolveReturnsItsOwnUnchanged(t *testing.T) {
	other := plan.Desired{Resource: plan.Resource{Address: cloudtest.Address(t, "agency/ops")}}
	for _, p := range services.Registry().Providers() {
		t.Run(p.Name(), func(t *testing.T) {
			own := plan.Desired{Resource: plan.Resource{Address: cloudtest.Address(t, "authorization/"+p.Name()+"/cn-north-4/X")}}
			resolution, problems := p.Resolve([]plan.Desired{other, own}, &plan.Manifest{}, nil)
			assert.Empty(t, problems)
			assert.Equal(t, providers.Resolution{Desired: []plan.Desired{own}}, resolution)
		})
	}
}
