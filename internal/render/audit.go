package render

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
)

// The most that the text of an audit tells one by one before it counts; --verbose tells all.
const (
	// maxWorst is how many roots with high findings have them told root by root. Those of the others are told rule by rule, each named.
	maxWorst = 10
	// maxSlight is how many findings of one lesser severity are told one by one, and maxListed how many rows of a list.
	maxSlight = 10
	maxListed = 6
	// maxPrincipals is how many principals are told. Foreign administrators are all told.
	maxPrincipals = 15
	// maxThrough is how many roots one principal is told to act through.
	maxThrough = 3
)

// audit writes what is wrong in an account, the worst first, then who may act in it from outside, and what has no end or is over.
func (p *page) audit(a *plan.Audit, o Options) {
	begin := p.buf.Len()
	p.heading("Audit of", a.Account, a.Cloud, p.verbose)
	p.put(bold, ": "+auditTypes(a))
	if o.ShowNow {
		p.put(plain, ", judged at "+a.Now.UTC().Format(time.RFC3339))
	}
	found := severities(a.Findings)
	if len(found) == 0 {
		found = []piece{{green, "none"}}
	}
	p.headEnd([][]piece{append([]piece{{plain, "findings: "}}, found...), {{plain, "from outside: " + auditPrincipals(a)}}})
	p.auditFindings(a)
	p.principals(a)
	for _, l := range auditLists(a) {
		p.first(l, maxListed)
	}
	r := remarks{notRead: a.NotRead, notCompared: a.NotCompared, warnings: a.Warnings}
	p.warnings(&r, false)
	if p.verbose {
		p.remarksInFull(&r)
	}
	verdict := ""
	switch {
	case len(plan.AtLeast(a.Findings, plan.Low)) == 0:
		verdict = "No findings in " + accountName(a.Account)
	case p.isLong(begin):
		verdict = "Audit: " + joined(found)
	}
	p.closing(verdict, nil, &r)
}

// auditTypes counts the roots of each type.
func auditTypes(a *plan.Audit) string {
	if len(a.Roots) == 0 {
		return "nothing is there"
	}
	counts := make([]string, len(a.Roots))
	for i, t := range a.Roots {
		counts[i] = strconv.Itoa(t.Count) + " " + plan.Agree(t.Count, t.Type, plan.Plural(t.Type))
	}
	return strings.Join(counts, ", ")
}

// auditPrincipals counts who may act in the account from outside.
func auditPrincipals(a *plan.Audit) string {
	foreign, administrators, out := 0, 0, 0
	for i := range a.Principals {
		if a.Principals[i].Foreign {
			foreign++
		}
		if a.Principals[i].Administrator {
			administrators++
		}
		if a.Principals[i].IsShutOut() {
			out++
		}
	}
	if len(a.Principals) == 0 {
		return "nobody"
	}
	counts := tally{plan.Counted(len(a.Principals), "principal")}
	counts.add(foreign, plan.Agree(foreign, "of another account", "of other accounts"))
	counts.add(administrators, plan.Agree(administrators, "administrator", "administrators"))
	counts.add(out, "that cannot get in now")
	return counts.String()
}

// rootFindings are the findings about a root and its parts.
type rootFindings struct {
	root     addr.Address
	trusted  string
	foreign  bool
	power    bool
	expired  bool
	findings []plan.Finding
}

// byRoot groups findings by root, those first that are worse: which let somebody in now, which another account may act as, which give
// everything, which have more.
func byRoot(a *plan.Audit, findings []plan.Finding) []rootFindings {
	actors := map[addr.Address]*plan.Actor{}
	if a.Trust != nil {
		for i := range a.Trust.Actors {
			actors[a.Trust.Actors[i].Address] = &a.Trust.Actors[i]
		}
	}
	over := map[addr.Address]bool{}
	for i := range a.Expired {
		over[a.Expired[i].Address] = true
	}
	var all []rootFindings
	index := map[addr.Address]int{}
	for _, f := range findings {
		root := cmp.Or(a.Parents[f.Address], f.Address)
		i, known := index[root]
		if !known {
			i, index[root] = len(all), len(all)
			of := rootFindings{root: root, expired: over[root]}
			if actor := actors[root]; actor != nil {
				of.describe(actor)
			}
			all = append(all, of)
		}
		all[i].findings = append(all[i].findings, f)
	}
	rank := func(is bool) int {
		if is {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(all, func(x, y rootFindings) int {
		return cmp.Or(cmp.Compare(rank(!x.expired), rank(!y.expired)), cmp.Compare(rank(x.foreign), rank(y.foreign)),
			cmp.Compare(rank(x.power), rank(y.power)), cmp.Compare(len(y.findings), len(x.findings)), addr.Compare(x.root, y.root))
	})
	return all
}

// describe says who may act as a root, and for how long.
func (r *rootFindings) describe(actor *plan.Actor) {
	var who []string
	for _, t := range actor.Trusted {
		text := spoken(t.Principal)
		if t.Lifetime != "" {
			text += ", " + t.Lifetime
		}
		who, r.foreign = append(who, text), r.foreign || t.Foreign
	}
	r.trusted = strings.Join(who, " and ")
	if r.expired && r.trusted != "" {
		r.trusted += ", expired"
	}
	r.power = slices.ContainsFunc(actor.Grants, func(g plan.ActorGrant) bool { return g.Administrator })
}

// ofSeverity parts findings that nobody accepted by severity, and those that somebody did.
func ofSeverity(all []plan.Finding) (by [plan.High + 1][]plan.Finding, accepted []plan.Finding) {
	for _, f := range all {
		if f.Accepted.IsZero() {
			by[f.Severity] = append(by[f.Severity], f)
		} else {
			accepted = append(accepted, f)
		}
	}
	return by, accepted
}

func (p *page) auditFindings(a *plan.Audit) {
	by, accepted := ofSeverity(a.Findings)
	roots := byRoot(a, by[plan.High])
	worst := roots
	if !p.verbose {
		worst = roots[:min(len(roots), maxWorst)]
	}
	switch rest := roots[len(worst):]; {
	case len(rest) == 0:
		p.rootsOfFindings("High:", worst)
	default:
		p.rootsOfFindings("The worst:", worst)
		p.namedByRule("High too:", rest)
	}
	for _, severity := range []plan.Severity{plan.Medium, plan.Low} {
		of := byRoot(a, by[severity])
		title := strings.ToUpper(severity.String()[:1]) + severity.String()[1:] + ":"
		if p.verbose || len(by[severity]) <= maxSlight {
			p.rootsOfFindings(title, of)
		} else {
			p.countedByRule(title, of)
		}
	}
	p.accepted(gravest(accepted))
}

// rootsOfFindings writes findings root by root.
func (p *page) rootsOfFindings(title string, roots []rootFindings) {
	if len(roots) == 0 {
		return
	}
	p.gap()
	p.line(0, bold, title)
	for i := range roots {
		p.rootOfFindings(&roots[i])
	}
	p.gap()
}

func (p *page) rootOfFindings(r *rootFindings) {
	p.indent(2)
	if r.root.IsZero() {
		p.put(plain, "the guardrails")
	} else {
		p.put(plain, title(r.root.String()))
	}
	if r.trusted != "" {
		p.put(dim, "  trusts "+r.trusted)
	}
	p.end()
	for _, f := range r.findings {
		p.indent(4)
		if about := partOf(r.root, &f); about != "" {
			p.put(plain, about+": ")
		}
		p.message(severityStyle(f.Severity), f.Message)
		p.put(dim, "  ["+f.Rule+"]")
		p.end()
		switch {
		case f.Hint == "":
		case p.verbose:
			p.hint(6, f.Hint)
		default:
			p.abridged = true
		}
	}
}

// message writes what a finding says. At the beginning of a line it cannot look like a change.
func (p *page) message(look style, text string) {
	if beginsAsChange(text) {
		p.put(dim, bar)
	}
	p.put(look, text)
}

// partOf names what of a root a finding is about, "" for all of it.
func partOf(root addr.Address, f *plan.Finding) string {
	var about []string
	if f.Address != root {
		l := labelOf(root, f.Address)
		about = append(about, parts(": ", l.where, title(l.what)))
	}
	if f.Attribute != "" {
		about = append(about, title(f.Attribute))
	}
	return strings.Join(about, " ")
}

// saidBy are the findings of one rule, or of one rule in the same words.
type saidBy struct {
	rule, message string
	count         int
	roots         []string
	places        map[string][]string
}

// sayings groups the findings of roots by what same tells of them, the most frequent first.
func sayings(roots []rootFindings, same func(f *plan.Finding) string) []saidBy {
	var all []saidBy
	index := map[string]int{}
	for i := range roots {
		name := "the guardrails"
		if !roots[i].root.IsZero() {
			name = title(roots[i].root.String())
		}
		for j := range roots[i].findings {
			f := &roots[i].findings[j]
			at, known := index[same(f)]
			if !known {
				at, index[same(f)] = len(all), len(all)
				all = append(all, saidBy{rule: f.Rule, message: f.Message, places: map[string][]string{}})
			}
			s := &all[at]
			s.count++
			if len(s.places[name]) == 0 {
				s.roots = append(s.roots, name)
			}
			where := f.Attribute
			if f.Address != roots[i].root {
				where = labelOf(roots[i].root, f.Address).where
			}
			s.places[name] = append(s.places[name], where)
		}
	}
	slices.SortStableFunc(all, func(x, y saidBy) int {
		return cmp.Or(cmp.Compare(y.count, x.count), strings.Compare(x.names(), y.names()), strings.Compare(x.rule, y.rule))
	})
	return all
}

// namedByRule writes findings that say the same together, and names each root with the places in it: none is only counted.
func (p *page) namedByRule(title string, roots []rootFindings) {
	p.gap()
	p.line(0, bold, title)
	p.hang = 4
	defer func() { p.hang = 0 }()
	all := sayings(roots, func(f *plan.Finding) string { return f.Rule + "\x00" + f.Message })
	for i := range all {
		s := &all[i]
		p.indent(2)
		p.message(red, s.message)
		p.put(dim, "  ["+s.rule+"]")
		p.end()
		if names := s.names(); i+1 == len(all) || all[i+1].names() != names { // else the next says it of the same
			p.line(4, plain, names)
		}
	}
	p.gap()
	p.abridged = true
}

// names are the roots with the places in them.
func (s *saidBy) names() string {
	names := make([]string, len(s.roots))
	for i, name := range s.roots {
		names[i] = name
		if where := strings.Trim(strings.Join(s.places[name], ", "), ", "); where != "" {
			names[i] += " (" + where + ")"
		}
	}
	return strings.Join(names, ", ")
}

// countedByRule writes how many findings each rule has, and names the first roots.
func (p *page) countedByRule(title string, roots []rootFindings) {
	var rows []remark
	for _, s := range sayings(roots, func(f *plan.Finding) string { return f.Rule }) {
		rows = append(rows, remark{strconv.Itoa(s.count) + " × " + s.rule, p.some(s.roots, maxNamed)})
	}
	p.gap()
	p.table(title, rows)
	p.abridged = true
}

// accepted writes what somebody accepted. Those that are not high are counted where they are many.
func (p *page) accepted(all []plan.Finding) {
	if len(all) == 0 {
		return
	}
	p.gap()
	p.line(0, bold, "Accepted:")
	left := 0
	for i, f := range all {
		if i >= maxSlight && !p.verbose && f.Severity != plan.High {
			left++
			continue
		}
		p.finding(2, f, true, false)
	}
	if left > 0 {
		p.more(2, left, "accepted finding")
	}
	p.gap()
}
