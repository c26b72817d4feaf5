package acceptance

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"github.com/agencyctl/agencyctl/internal/cli"
)

// known are problems that a mistake somewhere else brings with it still: what an entry that cannot be read would have been, what a key
// that is misspelt would have said of the whole section, and a breach of a list of which an item cannot be read.
var known = regexp.MustCompile(`unknown dependency:|region missing:|agency of a service:|prune without include:|unknown rule:|guardrail trusted-`)

// TestOneMistakeIsOneProblem puts one mistake after the other into every place of the examples. Each is told as one problem at most,
// warnings and the known echoes aside.
func TestOneMistakeIsOneProblem(t *testing.T) {
	paths, err := filepath.Glob("examples/*/*.yaml")
	require.NoError(t, err)
	mistakes := 0
	for _, path := range paths {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		var document yaml.Node
		require.NoError(t, yaml.Unmarshal(text, &document))
		if len(fatalProblems(t, text)) > 0 {
			continue // one of several files
		}
		damaged(document.Content[0], func(what string) {
			broken, err := yaml.Marshal(&document)
			require.NoError(t, err)
			found := fatalProblems(t, broken)
			if len(found) > 0 {
				mistakes++
			}
			assert.LessOrEqual(t, len(found), 1, "%s: %s\n%v", path, what, found)
		})
	}
	assert.Greater(t, mistakes, 500)
}

// damaged calls with after each mistake that it puts into n, and takes it out again.
func damaged(n *yaml.Node, with func(what string)) {
	content := slices.Clone(n.Content)
	damage := func(what string, content ...*yaml.Node) {
		kept := n.Content
		n.Content = content
		with(what)
		n.Content = kept
	}
	for i, child := range content {
		if n.Kind == yaml.MappingNode && i%2 == 0 {
			key := child.Value
			child.Value = key + "x"
			with("key " + key + " misspelt")
			child.Value = key
			damage("key "+key+" missing", slices.Concat(content[:i], content[i+2:])...)
			continue
		}
		for _, value := range []string{"7", "true", "[]", "null", `""`, `[""]`, `"a b"`, `"a/b/"`} {
			var other yaml.Node
			if yaml.Unmarshal([]byte(value), &other) != nil {
				panic(value)
			}
			kept := *child
			*child = *other.Content[0]
			with(fmt.Sprintf("%s in place of %q at %d:%d", value, kept.Value, kept.Line, kept.Column))
			*child = kept
		}
		damaged(child, with)
	}
}

// fatalProblems returns what validate says of a manifest, without warnings.
func fatalProblems(t *testing.T, text []byte) []string {
	var stdout, stderr bytes.Buffer
	cli.Run(context.Background(), cli.Env{
		Stdin: bytes.NewReader(text), Stdout: &stdout, Stderr: &stderr, Getenv: func(string) string { return "" }, Registry: services.Registry(),
	}, []string{"validate", "-f", "-", "-o", "json"})
	var document struct {
		Problems []struct {
			Line, Column          int
			Summary, Detail, Hint string
			Severity              string
			Warning               bool
		}
	}
	require.NoError(t, json.Unmarshal(stdout.Bytes(), &document), "%s%s", &stdout, &stderr)
	var all []string
	for _, p := range document.Problems {
		if !p.Warning && p.Severity != "warning" {
			all = append(all, fmt.Sprintf("%d:%d %s: %s", p.Line, p.Column, p.Summary, p.Detail))
		}
	}
	if len(all) > 1 {
		all = slices.DeleteFunc(all, known.MatchString)
	}
	return all
}
