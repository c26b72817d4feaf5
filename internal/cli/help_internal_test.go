package cli

import (
	"bytes"
	"context"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/providers"
)

// everyCommand calls do with each command that there is.
func everyCommand(t *testing.T, do func(*cobra.Command)) {
	t.Helper()
	a := &app{env: Env{Registry: &providers.Registry{}}}
	root := a.rootCommand()
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	seen := 0
	var walk func(*cobra.Command)
	walk = func(cmd *cobra.Command) {
		seen++
		do(cmd)
		for _, c := range cmd.Commands() {
			walk(c)
		}
	}
	walk(root)
	require.Greater(t, seen, 12)
}

// TestFlagsNameTheirValues: a flag that takes a value says in capitals what it is, and not of which type of Go.
func TestFlagsNameTheirValues(t *testing.T) {
	everyCommand(t, func(cmd *cobra.Command) {
		cmd.InheritedFlags() // merges those of the commands above
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			value, usage := pflag.UnquoteUsage(f)
			assert.NotEmpty(t, usage, "%s --%s", cmd.CommandPath(), f.Name)
			if f.Value.Type() == "bool" {
				assert.Empty(t, value, "%s --%s", cmd.CommandPath(), f.Name)
				return
			}
			assert.Regexp(t, `^[A-Z][A-Z=|\[\]]*$`, value, "%s --%s", cmd.CommandPath(), f.Name)
		})
	})
}

// TestHelpHasAPlaceForEverything: a command or flag that is new needs a heading.
func TestHelpHasAPlaceForEverything(t *testing.T) {
	var named []string
	for _, g := range commandGroups {
		named = append(named, g.names...)
	}
	everyCommand(t, func(cmd *cobra.Command) {
		if cmd.HasParent() && !cmd.Parent().HasParent() {
			assert.Contains(t, named, cmd.Name(), "add it to commandGroups")
		}
		cmd.InheritedFlags()
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			if flagGroup(cmd, f.Name) == "Flags" {
				assert.Contains(t, cmd.CommandPath(), " sim", "add --%s to flagGroups", f.Name)
			}
		})
	})
}

// TestHelpFitsATerminal of 80 columns, and ends with the word for more.
func TestHelpFitsATerminal(t *testing.T) {
	everyCommand(t, func(cmd *cobra.Command) {
		args := append(strings.Fields(cmd.CommandPath())[1:], "--help")
		var out, errs bytes.Buffer
		code := Run(context.Background(), Env{
			Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs, Getenv: func(string) string { return "" }, Registry: &providers.Registry{},
		}, args)
		if cmd.Name() == "help" { // it has no help of its own: it prints that of the whole
			return
		}
		require.Zero(t, code, args)
		require.Empty(t, errs.String(), args)
		for line := range strings.Lines(out.String()) {
			assert.LessOrEqual(t, len([]rune(strings.TrimSuffix(line, "\n"))), 80, "%s: %s", args, line)
		}
		for _, part := range []string{"\nUsage:\n", "\nCommon:\n", "  print this help\n", " explain WORD tells "} {
			assert.Contains(t, out.String(), part, args)
		}
		cmd.InheritedFlags()
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			flag := regexp.MustCompile(`(?m)^ {2,6}(-\w, )?--` + f.Name + `( |\[=|$)`)
			assert.Len(t, flag.FindAllString(out.String(), -1), 1, "%s --%s", args, f.Name)
		})
		for _, c := range cmd.Commands() {
			if c.IsAvailableCommand() {
				assert.Len(t, regexp.MustCompile(`(?m)^  `+c.Name()+` `).FindAllString(out.String(), -1), 1, "%s %s", args, c.Name())
			}
		}
	})
}

// TestCommandsTellTheExitCodesThatTheyCanEndWith in their help, and no others: differences are an exit code of drift and where
// --detailed-exitcode asks for it, apply alone writes, and what waits for a cloud or for standard input can be interrupted.
func TestCommandsTellTheExitCodesThatTheyCanEndWith(t *testing.T) {
	told := 0
	everyCommand(t, func(cmd *cobra.Command) {
		_, help, tells := strings.Cut(cmd.Long, "\n\nExit codes:\n")
		if assert.Equal(t, strings.Contains(cmd.Long, "Exit codes:"), tells, cmd.Name()); !tells {
			assert.Empty(t, cmd.Annotations[reportOf], cmd.Name())
			return
		}
		told++
		has := func(flag string) bool { return cmd.Flags().Lookup(flag) != nil }
		all := !cmd.HasParent()
		want := []string{"0", "1"}
		if all || cmd.Name() == "drift" || has("detailed-exitcode") {
			want = append(want, "2")
		}
		if all || has("auto-approve") {
			want = append(want, "3")
		}
		if all || has("timeout") || has("file") {
			want = append(want, "130")
		}
		var codes []string
		for _, m := range regexp.MustCompile(`(?m)^  (\d+) `).FindAllStringSubmatch(help, -1) {
			codes = append(codes, m[1])
		}
		assert.Equal(t, want, codes, cmd.Name())
		if _, order, several := strings.Cut(help, "\nWith several accounts the worst wins: "); several {
			var worstFirst []string
			for _, code := range worse {
				if text := strconv.Itoa(code); slices.Contains(want, text) {
					worstFirst = append(worstFirst, text)
				}
			}
			assert.Equal(t, strings.Join(worstFirst, ", ")+".", order, cmd.Name())
		}
	})
	assert.GreaterOrEqual(t, told, 12)
}

func TestReflow(t *testing.T) {
	word := strings.Repeat("x", 30)
	long := strings.Join(slices.Repeat([]string{word}, 3), " ")
	for _, c := range []struct{ text, want string }{
		{"a\nb\n\nc", "a b\n\nc\n"},
		{long, word + " " + word + "\n" + word + "\n"},
		{"Codes:\n  0   " + long + "\n      and more\n  10  b\nrest", "Codes:\n  0   " + word + " " + word + "\n      " + word + " and more\n  10  b\nrest\n"},
		{"Names:\n  a\n  b", "Names:\n  a\n  b\n"},
		{"  verb ARGUMENT\n                 " + long, "  verb ARGUMENT\n                 " + word + " " + word + "\n                 " + word + "\n"},
		{"do:\n\tone two", "do:\n  one two\n"},
	} {
		assert.Equal(t, c.want, reflow(c.text))
	}
}
