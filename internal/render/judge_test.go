package render_test

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"unicode/utf16"

	"github.com/stretchr/testify/require"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	goldmarkhtml "github.com/yuin/goldmark/renderer/html"
	"golang.org/x/net/html"

	"github.com/agencyctl/agencyctl/internal/render"
)

// judge is a test, or one of the cases of a property.
type judge interface {
	require.TestingT
	Helper()
}

// written returns a report in a format.
func written(t judge, format string, r render.Report) string {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, render.Formats()[format](&b, r, render.Options{Hint: sampleHint, Renew: sampleRenew}))
	return b.String()
}

// comment returns a Markdown comment as a site shows it: GitHub's flavour, with its elements of HTML.
func comment(t judge, markdown string) *html.Node {
	t.Helper()
	var b bytes.Buffer
	site := goldmark.New(goldmark.WithExtensions(extension.GFM), goldmark.WithRendererOptions(goldmarkhtml.WithUnsafe()))
	require.NoError(t, site.Convert([]byte(markdown), &b))
	return parsed(t, b.String())
}

func parsed(t judge, text string) *html.Node {
	t.Helper()
	document, err := html.Parse(strings.NewReader(text))
	require.NoError(t, err)
	return document
}

// textOf returns the text of a node as it is read, without code where code is false.
func textOf(n *html.Node, code bool) string {
	var b strings.Builder
	for _, child := range slices.Collect(n.Descendants()) {
		if child.Data == "br" {
			b.WriteString("\n")
		}
		if child.Type != html.TextNode || child.Parent.Data == "style" {
			continue
		}
		inCode := false
		for p := child.Parent; p != nil; p = p.Parent {
			inCode = inCode || p.Data == "code" || p.Data == "pre"
		}
		if code || !inCode {
			b.WriteString(child.Data)
		} else {
			b.WriteString("\n") // text on both sides does not grow together
		}
	}
	return b.String()
}

// acting is what a site makes something of in text that is no code.
var acting = regexp.MustCompile(`(?i)@\w|#\d|GH-\d|https?://|ftp://|www\.|mailto:|:[a-z0-9_+-]+:|\b[0-9a-f]{7,40}\b|\w/\w+#`)

// requireInert requires a comment to hold nothing but the elements that we write, and no text that acts.
func requireInert(t judge, document *html.Node) {
	t.Helper()
	ours := strings.Fields("html head body h3 h4 p strong table thead tbody tr th td ul li code pre details summary b br")
	comments := 0
	for _, n := range slices.Collect(document.Descendants()) {
		switch n.Type {
		case html.ElementNode:
			require.Contains(t, ours, n.Data)
			for _, a := range n.Attr {
				require.Contains(t, []string{"class", "align", "style"}, a.Key, "<%s>", n.Data) // of a diff, and of a column
			}
		case html.CommentNode:
			comments++
		}
	}
	require.Equal(t, 1, comments, "the marker and no other")
	require.NotRegexp(t, acting, textOf(document, false))
}

// requireReads requires the text to be read in the document as it is, but for where lines are broken.
func requireReads(t judge, document, text string) {
	t.Helper()
	flat := strings.Join(strings.Fields(document), " ")
	for line := range strings.SplitSeq(text, "\n") {
		if line = strings.Join(strings.Fields(render.Clean(line)), " "); line != "" {
			require.Contains(t, flat, line)
		}
	}
}

// length is the number of characters as no site counts more of.
func length(text string) int {
	return len(utf16.Encode([]rune(strings.ReplaceAll(text, "\n", "\r\n"))))
}

// requirePage requires a page to load and run nothing, and its links to lead to a place in it.
func requirePage(t judge, text string) {
	t.Helper()
	document := parsed(t, text)
	var ids, links []string
	for _, n := range slices.Collect(document.Descendants()) {
		if n.Type != html.ElementNode {
			require.NotEqual(t, html.CommentNode, n.Type)
			continue
		}
		require.NotContains(t, strings.Fields("script iframe img link object embed base form input video audio source"), n.Data)
		for _, a := range n.Attr {
			require.NotContains(t, strings.Fields("src srcset style action data poster background"), a.Key)
			require.False(t, strings.HasPrefix(a.Key, "on"), "<%s %s>", n.Data, a.Key)
			switch a.Key {
			case "id":
				require.NotContains(t, ids, a.Val)
				ids = append(ids, a.Val)
			case "href":
				links = append(links, strings.TrimPrefix(a.Val, "#"))
				require.True(t, strings.HasPrefix(a.Val, "#"), a.Val)
			}
		}
	}
	for _, link := range links {
		require.True(t, slices.Contains(ids, link), "nothing is called %s", link)
	}
}
