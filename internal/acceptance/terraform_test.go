package acceptance

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/engine"
	"github.com/agencyctl/agencyctl/internal/cloudsim"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers"
)

// terraformStates are the states in testdata, by cloud: what Terraform would have of the demo account.
func terraformStates(t testing.TB) map[string][]byte {
	t.Helper()
	states := map[string][]byte{}
	for _, cloud := range []string{cloudsim.HuaweiCloud, cloudsim.OpenTelekomCloud} {
		data, err := os.ReadFile("testdata/tfstate/" + cloud + ".tfstate")
		require.NoError(t, err)
		states[cloud] = data
	}
	return states
}

// outOf is all that a state can bring into an output.
func outOf(state *providers.TerraformState, err error) string {
	if err != nil {
		return err.Error()
	}
	text, err := json.Marshal(state)
	if err != nil {
		panic(err)
	}
	return string(text) + strings.Join(state.Commands(func(addr.Address) bool { return true }), "\n")
}

func TestTerraformStatesOfBothCloudsAreRead(t *testing.T) {
	for cloud, want := range map[string]string{
		cloudsim.HuaweiCloud: `huaweicloud_identity_agency.legacy_import is agency/legacy-import
  used by huaweicloud_compute_instance.importer, huaweicloud_identityv5_policy_agency_attach.legacy_import
  {"description":"data import of 2024","duration":"forever","grants":{"domain":["OBS OperateAccess"]},"grantsMode":"additive","name":"legacy-import","trust":{"account":"partner-co"}}
  not read: all-projects, enterprise-projects, project:MOS
module.operations["monitoring"].huaweicloud_identity_agency.this["monitoring"] is agency/monitoring
  {"description":"","duration":"forever","grantsMode":"additive","name":"monitoring","trust":{"service":"op_svc_ecs"}}
  not read: all-projects, enterprise-projects, project:MOS
left: huaweicloud_identityv5_policy_agency_attach.legacy_import: it belongs to IAM v5, which is not read
1 of huaweicloud_compute_instance (huaweicloud)
1 of random_password (random)
terraform state rm 'module.operations["monitoring"].huaweicloud_identity_agency.this["monitoring"]'
terraform state rm huaweicloud_identity_agency.legacy_import
`,
		cloudsim.OpenTelekomCloud: `module.operations.opentelekomcloud_identity_agency_v3.monitoring is agency/monitoring
  {"description":"","duration":"forever","grants":{"allProjects":["CES ReadOnlyAccess"]},"grantsMode":"additive","name":"monitoring","trust":{"service":"op_svc_ecs"}}
  not read: enterprise-projects
opentelekomcloud_identity_agency_v3.legacy_import[0] is agency/legacy-import
  used by data.opentelekomcloud_identity_agency_v3.legacy
  {"description":"data import of 2024","duration":"forever","grants":{"domain":["OBS OperateAccess"]},"grantsMode":"additive","name":"legacy-import","trust":{"account":"partner-co"}}
  not read: all-projects, enterprise-projects
1 of opentelekomcloud_identity_credential_v3 (opentelekomcloud)
terraform state rm 'opentelekomcloud_identity_agency_v3.legacy_import[0]'
terraform state rm module.operations.opentelekomcloud_identity_agency_v3.monitoring
`,
	} {
		t.Run(cloud, func(t *testing.T) {
			state, err := services.Registry().ReadTerraform(terraformStates(t)[cloud])
			require.NoError(t, err)
			assert.Equal(t, want, described(state))
		})
	}
}

// described writes a state for people, the way that a test can be read by.
func described(s *providers.TerraformState) string {
	var b strings.Builder
	for _, r := range s.Resources {
		fmt.Fprintf(&b, "%s is %s\n", r.Address, r.Root)
		if len(r.UsedBy) > 0 {
			fmt.Fprintf(&b, "  used by %s\n", strings.Join(r.UsedBy, ", "))
		}
		fmt.Fprintf(&b, "  %s\n", r.Entry.AppendJSON(nil))
		for _, n := range r.NotCompared {
			fmt.Fprintf(&b, "  not compared: %s: %s\n", n.Attribute, n.Reason)
		}
		var parts []string
		for _, n := range r.NotRead {
			parts = append(parts, n.Subject)
		}
		if len(parts) > 0 {
			fmt.Fprintf(&b, "  not read: %s\n", strings.Join(parts, ", "))
		}
	}
	for _, l := range s.Left {
		fmt.Fprintf(&b, "left: %s: %s\n", l.Address, l.Reason)
	}
	for _, o := range s.Others {
		fmt.Fprintf(&b, "%d of %s (%s)\n", o.Count, o.Type, o.Provider)
	}
	for _, line := range s.Commands(func(addr.Address) bool { return true }) {
		b.WriteString(line + "\n")
	}
	return b.String()
}

// The states in testdata are of the demo account: what Terraform says is live, but for what it never looks at.
func TestTerraformStatesFitTheDemoAccount(t *testing.T) {
	for cloud, want := range map[string][]string{
		cloudsim.HuaweiCloud: {
			"notStored grant/monitoring/all-projects/CES ReadOnlyAccess",
		},
		cloudsim.OpenTelekomCloud: nil,
	} {
		t.Run(cloud, func(t *testing.T) {
			state, err := services.Registry().ReadTerraform(terraformStates(t)[cloud])
			require.NoError(t, err)
			snapshot, whole := wholeDemoAccount(t, cloud)
			assert.Equal(t, want, differences(t, state, whole, snapshot))
		})
	}
}

// differences are those between a state and live state, in words.
func differences(t *testing.T, state *providers.TerraformState, whole *plan.Manifest, snapshot *plan.Snapshot) (all []string) {
	t.Helper()
	found, problems := services.Registry().CompareTerraform(state, whole, snapshot)
	for _, p := range problems {
		all = append(all, p.String())
	}
	for _, d := range found {
		text := fmt.Sprintf("%s %s", d.Kind, d.Address)
		if !d.State.IsZero() || !d.Live.IsZero() {
			text += fmt.Sprintf(" %s: %s, and live %s", d.Attribute, d.State, d.Live)
		}
		all = append(all, text)
	}
	return all
}

// wholeDemoAccount returns all that a simulator of the demo account shows, and the manifest that it was read by.
func wholeDemoAccount(t *testing.T, cloud string) (*plan.Snapshot, *plan.Manifest) {
	t.Helper()
	f := newFront(t, cloudsim.Options{Cloud: cloud})
	region := map[string]string{cloudsim.HuaweiCloud: "cn-north-4", cloudsim.OpenTelekomCloud: "eu-de"}[cloud]
	target := providers.Target{
		Cloud: plan.Cloud{Kind: cloud, Region: region}, Rate: math.Inf(1), Endpoints: map[string]string{"iam": f.url},
		Getenv: func(name string) string { return f.env[name] },
	}
	connection, err := f.connect(t.Context(), target)
	require.NoError(t, err)
	t.Cleanup(connection.Close)
	registry := services.Registry()
	whole := engine.WholeAccount(registry, plan.Account{Name: "example-co"}, target.Cloud)
	snapshot, err := engine.New(registry, connection.Remotes, nil).ObserveAll(t.Context(), whole)
	require.NoError(t, err)
	return snapshot, whole
}

// What somebody changed behind Terraform's back is told, each in its kind.
func TestTerraformStatesAreHeldAgainstLiveState(t *testing.T) {
	snapshot, whole := wholeDemoAccount(t, cloudsim.HuaweiCloud)
	honest := string(terraformStates(t)[cloudsim.HuaweiCloud])
	for what, test := range map[string]struct{ old, new, want string }{
		"a description":             {"data import of 2024", "data import", `changed agency/legacy-import description: data import, and live data import of 2024`},
		"a duration":                {`"FOREVER"`, `"20"`, `changed agency/legacy-import duration: 20d, and live forever`},
		"a trust":                   {`"partner-co"`, `"audit-partner"`, `changed agency/legacy-import trust: account:audit-partner, and live account:partner-co`},
		"a grant that is not live":  {`"OBS OperateAccess"`, `"OBS ReadOnlyAccess"`, "missing grant/legacy-import/domain/OBS ReadOnlyAccess"},
		"a grant that is only live": {`"OBS OperateAccess"`, `"OBS ReadOnlyAccess"`, "unknown grant/legacy-import/domain/OBS OperateAccess"},
		"an agency of another name": {`"legacy-import"`, `"legacy"`, "renamed agency/legacy : (none), and live agency/legacy-import"},
		"an agency that is not live": {`"` + liveID(snapshot, "agency/legacy-import") + `",
            "name": "legacy-import"`, `"0123", "name": "legacy"`, "gone agency/legacy"},
		"another agency of that name": {`"id": "` + liveID(snapshot, "agency/legacy-import") + `"`, `"id": "0123"`, "other agency/legacy-import : 0123, and live " + liveID(snapshot, "agency/legacy-import")},
		"a role that nobody knows": {
			`"OBS OperateAccess"`, `"OBS OperatorAccess"`,
			`huaweicloud_identity_agency.legacy_import: unknown role: there is no role "OBS OperatorAccess"`,
		},
	} {
		t.Run(what, func(t *testing.T) {
			changed := honest
			for _, part := range strings.SplitAfter(honest, "\n    {\n") { // in the resource of the agency alone
				if strings.Contains(part, `"name": "legacy_import"`) && strings.Contains(part, `"type": "huaweicloud_identity_agency"`) {
					changed = strings.Replace(changed, part, strings.ReplaceAll(part, test.old, test.new), 1)
				}
			}
			require.NotEqual(t, honest, changed)
			state, err := services.Registry().ReadTerraform([]byte(changed))
			require.NoError(t, err)
			all := differences(t, state, whole, snapshot)
			is := func(text string) bool { return strings.HasPrefix(text, test.want) }
			assert.True(t, slices.ContainsFunc(all, is), "%s\nis not among\n%s", test.want, strings.Join(all, "\n"))
		})
	}
}

func liveID(s *plan.Snapshot, address string) string {
	i := slices.IndexFunc(s.Resources, func(l plan.Live) bool { return l.Address.String() == address })
	return s.Resources[i].ID
}

// canary is what no output may hold.
const canary = "C4N4RY"

// shownOfTerraform are the places of a state whose texts may come into an output: names, ids, and what a manifest says of them.
var shownOfTerraform = regexp.MustCompile(`^resources\.\d+\.(type|name|module|provider|instances\.\d+\.(index_key|dependencies\.\d+|attributes\.(` +
	`id|name|delegated_domain_name|delegated_service_name|description|domain_roles\.\d+|all_resources_roles\.\d+|project_role\.\d+\.(project|roles\.\d+))))$`)

// A state holds secrets. A word is put at every place of it in turn: in the place of each value, of each name of a member, as one more
// member, and as one more element. Only at the places of names may it come out, and in no error.
func TestNothingButNamesComesOutOfATerraformState(t *testing.T) {
	registry := services.Registry()
	for cloud, data := range terraformStates(t) {
		var file any
		require.NoError(t, json.Unmarshal(data, &file))
		tried, shown := 0, 0
		try := func(what string, may bool) {
			text, err := json.Marshal(file)
			require.NoError(t, err)
			state, err := registry.ReadTerraform(text)
			tried++
			if !strings.Contains(outOf(state, err), canary) {
				return
			}
			shown++
			assert.True(t, may && err == nil, "%s: %s comes out: %s", cloud, what, outOf(state, err))
		}
		everyPlace(file, "", try, func(value any) { file = value })
		assert.Greater(t, tried, 200, cloud)
		assert.Greater(t, shown, 10, "%s: names are what a state is read for", cloud)
	}
}

// everyPlace puts the canary at all places of a value, one after the other, and calls try with each. Put stores another value in the place
// of this one.
func everyPlace(value any, path string, try func(what string, may bool), put func(any)) {
	below := func(step string) string { return strings.TrimPrefix(path+"."+step, ".") }
	put(canary)
	try("the value at "+path, shownOfTerraform.MatchString(path))
	switch v := value.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			renamed := maps.Clone(v)
			delete(renamed, key)
			renamed[canary] = v[key]
			put(renamed)
			try("the name of "+below(key), false)
		}
		more := maps.Clone(v)
		more["more"] = canary
		put(more)
		try("a member of "+path, false)
		put(v)
		for _, key := range slices.Sorted(maps.Keys(v)) {
			everyPlace(v[key], below(key), try, func(other any) { v[key] = other })
		}
	case []any:
		put(append(slices.Clone(v), canary))
		try("an element of "+path, shownOfTerraform.MatchString(below("0")))
		put(v)
		for i := range v {
			everyPlace(v[i], below(strconv.Itoa(i)), try, func(other any) { v[i] = other })
		}
	}
	put(value)
}

// What Terraform marks as sensitive is no name any more.
func TestWhatTerraformMarksAsSensitiveDoesNotComeOut(t *testing.T) {
	registry := services.Registry()
	for _, attribute := range []string{
		"id", "name", "description", "duration", "delegated_domain_name", "domain_roles", "project_role", "all_resources_roles", "enterprise_project_roles",
	} {
		t.Run(attribute, func(t *testing.T) {
			value := any(canary)
			switch attribute {
			case "domain_roles", "all_resources_roles":
				value = []any{canary}
			case "project_role":
				value = []any{map[string]any{"project": canary, "roles": []any{canary}}}
			case "enterprise_project_roles":
				value = []any{map[string]any{"enterprise_project": canary, "roles": []any{canary}}}
			}
			attributes := map[string]any{"id": "0123", "name": "ops", "delegated_domain_name": "partner-co"}
			attributes[attribute] = value
			text := func(sensitive ...any) []byte {
				data, err := json.Marshal(map[string]any{"version": 4, "resources": []any{map[string]any{
					"mode": "managed", "type": "huaweicloud_identity_agency", "name": "ops", "provider": `provider["registry.terraform.io/huaweicloud/huaweicloud"]`,
					"instances": []any{map[string]any{"attributes": attributes, "sensitive_attributes": sensitive}},
				}}})
				require.NoError(t, err)
				return data
			}
			step := map[string]any{"type": "get_attr", "value": attribute}
			for _, path := range [][]any{{step}, {step, map[string]any{"type": "index", "value": 0}}} {
				state, err := registry.ReadTerraform(text(path))
				require.NoError(t, err)
				assert.NotContains(t, outOf(state, nil), canary)
				assert.Contains(t, outOf(state, nil), "sensitive")
			}
			state, err := registry.ReadTerraform(text())
			require.NoError(t, err)
			if attribute != "duration" {
				assert.Contains(t, outOf(state, nil), canary)
			}
		})
	}
}
