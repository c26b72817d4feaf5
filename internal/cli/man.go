package cli

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// manCommand writes the manual pages. It is hidden: packages bring the pages along, and --help tells the same.
func (a *app) manCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "man FOLDER",
		Short: "Write a manual page of each command",
		Long: `Write a manual page of each command into FOLDER, for the program man. The same program writes the same bytes. A page
that is there already is replaced.`,
		Example: `  agencyctl man ~/.local/share/man/man1`,
		Hidden:  true,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return errors.New("name one folder, as in agencyctl man ~/.local/share/man/man1")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := os.MkdirAll(args[0], 0o755); err != nil {
				return fileError(args[0], err)
			}
			return a.writeManPages(cmd.Root(), args[0])
		},
	}
}

// writeManPages writes the page of a command and those of the commands below it.
func (a *app) writeManPages(cmd *cobra.Command, folder string) error {
	if err := replaceFileMode(filepath.Join(folder, manName(cmd)+".1"), []byte(a.manPage(cmd)), 0o644); err != nil {
		return err
	}
	for _, c := range cmd.Commands() {
		if !c.IsAvailableCommand() {
			continue
		}
		if err := a.writeManPages(c, folder); err != nil {
			return err
		}
	}
	return nil
}

// manName is the name by which man finds the page of a command.
func manName(cmd *cobra.Command) string { return strings.ReplaceAll(cmd.CommandPath(), " ", "-") }

// manPage returns the page of a command in the macros of man(7). Its date is that of the commit, so that it changes with the program alone.
func (a *app) manPage(cmd *cobra.Command) string {
	var b strings.Builder
	day, _, _ := strings.Cut(a.env.CommitTime, "T")
	fmt.Fprintf(&b, ".TH %s 1 %q %q \"User Commands\"\n", manText(strings.ToUpper(manName(cmd))), day, cmd.Root().Name()+" "+a.env.Version)
	fmt.Fprintf(&b, ".SH NAME\n%s \\- %s\n", manText(manName(cmd)), manText(cmd.Short))
	b.WriteString(".SH SYNOPSIS\n.nf\n")
	if cmd.HasParent() && cmd.Runnable() {
		b.WriteString(manText(cmd.UseLine()) + "\n")
	}
	if cmd.HasAvailableSubCommands() {
		b.WriteString(manText(cmd.CommandPath()+" COMMAND [flags]") + "\n")
	}
	b.WriteString(".fi\n.SH DESCRIPTION\n")
	writeManDescription(&b, cmp.Or(cmd.Long, cmd.Short))
	if cmd.HasAvailableSubCommands() {
		b.WriteString(".SH COMMANDS\n")
		for _, c := range cmd.Commands() {
			if c.IsAvailableCommand() {
				b.WriteString(manItem(manName(c)+"(1)", c.Short))
			}
		}
	}
	b.WriteString(".SH OPTIONS\n")
	eachFlagGroup(cmd, func(title string, flags []*pflag.Flag) {
		b.WriteString(".SS " + manText(title) + "\n")
		for _, f := range flags {
			b.WriteString(manItem(flagHelp(f)))
		}
	})
	if cmd.HasExample() {
		b.WriteString(".SH EXAMPLES\n.nf\n" + manLines(cmd.Example) + ".fi\n")
	}
	b.WriteString(".SH SEE ALSO\n")
	if cmd.HasParent() {
		b.WriteString(".BR " + manText(manName(cmd.Parent())) + " (1)\n.PP\n")
	}
	b.WriteString(manText(cmd.Root().Name()+" explain WORD tells what a word of the output or an exit code means.") + "\n")
	return b.String()
}

// writeManDescription writes the paragraphs of a description. Lines that stand for themselves keep their breaks.
func writeManDescription(b *strings.Builder, description string) {
	macro := "" // a heading begins a paragraph by itself
	for _, p := range paragraphs(description) {
		switch {
		case p == (paragraph{}): // each macro below begins a new paragraph
			continue
		case strings.TrimSpace(p.left) != "":
			b.WriteString(manItem(strings.TrimSpace(p.left), p.text))
		case p.left != "":
			b.WriteString(macro + ".nf\n" + manLines(p.left+p.text) + ".fi\n")
		default:
			b.WriteString(macro + manText(p.text) + "\n")
		}
		macro = ".PP\n"
	}
}

// manItem returns an item of a list, with the text about it.
func manItem(name, text string) string {
	return ".TP\n.B " + manText(name) + "\n" + manText(text) + "\n"
}

// manLines returns lines as text of a manual page.
func manLines(text string) string {
	var b strings.Builder
	for line := range strings.Lines(strings.TrimRight(text, "\n") + "\n") {
		b.WriteString(manText(line))
	}
	return b.String()
}

// manEscapes are the characters that mean something else to the formatter, or that it prints as another one: a reader may copy them.
var manEscapes = strings.NewReplacer(`\`, `\e`, `-`, `\-`, `'`, `\(aq`, `"`, `\(dq`, "`", `\(ga`, `^`, `\(ha`, `~`, `\(ti`)

// manText returns a line as text of a manual page.
func manText(line string) string {
	line = manEscapes.Replace(line)
	if strings.HasPrefix(line, ".") {
		return `\&` + line
	}
	return line
}
