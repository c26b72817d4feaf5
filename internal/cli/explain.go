package cli

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/spf13/cobra"

	"github.com/agencyctl/agencyctl/internal/render"
	"github.com/agencyctl/agencyctl/plan"
)

// The formats of explain. It explains no run, so formats that are for the findings or changes of one have nothing to say.
const (
	asText = "text"
	asJSON = "json"
)

func (a *app) explainCommand() *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use:   "explain [RULE | CODE | TERM]",
		Short: "Explain a rule, an exit code or a word of the output",
		Long: `Explain a rule of findings, an exit code, a kind of error, or a word that plan, drift and apply print: what it means,
what to do, and where the documentation has more. Without a word, list all of them. No network and no manifest is needed.
Keys of a manifest are described in its schema.

Exit codes:
  0  explained
  1  there is no such word`,
		Example: `  agencyctl explain administrator-role
  agencyctl explain 3
  agencyctl explain not read`,
		Args:              cobra.ArbitraryArgs,
		ValidArgsFunction: a.completeWords,
		RunE:              func(_ *cobra.Command, args []string) error { return a.explain(args, format) },
	}
	cmd.Flags().StringVarP(&format, "output", "o", asText, "output `FORMAT`: text or json")
	return cmd
}

func (a *app) explain(args []string, format string) error {
	if err := choose("output", format, asText, asJSON); err != nil {
		return err
	}
	found, err := a.explained(args)
	view := a.view(a.env.StdoutTerminal)
	switch {
	case format == asJSON:
		var failure *render.Failure
		if err != nil {
			failure = &render.Failure{Kind: render.Refused, Err: err}
		}
		err = cmp.Or(render.WriteEntriesJSON(a.env.Stdout, found, failure, view), err)
	case err != nil:
	case len(args) == 0:
		err = render.ListEntries(a.env.Stdout, found, view)
	default:
		err = render.WriteEntries(a.env.Stdout, found, view)
	}
	return err
}

// explained returns the entries of the word that args spell, or all.
func (a *app) explained(args []string) ([]render.Entry, error) {
	all, err := a.entries()
	if err != nil || len(args) == 0 {
		return all, err
	}
	word := strings.Join(args, " ")
	found := render.FindEntries(all, word)
	if len(found) == 0 {
		var names []string
		for i := range all {
			names = append(names, all[i].Names()...)
		}
		near := plan.DidYouMean(strings.ToLower(word), names)
		return nil, withHint(cmp.Or(near, "agencyctl explain lists all words"), "no word %q is explained", word)
	}
	return found, nil
}

// entries reads all that is explained: the rules, and then the terms.
func (a *app) entries() ([]render.Entry, error) {
	var all []render.Entry
	for _, document := range []struct{ file, of string }{{"docs/rules.md", "Rules, "}, {"docs/terms.md", ""}} {
		text, err := a.document(document.file)
		if err != nil {
			return nil, err
		}
		for _, e := range render.ParseEntries(document.file, string(text)) {
			if document.of != "" {
				e.Group = document.of + strings.ToLower(e.Group)
			}
			all = append(all, e)
		}
	}
	return all, nil
}

// document returns a file that the program has with it.
func (a *app) document(name string) ([]byte, error) {
	if a.env.Docs == nil {
		return nil, errors.New("this program was built without its documentation")
	}
	text, err := fs.ReadFile(a.env.Docs, name)
	if err != nil {
		return nil, fmt.Errorf("read the documentation: %w", err)
	}
	return text, nil
}

// completeWords offers the words that are explained, each with its sentence.
func (a *app) completeWords(_ *cobra.Command, args []string, begun string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	all, _ := a.entries() // completion tells no errors
	var words []cobra.Completion
	for i := range all {
		words = append(words, cobra.CompletionWithDesc(all[i].Word, all[i].Summary))
	}
	return beginning(begun, words), cobra.ShellCompDirectiveNoFileComp
}
