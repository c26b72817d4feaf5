package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/agencyctl/agencyctl/internal/export"
	"github.com/agencyctl/agencyctl/internal/render"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/schema"
)

// exportOptions are the flags of export.
type exportOptions struct {
	cloud            cloudChoice
	include, exclude []string
	out, split, now  string
	fromTerraform    string
	format, update   string
}

// The formats of export.
const (
	asManifest = "manifest"
	asSnapshot = "snapshot"
)

const flagFromTerraform = "from-tfstate"

func (a *app) exportCommand() *cobra.Command {
	var o exportOptions
	cmd := &cobra.Command{
		Use:   "export",
		Short: "Write what is live as a manifest or as a snapshot",
		Long: `Read the whole account, and write it as the manifest that a person would have written: sorted, without defaults, names as they
are. A plan of it is empty. Nothing is written to the cloud.

Comments tell what to look at: grants of high risk, agencies that have expired, roles that are gone, and what no manifest can
say, which drift then tells as unexpected. What a cloud service made for itself is left out by ownership.exclude, or stated under
agencies: of the service's entry. Descriptions are copied as they are: read them before you publish the file.

--format snapshot writes all that a plan can ask of the account into one file, without secrets. With --live FILE, plan, drift,
audit, graph and export take live state from it: no connection and no credentials are needed.

With --update the lines of your own files are edited, and no others: comments, order and style stay. What is live and owned is added,
what is gone is removed, and what cannot be edited is told with its line. With nothing to change no file is written.

Exit codes:
  0    written, or nothing to write
  1    the account could not be read, a file is in the way, or bad input
  130  interrupted`,
		Example: `  agencyctl export --sim > live.yaml
  agencyctl export --region cn-north-4 --out iam/ --split prefix
  agencyctl export --region eu-de --cloud opentelekomcloud --include 'ops-*'
  agencyctl export --format snapshot --out account.json
  agencyctl export --update iam/
  terraform state pull | agencyctl export --from-tfstate -`,
		Args: a.noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if cmd.Flags().Changed(flagUpdate) {
				return a.exportUpdate(cmd, o)
			}
			return a.export(cmd, o)
		},
	}
	f := cmd.Flags()
	o.cloud.flags(cmd, "")
	f.StringVar(&o.format, "format", asManifest, "write this `FORMAT`: manifest or snapshot")
	f.StringArrayVar(&o.include, "include", nil, "export and own only what is like `ADDRESS`, a glob as in ops-* or policy/* (repeatable)")
	f.StringArrayVar(&o.exclude, flagExclude, nil, "leave out what is like `ADDRESS`, a glob as for --include (repeatable)")
	f.StringVar(&o.out, "out", "", "write to the new `FILE`, or with --split into this folder, instead of stdout")
	f.StringVar(&o.split, "split", "", "with --out: several files, agencies `BY` prefix of their names or by the service that they trust")
	f.StringVar(&o.fromTerraform, flagFromTerraform, "",
		"export what this Terraform state keeps, as it is live: `FILE` of \"terraform state pull\", or - for stdin")
	f.StringVar(&o.update, flagUpdate, "", "edit the manifest in `PATH`, a file or folder of one account, so that it says what is live")
	f.StringVar(&o.now, "now", "", "judge expiry at this `TIME`, as in 2030-01-31 (default: the clock)")
	f.BoolVarP(&a.quiet, "quiet", "q", false, "no progress and no remarks on stderr; errors are still printed")
	a.cloudFlags(cmd)
	a.liveFlag(cmd)
	return cmd
}

// check refuses flags that contradict each other, before any work is done.
func (o *exportOptions) check() error {
	if err := choose("format", o.format, asManifest, asSnapshot); err != nil {
		return err
	}
	if o.format == asSnapshot && (len(o.include)+len(o.exclude) > 0 || o.split != "" || o.fromTerraform != "") {
		return errors.New("a snapshot is of a whole account: leave out --include, --exclude, --split and --from-tfstate")
	}
	if o.split != "" {
		if err := choose("split", o.split, export.Splits()...); err != nil {
			return err
		}
		if o.out == "" {
			return errors.New("--split writes several files: name their folder with --out")
		}
	}
	if o.fromTerraform != "" && len(o.include)+len(o.exclude) > 0 {
		return errors.New("--from-tfstate says what is exported: leave out --include and --exclude")
	}
	return o.cloud.check()
}

func (a *app) export(cmd *cobra.Command, o exportOptions) error {
	now, err := parseNow(o.now)
	if err = cmp.Or(err, o.check()); err != nil {
		return err
	}
	switch {
	case len(a.live) > 1:
		return errors.New("--live: export writes one account: name one file")
	case len(a.live) > 0 && o.format == asSnapshot:
		return errors.New("a snapshot is taken of an account, and not of another snapshot: leave out --live")
	}
	if err := a.checkLiveCloud(cmd); err != nil {
		return err
	}
	if o.now == "" {
		now = time.Now().UTC()
	}
	var state *providers.TerraformState
	if o.fromTerraform != "" {
		if state, err = a.readTerraform(o.fromTerraform); err != nil {
			return fmt.Errorf("--%s: %w", flagFromTerraform, err)
		}
	}
	if o.format == asSnapshot {
		return a.exportSnapshot(cmd, &o)
	}
	snapshot, err := a.observeWhole(cmd, &o.cloud)
	if err != nil {
		return err
	}
	var file *schema.File
	options := export.Options{Include: o.include, Exclude: o.exclude, Now: now}
	if state != nil {
		file, err = export.FromTerraform(a.env.Registry, snapshot, state, options)
	} else {
		file, err = export.Manifest(a.env.Registry, snapshot, options)
	}
	if err != nil {
		return err
	}
	files := map[string]*schema.File{"": file}
	if o.split != "" {
		files = export.Split(file, o.split)
		if err := os.MkdirAll(o.out, 0o755); err != nil {
			return fmt.Errorf("--out: %w", fileError(o.out, err))
		}
	}
	if o.out != "" {
		for _, name := range export.Names(files) { // all or nothing
			if _, err := os.Lstat(filepath.Join(o.out, name)); err == nil {
				return inTheWay(filepath.Join(o.out, name))
			}
		}
	}
	for _, name := range export.Names(files) {
		text, _ := files[name].Text()
		if o.out == "" {
			_, err = a.env.Stdout.Write(text)
		} else {
			err = writeNew(filepath.Join(o.out, name), text, 0o644)
		}
		if err != nil {
			return err
		}
	}
	a.remark("%s", render.Clean(export.Summary(file)))
	return nil
}

// readTerraform reads a Terraform state. No error holds a value of it.
func (a *app) readTerraform(path string) (*providers.TerraformState, error) {
	var data []byte
	var err error
	if schema.IsStdin(path) {
		path = "stdin"
		data, err = io.ReadAll(io.LimitReader(a.env.Stdin, providers.MaxTerraformBytes+1))
	} else {
		data, err = readFile(path, providers.MaxTerraformBytes)
	}
	if err != nil {
		return nil, err
	}
	state, err := a.env.Registry.ReadTerraform(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return state, nil
}

// observeWhole reads the whole account of the credentials.
func (a *app) observeWhole(cmd *cobra.Command, cloud *cloudChoice) (snapshot *plan.Snapshot, err error) {
	err = a.inWhole(cmd, cloud, nil, func(ctx context.Context, r *accountRun) (err error) {
		snapshot, err = r.engine.ObserveAll(ctx, r.manifest)
		return err
	})
	return snapshot, err
}

// exportSnapshot reads the whole account of the credentials, and writes its snapshot.
func (a *app) exportSnapshot(cmd *cobra.Command, o *exportOptions) error {
	var text []byte
	record := &providers.Recording{}
	err := a.inWhole(cmd, &o.cloud, record, func(ctx context.Context, r *accountRun) (err error) {
		text, err = r.engine.Snapshot(ctx, r.manifest, record, a.env.Version)
		return err
	})
	if err != nil {
		return err
	}
	if o.out == "" {
		_, err := a.env.Stdout.Write(text)
		return err
	}
	return writeNew(o.out, text, 0o600)
}

// inWhole does something in the whole account of the credentials. Services keep their answers in record, if that is not nil.
func (a *app) inWhole(
	cmd *cobra.Command, cloud *cloudChoice, record *providers.Recording, do func(context.Context, *accountRun) error,
) error {
	ctx, s, err := a.begin(cmd, a.loadWhole(cloud))
	if err != nil {
		return err
	}
	defer s.close()
	s.record = record
	runs := s.open(ctx)
	defer runs.close()
	r := runs[0]
	if !r.failed() {
		if err := do(ctx, r); err != nil {
			r.fail(ctx, err)
		}
	}
	if r.failed() {
		s.printFailures(runs)
		return exit(codeOf(&r.result))
	}
	return nil
}
