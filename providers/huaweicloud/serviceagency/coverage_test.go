package serviceagency_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/conformance/cloudtest"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
	"github.com/agencyctl/agencyctl/providers"
)

// snapshot is what IAM showed: agencies by name, with the scopes in which each holds a grant. Read are the authorizations that were
// read.
func snapshot(t *testing.T, agencies map[string][]string, read ...string) *plan.Snapshot {
	t.Helper()
	s := &plan.Snapshot{}
	for _, text := range append([]string{"agency/*", "grant/*/**"}, read...) {
		pattern, err := addr.ParsePattern(text)
		require.NoError(t, err)
		s.Coverage = append(s.Coverage, pattern)
	}
	for name, scopes := range agencies {
		agency := cloudtest.Address(t, "agency/"+name)
		s.Resources = append(s.Resources, plan.Live{Resource: plan.Resource{Address: agency}})
		for _, scope := range scopes {
			s.Resources = append(s.Resources, plan.Live{Resource: plan.Resource{
				Address: cloudtest.Address(t, "grant/"+name+"/"+scope+"/Tenant Guest"), Parent: agency,
			}})
		}
	}
	return s
}

func TestWhatIsNotCoveredIsNamedByWhatIAMShows(t *testing.T) {
	const (
		one     = "no entry mentions it, and an agency of the service holds a grant there"
		several = "no entry mentions them, and agencies of the service hold grants there"
		nothing = "no entry mentions it, and IAM has no agency that is known as its own"
	)
	for _, s := range sites() {
		t.Run(s.Provider.Name(), func(t *testing.T) {
			name := s.Provider.Name()
			part := func(reason string, places ...string) plan.NotRead {
				n := plan.NotRead{Subject: name, Reason: reason, Regions: places, Usual: reason == nothing}
				if len(places) == 1 {
					n.Subject += ":" + places[0]
				}
				return n
			}
			holds := func(scopes ...string) map[string][]string { return map[string][]string{s.agency: scopes} }
			root := cloudtest.Address(t, s.address("cn-north-4"))
			mentioned := providers.Coverage{Roots: []providers.Root{{Address: root}}}
			sub := part(one, "cn-east-3")
			if name == "secmaster" {
				sub = part(one, "cn-east-3_web")
			}
			for title, c := range map[string]struct {
				snapshot *plan.Snapshot
				covered  providers.Coverage
				want     []plan.NotRead
			}{
				"nothing is there":   {snapshot(t, nil), providers.Coverage{}, []plan.NotRead{part(nothing)}},
				"another's agency":   {snapshot(t, map[string][]string{"ops": {"project:cn-east-3"}}), providers.Coverage{}, []plan.NotRead{part(nothing)}},
				"without grants":     {snapshot(t, holds()), providers.Coverage{}, []plan.NotRead{part("no entry mentions it, and its agency " + s.agency + " is there, without grants")}},
				"IAM was not read":   {&plan.Snapshot{}, providers.Coverage{}, []plan.NotRead{part("no entry mentions it, and IAM does not tell whether it has an agency")}},
				"in one region":      {snapshot(t, holds("project:cn-east-3", "domain")), providers.Coverage{}, []plan.NotRead{part(one, "cn-east-3")}},
				"in several regions": {snapshot(t, holds("project:cn-north-9", "project:cn-east-3")), providers.Coverage{}, []plan.NotRead{part(several, "cn-east-3", "cn-north-9")}},
				"in a subproject":    {snapshot(t, holds("project:cn-east-3_web")), providers.Coverage{}, []plan.NotRead{sub}},
				"in no region": {snapshot(t, holds("project:MOS", "all-projects", "enterprise-project:cn-east-3")), providers.Coverage{},
					[]plan.NotRead{part("no entry mentions it, and its agency " + s.agency + " holds grants, in no region's project")}},
				"all is read":         {snapshot(t, holds("project:cn-north-4"), root.String()), mentioned, nil},
				"one region is read":  {snapshot(t, holds("project:cn-north-4", "project:cn-east-3"), root.String()), mentioned, []plan.NotRead{part(one, "cn-east-3")}},
				"no grant elsewhere":  {snapshot(t, nil, root.String()), mentioned, nil},
				"one is left unread":  {snapshot(t, holds("project:cn-east-3"), root.String()), providers.Coverage{NotRead: []string{"iam-v5", name + ":cn-east-3"}}, []plan.NotRead{part("cloud.notRead leaves it out", "cn-east-3")}},
				"all is left unread":  {snapshot(t, holds("project:cn-east-3")), providers.Coverage{NotRead: []string{name}}, []plan.NotRead{part("cloud.notRead leaves it out")}},
				"the rest is unknown": {snapshot(t, nil), providers.Coverage{NotRead: []string{name + ":cn-east-3"}}, []plan.NotRead{part("cloud.notRead leaves it out", "cn-east-3"), part(nothing)}},
			} {
				assert.Equal(t, c.want, s.Provider.NotCovered(c.snapshot, c.covered), title)
			}

			told := snapshot(t, holds("project:cn-east-3", "project:cn-north-9"), root.String())
			told.NotRead = []plan.NotRead{part("the service is not offered there", "cn-east-3")}
			assert.Equal(t, []plan.NotRead{part(one, "cn-north-9")}, s.Provider.NotCovered(told, mentioned), "what is said already")
		})
	}
}

func TestEveryPublishedAgencyIsLookedAt(t *testing.T) {
	for _, s := range sites() {
		for name := range s.Agencies {
			seen := snapshot(t, map[string][]string{name: {"project:cn-east-3"}})
			told := s.Provider.NotCovered(seen, providers.Coverage{})
			require.Len(t, told, 1, name)
			assert.Equal(t, s.Provider.Name()+":cn-east-3", told[0].Subject, name)
		}
	}
}

func TestAnAgencyThatAnEntryNamesIsTheServices(t *testing.T) {
	for _, s := range sites() {
		if !s.named {
			continue
		}
		covered := providers.Coverage{Roots: []providers.Root{{
			Address: cloudtest.Address(t, s.address("cn-north-4")), Settings: plan.Attributes{"agency": plan.StringValue("own")},
		}}}
		seen := snapshot(t, map[string][]string{"own": {"project:cn-east-3"}}, s.address("cn-north-4"))
		assert.Len(t, s.Provider.NotCovered(seen, covered), 1, s.Provider.Name())
	}
}

func TestAnEntryOfWhatIsLeftUnreadIsAProblem(t *testing.T) {
	for _, s := range sites() {
		t.Run(s.Provider.Name(), func(t *testing.T) {
			m := cloudtest.Manifest(t, `, "authorizations": [{`+s.entry+`}, {`+s.entry+`, "region": "cn-southwest-2", "state": "absent"}]`)
			at := plan.Position{File: "m.yaml", Line: 1, Column: 7}
			for part, want := range map[string][]int{
				s.Provider.Name():                     {0, 1},
				s.Provider.Name() + ":cn-north-4":     {0},
				s.Provider.Name() + ":cn-southwest-2": {1},
				s.Provider.Name() + ":cn-east-3":      nil,
				"other":                               nil,
			} {
				m.NotRead, m.NotReadAt = []string{part}, map[string]plan.Position{part: at}
				_, problems := s.Provider.Expand(m)
				var entries []int
				for _, p := range plan.Fatal(problems) {
					require.Equal(t, "left unread", p.Summary)
					assert.Contains(t, p.Detail, "m.yaml:1:7: "+part, "both places are shown")
					entries = append(entries, slices.IndexFunc(m.Sections["authorizations"], func(n *plan.Node) bool { return n.At == p.At }))
				}
				assert.Equal(t, want, entries, part)
			}
		})
	}
}

func TestUnknownWordsOfWhatIsLeftUnreadAreProblems(t *testing.T) {
	registry := append(slices.Clone(services), besideThem).Registry()
	for part, hint := range map[string]string{
		"csms": "", "csms:cn-east-3": "", "secmaster:cn-north-4_data": "", "enterprise-projects": "", "iam-v5": "",
		"secmastr:cn-east": `did you mean "secmaster"?`,
		"iam-v5:cn-east-3": `did you mean "iam-v5"?`,
		"attic":            "parts that are known: agency:NAME, all-projects, csms, enterprise-projects, fabric, iam-v5, lakeformation, policy:NAME, project:NAME, secmaster",
		"all-projects":     "", "project:cn-east-3": "", "project:id:9e43": "", "agency:x": "", "policy:x": "",
		"project": "write project:NAME", "projct:x": `did you mean "project"?`, "all-project": `did you mean "all-projects" or "project"?`,
		"all-projects:x": `did you mean "all-projects" or "project"?`,
		"csms:":          `did you mean "csms"?`,
	} {
		m := cloudtest.Manifest(t, "")
		m.NotRead, m.NotReadAt = []string{part}, map[string]plan.Position{part: {File: "m.yaml", Line: 7, Column: 3}}
		_, problems := registry.Expand(m)
		if hint == "" {
			assert.Empty(t, problems, part)
			continue
		}
		require.Len(t, problems, 1, part)
		assert.Equal(t, "m.yaml:7:3 unknown part", problems[0].At.String()+" "+problems[0].Summary)
		assert.Contains(t, problems[0].Detail, part)
		assert.Equal(t, hint, problems[0].Hint, part)
	}
}
