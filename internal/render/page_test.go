package render_test

import (
	"crypto/sha256"
	"encoding/base64"
	"math"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"
)

// find returns all elements of a name.
func find(document *html.Node, name string) []*html.Node {
	var found []*html.Node
	for n := range document.Descendants() {
		if n.Type == html.ElementNode && n.Data == name {
			found = append(found, n)
		}
	}
	return found
}

func attributeOf(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

// policyOf returns the content security policy of a page.
func policyOf(t judge, document *html.Node) string {
	t.Helper()
	for _, n := range find(document, "meta") {
		if attributeOf(n, "http-equiv") == "Content-Security-Policy" {
			return attributeOf(n, "content")
		}
	}
	require.Fail(t, "no policy")
	return ""
}

func digest(style string) string {
	sum := sha256.Sum256([]byte(style))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

func TestPagesLoadAndRunNothing(t *testing.T) {
	for name, report := range pageReports(t) {
		t.Run(name, func(t *testing.T) {
			page := written(t, "html", report)
			requirePage(t, page)
			require.NotContains(t, page, "url(")
			require.NotContains(t, page, "@import")
			document := parsed(t, page)
			styles := find(document, "style")
			require.Len(t, styles, 1)
			require.Equal(t, "default-src 'none'; style-src "+digest(styles[0].FirstChild.Data)+"; base-uri 'none'; form-action 'none'", policyOf(t, document))
		})
	}
}

func TestPagesCanBeReadByEveryone(t *testing.T) {
	for name, report := range pageReports(t) {
		t.Run(name, func(t *testing.T) {
			document := parsed(t, written(t, "html", report))
			require.Equal(t, "en", attributeOf(find(document, "html")[0], "lang"))
			require.NotEmpty(t, find(document, "title")[0].FirstChild.Data)
			for _, landmark := range []string{"header", "main", "footer", "h1"} {
				require.Len(t, find(document, landmark), 1, landmark)
			}
			level := 1
			for n := range document.Descendants() {
				if len(n.Data) == 2 && n.Data[0] == 'h' && n.Data[1] >= '1' && n.Data[1] <= '6' {
					next := int(n.Data[1] - '0')
					require.LessOrEqual(t, next, level+1, "a heading is left out before %s", textOf(n, true))
					level = next
				}
			}
			for _, n := range find(document, "span") {
				if class := attributeOf(n, "class"); class == "mark" {
					require.True(t, attributeOf(n, "aria-label") != "" || attributeOf(n, "aria-hidden") == "true", "a sign has a word")
				}
			}
		})
	}
}

// The figure is that of WCAG 2.2, 1.4.3.
func TestPagesHaveContrast(t *testing.T) {
	style, err := os.ReadFile("page.css")
	require.NoError(t, err)
	blocks := regexp.MustCompile(`(?s):root \{(.*?)\}`).FindAllStringSubmatch(string(style), -1)
	require.Len(t, blocks, 3, "light, dark and print")
	for _, block := range blocks {
		colors := map[string]float64{}
		for _, c := range regexp.MustCompile(`--(\w+): #(\w{6});`).FindAllStringSubmatch(block[1], -1) {
			colors[c[1]] = luminance(t, c[2])
		}
		for _, text := range []string{"text", "quiet", "plus", "minus", "change", "note", "link"} {
			for _, ground := range []string{"page", "panel"} {
				light, dark := max(colors[text], colors[ground]), min(colors[text], colors[ground])
				require.GreaterOrEqual(t, (light+0.05)/(dark+0.05), 4.5, "%s on %s", text, ground)
			}
		}
	}
}

func luminance(t *testing.T, color string) float64 {
	t.Helper()
	sum := 0.0
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		n, err := strconv.ParseUint(color[2*i:2*i+2], 16, 8)
		require.NoError(t, err)
		c := float64(n) / 255
		if c <= 0.04045 {
			c /= 12.92
		} else {
			c = math.Pow((c+0.055)/1.055, 2.4)
		}
		sum += weight * c
	}
	return sum
}

// Nothing is left out of a page for want of room.
func TestPagesAreComplete(t *testing.T) {
	p := wide(1000, "nw-")
	page := written(t, "html", plans(p))
	for i := range p.Changes {
		c := &p.Changes[i]
		name := `<code>` + c.Address.String() + `</code>`
		if !c.Parent.IsZero() {
			segments := c.Address.Segments()
			name = "<span>" + segments[len(segments)-1].Text + "</span>"
		}
		require.True(t, strings.Contains(page, name), c.Address)
	}
}

// A script finds the comment of the run before by its first line, and must not find that of another run.
func TestTheMarkerOfACommentIsThatOfItsInputs(t *testing.T) {
	long := strings.Repeat("deep/", 60)
	const hex = ":[0-9a-f]{16}"
	seen := map[string]string{}
	for _, c := range []struct {
		inputs []string
		want   string // a regular expression
	}{
		{nil, `\*`},
		{[]string{"m.yaml"}, "iam/m.yaml"},
		{[]string{"./"}, "iam"},
		{[]string{"m.yaml", "o.yaml"}, "iam/m.yaml" + hex},
		{[]string{"m.yaml", "prod/"}, "iam/m.yaml" + hex},
		{[]string{"m.yaml", "staging/"}, "iam/m.yaml" + hex},
		{[]string{"m.yaml", "-"}, "iam/m.yaml" + hex},
		{[]string{"-", "m.yaml"}, "%2D" + hex},
		{[]string{long + "a"}, "iam/deep/.*" + hex},
		{[]string{long + "b"}, "iam/deep/.*" + hex},
		{[]string{"/tmp/run-1/big.yaml"}, "big.yaml"},
		{[]string{"/tmp/run-1/big.yaml", "/tmp/run-1/o.yaml"}, "big.yaml" + hex},
		{[]string{"../../other/m.yaml"}, "../../other/m.yaml"},
		{[]string{"--><b>"}, "iam/-%2D%3E%3Cb%3E"},
	} {
		marker := func(inputs []string) string {
			o := machineOptions
			o.Inputs = inputs
			first, _, _ := strings.Cut(writtenIn(t, "markdown", plans(emptyPlan()), o), "\n")
			return first
		}
		got := marker(c.inputs)
		require.Regexp(t, "^<!-- agencyctl:plan:"+c.want+" -->$", got, c.inputs)
		require.Less(t, len(got), 300)
		other, taken := seen[got]
		require.False(t, taken, "%v has the marker of %v", c.inputs, other)
		seen[got] = strings.Join(c.inputs, " ")
		again := slices.Clone(c.inputs)
		for i := range again { // the folder of another run
			again[i] = strings.Replace(again[i], "/tmp/run-1/", "/tmp/run-2/", 1)
		}
		require.Equal(t, got, marker(again))
	}
}
