package render_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/render"
	"github.com/agencyctl/agencyctl/plan"
)

// sampleCallers are one caller for which all is well, one in the wrong account, one whose reads are refused, one without a
// connection, and one that could not be asked.
func sampleCallers() render.Report {
	permissions := func(command string) *render.CallerPermissions {
		return &render.CallerPermissions{
			For: command,
			Policies: append(render.PolicyDocuments("global", []string{"iam:agencies:createAgency", "iam:agencies:listAgencies"}),
				render.PolicyDocuments("project", []string{"lakeformation:agency:describe"})...),
			Actions: []render.CallerAction{
				{Action: "iam:agencies:createAgency", Scope: "global", Why: "make and change agencies"},
				{Action: "iam:agencies:listAgencies", Scope: "global", Why: "find agencies; read agencies"},
				{Action: "lakeformation:agency:describe", Scope: "project", Why: "ask LakeFormation for its agencies"},
			},
			AlsoNeeded: []render.CallerNeed{{Scope: "project", Why: "state of SecMaster"}, {Role: "te_admin", Scope: "project", Why: "state of Fabric"}},
		}
	}
	identity := &render.CallerIdentity{AccountConfirmed: true, Kind: "access key", Source: "environment variables HUAWEICLOUD_SDK_*"}
	temporary := &render.CallerIdentity{
		Kind: "temporary access key", Source: "profile file", Principal: hostile, Assumed: "example-co/ops", Expires: "2030-01-31T08:00:00Z",
	}
	other := plan.Account{ID: "9999", Name: "partner-co"}
	report := callers(
		&render.Caller{
			Account: account, Cloud: cloud, Identity: identity, Manifest: &render.CallerManifest{Account: account, Matches: render.MatchesYes},
			Endpoints: []render.CallerEndpoint{
				{Service: "iam", URL: "https://iam.myhuaweicloud.com", Source: "vendor"}, {Service: "kms", URL: "http://127.0.0.1:8080", Source: "flag"},
			},
			Permissions: permissions("apply"),
			Check:       &render.CallerCheck{Reads: render.ReadsAllowed, NotRead: []plan.NotRead{{Subject: "IAM v5", Reason: "not supported yet"}}},
		},
		&render.Caller{
			Account: other, Cloud: cloud, Identity: identity, Manifest: &render.CallerManifest{Account: account, Matches: render.MatchesNo},
			Permissions: &render.CallerPermissions{For: "plan", AlsoNeeded: []render.CallerNeed{{Role: "Security Administrator", Scope: "global", Why: "call IAM"}}},
			Check:       &render.CallerCheck{Reads: render.ReadsNotTried, Problems: []string{"the credentials belong to another account than the manifest is for"}},
		},
		&render.Caller{
			Account: account, Cloud: cloud, Identity: temporary, Manifest: &render.CallerManifest{Account: account, Matches: render.MatchesUnknown},
			Permissions: permissions("plan"),
			Check: &render.CallerCheck{Reads: render.ReadsRefused, Problems: []string{
				"live state could not be read: iam: list agencies: access denied (iam, HTTP 403)", "fabric: " + hostile,
			}},
		},
		&render.Caller{Account: account, Cloud: cloud, Manifest: &render.CallerManifest{Account: account, Matches: render.MatchesUnknown}, Permissions: permissions("plan")},
		&render.Caller{Cloud: cloud},
	)
	report.Accounts[4].Failure = &render.Failure{
		Kind: render.Failed, Problems: []plan.Problem{{Summary: "no usable credentials", Detail: "none are set", Hint: "set them"}},
	}
	return report
}

func TestAPolicyKeepsTheLimitsOfTheCloud(t *testing.T) {
	for _, n := range []int{0, 1, 99, 100, 101, 250, 1000} {
		var actions []string
		for i := range n {
			actions = append(actions, fmt.Sprintf("service:resource:operation%d", i))
		}
		var allowed []string
		for _, d := range render.PolicyDocuments("global", actions) {
			text, err := json.MarshalIndent(d.Document, "", "  ")
			require.NoError(t, err)
			require.LessOrEqual(t, len(text), 6144)
			var policy struct {
				Version   string
				Statement []struct {
					Effect string
					Action []string
				}
			}
			require.NoError(t, json.Unmarshal(text, &policy))
			assert.Equal(t, "1.1", policy.Version)
			assert.LessOrEqual(t, len(policy.Statement), 8)
			for _, s := range policy.Statement {
				assert.Equal(t, "Allow", s.Effect)
				assert.LessOrEqual(t, len(s.Action), 100)
				assert.NotEmpty(t, s.Action)
				allowed = append(allowed, s.Action...)
			}
		}
		assert.Equal(t, actions, allowed, "%d actions", n)
	}
}

func TestPoliciesAreSplitIntoStatementsBeforeDocuments(t *testing.T) {
	var actions []string
	for i := range 150 {
		actions = append(actions, fmt.Sprint("a:b:", i))
	}
	documents := render.PolicyDocuments("project", actions)
	require.Len(t, documents, 1)
	require.Len(t, documents[0].Document.Statement, 2)
	assert.Len(t, documents[0].Document.Statement[0].Action, 100)
}

func TestACallerThatCouldNotBeAskedIsLeftToStandardError(t *testing.T) {
	var b bytes.Buffer
	report := sampleCallers()
	report.Accounts = report.Accounts[4:]
	require.NoError(t, asText(report, render.Options{})(&b))
	assert.Empty(t, b.String())
}
