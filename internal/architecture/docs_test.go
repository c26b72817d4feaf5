package architecture_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// packageName finds the names of packages in a picture: the whole word, so that a path is not taken for its parent.
var packageName = regexp.MustCompile(`[a-z]+(/[a-z]+)*`)

// picture returns the line on which each package stands in the first picture of ARCHITECTURE.md.
func picture(t *testing.T, known map[string]bool) map[string]int {
	t.Helper()
	text := architectureDocument(t)
	_, text, _ = strings.Cut(text, "```\n")
	text, _, found := strings.Cut(text, "```")
	require.True(t, found, "ARCHITECTURE.md begins with a picture")
	lines := map[string]int{}
	for number, line := range strings.Split(text, "\n") {
		for _, name := range packageName.FindAllString(line, -1) {
			if !known[name] {
				continue
			}
			require.NotContains(t, lines, name, "%s stands twice in the picture", name)
			lines[name] = number
		}
	}
	return lines
}

func TestThePictureOfTheArchitectureIsTrue(t *testing.T) {
	known := map[string]bool{}
	imports := map[string][]string{}
	for _, p := range packages(t) {
		name := nameInDocs(short(p.ImportPath))
		switch {
		case strings.HasPrefix(name, "internal/conformance"), name == "internal/acceptance", name == "internal/architecture",
			name == "internal/stories", name == "internal/patch/patchtest":
			continue // for tests only
		case name == "internal/benchmarks":
			continue // a program of its own
		}
		known[name] = true
		for _, imported := range p.Imports {
			if strings.HasPrefix(imported, module) {
				imports[name] = append(imports[name], short(imported))
			}
		}
	}
	lines := picture(t, known)
	for name := range known {
		require.Contains(t, lines, name, "the picture leaves out %s", name)
	}
	for name, below := range imports {
		for _, imported := range below {
			require.Less(t, lines[name], lines[imported], "%s imports %s, which must stand below it in the picture", name, imported)
		}
	}
}

func TestTheImportTableInTheDocumentIsTheOneThatHolds(t *testing.T) {
	var rows strings.Builder
	for _, rule := range mayImport {
		imports := "nothing"
		switch {
		case len(rule.imports) == 1 && rule.imports[0] == "...":
			imports = "everything"
		case len(rule.imports) > 0:
			imports = "`" + strings.Join(rule.imports, "`, `") + "`"
		}
		rows.WriteString("| `" + nameInDocs(rule.of) + "` | " + imports + " |\n")
	}
	require.Contains(t, architectureDocument(t), "|---|---|\n"+rows.String()+"\n")
}

// nameInDocs is the name of a package in the documentation.
func nameInDocs(short string) string {
	if short == "" {
		return "main"
	}
	return short
}

func architectureDocument(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "docs", "ARCHITECTURE.md"))
	require.NoError(t, err)
	return string(text)
}
