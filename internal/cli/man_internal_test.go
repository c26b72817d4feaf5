package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestManualPagesTellWhatHelpTells: every command has a page, and each page has its description, the commands below it, its flags with
// their descriptions and defaults, and its examples.
func TestManualPagesTellWhatHelpTells(t *testing.T) {
	folder := t.TempDir()
	everyCommand(t, func(cmd *cobra.Command) {
		if cmd.HasParent() {
			return
		}
		require.NoError(t, (&app{env: Env{Version: "v1.2.3"}}).writeManPages(cmd, folder))
	})
	pages := 0
	everyCommand(t, func(cmd *cobra.Command) {
		page, err := os.ReadFile(filepath.Join(folder, manName(cmd)+".1"))
		if cmd.HasParent() && !cmd.IsAvailableCommand() {
			require.Error(t, err, cmd.Name())
			return
		}
		require.NoError(t, err)
		pages++
		told := plainManual(string(page))
		require.Contains(t, told, "agencyctl v1.2.3")
		assert.Contains(t, told, manName(cmd)+" - "+cmd.Short)
		for _, p := range paragraphs(cmd.Long) {
			assert.Contains(t, told, strings.TrimSpace(p.left)+"\n")
			assert.Contains(t, told, p.text+"\n", cmd.Name())
		}
		for _, below := range cmd.Commands() {
			assert.Equal(t, below.IsAvailableCommand(), strings.Contains(told, "\n.B "+manName(below)+"(1)\n"+below.Short+"\n"), below.Name())
		}
		cmd.InheritedFlags()
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			form, usage := flagHelp(f)
			assert.Contains(t, told, "\n.B "+form+"\n"+usage+"\n", "%s --%s", cmd.Name(), f.Name)
			assert.Contains(t, form, "--"+f.Name)
		})
		assert.Contains(t, told, cmd.Example)
	})
	assert.Greater(t, pages, 15)
}

// plainManual undoes the escapes of a manual page.
func plainManual(page string) string {
	return strings.NewReplacer(
		`\&`, "", `\-`, "-", `\e`, `\`, `\(aq`, "'", `\(dq`, `"`, `\(ga`, "`", `\(ha`, "^", `\(ti`, "~").Replace(page)
}

// TestTextIsNoMacro: what a description says is printed, and not taken for a command of the formatter.
func TestTextIsNoMacro(t *testing.T) {
	assert.Equal(t, `\&.so /etc/passwd`, manText(".so /etc/passwd"))
	assert.Equal(t, `\(aqbr`, manText("'br"))
	assert.Equal(t, `a\efB\-\-b`, manText(`a\fB--b`))
	assert.Equal(t, "  a\n\\&.b\n", manLines("  a\n.b\n"))
}
