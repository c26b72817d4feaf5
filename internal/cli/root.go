package cli

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/agencyctl/agencyctl/engine"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/schema"
)

// Run executes one command line, without the program's name, and returns the exit code. When ctx ends, the command
// stops as soon as it safely can.
func Run(ctx context.Context, env Env, args []string) (exitCode int) {
	a := &app{env: env, terminal: env.Stderr}
	a.env.Stderr = &lockedWriter{w: env.Stderr}
	a.env.Stdin = untilDone{ctx, env.Stdin}
	root := a.rootCommand()
	if asksForCompletion(args) {
		a.registerCompletions(root)
	}
	root.SetArgs(args)
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		a.findOutput(cmd, args)
		if _, rest, _ := root.Find(args); cmd.HasSubCommands() && len(rest) > 0 && !strings.HasPrefix(rest[0], "-") {
			if err := cmd.ValidateArgs(rest[:1]); err != nil { // a flag behind a misspelt command is that command's
				return err
			}
		}
		return flagError(cmd, err)
	})
	root.SetIn(a.env.Stdin)
	root.SetOut(a.env.Stdout)
	root.SetErr(a.env.Stderr)
	cmd, err := root.ExecuteContextC(ctx)
	code := a.ended(ctx, cmd, err)
	if ctx.Err() != nil && code == exitRefused {
		return exitInterrupted
	}
	return code
}

// app holds the flags that all commands share.
type app struct {
	env Env
	// terminal is standard error as it was given: the progress line has a lock of its own.
	terminal io.Writer
	files    []string
	outputs  outputs
	place    place
	sim      simFlag
	points   []string
	assume   []string
	self     []string
	live     []string
	rate     float64
	timeout  time.Duration
	quiet    bool
	verbose  bool
	noColor  bool
	level    string
	notify   notifications
	// liveFiles are those of live, once they are read.
	liveFiles liveFiles
	// sources are the texts of the manifests, once they are read.
	sources []schema.Source
	// showNow is set when the user has said the time at which a drift is judged.
	showNow bool
	// day is the time that validate judges the days of manifests at; the zero time judges none.
	day time.Time
	// fromFile is set when plans that are shown come from a saved plan.
	fromFile bool
	// ruleTexts are the texts of rules, once any was asked for.
	ruleTexts map[string]string
	// manifests are those of the run, once they are read.
	manifests []*plan.Manifest
}

func (a *app) rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "agencyctl",
		Short: "Keep delegated trust on Huawei Cloud and Open Telekom Cloud as reviewed",
		Long: `agencyctl keeps the delegated trust of a cloud account as a reviewed manifest says: its agencies, their grants,
custom policies and service authorizations. It reads live state, shows the difference as a plan, applies it in a safe
order, and reports what somebody changed by hand.

` + exitHelp,
		Example: `  agencyctl validate -f iam/
  agencyctl plan -f iam/
  agencyctl apply -f iam/
  agencyctl drift -f iam/ -o json`,
		Version:       a.env.Version,
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          knownCommand,
		PersistentPreRunE: func(cmd *cobra.Command, args []string) error {
			if err := refuseEmpty(cmd.Flags()); err != nil {
				return err
			}
			a.place = whereAmI(a.files, args)
			if err := a.readTargets(); err != nil {
				return err
			}
			return a.outputs.prepare(cmd.Flags(), args)
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetVersionTemplate(a.versionLine())
	root.CompletionOptions.SetDefaultShellCompDirective(cobra.ShellCompDirectiveDefault)
	root.AddCommand(
		a.validateCommand(), a.planCommand(), a.applyCommand(), a.showCommand(), a.driftCommand(), a.graphCommand(),
		a.auditCommand(), a.exportCommand(), a.listCommand(), a.initCommand(), a.whoamiCommand(), a.explainCommand(), a.schemaCommand(),
		a.simCommand(), a.versionCommand(), a.manCommand(),
	)
	root.SetHelpCommand(a.helpCommand())
	root.InitDefaultCompletionCmd()
	for _, c := range root.Commands() {
		if c.Name() == "completion" { // without this, it prints its help for a shell that it does not know, and ends with 0
			c.Args, c.RunE = a.noArguments, func(c *cobra.Command, _ []string) error { return c.Help() }
			for _, shell := range c.Commands() { // cobra writes their descriptions as Markdown
				shell.Long = strings.ReplaceAll(shell.Long, "#### ", "")
			}
		}
	}
	groupHelp(root)
	return root
}

// refuseEmpty refuses a flag that is given with an empty text, as by a variable of a script that is not set: as if it were not given,
// the run would do without what the flag asks for.
func refuseEmpty(flags *pflag.FlagSet) (err error) {
	flags.Visit(func(f *pflag.Flag) {
		texts := []string{f.Value.String()}
		if list, several := f.Value.(pflag.SliceValue); several {
			texts = list.GetSlice()
		}
		kind := f.Value.Type()
		if err == nil && (kind == "string" || kind == "stringArray") && slices.Contains(texts, "") {
			err = fmt.Errorf(`--%s "": it is empty; give it a value, or leave it out`, f.Name)
		}
	})
	return err
}

// knownCommand refuses a word that is no command, and names the nearest command.
func knownCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	hint := cmp.Or(nearCommand(cmd, args[0]), "see agencyctl --help")
	switch word := args[0]; {
	case isSaved(word):
		hint = fmt.Sprintf("for a saved plan, write agencyctl apply %[1]s or agencyctl show %[1]s", shellWord(word))
	case looksLikeFile(word):
		hint = "for a manifest, write agencyctl plan -f " + shellWord(word)
	}
	return withHint(hint, "there is no command %q", args[0])
}

// manifestFlags adds the flags of commands that read a manifest.
func (a *app) manifestFlags(cmd *cobra.Command) {
	cmd.Flags().StringArrayVarP(&a.files, "file", "f", nil,
		"manifest at `PATH`: a file, a directory read recursively for *.yaml and *.yml, or - for stdin (repeatable)")
}

// cloudFlags adds the flags of commands that talk to a cloud.
func (a *app) cloudFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.Var(&a.sim, "sim", "use the embedded simulated cloud, with its state in `FILE`")
	f.Lookup("sim").NoOptDefVal = defaultSimState
	f.StringArrayVar(&a.points, "endpoint", nil, "use this address instead of the vendor's, as `SERVICE=URL` or SERVICE.REGION=URL "+
		"(repeatable; also by AGENCYCTL_ENDPOINT_SERVICE and AGENCYCTL_ENDPOINT_SERVICE_REGION in the environment)")
	f.StringArrayVar(&a.assume, "assume", nil,
		"work as this agency of the account, as `AGENCY` for every account or ACCOUNT=AGENCY for one (repeatable)")
	f.Float64Var(&a.rate, "rate", 0, "send at most `N` requests a second to each API of a service and account (default 10)")
	f.DurationVar(&a.timeout, "timeout", 0, "end the run after `DURATION`, as in 10m (default: no limit)")
	f.StringVar(&a.level, "log-level", "warn", "log on stderr from this `LEVEL` on: debug (each call), info, warn or error")
}

// deadline applies --timeout.
func (a *app) deadline(ctx context.Context) (context.Context, context.CancelFunc) {
	if a.timeout <= 0 {
		return ctx, func() {}
	}
	return context.WithTimeoutCause(ctx, a.timeout, fmt.Errorf("--timeout %s is over", a.timeout))
}

// grace is how long running calls may go on after an interrupt.
func (a *app) grace() time.Duration { return cmp.Or(a.env.Grace, engine.DefaultGrace) }

// leastRate is the lowest limit on requests: with less, a run would seem to hang.
const leastRate = 0.1

// checkCloud refuses values that are out of range, before any work is done.
func (a *app) checkCloud() error {
	var level slog.Level
	switch {
	case a.rate != 0 && !(a.rate >= leastRate):
		return fmt.Errorf("--rate %v: it must be a number of requests a second, at least %v", a.rate, leastRate)
	case a.timeout < 0:
		return fmt.Errorf("--timeout %s: it must not be negative", a.timeout)
	case level.UnmarshalText([]byte(a.level)) != nil:
		return choose("log-level", a.level, logLevels...)
	}
	return nil
}

// logger returns the log on standard error. checkCloud has refused a --log-level that is none.
func (a *app) logger() *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(a.level))
	return slog.New(slog.NewTextHandler(a.env.Stderr, &slog.HandlerOptions{Level: level}))
}
