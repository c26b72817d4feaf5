package lakeformation_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/conformance/cloudtest"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/directory"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/policy"
	"github.com/agencyctl/agencyctl/providers/lakeformation"
)

func TestTheServicesOwnPolicyExplainsAGrantWhereItIsUnderstood(t *testing.T) {
	view := plan.NewView(&plan.Snapshot{Catalogue: plan.NewCatalogue()}, plan.Ownership{}, nil)
	agencies := lakeformation.New().Through(view, cloudtest.Address(t, "authorization/lakeformation/cn-north-4/ADMIN_TRUST"))
	require.Len(t, agencies, 1)
	for document, want := range map[string]bool{
		`{"Statement":[{"Effect":"Allow","Action":["obs:bucket:ListBucket"]}]}`:                                       true,
		`{"Statement":[{"Effect":"Allow","Action":["iam:users:create"]}]}`:                                            false,
		`{"Statement":[{"Effect":"Allow","NotAction":["iam:*:*"]}]}`:                                                  false,
		`{"Statement":[{"Effect":"Allow","Action":["obs:bucket:ListBucket"]},{"Effect":"Allow","Action":{"a":"b"}}]}`: false,
		`{"Statement":[]}`: false,
		``:                 false,
	} {
		role := plan.CatalogueEntry{
			Kind: directory.KindRole, Name: "lakeformation_admin_additional_domain", Qualifier: policy.Custom, Document: []byte(document),
		}
		assert.Equal(t, want, agencies[0].Explains(role, directory.Domain), document)
	}
}
