package cli

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/agencyctl/agencyctl/internal/render"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers"
)

func (a *app) listCommand() *cobra.Command {
	var cloud cloudChoice
	cmd := &cobra.Command{
		Use:   "list KIND [WORD...]",
		Short: "List what a manifest may name: roles, projects, agencies and more",
		Long: `List the names that a manifest of the account may use, each spelled as the manifest writes it: in quotes where YAML needs
them, and with system:, custom: or id: before it where a name alone would mean several. KIND is one of these:

  agencies             agencies that are there, with trust and duration
  enterprise-projects  places of grants below enterpriseProjects
  policies             custom policies, as below policies
  projects             places of grants below projects
  roles                system roles and custom policies, as below grants, with the scopes
                       that they can be granted in
  services             services of authorizations, with what their entries name; no connection
                       is needed for them

WORDs search: each must occur in the name, title or description, in any case of letters. A role or policy that is found alone,
or that the words name as a whole, is shown with what it allows, and what the rules find in that.

With -f, the account and cloud of the manifests are read, and no other; without, the account of the credentials, in the cloud
and region that the flags name. Nothing is written.

Exit codes:
  0    listed
  1    nothing has the words, or the account could not be read; bad input
  130  interrupted`,
		Example: `  agencyctl list roles --region cn-north-4
  agencyctl list roles obs read -f iam/
  agencyctl list roles Tenant Administrator -f iam/
  agencyctl list services`,
		Args: a.listArguments, ValidArgsFunction: a.completeLists,
		RunE: func(cmd *cobra.Command, args []string) error { return a.list(cmd, cloud, args[0], args[1:]) },
	}
	a.outputFlags(cmd, render.List)
	a.manifestFlags(cmd)
	a.cloudFlags(cmd)
	a.liveFlag(cmd)
	cloud.flags(cmd, "without -f: ")
	return cmd
}

// lists returns the names of all lists.
func (a *app) lists() (names []string) {
	if a.env.Registry == nil {
		return nil
	}
	for _, l := range a.env.Registry.Lists() {
		names = append(names, l.Name)
	}
	return names
}

// listArguments refuses an unknown list, and words that search for nothing.
func (a *app) listArguments(_ *cobra.Command, args []string) error {
	names := a.lists()
	switch {
	case len(args) == 0:
		return withHint("choose "+enumerate(names, "or"), "list needs a KIND")
	case !slices.Contains(names, args[0]):
		return withHint(plan.DidYouMean(args[0], names), "there is no list %q: choose %s", args[0], enumerate(names, "or"))
	case slices.Contains(args[1:], ""):
		return errors.New(`"" is no word to search for: leave it out to list all`)
	}
	return nil
}

func (a *app) list(cmd *cobra.Command, choice cloudChoice, name string, words []string) error {
	given := cmd.Flags().Changed
	if err := cmp.Or(choice.check(), a.checkLiveCloud(cmd)); err != nil {
		return err
	}
	load := a.loadValid
	switch {
	case len(a.files) == 0 && len(a.live) > 0:
		load = a.loadWhole(&choice)
	case len(a.files) == 0:
		load = func() ([]*plan.Manifest, error) {
			return []*plan.Manifest{{Cloud: choice.cloud(a.env.Getenv)}}, nil
		}
	case given("cloud") || given("region"):
		return errManifestSaysCloud
	}
	all := a.env.Registry.Lists()
	list := all[slices.IndexFunc(all, func(l providers.List) bool { return l.Name == name })]
	if list.Known {
		return a.listKnown(load, name, words)
	}
	ctx, s, err := a.begin(cmd, load)
	if err != nil {
		return err
	}
	defer s.close()
	runs := s.open(ctx)
	defer runs.close()
	runs.sideBySide(func(r *accountRun) {
		snapshot, problems, err := r.engine.ReadList(ctx, r.manifest, list)
		r.refuse(problems)
		if err == nil && !r.failed() {
			r.result.Listing, err = a.listing(name, words, snapshot)
		}
		if err != nil {
			r.fail(ctx, err)
		}
	})
	return s.end(runs, exitOK, nil)
}

// errManifestSaysCloud refuses flags that would contradict a manifest.
var errManifestSaysCloud = errors.New("--cloud and --region are for runs without a manifest; with -f, the manifest says them")

// listKnown lists what needs no live state.
func (a *app) listKnown(load func() ([]*plan.Manifest, error), name string, words []string) error {
	manifests, err := load()
	if err != nil {
		return err
	}
	report, code := render.Report{Kind: render.List}, exitOK
	for _, m := range manifests {
		account := render.Account{Account: m.Account}
		if account.Listing, err = a.listing(name, words, &plan.Snapshot{Account: m.Account, Cloud: m.Cloud}); err != nil {
			account.Failure, code = failureOf(context.Background(), err), exitRefused
		}
		report.Accounts = append(report.Accounts, account)
	}
	err = a.end(report, code)
	for i := range report.Accounts {
		if account := &report.Accounts[i]; account.Failure != nil {
			a.printFailure(account.Account, account.Failure)
		}
	}
	return err
}

// listing returns what of a list has the words in a snapshot, wherever that comes from. That nothing has them is an error with the
// nearest names.
func (a *app) listing(name string, words []string, s *plan.Snapshot) (*render.Listing, error) {
	all := a.env.Registry.List(name, s)
	l := &render.Listing{Account: s.Account, Cloud: s.Cloud, Listing: all.Search(words)}
	unread := ""
	for _, n := range s.NotRead {
		if !n.Usual {
			l.NotRead, unread = append(l.NotRead, n), unread+"\nnot read: "+n.Subject+", "+n.Reason
		}
	}
	if len(words) > 0 && len(l.Items) == 0 {
		hint := cmp.Or(all.DidYouMean(words), "leave the words out to list all")
		return nil, withHint(hint, "nothing among the %s has %s in its name, title or description%s", strings.ReplaceAll(name, "-", " "),
			quotedWords(words), unread)
	}
	return l, nil
}

// quotedWords writes words that were searched for.
func quotedWords(words []string) string {
	quoted := make([]string, len(words))
	for i, word := range words {
		quoted[i] = strconv.Quote(word)
	}
	return enumerate(quoted, "and")
}
