//go:build consumers

package stories

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/stretchr/testify/require"
)

// TestRecipes runs the stories in testdata/recipes on the real program. They need git and bash, as the recipes do.
func TestRecipes(t *testing.T) {
	programs := t.TempDir()
	build := exec.Command("go", "build", "-o", filepath.Join(programs, "agencyctl"), ".")
	build.Dir = root
	out, err := build.CombinedOutput()
	require.NoError(t, err, "%s", out)
	recipes, err := filepath.Abs(filepath.Join(root, "docs/recipes"))
	require.NoError(t, err)
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join(root, "testdata/recipes"),
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("RECIPES", recipes)
			e.Setenv("PATH", programs+string(os.PathListSeparator)+e.Getenv("PATH"))
			Setup(e)
			return nil
		},
		Cmds: Commands(),
	})
}
