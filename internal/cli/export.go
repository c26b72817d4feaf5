package cli

import (
	"cmp"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/agencyctl/agencyctl/engine"
	"github.com/agencyctl/agencyctl/internal/export"
)

// exportOptions are the flags of export.
type exportOptions struct {
	cloud            cloudChoice
	include, exclude []string
	now              string
}

func (a *app) exportCommand() *cobra.Command {
	var o exportOptions
	cmd := &cobra.Command{
		Use:   "export",
		Short: "Print the manifest of what is live",
		Args:  a.noArguments,
		RunE:  func(cmd *cobra.Command, _ []string) error { return a.export(cmd, o) },
	}
	f := cmd.Flags()
	o.cloud.flags(cmd, "")
	f.StringArrayVar(&o.include, "include", nil, "export only `ADDRESS`, a glob as in ops-* (repeatable)")
	f.StringArrayVar(&o.exclude, "exclude", nil, "leave out `ADDRESS`, a glob as for --include (repeatable)")
	f.StringVar(&o.now, "now", "", "judge expiry at this `TIME`, as in 2030-01-31 (default: the clock)")
	a.cloudFlags(cmd)
	return cmd
}

func (a *app) export(cmd *cobra.Command, o exportOptions) error {
	now, err := parseNow(o.now)
	if err = cmp.Or(err, o.cloud.check()); err != nil {
		return err
	}
	if o.now == "" {
		now = time.Now().UTC()
	}
	ctx, s, err := a.begin(cmd, a.loadWhole(&o.cloud))
	if err != nil {
		return err
	}
	defer s.close()
	runs := s.open(ctx)
	defer runs.close()
	r := runs[0]
	if !r.failed() {
		snapshot, err := r.engine.ObserveAll(ctx, r.manifest)
		if err != nil {
			r.fail(ctx, err)
		} else {
			file, err := export.Manifest(a.env.Registry, snapshot, export.Options{Include: o.include, Exclude: o.exclude, Now: now})
			if err != nil {
				return fmt.Errorf("--%w", err)
			}
			text, _ := file.Text()
			_, err = a.env.Stdout.Write(text)
			return err
		}
	}
	s.printFailures(runs)
	_ = engine.ErrUnreadable
	return exit(exitRefused)
}
