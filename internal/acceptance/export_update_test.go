package acceptance

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"
	"pgregory.net/rapid"

	"github.com/agencyctl/agencyctl/engine"
	"github.com/agencyctl/agencyctl/internal/cloudsim"
	"github.com/agencyctl/agencyctl/internal/export"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/schema"
)

// drawnEdits are changes by hand that fit an account more often than not.
func drawnEdits(t *rapid.T, w cloudsim.World) [][]string {
	var home cloudsim.Account
	for _, a := range w.Accounts {
		if a.ID == w.Home {
			home = a
		}
	}
	agencies, policies := []string{"fresh", "ops-new"}, []string{"custom-new"}
	scopes := []string{"domain", "all-projects"}
	roles := []string{}
	for _, g := range home.Agencies {
		agencies = append(agencies, g.Name)
	}
	for _, p := range home.Policies {
		policies, roles = append(policies, p.DisplayName), append(roles, p.DisplayName)
	}
	for _, p := range home.Projects {
		scopes = append(scopes, "project:"+p.Name)
	}
	for _, r := range w.Roles {
		roles = append(roles, r.DisplayName)
	}
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) []string {
		agency := rapid.SampledFrom(agencies).Draw(t, "agency")
		who := rapid.SampledFrom([]string{"partner-co", "op_svc_ecs", "op_svc_obs"}).Draw(t, "who")
		actions := rapid.SampledFrom([]string{"ecs:*:get", "!obs:*:* ecs:servers:get", "obs:object:GetObject obs:*:*"}).Draw(t, "actions")
		policy := rapid.SampledFrom(policies).Draw(t, "policy")
		switch rapid.IntRange(0, 10).Draw(t, "edit") {
		case 0, 1:
			return []string{"grant", agency, rapid.SampledFrom(scopes).Draw(t, "scope"), rapid.SampledFrom(roles).Draw(t, "role")}
		case 2, 3:
			for _, g := range home.Agencies {
				if g.Name == agency && len(g.Grants) > 0 {
					return revocation(w, home, g, rapid.SampledFrom(g.Grants).Draw(t, "grant"))
				}
			}
			return []string{"expire", agency}
		case 4:
			return []string{"set", agency, "description", textDrawn(t, "new description", true)}
		case 5:
			return []string{"set", agency, "duration", rapid.SampledFrom([]string{"5", "FOREVER"}).Draw(t, "days")}
		case 6:
			return []string{"set", agency, "trust", who}
		case 7:
			return []string{"create", agency, who}
		case 8:
			return []string{"delete", agency}
		case 9:
			return []string{"policy", rapid.SampledFrom([]string{"create", "delete"}).Draw(t, "what"), policy, "project", actions}
		}
		return []string{"policy", "set", policy, actions}
	}), 1, 6).Draw(t, "edits")
}

func revocation(w cloudsim.World, home cloudsim.Account, g cloudsim.Agency, grant cloudsim.Grant) []string {
	role, scope := "", map[string]string{cloudsim.ScopeDomain: "domain", cloudsim.ScopeAllProjects: "all-projects"}[grant.Scope]
	for _, r := range append(slices.Clone(w.Roles), home.Policies...) {
		if r.ID == grant.Role {
			role = r.DisplayName
		}
	}
	for _, p := range home.Projects {
		if p.ID == grant.Target {
			scope = "project:" + p.Name
		}
	}
	for _, p := range home.EnterpriseProjects {
		if p.ID == grant.Target {
			scope = "enterprise-project:" + p.Name
		}
	}
	return []string{"revoke", g.Name, scope, role}
}

// isKept reports whether lines are what they were, but for aliases: where an anchor went, one of them may have what it stood for, and behind
// a merge key those of its keys that are wanted there.
func isKept(was, now string, anchored map[string]*yaml.Node) bool {
	alias := regexp.MustCompile(`(<<: )?\*([am]\d+)`)
	pattern, end := "", 0
	uses := alias.FindAllStringSubmatchIndex(was, -1)
	for _, use := range uses {
		name := use[4] - len("*")
		pattern += regexp.QuoteMeta(strings.TrimRight(was[end:name], " ")) + "(.*?)" // a long value stands below its key
		end = use[5]
	}
	stands := regexp.MustCompile("^(?s:" + pattern + regexp.QuoteMeta(was[end:]) + ")$").FindStringSubmatch(now)
	if stands == nil {
		return false
	}
	for i, use := range uses {
		name, now := was[use[4]:use[5]], strings.TrimLeft(stands[i+1], " ")
		if now != "*"+name && !isValue(strings.TrimPrefix(now, "&"+name), anchored[name], use[2] >= 0) {
			return false
		}
	}
	return true
}

// isValue reports whether a text is a value, or some keys of it.
func isValue(text string, value *yaml.Node, some bool) bool {
	var has, wanted any
	if value == nil || yaml.Unmarshal([]byte(text), &has) != nil || value.Decode(&wanted) != nil {
		return false
	}
	keys, isMap := has.(map[string]any)
	all, _ := wanted.(map[string]any)
	if some && isMap {
		maps.DeleteFunc(all, func(key string, _ any) bool { _, is := keys[key]; return !is })
	}
	return reflect.DeepEqual(has, wanted)
}

// anchoredIn are the values of the anchors in sources.
func anchoredIn(t require.TestingT, sources []schema.Source) map[string]*yaml.Node {
	anchored := map[string]*yaml.Node{}
	var note func(n *yaml.Node)
	note = func(n *yaml.Node) {
		if n.Anchor != "" {
			anchored[n.Anchor] = n
		}
		for _, child := range n.Content {
			note(child)
		}
	}
	for _, s := range sources {
		for d := yaml.NewDecoder(bytes.NewReader(s.Data)); ; {
			var document yaml.Node
			err := d.Decode(&document)
			if errors.Is(err, io.EOF) {
				break
			}
			require.NoError(t, err)
			note(&document)
		}
	}
	return anchored
}

func TestLinesAreKeptWhereAnAliasHasItsValue(t *testing.T) {
	t.Parallel()
	sources := []schema.Source{{Name: "m.yaml", Data: []byte("- &a1 {service: x}\n- &m2 {name: b, trust: *a1, duration: 5d}\n")}}
	anchored := anchoredIn(t, sources)
	for now, kept := range map[string]bool{
		"- <<: *m2\n  trust: *a1\n  reason: why":                                          true,
		"- <<: *m2\n  trust: &a1 {service: x}\n  reason: why":                             true,
		"- <<: &m2\n    duration: 5d\n  trust:\n    service: 'x'\n  reason: why":          true,
		"- <<: *m2\n  trust: {service: y}\n  reason: why":                                 false,
		"- <<: *m2\n  trust: {service: x, account: y}\n  reason: why":                     false,
		"- <<: {duration: 6d}\n  trust: *a1\n  reason: why":                               false,
		"- <<: {duration: 5d, description: new}\n  trust: *a1\n  reason: why":             false,
		"- <<: *m2\n  trust: *a1\n  reason: other":                                        false,
		"- <<: *m2\n  trust: *a1\n  description: new\n  reason: why":                      false,
		"- <<: *m2\n  description: new\n  trust: *a1\n  reason: why":                      false,
		"- <<: {name: b, trust: {service: x}, duration: 5d}\n  trust: *a1\n  reason: why": true,
	} {
		assert.Equal(t, kept, isKept("- <<: *m2\n  trust: *a1\n  reason: why", now, anchored), now)
	}
}

// updatedTo edits sources so that they say what is live. The second result is the manifest that they were.
func updatedTo(t require.TestingT, e *engine.Engine, sources []schema.Source) ([]schema.Source, *plan.Manifest, *export.Updated) {
	texts := func() (b string) {
		for _, s := range sources {
			b += "--- " + s.Name + "\n" + string(s.Data) + "\n"
		}
		return b
	}
	manifests, _, problems := schema.Parse(sources)
	require.Empty(t, plan.Fatal(problems), texts())
	m := manifests[0]
	desired, problems := engine.Validate(services.Registry(), m)
	require.Empty(t, plan.Fatal(problems), texts())
	snapshot, err := e.ObserveListed(context.Background(), m, desired)
	require.NoError(t, err, texts())
	updated, problems, err := export.Update(services.Registry(), sources, []export.LiveAccount{{Manifest: m, Snapshot: snapshot}}, export.Options{Now: exportedAt})
	require.NoError(t, err)
	require.NotNil(t, updated, "%v\n%s", problems, texts())
	after := slices.Clone(sources)
	for _, f := range updated.Files {
		i := slices.IndexFunc(after, func(s schema.Source) bool { return s.Name == f.Name })
		after[i].Data = f.Text
	}
	return after, m, updated
}

// linesOf are the lines of each entry of a manifest that has lines of its own, without comments and blank lines around them, by what it says and how often.
func linesOf(sources []schema.Source, m *plan.Manifest) map[string][]string {
	found := map[string][]string{}
	starts := map[string][]int{}
	for _, entries := range m.Sections {
		for _, e := range entries {
			starts[e.At.File] = append(starts[e.At.File], e.At.Line)
		}
	}
	for section, entries := range m.Sections {
		for _, e := range entries {
			i := slices.IndexFunc(sources, func(s schema.Source) bool { return s.Name == e.At.File })
			lines := strings.Split(string(sources[i].Data), "\n")
			end := len(lines)
			for _, start := range starts[e.At.File] {
				if start > e.At.Line {
					end = min(end, start-1)
				}
			}
			if strings.TrimSpace(lines[e.At.Line-1][:min(e.At.Column-1, len(lines[e.At.Line-1]))]) != "-" {
				continue // beside others, in flow style
			}
			own := lines[e.At.Line-1 : end]
			for k, line := range own { // another section, or document
				if k > 0 && line != "" && !strings.ContainsRune(" -#\r", rune(line[0])) || strings.HasPrefix(line, "---") {
					own = own[:k]
					break
				}
			}
			for len(own) > 1 && (len(strings.Trim(own[len(own)-1], " -\r")) == 0 || strings.Trim(own[len(own)-1], " -")[0] == '#') {
				own = own[:len(own)-1]
			}
			says := section + string(e.AppendJSON(nil))
			found[says] = append(found[says], strings.TrimRight(strings.Join(own, "\n"), "\r"))
		}
	}
	return found
}

func TestAnUpdateSaysWhatIsLiveAndTouchesNothingElse(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := drawnAccount(t, rapid.SampledFrom([]string{cloudsim.HuaweiCloud, cloudsim.OpenTelekomCloud}).Draw(t, "cloud"))
		server, e, closed := openWorld(t, w)
		defer closed()
		exported, _ := exportOf(t, e, cloudOf(w)).Text()
		sources := []schema.Source{{Name: "m.yaml", Data: exported}}
		if rapid.Bool().Draw(t, "restyled") {
			sources = restyled(t, string(exported))
		}
		_, _, updated := updatedTo(t, e, sources)
		require.Empty(t, updated.Files, "with nothing changed")

		isUpdated(t, server, e, sources, drawnEdits(t, server.World()))
	})
}

func TestAnUpdateOfServicesSaysWhatIsLive(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		server, e, closed := openServices(t)
		defer closed()
		exported, _ := exportOf(t, e, cloudOf(server.World())).Text()
		sources := []schema.Source{{Name: "m.yaml", Data: exported}}
		_, _, updated := updatedTo(t, e, sources)
		require.Empty(t, updated.Files, "with nothing changed")
		isUpdated(t, server, e, sources, rapid.SliceOfN(rapid.SampledFrom(append(slices.Clone(edits), moreEdits...)), 1, 4).Draw(t, "by hand"))
	})
}

// moreEdits are changes of services by hand.
var moreEdits = [][]string{
	{"authorization", "create", "fabric", "cn-north-4", "FABRIC_SMN_POLICY"}, {"authorization", "delete", "fabric", "cn-north-4"},
	{"authorization", "delete", "csms", "cn-north-4"}, {"authorization", "delete", "lakeformation", "cn-north-4"},
	{"authorization", "delete", "secmaster", "cn-north-4"}, {"authorization", "create", "lakeformation", "cn-north-4", "JOB_TRUST"},
	{"update", "fabric_admin_trust"}, {"update", "SecMaster_Agency"}, {"revoke", "SecMaster_Agency", "domain", "OBS ReadOnlyAccess"},
}

// isUpdated changes an account by hand, and requires that an update of a manifest says what is live, but for what it tells, and that it
// keeps the lines of entries that say what they said.
func isUpdated(t require.TestingT, server *cloudsim.Server, e *engine.Engine, sources []schema.Source, edits [][]string) {
	editByHand(server, edits)
	after, before, updated := updatedTo(t, e, sources)
	var said strings.Builder
	for _, s := range append(slices.Clone(sources), after...) {
		fmt.Fprintf(&said, "--- %s\n%s\n", s.Name, s.Data)
	}
	text := said.String()
	manifests, _, problems := schema.Parse(after)
	require.Empty(t, plan.Fatal(problems), text)
	drift, compared, err := e.Drift(context.Background(), manifests[0], engine.DriftOptions{Now: exportedAt})
	require.NoError(t, err, text)
	require.NotNil(t, drift, "%v\n%s", compared.Problems, text)
	var remarks strings.Builder
	for _, r := range updated.Remarks {
		remarks.WriteString(r.Text + "\n")
	}
	for _, of := range [][]plan.Difference{drift.Changed, drift.Missing, drift.Unexpected, drift.Expired} {
		for _, d := range of {
			require.Contains(t, remarks.String(), d.Address.String(), text)
			for _, why := range []string{"cannot be changed in place", "the text is no manifest"} {
				require.NotContains(t, remarks.String(), why, text)
			}
		}
	}
	now, anchored := linesOf(after, manifests[0]), anchoredIn(t, sources)
	for says, lines := range linesOf(sources, before) {
		for _, l := range now[says] {
			require.True(t, slices.ContainsFunc(lines, func(was string) bool { return isKept(was, l, anchored) }), "%s\n%s", l, text)
		}
	}
	_, _, again := updatedTo(t, e, after)
	require.Empty(t, again.Files, text)
}
