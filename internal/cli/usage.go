package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/saved"
	"github.com/agencyctl/agencyctl/providers"
)

// hinted is an error of a command line, with what to write instead.
type hinted struct {
	err  error
	hint string
}

// Error returns the text without the hint.
func (h *hinted) Error() string { return h.err.Error() }

// Unwrap returns the error without the hint.
func (h *hinted) Unwrap() error { return h.err }

func withHint(hint, format string, args ...any) error {
	return &hinted{err: fmt.Errorf(format, args...), hint: hint}
}

// hint says what to do about an error, "" for nothing. Only this package knows flags, so the hints that name one are here.
func (a *app) hint(err error) string {
	var told *hinted
	var failed *providers.CallError
	switch {
	case errors.As(err, &told):
		return told.hint
	case errors.As(err, &failed) && failed.Hint != "": // it says why the time was not enough
	case a.timeout > 0 && errors.Is(err, context.DeadlineExceeded):
		return "raise --timeout, or leave it out for no limit"
	}
	return providers.Hint(err)
}

// flagError says in plain words what is wrong with a flag, and what to write instead.
func flagError(cmd *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	var missing *pflag.ValueRequiredError
	var invalid *pflag.InvalidValueError
	var form *pflag.InvalidSyntaxError
	help := "see " + cmd.CommandPath() + " --help"
	switch {
	case errors.As(err, &unknown):
		return unknownFlag(cmd, unknown, help)
	case errors.As(err, &missing):
		value, _ := pflag.UnquoteUsage(missing.GetFlag())
		name := missing.GetFlag().Name
		return withHint("write --"+name+" "+cmp.Or(strings.ToUpper(value), "VALUE"), "--%s needs a value", name)
	case errors.As(err, &invalid):
		return flagValueError(invalid)
	case errors.As(err, &form):
		return withHint(help, "bad flag: %q", form.GetSpecifiedFlag())
	}
	return &hinted{err: err, hint: help}
}

// unknownFlag names the nearest flag of the command, or else the commands that have a flag of that name.
func unknownFlag(cmd *cobra.Command, unknown *pflag.NotExistError, help string) error {
	name := unknown.GetSpecifiedName()
	given := "--" + name
	if letters := unknown.GetSpecifiedShortnames(); letters != "" { // as in -target
		given, name = "-"+name, letters
		if cmd.Flags().Lookup(letters) != nil {
			return withHint(fmt.Sprintf("did you mean %q?", "--"+letters), "unknown flag: -%s", letters)
		}
	}
	var own []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) { own = append(own, f.Name) })
	hint := help
	if near := plan.NewNames(own).Nearest(name, 1); len(near) > 0 {
		hint = fmt.Sprintf("did you mean %q?", "--"+near[0])
	}
	told := given
	others := commandsWith(cmd, name)
	if len(others) == 0 && hint == help { // or it is misspelt, and another command's
		var all []string
		for _, c := range otherCommands(cmd) {
			c.Flags().VisitAll(func(f *pflag.Flag) { all = append(all, f.Name) })
		}
		if near := plan.NewNames(all).Nearest(name, 1); len(near) > 0 {
			others, given = commandsWith(cmd, near[0]), "--"+near[0]
		}
	}
	if len(others) > 0 {
		hint = fmt.Sprintf("%s is a flag of %s, not of %s", given, enumerate(others, "and"), cmd.Name())
	}
	return withHint(hint, "unknown flag: %s", told)
}

// otherCommands are all commands but cmd.
func otherCommands(cmd *cobra.Command) []*cobra.Command {
	all := slices.Concat(cmd.Root().Commands(), subcommands(cmd.Root()))
	return slices.DeleteFunc(all, func(c *cobra.Command) bool { return c == cmd })
}

// commandsWith names the other commands that have a flag of that name.
func commandsWith(cmd *cobra.Command, name string) (names []string) {
	for _, c := range otherCommands(cmd) {
		if c.Flags().Lookup(name) != nil || len(name) == 1 && c.Flags().ShorthandLookup(name) != nil {
			names = append(names, strings.TrimPrefix(c.CommandPath(), cmd.Root().Name()+" "))
		}
	}
	return names
}

func subcommands(root *cobra.Command) (all []*cobra.Command) {
	for _, c := range root.Commands() {
		all = append(all, c.Commands()...)
	}
	return all
}

// enumerate joins words as in "a, b and c".
func enumerate(words []string, last string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " " + last + " " + words[len(words)-1]
}

// flagForms say how a value of a type of package pflag is written.
var flagForms = map[string]string{
	"duration": "write a time with its unit, as in 90s, 10m or 1h30m",
	"float64":  "write a number, as in 0.5",
	"int":      "write a whole number, as in 10",
	"uint64":   "write a whole number that is not negative",
	"intSlice": "write whole numbers with commas between them, as in 500,503",
	"bool":     "leave the value out, or write =true or =false",
}

// flagValueError says how a value of the flag is written.
func flagValueError(invalid *pflag.InvalidValueError) error {
	name := invalid.GetFlag().Name
	form, ok := flagForms[invalid.GetFlag().Value.Type()]
	switch {
	case !ok:
		return fmt.Errorf("--%s %q: %w", name, invalid.GetValue(), invalid.Unwrap())
	case errors.Is(invalid, strconv.ErrRange):
		form = "the number is too large or too small"
	}
	hint := ""
	if seconds := invalid.GetValue() + "s"; invalid.GetFlag().Value.Type() == "duration" {
		if _, err := time.ParseDuration(seconds); err == nil {
			hint = fmt.Sprintf("did you mean %q?", seconds)
		}
	}
	return withHint(hint, "--%s %q: %s", name, invalid.GetValue(), form)
}

// choose returns an error for a value of a flag that is none of the choices.
func choose(flag, value string, choices ...string) error {
	if slices.Contains(choices, value) {
		return nil
	}
	return withHint(plan.DidYouMean(value, choices), "--%s %q: choose %s", flag, value, enumerate(choices, "or"))
}

// noArguments refuses the arguments of a command that takes none. Most are a file whose flag was left out.
func (a *app) noArguments(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	word := args[0]
	hint := "see " + cmd.CommandPath() + " --help"
	near := nearCommand(cmd, word)
	flag, takesFiles := cmd.Flags().Lookup("file"), looksLikeFile(word)
	switch sim := cmd.Flags().Lookup("sim"); {
	case sim != nil && sim.Changed && a.sim.file == defaultSimState && takesFiles && filepath.Ext(word) == ".json":
		hint = "write --sim=" + shellWord(word)
	case (word == "true" || word == "false") && cmd.Flags().NFlag() > 0:
		hint = "write --FLAG=" + word + ", with no blank"
	case flag != nil && isSaved(word):
		hint = word + " is a saved plan: write agencyctl apply " + shellWord(word) + ", or agencyctl show " + shellWord(word)
	case flag != nil && takesFiles:
		hint = "write -f " + shellWord(word)
	}
	if near != "" {
		return withHint(near, "%s has no command %q", cmd.Name(), word)
	}
	return withHint(hint, "%s takes no argument, and %q is one", strings.TrimPrefix(cmd.CommandPath(), cmd.Root().Name()+" "), word)
}

// nearCommand names the command below cmd that is meant by a word, "" where none is near. Two letters that have changed places are near.
func nearCommand(cmd *cobra.Command, word string) string {
	var names []string
	for _, c := range cmd.Commands() {
		names = append(names, c.Name())
	}
	if near := plan.DidYouMean(word, names); near != "" {
		return near
	}
	cmd.SuggestionsMinimumDistance = 2
	return plan.DidYouMean(strings.Join(cmd.SuggestionsFor(word), ""), names)
}

// nearFile names the file beside a path that is meant by it, "" where none is near.
func nearFile(path string) string {
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		return ""
	}
	var names []string
	for _, e := range entries {
		names = append(names, filepath.Join(filepath.Dir(path), e.Name()))
	}
	return plan.DidYouMean(path, names)
}

// looksLikeFile reports whether a word is, or could be, the path of a file or a directory.
func looksLikeFile(word string) bool {
	_, err := os.Stat(word)
	return err == nil || strings.ContainsAny(word, `/\`) || slices.Contains([]string{".yaml", ".yml", ".json"}, filepath.Ext(word))
}

func isSaved(path string) bool {
	text, err := readFile(path, saved.MaxBytes)
	return err == nil && isSavedPlan(text)
}
