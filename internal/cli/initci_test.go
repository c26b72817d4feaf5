package cli_test

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/cli"
)

// A program that was released writes jobs that install the same version. Nobody can install another one by its name.
func TestJobsInstallTheVersionThatWroteThem(t *testing.T) {
	root, err := filepath.Abs("../..")
	require.NoError(t, err)
	documents := os.DirFS(root)
	for version, installed := range map[string]string{
		"v1.2.3": "v1.2.3", "v1.2.3-rc.1": "v1.2.3-rc.1", "(devel)": "latest", "v1.2.3+dirty": "latest", "v1": "latest", "v1.2.3 x": "latest",
		"v1.2.4-0.20261128002209-49cf45b0a1b2": "latest",
	} {
		t.Run(version, func(t *testing.T) {
			t.Chdir(t.TempDir())
			for _, ci := range []string{"github", "gitlab"} {
				r := run(t, func(e *cli.Env) { e.Docs, e.Version = documents, version }, "init", "--ci", ci)
				require.Zero(t, r.code, r.errors)
			}
			for _, name := range []string{".gitlab-ci.yml", ".github/workflows/agencyctl-plan.yml"} {
				text, err := os.ReadFile(name)
				require.NoError(t, err)
				for _, m := range regexp.MustCompile(`agencyctl@(.*)`).FindAllStringSubmatch(string(text), -1) {
					assert.Equal(t, installed, m[1])
				}
				assert.Contains(t, string(text), "go install github.com/agencyctl/agencyctl@"+installed+"\n")
			}
		})
	}
	r := run(t, nil, "init", "--ci", "github")
	assert.Equal(t, 1, r.code)
	assert.Contains(t, r.errors, "built without its documentation")
}
