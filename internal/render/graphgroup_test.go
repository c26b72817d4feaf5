package render_test

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/render"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
)

func TestAgenciesThatAreAlikeAreDrawnAsOneAboveAHundred(t *testing.T) {
	require.NotContains(t, drawn(t, "svg", graphs(t, likeAgencies(100))), "100 agencies like")
	svg := drawn(t, "svg", graphs(t, likeAgencies(101)))
	require.Contains(t, svg, ">101 agencies like agency/ops-reader-000<")
	for i := range 101 {
		require.Contains(t, svg, fmt.Sprintf("agency/ops-reader-%03d", i), "the title names all")
	}
	other := likeAgencies(101)
	other.Actors[7].Grants[0].Administrator = true
	svg = drawn(t, "svg", graphs(t, other))
	require.Contains(t, svg, ">100 agencies like agency/ops-reader-000<")
	require.Contains(t, svg, "Administrator power: 1 actor: agency/ops-reader-007.")
	other = likeAgencies(120)
	for i := range 50 {
		other.Actors[i].Trusted[0].Principal = "account:audit-partner"
	}
	svg = drawn(t, "svg", graphs(t, other))
	require.Contains(t, svg, ">50 agencies like agency/ops-reader-000<")
	require.Contains(t, svg, ">70 agencies like agency/ops-reader-050<")
}

// teams are n agencies of 20 accounts. Those of an account reach the same three projects, each with roles of its own. Every 50th is an
// administrator.
func teams(n int) *plan.TrustGraph {
	g := &plan.TrustGraph{}
	regions := []string{"cn-north-4", "cn-east-3", "cn-south-1", "cn-southwest-2", "ap-southeast-3", "eu-west-101"}
	for i := range n {
		name, owner := fmt.Sprintf("team-%03d", i), i%20
		a := plan.Actor{Address: addr.New("agency", addr.Plain(name)), Mark: plan.Added}
		a.Trusted = []plan.Trusted{{Principal: fmt.Sprintf("account:partner-%02d", owner), Lifetime: fmt.Sprintf("%dd", i%9+1), Mark: plan.Added}}
		for k := range 4 {
			scope := "project:" + regions[(owner+min(k, 2))%len(regions)]
			role := fmt.Sprintf("%s %s", []string{"OBS", "ECS", "EVS", "VPC", "RDS"}[(i/20+k)%5], []string{"Viewer", "User", "Operator"}[i/100%3])
			a.Grants = append(a.Grants, plan.ActorGrant{
				Scope: scope, Mark: plan.Added, By: addr.New("grant", addr.Plain(name), addr.Plain(scope), addr.Plain(role)),
				Administrator: i%50 == 7 && k == 0,
			})
		}
		g.Actors = append(g.Actors, a)
	}
	return g
}

func TestAgenciesThatReachTheSameAreDrawnAsOneAboveAHundred(t *testing.T) {
	require.NotContains(t, drawn(t, "svg", graphs(t, teams(100))), " agencies: ")
	svg := drawn(t, "svg", graphs(t, teams(500)))
	require.Less(t, len(svg), 100_000)
	text := wellFormed(t, svg)
	for i := range 500 {
		require.Contains(t, text, fmt.Sprintf("team-%03d", i), "the titles name all")
	}
	groups := regexp.MustCompile(`>\+ (\d+) agencies: `).FindAllStringSubmatch(svg, -1)
	members := 0
	for _, group := range groups {
		n, err := strconv.Atoi(group[1])
		require.NoError(t, err)
		members += n
	}
	require.Len(t, groups, 20, "one for each account")
	require.Equal(t, 490, members)
	require.Contains(t, svg, ">+ 25 agencies: team-001, team-021, team-041 and 22 more<")
	for i := 7; i < 500; i += 50 {
		require.Contains(t, svg, fmt.Sprintf(">+ agency/team-%03d<", i), "an administrator stands alone")
	}
	require.Regexp(t, `<tspan class="dim">project cn-east-3: </tspan><tspan class="add">\+ \w+ \w+ \([2-9] of 25\)</tspan>`, svg)

	mermaid := drawn(t, "mermaid", graphs(t, teams(500)))
	require.NotContains(t, mermaid, "not drawn")
	require.Contains(t, mermaid, `"25 agencies: team-001, team-021, team-041 and 22 more (#43; added)<br>(roles differ)"`)

	marked := teams(500)
	marked.Actors[40].Mark, marked.Actors[40].Trusted[0].Mark = plan.Removed, plan.Removed
	for i := range marked.Actors[40].Grants {
		marked.Actors[40].Grants[i].Mark = plan.Removed
	}
	marked.Actors[61].Grants[0].Mark = plan.Removed
	marked.Actors[82].Grants[0].Denies = true
	marked.Actors[103].Grants[0].Scope = "domain"
	svg = drawn(t, "svg", graphs(t, marked))
	for _, name := range []string{"- agency/team-040", "+ agency/team-061", "+ agency/team-082", "+ agency/team-103"} {
		require.Contains(t, svg, ">"+name+"<", "what differs in more than the names of roles stands alone")
	}
}

func TestWhatAHighFindingIsAboutStandsAlone(t *testing.T) {
	g := likeAgencies(101)
	g.Actors[7].Grants[0].High = true
	svg := drawn(t, "svg", graphs(t, g))
	require.Contains(t, svg, ">100 agencies like agency/ops-reader-000<")
	require.Contains(t, svg, ">agency/ops-reader-007<")
	g = teams(500)
	g.Actors[9].Grants[0].High, g.Actors[9].Grants[0].By = true, addr.New("grant", addr.Plain("team-009"), addr.Plain("a"), addr.Plain("zz"))
	require.Contains(t, drawn(t, "svg", graphs(t, g)), ">+ agency/team-009<")
	require.Contains(t, drawn(t, "mermaid", graphs(t, g)), "agency/team-009")
}

// What changes is in no counted rest without its mark.
func TestCountedRolesOfAGroupSayWhatChanges(t *testing.T) {
	g := &plan.TrustGraph{}
	for i := range 512 {
		name := fmt.Sprintf("ops-%03d", i)
		a := plan.Actor{Address: addr.New("agency", addr.Plain(name)), Trusted: []plan.Trusted{{Principal: "account:partner"}}}
		for k := range 3 {
			role := fmt.Sprintf("%d role %d", k, i>>(3*k)%8) // no two agencies have the same
			a.Grants = append(a.Grants, plan.ActorGrant{
				Scope: "domain", Mark: []plan.Mark{plan.Kept, plan.Removed, plan.Added}[k],
				By: addr.New("grant", addr.Plain(name), addr.Plain("domain"), addr.Plain(role)),
			})
		}
		g.Actors = append(g.Actors, a)
	}
	for format, text := range map[string]string{
		"svg": drawn(t, "svg", graphs(t, g)), "mermaid": strings.ReplaceAll(drawn(t, "mermaid", graphs(t, g)), "#43;", "+"),
	} {
		require.Contains(t, text, "and 20 more roles (+8 -4)", format)
	}
}

func TestAdministratorsAlwaysStandAlone(t *testing.T) {
	g := likeAgencies(500)
	for i := range g.Actors {
		g.Actors[i].Grants[0].Administrator = true
	}
	svg := drawn(t, "svg", graphs(t, g))
	require.Less(t, len(svg), 300_000)
	require.NotContains(t, svg, " agencies like ")
	require.Equal(t, 500, strings.Count(svg, `<tspan class="power">administrator</tspan>  1 role`))
}

// What a plan has in thousands is counted below the picture: it is of the agencies.
func TestNotesDoNotSpoilAPicture(t *testing.T) {
	r := graphs(t, teams(500))
	p := r.Accounts[0].Plan
	p.Warnings, p.Unmanaged = nil, nil
	few := len(drawn(t, "svg", r))
	for i := range 214 {
		p.Warnings = append(p.Warnings, fmt.Sprintf("role may not fit: role %d is not known to fit the scope of the grant, which the cloud may refuse", i))
		p.Unmanaged = append(p.Unmanaged, addr.New("agency", addr.Plain(fmt.Sprintf("stranger-%03d", i))))
		p.NotRead = append(p.NotRead, plan.NotRead{Subject: fmt.Sprintf("part %d", i), Reason: fmt.Sprintf("answer %d", i)})
		p.NotRead = append(p.NotRead, plan.NotRead{Subject: fmt.Sprintf("region %d", i), Reason: "out of reach"})
		p.LeftOut = append(p.LeftOut, plan.LeftOut{Address: addr.New("agency", addr.Plain(fmt.Sprintf("later-%03d", i))), Action: plan.Create})
	}
	for format := range render.GraphFormats() {
		text := drawn(t, format, r)
		for _, words := range []string{
			"214 warnings: the text of ", "plan --verbose", "Unmanaged, and not touched (214): agency/stranger-000, ", " and 202 more.", "Changes left out, drawn as it is now (214): ",
		} {
			require.Contains(t, strings.NewReplacer("#96;", "`", "#44;", ",").Replace(text), words, format)
		}
		require.NotContains(t, text, "may not fit")
	}
	svg := drawn(t, "svg", r)
	require.Less(t, len(svg), few+12_000)
	require.Less(t, len(svg), 300_000)
	require.Contains(t, drawn(t, "mermaid", r), "agency/team-007")
	require.NotContains(t, drawn(t, "mermaid", r), "not drawn")
}
