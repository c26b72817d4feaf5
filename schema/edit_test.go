package schema_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/schema"
)

const editHead = "apiVersion: agencyctl/v1\naccount: {name: example-co}\ncloud: {kind: huaweicloud}\n"

// changed returns a tree with the value at a path replaced; nil takes it away. Steps of a path are keys and indices of lists.
func changed(n *plan.Node, value *plan.Node, path ...any) *plan.Node {
	if len(path) == 0 {
		return value
	}
	c := *n
	if i, isIndex := path[0].(int); isIndex {
		c.Items = slices.Clone(n.Items)
		switch below := value; {
		case len(path) > 1:
			c.Items[i] = changed(n.Items[i], value, path[1:]...)
		case below == nil:
			c.Items = slices.Delete(c.Items, i, i+1)
		case i == len(c.Items):
			c.Items = append(c.Items, below)
		default:
			c.Items[i] = below
		}
		return &c
	}
	key := path[0].(string)
	c.Entries = slices.Clone(n.Entries)
	at := slices.IndexFunc(c.Entries, func(p plan.Pair) bool { return p.Key == key })
	below := changed(n.Get(key), value, path[1:]...)
	switch {
	case at < 0:
		c.Entries = append(c.Entries, plan.Pair{Key: key, Value: below})
	case below == nil:
		c.Entries = slices.Delete(c.Entries, at, at+1)
	default:
		c.Entries[at].Value = below
	}
	return &c
}

func node(t *testing.T, json string) *plan.Node {
	if json == "" {
		return nil
	}
	n, err := plan.NodeOf([]byte(json))
	require.NoError(t, err)
	return n
}

// manifestOf reads a text that need not be a whole manifest.
func manifestOf(t *testing.T, text string) *plan.Manifest {
	manifests, drafts, problems := schema.Parse([]schema.Source{{Name: "m.yaml", Data: []byte(text)}})
	all := append(manifests, drafts...)
	require.NotEmpty(t, all, "%v", problems)
	return all[0]
}

// entryNamed returns the entry of a section with a name, or of a service.
func entryNamed(m *plan.Manifest, name string) *plan.Node {
	for _, entries := range m.Sections {
		for _, e := range entries {
			if e.Get("name").String() == name {
				return e
			}
		}
	}
	return nil
}

type editCase struct {
	name         string
	before, want string
	// entry is changed at the path to the JSON; "" removes. Without a path the entry is removed, and an added one is added to the section.
	entry string
	path  []any
	json  string
	why   string
}

func editCases() []editCase {
	return []editCase{
		{
			name: "a text", entry: "a", path: []any{"description"}, json: `"new: one"`,
			before: "agencies:\n  # over\n  - name: a # behind\n    description:   old # why\n    # under\n  - name: b\n",
			want:   "agencies:\n  # over\n  - name: a # behind\n    description:   \"new: one\" # why\n    # under\n  - name: b\n",
		},
		{
			name: "a text in quotes", entry: "a", path: []any{"description"}, json: `"new"`,
			before: "agencies: [{\"name\": \"a\", \"description\": \"old \\\" }\"}] # all\n",
			want:   "agencies: [{\"name\": \"a\", \"description\": \"new\"}] # all\n",
		},
		{
			name: "a literal text", entry: "a", path: []any{"description"}, json: `"new"`,
			before: "agencies:\n- description: |2 # raw\n     old\n\n    lines\n\n  # of trust\n  trust: {account: x}\n  name: a\n",
			want:   "agencies:\n- description: new\n\n  # of trust\n  trust: {account: x}\n  name: a\n",
		},
		{
			name: "a text of several lines", entry: "a", path: []any{"description"}, json: `"new"`,
			before: "agencies:\n- name: a\n  description: old\n    text\n\n    with 'lines' # why\n  duration: 5d\n",
			want:   "agencies:\n- name: a\n  description: new # why\n  duration: 5d\n",
		},
		{
			name: "a key goes", entry: "a", path: []any{"description"},
			before: "agencies:\n  - name: a\n    # says what\n    description: old # why\n    duration: 5d\n",
			want:   "agencies:\n  - name: a\n    duration: 5d\n",
		},
		{
			name: "the first key goes", entry: "a", path: []any{"description"},
			before: "agencies:\n  - description: old # why\n    name: a\n", want: "agencies:\n  - name: a\n",
		},
		{
			name: "the first key goes, with a comment between", entry: "a", path: []any{"description"},
			before: "agencies:\n  - description: old # why\n    # the name\n    name: a\n", want: "agencies:\n  - \n    # the name\n    name: a\n",
		},
		{
			name: "a key is added", entry: "a", path: []any{"duration"}, json: `"5d"`,
			before: "agencies:\n  - name: a\n    grants:\n      domain:\n      - x\n      # - y\n\n  - name: b\n",
			want:   "agencies:\n  - name: a\n    grants:\n      domain:\n      - x\n      # - y\n    duration: 5d\n\n  - name: b\n",
		},
		{
			name: "a key is added at the end of the file", entry: "a", path: []any{"duration"}, json: `"5d"`,
			before: "agencies:\r\n  - name: a", want: "agencies:\r\n  - name: a\r\n    duration: 5d",
		},
		{
			name: "an item of a list", entry: "a", path: []any{"grants", "domain", 1}, json: "",
			before: "agencies:\n  - name: a\n    grants:\n      domain:\n      - x # 1\n      # of y\n      - y # 2\n      - z # 3\n",
			want:   "agencies:\n  - name: a\n    grants:\n      domain:\n      - x # 1\n      - z # 3\n",
		},
		{
			name: "an item is added to a list", entry: "a", path: []any{"grants", "domain", 1}, json: `"y"`,
			before: "agencies:\n  - name: a\n    grants:\n      domain:\n      - 'x' # 1\n    duration: 5d\n",
			want:   "agencies:\n  - name: a\n    grants:\n      domain:\n      - 'x' # 1\n      - 'y'\n    duration: 5d\n",
		},
		{
			name: "an item of a list on one line", entry: "a", path: []any{"grants", "domain", 2}, json: "",
			before: "agencies:\n  - {name: a, grants: {domain: [x, 'y, ]', z]}}\n", want: "agencies:\n  - {name: a, grants: {domain: [x, 'y, ]']}}\n",
		},
		{
			name: "an item of a list on several lines", entry: "a", path: []any{"grants", "domain", 0}, json: "",
			before: "agencies:\n  - {name: a, grants: {domain: [\n    x, # 1\n    y # 2\n  ]}}\n",
			want:   "agencies:\n  - {name: a, grants: {domain: [\n    y # 2\n  ]}}\n",
		},
		{
			name: "an item is added to a list on several lines", entry: "a", path: []any{"grants", "domain", 2}, json: `"z"`,
			before: "agencies:\n  - {name: a, grants: {domain: [\n    x, # 1\n    y # 2\n  ]}}\n",
			want:   "agencies:\n  - {name: a, grants: {domain: [\n    x, # 1\n    y, # 2\n    z\n  ]}}\n",
		},
		{
			name: "the last of a list with a comment before it", entry: "a", path: []any{"grants", "domain", 1}, json: "",
			before: "agencies:\n  - {name: a, grants: {domain: [x, # 1\n    y]}}\n", want: "agencies:\n  - {name: a, grants: {domain: [x, # 1\n    ]}}\n",
		},
		{
			name: "the one key of a mapping", entry: "a", path: []any{"trust"}, json: `{"service": "op_svc_ecs"}`,
			before: "agencies:\n- name: a\n  trust:\n    account: x # whom\n", want: "agencies:\n- name: a\n  trust:\n    service: op_svc_ecs # whom\n",
		},
		{
			name: "an alias", entry: "b", path: []any{"trust"}, json: `{"account": "y"}`,
			before: "agencies:\n- {name: a, trust: &t {account: x}}\n- name: b\n  trust: *t # as a\n",
			want:   "agencies:\n- {name: a, trust: &t {account: x}}\n- name: b\n  trust: {account: \"y\"} # as a\n",
		},
		{
			name: "an anchor", entry: "a", path: []any{"trust", "account"}, json: `"y"`, why: "anchor",
			before: "agencies:\n- {name: a, trust: &t {account: x}}\n- {name: b, trust: *t}\n",
		},
		{
			name: "an anchor goes", entry: "a", path: []any{"trust"},
			before: "agencies:\n- {name: a, trust: &t {account: x}}\n- {name: b, trust: *t} # as a\n",
			want:   "agencies:\n- {name: a}\n- {name: b, trust: {account: x}} # as a\n",
		},
		{
			name: "a value with an anchor that nobody uses, in another style", entry: "a", path: []any{"trust"}, json: `{"service": "y"}`,
			before: "agencies:\n- name: a\n  trust: &t\n    account: &x z # why\n  duration: 5d\n- {name: b, trust: {account: *x}}\n",
			want:   "agencies:\n- name: a\n  trust: # why\n    service: \"y\"\n  duration: 5d\n- {name: b, trust: {account: z}}\n",
		},
		{
			name: "a value with an anchor that nobody uses, on lines of its own", entry: "a", path: []any{"trust"}, json: `{"service": "y"}`,
			before: "agencies:\n- name: a\n  trust:\n    &t\n    account: z\n  duration: 5d\n",
			want:   "agencies:\n- name: a\n  trust:\n    service: \"y\"\n  duration: 5d\n",
		},
		{
			name: "an entry goes whose values others use", entry: "a",
			before: "agencies:\n- &m\n  name: a\n  trust: &t\n    # why\n    account: &x 'x'\n- name: b\n  trust: *t\n- name: c\n  trust: *t\n- {name: d, trust: {account: *x}}\n" +
				"- <<: *m\n  name: e\n",
			want: "agencies:\n- name: b\n  trust: &t {account: x}\n- name: c\n  trust: *t\n- {name: d, trust: {account: 'x'}}\n" +
				"- <<: {trust: {account: x}}\n  name: e\n",
		},
		{
			name: "a long value goes that others use", entry: "a", path: []any{"grants"},
			before: "agencies:\n- name: a\n  grants: &g\n    # why\n    projects: {p: [x], q: [z]}\n- name: b\n  grants: *g # as a\n- {name: c, grants: *g}\n",
			want: "agencies:\n- name: a\n- name: b\n  grants: &g # as a\n    projects: {p: [x], q: [z]}\n" +
				"- {name: c, grants: *g}\n",
		},
		{
			name: "a long value goes that one other uses, below its key", entry: "a", path: []any{"grants"},
			before: "agencies:\r\n- {name: a, grants: &g {projects: {p: [x], q: [z]}}}\r\n- name: b\r\n  grants: # as a\r\n    *g\r\n",
			want:   "agencies:\r\n- {name: a}\r\n- name: b\r\n  grants: # as a\r\n    projects: {p: [x], q: [z]}\r\n",
		},
		{
			name: "an entry goes that others merge", entry: "a",
			before: "agencies:\n- &m {name: a, trust: {account: x}, grants: {projects: {p: [x], q: [z]}}}\n- <<: *m\n  name: b\n- {<<: [*m], name: c}\n",
			want: "agencies:\n- <<: &m\n    trust: {account: x}\n    grants:\n      projects: {p: [x], q: [z]}\n  name: b\n" +
				"- {<<: [*m], name: c}\n",
		},
		{
			name: "an entry goes that another merges in a list", entry: "a",
			before: "agencies:\n- &m {name: a, duration: 5d}\n- <<:\n  - *m\n  name: b\n- {<<: [*m], name: c}\n",
			want:   "agencies:\n- <<:\n  - &m {duration: 5d}\n  name: b\n- {<<: [*m], name: c}\n",
		},
		{
			name: "what is too long for the line of its entry", entry: "a", path: []any{"agencies"},
			json:   `{"fabric_admin_trust": {"grants": {"domain": ["Tenant Administrator"], "projects": {"cn-north-4": ["FABRIC_COMMON_POLICY"]}}}}`,
			before: "agencies:\n  - {name: a, 'trust': {account: &x 'x'}} # why\n  - {name: b, trust: {account: *x}}\n",
			want: "agencies:\n  - name: a\n    'trust': {account: &x 'x'} # why\n    agencies:\n      fabric_admin_trust:\n        grants:\n" +
				"          domain: [Tenant Administrator]\n          projects: {cn-north-4: [FABRIC_COMMON_POLICY]}\n  - {name: b, trust: {account: *x}}\n",
		},
		{
			name: "what is too long for a line that cannot be parted", entry: "a", path: []any{"agencies"},
			json:   `{"fabric_admin_trust": {"grants": {"domain": ["Tenant Administrator"], "projects": {"cn-north-4": ["FABRIC_COMMON_POLICY"]}}}}`,
			before: "agencies:\n  - {\"name\":\"a\"}\n",
			want: "agencies:\n  - {\"name\":\"a\", \"agencies\": {\"fabric_admin_trust\": {\"grants\": {\"domain\": [\"Tenant Administrator\"], " +
				"\"projects\": {\"cn-north-4\": [\"FABRIC_COMMON_POLICY\"]}}}}}\n",
		},
		{
			name: "an anchor that nobody uses", entry: "a", path: []any{"trust", "account"}, json: `"z"`,
			before: "agencies:\n- {name: a, trust: &t {account: x}}\n", want: "agencies:\n- {name: a, trust: &t {account: z}}\n",
		},
		{
			name: "a merged key", entry: "b", path: []any{"duration"}, json: `"6d"`,
			before: "agencies:\n- &d\n  name: a\n  duration: 5d\n- <<: *d\n  name: b\n", want: "agencies:\n- &d\n  name: a\n  duration: 5d\n- <<: *d\n  name: b\n  duration: 6d\n",
		},
		{
			name: "a merged key goes", entry: "b", path: []any{"duration"}, why: "<<",
			before: "agencies:\n- &d\n  name: a\n  duration: 5d\n- <<: *d\n  name: b\n",
		},
		{
			name: "a key goes that hides a merged one", entry: "b", path: []any{"duration"}, why: "<<",
			before: "agencies:\n- &d\n  name: a\n  duration: 5d\n- {<<: [*d], name: b, duration: 6d}\n",
		},
		{
			name: "an entry goes", entry: "b",
			before: "agencies:\n  - name: a\n\n  # of b\n  - name: b # why\n    duration: 5d\n    # under b\n\n  # of c\n  - name: c\n",
			want:   "agencies:\n  - name: a\n\n  # of c\n  - name: c\n",
		},
		{
			name: "an entry goes, below a comment of another", entry: "b",
			before: "agencies:\n- name: a\n  # of a\n- name: b\n- name: c\n", want: "agencies:\n- name: a\n  # of a\n- name: c\n",
		},
		{
			name: "the last entry goes", entry: "b", before: "agencies:\n  - name: a\n\n  - name: b", want: "agencies:\n  - name: a\n",
		},
		{
			name: "the only entry goes", entry: "a", before: "agencies: # all\n  # of a\n  - name: a\n  # the end\n", want: "agencies: [] # all\n  # the end\n",
		},
		{
			name: "an entry of the second document", entry: "a", path: []any{"duration"}, json: `"6d"`,
			before: "policies: []\n---\n# second\napiVersion: agencyctl/v1\naccount: {name: example-co}\nagencies:\n- name: a\n...\n",
			want:   "policies: []\n---\n# second\napiVersion: agencyctl/v1\naccount: {name: example-co}\nagencies:\n- name: a\n  duration: 6d\n...\n",
		},
		{
			name: "a statement", entry: "p", path: []any{"statements", 1, "actions", 1}, json: `"b:c:d"`,
			before: "policies:\n- name: p\n  statements:\n  -\n    effect: Allow\n    actions: [x]\n  - effect: Deny\n    actions:\n    - y # first\n",
			want:   "policies:\n- name: p\n  statements:\n  -\n    effect: Allow\n    actions: [x]\n  - effect: Deny\n    actions:\n    - y # first\n    - \"b:c:d\"\n",
		},
		{
			name: "a list gets long", entry: "a", path: []any{"grants"}, json: `{"domain": ["x"], "projects": {"p": ["y"], "q": ["z"]}}`,
			before: "agencies:\n- name: a\n  grants: {} # none\n  duration: 5d\n",
			want:   "agencies:\n- name: a\n  grants: # none\n    domain: [x]\n    projects: {p: [\"y\"], q: [z]}\n  duration: 5d\n",
		},
		{
			name: "in the style of what is beside it", entry: "a", path: []any{"grants", "allProjects"}, json: `["z"]`,
			before: "agencies:\n- name: a\n  grants:\n    domain:\n      - x\n", want: "agencies:\n- name: a\n  grants:\n    domain:\n      - x\n    allProjects:\n      - z\n",
		},
		{
			name: "blank lines that are part of a text", entry: "b", why: "cannot be changed in place",
			before: "agencies:\n- name: a\n  description: |+\n    x\n\n- name: b\n",
		},
		{
			name: "other line ends", entry: "a", path: []any{"description"}, json: `"new"`,
			before: "# one\u2028# two\nagencies:\u2028- name: a\n  description: old\r  duration: 5d\n",
			want:   "# one\u2028# two\nagencies:\u2028- name: a\n  description: new\r  duration: 5d\n",
		},
		{
			name: "behind a question mark", entry: "a", path: []any{"duration"}, why: "cannot be changed in place",
			before: "agencies:\n- name: a\n  ? duration\n  : 5d\n",
		},
	}
}

func TestEditChangesWhatItMustAndNothingElse(t *testing.T) {
	for _, c := range editCases() {
		t.Run(c.name, func(t *testing.T) {
			text := "\ufeff" + editHead + c.before
			if strings.Contains(c.before, "\r\n") {
				text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\n", "\r\n")
			}
			entry := entryNamed(manifestOf(t, text), c.entry)
			require.NotNil(t, entry)
			now := changed(entry, node(t, c.json), c.path...)
			edited, refused := schema.Edit(schema.Source{Name: "m.yaml", Data: []byte(text)}, []schema.EntryEdit{{At: entry.At, Node: now}})
			if c.why != "" {
				require.Len(t, refused, 1, string(edited))
				assert.Contains(t, refused[0].Why, c.why)
				assert.Equal(t, text, string(edited))
				return
			}
			assert.Empty(t, refused)
			head := text[:len(text)-len(c.before)]
			assert.Equal(t, head+c.want, string(edited))
			again, refused := schema.Edit(schema.Source{Name: "m.yaml", Data: edited}, nil)
			assert.Empty(t, refused)
			assert.Equal(t, string(edited), string(again))
		})
	}
}

func TestEditAddsEntries(t *testing.T) {
	added := `{"name": "new", "trust": {"account": "x"}}`
	for _, c := range []struct{ name, before, want string }{
		{
			"beside others", "agencies:\n- name: a\n- name: b\npolicies: []\n",
			"agencies:\n- name: a\n- name: b\n# look at it\n- name: new\n  trust: {account: x}\npolicies: []\n",
		},
		{
			"apart from others", "agencies:\n  - name: a\n\n  - name: b\n    duration: 5d # why\n    # end\n\n# policies\npolicies: []\n",
			"agencies:\n  - name: a\n\n  - name: b\n    duration: 5d # why\n    # end\n\n  # look at it\n  - name: new\n    trust: {account: x}\n\n# policies\npolicies: []\n",
		},
		{"to none", "agencies: [] # none\n", "agencies: # none\n  # look at it\n  - name: new\n    trust: {account: x}\n"},
		{"to nothing", "agencies:", "agencies:\n  # look at it\n  - name: new\n    trust: {account: x}"},
		{"to a new section", "policies: []\n# end\n", "policies: []\n\nagencies:\n  # look at it\n  - name: new\n    trust: {account: x}\n# end\n"},
		{"on one line", "agencies: [{name: a}]\n", "agencies: [{name: a}, {name: new, trust: {account: x}}]\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := editHead + c.before
			edit := schema.EntryEdit{At: plan.Position{Line: 1}, Section: "agencies", Node: node(t, added), Comments: []string{"look at it"}}
			edited, refused := schema.Edit(schema.Source{Name: "m.yaml", Data: []byte(text)}, []schema.EntryEdit{edit})
			assert.Empty(t, refused)
			assert.Equal(t, editHead+c.want, string(edited))
		})
	}
}

func TestEditMakesWhatItCanOfManyEdits(t *testing.T) {
	var b strings.Builder
	b.WriteString(editHead + "agencies:\n")
	for i := range 9 {
		fmt.Fprintf(&b, "- name: a%d\n  ? duration\n  : 5d\n- name: b%d\n  duration: 5d # %d\n", i, i, i)
	}
	text := b.String()
	m := manifestOf(t, text)
	var edits []schema.EntryEdit
	for _, e := range m.Sections["agencies"] {
		edits = append(edits, schema.EntryEdit{At: e.At, Node: changed(e, nil, "duration")})
	}
	edits = append(edits, schema.EntryEdit{At: plan.Position{Line: 99, Column: 1}}, edits[1])
	edited, refused := schema.Edit(schema.Source{Name: "m.yaml", Data: []byte(text)}, edits)
	require.Len(t, refused, 11)
	for i, r := range refused[:9] {
		assert.Equal(t, 2*i, r.Edit)
	}
	assert.Equal(t, 9, strings.Count(string(edited), "5d"))
	assert.NotContains(t, string(edited), "#")
}
