package render

import (
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/addr"
)

// maxParents bounds the climb from a resource to its root, against parents that go round in a circle.
const maxParents = 8

// impliedChild is the type of child that is not written below a root: nearly all children have it.
const impliedChild = "grant"

// group is a root resource with the changes of it and of all that is part of it.
type group struct {
	root addr.Address
	// own is the root's own change; nil when only children change.
	own      *plan.Change
	children []*plan.Change
}

// groupByRoot sorts changes into groups by the address of their root, the children of each by address.
func groupByRoot(changes []plan.Change) []group {
	parents := make(map[addr.Address]addr.Address, len(changes))
	for i := range changes {
		if parent := changes[i].Parent; !parent.IsZero() {
			parents[changes[i].Address] = parent
		}
	}
	index := map[addr.Address]int{}
	var groups []group
	for i := range changes {
		c := &changes[i]
		root := c.Address
		for range maxParents {
			parent, found := parents[root]
			if !found {
				break
			}
			root = parent
		}
		at, found := index[root]
		if !found {
			at = len(groups)
			index[root] = at
			groups = append(groups, group{root: root})
		}
		if c.Address == root && groups[at].own == nil {
			groups[at].own = c
		} else {
			groups[at].children = append(groups[at].children, c)
		}
	}
	slices.SortFunc(groups, func(a, b group) int { return addr.Compare(a.root, b.root) })
	for _, g := range groups {
		slices.SortStableFunc(g.children, func(a, b *plan.Change) int { return addr.Compare(a.Address, b.Address) })
	}
	return groups
}

// section are the groups of roots that the same principals may act as.
type section struct {
	title  string
	groups []group
}

// sectionsOf sorts changes into sections by whom their roots are trusted by. Those that nobody may act as come last, without a title.
func sectionsOf(changes []plan.Change) []section {
	index := map[string]int{}
	var sections []section
	for _, g := range groupByRoot(changes) {
		title := ""
		if principals := g.first().Principals; len(principals) > 0 {
			title = "trusted by " + spokenAll(principals)
		}
		at, known := index[title]
		if !known {
			at = len(sections)
			index[title] = at
			sections = append(sections, section{title: title})
		}
		sections[at].groups = append(sections[at].groups, g)
	}
	slices.SortFunc(sections, func(a, b section) int {
		if (a.title == "") != (b.title == "") {
			return strings.Compare(b.title, a.title)
		}
		return strings.Compare(a.title, b.title)
	})
	return sections
}

// first returns the root's change, or the first of its parts'.
func (g *group) first() *plan.Change {
	if g.own != nil {
		return g.own
	}
	return g.children[0]
}

// childLine are changes of a root's parts that go on one line.
type childLine struct {
	where   string
	what    []string
	about   []addr.Address
	changes []*plan.Change // none for companions
}

func (l *childLine) add(what string, about addr.Address) {
	l.what, l.about = append(l.what, what), append(l.about, about)
}

// lines puts changes of one scope that differ in their name only on one line, unless each is to have one of its own.
func (g *group) lines(oneEach bool) (lines []childLine) {
	for _, c := range g.children {
		l := labelOf(g.root, c.Address)
		at := slices.IndexFunc(lines, func(line childLine) bool {
			return !oneEach && line.where == l.where && goTogether(line.changes[0], c)
		})
		if at < 0 {
			at = len(lines)
			lines = append(lines, childLine{where: l.where})
		}
		lines[at].add(l.what, c.Address)
		lines[at].changes = append(lines[at].changes, c)
	}
	return lines
}

// goTogether reports whether one line can tell both changes.
func goTogether(a, b *plan.Change) bool {
	isPlain := func(c *plan.Change) bool {
		return len(c.Findings)+len(c.Resolves)+len(c.Manual)+len(c.Attributes)+len(c.With) == 0
	}
	return isPlain(a) && isPlain(b) && a.Action == b.Action && a.Reason == b.Reason && a.Origin == b.Origin &&
		a.Accepted == b.Accepted && a.Notes == b.Notes && fate(a) == fate(b)
}

// risk is what findings about the parts of a root in one place are the same by.
type risk struct {
	where, rule string
	severity    plan.Severity
}

// replaced are the risks that parts of the root bring in the place of those that end there: as many of them, or more.
func (g *group) replaced() map[risk]bool {
	more, replaced := map[risk]int{}, map[risk]bool{}
	for _, c := range g.children {
		count := func(f plan.Finding, n int) {
			if f.Address == c.Address {
				r := risk{labelOf(g.root, c.Address).where, f.Rule, f.Severity}
				more[r] += n
				replaced[r] = more[r] >= 0
			}
		}
		for _, f := range c.Findings {
			if f.Accepted.IsZero() {
				count(f, 1)
			}
		}
		for _, f := range c.Resolves {
			count(f, -1)
		}
	}
	return replaced
}

// The attributes that stand on the line of a root.
const (
	attributeDuration    = "duration"
	attributeScope       = "scope"
	attributeDescription = "description"
	// forever is the duration of what has no end: worth a word where it is new.
	forever = "forever"
)

// lineFacts returns the attributes of a root that stand on its line: those of a new one, and of a changed one those that stay.
func lineFacts(c *plan.Change) (facts []string) {
	if c.After == nil {
		return nil
	}
	for _, name := range []string{attributeScope, attributeDuration} {
		text, is := c.After.Attributes[name].AsString()
		changes := c.Before != nil && slices.ContainsFunc(c.Attributes, func(a plan.AttributeChange) bool { return a.Name == name })
		if is && text != "" && !changes && (text != forever || c.Before == nil) {
			if name == attributeScope {
				text = name + " " + text
			}
			facts = append(facts, scalar(text))
		}
	}
	return facts
}

// telling returns the attributes of a change that tell something: of a new root, not what is empty, and not whom it is trusted by, which
// stands above.
func telling(c *plan.Change) []plan.AttributeChange {
	if c.Before != nil {
		return c.Attributes
	}
	return slices.DeleteFunc(slices.Clone(c.Attributes), func(a plan.AttributeChange) bool {
		return isEmpty(a.After) || a.Name == attributeTrust && len(c.Principals) > 0
	})
}

func isEmpty(v plan.Value) bool {
	text, isText := v.AsString()
	members, isSet := v.AsSet()
	return isText && text == "" || isSet && len(members) == 0
}

// shown returns the attributes that are written below a change. Of a new root these are not what stands on its line, and what says no
// more than that it is there.
func (p *page) shown(c *plan.Change) []plan.AttributeChange {
	if c.Before != nil || p.verbose {
		return c.Attributes
	}
	return slices.DeleteFunc(telling(c), func(a plan.AttributeChange) bool {
		if a.Name == attributeDescription {
			p.abridged = true
			return true
		}
		_, isText := a.After.AsString()
		truth, _ := a.After.AsBool()
		return truth || isText && (a.Name == attributeDuration || a.Name == attributeScope)
	})
}

// notesOf returns the bookkeeping of a manifest entry.
func notesOf(n plan.Notes) (notes []string) {
	for _, note := range []struct{ begin, text string }{
		{"owner ", n.Owner}, {"ticket ", n.Ticket}, {"review by ", n.ReviewBy}, {"reason: ", n.Reason},
	} {
		if note.text != "" {
			text := title(note.text)
			if strings.Contains(text, dot) { // what parts notes
				text = quote(note.text)
			}
			notes = append(notes, note.begin+text)
		}
	}
	return notes
}

// notes returns the notes of the group as a whole: those of the root's change, or those that all children share.
func (g *group) notes() plan.Notes {
	if g.own != nil {
		return g.own.Notes
	}
	for _, c := range g.children[1:] {
		if c.Notes != g.children[0].Notes {
			return plan.Notes{}
		}
	}
	return g.children[0].Notes
}

// label is a child's name below its root, in two columns: where, and what.
type label struct{ where, what string }

// labelOf returns the part of a child's address that its root does not have.
func labelOf(root, child addr.Address) label {
	prefix, segments := root.Segments(), child.Segments()
	if len(segments) <= len(prefix) || !slices.Equal(prefix, segments[:len(prefix)]) {
		return label{what: child.String()}
	}
	segments = segments[len(prefix):]
	var l label
	if child.Type() != impliedChild {
		l.where = child.Type()
	}
	for _, s := range segments[:len(segments)-1] {
		if l.where != "" {
			l.where += "/"
		}
		l.where += title(s.String())
	}
	l.what = segments[len(segments)-1].String()
	return l
}

// maxCompanions is how many lines name the children that go with a delete.
const maxCompanions = 20

// companionsOf are the children that share the fate of a root, those of one scope on one line.
func companionsOf(root addr.Address, with []addr.Address) (lines []childLine) {
	for _, a := range with {
		l := labelOf(root, a)
		if last := len(lines) - 1; last < 0 || lines[last].where != l.where {
			lines = append(lines, childLine{where: l.where})
		}
		lines[len(lines)-1].add(l.what, a)
	}
	return lines
}

// companionLines names the children that share the fate of a root, and so the access that goes with it.
func (p *page) companionLines(indent int, root addr.Address, with []addr.Address) {
	lines := companionsOf(root, with)
	for i, l := range lines {
		if i == maxCompanions && !p.verbose {
			p.more(indent, len(lines)-i, "place")
			return
		}
		p.indent(indent)
		if l.where != "" {
			p.put(dim, l.where+": ")
		}
		p.put(dim, texts(l.what).joined())
		p.end()
	}
}

// more counts what is left out, and says how to see it where --verbose shows it.
func (p *page) more(indent, n int, noun string) { p.line(indent, dim, p.moreText(n, noun)) }

func (p *page) moreText(n int, noun string) string {
	text := "and " + plan.Counted(n, "more "+noun)
	if !p.verbose {
		text += " (--verbose)"
	}
	return text
}
