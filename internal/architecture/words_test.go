package architecture_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const root = "../.."

// cloudWords are what the core and the boundary must not know: services, forms of URNs, classes of roles. Comments count: a
// core that explains itself by one cloud has leaked.
var cloudWords = regexp.MustCompile(`(?i)\b(agency|agencies|iam|csms|fabric|secmaster|lakeformation|huawei\w*|telekom\w*)\b|"(sts|iam|assumed-agency|system|custom)"|[a-z]::`)

// flagText is a flag as users write it.
var flagText = regexp.MustCompile(`--[a-z]`)

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
				if folder == "providers" {
					require.False(t, flagText.MatchString(line), "%s:%d speaks of the command line: %s", path, number+1, line)
				}
			}
		}
	}
}

func TestPackagesAreNotNamedAfterNothing(t *testing.T) {
	vague := regexp.MustCompile(`^(utils?|common|helpers?|misc|base)(\.go|_test\.go)?$`)
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		require.NoError(t, err)
		if d.Name() == ".git" {
			return fs.SkipDir
		}
		require.False(t, vague.MatchString(d.Name()), "%s says nothing about what is inside", path)
		return nil
	})
	require.NoError(t, err)
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
