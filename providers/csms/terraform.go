package csms

import (
	"errors"
	"regexp"
	"slices"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/serviceagency"
)

var _ providers.TerraformReader = Provider{}

// TerraformTypes implements [providers.TerraformReader], for the provider huaweicloud/huaweicloud.
func (p Provider) TerraformTypes() map[string]providers.TerraformType {
	return map[string]providers.TerraformType{"huaweicloud_csms_agency": {Read: p.terraform}}
}

// regionName is what names of regions look like.
var regionName = regexp.MustCompile(`^[a-z0-9-]{1,64}$`)

// terraform reads an authorization. Terraform's provider asks the service once and never looks again: its id is its own, and that the
// state has the resource does not say that the authorization is there.
func (p Provider) terraform(attributes providers.TerraformAttributes) (m providers.TerraformMeaning, err error) {
	region, secretType := attributes.Known.Get("region").String(), attributes.Known.Get("secret_type").String()
	switch {
	case len(attributes.Sensitive) > 0:
		return m, errors.New("some of its attributes are marked as sensitive")
	case !regionName.MatchString(region):
		return m, errors.New("it has no region that can be read")
	case !slices.Contains(types[:], secretType):
		return m, errors.New("it has no secret type that is known")
	}
	m = providers.TerraformMeaning{Name: secretType, Root: p.Address(region, secretType), Section: serviceagency.Section}
	m.Entry = &plan.Node{Kind: plan.Map, Entries: []plan.Pair{
		{Key: "service", Value: plan.NewText(p.Service)},
		{Key: "region", Value: plan.NewText(region)},
		{Key: "secretTypes", Value: &plan.Node{Kind: plan.List, Items: []*plan.Node{plan.NewText(secretType)}}},
	}}
	m.NotCompared = []plan.NotCompared{{
		Address: m.Root, Attribute: granted, Reason: "Terraform's provider never looks whether the authorization is there",
	}}
	return m, nil
}
