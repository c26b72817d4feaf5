package architecture_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var (
	fenced  = regexp.MustCompile("(?ms)^```.*?^```$")
	quoted  = regexp.MustCompile("`[^`\n]*`")
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading = regexp.MustCompile(`(?m)^#+ (.+)$`)
)

// documents returns the texts of the documents by path, without blocks of code. Other files in Markdown are output.
func documents(t *testing.T) map[string]string {
	t.Helper()
	texts := map[string]string{}
	for _, pattern := range []string{"README.md", "SECURITY.md", "CHANGELOG.md", "docs/*.md", "docs/*/*.md"} {
		paths, err := filepath.Glob(filepath.Join(root, pattern))
		require.NoError(t, err)
		require.NotEmpty(t, paths, pattern)
		for _, path := range paths {
			text, err := os.ReadFile(path)
			require.NoError(t, err)
			texts[path] = fenced.ReplaceAllString(string(text), "")
		}
	}
	return texts
}

// linked returns the files and anchors that a document links to. Those of other sites are left out: a test has no network.
func linked(path, text string) (targets [][2]string) {
	for _, m := range link.FindAllStringSubmatch(quoted.ReplaceAllString(text, ""), -1) {
		if strings.Contains(m[1], "://") {
			continue
		}
		file, anchor, _ := strings.Cut(m[1], "#")
		target := path
		if file != "" {
			target = filepath.Join(filepath.Dir(path), file)
		}
		targets = append(targets, [2]string{target, anchor})
	}
	return targets
}

// anchorsOf returns the names by which GitHub finds the headings of a document.
func anchorsOf(text string) map[string]bool {
	names := map[string]bool{}
	for _, m := range heading.FindAllStringSubmatch(text, -1) {
		name := regexp.MustCompile("[^a-z0-9 _-]").ReplaceAllString(strings.ToLower(m[1]), "")
		names[strings.ReplaceAll(name, " ", "-")] = true
	}
	return names
}

func TestLinksOfDocumentsLeadSomewhere(t *testing.T) {
	texts := documents(t)
	seen := 0
	for path, text := range texts {
		for _, target := range linked(path, text) {
			seen++
			_, err := os.Stat(target[0])
			assert.NoError(t, err, "%s links to %s", path, target[0])
			if target[1] != "" {
				assert.True(t, anchorsOf(texts[target[0]])[target[1]], "%s links to %s, which has no heading #%s", path, target[0], target[1])
			}
		}
	}
	assert.NotZero(t, seen)
}

// TestTheReadmeLeadsToEveryDocument: what is not in its index, nobody finds. Decisions are found by their folder.
func TestTheReadmeLeadsToEveryDocument(t *testing.T) {
	readme := filepath.Join(root, "README.md")
	texts := documents(t)
	led := map[string]bool{readme: true}
	for _, target := range linked(readme, texts[readme]) {
		led[target[0]] = true
	}
	for path := range texts {
		assert.True(t, led[path] || led[filepath.Dir(path)], "README.md does not link to %s", path)
	}
}
