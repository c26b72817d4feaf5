package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/cli"
	"github.com/agencyctl/agencyctl/internal/cloudsim"
	"github.com/agencyctl/agencyctl/internal/stories"
)

var update = flag.Bool("update", false, "rewrite the expected output in testdata/script and the published schema")

// TestMain lets more stories run at once than there are processors, because they wait for processes and pauses.
func TestMain(m *testing.M) {
	if err := flag.Set("test.parallel", "4"); err != nil {
		panic(err)
	}
	testscript.Main(m, map[string]func(){"agencyctl": main, "agencyctl-watched": watched})
}

// TestScript runs the stories in testdata/script: the user's view of every command, on the real program. Beside the
// commands of testscript they use those of [stories.Commands].
func TestScript(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("EXAMPLES", absolute("examples"))
			e.Setenv("RECIPES", absolute("docs/recipes"))
			e.Setenv("NORTHWIND", absolute("testdata/northwind"))
			e.Setenv("TFSTATE", absolute("testdata/tfstate"))
			e.Setenv("GOGC", "off") // a fourth of the time of so short a process is collecting garbage
			stories.Setup(e)
			return nil
		},
		Cmds: stories.Commands(),
	})
}

// TestExamples plans and applies every example twice on a fresh simulated cloud, once as a saved plan: the second time
// nothing is left to do.
func TestExamples(t *testing.T) {
	folders, err := filepath.Glob("examples/*")
	require.NoError(t, err)
	require.NotEmpty(t, folders)
	for _, folder := range folders {
		t.Run(filepath.Base(folder), func(t *testing.T) {
			testscript.Run(t, testscript.Params{
				Files: []string{script(t, fmt.Sprintf(`
exec agencyctl validate -f %[1]s
exits 2 agencyctl plan -f %[1]s --sim --detailed-exitcode
exec agencyctl apply -f %[1]s --sim --auto-approve
stdout 'verified'
exec agencyctl apply -f %[1]s --sim --auto-approve
stdout '^Nothing to do'
exec agencyctl drift -f %[1]s --sim --now 2026-01-01
exec agencyctl plan -f %[1]s --sim=reviewed.json --out plan.json
exec agencyctl apply plan.json --sim=reviewed.json
stdout 'verified'
exec agencyctl apply plan.json -f %[1]s --sim=reviewed.json
stdout '^Nothing to do'
exec agencyctl plan -f %[1]s --sim=reviewed.json
stdout '^Nothing to do'
`, filepath.ToSlash(absolute(folder))))},
				Setup: func(e *testscript.Env) error { return onlyPublishedRoles(e, folder) },
				Cmds:  stories.Commands(),
			})
		})
	}
}

// onlyPublishedRoles puts state files in place whose services give their agencies no roles that no page names. The examples with
// authorizations are on Huawei Cloud.
func onlyPublishedRoles(e *testscript.Env, folder string) error {
	if filepath.Base(folder) != "authorizations" {
		return nil
	}
	for _, name := range []string{".agencyctl-sim.json", "reviewed.json"} {
		world := cloudsim.DemoWorld(cloudsim.HuaweiCloud)
		world.OnlyPublishedRoles = true
		if err := cloudsim.SaveState(filepath.Join(e.WorkDir, name), &world); err != nil {
			return err
		}
	}
	return nil
}

// script writes a story to a file of its own.
func script(t *testing.T, text string) string {
	path := filepath.Join(t.TempDir(), "story.txtar")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

func absolute(path string) string {
	full, err := filepath.Abs(path)
	if err != nil {
		panic(err)
	}
	return full
}

// watched is agencyctl for stories that interrupt it.
func watched() {
	file, err := os.Create("errors.txt")
	if err != nil {
		panic(err)
	}
	os.Stderr = file
	env := environment()
	env.Grace = time.Hour
	os.Exit(cli.Main(env))
}

// TestReadme types what each document tells to type, and compares what is printed with what the document shows. The README is
// typed in a fresh clone, then once more there, and so is every other document after the README: a reader tidies nothing up.
func TestReadme(t *testing.T) {
	guide, err := filepath.Glob("docs/guide/*.md")
	require.NoError(t, err)
	clone := t.TempDir()
	for _, part := range []string{"examples", "testdata/mistakes", "testdata/tfstate"} {
		require.NoError(t, os.CopyFS(filepath.Join(clone, part), os.DirFS(part)))
	}
	t.Run("fresh clone", func(t *testing.T) { typeDocument(t, "README.md", clone) })
	for _, document := range append([]string{"README.md", "docs/OWNERSHIP.md"}, guide...) {
		t.Run(filepath.Base(document), func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			require.NoError(t, os.CopyFS(folder, os.DirFS(clone)))
			typeDocument(t, document, folder)
		})
	}
}

// typeDocument types a document in a folder. With -update, the document shows from then on what was printed.
func typeDocument(t *testing.T, document, folder string) {
	t.Helper()
	text, err := os.ReadFile(document)
	require.NoError(t, err)
	got := typed(t, string(text), folder)
	if *update {
		require.NoError(t, os.WriteFile(document, []byte(got), 0o644))
		return
	}
	require.Equal(t, string(text), got, "run go test . -run TestReadme -update")
}

// typed returns a document with what its commands print in the folder. A command stands behind "$ ". What a line "go run . ..."
// prints is not shown. A block of YAML that begins with "# NAME.yaml" is saved as that file.
func typed(t *testing.T, text, folder string) string {
	t.Helper()
	program, err := os.Executable()
	require.NoError(t, err)
	path := t.TempDir() // as "go build ." and PATH do
	require.NoError(t, os.Symlink(program, filepath.Join(path, "agencyctl")))
	bash := func(command string) []byte {
		shell := exec.Command("bash", "-c", command)
		shell.Dir = folder
		shell.Env = append(os.Environ(), "PATH="+path+":"+os.Getenv("PATH"))
		out, _ := shell.CombinedOutput() // the exit code is told by what is printed
		return out
	}
	var got, file strings.Builder
	fence, name, shown := "", "", false
	for line := range strings.Lines(text) {
		command, isCommand := strings.CutPrefix(line, "$ ")
		unshown, isUnshown := strings.CutPrefix(line, "go run . ")
		switch {
		case isCommand:
			shown = true
			got.WriteString(line)
			got.Write(bash(command))
		case strings.HasPrefix(line, "```") && fence == "":
			fence = line
		case strings.HasPrefix(line, "```"):
			if name != "" {
				require.NoError(t, os.WriteFile(filepath.Join(folder, name), []byte(file.String()), 0o600))
			}
			fence, name, shown = "", "", false
			file.Reset()
		case fence == "```\n" && isUnshown:
			bash("agencyctl " + unshown)
		case fence == "```yaml\n" && strings.HasPrefix(line, "# ") && strings.HasSuffix(line, ".yaml\n"):
			name = strings.TrimSpace(line[2:])
		}
		if name != "" {
			file.WriteString(line)
		}
		if !shown {
			got.WriteString(line)
		}
	}
	return got.String()
}
