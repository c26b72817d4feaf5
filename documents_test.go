package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestReadme types what each document tells to type, and compares what is printed with what the document shows. The README is
// typed in a fresh clone, then once more there, and so is every other document after the README: a reader tidies nothing up.
func TestReadme(t *testing.T) {
	guide, err := filepath.Glob("docs/guide/*.md")
	require.NoError(t, err)
	clone := t.TempDir()
	for _, part := range []string{"examples", "testdata/mistakes"} {
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
