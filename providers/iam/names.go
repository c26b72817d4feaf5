package iam

import (
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/policy"
)

// written returns the text by which a manifest means the entry that ref means. A name that itself reads like a
// qualified one is qualified once more.
func written(ref plan.Reference, e plan.CatalogueEntry) string {
	if policy.ParseReference(ref.String()) == ref {
		return ref.String()
	}
	return plan.Reference{Qualifier: e.Qualifier, Name: ref.Name}.String()
}
