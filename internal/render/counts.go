package render

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/agencyctl/agencyctl/plan"
)

// tally joins those counts that are not zero: "2 to create, 1 to delete".
type tally []string

func (t *tally) add(n int, words string) {
	if n > 0 {
		*t = append(*t, strconv.Itoa(n)+" "+words)
	}
}

func (t tally) String() string { return strings.Join(t, ", ") }

// actionCount counts changes by what is done.
type actionCount [plan.Blocked + 1]int

// actionWords say in a count what is done, and head a column of counts, in the order in which counts are given.
var actionWords = []struct {
	action       plan.Action
	words, title string
}{
	{plan.Create, "to create", "create"}, {plan.Update, "to change", "change"}, {plan.Delete, "to delete", "delete"},
	{plan.ByHand, "by hand", "by hand"}, {plan.Blocked, "blocked", "blocked"},
}

func (c *actionCount) add(d actionCount) {
	for action, n := range d {
		c[action] += n
	}
}

func (c *actionCount) sum() (n int) {
	for _, of := range c {
		n += of
	}
	return n
}

func (c *actionCount) tally() (do tally) {
	for _, a := range actionWords {
		do.add(c[a.action], a.words)
	}
	return do
}

// actions counts the changes of a plan by what is done.
func actions(p *plan.Plan) tally {
	all := writesOf(p)
	all[plan.ByHand], all[plan.Blocked] = p.Summary.Manual, p.Summary.Blocked
	return all.tally()
}

// writesOf counts the changes of a plan that are sent.
func writesOf(p *plan.Plan) actionCount {
	return actionCount{plan.Create: p.Summary.Create, plan.Update: p.Summary.Update, plan.Delete: p.Summary.Delete}
}

// Writes counts the changes of a plan that are sent: "3 creates, 1 delete"; "" where there are none.
func Writes(p *plan.Plan) string {
	var parts tally
	writes := writesOf(p)
	for _, a := range actionWords {
		if n := writes[a.action]; n > 0 {
			parts = append(parts, plan.Counted(n, a.action.String()))
		}
	}
	return parts.String()
}

// planCounts says what a plan does.
func planCounts(p *plan.Plan) string {
	writes := writesOf(p)
	if writes.sum() == 0 {
		return "The plan writes nothing."
	}
	return "Plan: " + writes.tally().String() + "."
}

// kindCount counts the changes of one type of resource.
type kindCount struct {
	Type string
	acts actionCount
}

// kindsOf counts changes by type and action.
func kindsOf(changes []plan.Change) (kinds []kindCount) {
	counts := map[string]actionCount{}
	for i := range changes {
		count := counts[changes[i].Address.Type()]
		count[changes[i].Action]++
		counts[changes[i].Address.Type()] = count
	}
	for _, typ := range slices.Sorted(maps.Keys(counts)) {
		kinds = append(kinds, kindCount{typ, counts[typ]})
	}
	return kinds
}

// kindText is a count of each type: "agencies +2 ~1".
func kindText(changes []plan.Change) string {
	var all []string
	for _, kind := range kindsOf(changes) {
		text := plan.Plural(kind.Type)
		for _, a := range actionWords {
			if n := kind.acts[a.action]; n > 0 {
				text += " " + sign(a.action) + strconv.Itoa(n)
			}
		}
		all = append(all, text)
	}
	return strings.Join(all, " · ")
}

// severityCount counts findings by severity.
type severityCount [plan.High + 1]int

func (c *severityCount) sum() int { return c[plan.High] + c[plan.Medium] + c[plan.Low] }

// words are those counts that are not zero: "1 high, 2 low".
func (c *severityCount) words() (words []piece) {
	for _, severity := range []plan.Severity{plan.High, plan.Medium, plan.Low} {
		if n := c[severity]; n > 0 {
			if len(words) > 0 {
				words = append(words, piece{plain, ", "})
			}
			words = append(words, piece{severityStyle(severity), strconv.Itoa(n) + " " + severity.String()})
		}
	}
	return words
}

// severities counts findings by severity: "1 high, 2 low; accepted: 1 medium".
func severities(all []plan.Finding) (words []piece) {
	var count, accepted severityCount
	for i := range all {
		if all[i].Accepted.IsZero() {
			count[all[i].Severity]++
		} else {
			accepted[all[i].Severity]++
		}
	}
	words = count.words()
	switch taken := joined(accepted.words()); {
	case taken == "":
	case len(words) == 0:
		words = append(words, piece{dim, taken + ", accepted"})
	default:
		words = append(words, piece{dim, "; accepted: " + taken})
	}
	return words
}

// newRisks are the findings that a plan brings. A change that is not made brings none.
func newRisks(p *plan.Plan) []plan.Finding { return slices.Concat(p.RaisedByRules(), p.Raised()) }

// originCounts counts the changes by origin, none where there was no base. What leaves the manifest without a change is yours.
func originCounts(pl *plan.Plan) tally {
	count := map[plan.Origin]int{}
	for i := range pl.Changes {
		count[pl.Changes[i].Origin]++
	}
	count[plan.Yours] += untouched(pl.Leaving)
	var t tally
	for _, o := range []plan.Origin{plan.Yours, plan.Drifted, plan.Pending, plan.Conflict} {
		t.add(count[o], string(o))
	}
	return t
}

// untouched is how many resources leave the manifest and have no change.
func untouched(all []plan.Leaving) (n int) {
	for i := range all {
		if all[i].Untouched() {
			n++
		}
	}
	return n
}

// againstBase counts the changes by origin, in words; "" where there was no base.
func againstBase(pl *plan.Plan, o Options) string {
	counts := originCounts(pl).String()
	if counts == "" {
		return ""
	}
	return "against the base" + o.unprovenNote() + ": " + counts
}

// sentence joins parts that are not empty to sentences.
func sentence(parts ...string) string {
	var text []string
	for _, part := range parts {
		if part != "" {
			text = append(text, part+".")
		}
	}
	return strings.Join(text, " ")
}
