package acceptance

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/cloudsim"
	"github.com/agencyctl/agencyctl/schema"
)

const updateHead = "apiVersion: agencyctl/v1\naccount: {name: example-co}\ncloud: {kind: huaweicloud, region: cn-north-4}\n"

func TestAnUpdateOf(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		// edits make the account from the demo's. Want is "" where nothing is edited, and may end in "...".
		edits          string
		manifest, want string
		// said is in the one remark; without it there is none.
		said string
	}{
		{
			name: "a tombstone", manifest: "agencies:\n- {name: monitoring, state: absent}\n",
			said: "m.yaml:5:3: drift tells it as unexpected: agency/monitoring: .*; not edited: the entry says that it must not be there",
		},
		{
			name: "a rename", manifest: "agencies:\n- {name: watching, previously: monitoring, trust: {service: op_svc_ecs}}\n",
			said: "a rename is pending",
		},
		{
			name:     "an additive entry",
			manifest: "agencies:\n- name: monitoring\n  trust: {service: op_svc_ecs}\n  grantsMode: additive\n  grants: {domain: [OBS ReadOnlyAccess]}\n",
			said:     "missing: grant/monitoring/domain/.*not edited: entries with grantsMode: additive",
		},
		{
			name: "entries laid together",
			manifest: "agencies:\n- name: monitoring\n  trust: {service: op_svc_kms}\n  grantsMode: additive\n" +
				"===\napiVersion: agencyctl/v1\naccount: {name: example-co}\nagencies:\n- name: monitoring\n  grantsMode: additive\n",
			said: "not edited: several entries list it together",
		},
		{
			name: "what must be absent", edits: "grant monitoring domain OBS ReadOnlyAccess",
			manifest: "agencies:\n- name: monitoring\n  trust: {service: op_svc_ecs}\n  grants: {allProjects: [CES ReadOnlyAccess]}\n" +
				"  grantsAbsent: {domain: [OBS ReadOnlyAccess]}\n",
			said: "not edited: grantsAbsent says",
		},
		{
			name: "an anchor of others", edits: "create kms op_svc_kms\ncreate partner partner-co",
			manifest: "agencies:\n- name: monitoring\n  trust: &t {service: op_svc_kms}\n  grants: {allProjects: [CES ReadOnlyAccess]}\n" +
				"- {name: kms, trust: *t}\n- {name: partner, trust: *t}\n",
			want: "agencies:\n- name: monitoring\n  trust: &t {service: op_svc_kms}\n  grants: {allProjects: [CES ReadOnlyAccess]}\n" +
				"- {name: kms, trust: *t}\n- {name: partner, trust: {account: partner-co}}\n",
			said: "agency/monitoring.*not edited: it stands behind an anchor that others use too",
		},
		{
			name: "an anchor of others in a part of an entry", edits: "create kms op_svc_kms\nset monitoring description seen\n" +
				"grant monitoring domain OBS ReadOnlyAccess\ngrant kms all-projects SMN ReadOnlyAccess",
			manifest: "agencies:\n- name: monitoring\n  trust: {service: op_svc_ecs}\n  grants: {allProjects: &g [SMN ReadOnlyAccess]}\n" +
				"- {name: kms, trust: {service: op_svc_kms}, grants: {allProjects: *g}}\n",
			want: "agencies:\n- name: monitoring\n  trust: {service: op_svc_ecs}\n  description: seen\n  grants: {allProjects: &g [SMN ReadOnlyAccess], " +
				"domain: [OBS ReadOnlyAccess]}\n- {name: kms, trust: {service: op_svc_kms}, grants: {allProjects: *g}}\n",
			said: "m.yaml:8:.*missing: grant/monitoring/all-projects/SMN.*not edited: it stands behind an anchor",
		},
		{
			name: "what must be absent, beside an anchor of others", edits: "create kms op_svc_kms\nset monitoring description seen\n" +
				"grant monitoring domain OBS ReadOnlyAccess\ngrant kms all-projects SMN ReadOnlyAccess",
			manifest: "agencies:\n- name: monitoring\n  trust: {service: op_svc_ecs}\n  grants: {allProjects: &g [SMN ReadOnlyAccess]}\n" +
				"  grantsAbsent: {domain: [OBS ReadOnlyAccess]}\n- {name: kms, trust: {service: op_svc_kms}, grants: {allProjects: *g}}\n",
			want: "agencies:\n- name: monitoring\n  trust: {service: op_svc_ecs}\n  description: seen\n  grants: {allProjects: &g [SMN ReadOnlyAccess]}\n" +
				"  grantsAbsent: {domain: [OBS ReadOnlyAccess]}\n- {name: kms, trust: {service: op_svc_kms}, grants: {allProjects: *g}}\n",
			said: "(?s)missing: grant/monitoring/all-projects/SMN.*not edited: it stands behind an anchor.*\n.*unexpected: grant/monitoring/domain/OBS.*not edited: grantsAbsent says",
		},
		{
			name: "what cannot go beside another that must not go", edits: "set monitoring description seen",
			manifest: "policies: &all\n- {name: p, scope: global, statements: [{effect: Allow, actions: ['obs:*:get']}]}\n" +
				"- {name: q, scope: global, statements: [{effect: Allow, actions: ['obs:*:get']}]}\n" +
				"agencies:\n- {name: legacy-import, trust: {account: partner-co}, description: data import of 2024, grantsMode: additive, grants: {domain: [custom:p]}}\n",
			want: "policies: &all\n- {name: p, scope: global, statements: [{effect: Allow, actions: ['obs:*:get']}]}\n" +
				"agencies:\n- {name: legacy-import, trust: {account: partner-co}, description: data import of 2024, grantsMode: additive, grants: {domain: [custom:p]}}\n",
			said: "^m.yaml:5:3: drift tells it as missing: policy/p; not edited: its text cannot be changed in place", // without q
		},
		{
			name: "an anchor that others used",
			manifest: "agencies:\n- name: monitoring\n  trust: &t {service: op_svc_kms}\n  grants: {allProjects: [CES ReadOnlyAccess]}\n" +
				"- {name: gone, trust: *t}\n",
			want: "agencies:\n- name: monitoring\n  trust: &t {service: op_svc_ecs}\n  grants: {allProjects: [CES ReadOnlyAccess]}\n",
		},
		{
			name: "what a merge key would bring back", edits: "revoke legacy-import domain OBS OperateAccess",
			manifest: "agencies:\n- &m {name: monitoring, trust: {service: op_svc_ecs}, grants: {allProjects: [CES ReadOnlyAccess]}}\n" +
				"- {<<: *m, name: legacy-import, trust: {account: partner-co}, description: data import of 2024, grants: {domain: [OBS OperateAccess]}}\n",
			want: "agencies:\n- &m {name: monitoring, trust: {service: op_svc_ecs}, grants: {allProjects: [CES ReadOnlyAccess]}}\n" +
				"- {<<: *m, name: legacy-import, trust: {account: partner-co}, description: data import of 2024, grants: {}}\n",
		},
		{
			name: "a grant of a role that is gone, and a place in another spelling",
			manifest: "agencies:\n- name: monitoring # why\n  trust: {service: op_svc_ecs}\n  reason: to see\n  grants:\n" +
				"    allProjects: [\"system:CES ReadOnlyAccess\", No Such Role]\n",
			want: "agencies:\n- name: monitoring # why\n  trust: {service: op_svc_ecs}\n  reason: to see\n  grants:\n" +
				"    allProjects: [\"system:CES ReadOnlyAccess\"]\n",
		},
		{
			name: "a policy", edits: "policy create p project !obs:*:* ecs:*:start ecs:*:get ecs:*:list",
			manifest: "policies:\n- name: p\n  scope: global # everywhere\n  statements:\n  # servers\n" +
				"  - effect: Allow\n    actions:\n    - ecs:*:start # first\n    - ecs:*:delete # too much\n    - ecs:*:get # enough\n" +
				"  # never\n  - {actions: ['obs:*:*'], effect: Deny}\n  - {effect: Allow, actions: ['vpc:*:get']}\n",
			want: "policies:\n- name: p\n  scope: project # everywhere\n  statements:\n  # servers\n" +
				"  - effect: Allow\n    actions:\n    - ecs:*:start # first\n    - ecs:*:get # enough\n    - \"ecs:*:list\"\n" +
				"  # never\n  - {actions: ['obs:*:*'], effect: Deny}\n",
		},
		{
			name: "an authorization of several parts", edits: "authorization create csms cn-north-4 GaussDB-FG",
			manifest: "authorizations:\n- service: csms\n  secretTypes: [RDS-FG, GaussDB-FG] # both\n",
			want:     "authorizations:\n- service: csms\n  secretTypes: [GaussDB-FG] # both\n  agencies:\n    CSMSAccessFunctionGraph:\n...",
		},
		{
			name: "an authorization that is gone", manifest: "authorizations:\n- service: lakeformation\n  agencyTypes: [JOB_TRUST]\n",
			want: "authorizations: []\n",
		},
		{
			name: "what a service made", edits: "authorization create fabric cn-north-4 FABRIC_SMN_POLICY",
			manifest: "ownership: {include: [policy/FABRIC_SMN_*]}\n",
			said:     "^drift tells it as unexpected: policy/FABRIC_SMN_POLICY.*not edited: a cloud service made it",
		},
		{
			name: "what a guardrail forbids", edits: "create ops-a partner-co\ncreate ops-b op_svc_ecs\nset monitoring description seen",
			manifest: "guardrails: {trustedAccounts: [audit-partner]}\nownership: {include: [ops-*]}\nagencies:\n- name: monitoring\n" +
				"  trust: {service: op_svc_ecs}\n  grants: {allProjects: [CES ReadOnlyAccess]}\n",
			want: "guardrails: {trustedAccounts: [audit-partner]}\nownership: {include: [ops-*]}\nagencies:\n- name: monitoring\n" +
				"  trust: {service: op_svc_ecs}\n  description: seen\n  grants: {allProjects: [CES ReadOnlyAccess]}\n" +
				"\n- name: ops-b\n  trust: {service: op_svc_ecs}\n",
			said: "agency/ops-a.*not edited: .*guardrail",
		},
		{
			name: "what is gone, in a name that nothing can be made under, and has what others use", edits: "create kms op_svc_kms\nset monitoring description seen",
			manifest: "agencies:\n- name: a\u200bb # left\n  trust: &t {service: op_svc_kms}\n  duration: &d 5d\n  grants: {domain: &g [OBS ReadOnlyAccess]}\n- name: monitoring\n" +
				"  trust: {service: op_svc_ecs}\n  grants: {allProjects: [CES ReadOnlyAccess]}\n- {name: kms, trust: *t}\n- {name: gone, trust: *t, grants: {domain: *g}}\n",
			want: "agencies:\n- name: monitoring\n  trust: {service: op_svc_ecs}\n  description: seen\n  grants: {allProjects: [CES ReadOnlyAccess]}\n" +
				"- {name: kms, trust: {service: op_svc_kms}}\n",
		},
		{
			name: "what is gone, and cannot be taken out", edits: "set monitoring description seen",
			manifest: "agencies:\n- {name: monitoring, trust: {service: op_svc_ecs}, grants: {allProjects: [CES ReadOnlyAccess]}}\n" +
				"- name: legacy-import\n  trust: {account: partner-co}\n  description: data import of 2024\n  grants: {domain: [OBS OperateAccess]}\n" +
				"  reason: |+\n    these lines are part of it\n\n\n- {name: z\u200bz, trust: {service: op_svc_kms}}\n",
			want: "agencies:\n- {name: monitoring, trust: {service: op_svc_ecs}, description: seen, grants: {allProjects: [CES ReadOnlyAccess]}}\n" +
				"- name: legacy-import\n  trust: {account: partner-co}\n  description: data import of 2024\n  grants: {domain: [OBS OperateAccess]}\n" +
				"  reason: |+\n    these lines are part of it\n\n\n- {name: z\u200bz, trust: {service: op_svc_kms}}\n",
			said: "^m.yaml:14:3: agency/z%E2%80%8Bz is not there, and no plan is made while it is listed: deceptive name: .*; not edited: its text cannot",
		},
		{
			name: "what cannot go, beside what must", edits: "set monitoring description seen",
			manifest: "agencies:\n- name: monitoring\n  trust: {service: op_svc_ecs}\n" +
				"  grants: {allProjects: [CES ReadOnlyAccess]}\n- {name: y\u200by, trust: {service: op_svc_kms}}\n- {name: z\u200bz, trust: {service: op_svc_kms}}\n- {name: legacy-import, trust: {account: partner-co}, description: data import of 2024, " +
				"grantsMode: additive, grants: {domain: [custom:p]}}\npolicies:\n- {name: p, scope: global, statements: [{effect: Allow, actions: ['obs:*:get']}]}\n",
			want: "agencies:\n- name: monitoring\n  trust: {service: op_svc_ecs}\n  description: seen\n" +
				"  grants: {allProjects: [CES ReadOnlyAccess]}\n- {name: legacy-import, trust: {account: partner-co}, description: data import of 2024, " +
				"grantsMode: additive, grants: {domain: [custom:p]}}\npolicies:\n- {name: p, scope: global, statements: [{effect: Allow, actions: ['obs:*:get']}]}\n",
			said: "policy/p; not edited: unknown role: .*custom:p",
		},
		{
			name: "what is owned", edits: "create ops-b partner-co\ncreate xyz partner-co\ncreate ops-c partner-co",
			manifest: "ownership: {include: [ops-*], exclude: [ops-c], prune: true}\n",
			want:     "ownership: {include: [ops-*], exclude: [ops-c], prune: true}\n\nagencies:\n  - name: ops-b\n    trust: {account: partner-co}\n",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			server, e, closed := openWorld(t, cloudsim.DemoWorld(cloudsim.HuaweiCloud))
			defer closed()
			for line := range strings.Lines(c.edits) {
				edit, err := cloudsim.ParseEdit(editWords(strings.TrimSpace(line)))
				require.NoError(t, err)
				require.NoError(t, server.Edit("", edit))
			}
			var sources []schema.Source
			for i, text := range strings.Split(updateHead+c.manifest, "===\n") {
				sources = append(sources, schema.Source{Name: strings.Repeat("m", i+1) + ".yaml", Data: []byte(text)})
			}
			after, _, updated := updatedTo(t, e, sources)
			want := c.want
			if want == "" {
				want = c.manifest
				assert.Empty(t, updated.Files)
			}
			text := string(after[0].Data)
			if begin, is := strings.CutSuffix(updateHead+want, "..."); is { // nobody can know the names that follow
				want, text = want[:len(want)-3], text[:min(len(begin), len(text))]
			}
			assert.Equal(t, updateHead+strings.Split(want, "===\n")[0], text)
			var said []string
			for _, r := range updated.Remarks {
				said = append(said, r.String())
			}
			if c.said == "" {
				assert.Empty(t, said)
				return
			}
			require.NotEmpty(t, said)
			assert.Regexp(t, c.said, strings.Join(said, "\n"))
		})
	}
}

// editWords are the words of an edit. The last one may have blanks.
func editWords(line string) []string {
	n := 4
	if strings.HasPrefix(line, "policy create") || strings.HasPrefix(line, "authorization") {
		n = 5
	}
	return strings.SplitN(line, " ", n)
}
