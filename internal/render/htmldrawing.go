package render

import (
	"fmt"
	"html/template"
	"strings"
)

// htmlDrawing is who may act in an account as a page shows it: as a picture, and in words for those who cannot see one.
type htmlDrawing struct {
	ID, Title string
	// Missing says why nothing is drawn.
	Missing                 string
	Summary, Administrators string
	IsPower                 bool // somebody is an administrator
	Refused                 string
	SVG                     template.HTML
	IsWide                  bool
	NotDrawn                []htmlRow
	Words                   []htmlRow
}

// wideDrawing is the width in pixels above which a drawing is made smaller to fit a window, down to this width.
const wideDrawing = 1120

// drawingStyle is the style of a page with drawings. Paper has no room to push a drawing.
var drawingStyle = graphStyle + fmt.Sprintf("@media screen{.wide svg{min-width:%dpx;max-width:100%%;height:auto}}\n", wideDrawing)

// newDrawing draws an account; nil where there is nothing to say of a drawing. Its ids on the page begin with id.
func newDrawing(kind Kind, a *Account, o Options, id string) *htmlDrawing {
	titles := map[Kind]string{
		Plan:  "Who may act in the account, before and after the plan",
		Drift: "Who may act in the account now",
		Audit: "Who may act in the account now",
		Apply: "Who may act in the account after this run",
	}
	d := &htmlDrawing{ID: id, Title: titles[kind]}
	switch {
	case d.Title == "":
		return nil
	case a.Trust != nil:
	case a.failure() != nil:
		d.Missing = "Not drawn: this account failed."
		return d
	case o.FromFile:
		d.Missing = "Not drawn: a saved plan has only the part of the account that it changes. plan and apply read all of it."
		return d
	default:
		return nil
	}
	p := pictureOf(kind, a)
	if p.summary == "" { // the graph came without what it is of
		return nil
	}
	if a.failure() != nil {
		d.Refused = map[Kind]string{
			Plan:  "This account failed: its plan must not be applied.",
			Drift: "This account failed: do not rely on the drawing.",
			Audit: "This account failed.",
			Apply: "The run did not succeed: what is not known to be done is not drawn as done.",
		}[kind]
	}
	d.Summary, d.Administrators, d.IsPower = Clean(p.summary), Clean(p.administratorsText(len(p.administrators))), len(p.administrators) > 0
	if len(p.unread) > 0 { // the page says what and why
		p.notDrawn = append(p.notDrawn, "What was not read is not drawn.")
	}
	for _, note := range p.notDrawn {
		d.NotDrawn = append(d.NotDrawn, htmlRow{Lines: []string{Clean(note)}})
	}
	if len(p.rows) == 0 {
		d.Missing = nobody
		return d
	}
	svg, width := drawSVG([]*picture{p}, id) // which groups and orders the rows
	d.SVG, d.IsWide = template.HTML(svg), width > wideDrawing
	for i := range p.rows {
		d.Words = append(d.Words, p.inWords(&p.rows[i]))
	}
	return d
}

// inWords tells what a row of a picture shows.
func (p *picture) inWords(r *graphRow) htmlRow {
	mark := strings.TrimSpace(markSign(r.mark))
	row := htmlRow{Mark: mark, Class: markClasses[mark], Word: markWords[mark], Name: Clean(r.label())}
	var parts, trusted []string
	if tags := r.tags(); len(tags) > 0 {
		parts = append(parts, strings.Join(tags, ", "))
	}
	for _, t := range r.trusted {
		at := &p.sources[t.source]
		who := at.name
		if tag := at.tag(); tag != "" {
			who += " (" + tag + ")"
		}
		if t.mark != r.mark {
			who = markSign(t.mark) + who
		}
		trusted = append(trusted, who)
	}
	if len(trusted) > 0 {
		parts = append(parts, "trusts "+strings.Join(trusted, ", "))
	}
	for i := range r.links {
		parts = append(parts, p.targets[r.links[i].target].name+": "+roleTexts(r.links[i].roles))
	}
	row.Lines = []string{Clean(strings.Join(parts, "; "))}
	if len(r.members) > 1 {
		row.Lines[0] += Clean("; these are " + strings.Join(r.members, ", "))
	}
	return row
}
