//go:build consumers

package render_test

import (
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
func inChromium(t *testing.T, page string) (elements string, console []string) {
	t.Helper()
	folder := t.TempDir()
	path := filepath.Join(folder, "page.html")
	require.NoError(t, os.WriteFile(path, []byte(page), 0o600))
	address := url.URL{Scheme: "file", Path: path}
	c := exec.Command("chromium", "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--user-data-dir="+filepath.Join(folder, "profile"),
		"--enable-logging=stderr", "--virtual-time-budget=2000", "--dump-dom", address.String())
	var said strings.Builder
	c.Stderr = &said
	out, err := c.Output()
	require.NoError(t, err, said.String())
	return string(out), regexp.MustCompile(`(?m)^.*CONSOLE.*$`).FindAllString(said.String(), -1)
}

// TestChromiumShowsPages has a browser load a page of each kind under its policy. What the policy forbids, and anything else that is
// wrong with a page, is told on the console.
func TestChromiumShowsPages(t *testing.T) {
	pages := map[string]string{"with a picture": withPicture(t, plans(samplePlan(t)))}
	reports := pageReports(t)
	for _, name := range []string{"plan", "plan-several", "plan-failed", "drift", "apply", "validate", "whoami"} {
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
