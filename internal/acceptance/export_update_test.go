package acceptance

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"
	"pgregory.net/rapid"

	"github.com/agencyctl/agencyctl/engine"
	"github.com/agencyctl/agencyctl/internal/cloudsim"
	"github.com/agencyctl/agencyctl/internal/export"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/schema"
)

// restyled writes a manifest as some other author would have: in one or two documents or files, lists and mappings in either style, with
// anchors, quotes, comments and line ends of every kind. It means the same.
func restyled(t *rapid.T, text string) []schema.Source {
	var root yaml.Node
	require.NoError(t, yaml.Unmarshal([]byte(text), &root))
	top := root.Content[0]
	comments, named := 0, 0
	comment := func() string {
		comments++
		return fmt.Sprintf("# said %d: - [x] 'y", comments)
	}
	chance := func(of int, what string) bool { return rapid.IntRange(1, of).Draw(t, what) == 1 }
	withAnchors := rapid.Bool().Draw(t, "anchors")
	withComments := rapid.Bool().Draw(t, "comments")
	anchors := map[string]*yaml.Node{}
	var restyle func(n *yaml.Node, inFlow bool)
	restyle = func(n *yaml.Node, inFlow bool) {
		if n.Kind == yaml.AliasNode {
			return
		}
		if n.Kind == yaml.ScalarNode {
			if n.Tag == "!!merge" { // a text in quotes
				n.Tag, n.Style = "!!str", yaml.DoubleQuotedStyle
			}
			if n.Tag == "!!str" && n.Style == 0 && chance(4, "quoted") {
				n.Style = rapid.SampledFrom([]yaml.Style{yaml.DoubleQuotedStyle, yaml.SingleQuotedStyle, yaml.LiteralStyle}).Draw(t, "quotes")
				if inFlow && n.Style == yaml.LiteralStyle {
					n.Style = yaml.DoubleQuotedStyle
				}
			}
			return
		}
		if inFlow = inFlow || chance(3, "flow"); inFlow {
			n.Style = yaml.FlowStyle
		} else {
			n.Style = 0
		}
		for i, child := range n.Content {
			isKey := n.Kind == yaml.MappingNode && i%2 == 0
			if isKey {
				if child.Tag != "!!merge" && chance(8, "quoted key") {
					child.Style = yaml.DoubleQuotedStyle
				}
			} else {
				restyle(child, inFlow)
			}
			if withComments && !inFlow && (isKey || n.Kind == yaml.SequenceNode) && chance(4, "comment above") {
				child.HeadComment = comment()
			}
			if withComments && !inFlow && child.Kind == yaml.ScalarNode && !isKey && child.Style&yaml.LiteralStyle == 0 && chance(4, "comment behind") {
				child.LineComment = comment()
			}
		}
	}
	var anchor func(n *yaml.Node)
	anchor = func(n *yaml.Node) {
		for i, child := range n.Content {
			if n.Kind == yaml.MappingNode && i%2 == 1 && child.Kind != yaml.AliasNode {
				spelled, err := yaml.Marshal(child)
				require.NoError(t, err)
				if had := anchors[string(spelled)]; had != nil {
					if had.Anchor == "" {
						named++
						had.Anchor = fmt.Sprintf("a%d", named)
					}
					n.Content[i] = &yaml.Node{Kind: yaml.AliasNode, Value: had.Anchor, Alias: had}
					continue
				}
				anchors[string(spelled)] = child
			}
			anchor(child)
		}
	}
	top.HeadComment, top.FootComment = "", ""
	documents := [][]*yaml.Node{nil}
	split := rapid.Bool().Draw(t, "two documents") && len(top.Content) > 8
	for i := 0; i < len(top.Content); i += 2 {
		key, value := top.Content[i], top.Content[i+1]
		if split && i == 8 {
			anchors = map[string]*yaml.Node{}
			documents = append(documents, []*yaml.Node{top.Content[0], top.Content[1], top.Content[2], top.Content[3]})
		}
		if value.Kind == yaml.SequenceNode {
			if rapid.Bool().Draw(t, "other order") {
				slices.Reverse(value.Content)
			}
			if withAnchors && rapid.Bool().Draw(t, "merge keys") {
				for i := 1; i < len(value.Content); i++ {
					merged(value.Content[i-1], value.Content[i], fmt.Sprintf("m%d", i))
				}
			}
			restyle(value, false)
			if withAnchors {
				anchor(value)
			}
		}
		documents[len(documents)-1] = append(documents[len(documents)-1], key, value)
	}
	indent := rapid.SampledFrom([]int{2, 4}).Draw(t, "indent")
	var texts []string
	for _, content := range documents {
		var b strings.Builder
		e := yaml.NewEncoder(&b)
		e.SetIndent(indent)
		require.NoError(t, e.Encode(&yaml.Node{Kind: yaml.MappingNode, Content: content}))
		text := b.String()
		if rapid.Bool().Draw(t, "no last line end") {
			text = strings.TrimSuffix(text, "\n")
		}
		texts = append(texts, text)
	}
	if len(texts) == 2 && rapid.Bool().Draw(t, "in one file") {
		texts = []string{strings.TrimSuffix(texts[0], "\n") + "\n---\n" + texts[1]}
	}
	var sources []schema.Source
	for i, text := range texts {
		if rapid.Bool().Draw(t, "CRLF") {
			text = strings.ReplaceAll(text, "\n", "\r\n")
		}
		if rapid.Bool().Draw(t, "byte order mark") {
			text = "\ufeff" + text
		}
		sources = append(sources, schema.Source{Name: fmt.Sprintf("m%d.yaml", i), Data: []byte(text)})
	}
	return sources
}

// merged takes the values that two mappings share from the first by a merge key, if the second one has all keys of the first.
func merged(from, into *yaml.Node, name string) {
	valueAt := func(n *yaml.Node, key string) *yaml.Node {
		for i := 0; i < len(n.Content); i += 2 {
			if n.Content[i].Value == key {
				return n.Content[i+1]
			}
		}
		return nil
	}
	own := []*yaml.Node{{Kind: yaml.ScalarNode, Tag: "!!merge", Value: "<<"}, {Kind: yaml.AliasNode, Value: name, Alias: from}}
	for i := 0; i < len(from.Content); i += 2 {
		if valueAt(into, from.Content[i].Value) == nil || from.Content[i].Tag == "!!merge" {
			return
		}
	}
	for i := 0; i < len(into.Content); i += 2 {
		spelled, _ := yaml.Marshal(into.Content[i+1])
		had, _ := yaml.Marshal(valueAt(from, into.Content[i].Value))
		if string(spelled) != string(had) {
			own = append(own, into.Content[i], into.Content[i+1])
		}
	}
	if from.Anchor = name; len(own) > 2 {
		into.Content = own
	}
}

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
	var remarks strings.Builder
	for _, r := range updated.Remarks {
		remarks.WriteString(r.Text + "\n")
	}
	if drift == nil { // an entry that could not go asks for a name that cannot be made, and a remark says so
		for _, p := range plan.Fatal(compared.Problems) {
			require.Equal(t, "deceptive name", p.Summary, text)
			require.Contains(t, remarks.String(), "not edited: "+p.Summary+": "+p.Detail, text)
		}
		return
	}
	for _, of := range [][]plan.Difference{drift.Changed, drift.Missing, drift.Unexpected, drift.Expired} {
		for _, d := range of {
			require.Contains(t, remarks.String(), d.Address.String(), text)
			for _, why := range []string{"cannot be changed in place", "the text is no manifest"} {
				require.NotContains(t, remarks.String(), why, text)
			}
		}
	}
	now := linesOf(after, manifests[0])
	for says, lines := range linesOf(sources, before) {
		for _, l := range now[says] {
			require.Contains(t, lines, l, text)
		}
	}
	_, _, again := updatedTo(t, e, after)
	require.Empty(t, again.Files, text)
}
