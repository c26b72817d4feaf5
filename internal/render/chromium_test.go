//go:build consumers

package render_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// inChromium loads a page and returns its elements as they are after loading, and what the browser says of it on its console.
func inChromium(t *testing.T, page string, flags ...string) (elements string, console []string) {
	t.Helper()
	folder := t.TempDir()
	path := filepath.Join(folder, "page.html")
	require.NoError(t, os.WriteFile(path, []byte(page), 0o600))
	address := url.URL{Scheme: "file", Path: path}
	flags = append([]string{
		"--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--user-data-dir=" + filepath.Join(folder, "profile"),
		"--enable-logging=stderr", "--virtual-time-budget=2000", "--dump-dom",
	}, flags...)
	c := exec.Command("chromium", append(flags, address.String())...)
	var said strings.Builder
	c.Stderr = &said
	out, err := c.Output()
	require.NoError(t, err, said.String())
	return string(out), regexp.MustCompile(`(?m)^.*CONSOLE.*$`).FindAllString(said.String(), -1)
}

// TestChromiumShowsPages has a browser load a page of each kind under its policy. What the policy forbids, and anything else that is
// wrong with a page, is told on the console.
func TestChromiumShowsPages(t *testing.T) {
	pages := map[string]string{}
	reports := pageReports(t)
	for _, name := range []string{
		"plan", "plan-several", "plan-failed", "plan-drawn", "drift", "drift-drawn", "apply", "apply-drawn", "validate", "whoami",
	} {
		pages[name] = written(t, "html", reports[name])
	}
	for name, page := range pages {
		t.Run(name, func(t *testing.T) {
			elements, console := inChromium(t, page)
			require.Empty(t, console)
			require.Equal(t, strings.TrimSpace(textOf(parsed(t, page), true)), strings.TrimSpace(textOf(parsed(t, elements), true)))
		})
	}
	t.Run("with a style that is not ours", func(t *testing.T) {
		_, console := inChromium(t, strings.Replace(pages["plan"], "<style>", "<style>body{display:none}", 1))
		require.Contains(t, strings.Join(console, "\n"), "Content Security Policy", "else the others prove nothing")
	})
	t.Run("with a script", func(t *testing.T) {
		elements, console := inChromium(t, strings.Replace(pages["plan"], "<main>", "<main><script>document.title = 'run'</script>", 1))
		require.Contains(t, strings.Join(console, "\n"), "Content Security Policy")
		require.NotContains(t, elements, "<title>run</title>")
	})
}

// measure writes what a browser makes of a page into its title. No page of ours could hold it: its policy is taken away for that.
const measure = `<script>
const figure = document.querySelector("figure"), drawing = document.querySelector(".trustgraph"), root = document.documentElement
document.title = JSON.stringify({
	page: root.scrollWidth, window: root.clientWidth, left: figure.getBoundingClientRect().left, right: figure.getBoundingClientRect().right,
	scrolls: figure.scrollWidth > figure.clientWidth, ground: getComputedStyle(drawing).backgroundColor,
})
</script></body>`

// A drawing is scrolled in its own box, and never moves the page sideways. It is light or dark with the page.
func TestChromiumFitsDrawingsIntoTheWindow(t *testing.T) {
	policy := regexp.MustCompile(`<meta http-equiv="Content-Security-Policy"[^>]*>`)
	for _, agencies := range []int{5, 500} {
		page := written(t, "html", drawnAll(plans(samplePlan(t)), trustGraph(agencies)))
		require.Regexp(t, policy, page)
		page = strings.Replace(policy.ReplaceAllString(page, ""), "</body>", measure, 1)
		for width, scrolls := range map[int]bool{500: true, 1280: false} {
			for scheme, ground := range []string{"rgb(13, 17, 23)", "rgb(255, 255, 255)"} {
				t.Run(fmt.Sprintf("%d agencies %d wide %s", agencies, width, ground), func(t *testing.T) {
					elements, _ := inChromium(t, page,
						fmt.Sprintf("--window-size=%d,900", width), fmt.Sprintf("--blink-settings=preferredColorScheme=%d", scheme))
					var is struct {
						Page, Window, Left, Right float64
						Scrolls                   bool
						Ground                    string
					}
					require.NoError(t, json.Unmarshal([]byte(textOf(find(parsed(t, elements), "title")[0], true)), &is))
					require.LessOrEqual(t, is.Page, is.Window)
					require.GreaterOrEqual(t, is.Left, 0.0)
					require.LessOrEqual(t, is.Right, is.Window)
					require.Equal(t, scrolls, is.Scrolls)
					require.Equal(t, ground, is.Ground)
				})
			}
		}
	}
}
