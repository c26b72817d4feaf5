package architecture_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const root = "../.."

// cloudWords are what the core and the boundary must not know: services, forms of URNs, classes of roles. Comments count: a
// core that explains itself by one cloud has leaked.
var cloudWords = regexp.MustCompile(`(?i)\b(agency|agencies|iam|csms|fabric|secmaster|lakeformation|huawei\w*|telekom\w*)\b|"(sts|iam|assumed-agency|system|custom)"|[a-z]::`)

func TestTheCoreKnowsNoCloud(t *testing.T) {
	for _, folder := range []string{"plan", "engine", "providers"} {
		for path, text := range goFiles(t, folder) {
			inService := folder == "providers" && filepath.Dir(path) != filepath.Join(root, folder)
			if strings.HasSuffix(path, "_test.go") || inService {
				continue
			}
			for number, line := range strings.Split(text, "\n") {
				// Addresses and principals in comments are examples of what a provider may write.
				stripped := regexp.MustCompile(`"[^"]*"`).ReplaceAllString(line, `""`)
				if !strings.Contains(line, "//") {
					stripped = line
				}
				require.False(t, cloudWords.MatchString(stripped), "%s:%d speaks of a cloud: %s", path, number+1, line)
			}
		}
	}
}

// flagName finds the name of a flag in a text.
var flagName = regexp.MustCompile(`(^|[^-\w])--[a-z]`)

// How a setting is given is for the command line to say: it hands the names in.
func TestTheCoreKnowsNoCommandLine(t *testing.T) {
	files := goFiles(t, "plan")
	maps.Copy(files, goFiles(t, "engine"))
	for path, text := range goFiles(t, "providers") {
		if filepath.Dir(path) == filepath.Join(root, "providers") {
			files[path] = text
		}
	}
	for path, text := range files {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, path, text, parser.SkipObjectResolution)
		require.NoError(t, err)
		ast.Inspect(file, func(n ast.Node) bool {
			if literal, ok := n.(*ast.BasicLit); ok && literal.Kind == token.STRING {
				value, err := strconv.Unquote(literal.Value)
				require.NoError(t, err)
				require.False(t, flagName.MatchString(value), "%s names a flag: %s", set.Position(literal.Pos()), literal.Value)
			}
			return true
		})
	}
}

func TestPackagesAreNotNamedAfterNothing(t *testing.T) {
	vague := regexp.MustCompile(`^(utils?|common|helpers?|misc|base)(\.go|_test\.go)?$`)
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		require.NoError(t, err)
		if d.Name() == ".git" && d.IsDir() { // in a worktree it is a file, and SkipDir would skip all that is beside it
			return fs.SkipDir
		}
		require.False(t, vague.MatchString(d.Name()), "%s says nothing about what is inside", path)
		return nil
	})
	require.NoError(t, err)
}

// What a test needs is there, or the test fails. One that needs more than Go has the build tag "consumers".
func TestNoTestSkipsItself(t *testing.T) {
	skips := regexp.MustCompile(`[.]Skip(f|Now)?[(]|testing[.]Short[(]`)
	tests := 0
	for path, text := range goFiles(t, ".") {
		if strings.HasSuffix(path, "_test.go") {
			tests++
			require.Empty(t, skips.FindString(text), "%s skips a test", path)
		}
	}
	require.Greater(t, tests, 100)
	conditions := regexp.MustCompile(`(?m)^(\[!?(exec:|short|net)|skip\b).*`)
	scripts, err := filepath.Glob(filepath.Join(root, "testdata/script/*.txtar"))
	require.NoError(t, err)
	require.NotEmpty(t, scripts)
	for _, path := range scripts {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Empty(t, conditions.FindString(string(text)), "%s has a line that is not always run", path)
	}
}

func goFiles(t *testing.T, folder string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(filepath.Join(root, folder), func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") {
			return err
		}
		text, err := os.ReadFile(path)
		files[path] = string(text)
		return err
	})
	require.NoError(t, err)
	require.NotEmpty(t, files)
	return files
}

func TestLinesAreNotTooLong(t *testing.T) {
	const most = 140
	for path, text := range goFiles(t, ".") {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		for number, line := range strings.Split(text, "\n") {
			assert.LessOrEqual(t, utf8.RuneCountInString(line), most, "%s:%d is too long: wrap it", path, number+1)
		}
	}
}
