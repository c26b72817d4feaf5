package render

import (
	"fmt"
	"io"
	"strings"

	"github.com/agencyctl/agencyctl/plan"
)

// writeDOT is the format "dot", for Graphviz and what else reads its language: one directed graph, a cluster for each account. It has
// every actor, however many there are.
func writeDOT(w io.Writer, r Report, _ Options) error {
	d := &dotWriter{}
	d.line("digraph agencyctl {")
	d.line(`  rankdir=LR; ranksep=1.5; nodesep=0.15; splines=line;`)
	d.line(`  node [shape=box, style=rounded, fontname="monospace", fontsize=10];`)
	d.line(`  edge [fontname="monospace", fontsize=9, arrowsize=0.6];`)
	if r.Failure != nil {
		d.failure("failure", r.Failure.message())
	}
	for i := range r.Accounts {
		p := pictureOf(r.Kind, &r.Accounts[i])
		p.order()
		d.picture(p, i)
	}
	d.line("}")
	_, err := io.WriteString(w, d.String())
	return err
}

// dotWriter writes the DOT language.
type dotWriter struct{ strings.Builder }

func (d *dotWriter) line(format string, args ...any) {
	if len(args) == 0 {
		d.WriteString(format + "\n")
		return
	}
	fmt.Fprintf(d, format+"\n", args...)
}

// dotQuoter escapes what means something in a label: quotes, backslashes, which begin line ends and names of the node, and
// ampersands, which begin entities.
var dotQuoter = strings.NewReplacer(`\`, `\\`, `"`, `\"`, `&`, `&amp;`)

// dotQuote returns a label whose lines are centred, as a quoted text.
func dotQuote(lines ...string) string {
	for i, line := range lines {
		lines[i] = dotQuoter.Replace(Clean(line))
	}
	return `"` + strings.Join(lines, `\n`) + `"`
}

// comment writes a text in lines that no reader of the language looks at.
func (d *dotWriter) comment(text string) {
	for line := range strings.SplitSeq(text, "\n") {
		d.line("  // %s", Clean(line))
	}
}

// failure writes a node that says why there is no picture.
func (d *dotWriter) failure(id, message string) {
	d.comment("Failed: " + message)
	lines := append([]string{"Failed"}, strings.Split(message, "\n")...)
	d.line(`  %s [label=%s, color="#cf222e", fontcolor="#cf222e"];`, id, dotQuote(lines...))
}

// picture writes one account as a cluster.
func (d *dotWriter) picture(p *picture, number int) {
	d.line("  subgraph cluster_%d {", number)
	d.line("  label=%s; labeljust=l;", dotQuote(append([]string{p.title}, p.foot()...)...))
	for _, line := range p.foot() {
		d.comment(line)
	}
	id := func(rank string, i int) string { return fmt.Sprintf("%s%d_%d", rank, number, i) }
	if p.failure != "" {
		d.failure(fmt.Sprintf("failure%d", number), p.failure)
	}
	for i := range p.sources {
		at := &p.sources[i]
		lines := []string{at.name}
		if tag := at.tag(); tag != "" {
			lines = append(lines, "("+tag+")")
		}
		d.line("  %s [label=%s%s];", id("who", i), dotQuote(lines...), dotKinds[at.kind])
	}
	for i := range p.rows {
		r := &p.rows[i]
		lines := []string{markSign(r.mark) + r.name}
		if tags := r.tags(); len(tags) > 0 {
			lines = append(lines, "["+strings.Join(tags, ", ")+"]")
		}
		is, _ := r.power()
		d.line("  %s [label=%s%s];", id("as", i), dotQuote(lines...), dotLook(r.mark, is))
	}
	for i := range p.targets {
		d.line("  %s [label=%s, shape=plain];", id("in", i), dotQuote(p.targets[i].name))
	}
	for i := range p.rows {
		r := &p.rows[i]
		for _, t := range r.trusted {
			label := ""
			if t.mark != plan.Kept {
				label = fmt.Sprintf(", label=%s", dotQuote(strings.TrimSpace(markSign(t.mark))))
			}
			look := label + dotLook(t.mark, r.trustPower(t.mark))
			d.line("  %s -> %s [%s];", id("who", t.source), id("as", i), strings.TrimPrefix(look, ", "))
		}
		for k := range r.links {
			l := &r.links[k]
			texts := make([]string, len(l.roles))
			for n := range l.roles {
				texts[n] = l.roles[n].text()
			}
			d.line("  %s -> %s [label=%s%s];", id("as", i), id("in", l.target), dotQuote(texts...), dotLook(l.look()))
		}
	}
	d.line("  }")
}

// dotKinds are the looks of principals.
var dotKinds = map[principalKind]string{
	ownAccount: `, color="#0969da"`, foreignAccount: `, color="#bc4c00", penwidth=2`, servicePlace: `, shape=component`,
}

// dotLook returns the attributes of a mark, and of administrator power.
func dotLook(m plan.Mark, power bool) string {
	look := map[plan.Mark]string{
		plan.Added: `, color="#1a7f37", fontcolor="#1a7f37"`, plan.Altered: `, color="#8a5a00", fontcolor="#8a5a00"`,
		plan.Removed: `, color="#cf222e", fontcolor="#cf222e", style=dashed`,
	}[m]
	switch {
	case power && m == plan.Removed:
		return look + ", penwidth=3"
	case power:
		return `, color="#c50f1f", fontcolor="#c50f1f", penwidth=3`
	}
	return look
}

// foot are the lines that stand below a picture.
func (p *picture) foot() []string {
	var lines []string
	if p.summary != "" {
		lines = append(lines, p.summary, p.administratorsText(len(p.administrators)))
	}
	return append(lines, p.notes()...)
}
