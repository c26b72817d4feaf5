package cli

import (
	"io"
	"maps"
	"slices"
	"strings"
	"unicode"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/agencyctl/agencyctl/engine"
	"github.com/agencyctl/agencyctl/internal/cloudsim"
	"github.com/agencyctl/agencyctl/internal/notify"
	"github.com/agencyctl/agencyctl/internal/render"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/schema"
)

// asksForCompletion reports whether a shell asks what may stand next on a command line.
func asksForCompletion(args []string) bool {
	return len(args) > 0 && (args[0] == cobra.ShellCompRequestCmd || args[0] == cobra.ShellCompNoDescRequestCmd)
}

// completions are what may stand behind flags, by their names.
func (a *app) completions() map[string]cobra.CompletionFunc {
	manifests := files("yaml", "yml")
	return map[string]cobra.CompletionFunc{
		flagFailOn:      oneOf(severityNames()...),
		"log-level":     oneOf(logLevels...),
		"cloud":         oneOf(cloudKinds...),
		"for":           oneOf(forPlan, forDrift, forApply),
		flagCI:          oneOf(slices.Sorted(maps.Keys(pipelineFiles))...),
		"rate-counting": oneOf(rateCountings...),
		"switch":        oneOf(switchNames()...),
		"region":        a.completeRegions,
		"endpoint":      a.completeEndpoints,
		flagNotify:      completeTargets,
		"file":          manifests,
		flagBase:        manifests,
		flagGuardrails:  manifests,
		"sim":           files("json"),
		flagLive:        files("json"),
		"state":         files("json"),
		"seed":          files("json"),
		flagTarget:      a.completeAddresses(false),
		flagExclude:     a.completeAddresses(false),
		flagRenew:       a.completeAddresses(true),
		"self":          a.completeAddresses(true, noSelf),
	}
}

// registerCompletions lets root and the commands below it say what may stand behind their flags, and as their arguments. It is
// called where a shell asks only: cobra keeps what is registered for as long as the process lives, and no help is told any more.
func (a *app) registerCompletions(root *cobra.Command) {
	known := a.completions()
	for _, cmd := range slices.Concat([]*cobra.Command{root}, root.Commands(), subcommands(root)) {
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			value, usage := pflag.UnquoteUsage(f)
			f.Usage = usage // what a shell shows beside the flag; the backquotes are for help alone
			complete := known[f.Name]
			switch {
			case f.Name == "output" && cmd.Annotations[reportOf] == "":
				complete = oneOf(asText, asJSON)
			case f.Name == "output":
				complete = oneOf(render.FormatsOf(render.Kind(cmd.Annotations[reportOf]))...)
			case complete == nil && (value == "" || slices.Contains([]string{"FILE", "KEYFILE", "KEYS"}, value)):
				return // a switch, or any file
			case complete == nil:
				complete = cobra.NoFileCompletions
			}
			if err := cmd.RegisterFlagCompletionFunc(f.Name, complete); err != nil {
				panic(err) // the flag is there, and was not registered before
			}
		})
		switch {
		case cmd.Name() == "apply", cmd.Name() == "show":
			cmd.ValidArgsFunction = files("json")
		case cmd.ValidArgsFunction == nil && len(cmd.ValidArgs) == 0 && cmd.HasParent():
			cmd.ValidArgsFunction = cobra.NoFileCompletions
		}
	}
}

// oneOf offers fixed values.
func oneOf(values ...string) cobra.CompletionFunc {
	return func(_ *cobra.Command, _ []string, begun string) ([]cobra.Completion, cobra.ShellCompDirective) {
		return beginning(begun, values), cobra.ShellCompDirectiveNoFileComp
	}
}

// files offers files whose names end so, and directories.
func files(endings ...string) cobra.CompletionFunc {
	return cobra.FixedCompletions(endings, cobra.ShellCompDirectiveFilterFileExt)
}

// beginning returns the values that begin as what is typed.
func beginning(begun string, values []string) []cobra.Completion {
	return slices.DeleteFunc(slices.Clone(values), func(v string) bool { return !strings.HasPrefix(v, begun) })
}

// completeRegions offers the regions of the cloud that --cloud names.
func (a *app) completeRegions(cmd *cobra.Command, _ []string, begun string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if a.env.Regions == nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	kind, _ := cmd.Flags().GetString("cloud")
	return beginning(begun, a.env.Regions(kind)), cobra.ShellCompDirectiveNoFileComp
}

// completeEndpoints offers the services that an address can be given for.
func (a *app) completeEndpoints(_ *cobra.Command, _ []string, begun string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return keys(begun, a.env.Endpoints)
}

// completeTargets offers the kinds of targets of notifications.
func completeTargets(_ *cobra.Command, _ []string, begun string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return keys(begun, notify.Kinds())
}

// keys offers what stands before an equals sign.
func keys(begun string, names []string) ([]cobra.Completion, cobra.ShellCompDirective) {
	all := make([]string, len(names))
	for i, name := range names {
		all[i] = name + "="
	}
	return beginning(begun, all), cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
}

// completeAddresses offers the addresses that the manifests of --file list and the snapshot of --live holds, those of whole resources alone
// where roots is set, and more words. Bare names are offered to who begins one: beside all addresses they would be a second list of the
// same.
func (a *app) completeAddresses(roots bool, more ...string) cobra.CompletionFunc {
	return func(cmd *cobra.Command, _ []string, begun string) ([]cobra.Completion, cobra.ShellCompDirective) {
		all := a.addresses(roots)
		if snapshot := a.recorded(cmd); snapshot != nil {
			for i := range snapshot.Resources {
				l := &snapshot.Resources[i]
				if at := l.Address.String(); inert(at) && (!roots || l.Parent.IsZero()) {
					all = append(all, at)
				}
			}
			slices.Sort(all)
			all = slices.Compact(all)
		}
		if begun != "" {
			all = append(all, bareNames(all)...)
		}
		return beginning(begun, append(all, more...)), cobra.ShellCompDirectiveNoFileComp
	}
}

// recorded returns what the one snapshot of --live holds, nil where there is none that can be read. Nothing is told.
func (a *app) recorded(cmd *cobra.Command) *plan.Snapshot {
	live := slices.Compact(slices.Clone(a.live)) // cobra reads a command line twice to complete it
	if len(live) != 1 {
		return nil
	}
	silent := &app{env: a.env, terminal: io.Discard, live: live, quiet: true, level: "error"}
	silent.env.Stderr = io.Discard
	snapshot, err := silent.observeWhole(cmd, &cloudChoice{kind: defaultCloud})
	if err != nil {
		return nil
	}
	return snapshot
}

// completeLists offers the lists, and behind one the names in it that the snapshot of --live has.
func (a *app) completeLists(cmd *cobra.Command, args []string, begun string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(args) == 0 {
		return beginning(begun, a.lists()), cobra.ShellCompDirectiveNoFileComp
	}
	var names []string
	if snapshot := a.recorded(cmd); snapshot != nil && len(args) == 1 && slices.Contains(a.lists(), args[0]) {
		for _, item := range a.env.Registry.List(args[0], snapshot).Items {
			if inert(item.Name) {
				names = append(names, item.Name)
			}
		}
	}
	return beginning(begun, names), cobra.ShellCompDirectiveNoFileComp
}

// bareNames returns the names that mean one of the addresses without its type.
func bareNames(addresses []string) (names []string) {
	for _, at := range addresses {
		_, name, _ := strings.Cut(at, "/")
		if meant, err := schema.ParseAddress(name); err == nil && meant.String() == at {
			names = append(names, name)
		}
	}
	return names
}

// addresses returns the addresses that the manifests of --file list, sorted, each once. Completion tells no errors: what cannot be
// read, or is wrong, has no addresses. Standard input is left to the command.
func (a *app) addresses(roots bool) []string {
	var all []string
	for _, file := range a.files {
		sources, err := schema.Load([]string{file}, strings.NewReader(""))
		if err != nil {
			continue
		}
		manifests, drafts, _ := schema.Parse(sources)
		for _, m := range append(manifests, drafts...) {
			desired, _ := engine.Validate(a.env.Registry, m)
			for i := range desired {
				at := desired[i].Address.String()
				if inert(at) && (!roots || desired[i].Parent.IsZero() && !desired[i].Absent) {
					all = append(all, at)
				}
			}
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// inert reports whether a shell takes a text as it stands. Strangers write the names in manifests, and what several completions begin
// with is put on the command line without quotes: the next completion would run a command in it.
func inert(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune(" %/._-+=:@,", r)
	})
}

// The values of flags that are one of few words.
var (
	logLevels     = []string{"debug", "info", "warn", "error"}
	cloudKinds    = []string{cloudsim.HuaweiCloud, cloudsim.OpenTelekomCloud}
	rateCountings = []string{"sliding", "clock", "bucket"}
)
