package render

import (
	"cmp"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/agencyctl/agencyctl/plan"
)

// writeMarkdown is the format "markdown", for a comment on a pull request. What must be seen comes first, and what does not fit is
// counted: failures, deletes, high findings and changed trust before all else, then what differs, resource by resource, the gravest first,
// then the rest. Whatever there is of one, some room is kept for each of the others.
func writeMarkdown(w io.Writer, r Report, o Options) error {
	s := newSheet(r, o)
	m := mdPage{limit: maxComment}
	m.write(mdMarker(s.Kind, o))
	m.write(mdHead(&s))
	blocks := s.mdBlocks()
	for i := range blocks {
		m.kept += blocks[i].room()
	}
	for i := range blocks {
		m.kept -= blocks[i].room()
		m.block(&blocks[i], true)
	}
	_, err := io.WriteString(w, m.text.String())
	return err
}

// mdHead is the title, what came out, and the table of counts by kind.
func mdHead(s *sheet) string {
	var b strings.Builder
	b.WriteString("### ")
	if s.Failed {
		b.WriteString("Failed: ")
	}
	b.WriteString(s.Title)
	if s.Whom != "" {
		b.WriteString(" " + mdCode(mdBrief(s.Whom)))
	}
	b.WriteString("\n\n")
	var parts []string
	for _, text := range []string{s.Verdict, s.Risks} {
		if text != "" {
			parts = append(parts, "**"+text+".**")
		}
	}
	if s.Rest != "" {
		parts = append(parts, s.Rest)
	}
	if len(s.Accounts) == 1 && s.Accounts[0].Cloud != "" && !s.Several {
		parts = append(parts, "On "+mdProse(mdBrief(s.Accounts[0].Cloud))+".")
	}
	if s.Failed && s.Kind != Validate {
		parts = append(parts, "This run failed.")
	}
	b.WriteString(strings.Join(parts, " ") + "\n\n")
	if len(s.Kinds) > 0 {
		b.WriteString(mdKinds(s.Kinds))
	}
	return b.String()
}

// maxKinds is how many kinds of resources the table has: more than any cloud of ours.
const maxKinds = 20

func mdKinds(kinds []kindCount) string {
	columns, total := kindColumns(kinds)
	var b strings.Builder
	b.WriteString("| |")
	for _, c := range columns {
		b.WriteString(" " + c.Title + " |")
	}
	b.WriteString("\n|---|" + strings.Repeat("--:|", len(columns)) + "\n")
	line := func(name string, k kindCount) {
		b.WriteString("| " + name + " |")
		for _, column := range columns {
			if n := column.Of(k); n > 0 {
				b.WriteString(" " + strconv.Itoa(n))
			}
			b.WriteString(" |")
		}
		b.WriteString("\n")
	}
	for _, k := range kinds[:min(len(kinds), maxKinds)] {
		line(mdCode(mdBrief(k.Type)), k)
	}
	if len(kinds) > 1 {
		line("all", total)
	}
	return b.String() + "\n"
}

// kindColumn is one action in the table of kinds.
type kindColumn struct {
	Title  string
	action plan.Action
}

// Of returns the count of the column.
func (c kindColumn) Of(k kindCount) int { return k.acts[c.action] }

// kindColumns returns the actions that any kind has, and the counts of all kinds.
func kindColumns(kinds []kindCount) (columns []kindColumn, total kindCount) {
	for _, k := range kinds {
		total.acts.add(k.acts)
	}
	for _, a := range actionWords {
		if total.acts[a.action] > 0 {
			columns = append(columns, kindColumn{a.title, a.action})
		}
	}
	return columns, total
}

// mdBlocks returns the parts of the page in their order, which is that of what matters.
func (s *sheet) mdBlocks() []mdBlock {
	var blocks []mdBlock
	add := func(begin, end, noun string, share, least int, items []mdItem) {
		if len(items) > 0 {
			blocks = append(blocks, mdBlock{begin: begin, end: end, items: items, noun: mdNoun{noun: noun}, share: share, least: least})
		}
	}
	var failures []mdItem
	for i := range s.Failures {
		failures = append(failures, mdFailure(&s.Failures[i])...)
	}
	add("#### Why it failed\n\n", "\n", "problem", maxComment/2, 0, failures)
	add("#### Problems\n\n", "\n", "problem", 0, 0, mdList("", s.Problems))
	if s.Several && s.Kind != Validate {
		add("#### Accounts\n\n", "\n", "account", maxComment/8, 0, s.mdAccounts())
	}
	add("**Not read:** ", "\n\n", "part", maxComment/16, 0, s.mdNotRead())
	for _, title := range s.titles(func(a *sheetAccount) []sheetSection { return a.Urgent }) {
		var items []mdItem
		n := 0
		for i := range s.Accounts {
			for _, section := range s.Accounts[i].Urgent {
				if section.Title == title {
					items = append(items, mdList(s.mdName(i), s.gravestFirst(i, section.Rows))...)
					n += len(section.Rows)
				}
			}
		}
		add("#### "+title+": "+strconv.Itoa(n)+"\n\n", "\n", "resource", 0, maxComment/8, items)
	}
	add("#### Changes, resource by resource\n\n", "", "line", 0, maxComment/8, s.mdGroups())
	var rest []mdItem
	for _, title := range s.titles(func(a *sheetAccount) []sheetSection { return a.More }) {
		var kept []mdItem
		for i := range s.Accounts {
			for _, section := range s.Accounts[i].More {
				switch {
				case section.Title != title:
				case section.Kept:
					kept = append(kept, mdSection(s.mdName(i), section))
				default:
					rest = append(rest, mdSection(s.mdName(i), section))
				}
			}
		}
		if len(kept) == 1 { // it counts its rest itself
			kept[0].block.least = maxComment / 16
			blocks = append(blocks, *kept[0].block)
			continue
		}
		add("", "", "statement", 0, maxComment/16, kept)
	}
	add("", "", "statement", 0, 0, rest)
	return blocks
}

// gravestFirst returns what became of the changes of an account with what must be seen first. Other rows are so already.
func (s *sheet) gravestFirst(account int, rows []sheetRow) []sheetRow {
	of := s.Accounts[account].source
	if s.Kind != Apply || of.Apply == nil {
		return rows
	}
	by := gravitiesOf(of.Plan).withRead(of.Apply)
	return mustSeeFirst(rows, func(r *sheetRow) bool { return by[r.Link] == mustSee })
}

// mdGroups are the changes of all accounts, the gravest first.
func (s *sheet) mdGroups() []mdItem {
	type group struct {
		account int
		of      *sheetGroup
	}
	var groups []group
	for i := range s.Accounts {
		for k := range s.Accounts[i].Groups {
			groups = append(groups, group{i, &s.Accounts[i].Groups[k]})
		}
	}
	deleted := func(g group) int { return strings.Count(g.of.Mark, "-") } // of these, all but the details stands above
	slices.SortStableFunc(groups, func(x, y group) int {
		return cmp.Or(cmp.Compare(y.of.Gravity, x.of.Gravity), cmp.Compare(deleted(x), deleted(y)))
	})
	items := make([]mdItem, len(groups))
	for i, g := range groups {
		items[i] = mdGroup(s.mdName(g.account), g.of)
	}
	return items
}

// titles returns the titles of the sections of all accounts, each once.
func (s *sheet) titles(of func(*sheetAccount) []sheetSection) []string {
	var titles []string
	known := map[string]bool{}
	for i := range s.Accounts {
		for _, section := range of(&s.Accounts[i]) {
			if !known[section.Title] {
				known[section.Title] = true
				titles = append(titles, section.Title)
			}
		}
	}
	return titles
}

// mdName returns the name of an account where there are several, else "".
func (s *sheet) mdName(i int) string {
	if !s.Several {
		return ""
	}
	return s.Accounts[i].Name
}

func (s *sheet) mdAccounts() []mdItem {
	var items []mdItem
	for _, failed := range []bool{true, false} {
		for i := range s.Accounts {
			a := &s.Accounts[i]
			if a.Failed != failed {
				continue
			}
			text := "- " + mdCode(mdBrief(cmp.Or(a.Name, "no account")))
			if failed {
				text += " **failed**"
			}
			for _, part := range []string{sentence(a.Verdict, a.Risks), a.Rest} {
				if part != "" {
					text += " " + part
				}
			}
			items = append(items, mdItem{text: text + "\n", count: sheetCount{other: 1}})
		}
	}
	return items
}

func (s *sheet) mdNotRead() []mdItem {
	var items []mdItem
	for i := range s.Accounts {
		for k := range s.Accounts[i].NotRead {
			row := &s.Accounts[i].NotRead[k]
			begin := ""
			if len(items) > 0 {
				begin = "; "
			}
			if name := s.mdName(i); name != "" {
				begin += mdCode(name) + " "
			}
			items = append(items, mdItem{text: begin + mdCode(row.Label) + ": " + mdProse(row.Text), count: row.count})
		}
	}
	return items
}
