package acceptance

import (
	"encoding/json"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/engine"
	"github.com/agencyctl/agencyctl/internal/render"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/schema"
)

// explained returns what the program explains of a word; of none, all.
func explained(t *testing.T, word ...string) []render.Entry {
	t.Helper()
	o := runWith(t.Context(), t, nil, append([]string{"explain", "-o", "json"}, word...)...)
	if o.code != 0 {
		return nil
	}
	var document struct{ Entries []render.Entry }
	require.NoError(t, json.Unmarshal([]byte(o.stdout), &document))
	return document.Entries
}

// groupsOf returns the groups of a word's entries.
func groupsOf(all []render.Entry, word string) (groups []string) {
	for _, e := range render.FindEntries(all, word) {
		groups = append(groups, e.Group)
	}
	return groups
}

// TestEveryRuleIsExplained: explain knows the rules that findings name, and no others.
func TestEveryRuleIsExplained(t *testing.T) {
	var known, rules []string
	for _, rule := range services.Registry().Rules() {
		known = append(known, rule.ID)
	}
	for _, e := range explained(t) {
		if strings.HasPrefix(e.Group, "Rules, ") {
			rules = append(rules, e.Word)
			assert.NotEmpty(t, e.Severity, e.Word)
		}
	}
	assert.ElementsMatch(t, known, rules)
}

func TestEveryExitCodeIsExplained(t *testing.T) {
	help := runWith(t.Context(), t, nil, "--help")
	_, codes, found := strings.Cut(help.stdout, "Exit codes:\n")
	require.True(t, found)
	all := explained(t)
	var told, known []string
	for _, code := range regexp.MustCompile(`(?m)^  (\d+) `).FindAllStringSubmatch(codes, -1) {
		told = append(told, code[1])
	}
	for _, e := range all {
		if e.Group == "Exit codes" {
			known = append(known, e.Word)
		}
	}
	assert.Equal(t, []string{"0", "1", "2", "3", "130"}, told)
	assert.Equal(t, told, known)
}

// Groups of terms.
const (
	kinds     = "Kinds of errors"
	actions   = "What is done about a difference"
	outcomes  = "What became of a change"
	drifts    = "What drift finds"
	origins   = "Where a change comes from"
	leavings  = "What leaves the manifest"
	ownership = "Whose it is"
	notDone   = "What was not looked at, or not done"
	risks     = "Risks and power"
	checks    = "Checks of whoami"
)

// enums are the lists of values in the published schemas of outputs, by the key that has one of them, with the groups that explain
// them. Those without a group are the cloud's names, or plain words.
var enums = map[string][]string{
	"action": {actions}, "outcome": {outcomes, actions, kinds}, "origin": {origins}, "severity": {risks}, "reads": {checks, kinds},
	"kind": {kinds, leavings}, "fate": {leavings, actions, ownership, notDone}, "state": {drifts, risks}, "for": nil, "matches": nil, "scope": nil,
}

// TestEveryValueOfTheOutputsIsExplained walks the published schemas: a value that is added to one of their lists needs an entry.
func TestEveryValueOfTheOutputsIsExplained(t *testing.T) {
	all := explained(t)
	seen := 0
	var walk func(key string, node any)
	walk = func(key string, node any) {
		switch node := node.(type) {
		case map[string]any:
			values, _ := node["enum"].([]any)
			for _, value := range values {
				groups, known := enums[key]
				require.True(t, known, "a list of values is new: %s", key)
				if groups == nil || value == "huaweicloud" || value == "opentelekomcloud" {
					continue
				}
				seen++
				has := slices.ContainsFunc(groupsOf(all, value.(string)), func(group string) bool { return slices.Contains(groups, group) })
				assert.True(t, has, "%s %v is explained in %v, and in none of %v", key, value, groupsOf(all, value.(string)), groups)
			}
			for below, value := range node {
				walk(below, value)
			}
		case []any:
			for _, value := range node {
				walk(key, value)
			}
		}
	}
	for _, name := range schema.Names() {
		if name == "manifest" || name == "snapshot" { // which has answers of the cloud, for programs
			continue
		}
		text, _ := schema.Published(name)
		var document any
		require.NoError(t, json.Unmarshal(text, &document))
		walk("", document)
	}
	assert.Greater(t, seen, 50)
}

// TestEveryActionAndOutcomeIsExplained walks the constants themselves.
func TestEveryActionAndOutcomeIsExplained(t *testing.T) {
	all := explained(t)
	var words []string
	for a, none := plan.Create, plan.Action(0).String(); a.String() != none && a < 50; a++ {
		words = append(words, a.String())
	}
	for o, none := engine.Applied, engine.Outcome(0).String(); o.String() != none && o < 50; o++ {
		words = append(words, o.String())
	}
	for s := plan.Low; s <= plan.High; s++ {
		words = append(words, s.String())
	}
	require.Len(t, words, 15)
	for _, word := range words {
		assert.NotEmpty(t, groupsOf(all, word), word)
	}
}

// TestEveryListOfTheOutputsIsExplained walks the keys of an account, of a change and of a difference that hold lists or marks.
func TestEveryListOfTheOutputsIsExplained(t *testing.T) {
	all := explained(t)
	seen := 0
	for _, name := range []string{"plan", "drift", "audit", "apply"} {
		text, _ := schema.Published(name)
		type object struct {
			Properties map[string]struct {
				Type  string
				Const any
			}
		}
		var document struct {
			Properties map[string]struct{ Type string }
			Defs       map[string]object `json:"$defs"`
		}
		require.NoError(t, json.Unmarshal(text, &document))
		for _, part := range []string{"account", "change", "difference", "result", "privileges", "principal", "passage", "foreignTrust"} {
			for key, value := range document.Defs[part].Properties {
				if value.Type == "array" || value.Type == "boolean" || value.Const != nil {
					seen++
					assert.NotEmpty(t, groupsOf(all, key), "%s: %s.%s", name, part, key)
				}
			}
		}
	}
	assert.Greater(t, seen, 50)
}

// TestExplanationsAreReadable: short, whole, on a terminal of 80 columns, and pointing to what is there.
func TestExplanationsAreReadable(t *testing.T) {
	all := explained(t)
	seen := map[string]bool{}
	for _, e := range all {
		assert.Regexp(t, `^[A-Z\x60a].*\.$`, e.Summary, e.Word)
		assert.NotContains(t, e.Summary, ". ", "%s: one sentence", e.Word)
		assert.NotEmpty(t, e.Meaning, e.Word)
		assert.NotEmpty(t, e.Do, e.Word)
		file, anchor, _ := strings.Cut(e.More, "#")
		text, err := os.ReadFile(file)
		require.NoError(t, err, e.Word)
		assert.Contains(t, anchors(string(text)), anchor, "%s: %s", e.Word, e.More)
		for _, name := range e.Names() {
			assert.False(t, seen[e.Group+name], "%s is twice in %s", name, e.Group)
			seen[e.Group+name] = true
		}
		var page strings.Builder
		require.NoError(t, render.WriteEntries(&page, []render.Entry{e}, render.Options{Width: 200}))
		lines := strings.Split(strings.TrimSuffix(page.String(), "\n"), "\n")
		most := 10 // the word, eight lines, and where there is more
		if strings.HasPrefix(e.Group, "Rules, ") {
			most = 16
		}
		assert.LessOrEqual(t, len(lines), most, page.String())
		for _, line := range lines {
			assert.LessOrEqual(t, len(line), 80, line)
			assert.NotContains(t, line, "](", "a link of Markdown")
		}
	}
	for line := range strings.Lines(runWith(t.Context(), t, nil, "explain").stdout) {
		assert.LessOrEqual(t, len(line), 81, line)
	}
}

// anchors returns the names by which links find the headings of a document; "" is the document itself.
func anchors(text string) []string {
	names := []string{""}
	for _, heading := range regexp.MustCompile(`(?m)^#+ (.+)$`).FindAllStringSubmatch(text, -1) {
		name := regexp.MustCompile("[^a-z0-9 _-]").ReplaceAllString(strings.ToLower(heading[1]), "")
		names = append(names, strings.ReplaceAll(name, " ", "-"))
	}
	return names
}

// TestExplainPrintsWhatItsSchemaSays also where there is nothing to explain.
func TestExplainPrintsWhatItsSchemaSays(t *testing.T) {
	c := jsonschema.NewCompiler()
	c.LoadURL = func(url string) (io.ReadCloser, error) { return nil, os.ErrNotExist }
	for _, name := range schema.Names() {
		text, _ := schema.Published(name)
		require.NoError(t, c.AddResource("https://agencyctl.github.io/schema/v1/"+name+".schema.json", strings.NewReader(string(text))))
	}
	published, err := c.Compile("https://agencyctl.github.io/schema/v1/explain.schema.json")
	require.NoError(t, err)
	for _, word := range [][]string{nil, {"administrator-role"}, {"nothing", "of", "the", "kind"}, {""}} {
		o := runWith(t.Context(), t, nil, append([]string{"explain", "-o", "json"}, word...)...)
		var document any
		require.NoError(t, json.Unmarshal([]byte(o.stdout), &document), word)
		assert.NoError(t, published.Validate(document), word)
	}
}
