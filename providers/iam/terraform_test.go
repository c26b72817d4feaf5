package iam_test

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/csms"
	"github.com/agencyctl/agencyctl/providers/iam"
)

func terraformRegistry(t require.TestingT) *providers.Registry {
	registry, err := providers.NewRegistry(iam.New(nil), csms.New())
	require.NoError(t, err)
	return registry
}

// terraformInstance is a state with one instance of these attributes, in JSON without the braces around them.
func terraformInstance(typ, attributes string) []byte {
	provider, _, _ := strings.Cut(typ, "_")
	return fmt.Appendf(nil, `{"version":4,"resources":[{"mode":"managed","type":%q,"name":"this","provider":"provider[\"registry.terraform.io/%s/%s\"]",
		"instances":[{"attributes":{%s}}]}]}`, typ, provider, provider, attributes)
}

// read returns the entry of an instance, and what it says of what is not compared; or why it is left out.
func readInstance(t *testing.T, typ, attributes string) string {
	t.Helper()
	state, err := terraformRegistry(t).ReadTerraform(terraformInstance(typ, attributes))
	require.NoError(t, err)
	if len(state.Resources) == 0 {
		require.Len(t, state.Left, 1)
		return state.Left[0].Reason
	}
	require.Len(t, state.Resources, 1)
	r := state.Resources[0]
	text := r.ID + " " + r.Root.String()
	if r.Entry != nil {
		text += " " + string(r.Entry.AppendJSON(nil))
	}
	for _, n := range r.NotCompared {
		require.Equal(t, r.Root, n.Address)
		text += "\n" + n.Attribute + ": " + n.Reason
	}
	return text
}

const (
	ops     = `"id":"0123","name":"ops"`
	partner = ops + `,"delegated_domain_name":"partner-co"`
)

func TestAgenciesAreReadFromTerraform(t *testing.T) {
	const huawei, telekom = "huaweicloud_identity_agency", "opentelekomcloud_identity_agency_v3"
	for what, test := range map[string]struct{ typ, attributes, want string }{
		"the least": {huawei, partner, `0123 agency/ops {"description":"","duration":"forever","grantsMode":"additive","name":"ops","trust":{"account":"partner-co"}}`},
		"an old name of the type": {"huaweicloud_iam_agency_v3", partner,
			`0123 agency/ops {"description":"","duration":"forever","grantsMode":"additive","name":"ops","trust":{"account":"partner-co"}}`},
		"every scope": {huawei, partner + `,"description":"copies","domain_roles":["B","A","A"],"all_resources_roles":["C"],
			"project_role":[{"project":"cn-north-4","roles":["E","D"]},{"project":"cn-east-3","roles":["D"]}],
			"enterprise_project_roles":[{"enterprise_project":"default","roles":["F"]}]`,
			`0123 agency/ops {"description":"copies","duration":"forever","grants":{"allProjects":["C"],"domain":["A","B"],` +
				`"enterpriseProjects":{"default":["F"]},"projects":{"cn-east-3":["D"],"cn-north-4":["D","E"]}},"grantsMode":"additive","name":"ops","trust":{"account":"partner-co"}}`},
		"a role named like a qualified one": {huawei, partner + `,"domain_roles":["system:A"]`,
			`0123 agency/ops {"description":"","duration":"forever","grants":{"domain":["custom:system:A"]},"grantsMode":"additive","name":"ops","trust":{"account":"partner-co"}}`},
		"all projects, as the other cloud writes them": {telekom, partner + `,"project_role":[{"all_projects":true,"project":"","roles":["A"]},{"all_projects":false,"project":"eu-de","roles":["B"]}]`,
			`0123 agency/ops {"description":"","duration":"forever","grants":{"allProjects":["A"],"projects":{"eu-de":["B"]}},"grantsMode":"additive","name":"ops","trust":{"account":"partner-co"}}`},
		"a role that the provider did not find": {telekom, partner + `,"project_role":[{"all_projects":true,"project":null,"roles":["","A"]}]`,
			`0123 agency/ops {"description":"","duration":"forever","grants":{"allProjects":["A"]},"grantsMode":"additive","name":"ops","trust":{"account":"partner-co"}}` +
				"\ngrants: the state has a role or a place without a usable name"},
		"grants that are no list": {huawei, partner + `,"domain_roles":"A","project_role":[{"roles":["A"]}]`,
			`0123 agency/ops {"description":"","duration":"forever","grantsMode":"additive","name":"ops","trust":{"account":"partner-co"}}` +
				"\ngrants: the state has a role or a place without a usable name"},
		"a service": {huawei, ops + `,"delegated_domain_name":"","delegated_service_name":"op_svc_ecs"`,
			`0123 agency/ops {"description":"","duration":"forever","grantsMode":"additive","name":"ops","trust":{"service":"op_svc_ecs"}}`},
		"a service among the accounts": {telekom, ops + `,"delegated_domain_name":"op_svc_ecs2"`,
			`0123 agency/ops {"description":"","duration":"forever","grantsMode":"additive","name":"ops","trust":{"service":"op_svc_ecs2"}}`},
		"a service that was configured as an account": {huawei, ops + `,"delegated_domain_name":"op_svc_ecs","delegated_service_name":"op_svc_ecs"`,
			`0123 agency/ops {"description":"","duration":"forever","grantsMode":"additive","name":"ops","trust":{"service":"op_svc_ecs"}}`},
		"an account and a service": {huawei, partner + `,"delegated_service_name":"op_svc_ecs"`,
			`0123 agency/ops {"description":"","duration":"forever","grantsMode":"additive","name":"ops"}` +
				"\ntrust: the state has an account and a service, and only one can be true"},
		"nobody":              {huawei, ops, `0123 agency/ops {"description":"","duration":"forever","grantsMode":"additive","name":"ops"}` + "\ntrust: the state names nobody"},
		"no id":               {huawei, `"name":"ops"`, "it has no id that the cloud could have given"},
		"an id that is none":  {huawei, `"id":"../0123","name":"ops"`, "it has no id that the cloud could have given"},
		"no name":             {huawei, `"id":"0123","name":null`, "it has no usable name"},
		"a name of two lines": {huawei, `"id":"0123","name":"a\nb"`, "it has no usable name"},
		"of IAM v5":           {"huaweicloud_identity_trust_agency", partner, "it belongs to IAM v5, which is not read"},
	} {
		t.Run(what, func(t *testing.T) { assert.Equal(t, test.want, readInstance(t, test.typ, test.attributes)) })
	}
}

// A number is days with one provider and hours with the other, and older versions of the first stored hours too.
func TestDurationsAreReadFromTerraform(t *testing.T) {
	const huawei, telekom = "huaweicloud_identity_agency", "opentelekomcloud_identity_agency_v3"
	const unknown = "the state has it in a form that is not understood"
	span := func(duration string) string {
		return `"duration":` + duration + `,"create_time":"2031-01-01T03:37:16.000000","expire_time":"2031-01-21T03:37:16.000000"`
	}
	for _, test := range []struct{ typ, attributes, want string }{
		{huawei, `"duration":"FOREVER"`, "forever"}, {huawei, `"duration":"forever"`, "forever"}, {huawei, `"duration":""`, "forever"},
		{huawei, `"duration":null,"expire_time":""`, "forever"},
		{huawei, `"duration":"ONEDAY"`, "1d"}, {huawei, `"duration":"1"`, "1d"}, {huawei, `"duration":"20"`, "20d"}, {huawei, `"duration":20`, "20d"},
		{huawei, span(`"20"`), "20d"}, {huawei, span(`"480"`), "20d"}, {huawei, span(`"FOREVER"`), "20d"}, {huawei, span(`""`), "20d"},
		{huawei, `"duration":"FOREVER","expire_time":"2031-01-21T03:37:16.000000"`, unknown},
		{huawei, `"duration":"FOREVER","expire_time":"soon"`, unknown},
		{huawei, `"duration":"20","create_time":"2031-01-01T03:37:16Z","expire_time":"2031-01-21T09:00:00Z"`, "20d"},
		{huawei, `"duration":"-1"`, unknown}, {huawei, `"duration":"0"`, unknown}, {huawei, `"duration":"1.5"`, unknown}, {huawei, `"duration":true`, unknown},
		{huawei, `"duration":"99999999"`, unknown},
		{telekom, `"duration":""`, "forever"}, {telekom, `"duration":"480"`, "20d"}, {telekom, `"duration":"24"`, "1d"}, {telekom, `"duration":"36"`, unknown},
		{telekom, span(`"480"`), "20d"}, {telekom, `"duration":"FOREVER"`, "forever"},
	} {
		got := readInstance(t, test.typ, partner+","+test.attributes)
		if test.want == unknown {
			assert.Contains(t, got, "duration: "+unknown, test.attributes)
			assert.NotContains(t, got, `"duration"`, test.attributes)
		} else {
			assert.Contains(t, got, `"duration":"`+test.want+`"`, test.attributes)
		}
	}
}

func TestPoliciesAreReadFromTerraform(t *testing.T) {
	const huawei, telekom = "huaweicloud_identity_role", "opentelekomcloud_identity_role_v3"
	document := func(text string) string {
		quoted, err := json.Marshal(text)
		require.NoError(t, err)
		return ops + `,"description":"reads","type":"AX","policy":` + string(quoted)
	}
	const noConditions = "\nstatements: Terraform's provider does not store conditions"
	for what, test := range map[string]struct{ typ, attributes, want string }{
		"a document": {huawei, document(`{"Version":"1.1","Statement":[{"Action":["obs:object:GetObject","obs:bucket:ListBucket"],"Effect":"Allow",
			"Resource":["obs:*:*:bucket:*"],"Condition":{"StringEquals":{"g:projectname":["cn-north-4"]}}}]}`),
			`0123 policy/ops {"description":"reads","name":"ops","scope":"global","statements":[{"actions":["obs:bucket:ListBucket","obs:object:GetObject"],` +
				`"condition":{"StringEquals":{"g:ProjectName":["cn-north-4"]}},"effect":"Allow","resources":["obs:*:*:bucket:*"]}]}`},
		"a document that names an agency": {huawei, document(`{"Version":"1.1","Statement":[{"Action":["iam:agencies:assume"],"Effect":"Allow","Resource":{"uri":["/iam/agencies/0123"]}}]}`),
			`0123 policy/ops {"description":"reads","name":"ops","scope":"global","statements":[{"actions":["iam:agencies:assume"],"effect":"Allow","resources":["/iam/agencies/0123"]}]}` +
				"\nstatements: the state names resources by their ids"},
		"what is no document":            {huawei, document(`hunter2`), "0123 policy/ops\nstatements: the state has them in a form that is not understood"},
		"a document with another member": {huawei, document(`{"Statement":[{"Action":["a:b:c"],"Effect":"Allow","NotResource":["hunter2"]}]}`), "0123 policy/ops\nstatements: the state has them in a form that is not understood"},
		"a document without statements":  {huawei, document(`{"Statement":[]}`), "0123 policy/ops\nstatements: the state has them in a form that is not understood"},
		"a type that no scope has": {huawei, ops + `,"type":"XX","policy":"{\"Statement\":[{\"Action\":[\"a:b:c\"],\"Effect\":\"Allow\"}]}"`,
			"0123 policy/ops\nscope: the state has none that is known"},
		"blocks": {telekom, `"id":"0123","display_name":"ops","name":"custom_1","description":"","display_layer":"project","statement":[
			{"effect":"Allow","action":["ecs:servers:list","ecs:servers:get"],"resource":[]},{"effect":"Deny","action":["ecs:servers:start"],"resource":["ecs:*:*:*:*"]}]`,
			`0123 policy/ops {"description":"","name":"ops","scope":"project","statements":[{"actions":["ecs:servers:get","ecs:servers:list"],"effect":"Allow"},` +
				`{"actions":["ecs:servers:start"],"effect":"Deny","resources":["ecs:*:*:*:*"]}]}` + noConditions},
		"no blocks": {telekom, `"id":"0123","display_name":"ops","display_layer":"domain"`,
			"0123 policy/ops" + noConditions + "\nstatements: the state has them in a form that is not understood"},
		"blocks without a name": {telekom, `"id":"0123","name":"custom_1"`, "it has no usable name"},
	} {
		t.Run(what, func(t *testing.T) { assert.Equal(t, test.want, readInstance(t, test.typ, test.attributes)) })
	}
}

func TestAuthorizationsAreReadFromTerraform(t *testing.T) {
	const typ = "huaweicloud_csms_agency"
	for attributes, want := range map[string]string{
		`"id":"6f9619ff-8b86-d011-b42d-00c04fc964ff","region":"cn-north-4","secret_type":"RDS-FG","agencies":[{"agency_id":"0123","agency_name":"hunter2"}]`: ` authorization/csms/cn-north-4/RDS-FG {"region":"cn-north-4","secretTypes":["RDS-FG"],"service":"csms"}` +
			"\ngranted: Terraform's provider never looks whether the authorization is there",
		`"region":"cn-north-4","secret_type":"hunter2"`: "it has no secret type that is known",
		`"region":"","secret_type":"RDS-FG"`:            "it has no region that can be read",
		`"secret_type":"RDS-FG"`:                        "it has no region that can be read",
	} {
		assert.Equal(t, want, readInstance(t, typ, attributes))
	}
}

// What a state says can be expanded like any manifest: with no problem but about what it names.
func TestEntriesFromTerraformAreEntriesOfAManifest(t *testing.T) {
	registry := terraformRegistry(t)
	for _, cloud := range []string{"huaweicloud", "opentelekomcloud"} {
		data, err := os.ReadFile("../../testdata/tfstate/" + cloud + ".tfstate")
		require.NoError(t, err)
		state, err := registry.ReadTerraform(data)
		require.NoError(t, err)
		desired, problems := registry.Expand(&plan.Manifest{Cloud: plan.Cloud{Kind: cloud, Region: "eu-de"}, Sections: state.Sections()})
		assert.Empty(t, plan.Fatal(problems))
		var roots []string
		for _, d := range desired {
			if d.Parent.IsZero() {
				roots = append(roots, d.Address.String())
			}
		}
		assert.ElementsMatch(t, []string{"agency/legacy-import", "agency/monitoring"}, roots)
	}
}

// checkTerraform reads what may be a state: it is refused in the same words each time, or is a state that all uses of it can bear.
func checkTerraform(t require.TestingT, registry *providers.Registry, data []byte) {
	state, err := registry.ReadTerraform(data)
	again, errAgain := registry.ReadTerraform(data)
	require.Equal(t, state, again)
	if err != nil {
		require.ErrorIs(t, err, providers.ErrTerraformState)
		require.EqualError(t, errAgain, err.Error())
		return
	}
	_ = state.Commands(func(addr.Address) bool { return true })
	m := &plan.Manifest{Account: plan.Account{Name: "example-co"}, Cloud: plan.Cloud{Kind: "huaweicloud", Region: "cn-north-4"}}
	for _, covered := range [][]addr.Pattern{nil, everything(t)} {
		s := &plan.Snapshot{Account: m.Account, Cloud: m.Cloud, Catalogue: plan.NewCatalogue(), Coverage: covered}
		differences, _ := registry.CompareTerraform(state, m, s)
		require.Len(t, differences, len(state.Resources), "nothing is live")
	}
}

func everything(t require.TestingT) (all []addr.Pattern) {
	for _, text := range []string{"agency/*", "policy/*", "grant/**", "authorization/**"} {
		pattern, err := addr.ParsePattern(text)
		require.NoError(t, err)
		all = append(all, pattern)
	}
	return all
}

func FuzzTerraformState(f *testing.F) {
	for _, cloud := range []string{"huaweicloud", "opentelekomcloud"} {
		data, err := os.ReadFile("../../testdata/tfstate/" + cloud + ".tfstate")
		require.NoError(f, err)
		f.Add(data)
	}
	registry := terraformRegistry(f)
	f.Fuzz(func(t *testing.T, data []byte) { checkTerraform(t, registry, data) })
}

// Whatever JSON stands in the place of a state, or at a place of one, is refused or read.
func TestAnyJSONIsATerraformStateOrIsRefused(t *testing.T) {
	registry := terraformRegistry(t)
	words := rapid.SampledFrom([]string{
		"version", "resources", "instances", "attributes", "sensitive_attributes", "index_key", "module", "mode", "type", "name", "id", "policy", "statement", "roles",
		"project_role", "domain_roles", "project", "duration", "create_time", "expire_time", "deposed", "dependencies", "managed", "module.a", "FOREVER", "",
		`provider["registry.terraform.io/huaweicloud/huaweicloud"]`, "huaweicloud_identity_agency", "huaweicloud_identity_role", "huaweicloud_csms_agency", "RDS-FG",
	})
	leaf := rapid.OneOf(
		rapid.Map(words, func(word string) any { return word }), rapid.Map(rapid.String(), func(text string) any { return text }),
		rapid.SampledFrom([]any{nil, true, false, 0, 4, -1, 1e300, 0.5}),
	)
	value := leaf
	for range 4 {
		below := value
		value = rapid.OneOf(leaf, rapid.Map(rapid.SliceOfN(below, 0, 4), func(list []any) any { return list }),
			rapid.Map(rapid.MapOfN(words, below, 0, 6), func(object map[string]any) any { return object }))
	}
	rapid.Check(t, func(t *rapid.T) {
		attributes := rapid.MapOfN(words, value, 0, 8).Draw(t, "attributes")
		attributes["id"], attributes["name"] = "0123", rapid.OneOf(rapid.Just[any]("ops"), value).Draw(t, "name")
		typ := rapid.SampledFrom([]string{"huaweicloud_identity_agency", "opentelekomcloud_identity_agency_v3", "huaweicloud_identity_role", "opentelekomcloud_identity_role_v3"}).Draw(t, "type")
		provider, _, _ := strings.Cut(typ, "_")
		whole := map[string]any{"version": 4, "resources": []any{map[string]any{
			"mode": "managed", "type": typ, "name": "this", "provider": "provider." + provider,
			"instances": []any{map[string]any{"index_key": leaf.Draw(t, "key"), "attributes": attributes, "sensitive_attributes": value.Draw(t, "sensitive")}},
		}}}
		for _, file := range []any{value.Draw(t, "file"), whole} {
			data, err := json.Marshal(file)
			require.NoError(t, err)
			checkTerraform(t, registry, data)
		}
	})
}
