package acceptance

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/cli"
)

var update = flag.Bool("update", false, "rewrite what is told of each mistake")

// The files of a row of testdata/mistakes that are no input.
const (
	// rowCommand holds the environment, a line NAME=VALUE each, and the command line; without it, ROW.yaml is validated.
	rowCommand = "command"
	rowTold    = "told"
	// rowBeyond is why the published schema cannot tell the mistake.
	rowBeyond = "beyondSchema"
)

// TestMistakes holds what is told of each mistake of testdata/mistakes against the file: where it is, what it is, what to write, and the
// exit code. The files of a row are named ROW/FILE.
func TestMistakes(t *testing.T) {
	paths, err := filepath.Glob("testdata/mistakes/*.txtar")
	require.NoError(t, err)
	rows := 0
	for _, path := range paths {
		archive, err := txtar.ParseFile(path)
		require.NoError(t, err)
		full, err := filepath.Abs(path)
		require.NoError(t, err)
		var renewed []txtar.File
		for _, row := range rowsOf(archive) {
			rows++
			t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar")+"/"+row.name, func(t *testing.T) {
				code, got := row.run(t)
				assert.NoError(t, brokenRules(code, got), got)
				if *update {
					row.files[rowTold] = []byte(got)
				}
				assert.Equal(t, string(row.files[rowTold]), got)
				for _, name := range row.names() {
					renewed = append(renewed, txtar.File{Name: row.name + "/" + name, Data: row.files[name]})
				}
			})
		}
		if *update {
			archive.Files = renewed
			require.NoError(t, os.WriteFile(full, txtar.Format(archive), 0o644))
		}
	}
	assert.GreaterOrEqual(t, rows, 100)
}

// mistakeRow is one row of the table.
type mistakeRow struct {
	name  string
	files map[string][]byte
}

func rowsOf(archive *txtar.Archive) []*mistakeRow {
	var rows []*mistakeRow
	for _, f := range archive.Files {
		name, file, _ := strings.Cut(f.Name, "/")
		if len(rows) == 0 || rows[len(rows)-1].name != name {
			rows = append(rows, &mistakeRow{name: name, files: map[string][]byte{}})
		}
		rows[len(rows)-1].files[file] = f.Data
	}
	return rows
}

// names returns the files of a row: its inputs first, what is told last.
func (row *mistakeRow) names() []string {
	var names []string
	for name := range row.files {
		if !slices.Contains([]string{rowTold, rowBeyond}, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range []string{rowBeyond, rowTold} {
		if row.files[name] != nil {
			names = append(names, name)
		}
	}
	return names
}

// run executes the command of a row in a folder with its files, and returns its exit code and all that it prints.
func (row *mistakeRow) run(t *testing.T) (code int, told string) {
	folder := t.TempDir()
	for name, text := range row.files {
		path := filepath.Join(folder, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, hidden.Replace(text), 0o644))
	}
	lines := strings.Split(strings.TrimSpace(string(row.files[rowCommand])), "\n")
	args := strings.Fields(lines[len(lines)-1])
	if len(args) == 0 {
		args = []string{"validate", "-f", "a.yaml"}
	}
	environment := map[string]string{}
	for _, line := range lines[:len(lines)-1] {
		name, value, _ := strings.Cut(line, "=")
		environment[name] = value
	}
	t.Chdir(folder)
	var stdout, stderr bytes.Buffer
	code = cli.Run(context.Background(), cli.Env{
		Stdin: strings.NewReader(""), Stdout: &stdout, Stderr: &stderr,
		Getenv: func(name string) string { return environment[name] },
		Environ: func() []string {
			return slices.Clone(lines[:len(lines)-1])
		},
		Registry: services.Registry(), Connect: connect, Version: "(devel)",
	}, args)
	told = fmt.Sprintf("exit code %d\n%s%s", code, stdout.String(), stderr.String())
	return code, strings.ReplaceAll(told, folder, "FOLDER")
}

// hidden are how the table writes bytes that an editor does not show.
var hidden = byteReplacer{{"<TAB>", "\t"}, {"<CR>", "\r"}, {"<BOM>", "\ufeff"}, {"<NUL>", "\x00"}, {"<BYTE>", "\xc3("}, {"<UTF16>", "\xff\xfe"}}

type byteReplacer [][2]string

func (r byteReplacer) Replace(text []byte) []byte {
	for _, pair := range r {
		text = bytes.ReplaceAll(text, []byte(pair[0]), []byte(pair[1]))
	}
	return text
}

var (
	// goWords are words of Go and its libraries.
	goWords = regexp.MustCompile(`(?:^|[^.\w])(?:yaml|json): |strconv|unmarshal|context canceled|deadline exceeded|missing unit|invalid syntax|jsonschema|\bEOF\b|\bnil\b|` +
		`\bstat \S|no such file or directory|invalid argument|invalid character|0x[0-9a-f]{6}|runtime error|<nil>|%!`)
	placedProblem = regexp.MustCompile(`(?m)^[^\s:]+(?::\d+){0,2}: .+: `)
	toldError     = regexp.MustCompile(`(?m)^agencyctl: `)
	// toldWhatToDo is in every message: a hint, or words that say what to write.
	toldWhatToDo = regexp.MustCompile(`hint: |[:;,(] (?:or )?(?:write|choose|set|name|leave|did you mean) `)
)

// brokenRules returns why an output is not as the outputs for mistakes must be; nil where it is.
func brokenRules(code int, told string) error {
	_, said, _ := strings.Cut(told, "\n")
	problems := len(placedProblem.FindAllString(said, -1))
	if toldError.MatchString(said) {
		problems = len(toldError.FindAllString(said, -1))
	}
	switch {
	case code != 1:
		return fmt.Errorf("the exit code is %d", code)
	case goWords.MatchString(said):
		return fmt.Errorf("%q is a word of Go's", goWords.FindString(said))
	case problems != 1:
		return fmt.Errorf("one mistake is told as %d problems", problems)
	case !toldWhatToDo.MatchString(said):
		return fmt.Errorf("it does not say what to do")
	}
	return nil
}
