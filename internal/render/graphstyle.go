package render

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"strings"

	"github.com/agencyctl/agencyctl/plan"
)

// graphStyle is the style sheet of all pictures. Its rules hold inside their class only, so that a page may embed a picture, and it
// follows the reader's preference for light or dark.
const graphStyle = `.trustgraph{--bg:#fff;--fg:#1f2328;--dim:#59636e;--edge:#a3acb5;--box:#f6f8fa;--own:#0969da;--other:#bc4c00;` +
	`--add:#1a7f37;--del:#cf222e;--alter:#8a5a00;--power:#c50f1f;font:12px ui-monospace,SFMono-Regular,Menlo,Consolas,` +
	`"DejaVu Sans Mono",monospace;background:var(--bg)}
@media screen and (prefers-color-scheme:dark){.trustgraph{--bg:#0d1117;--fg:#e6edf3;--dim:#9198a1;--edge:#57606a;--box:#151b23;` +
	`--own:#4493f8;--other:#f0883e;--add:#3fb950;--del:#f85149;--alter:#d29922;--power:#ff6a69}}
.trustgraph text{fill:var(--fg);white-space:pre}
.trustgraph rect{fill:var(--box);stroke:var(--edge)}
.trustgraph path{fill:none;stroke:var(--edge)}
.trustgraph .paper{fill:var(--bg);stroke:none}
.trustgraph .dense path{stroke-width:.75}
.trustgraph .dense path:not([class]){opacity:.6}
.trustgraph .dense text{fill:var(--dim)}
.trustgraph .dense tspan:first-of-type{font-weight:bold}
.trustgraph .dense tspan:not([class]){fill:var(--fg)}
.trustgraph .h{font-weight:bold}
.trustgraph .dim{fill:var(--dim)}
.trustgraph .own{stroke:var(--own)}
.trustgraph .other{stroke:var(--other);stroke-width:2}
.trustgraph .add{stroke:var(--add);stroke-width:1.5}
.trustgraph .del{stroke:var(--del);stroke-width:1.5;stroke-dasharray:5 4}
.trustgraph .alter{stroke:var(--alter);stroke-width:1.5}
.trustgraph .out{stroke-dasharray:2 3}
.trustgraph .power{stroke:var(--power);stroke-width:3}
.trustgraph text.add,.trustgraph tspan.add{fill:var(--add);stroke:none}
.trustgraph text.del,.trustgraph tspan.del{fill:var(--del);stroke:none}
.trustgraph text.alter,.trustgraph tspan.alter{fill:var(--alter);stroke:none}
.trustgraph text.own,.trustgraph tspan.own{fill:var(--own);stroke:none}
.trustgraph text.other,.trustgraph tspan.other{fill:var(--other);stroke:none}
.trustgraph text.power,.trustgraph tspan.power{fill:var(--power);stroke:none;font-weight:bold}
`

// edgeClass joins a mark with the power that an edge carries. What is removed stays dashed.
func edgeClass(m plan.Mark, power bool) string {
	switch {
	case power && m == plan.Removed:
		return "power del"
	case power:
		return "power"
	}
	return markClass(m)
}

// svgWriter writes elements of a picture.
type svgWriter struct{ *bytes.Buffer }

func (d svgWriter) printf(format string, args ...any) { fmt.Fprintf(d, format, args...) }

// escape writes text that may stand in an element or an attribute.
func (d svgWriter) escape(text string) {
	_ = xml.EscapeText(d, []byte(Clean(text))) // a buffer takes everything
}

// begin writes the beginning of a tag with its class, which may be none.
func (d svgWriter) begin(tag, class string) {
	d.WriteString(tag)
	if class = strings.TrimSpace(class); class != "" {
		d.printf(` class="%s"`, class)
	}
}

// element writes an element with a text; behind its name, the tag may have attributes.
func (d svgWriter) element(tag, text string) {
	d.printf("<%s>", tag)
	for i, line := range strings.Split(text, "\n") {
		if i > 0 {
			d.WriteByte('\n')
		}
		d.escape(line)
	}
	name, _, _ := strings.Cut(tag, " ")
	d.printf("</%s>\n", name)
}

// text writes one line of text with its baseline in the line that begins at y.
func (d svgWriter) text(x, y int, class, text string) {
	d.begin(fmt.Sprintf(`<text x="%d" y="%d"`, x, y+12), class)
	d.WriteByte('>')
	d.escape(text)
	d.WriteString("</text>\n")
}

// rect writes a box.
func (d svgWriter) rect(b graphBox, class string) {
	d.begin(fmt.Sprintf(`<rect x="%d" y="%d" width="%d" height="%d" rx="4"`, b.x, b.y, b.width, b.height), class)
	d.WriteString("/>")
}

// titled writes the title of a group, which browsers show beside the pointer.
func (d svgWriter) titled(text, remark string) {
	d.WriteString("<title>")
	d.escape(text)
	if remark != "" {
		d.WriteString(": ")
		d.escape(remark)
	}
	d.WriteString("</title>")
}

func (d svgWriter) span(class, text string) {
	if class == "" {
		d.escape(text)
		return
	}
	d.begin("<tspan", class)
	d.WriteByte('>')
	d.escape(text)
	d.WriteString("</tspan>")
}
