package cli

import (
	"cmp"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version, and what it was built with",
		Args:  a.noArguments,
		RunE: func(*cobra.Command, []string) error {
			_, err := io.WriteString(a.env.Stdout, a.versionLine())
			return err
		},
	}
}

// versionLine says which version this is, of which commit, and what it was built with and for.
func (a *app) versionLine() string {
	commit := ""
	if a.env.Commit != "" {
		commit = fmt.Sprintf("commit %s of %s, ", a.env.Commit, cmp.Or(a.env.CommitTime, "an unknown time"))
	}
	return fmt.Sprintf("agencyctl %s (%s%s, %s/%s)\n", a.env.Version, commit, runtime.Version(), runtime.GOOS, runtime.GOARCH)
}

// builtFrom returns the commit that a program was built from, and its time. Both are "" where that is not known: go install of a version
// builds from a module, which has no commits.
func builtFrom(info *debug.BuildInfo) (commit, time string) {
	for _, setting := range info.Settings {
		switch setting.Key {
		case "vcs.revision":
			commit = setting.Value
		case "vcs.time":
			time = setting.Value
		}
	}
	return commit, time
}
