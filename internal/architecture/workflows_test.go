package architecture_test

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Whoever moves the tag of an action decides what our workflows do, and a tag can be moved. A job has the rights that it is given by name.
func TestWorkflowsPinWhatTheyUse(t *testing.T) {
	uses := regexp.MustCompile(`(?m)\buses: (.*)$`)
	pinned := regexp.MustCompile(`^[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$|^\./`)
	paths, err := filepath.Glob(filepath.Join(root, ".github/workflows/*.yml"))
	require.NoError(t, err)
	require.NotEmpty(t, paths)
	for _, path := range paths {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		require.NotEmpty(t, uses.FindAllString(string(text), 1), path)
		for _, m := range uses.FindAllStringSubmatch(string(text), -1) {
			assert.Regexp(t, pinned, m[1], path)
		}
		assert.Regexp(t, `(?m)^permissions:( \{\}|\n  contents: read)\n\w`, string(text), "%s gives its jobs rights that they do not name", path)
	}
}
