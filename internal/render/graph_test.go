package render_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/agencyctl/agencyctl/internal/render"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
)

// trustGraph has n agencies of n/10 accounts, with five roles each in some of n/25 scopes. No two are alike but by chance.
func trustGraph(n int) *plan.TrustGraph {
	g := &plan.TrustGraph{}
	for i := range n {
		name := fmt.Sprintf("ops-backup-%03d", i)
		a := plan.Actor{Address: addr.New("agency", addr.Plain(name)), Unmanaged: i%7 == 3}
		principal := fmt.Sprintf("account:partner-%03d", i*7919%(n/10+1))
		switch {
		case i%5 == 1:
			principal = fmt.Sprintf("service:op_svc_%c", 'a'+i%6)
		case i%11 == 2:
			principal = "account:" + account.Name
		}
		if i%13 == 4 {
			a.Mark = plan.Added
		}
		if i%17 == 5 {
			a.Mark = plan.Removed
		}
		a.Trusted = []plan.Trusted{{Principal: principal, Lifetime: "30d", Mark: a.Mark}}
		if i%19 == 6 {
			a.Trusted = append(a.Trusted, plan.Trusted{Principal: "account:stranger", Mark: plan.Removed})
		}
		for k := range 5 {
			scope := fmt.Sprintf("project:region-%02d", (i*31+k*17)%(n/25+1))
			if i%23 == 7 && k == 0 {
				scope = "domain"
			}
			role := fmt.Sprintf("%s %03d ReadOnlyAccess", []string{"OBS", "ECS", "EVS", "VPC"}[(i+k)%4], (i*13+k*7)%90)
			grant := plan.ActorGrant{
				Scope: scope, Mark: a.Mark, By: addr.New("grant", addr.Plain(name), addr.Plain("x"), addr.Plain(role)),
				Administrator: i%29 == 8 && k == 0, Unknown: i%31 == 9 && k == 1, Limited: i%37 == 10,
			}
			if a.Mark == plan.Kept && (i+k)%21 == 0 {
				grant.Mark = []plan.Mark{plan.Added, plan.Removed, plan.Altered}[i%3]
			}
			a.Grants = append(a.Grants, grant)
		}
		g.Actors = append(g.Actors, a)
	}
	return g
}

// likeAgencies are n agencies that trust one account and have the same roles.
func likeAgencies(n int) *plan.TrustGraph {
	g := &plan.TrustGraph{}
	for i := range n {
		name := fmt.Sprintf("ops-reader-%03d", i)
		g.Actors = append(g.Actors, plan.Actor{
			Address: addr.New("agency", addr.Plain(name)), Trusted: []plan.Trusted{{Principal: "account:partner-co"}},
			Grants: []plan.ActorGrant{{Scope: "domain", By: addr.New("grant", addr.Plain(name), addr.Plain("domain"), addr.Plain("Reader"))}},
		})
	}
	return g
}

// sampleTrust is the graph of [samplePlan]: each kind of principal and of mark, and names that strangers chose.
func sampleTrust(t testing.TB) *plan.TrustGraph {
	backup, csms := address(t, "agency/ops-backup"), address(t, "authorization/csms/cn-north-4/RDS-FG")
	evil := addr.New("agency", addr.Plain(`1. "]] <b>&amp;|%%{`+hostile))
	return &plan.TrustGraph{Actors: []plan.Actor{
		{
			Address: backup,
			Trusted: []plan.Trusted{
				{Principal: "account:partner-co", Lifetime: "20d", Mark: plan.Added}, {Principal: "account:stranger", Mark: plan.Removed},
			},
			Grants: []plan.ActorGrant{
				{Scope: "domain", By: address(t, "grant/ops-backup/domain/Tenant Administrator"), Mark: plan.Removed, Administrator: true},
				{Scope: "project:cn-north-4", By: address(t, "grant/ops-backup/project:cn-north-4/backup-read"), Mark: plan.Altered, Limited: true},
				{Scope: "project:cn-north-4", By: address(t, "grant/ops-backup/project:cn-north-4/custom:odd"), Unknown: true},
			},
		},
		{
			Address: address(t, "agency/ops-own"), Mark: plan.Added, Trusted: []plan.Trusted{{Principal: "account:example-co", Mark: plan.Added}},
			Grants: []plan.ActorGrant{
				{Scope: "*", By: address(t, "grant/ops-own/all-projects/Everything"), Mark: plan.Added, Administrator: true},
				{As: "account:example-co", By: address(t, "grant/ops-own/domain/Agent"), Mark: plan.Added},
			},
		},
		{
			Address: evil, Unmanaged: true, Unreadable: []string{"trust"},
			Trusted: []plan.Trusted{{Principal: "account:日本の会社と取引先と関係会社のとても長い名前の会社" + hostile}},
			Grants:  []plan.ActorGrant{{Scope: "domain", By: addr.New("grant", addr.Plain("e"), addr.Plain("domain"), addr.Plain(`- "<script>&`)), Denies: true}},
		},
		{
			Address: csms, Trusted: []plan.Trusted{{Principal: "service:csms"}},
			Grants: []plan.ActorGrant{{Scope: "project:cn-north-4", By: csms, Unknown: true}},
		},
	}}
}

// graphs is the report of a command that draws, one account for each graph.
func graphs(t testing.TB, all ...*plan.TrustGraph) render.Report {
	r := render.Report{Kind: render.Graph}
	for _, g := range all {
		p := samplePlan(t)
		r.Accounts = append(r.Accounts, render.Account{Account: p.Account, Plan: p, Trust: g})
	}
	return r
}

func drawn(t testing.TB, format string, r render.Report) string {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, render.GraphFormats()[format](&b, r, render.Options{}))
	return b.String()
}

func TestGraphsAreAsReviewed(t *testing.T) {
	failed := render.Report{Kind: render.Graph, Failure: &render.Failure{Kind: render.Refused, Err: errors.New("--sim: " + hostile)}}
	partly := graphs(t, sampleTrust(t))
	partly.Accounts = append(partly.Accounts, render.Account{
		Account: plan.Account{Name: "partner-co"}, Failure: &render.Failure{Err: errDenied},
	})
	for format := range render.GraphFormats() {
		for name, r := range map[string]render.Report{"graph": graphs(t, sampleTrust(t)), "graph-failed": failed, "graph-partly": partly} {
			t.Run(name+"."+format, func(t *testing.T) {
				got := drawn(t, format, r)
				golden := filepath.Join("testdata", name+"."+format)
				if *update {
					require.NoError(t, os.WriteFile(golden, []byte(got), 0o644))
				}
				want, err := os.ReadFile(golden)
				require.NoError(t, err)
				require.Equal(t, string(want), got)
			})
		}
	}
}

// No meaning hangs on a colour: each mark is a character too, in a compact picture as in any other.
func TestMarksAreCharactersToo(t *testing.T) {
	whole := drawn(t, "svg", graphs(t, sampleTrust(t)))
	for _, text := range []string{
		`class="add">+</text>`, `class="del">-</text>`, `>- Tenant Administrator [administrator]<`, `>~ backup-read [limited]<`,
		`>+ agency/ops-own<`, `<tspan class="add">+ </tspan><tspan class="power">Everything [administrator]<`, `>- administrator<`,
	} {
		require.Contains(t, whole, text)
	}
	g := trustGraph(130)
	g.Actors[0].Grants[1].Mark, g.Actors[0].Grants[2].Mark = plan.Removed, plan.Removed
	compact := drawn(t, "svg", graphs(t, g))
	require.Contains(t, compact, `<tspan>agency/ops-backup-000</tspan>  <tspan class="alter">changes: +1 -2</tspan>  5 roles: `)
	require.Contains(t, compact, `class="del">-</text>`)
}

// The order in which things were found is nobody's choice, and shows nowhere.
func TestAGraphDoesNotShowTheOrderOfItsParts(t *testing.T) {
	want := map[string]string{}
	sizes := []int{5, 40, 104}
	for format := range render.GraphFormats() {
		for _, n := range sizes {
			want[fmt.Sprint(format, n)] = drawn(t, format, graphs(t, trustGraph(n)))
		}
	}
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.SampledFrom(sizes).Draw(rt, "agencies")
		g := trustGraph(n)
		g.Actors = rapid.Permutation(g.Actors).Draw(rt, "actors")
		for i := range g.Actors {
			g.Actors[i].Trusted = rapid.Permutation(g.Actors[i].Trusted).Draw(rt, "trusted")
			if i < 5 {
				g.Actors[i].Grants = rapid.Permutation(g.Actors[i].Grants).Draw(rt, "grants")
			}
		}
		format := rapid.SampledFrom([]string{"dot", "mermaid", "svg"}).Draw(rt, "format")
		require.Equal(rt, want[fmt.Sprint(format, n)], drawn(t, format, graphs(t, g)))
	})
}

// wellFormed parses a document as XML, and returns all text in it.
func wellFormed(t testing.TB, text string) string {
	t.Helper()
	var words strings.Builder
	for d := xml.NewDecoder(strings.NewReader(text)); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return words.String()
		}
		require.NoError(t, err)
		switch token := token.(type) {
		case xml.CharData:
			words.Write(token)
		case xml.StartElement:
			require.Contains(t, []string{"svg", "title", "desc", "style", "path", "rect", "g", "text", "tspan"}, token.Name.Local)
			for _, a := range token.Attr {
				require.False(t, strings.HasPrefix(a.Name.Local, "on") || a.Name.Local == "href" || a.Name.Local == "style", a)
			}
		}
	}
}

func TestAPictureIsSmallAndComplete(t *testing.T) {
	const most = 300_000
	for _, n := range []int{5, 50, 100, 101, 500} {
		svg := drawn(t, "svg", graphs(t, trustGraph(n)))
		require.Less(t, len(svg), most, "%d agencies", n)
		words := wellFormed(t, svg)
		for i := range n {
			require.True(t, strings.Contains(words, fmt.Sprintf("ops-backup-%03d", i)), "agency %d of %d", i, n)
		}
		require.NotContains(t, svg, "url(")
		require.NotContains(t, svg, "http://www.w3.org/1999/xlink")
	}
}

// With names as long as the cloud allows, and more roles than usual, roles are counted rather than named.
func TestAPictureOfLongNamesIsSmallToo(t *testing.T) {
	g := trustGraph(500)
	for i := range g.Actors {
		a := &g.Actors[i]
		a.Address = addr.New("agency", addr.Plain(fmt.Sprintf("%03d-%s", i, strings.Repeat("long", 15))))
		for k := range 12 {
			role := addr.New("grant", addr.Plain("x"), addr.Plain(fmt.Sprintf("%d %s", i*k%70, strings.Repeat("role", 12))))
			a.Grants = append(a.Grants, plan.ActorGrant{Scope: "domain", By: role})
		}
	}
	svg := drawn(t, "svg", graphs(t, g))
	require.Less(t, len(svg), 320_000)
	require.Greater(t, strings.Count(svg, " more roles (the format dot has all)"), 400, "every row counts what it has no room for")
	require.Equal(t, 12*500, strings.Count(drawn(t, "dot", graphs(t, g)), strings.Repeat("role", 12)), "dot has all")
}

func TestAMermaidChartKeepsToItsLimitsAndCountsWhatIsCut(t *testing.T) {
	for _, n := range []int{5, 90, 130, 500, 3000} {
		text := drawn(t, "mermaid", graphs(t, trustGraph(n)))
		require.LessOrEqual(t, utf8.RuneCountInString(text), 50_000)
		edges := strings.Count(text, "-->") + strings.Count(text, "==>") + strings.Count(text, "-.->")
		require.LessOrEqual(t, edges, 500)
		shown := strings.Count(text, `["agency/ops-backup-`)
		for _, group := range regexp.MustCompile(`\["(\d+) agencies: `).FindAllStringSubmatch(text, -1) {
			members, err := strconv.Atoi(group[1])
			require.NoError(t, err)
			shown += members
		}
		if n <= 90 {
			require.Equal(t, n, shown)
			require.NotContains(t, text, "not drawn")
			continue
		}
		require.Greater(t, shown, 50, "as much as there is room for")
		if shown == n {
			require.NotContains(t, text, "not drawn")
			continue
		}
		require.Contains(t, text, fmt.Sprintf("%%%% %d more are not drawn", n-shown))
		require.Contains(t, text, fmt.Sprintf(`cut0["%d more are not drawn`, n-shown))
		require.Contains(t, text, "(administrator", "what matters most is kept")
	}
	many := render.Report{Kind: render.Graph, Accounts: make([]render.Account, 1000)}
	text := drawn(t, "mermaid", many)
	readMermaid(t, text)
	require.Contains(t, text, "Nothing of 1000 accounts fits into the limits of Mermaid")
	require.Contains(t, drawn(t, "mermaid", graphs(t, likeAgencies(600))), `"600 agencies like agency/ops-reader-000"`)
}

// Whatever a format is asked to draw, what was not read and what is not managed is named.
func TestAGraphNamesWhatItDoesNotShow(t *testing.T) {
	r := graphs(t, sampleTrust(t))
	for format := range render.GraphFormats() {
		text := drawn(t, format, r)
		for _, words := range []string{
			"Not read: ", "iam v5", "Could not be read", "agency/x1, agency/x2, agency/x3", "agency/break", "Warning: the account name",
		} {
			assert.Contains(t, strings.ToLower(text), strings.ToLower(words), format)
		}
		assert.Contains(t, drawn(t, format, render.Report{Kind: render.Graph, Accounts: []render.Account{{}}}), "nothing is known", format)
	}
}

func FuzzGraphFormats(f *testing.F) {
	for _, name := range []string{hostile, `"];}`, "]]>", `\N\"`, "&quot;", "1. x", "%%{init}", "<br>", "#quot;", "a\xffb", "`x`", "日本"} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		if name == "" || strings.TrimSpace(name) == "" {
			return
		}
		g := likeAgencies(2)
		g.Actors[0].Address = addr.New("agency", addr.Plain(name))
		g.Actors[0].Trusted[0].Principal = "account:" + name
		g.Actors[0].Grants[0].Scope = "project:" + name
		g.Actors[0].Grants[0].By = addr.New("grant", addr.Plain("a"), addr.Plain("b"), addr.Plain(name))
		r := graphs(t, g)
		wellFormed(t, drawn(t, "svg", r))
		readDOT(t, drawn(t, "dot", r))
		readMermaid(t, drawn(t, "mermaid", r))
	})
}

func BenchmarkGraph500(b *testing.B) {
	r := graphs(b, trustGraph(500))
	b.ReportAllocs()
	for b.Loop() {
		size := len(drawn(b, "svg", r))
		b.ReportMetric(float64(size), "svg-bytes")
	}
}
