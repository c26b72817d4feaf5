package cli

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/agencyctl/agencyctl/internal/render"
)

// helpWidth is the number of columns of help: what the narrowest usual terminal has.
const helpWidth = 80

// helpGroup is a heading of help, with the names of the commands or flags below it.
type helpGroup struct {
	title string
	names []string
}

// commandGroups are the headings of commands. What is in no group stands last, below "Commands".
var commandGroups = []helpGroup{
	{"Begin with what is there, or from scratch", []string{"audit", "export", "init", "list"}},
	{"Look, and change nothing in the cloud", []string{"validate", "plan", "show", "drift", "graph", "whoami"}},
	{"Change the account", []string{"apply"}},
	{"Look up", []string{"explain", "schema", "version", "completion", "man", "help"}},
	{"Try it out", []string{"sim"}},
}

// flagGroups are the headings of flags. What is in no group stands before the last, below "Flags".
var flagGroups = []helpGroup{
	{"What to read", []string{
		"file", flagBase, flagRulesFromBase, flagGuardrails, "now", flagExpiringWithin, flagAcknowledged, flagLive, flagWho,
		"verify-key", "account", "cloud", "region", "include",
		flagFromTerraform, "permissions", "for", "offline",
	}},
	{"What to change", []string{
		flagTarget, flagExclude, flagRenew, "send-write-only", "self", flagMaxDeletes, flagFailOn, "auto-approve", "parallelism",
		"verify-timeout",
	}},
	{"Output", []string{
		"output", "verbose", "quiet", "no-color", "detailed-exitcode", "format", flagCI, "out", "split", flagUpdate, "sign", flagPatch,
		flagAcknowledge, flagReason, flagReviewBy, "log", "log-level", "no-descriptions", flagNotify, flagNotifyRequired,
	}},
	{"Cloud and credentials", []string{"assume", "endpoint", "sim", "rate", "timeout"}},
	{"Flags", nil},
	{"Common", []string{"help", "version"}},
}

// flagGroup returns the heading of a flag of the command. The flags of sim are all about the simulated cloud.
func flagGroup(cmd *cobra.Command, name string) string {
	if name == flagFailOn && cmd.Flags().Lookup(flagMaxDeletes) == nil { // it changes nothing, and the flag is about its exit code
		return "Output"
	}
	if name == flagExclude && cmd.Flags().Lookup("include") != nil {
		return "What to read"
	}
	for _, g := range flagGroups {
		ofSim := strings.HasPrefix(cmd.CommandPath(), cmd.Root().Name()+" sim") && g.title != "Common"
		if slices.Contains(g.names, name) && !ofSim {
			return g.title
		}
	}
	return "Flags"
}

// helpCommand prints the help of a command, and refuses a word that is none.
func (a *app) helpCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND]",
		Short: "Print the help of a command",
		RunE: func(c *cobra.Command, args []string) error {
			cmd, rest, err := c.Root().Find(args)
			switch {
			case err != nil:
				return err
			case len(rest) > 0 && !cmd.HasParent():
				return knownCommand(cmd, rest)
			case len(rest) > 0:
				return a.noArguments(cmd, rest)
			}
			return cmd.Help()
		},
		ValidArgsFunction: func(c *cobra.Command, args []string, begun string) ([]cobra.Completion, cobra.ShellCompDirective) {
			cmd, rest, err := c.Root().Find(args)
			if err != nil || len(rest) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			var names []string
			for _, below := range cmd.Commands() {
				if below.IsAvailableCommand() {
					names = append(names, cobra.CompletionWithDesc(below.Name(), below.Short))
				}
			}
			return beginning(begun, names), cobra.ShellCompDirectiveNoFileComp
		},
	}
}

// groupHelp lets root and the commands below it print their help and usage by groups, for helpWidth columns.
func groupHelp(root *cobra.Command) {
	root.PersistentFlags().BoolP("help", "h", false, "print this help")
	root.Flags().Bool("version", false, "print the version, and what it was built with")
	root.SetUsageFunc(func(cmd *cobra.Command) error {
		_, err := fmt.Fprint(cmd.OutOrStderr(), usageText(cmd))
		return err
	})
	root.SetHelpFunc(func(cmd *cobra.Command, _ []string) {
		fmt.Fprint(cmd.OutOrStdout(), reflow(cmp.Or(cmd.Long, cmd.Short))+"\n"+usageText(cmd))
	})
}

// usageText is the help without the description.
func usageText(cmd *cobra.Command) string {
	var b strings.Builder
	b.WriteString("Usage:\n")
	if cmd.HasParent() && cmd.Runnable() {
		b.WriteString("  " + cmd.UseLine() + "\n")
	}
	if cmd.HasAvailableSubCommands() {
		b.WriteString("  " + cmd.CommandPath() + " COMMAND [flags]\n")
	}
	if cmd.HasExample() {
		b.WriteString("\nExamples:\n" + cmd.Example + "\n")
	}
	writeCommands(&b, cmd)
	eachFlagGroup(cmd, func(title string, flags []*pflag.Flag) { writeFlags(&b, title, flags) })
	root := cmd.Root().Name()
	b.WriteString("\n")
	if cmd.HasAvailableSubCommands() {
		b.WriteString(cmd.CommandPath() + " COMMAND --help tells more about a command.\n")
	}
	b.WriteString(root + " explain WORD tells what a word of the output or an exit code means.\n")
	return b.String()
}

// writeCommands writes the commands below cmd, by their groups.
func writeCommands(b *strings.Builder, cmd *cobra.Command) {
	left := map[string]*cobra.Command{}
	at := 0
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() || c.Name() == "help" {
			left[c.Name()] = c
			at = max(at, len(c.Name())+4)
		}
	}
	group := func(title string, names []string) {
		begun := false
		for _, name := range names {
			c := left[name]
			if c == nil {
				continue
			}
			if !begun {
				b.WriteString("\n" + title + ":\n")
			}
			begun = true
			column(b, "  "+name, at, c.Short)
			delete(left, name)
		}
	}
	if !cmd.HasParent() {
		for _, g := range commandGroups {
			group(g.title, g.names)
		}
	}
	group("Commands", slices.Sorted(maps.Keys(left)))
}

// eachFlagGroup calls do with each heading of flags that cmd has, in the order of help, and with the flags below it.
func eachFlagGroup(cmd *cobra.Command, do func(title string, flags []*pflag.Flag)) {
	cmd.InheritedFlags() // brings those of the commands above in
	below := map[string][]*pflag.Flag{}
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if title := flagGroup(cmd, f.Name); !f.Hidden {
			below[title] = append(below[title], f)
		}
	})
	for _, g := range flagGroups {
		if flags := below[g.title]; len(flags) > 0 {
			do(g.title, flags)
		}
	}
}

// mostLeft bounds the column of the flags: one that is longer has its description on the next line.
const mostLeft = 32

// writeFlags writes flags below a heading, each with the name of its value, what it does and its default.
func writeFlags(b *strings.Builder, title string, flags []*pflag.Flag) {
	left, usages := make([]string, len(flags)), make([]string, len(flags))
	at := 12
	for i, f := range flags {
		var form string
		form, usages[i] = flagHelp(f)
		left[i] = "  " + form
		if f.Shorthand == "" {
			left[i] = "      " + form
		}
		if width := len(left[i]) + 2; width <= mostLeft {
			at = max(at, width)
		}
	}
	b.WriteString("\n" + title + ":\n")
	for i, usage := range usages {
		if len(left[i])+2 > at {
			b.WriteString(left[i] + "\n")
			left[i] = ""
		}
		column(b, left[i], at, usage)
	}
}

// flagHelp returns how a flag is written, with the name of its value, and what it does, with its default.
func flagHelp(f *pflag.Flag) (form, usage string) {
	value, usage := pflag.UnquoteUsage(f)
	form = "--" + f.Name
	if f.Shorthand != "" {
		form = "-" + f.Shorthand + ", " + form
	}
	switch {
	case value != "" && f.NoOptDefVal != "":
		form += "[=" + value + "]"
	case value != "":
		form += " " + value
	}
	if f.NoOptDefVal != "" && f.Value.Type() != "bool" {
		usage += " (default " + f.NoOptDefVal + ")"
	} else if !slices.Contains([]string{"", "0", "0s", "false", "[]"}, f.DefValue) {
		usage += " (default " + f.DefValue + ")"
	}
	return form, usage
}

// column writes a text beside what stands left of it, from a column on.
func column(b *strings.Builder, left string, at int, text string) {
	for _, line := range render.Wrap(text, helpWidth-at) {
		fmt.Fprintf(b, "%-*s%s\n", at, left, line)
		left = ""
	}
}

// item is a line of a list: what it is about, a gap, and a text. The text may go on below itself.
var item = regexp.MustCompile(`^( +\S+(?: \S+)* {2,})(\S.*)$`)

// paragraph is a part of a description. Left is what stands before the text: the item of a list that the text is about, or blanks before
// a line that is not to be joined with others. An empty line of the description is a paragraph without left and text.
type paragraph struct{ left, text string }

// paragraphs takes a description apart.
func paragraphs(description string) (all []paragraph) {
	var lines []string
	left := ""
	flush := func() {
		if len(lines) > 0 {
			all = append(all, paragraph{left, strings.Join(lines, " ")})
		}
		left, lines = "", nil
	}
	for line := range strings.Lines(strings.ReplaceAll(description, "\t", "  ")) {
		line = strings.TrimSuffix(line, "\n")
		bare := strings.TrimLeft(line, " ")
		indent := len(line) - len(bare)
		switch parts := item.FindStringSubmatch(line); {
		case line == "":
			flush()
			all = append(all, paragraph{})
		case indent == len(left) && len(lines) > 0 && strings.TrimSpace(left) != "", indent == 0 && left == "":
			lines = append(lines, bare)
		case parts != nil:
			flush()
			left, lines = parts[1], []string{parts[2]}
		default:
			flush()
			left, lines = line[:indent], []string{bare}
		}
	}
	flush()
	return all
}

// reflow breaks the paragraphs of a description anew, and the items of its lists. Other lines that begin with a blank are only broken
// where they are too long.
func reflow(description string) string {
	var b strings.Builder
	for _, p := range paragraphs(description) {
		if p == (paragraph{}) {
			b.WriteByte('\n')
			continue
		}
		column(&b, p.left, len(p.left), p.text)
	}
	return b.String()
}
