package render

import (
	"bytes"
	"crypto/sha256"
	_ "embed" // the page and its style
	"encoding/base64"
	"html/template"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/agencyctl/agencyctl/plan/addr"
)

// The page is one file that loads nothing and runs nothing: the policy in its head allows its own style by a digest, and forbids
// the rest. A name that got past the escaping could not act.
var (
	//go:embed page.html
	pageText string
	//go:embed page.css
	pageStyle string
)

var pageTemplate = template.Must(template.New("page").Parse(pageText))

// DrawingFormat is the format that shows [Account.Trust] of a plan, a drift, an audit or an apply.
const DrawingFormat = "html"

// writeHTML is the format "html", a page for a browser or the artifact of a job. It has all of a report, folded.
func writeHTML(w io.Writer, r Report, o Options) error {
	s := newSheet(r, o)
	page := htmlPage{sheet: &s}
	page.Columns, page.Total = kindColumns(s.Kinds)
	style := pageStyle
	for i := range s.Accounts {
		account := newHTMLAccount(&s, i)
		account.Drawing = newDrawing(r.Kind, s.Accounts[i].source, o, "drawing-"+strconv.Itoa(i+1))
		if account.Drawing != nil && account.Drawing.SVG != "" {
			style = pageStyle + drawingStyle
		}
		page.Parts = append(page.Parts, account)
	}
	known := htmlAccount{}
	page.Failing, page.Wrong = known.rows(s.Failures), known.rows(s.Problems)
	page.Style, page.Policy = template.CSS(style), contentPolicy(style)
	var b bytes.Buffer
	if err := pageTemplate.Execute(&b, &page); err != nil {
		return err
	}
	_, err := w.Write(b.Bytes())
	return err
}

// contentPolicy allows the style by its digest, and nothing else.
func contentPolicy(style string) string {
	sum := sha256.Sum256([]byte(style))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; form-action 'none'"
}

// htmlPage is what the template of the page reads.
type htmlPage struct {
	*sheet
	Style   template.CSS
	Policy  string
	Columns []kindColumn
	Total   kindCount
	Failing []htmlRow
	Wrong   []htmlRow
	Parts   []htmlAccount
}

// htmlAccount is an account with what the page adds: the names that its resources have on the page.
type htmlAccount struct {
	*sheetAccount
	ID       string
	Drawing  *htmlDrawing // nil for none
	Urgents  []htmlSection
	Changes  []htmlGroup
	Sections []htmlSection
	Blind    []htmlRow

	ids    map[addr.Address]string
	placed map[addr.Address]bool // of those, what has its place on the page: a name stands once
}

type htmlSection struct {
	Title string
	Count int
	Rows  []htmlRow
}

type htmlGroup struct {
	*sheetGroup
	ID    string
	Name  string
	Trust string
	About string
	Class string
	Open  bool
	Rows  []htmlRow
}

// htmlRow is a [sheetRow] with clean texts.
type htmlRow struct {
	Class, Mark, Word       string
	IDs                     []string
	Name                    string
	Href                    template.URL // made of an id, and so safe
	Severity, SeverityClass string
	Label                   string
	Lines                   []string
	Code                    bool
	Rule, Place             string
	Under                   []htmlRow
}

// allOpen is up to how many resources nothing is folded.
const allOpen = 12

func newHTMLAccount(s *sheet, i int) htmlAccount {
	source := &s.Accounts[i]
	prefix := ""
	if s.Several {
		prefix = "account-" + strconv.Itoa(i+1)
	}
	a := htmlAccount{sheetAccount: source, ID: prefix, ids: map[addr.Address]string{}, placed: map[addr.Address]bool{}}
	for k := range source.Groups {
		g := &source.Groups[k]
		a.name(prefix, g.Address)
		a.placed[g.Address] = true
		a.nameAll(prefix, g.Rows)
	}
	for _, section := range slices.Concat(source.Urgent, source.More) {
		a.nameAll(prefix, section.Rows)
	}
	for _, section := range source.Urgent {
		a.Urgents = append(a.Urgents, a.section(section))
	}
	for k := range source.Groups {
		g := &source.Groups[k]
		a.Changes = append(a.Changes, htmlGroup{
			sheetGroup: g, ID: a.ids[g.Address], Name: Clean(g.Address.String()), Class: markClasses[g.Mark],
			Trust: Clean(strings.Join(g.Trust, ", ")), About: Clean(g.about()), Open: g.Gravity == mustSee || len(source.Groups) <= allOpen,
			Rows: a.rows(g.Rows),
		})
	}
	for _, section := range source.More {
		a.Sections = append(a.Sections, a.section(section))
	}
	a.Blind = a.rows(source.NotRead)
	return a
}

// nameAll gives names to what the rows tell all about.
func (a *htmlAccount) nameAll(prefix string, rows []sheetRow) {
	for i := range rows {
		for _, at := range rows[i].Tells {
			a.name(prefix, at)
		}
		a.nameAll(prefix, rows[i].Under)
	}
}

// name gives a resource the name that links have it by: its address, spelled so that a link can hold it.
func (a *htmlAccount) name(prefix string, at addr.Address) {
	const hexDigits = "0123456789ABCDEF"
	var b strings.Builder
	if prefix != "" {
		b.WriteString(prefix + ":")
	}
	for _, c := range []byte(at.String()) {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', strings.IndexByte("-._/:", c) >= 0:
			b.WriteByte(c)
		default:
			b.WriteString("~" + string(hexDigits[c>>4]) + string(hexDigits[c&15]))
		}
	}
	a.ids[at] = b.String()
}

func (a *htmlAccount) section(from sheetSection) htmlSection {
	count := countOf(from.Rows)
	return htmlSection{Title: Clean(from.Title), Count: count.sum(), Rows: a.rows(from.Rows)}
}

var (
	markClasses = map[string]string{"+": "plus", "-": "minus", "~": "change", "!": "note", "×": "blocked"}
	markWords   = map[string]string{"+": "added", "-": "removed", "~": "changed", "!": "note", "×": "blocked"}
)

func (a *htmlAccount) rows(from []sheetRow) []htmlRow {
	rows := make([]htmlRow, len(from))
	for i := range from {
		r := &from[i]
		rows[i] = htmlRow{
			Class: markClasses[r.Mark], Mark: r.Mark, Word: markWords[r.Mark], Severity: r.Severity, Label: Clean(r.Label), Code: r.Code,
			Rule: Clean(r.Rule), Place: Clean(r.Place), Under: a.rows(r.Under),
		}
		if !strings.HasPrefix(r.Severity, "ends ") { // an end is no alarm
			rows[i].SeverityClass = r.Severity[strings.LastIndexByte(r.Severity, ' ')+1:]
		}
		if r.Severity != "" {
			rows[i].Mark, rows[i].Class = "", ""
		}
		if !r.Link.IsZero() {
			rows[i].Name = Clean(title(r.Link.String()))
			if id := a.ids[r.Link]; id != "" && !slices.Contains(r.Tells, r.Link) {
				rows[i].Href = template.URL("#" + id)
			}
		}
		for _, at := range r.Tells {
			if !a.placed[at] {
				rows[i].IDs = append(rows[i].IDs, a.ids[at])
			}
			a.placed[at] = true
		}
		if r.Text != "" {
			for line := range strings.SplitSeq(r.Text, "\n") {
				rows[i].Lines = append(rows[i].Lines, Clean(line))
			}
		}
	}
	return rows
}
