package render

import (
	"cmp"
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
)

// unexpectedRoots says of each unexpected root who made it, as far as that is known. Those with high findings come first.
func unexpectedRoots(live []plan.Unexpected) []listed {
	live = mustSeeFirst(live, func(u *plan.Unexpected) bool { return hasHigh(u.Findings) })
	rows := make([]listed, len(live))
	for i := range live {
		made := ""
		if live[i].ServiceMade {
			made = "made by a cloud service"
		}
		rows[i] = listed{about: live[i].Address, text: parts(", ", companions(live[i].With), made, acknowledged(live[i].Accepted))}
	}
	return rows
}

var leavingWords = map[plan.Fate]string{
	plan.FateDeleted: "deleted by prune", plan.FateByHand: "to be deleted by hand", plan.FateBlocked: "blocked",
	plan.FateStays: "stays", plan.FateNotRead: "not read, and stays if it is there",
}

// leaving says what becomes of each resource that leaves the manifest, and where the base lists it; whole in all of its places.
func leaving(all []plan.Leaving, o Options, whole bool) titled {
	rows := make([]listed, len(all))
	stays := ""
	for i, l := range all {
		rows[i] = listed{about: l.Address, text: leavingWords[l.Fate], at: l.Source}
		if l.Fate == plan.FateStays {
			if l.Reason != plan.BesideAdditive {
				stays = " (`state: absent` deletes what stays)"
			}
			rows[i].text += stayingText(&l, whole)
		}
	}
	return titled{"No longer managed" + o.unprovenNote() + stays, rows}
}

// stayingText says of what leaves the manifest and stays why, whom it trusts, and what it has: first what a high finding is about.
func stayingText(l *plan.Leaving, whole bool) string {
	var text []string
	if l.Reason != "" {
		text = append(text, l.Reason)
	}
	if len(l.Principals) > 0 {
		text = append(text, "trusts "+spokenAll(l.Principals))
	}
	if len(l.With) > 0 {
		var places []string
		for _, line := range gravestCompanions(l) {
			places = append(places, parts(": ", line.where, texts(line.what).joined()))
		}
		more := ""
		if n := len(places) - maxNamed; n > 0 && !whole {
			places, more = places[:maxNamed], " and "+plan.Counted(n, "place")+" more (--verbose)"
		}
		noun := strings.TrimPrefix(companions(l.With), "with its ")
		text = append(text, noun+" ("+strings.Join(places, "; ")+")"+more)
	}
	if len(text) == 0 {
		return ""
	}
	return ": " + strings.Join(text, "; ")
}

// gravestCompanions are the children of what stays, those of one scope on one line. What a high finding is about stands first.
func gravestCompanions(l *plan.Leaving) []childLine {
	high := map[addr.Address]bool{}
	for _, f := range l.Findings {
		high[f.Address] = high[f.Address] || f.Severity == plan.High
	}
	lines := companionsOf(l.Address, l.With)
	for i := range lines {
		line := childLine{where: lines[i].where}
		for _, a := range mustSeeFirst(lines[i].about, func(a *addr.Address) bool { return high[*a] }) {
			line.add(labelOf(l.Address, a).what, a)
		}
		lines[i] = line
	}
	return mustSeeFirst(lines, func(line *childLine) bool { return high[line.about[0]] })
}

// titleLeft is the title of the findings about what leaves the manifest and stays.
const titleLeft = "Risks that nobody manages any more"

// leavingRisks writes the findings about what leaves the manifest and stays: without --verbose those that are high and that nobody
// accepted. The head has counted all.
func (p *page) leavingRisks(all []plan.Finding, o Options) {
	shown := gravest(all)
	if high := len(plan.AtLeast(all, plan.High)); !p.verbose {
		shown = shown[:high]
	}
	p.abridged = p.abridged || len(shown) < len(all)
	if len(shown) == 0 {
		return
	}
	p.gap()
	p.put(bold, titleLeft+o.unprovenNote()+": ")
	p.putAll(severities(all))
	p.end()
	for _, f := range shown {
		p.finding(2, f, true, p.verbose)
	}
	p.gap()
}

// unexpected are the resources that are owned and not listed, without those that are told of as leaving the manifest.
func unexpected(p *plan.Plan) []plan.Unexpected {
	leaves := make(map[addr.Address]bool, len(p.Leaving))
	for i := range p.Leaving {
		leaves[p.Leaving[i].Address] = true
	}
	return slices.DeleteFunc(slices.Clone(p.Unexpected), func(u plan.Unexpected) bool { return leaves[u.Address] })
}

// removable says why each may go, and where it stands.
func removable(all []plan.Remark) titled {
	rows := make([]listed, len(all))
	for i, r := range all {
		rows[i] = listed{name: title(r.Address.String()), at: r.Source}
		switch r.Kind {
		case plan.RemarkTombstone:
			rows[i].text = "the tombstone is done"
		case plan.RemarkRename:
			rows[i].text = "the rename is done: previously may go"
		case plan.RemarkAcceptance:
			rows[i].text = "no finding of " + r.Rule + " is there, and it would hide a later one"
			if slices.Contains(plan.Classes(), r.Rule) {
				rows[i].text = "nothing there is " + r.Rule + " any more, and it would hide what comes later"
			}
		}
	}
	return titled{"May go from the manifest", rows}
}

// maxLeftOut is how many changes that are left out are named, but for deletes: these all are.
const maxLeftOut = 20

// leftOut names the changes that a selection left out, or that a saved plan does not have, so that nobody takes the plan for the whole.
func (p *page) leftOut(all []plan.LeftOut) {
	for _, of := range byCause(all) {
		p.leftOutBy(of.cause, of.changes)
	}
}

// A cause is what leaves a change out: as the title of a list, and in a sentence.
type cause struct{ title, words string }

var (
	bySelection       = cause{"Left out by --target/--exclude", "left out by --target/--exclude"}
	byAcknowledgement = cause{"Left out, as guardrails.accept accepts it", "left out, as guardrails.accept accepts it"}
	bySavedPlan       = cause{"In the manifest, and not in this saved plan", "not in the saved plan"}
)

// causeOf returns what leaves a change out.
func causeOf(l *plan.LeftOut) cause {
	switch {
	case l.NotInPlan:
		return bySavedPlan
	case !l.Accepted.IsZero():
		return byAcknowledgement
	}
	return bySelection
}

// causedBy are the changes that one cause leaves out.
type causedBy struct {
	cause   cause
	changes []plan.LeftOut
}

// byCause tells apart what leaves changes out; a cause without one is none of them. Of each, deletes come first and creates last.
func byCause(all []plan.LeftOut) (causes []causedBy) {
	gravest := slices.SortedStableFunc(slices.Values(all), func(x, y plan.LeftOut) int {
		return cmp.Compare(gravityOf(&plan.Change{Action: y.Action}), gravityOf(&plan.Change{Action: x.Action}))
	})
	for _, c := range []cause{bySelection, byAcknowledgement, bySavedPlan} {
		others := func(l plan.LeftOut) bool { return causeOf(&l) != c }
		if changes := slices.DeleteFunc(slices.Clone(gravest), others); len(changes) > 0 {
			causes = append(causes, causedBy{c, changes})
		}
	}
	return causes
}

func (p *page) leftOutBy(cause cause, all []plan.LeftOut) {
	p.gap()
	p.line(0, yellow, cause.title+": "+plan.Counted(len(all), "change"))
	shown := all
	if !p.verbose {
		deletes := slices.IndexFunc(all, func(l plan.LeftOut) bool { return l.Action != plan.Delete })
		if deletes < 0 {
			deletes = len(all)
		}
		shown = all[:min(len(all), max(deletes, maxLeftOut))]
	}
	for _, l := range shown {
		p.indent(2)
		p.put(actionStyle(l.Action), sign(l.Action)+" ")
		p.put(plain, title(l.Address.String()))
		if text := acknowledged(l.Accepted); text != "" {
			p.put(dim, "  "+text)
		}
		p.end()
	}
	if len(shown) < len(all) {
		p.more(2, len(all)-len(shown), "change")
	}
	p.gap()
}
