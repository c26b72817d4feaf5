package schema_test

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/schema"
)

var update = flag.Bool("update", false, "rewrite the expected output in testdata")

const head = "apiVersion: agencyctl/v1\naccount: {name: example-co}\ncloud: {kind: huaweicloud, region: cn-north-4}\n"

func parse(texts ...string) ([]*plan.Manifest, []plan.Problem) {
	var sources []schema.Source
	for i, text := range texts {
		sources = append(sources, schema.Source{Name: fmt.Sprintf("%c.yaml", 'a'+i), Data: []byte(text)})
	}
	manifests, _, problems := schema.Parse(sources)
	return manifests, problems
}

// valid parses texts that must make one manifest without a problem.
func valid(t *testing.T, texts ...string) *plan.Manifest {
	t.Helper()
	manifests, problems := parse(texts...)
	require.Empty(t, problems)
	require.Len(t, manifests, 1)
	return manifests[0]
}

// told writes problems as the golden files hold them.
func told(problems []plan.Problem) string {
	var b strings.Builder
	for _, p := range problems {
		fmt.Fprintf(&b, "%s: %s\n    %s\n", p.At, p.Summary, p.Detail)
		if p.Hint != "" {
			fmt.Fprintf(&b, "    hint: %s\n", p.Hint)
		}
	}
	return b.String()
}

// TestProblems holds what is said about each bad manifest of testdata/problems against the file beside it. Sources of
// one case are parted by lines "=== next".
func TestProblems(t *testing.T) {
	paths, err := filepath.Glob("testdata/problems/*.yaml")
	require.NoError(t, err)
	require.NotEmpty(t, paths)
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".yaml"), func(t *testing.T) {
			text, err := os.ReadFile(path)
			require.NoError(t, err)
			_, problems := parse(strings.Split(string(text), "=== next\n")...)
			require.NotEmpty(t, problems)
			golden := strings.TrimSuffix(path, ".yaml") + ".golden"
			if *update {
				require.NoError(t, os.WriteFile(golden, []byte(told(problems)), 0o644))
			}
			want, err := os.ReadFile(golden)
			require.NoError(t, err)
			assert.Equal(t, string(want), told(problems))
		})
	}
}

func TestAManifestIsReadWhole(t *testing.T) {
	m := valid(t, `apiVersion: agencyctl/v1
account: {name: example-co, id: d0a1}
cloud:
  kind: huaweicloud
  region: cn-north-4
  iamV5: ignore
  enterpriseProjects: unmanaged
  notRead: ["csms:cn-east-3", iam-v5]
  endpoints: {iam: "https://iam.eu-west-101.myhuaweicloud.eu"}
ownership: {include: ["ops-*", "policy/*"], exclude: [ops-legacy], prune: true, protect: [agency/break-glass, "grant/**"], maxDeletes: 0}
guardrails: {trustedAccounts: [partner-co], maxDuration: 90d}
policies:
  - {name: backup-read, scope: project, statements: [{effect: Allow, actions: ["obs:object:GetObject"], condition: {Bool: {"g:MFAPresent": ["true", "1", "1.5"]}}}]}
agencies:
  - name: ops-backup
    trust: {account: partner-co}
    reviewBy: 2031-01-01
    grants: {domain: [OBS ReadOnlyAccess], projects: {cn-north-4: [backup-read]}}
  - {name: ops-retired, state: absent}
authorizations:
  - {service: csms, secretTypes: [RDS-FG]}
`)
	assert.Equal(t, plan.Account{Name: "example-co", ID: "d0a1"}, m.Account)
	assert.Equal(t, "a.yaml:2:10", m.AccountAt.String())
	assert.Equal(t, plan.Cloud{Kind: "huaweicloud", Region: "cn-north-4"}, m.Cloud)
	assert.Equal(t, []string{"csms:cn-east-3", "enterprise-projects", "iam-v5"}, m.NotRead)
	assert.Equal(t, "a.yaml:8:13", m.NotReadAt["csms:cn-east-3"].String())
	assert.Equal(t, "a.yaml:7:23", m.NotReadAt["enterprise-projects"].String())
	assert.Equal(t, "a.yaml:8:31", m.NotReadAt["iam-v5"].String(), "where it is said last")
	assert.Equal(t, map[string]string{"iam": "https://iam.eu-west-101.myhuaweicloud.eu"}, m.Endpoints)
	assert.Equal(t, []string{"a.yaml"}, m.Files)
	assert.Equal(t, []string{"agencies", "authorizations", "policies"}, slices.Sorted(maps.Keys(m.Sections)))
	assert.Len(t, m.Sections["agencies"], 2)
	assert.Equal(t, "0", m.Ownership.MaxDeletes.String())
	assert.True(t, m.Ownership.Prune)
	assert.True(t, m.Ownership.Owns(addr.New("agency", addr.Plain("ops-x"))))
	assert.True(t, m.Ownership.Owns(addr.New("policy", addr.Plain("x"))))
	assert.False(t, m.Ownership.Owns(addr.New("agency", addr.Plain("ops-legacy"))))
	assert.Equal(t, "90d", m.Guardrails.Get("maxDuration").String())
	assert.Equal(t, "2031-01-01", m.Sections["agencies"][0].Get("reviewBy").String(), "an unquoted date is text")
	assert.Equal(t, "a.yaml:18:23", m.Sections["agencies"][0].Get("grants").Get("domain").Elements()[0].At.String())
	assert.Regexp(t, `^sha256:[0-9a-f]{64}$`, m.Digest)
}

func TestWhatIsAccepted(t *testing.T) {
	agency := "agencies:\n  - name: ops\n    trust: {account: partner-co}\n"
	for name, texts := range map[string][]string{
		"a byte order mark of UTF-8":           {"\ufeff" + head + agency},
		"lines that end in CR LF":              {strings.ReplaceAll(head+agency, "\n", "\r\n")},
		"empty documents and empty files":      {"---\n---\n" + head + agency + "---\n# nothing\n", "", "# nothing\n"},
		"several documents in one file":        {head + "---\napiVersion: agencyctl/v1\naccount: {name: example-co}\n" + agency},
		"an explicit tag that changes nothing": {head + strings.Replace(agency, "name: ops", "name: !!str ops", 1)},
		"aliases and merge keys":               {head + "agencies:\n  - &a\n    name: ops\n    trust: &t {account: partner-co}\n  - <<: *a\n    name: two\n  - {name: three, trust: *t}\n"},
		"a merge of several mappings":          {head + "agencies:\n  - &a {name: one, trust: {account: x}}\n  - &b {name: two, owner: me, state: absent}\n  - <<: [*b, *a]\n    name: three\n"},
		"a name with characters beyond ASCII":  {head + strings.Replace(agency, "name: ops", "name: Prüfer-組", 1)},
		"an entry that is there by state":      {head + agency + "    state: present\n"},
		"a section without entries":            {head + "agencies: []\n"},
		"all bookkeeping keys":                 {head + agency + "    owner: me\n    reason: because\n    ticket: T-1\n    reviewBy: \"2028-02-29\"\n"},
		"a pattern with a type":                {head + "ownership: {include: [\"policy/*\", \"agency/a%2Fb\"]}\n"},
		"an endpoint with a port and a slash":  {"apiVersion: agencyctl/v1\naccount: {id: d0}\ncloud: {kind: opentelekomcloud, endpoints: {iam: \"https://iam.eu-de.otc.t-systems.com:443/\"}}\n"},
	} {
		t.Run(name, func(t *testing.T) { valid(t, texts...) })
	}
}

func TestMergeKeysYieldToTheMappingItselfAndToEarlierOnes(t *testing.T) {
	m := valid(t, head+"agencies:\n  - &a {name: one, trust: {account: x}, owner: a}\n  - &b {name: two, state: absent, owner: b, ticket: T}\n  - <<: [*a, *b]\n    name: three\n    state: present\n")
	third := m.Sections["agencies"][2]
	assert.Equal(t, "three", third.Get("name").String())
	assert.Equal(t, "a", third.Get("owner").String())
	assert.Equal(t, "T", third.Get("ticket").String())
}

func TestColumnsCountCharacters(t *testing.T) {
	_, problems := parse(head + "agencies: [{name: ops, trust: {account: 組織}, ownr: x}]\n")
	require.Len(t, problems, 1)
	assert.Equal(t, "a.yaml:4:46", problems[0].At.String())
}

func TestDocumentsOfOneAccountMakeOneManifest(t *testing.T) {
	part := func(account string) string { return "apiVersion: agencyctl/v1\naccount: " + account + "\n" }
	cloud := "cloud: {kind: huaweicloud}\n"
	for name, c := range map[string]struct {
		texts []string
		want  []plan.Account
	}{
		"by name":                     {[]string{part("{name: a}") + cloud, part("{name: a}")}, []plan.Account{{Name: "a"}}},
		"by id":                       {[]string{part("{id: i}"), part("{id: i}") + cloud}, []plan.Account{{ID: "i"}}},
		"tied by one that gives both": {[]string{part("{name: a}") + cloud, part("{id: i}"), part("{name: a, id: i}")}, []plan.Account{{Name: "a", ID: "i"}}},
		"others stay apart":           {[]string{part("{name: b}") + cloud, part("{name: a}") + cloud}, []plan.Account{{Name: "b"}, {Name: "a"}}},
		"an id is no name":            {[]string{part("{name: a}") + cloud, part("{id: a}") + cloud}, []plan.Account{{Name: "a"}, {ID: "a"}}},
	} {
		t.Run(name, func(t *testing.T) {
			manifests, problems := parse(c.texts...)
			require.Empty(t, problems)
			var got []plan.Account
			for _, m := range manifests {
				got = append(got, m.Account)
			}
			assert.Equal(t, c.want, got)
		})
	}
}

func TestEntriesStandInTheOrderOfTheFiles(t *testing.T) {
	m := valid(t, head+"agencies: [{name: z, state: absent}]\n", "apiVersion: agencyctl/v1\naccount: {name: example-co}\nagencies: [{name: a, state: absent}, {name: m, state: absent}]\n")
	var got []string
	for _, entry := range m.Sections["agencies"] {
		got = append(got, entry.Get("name").String())
	}
	assert.Equal(t, []string{"z", "a", "m"}, got)
	assert.Equal(t, []string{"a.yaml", "b.yaml"}, m.Files)
}

func TestOnlyTheAccountWithAProblemHasNoManifest(t *testing.T) {
	good := "apiVersion: agencyctl/v1\naccount: {name: good}\ncloud: {kind: huaweicloud}\n"
	manifests, problems := parse(head+"agencies: [{name: 7}]\n", good)
	require.NotEmpty(t, problems)
	require.Len(t, manifests, 1)
	assert.Equal(t, "good", manifests[0].Account.Name)

	manifests, problems = parse("a: [", good)
	require.NotEmpty(t, problems)
	assert.Empty(t, manifests, "nobody knows what the broken file would have said")
}

func TestTheDigestIsOfTheMeaning(t *testing.T) {
	one := valid(t, head+"agencies:\n  - {name: a, trust: {account: x}, description: \"é\"}\n  - {name: b, state: absent}\n").Digest
	for name, texts := range map[string][]string{
		"comments, quotes and order of keys": {"# c\naccount: {'name': example-co}\napiVersion: agencyctl/v1\ncloud: {region: \"cn-north-4\", kind: huaweicloud}\nagencies:\n  - description: é\n    trust:\n      account: x\n    name: a\n  - {state: absent, name: b}\n"},
		"files":                              {"apiVersion: agencyctl/v1\naccount: {name: example-co}\nagencies: [{name: b, state: absent}]\n", head + "agencies: [{name: a, trust: {account: x}, description: é}]\n"},
		"empty sections":                     {head + "policies: []\nagencies:\n  - {name: a, trust: {account: x}, description: \"é\"}\n  - {name: b, state: absent}\n"},
	} {
		t.Run(name, func(t *testing.T) { assert.Equal(t, one, valid(t, texts...).Digest) })
	}
	for name, text := range map[string]string{
		"a value":   "agencies:\n  - {name: a, trust: {account: y}, description: \"é\"}\n  - {name: b, state: absent}\n",
		"an entry":  "agencies:\n  - {name: a, trust: {account: x}, description: \"é\"}\n",
		"a section": "ownership: {}\nagencies:\n  - {name: a, trust: {account: x}, description: \"é\"}\n  - {name: b, state: absent}\n",
	} {
		t.Run("not of "+name, func(t *testing.T) { assert.NotEqual(t, one, valid(t, head+text).Digest) })
	}
}

func TestHostileTextIsBounded(t *testing.T) {
	bomb := "a: &a [x,x,x,x,x,x,x,x,x,x]\n"
	for c := 'b'; c <= 'k'; c++ {
		bomb += fmt.Sprintf("%c: &%c [*%c,*%c,*%c,*%c,*%c,*%c,*%c,*%c,*%c,*%c]\n", c, c, c-1, c-1, c-1, c-1, c-1, c-1, c-1, c-1, c-1, c-1)
	}
	chain := "a0: &a0 []\n"
	for i := range 100 {
		chain += fmt.Sprintf("a%d: &a%d [*a%d]\n", i+1, i+1, i)
	}
	for name, c := range map[string]struct{ text, summary string }{
		"a bomb of aliases":               {bomb, "too many values"},
		"a long text that is used often":  {"a: &a \"" + strings.Repeat("x", 1<<20) + "\"\nb: [" + strings.Repeat("*a,", 100) + "]\n", "too many values"},
		"deep nesting":                    {"a: " + strings.Repeat("[", 70) + strings.Repeat("]", 70), "nested too deeply"},
		"very deep nesting":               {"a: " + strings.Repeat("[", 200_000), "not valid YAML"},
		"a deep chain of aliases":         {chain, "nested too deeply"},
		"an anchor inside itself":         {"a: &a [*a]\n", "alias inside its own anchor"},
		"a merge inside itself":           {"a: &a {<<: *a}\n", "alias inside its own anchor"},
		"a file that is too large":        {strings.Repeat("#", 17<<20), "file too large"},
		"UTF-16":                          {"\xff\xfea\x00", "wrong encoding"},
		"UTF-16, the other way round":     {"\xfe\xff\x00a", "wrong encoding"},
		"a byte that is no UTF-8":         {"a: \xc3\x28\n", "wrong encoding"},
		"a NUL byte":                      {"a: \x00\n", "character not allowed"},
		"a NUL by an escape":              {"a: \"\\0\"\n", "character not allowed"},
		"an escape sequence by an escape": {"a: \"\\e[2J\"\n", "character not allowed"},
		"text that turns round":           {"a: \u202egnp.exe\n", "character not allowed"},
	} {
		t.Run(name, func(t *testing.T) {
			manifests, problems := parse(c.text + "\n# apiVersion: agencyctl/v1")
			assert.Empty(t, manifests)
			var summaries []string
			for _, p := range problems {
				summaries = append(summaries, p.Summary)
			}
			assert.Contains(t, summaries, c.summary)
		})
	}
}

// What a committed link can lead to is no manifest, and must not get into the log of a pull request.
func TestNothingOfAFileIsQuotedThatIsNoManifest(t *testing.T) {
	for name, text := range map[string]string{
		"passwords":               "root:SECRET:19000:0:99999:7:::\ndaemon:SECRET:19000:0:99999:7:::\n",
		"an environment":          "TOKEN=SECRET\nPATH=/bin\n",
		"an environment with NUL": "TOKEN=SECRET\x00PATH=/bin",
		"YAML of another kind":    "SECRET: SECRET\nusers: [{token: SECRET}]\n",
		"an anchor":               "password: *SECRET\n",
		"a tag":                   "password: !SECRET x\n",
		"a key twice":             "SECRET: 1\nSECRET: 2\n",
		"a number":                "SECRET: 1\n0x5EC2E7: 0777\n",
		"JSON":                    `{"SECRET": "SECRET", "account": "SECRET", "apiVersion": "v1"}`,
		"JSON that breaks off":    `{"SECRET": "SECRET`,
		"a key":                   "-----BEGIN SECRET KEY-----\nSECRET\n-----END SECRET KEY-----\n",
		"a branch of that name":   "[branch \"agencyctl/v1\"]\n\theader = SECRET\n",
		"several documents":       "SECRET: 1\n---\naccount: SECRET\n",
	} {
		t.Run(name, func(t *testing.T) {
			manifests, drafts, problems := schema.Parse([]schema.Source{{Name: "ops.yaml", Data: []byte(text)}})
			assert.Empty(t, manifests)
			assert.Empty(t, drafts, "a draft would bring more problems")
			require.Len(t, problems, 1)
			assert.NotContains(t, problems[0].String(), "SECRET")
			assert.NotContains(t, problems[0].String(), "5EC2E7")
			assert.Contains(t, problems[0].String(), "ops.yaml")
		})
	}
}

func TestTooManyProblemsAreCounted(t *testing.T) {
	_, problems := parse(head + "agencies:\n" + strings.Repeat("  - 1\n", 10_100))
	require.Len(t, problems, 10_001)
	last := problems[10_000]
	assert.Equal(t, "too many problems", last.Summary)
	assert.Contains(t, last.Detail, "100 more")
}

func TestNothingAtAllIsAProblem(t *testing.T) {
	for name, texts := range map[string][]string{"no source": {}, "an empty file": {""}, "nothing but comments": {"# x\n", "---\n"}} {
		t.Run(name, func(t *testing.T) {
			manifests, problems := parse(texts...)
			assert.Empty(t, manifests)
			require.Len(t, problems, 1)
			assert.Equal(t, "no manifest", problems[0].Summary)
		})
	}
}

func TestEveryExampleIsValid(t *testing.T) {
	directories, err := filepath.Glob("../examples/*")
	require.NoError(t, err)
	require.NotEmpty(t, directories)
	for _, directory := range directories {
		t.Run(filepath.Base(directory), func(t *testing.T) {
			sources, err := schema.Load([]string{directory}, nil)
			require.NoError(t, err)
			manifests, _, problems := schema.Parse(sources)
			assert.Empty(t, told(problems))
			assert.NotEmpty(t, manifests)
		})
	}
}
