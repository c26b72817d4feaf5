package acceptance

import (
	"crypto/sha256"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/cloudsim"
	"github.com/agencyctl/agencyctl/plan"
)

// forgedBefore and forgedMain are what an account was made by, and what the plan that is forged is made from: it changes agencies,
// grants, a policy and authorizations, in an order that matters.
const forgedBefore = `apiVersion: agencyctl/v1
account: {name: example-co}
cloud: {kind: huaweicloud, region: cn-north-4}
policies:
  - {name: backup-read, scope: project, statements: [{effect: Allow, actions: ["obs:object:GetObject"]}]}
agencies:
  - name: ops-backup
    trust: {account: partner-co}
    description: nightly copies
    duration: 20d
    grants: {domain: [OBS ReadOnlyAccess], projects: {cn-north-4: [backup-read]}}
  - name: ops-audit
    trust: {account: partner-co}
    duration: 20d
    grants: {domain: [OBS ReadOnlyAccess], allProjects: [Tenant Guest]}
  - {name: ops-retired, trust: {account: partner-co}, duration: 20d, grants: {domain: [OBS ReadOnlyAccess]}}
  - {name: ops-glass, trust: {account: example-co}, duration: 20d}
  - {name: ops-left, trust: {account: example-co}, duration: 20d}
authorizations:
  - {service: fabric, policies: [FABRIC_COMMON_POLICY]}
  - {service: csms, secretTypes: [RDS-FG]}
  - {service: lakeformation, agencyTypes: [JOB_TRUST]}
`

const forgedMain = `apiVersion: agencyctl/v1
account: {name: example-co}
cloud: {kind: huaweicloud, region: cn-north-4}
ownership: {include: ["ops-*"], prune: true, protect: [agency/ops-glass], maxDeletes: 5}
guardrails:
  trustedAccounts: [partner-co, audit-partner, example-co]
  accept:
    - {rule: all-projects-scope, address: grant/ops-audit/**, reason: reads only, reviewBy: 2031-06-30}
policies:
  - {name: backup-read, scope: project, statements: [{effect: Allow, actions: ["obs:object:GetObject", "obs:object:PutObject"]}]}
agencies:
  - name: ops-backup
    trust: {account: partner-co}
    description: weekly copies
    duration: 20d
    grants: {domain: [OBS ReadOnlyAccess], projects: {cn-north-4: [backup-read, ECS FullAccess]}}
  - name: ops-audit
    trust: {account: audit-partner}
    duration: 20d
    grants: {domain: [OBS OperateAccess], allProjects: [Tenant Guest]}
  - {name: ops-retired, state: absent}
  - {name: ops-glass, trust: {account: partner-co}, duration: 20d}
  - {name: ops-new, trust: {account: partner-co}, duration: 20d, grants: {allProjects: [Tenant Administrator]}}
  - {name: ops-pinned, trust: {accountId: 49d9e9843b09e181a77dd445119e3010}, duration: 20d}
  - {name: ops-service, trust: {service: op_svc_ecs}, duration: 20d}
authorizations:
  - service: fabric
    policies: [FABRIC_COMMON_POLICY, FABRIC_SMN_POLICY]
    agencies:
      fabric_admin_trust:
        trust: {service: op_svc_fabric}
        grants: {projects: {cn-north-4: [FABRIC_COMMON_POLICY, FABRIC_LTS_POLICY, ECS ReadOnlyAccess]}}
  - {service: csms, secretTypes: [RDS-FG], state: absent}
  - {service: secmaster, roles: [RMS ReadOnlyAccess]}
  - {service: lakeformation, agencyTypes: [JOB_TRUST]}
`

var (
	accountOfPlan = regexp.MustCompile(`"account":\{(?:"name":"[^"]*")?,?(?:"id":"([^"]*)")?\}`)
	findingOfPlan = regexp.MustCompile(`("rule":"([^"]*)","severity":"[^"]*","address":"([^"]*)"(?:,"attribute":"([^"]*)")?,` +
		`"message":"(?:[^"\\]|\\.)*"(?:,"hint":"(?:[^"\\]|\\.)*")?,"fingerprint":")[0-9a-f]{64}"`)
)

// sealed gives an edited saved plan the fingerprints and the digest that fit.
func sealed(text string) string {
	id := ""
	if account := accountOfPlan.FindStringSubmatch(text); account != nil {
		id = account[1]
	}
	text = findingOfPlan.ReplaceAllStringFunc(text, func(found string) string {
		of := findingOfPlan.FindStringSubmatch(found)
		return of[1] + plan.Fingerprint(id, of[2], of[3], of[4]) + `"`
	})
	digest := regexp.MustCompile(`"digest":"sha256:[0-9a-f]{64}"`)
	first := true
	empty := digest.ReplaceAllStringFunc(text, func(found string) string {
		if !first {
			return found
		}
		first = false
		return `"digest":""`
	})
	return strings.Replace(empty, `"digest":""`, fmt.Sprintf(`"digest":"sha256:%x"`, sha256.Sum256([]byte(empty))), 1)
}

// edit replaces the first text that a pattern finds, or all of them where it begins with "(?:)".
type edit struct{ find, put string }

func (e edit) in(t *testing.T, text string) string {
	t.Helper()
	pattern := regexp.MustCompile(e.find)
	at := pattern.FindStringSubmatchIndex(text)
	require.NotNil(t, at, "nothing is %s", e.find)
	if strings.HasPrefix(e.find, "(?:)") {
		return pattern.ReplaceAllString(text, e.put)
	}
	return text[:at[0]] + string(pattern.ExpandString(nil, e.put, text, at)) + text[at[1]:]
}

func TestForgedPlansWriteNothing(t *testing.T) {
	f := newFront(t, cloudsim.Options{})
	folder := t.TempDir()
	before, main, plan, forged := filepath.Join(folder, "before.yaml"), filepath.Join(folder, "main.yaml"),
		filepath.Join(folder, "plan.json"), filepath.Join(folder, "forged.json")
	require.NoError(t, os.WriteFile(before, []byte(forgedBefore), 0o600))
	require.NoError(t, os.WriteFile(main, []byte(forgedMain), 0o600))
	f.succeeds(t, "apply", "-f", before, "--auto-approve")
	f.edit(t, "grant", "lakeformation_job_trust", "project:cn-north-4", "EVS ReadOnlyAccess")
	f.succeeds(t, "plan", "-f", main, "--out", plan)
	content, err := os.ReadFile(plan)
	require.NoError(t, err)
	require.Equal(t, string(content), sealed(string(content)), "a forger knows how a file is sealed")

	// change is the beginning of a change of the plan.
	change := func(address string) string {
		return `(\{"address":"` + regexp.QuoteMeta(address) + `",(?:"parent":"[^"]*",)?"type":.*?`
	}
	// desired and live are the beginnings of a resource of the basis.
	desired := func(address string) string {
		return `("desired":\[.*?\{"address":"` + regexp.QuoteMeta(address) + `",(?:"parent":"[^"]*",)?"attributes":.*?`
	}
	live := func(address string) string {
		return `("snapshot":\{"resources":\[.*?\{"address":"` + regexp.QuoteMeta(address) + `",(?:"parent":"[^"]*",)?"attributes":.*?`
	}
	const isForged = "bad saved plan: forged: "
	admin, audit, ecs := change("grant/ops-new/all-projects/Tenant Administrator"), change("agency/ops-audit"),
		change("grant/ops-backup/project:cn-north-4/ECS FullAccess")
	id := func(address string) string {
		found := regexp.MustCompile(live(address) + `"id":)"([^"]+)"`).FindStringSubmatch(string(content))
		require.NotNil(t, found)
		return found[len(found)-1]
	}
	first, second := id("agency/ops-audit"), id("agency/ops-backup")
	role := regexp.MustCompile(`"name":"Tenant Administrator","id":"([^"]+)"`).FindStringSubmatch(string(content))[1]
	forgeries := map[string]struct {
		edits []edit
		// shows, applies and held are what show FILE, apply FILE, and apply FILE -f main.yaml say when they refuse. Show prints the file
		// where shows is empty; what it prints is then what apply FILE alone would do, where applies is empty.
		shows, applies, held string
	}{
		"an order without the revoke first": {[]edit{{audit + `"dependsOn":)\[[^]]+\],"runsAfter":\[\],"confirms":\[[^]]+\]`,
			`${1}[],"runsAfter":[],"confirms":[]`}}, isForged + "update agency/ops-audit: confirms: ", isForged, isForged},
		"an order that waits for nothing":     {[]edit{{admin + `"dependsOn":)\[[^]]+\]`, `${1}[]`}}, isForged, isForged, isForged},
		"the agency that a grant is given to": {[]edit{{ecs + `"parentId":)"[^"]*"`, `${1}"` + first + `"`}}, isForged, isForged, isForged},
		"the agency that a grant is part of": {[]edit{
			{ecs + `"action":"create")`, `${1}`}, {`(?:)("address":"grant/ops-backup/project:cn-north-4/ECS FullAccess","parent":)"agency/ops-backup"`, `${1}"agency/ops-audit"`},
		}, isForged + "what it relies on gives no plan: ", isForged, isForged},
		"another cloud": {[]edit{{`"kind":"huaweicloud"`, `"kind":"opentelekomcloud"`}}, "", "", "wrong cloud: the plan is for opentelekomcloud"},
		"another holder, also live": {[]edit{
			{change("policy/backup-read") + `"holders":)\[.*?\]`, `${1}[]`},
			{live("grant/ops-backup/project:cn-north-4/backup-read") + `)"uses":\["policy/backup-read"\],`, `${1}`},
		}, isForged, isForged, isForged},
		"somebody else who is trusted, everywhere": {[]edit{{`(?:)audit-partner`, `a-stranger-co`}}, "", "",
			"not what the manifest gives: update agency/ops-audit: trust: the saved plan makes it"},
		"a description, everywhere": {[]edit{{`(?:)weekly copies`, `monthly copies`}}, "", "", "not what the manifest gives: update agency/ops-backup: description: the saved plan makes it"},
		"another account":           {[]edit{{`"name":"example-co","id":"[0-9a-f]+"`, `"name":"example-co","id":"49d9e9843b09e181a77dd445119e3010"`}}, isForged, isForged, isForged},
		"no findings":               {[]edit{{admin + `"findings":)\[.*?\],"resolves"`, `${1}[],"resolves"`}}, isForged, isForged, isForged},
		"a finding accepted": {[]edit{{`("acceptances":\[)`, `${1}{"rule":"administrator-role","address":"grant/**","reason":"known","reviewBy":"2031-06-30"},`}},
			isForged, isForged, isForged},
		"attributes that say less than after": {[]edit{{audit + `"attributes":\[\{"name":"trust","before":"account:partner-co","after":)"account:audit-partner"`,
			`${1}"account:example-co"`}}, isForged, isForged, isForged},
		"another state before": {[]edit{{change("agency/ops-backup") + `"before":\{"attributes":\{"description":)"nightly copies"`, `${1}"weekly copies"`}},
			isForged, isForged, isForged},
		"another role behind a name": {[]edit{{change("grant/ops-audit/domain/OBS OperateAccess") + `"role":)"[^"]+"`, `${1}"` + role + `"`}},
			isForged, isForged, isForged},
		"another role behind a name, also in what was wanted": {[]edit{
			{change("grant/ops-audit/domain/OBS OperateAccess") + `"role":)"[^"]+"`, `${1}"` + role + `"`},
			{desired("grant/ops-audit/domain/OBS OperateAccess") + `"role":)"[^"]+"`, `${1}"` + role + `"`},
		}, isForged, isForged, isForged},
		"nothing protected":  {[]edit{{`,"protect":\["agency/ops-glass"\]`, ``}}, isForged, isForged, isForged},
		"nothing owned":      {[]edit{{`"include":\["agency/ops-\*"\],`, ``}}, isForged, isForged, isForged},
		"a limit":            {[]edit{{`"maxDeletes":"5"`, `"maxDeletes":"1"`}}, isForged, isForged, isForged},
		"a guardrail":        {[]edit{{`"guardrails":\{.*?\},"acceptances"`, `"guardrails":{"trustedAccounts":["example-co"]},"acceptances"`}}, isForged, isForged, isForged},
		"the own way in":     {[]edit{{`"options":\{`, `"options":{"self":["agency/ops-audit"]`}}, isForged, isForged, isForged},
		"a renewal":          {[]edit{{`"options":\{`, `"options":{"renew":["agency/ops-backup"]`}}, isForged, isForged, isForged},
		"a selection":        {[]edit{{`"options":\{`, `"options":{"select":{"exclude":["agency/ops-left"]}`}}, isForged, isForged, isForged},
		"what a role allows": {[]edit{{`("name":"Tenant Administrator","id":"[^"]+".*?"document":)\{.*?\}\]\}\}`, `${1}{"Version":"1.1","Statement":[]}}`}}, isForged, isForged, isForged},
		"two agencies exchanged": {[]edit{{"(?:)" + first, "FIRST"}, {"(?:)" + second, first}, {"(?:)FIRST", second}}, "",
			"live state has moved: agency/ops-audit: its id was", "live state has moved: agency/ops-audit: its id was"},
		"a change left out": {[]edit{{`\{"address":"grant/ops-audit/domain/OBS ReadOnlyAccess","parent":"agency/ops-audit","type":"grant".*?\},(\{"address")`, `${1}`}},
			isForged, isForged, isForged},
		"nobody who holds the policy": {[]edit{{change("policy/backup-read") + `"holders":)\[.*?\]`, `${1}[]`}}, isForged, isForged, isForged},
		"nobody gains":                {[]edit{{`"privileges":\{"principals":\[.*?\],"chains":\[.*?\]\}`, `"privileges":{"principals":[],"chains":[]}`}}, isForged, isForged, isForged},
		"nothing left to a person":    {[]edit{{change("authorization/lakeformation/cn-north-4/JOB_TRUST") + `"manual":)\[\{.*?\}\]`, `${1}[]`}}, isForged, isForged, isForged},
		"nothing that goes along":     {[]edit{{change("agency/ops-retired") + `"with":)\[[^]]+\]`, `${1}[]`}}, isForged, isForged, isForged},
		"fewer changes counted":       {[]edit{{`"summary":\{"create":\d+`, `"summary":{"create":1`}}, isForged, isForged, isForged},
		"an authorization that states more": {[]edit{{desired("authorization/fabric/cn-north-4") + `"grants":\[)`,
			`${1}"grant/fabric_admin_trust/domain/Tenant Administrator",`}}, isForged, isForged, isForged},
		"an authorization that trusts somebody else": {[]edit{{desired("authorization/fabric/cn-north-4") + `"trust":)"op_svc_fabric"`,
			`${1}"op_svc_ecs"`}}, isForged, isForged, isForged},
		"grants of an authorization": {[]edit{{change("authorization/fabric/cn-north-4") + `"after":\{.*?"grants":\[)`,
			`${1}"grant/fabric_admin_trust/domain/Tenant Administrator",`}}, isForged, isForged, isForged},
		"somebody else whose id is sent": {[]edit{{`(?:)("settings":\{"trust":"accountId:)[0-9a-f]{32}("\},"bindings":\{"trust":")[0-9a-f]{32}"`,
			`${1}58bb150d1977bc14e7287d5d696a88cc${2}58bb150d1977bc14e7287d5d696a88cc"`}}, isForged, isForged, isForged},
		"the same, with its id everywhere": {[]edit{{`(?:)49d9e9843b09e181a77dd445119e3010`, `58bb150d1977bc14e7287d5d696a88cc`}}, "",
			"live state has moved: ", "live state has moved: "},
		"a service as an account, everywhere": {[]edit{
			{change("agency/ops-service") + `"trust":)"service:op_svc_ecs"\},"bindings":\{"trust":"[0-9a-f]+"\}`, `${1}"account:op_svc_obs"}`},
			{change("agency/ops-service") + `"name":"trust","before":null,"after":)"service:op_svc_ecs"`, `${1}"account:op_svc_obs"`},
			{desired("agency/ops-service") + `"trust":)"service:op_svc_ecs"\},"bindings":\{"trust":"[0-9a-f]+"\}`, `${1}"account:op_svc_obs"}`},
		}, isForged, isForged, isForged},
		"a removal of another agency": {[]edit{{change("authorization/csms/cn-north-4/RDS-FG") + `"agency":)"[^"]*"`, `${1}"ops-audit"`}}, isForged, isForged, isForged},
	}
	for _, name := range thinned(slices.Sorted(maps.Keys(forgeries))) {
		c := forgeries[name]
		t.Run(name, func(t *testing.T) {
			text := string(content)
			for _, e := range c.edits {
				text = e.in(t, text)
			}
			require.NotEqual(t, string(content), text)
			require.NoError(t, os.WriteFile(forged, []byte(sealed(text)), 0o600))
			says := func(o outcome, words string) {
				t.Helper()
				if words == "" {
					require.Zero(t, o.code, "%s", o)
					return
				}
				require.Equal(t, 1, o.code, "%s", o)
				require.Contains(t, o.stderr, words)
			}
			writes := f.writesIn(func() {
				says(f.offline(t, "show", forged), c.shows)
				if c.applies != "" {
					says(f.run(t, "apply", forged), c.applies)
				}
				says(f.run(t, "apply", forged, "-f", main), c.held)
			})
			require.Empty(t, writes)
		})
	}
}
