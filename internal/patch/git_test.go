//go:build consumers

package patch_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/agencyctl/agencyctl/internal/patch"
)

// Git makes the one text out of the other, whatever the file is called, and sees in the patch no more than it says.
func TestGitAppliesPatches(t *testing.T) {
	folder := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		before, after := drawnTexts(t)
		name := rapid.SampledFrom([]string{"a.yaml", "iam/ops team.yaml", "日本.yaml", `"a\b`, "tab\there", "a/b/c.yaml"}).Draw(t, "name")
		file := filepath.Join(folder, filepath.FromSlash(name))
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o700))
		require.NoError(t, os.WriteFile(file, []byte(before), 0o600))
		diff := patch.Unified(name, []byte(before), []byte(after))
		if diff == nil || after == "" { // git deletes a file that gets empty
			return
		}
		command := exec.Command("git", "-c", "core.autocrlf=false", "apply", "--whitespace=nowarn", "-")
		command.Dir = folder
		command.Env = append(os.Environ(), "GIT_DIR="+filepath.Join(folder, "none"), "GIT_CONFIG_NOSYSTEM=1", "HOME="+folder)
		command.Stdin = strings.NewReader("# agency/a%b: a remark\n\n" + string(diff))
		out, err := command.CombinedOutput()
		require.NoError(t, err, "%s\n%s", out, diff)
		got, err := os.ReadFile(file)
		require.NoError(t, err)
		require.Equal(t, after, string(got), "%s", diff)
	})
}
