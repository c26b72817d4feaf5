package render_test

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/agencyctl/agencyctl/internal/render"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
)

// maxComment is what GitHub takes.
const maxComment = 65536

// wide returns a plan with that many roots, each with a grant, in turns created, changed and deleted. The names end with their
// numbers, so that each can be found.
func wide(roots int, name string) *plan.Plan {
	p := &plan.Plan{Account: account, Cloud: cloud}
	side := &plan.Resource{Attributes: plan.Attributes{"trust": plan.StringValue("account:partner-co")}}
	for i := range roots {
		root := addr.New("agency", addr.Plain(fmt.Sprintf("%s%d", name, i)))
		child := addr.New("grant", addr.Plain(fmt.Sprintf("%s%d", name, i)), addr.Plain("domain"), addr.Plain(fmt.Sprintf("role%d.", i)))
		own := plan.Change{Address: root, Action: plan.Create, After: side, Source: at(i + 1)}
		grant := plan.Change{Address: child, Parent: root, Action: plan.Create, After: side, Source: at(i + 2)}
		switch i % 3 {
		case 1:
			own.Action, own.Before = plan.Update, side
			own.Attributes = []plan.AttributeChange{attribute("description", text("one"), text("another"))}
			grant.Findings = []plan.Finding{{Rule: "wide-scope", Severity: plan.Medium, Address: child, Message: "is wide"}}
		case 2:
			own.Action, own.Before, own.After = plan.Delete, side, nil
			grant.Action, grant.Before, grant.After = plan.Delete, side, nil
		}
		p.Changes = append(p.Changes, own, grant)
	}
	p.Summary = plan.Count(p.Changes)
	return p
}

// part returns what stands below a heading, up to the next one.
func part(markdown, heading string) string {
	_, text, _ := strings.Cut(markdown, "\n#### "+heading)
	text, _, _ = strings.Cut(text, "\n#### ")
	return text
}

// left returns how many of a kind the last line of a part says are not shown.
func left(t judge, text, words string) int {
	lines := regexp.MustCompile(`(?m)^\*\*Not shown here.*$`).FindAllString(text, -1)
	if len(lines) == 0 {
		return 0
	}
	found := regexp.MustCompile(`(\d+) ` + words).FindStringSubmatch(lines[len(lines)-1])
	if found == nil {
		return 0
	}
	n, err := strconv.Atoi(found[1])
	require.NoError(t, err)
	return n
}

// requireComment requires a comment that GitHub takes, and that is whole: nothing is left open where it was cut.
func requireComment(t judge, markdown string) {
	t.Helper()
	require.LessOrEqual(t, length(markdown), maxComment)
	require.Equal(t, strings.Count(markdown, "<details>"), strings.Count(markdown, "</details>"))
	require.Zero(t, strings.Count(markdown, "\n```")%2)
}

func TestAWidePlanIsCutAndCounted(t *testing.T) {
	for _, roots := range []int{10, 200, 600, 3000} {
		t.Run(strconv.Itoa(roots), func(t *testing.T) {
			p := wide(roots, "nw-")
			markdown := written(t, "markdown", plans(p))
			requireComment(t, markdown)
			deletes := part(markdown, "Deletes")
			require.Equal(t, p.Summary.Delete, strings.Count(deletes, "\n- ")+left(t, deletes, "to delete"))
			changes, shown := part(markdown, "Changes"), map[plan.Action]int{}
			for i := range p.Changes {
				c := &p.Changes[i]
				name := "<code>" + c.Address.String() + "</code>"
				if !c.Parent.IsZero() {
					segments := c.Address.Segments()
					name = segments[len(segments)-1].Text
				}
				if strings.Contains(changes, name) || c.Action == plan.Delete && strings.Contains(deletes, "`"+c.Address.String()+"`") {
					shown[c.Action]++
				}
			}
			require.Equal(t, p.Summary.Create, shown[plan.Create]+left(t, changes, "to create"))
			require.Equal(t, p.Summary.Update, shown[plan.Update]+left(t, changes, "to change"))
			require.Equal(t, p.Summary.Delete, shown[plan.Delete]+left(t, changes, "to delete"))
			require.Equal(t, len(p.Raised()), strings.Count(changes, "is wide")+left(t, changes, "medium"))
			if roots <= 200 {
				require.False(t, strings.Contains(markdown, "Not shown here"))
				require.Equal(t, p.Summary.Delete, strings.Count(deletes, "\n- "))
			} else {
				require.Greater(t, length(markdown), maxComment*9/10, "the room is used")
			}
		})
	}
}

func TestManyFindingsAreCutAndCounted(t *testing.T) {
	p := wide(30, "nw-")
	const findings = 25000
	count := map[plan.Severity]int{}
	for i := range findings {
		severity := plan.Severity(i % 3)
		count[severity]++
		p.Findings = append(p.Findings, plan.Finding{
			Rule: "wide-scope", Severity: severity, Address: addr.New("agency", addr.Plain(strconv.Itoa(i))), Message: "reaches every project", Hint: "narrow it",
		})
	}
	markdown := written(t, "markdown", plans(p))
	requireComment(t, markdown)
	require.Equal(t, p.Summary.Delete, strings.Count(part(markdown, "Deletes"), "\n- "), "deletes come first")
	high := part(markdown, "High findings")
	shown := strings.Count(high, "**high**")
	require.Greater(t, shown, 100)
	require.Equal(t, count[plan.High], shown+left(t, high, "high"))
	changes := part(markdown, "Changes")
	require.Equal(t, count[plan.Low], left(t, changes, "low"), "what has no room at all is counted too")
	require.Equal(t, count[plan.Medium], left(t, changes, "medium"))

	page := written(t, "html", plans(p))
	require.Equal(t, findings+count[plan.High]+len(p.Raised()), strings.Count(page, `<code class="rule">wide-scope</code>`), "the page has all, high ones twice")
}

// What has no room in one part, and stands in another above, is missed by nobody. What is cut is named by its kind.
func TestOnlyWhatIsShownNowhereIsCounted(t *testing.T) {
	p := wide(600, "nw-")
	for i := range p.Changes {
		if i%10 == 1 { // those of the first come with room, those of the last have none
			f := plan.Finding{Rule: "forbidden-role", Severity: plan.High, Address: p.Changes[i].Address, Message: "is forbidden", Hint: "take another"}
			p.Changes[i].Findings = append(p.Changes[i].Findings, f)
		}
	}
	for i := range 221 {
		p.Warnings = append(p.Warnings, fmt.Sprintf("role %d may not fit the scope", i))
		p.Unmanaged = append(p.Unmanaged, addr.New("agency", addr.Plain(fmt.Sprintf("stranger-%d", i))))
	}
	markdown := written(t, "markdown", plans(p))
	requireComment(t, markdown)
	high := part(markdown, "High findings")
	require.Equal(t, 120, strings.Count(high, "**new high**"))
	require.Regexp(t, `(?m)^\*\*Not shown here, .*more findings \(\d+ medium\)\.`, markdown, "all high ones stand above")
	require.Equal(t, 1, strings.Count(markdown, "take another"), "a hint is told once for a rule")
	require.Regexp(t, `\d+ more below "Warnings", 221 more below "Unmanaged \(not touched\)"\.`, markdown)
	require.NotContains(t, markdown, "more statement")
}

func TestFailuresAreCutAndCounted(t *testing.T) {
	many := &render.Failure{Kind: render.Refused, Err: errors.New(strings.Repeat("long ", 20000))}
	for i := range 30000 {
		many.Problems = append(many.Problems, plan.Problem{At: at(i), Summary: "unknown role", Detail: "no such role"})
	}
	r := plans(wide(300, "nw-"))
	r.Accounts = append(r.Accounts, render.Account{Account: plan.Account{Name: "failing-co"}, Failure: many})
	for i := range 2000 {
		r.Accounts = append(r.Accounts, render.Account{Account: plan.Account{Name: fmt.Sprintf("empty-%d", i)}, Plan: emptyPlan()})
	}
	markdown := written(t, "markdown", r)
	requireComment(t, markdown)
	require.True(t, strings.HasPrefix(markdown, "<!-- agencyctl:plan:* -->\n### Failed: Plan for 2002 accounts\n"))
	failed := part(markdown, "Why it failed")
	require.Equal(t, 30000, strings.Count(failed, "no such role")+left(t, failed, "more problem"))
	require.True(t, strings.Contains(failed, "96000 more characters"))
	accounts, _, _ := strings.Cut(part(markdown, "Accounts"), "**Not read:**")
	require.Equal(t, 2002, strings.Count(accounts, "\n- ")+left(t, accounts, "more account"))
	require.Equal(t, 200, strings.Count(part(markdown, "Deletes"), "\n- ")+left(t, part(markdown, "Deletes"), "to delete"))
	require.True(t, strings.Contains(markdown, "#### Deletes: 200\n"))
}

// No name makes a comment longer than GitHub takes: characters beyond the first plane count twice there.
func TestNoNameBreaksTheLimit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		unit := rapid.SampledFrom([]string{"nw-", "東京", "𐌰𐌱", "`", "a\nb", "``` ", "<", "@"}).Draw(t, "unit")
		name := strings.Repeat(unit, rapid.SampledFrom([]int{1, 3, 30, 300}).Draw(t, "times"))
		p := wide(rapid.IntRange(1, 400).Draw(t, "roots"), name)
		p.Account.Name = name
		p.Warnings = []string{name, strings.Repeat(name, 100)}
		for i := range rapid.IntRange(0, 300).Draw(t, "unread") {
			p.NotRead = append(p.NotRead, plan.NotRead{Subject: name, Reason: strconv.Itoa(i)})
		}
		r := plans(p)
		if rapid.Bool().Draw(t, "several") {
			r = plans(p, p)
		}
		markdown := written(t, "markdown", r)
		require.LessOrEqual(t, length(markdown), maxComment)
		require.Equal(t, strings.Count(markdown, "\n<details>"), strings.Count(markdown, "\n</details>"))
	})
}

// A span of code ends where its object ends, and leaves the words behind it as they are.
func TestACodeSpanLeavesItsNeighbours(t *testing.T) {
	text := "it trusts {account: partner-co}, and then (as {service: op_svc_ecs}). Look at {name: x}"
	r := render.Report{Kind: render.Plan, Failure: &render.Failure{Kind: render.Refused, Err: errors.New(text)}}
	require.Contains(t, written(t, "markdown", r),
		"it trusts `{account: partner-co}`, and then (as `{service: op_svc_ecs}`). Look at `{name: x}`")
}
