package acceptance

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// userDocuments returns what users read.
func userDocuments(t *testing.T) string {
	t.Helper()
	var all strings.Builder
	for _, pattern := range []string{"README.md", "SECURITY.md", "docs/*.md", "docs/guide/*.md"} {
		files, err := filepath.Glob(pattern)
		require.NoError(t, err)
		require.NotEmpty(t, files)
		for _, file := range files {
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			all.Write(text)
		}
	}
	return all.String()
}

// TestDocumentsNameTheFlagsThatAreThere: a flag that documents name is in the help of a command, and one that is in the help of a
// command stands in a document. The switches of the simulated cloud stand in its help alone. Documents name two flags of other programs.
func TestDocumentsNameTheFlagsThatAreThere(t *testing.T) {
	defined := regexp.MustCompile(`(?m)^ {2,6}(-\w, )?--([a-z][\w-]+)`)
	here, ofSim := map[string]bool{"version": true}, map[string]bool{}
	ofOthers := map[string]string{"rm": "docker", "signer-workflow": "gh"}
	text := userDocuments(t)
	for _, command := range []string{
		"validate", "plan", "apply", "drift", "audit", "show", "graph", "export", "whoami", "list", "init", "explain", "schema", "sim", "sim edit",
		"sim seed",
	} {
		help := runWith(t.Context(), t, nil, append(strings.Fields(command), "--help")...)
		require.Zero(t, help.code, command)
		for _, m := range defined.FindAllStringSubmatch(help.stdout, -1) {
			if strings.HasPrefix(command, "sim") {
				ofSim[m[2]] = true
				continue
			}
			here[m[2]] = true
			short := strings.TrimSuffix(m[1], ", ")
			named := strings.Contains(text, "--"+m[2]) || short != "" && strings.Contains(text, "`"+short)
			assert.True(t, named, "no document names --%s of %s", m[2], command)
		}
	}
	for _, m := range regexp.MustCompile(`(?:^|[^-\w])--([a-z][\w-]+)`).FindAllStringSubmatch(text, -1) {
		assert.True(t, here[m[1]] || ofSim[m[1]] || ofOthers[m[1]] != "", "documents name --%s, which no command has", m[1])
	}
}

// TestTheReadmeHasTheExitCodesOfTheHelp word by word.
func TestTheReadmeHasTheExitCodesOfTheHelp(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	var rows [][]string
	for _, m := range regexp.MustCompile(`(?m)^\| (\d+) \| (.*) \|$`).FindAllStringSubmatch(string(readme), -1) {
		rows = append(rows, []string{m[1], strings.ReplaceAll(m[2], "`", "")})
	}
	_, codes, found := strings.Cut(runWith(t.Context(), t, nil, "--help").stdout, "Exit codes:\n")
	require.True(t, found)
	codes, _, found = strings.Cut(codes, "\nWith several")
	require.True(t, found)
	entry := regexp.MustCompile(`(?ms)^  (\d+) +(.*?)(?:\n  \d|\z)`)
	var told [][]string
	for codes += "\n"; entry.MatchString(codes); {
		m := entry.FindStringSubmatch(codes)
		told = append(told, []string{m[1], strings.Join(strings.Fields(m[2]), " ")})
		codes = codes[strings.Index(codes, m[2])+len(m[2]):]
	}
	require.Len(t, told, 5)
	assert.Equal(t, told, rows)
}

// The guide names the libraries that read our formats in tests, with the versions that these tests use.
func TestTheGuideNamesTheConsumersThatAreTested(t *testing.T) {
	guide, err := os.ReadFile("docs/guide/outputs.md")
	require.NoError(t, err)
	var required strings.Builder
	for _, module := range []string{"go.mod", "internal/sdkjudge/go.mod"} {
		text, err := os.ReadFile(module)
		require.NoError(t, err)
		required.Write(text)
	}
	named := regexp.MustCompile("(github\\.com/[\\w./-]+) (v[\\d.]+)`").FindAllStringSubmatch(string(guide), -1)
	require.Len(t, named, 4)
	for _, n := range named {
		assert.Regexp(t, `(?m)^\t`+regexp.QuoteMeta(n[1]+" "+n[2])+`$`, required.String())
	}
}
