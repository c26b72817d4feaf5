package directory_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/directory"
)

// TestARecordingIsTrustedNoMoreThanTheCloud: ids become parts of paths and names parts of addresses, wherever they come from.
func TestARecordingIsTrustedNoMoreThanTheCloud(t *testing.T) {
	for name, test := range map[string]struct{ about, at, good, bad string }{
		"agency id":     {"agencies", "", `{"all":[{"id":"a1","name":"ops"}]}`, `{"all":[{"id":"../a1","name":"ops"}]}`},
		"agency name":   {"agencies", "", `{"all":[]}`, `{"all":[{"id":"a1","name":""}]}`},
		"trusted id":    {"agencies", "", `{"all":[]}`, `{"all":[{"id":"a1","name":"ops","trustId":"a b"}]}`},
		"lifetime":      {"agencies", "", `{"all":[]}`, `{"all":[{"id":"a1","name":"ops","lifetime":{"hours":-1}}]}`},
		"role name":     {"roles", "", `{"all":[{"id":"r1","displayName":"R"}]}`, `{"all":[{"id":"r1","displayName":""}]}`},
		"role policy":   {"policies", "", `{"all":[{"id":"r1","displayName":"R","policy":{}}]}`, `{"all":[{"id":"r1","displayName":"R","policy":[]}]}`},
		"one role":      {"role", "r1", `{"id":"r1","displayName":"R"}`, `{"id":"r2","displayName":"R"}`},
		"project":       {"projects", "", `{"all":[{"id":"p1","name":"P"}]}`, `{"all":[{"id":"","name":"P"}]}`},
		"grant":         {"grants", "domain", `{"all":[{"agencyId":"a1","roleId":"r1","scope":"domain"}]}`, `{"all":[{"agencyId":"a1","roleId":"/","scope":"domain"}]}`},
		"grant nowhere": {"grants", "project", `{"all":[]}`, `{"all":[{"agencyId":"a1","roleId":"r1","scope":"project"}]}`},
		"scope":         {"grants", "domain", `{"all":[]}`, `{"all":[{"agencyId":"a1","roleId":"r1","scope":"everywhere"}]}`},
		"quota":         {"quotas", "", `[{"type":"agency","limit":1,"used":1}]`, `[{"type":"agency","limit":-1,"used":1}]`},
	} {
		t.Run(name, func(t *testing.T) {
			read := func(value string) error {
				recorded := &providers.Recording{Account: plan.Account{ID: "d1"}}
				recorded.Note(providers.Answer{Question: providers.Question{Service: "iam", About: test.about, At: test.at}, Value: []byte(value)})
				conn, err := huaweicloud.Connect(t.Context(), providers.Target{Cloud: plan.Cloud{Kind: huaweicloud.HuaweiCloud}, Recorded: recorded})
				require.NoError(t, err)
				c := directory.NewClient(conn)
				reads := map[string]func(context.Context) error{
					"agencies": func(ctx context.Context) error { _, err := c.ListAgencies(ctx); return err },
					"roles":    func(ctx context.Context) error { _, err := c.ListSystemRoles(ctx); return err },
					"policies": func(ctx context.Context) error { _, err := c.ListCustomPolicies(ctx); return err },
					"role":     func(ctx context.Context) error { _, err := c.Role(ctx, test.at); return err },
					"projects": func(ctx context.Context) error { _, err := c.ListProjects(ctx); return err },
					"quotas":   func(ctx context.Context) error { _, err := c.ListQuotas(ctx, "agency"); return err },
					"grants": func(ctx context.Context) error {
						scope := map[string]directory.Scope{"domain": directory.Domain, "project": directory.OneProject}[test.at]
						_, err := c.Assignments(ctx, scope, "a1")
						return err
					},
				}
				return reads[test.about](t.Context())
			}
			require.NoError(t, read(test.good))
			require.ErrorIs(t, read(test.bad), providers.ErrBadSnapshot)
		})
	}
}
