package acceptance

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/render"
)

// summariesIn returns the literal summaries of problems in the files of a package: the field Summary, what is assigned to a summary,
// and what is given to functions for their parameter summary. Of a text that is put together it returns the literal part.
func summariesIn(files []*ast.File) []string {
	var found []string
	take := func(e ast.Expr) {
		ast.Inspect(e, func(n ast.Node) bool {
			if l, ok := n.(*ast.BasicLit); ok && l.Kind == token.STRING {
				text, _ := strconv.Unquote(l.Value)
				found = append(found, strings.TrimSpace(text))
			}
			return true
		})
	}
	at := map[string]int{} // the place of the parameter, by function
	each := func(visit func(ast.Node) bool) {
		for _, f := range files {
			ast.Inspect(f, visit)
		}
	}
	each(func(n ast.Node) bool {
		if f, ok := n.(*ast.FuncDecl); ok {
			i := 0
			for _, field := range f.Type.Params.List {
				for _, name := range field.Names {
					if name.Name == "summary" {
						at[f.Name.Name] = i
					}
					i++
				}
			}
		}
		return true
	})
	each(func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.KeyValueExpr:
			if key, ok := n.Key.(*ast.Ident); ok && key.Name == "Summary" {
				take(n.Value)
			}
		case *ast.AssignStmt:
			for i, to := range n.Lhs {
				if s, ok := to.(*ast.SelectorExpr); ok && s.Sel.Name == "summary" && i < len(n.Rhs) {
					take(n.Rhs[i])
				}
				if id, ok := to.(*ast.Ident); ok && id.Name == "summary" && len(n.Rhs) == len(n.Lhs) {
					take(n.Rhs[i])
				}
			}
		case *ast.CallExpr:
			name := ""
			switch f := n.Fun.(type) {
			case *ast.Ident:
				name = f.Name
			case *ast.SelectorExpr:
				name = f.Sel.Name
			}
			if i, ok := at[name]; ok && i < len(n.Args) {
				take(n.Args[i])
			}
		}
		return true
	})
	return found
}

// Every summary of a problem that somebody may copy from the output is explained.
func TestSummariesOfProblemsAreExplained(t *testing.T) {
	packages := map[string][]*ast.File{}
	for _, root := range []string{"schema", "plan", "engine", "providers", "internal/cli"} {
		require.NoError(t, filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err == nil && strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go") {
				file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
				packages[filepath.Dir(path)] = append(packages[filepath.Dir(path)], file)
				return err
			}
			return err
		}))
	}
	var summaries []string
	for _, files := range packages {
		summaries = append(summaries, summariesIn(files)...)
	}
	slices.Sort(summaries)
	summaries = slices.Compact(summaries)
	require.Greater(t, len(summaries), 100)
	terms, err := os.ReadFile("docs/terms.md")
	require.NoError(t, err)
	entries := render.ParseEntries("docs/terms.md", string(terms))
	for _, summary := range summaries {
		explained := false
		for _, whole := range []string{summary, "description " + summary, "high " + summary, summary + " tags"} { // a part of one stands behind another word
			explained = explained || len(render.FindEntries(entries, whole)) > 0
		}
		assert.True(t, explained, "%q is not explained", summary)
	}
}

// The words of the output that a user may not know, and what stands before a problem as it is copied.
func TestWordsOfTheOutputAreExplained(t *testing.T) {
	var entries []render.Entry
	for _, file := range []string{"docs/rules.md", "docs/terms.md"} {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		entries = append(entries, render.ParseEntries(file, string(text))...)
	}
	for _, word := range []string{
		"new risks", "Left in place", "trusted by", "everywhere", "directly", "Order", "owner", "forever", "read back", "ends",
		"unknown role", "wrong account", "quota too small", "role may not fit the scope", "guardrail trusted-accounts", "project cannot be used",
		"trust cannot be read", "high risk", "medium risk", "low risk",
	} {
		assert.Len(t, render.FindEntries(entries, word), 1, word)
	}
	assert.Len(t, render.FindEntries(entries, "missing"), 1, "what a problem says behind another word is no word of its own")
}
