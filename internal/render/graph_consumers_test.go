//go:build consumers

package render_test

import (
	"html"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/render"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
)

// Graphviz draws what we write, and shows each name as it is, however it was chosen. It says nothing on standard error, where it would
// tell of entities and escapes that it does not know.
func TestGraphvizTakesTheDOT(t *testing.T) {
	names := []string{`"];}`, `\N\"\\`, "&quot;&lt;b>", "<b>x</b>", "a|b", "{x}", `\nnew\l`, "// x", "日本の会社", hostile}
	g := &plan.TrustGraph{}
	for _, name := range names {
		g.Actors = append(g.Actors, plan.Actor{
			Address: addr.New("agency", addr.Plain(name)), Trusted: []plan.Trusted{{Principal: "account:" + name}},
			Grants: []plan.ActorGrant{{Scope: "project:" + name, By: addr.New("grant", addr.Plain("a"), addr.Plain("b"), addr.Plain(name))}},
		})
	}
	for _, r := range []render.Report{graphs(t, g), graphs(t, trustGraph(40), sampleTrust(t)), {Kind: render.Graph, Accounts: []render.Account{{}}}} {
		command := exec.Command("dot", "-Tsvg")
		command.Stdin = strings.NewReader(drawn(t, "dot", r))
		var errors strings.Builder
		command.Stderr = &errors
		out, err := command.Output()
		require.NoError(t, err, errors.String())
		require.Empty(t, errors.String())
		if r.Accounts[0].Trust != g {
			continue
		}
		shown := strings.ReplaceAll(html.UnescapeString(string(out)), "\u00a0", " ")
		for _, name := range names {
			want := addr.New("agency", addr.Plain(name)).String()
			if strings.Contains(want, `\`) { // such a name stands in quotes of ours
				want = strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(want)
			}
			require.True(t, strings.Contains(shown, want), want)
		}
	}
}
