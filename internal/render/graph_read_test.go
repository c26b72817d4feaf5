package render_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The lines that the two languages have, as strict as our own writers are. Real consumers judge the same texts behind the build tag
// "consumers".
var (
	dotString  = `"(?:[^"\\]|\\\\|\\"|\\n)*"`
	dotValue   = `(?:` + dotString + `|[\w.]+)`
	dotAttr    = `\w+=` + dotValue
	dotID      = `[a-z]+\d*(?:_\d+)?`
	dotGrammar = regexp.MustCompile(`^(?:digraph agencyctl \{|  subgraph cluster_\d+ \{|  // .*|  ?\}|\}|  (?:` + dotAttr + `; ?)+` +
		`|  (?:node|edge) \[` + dotAttr + `(?:, ` + dotAttr + `)*\];|  ` + dotID + `(?: -> ` + dotID + `)? \[(?:` + dotAttr + `(?:, ` + dotAttr + `)*)?\];)$`)
	mermaidString  = `"(?:[^"#<>&{}%;|\\` + "`" + `\x00-\x1f]|#\d+;|<br>)*"`
	mermaidID      = `[a-z]+\d*(?:_\d+)?`
	mermaidGrammar = regexp.MustCompile(`^(?:flowchart LR|  %% [^{}]*|  subgraph account\d+\[` + mermaidString + `\]|  end|  direction LR|  classDef \w+ [\w:#,. -]+` +
		`|  linkStyle [\d,]+ [\w:#,-]+|  ` + mermaidID + `(?:\[` + mermaidString + `\]|\(\[` + mermaidString + `\]\)|\[/` + mermaidString + `/\])(?::::\w+)?` +
		`|  ` + mermaidID + ` (?:-->|==>|-\.->)(?:\|` + mermaidString + `\|)? ` + mermaidID + `)$`)
)

// readDOT holds every line against the part of the language that is written.
func readDOT(t testing.TB, text string) {
	t.Helper()
	for line := range strings.Lines(text) {
		require.Regexp(t, dotGrammar, strings.TrimSuffix(line, "\n"))
	}
}

// readMermaid holds every line against the part of the language that is written.
func readMermaid(t testing.TB, text string) {
	t.Helper()
	for line := range strings.Lines(text) {
		require.Regexp(t, mermaidGrammar, strings.TrimSuffix(line, "\n"))
	}
}

func TestGraphTextsHaveTheirGrammar(t *testing.T) {
	for _, r := range []int{3, 40, 300} {
		readDOT(t, drawn(t, "dot", graphs(t, trustGraph(r), sampleTrust(t))))
		readMermaid(t, drawn(t, "mermaid", graphs(t, trustGraph(r), sampleTrust(t))))
	}
	require.NotRegexp(t, dotGrammar, `  as0_0 [label="a"b"];`)
	require.NotRegexp(t, mermaidGrammar, `  as0_0["a"b"]`)
}
