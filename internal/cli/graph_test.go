package cli_test

import (
	"context"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/conformance/memory"
	"github.com/agencyctl/agencyctl/providers"
)

// begins and ends are how a whole document of each format looks.
var begins, ends = map[string]string{"dot": "digraph agencyctl {\n", "mermaid": "flowchart LR\n", "svg": "<svg "},
	map[string]string{"dot": "}\n", "mermaid": "\n", "svg": "</svg>\n"}

// Whatever fails, standard output has a whole document that says so, and nothing else.
func TestAGraphOfAFailedRunSaysSo(t *testing.T) {
	for what, s := range map[string]stage{
		"no failure": {}, "no connection": noKeys, "no identity": unnamed, "no access": unreadable, "interrupted": stopped,
		"another account": stranger, "twice": twice, "a missing file": missing, "a flag's value": badFlag,
		"an invalid manifest": {before: invalid.before, code: 1, says: "agencies knows no key"},
		"a misspelt target":   {args: []string{"--target", "box/wto"}, code: 1, says: "nothing selected"},
		"a bad pattern":       {args: []string{"--exclude", "box//"}, code: 1, says: "--exclude"},
		"a refused plan": {
			before: write("m/1.yaml", head+"ownership: {include: [box/*], prune: true, maxDeletes: 0}\nagencies: []\n"),
			code:   1, says: "too many deletes",
		},
	} {
		for format := range begins {
			t.Run(what+"/"+format, func(t *testing.T) {
				a := newAccounts(t, "alpha")
				if s.before != nil {
					s.before(t, a)
				}
				ctx, stop := context.WithCancel(limited(t))
				defer stop()
				if s.stopped {
					stop()
				}
				o := a.run(ctx, t, s.env, append([]string{"graph", "-f", "m", "-o", format}, s.args...)...)
				require.Equal(t, s.code, o.code, o.errors)
				assert.True(t, strings.HasPrefix(o.out, begins[format]) && strings.HasSuffix(o.out, ends[format]), o.out)
				assert.Equal(t, s.code != 0, strings.Contains(o.out, "Failed"), o.out)
				assert.Contains(t, strings.ReplaceAll(o.out, "<br>", " "), s.says)
				assert.Equal(t, s.code != 0, o.errors != "", "people are told too")
				assert.Zero(t, a.writes())
			})
		}
	}
}

// An account that failed hides no other, and the order is that of the accounts.
func TestAGraphOfSeveralAccounts(t *testing.T) {
	a := newAccounts(t, "alpha", "beta", "gamma")
	a.worlds["beta"].SetFaults(memory.Fault{Operation: memory.Observe, Err: providers.ErrDenied})
	for format := range begins {
		o := a.run(limited(t), t, nil, "graph", "-f", "m", "-o", format)
		require.Equal(t, 1, o.code)
		last := 0
		for _, words := range []string{"Who may act in alpha", "Who may act in beta", "Who may act in gamma"} {
			at := strings.LastIndex(o.out, words)
			require.Greater(t, at, last, o.out)
			last = at
		}
		assert.Equal(t, 2, strings.Count(o.out, "+ box/two")+strings.Count(o.out, `"box/two (#43; added)"`), "%s: %s", format, o.out)
		assert.Contains(t, o.errors, "Account beta:")
	}
}

func TestAGraphHasFormatsOfItsOwn(t *testing.T) {
	a := newAccounts(t, "alpha")
	o := a.run(limited(t), t, nil, "graph", "-f", "m", "-o", "svgg")
	assert.Equal(t, 1, o.code)
	assert.Contains(t, o.errors, "choose one of dot, mermaid, svg")
	assert.Contains(t, o.errors, `did you mean "svg"?`)
	assert.Empty(t, o.out)
	o = a.run(limited(t), t, nil, "graph", "-f", "m")
	assert.Zero(t, o.code, o.errors)
	assert.True(t, strings.HasPrefix(o.out, begins["dot"]))
	require.NoError(t, os.Remove("m/1.yaml"))
	assert.Equal(t, 1, a.run(limited(t), t, nil, "graph", "-f", "m").code)
}

// A picture goes to files as every document does, also that of a failed run. Standard output has one only where a format says so.
func TestAGraphGoesToFiles(t *testing.T) {
	for args, stdout := range map[string]string{"": "", "-o mermaid": "flowchart LR\n"} {
		a := newAccounts(t, "alpha")
		o := a.run(limited(t), t, nil, append([]string{"graph", "-f", "m", "-o", "svg=trust.svg", "-o", "dot=trust.dot"}, strings.Fields(args)...)...)
		require.Zero(t, o.code, o.errors)
		assert.Equal(t, stdout, o.out[:min(len(o.out), len("flowchart LR\n"))])
		for _, format := range []string{"svg", "dot"} {
			text, err := os.ReadFile("trust." + format)
			require.NoError(t, err)
			assert.True(t, strings.HasPrefix(string(text), begins[format]) && strings.HasSuffix(string(text), ends[format]))
		}
		a.worlds["alpha"].SetFaults(memory.Fault{Operation: memory.Observe, Err: providers.ErrDenied})
		require.Equal(t, 1, a.run(limited(t), t, nil, "graph", "-f", "m", "-o", "svg=trust.svg").code)
		text, err := os.ReadFile("trust.svg")
		require.NoError(t, err)
		assert.Contains(t, string(text), "Failed: ")
	}
	o := newAccounts(t, "alpha").run(limited(t), t, nil, "graph", "-f", "m", "-o", "svg=no/folder/trust.svg")
	assert.Equal(t, 1, o.code)
	assert.Contains(t, o.errors, "no/folder")
}
