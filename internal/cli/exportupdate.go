package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/agencyctl/agencyctl/engine"
	"github.com/agencyctl/agencyctl/internal/export"
	"github.com/agencyctl/agencyctl/internal/render"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/schema"
)

const flagUpdate = "update"

// exportUpdate edits the author's own files.
func (a *app) exportUpdate(cmd *cobra.Command, o exportOptions) error {
	for _, name := range []string{"split", "out", "cloud", "region", "format", flagFromTerraform, flagLive} {
		if cmd.Flags().Changed(name) {
			return fmt.Errorf("--%s does not go with --%s", name, flagUpdate)
		}
	}
	if schema.IsStdin(o.update) {
		return withHint("name a file or a folder", "--%s edits files, and standard input is none", flagUpdate)
	}
	now, err := parseNow(o.now)
	if err != nil {
		return err
	}
	if o.now == "" {
		now = time.Now().UTC()
	}
	var sources []schema.Source
	var desired []plan.Desired
	ctx, s, err := a.begin(cmd, func() (manifests []*plan.Manifest, err error) {
		sources, manifests, desired, err = a.loadForUpdate(o.update)
		return manifests, err
	})
	if err != nil {
		return err
	}
	defer s.close()
	runs := s.open(ctx)
	defer runs.close()
	r := runs[0]
	if !r.failed() {
		if err := a.updateFiles(ctx, r, sources, desired, export.Options{Include: o.include, Exclude: o.exclude, Now: now}); err != nil {
			r.fail(ctx, err)
		}
	}
	if r.failed() {
		s.printFailures(runs)
		return exit(codeOf(&r.result))
	}
	return nil
}

// loadForUpdate reads the manifest of one account, with its text.
func (a *app) loadForUpdate(path string) ([]schema.Source, []*plan.Manifest, []plan.Desired, error) {
	sources, err := schema.Load([]string{path}, nil)
	if err != nil {
		return nil, nil, nil, pathHint("--"+flagUpdate, []string{path}, err)
	}
	manifests, drafts, problems := schema.Parse(sources)
	if len(manifests)+len(drafts) > 1 {
		return nil, nil, nil, withHint("name the files of one of them", "--%s edits the manifest of one account, and %s holds %d",
			flagUpdate, path, len(manifests)+len(drafts))
	}
	var desired []plan.Desired
	if len(manifests) == 1 {
		var more []plan.Problem
		desired, more = engine.Validate(a.env.Registry, manifests[0])
		problems = append(problems, more...)
	}
	if len(plan.Fatal(problems)) > 0 {
		return nil, nil, nil, &refusal{plan.SortProblems(problems)}
	}
	return sources, manifests, desired, nil
}

// updateFiles reads what is live, and edits the files. None is written unless all can be.
func (a *app) updateFiles(ctx context.Context, r *accountRun, sources []schema.Source, desired []plan.Desired, o export.Options) error {
	m, err := export.Selecting(r.manifest, o)
	if err != nil {
		return err
	}
	snapshot, err := r.engine.ObserveListed(ctx, m, desired)
	if err != nil {
		return err
	}
	updated, problems, err := export.Update(a.env.Registry, sources, []export.LiveAccount{{Manifest: r.manifest, Snapshot: snapshot}}, o)
	if err != nil {
		return err
	}
	if updated == nil {
		return &refusal{plan.SortProblems(problems)}
	}
	paths, modes := make([]string, len(updated.Files)), make([]os.FileMode, len(updated.Files))
	for i, f := range updated.Files {
		k := slices.IndexFunc(sources, func(s schema.Source) bool { return s.Name == f.Name })
		if paths[i], modes[i], err = toReplace(f.Name, sources[k].Data); err != nil {
			return err
		}
	}
	for i, f := range updated.Files {
		if err := replaceFileMode(paths[i], f.Text, modes[i]); err != nil {
			return err
		}
		a.remark("updated %s", render.Clean(f.String()))
	}
	if len(updated.Files) == 0 {
		but := ""
		if len(updated.Remarks) > 0 {
			but = ", but for what is told here"
		}
		a.remark("nothing to edit: the manifest says what is live%s", but)
	}
	for _, remark := range updated.Remarks {
		fmt.Fprintln(a.env.Stderr, render.Clean(remark.String())) // with --quiet too: it is what the files do not say
	}
	for _, warning := range snapshot.Warnings { // as what could not be seen may be what was removed
		fmt.Fprintln(a.env.Stderr, render.Clean("warning: "+warning))
	}
	return nil
}

// toReplace returns the file that a path leads to, with the permissions that it keeps. It holds what was read, or somebody else edits it.
func toReplace(path string, read []byte) (real string, mode os.FileMode, err error) {
	if real, err = filepath.EvalSymlinks(filepath.FromSlash(path)); err != nil {
		return "", 0, fileError(path, err)
	}
	f, err := schema.OpenFile(real, os.O_RDWR, 0)
	if err != nil {
		return "", 0, fileError(path, err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return "", 0, fileError(path, err)
	}
	text, err := io.ReadAll(io.LimitReader(f, int64(len(read))+1))
	if err == nil && !bytes.Equal(text, read) {
		err = errors.New("it has been changed since it was read; run the update again")
	}
	if err != nil {
		return "", 0, fileError(path, err)
	}
	return real, info.Mode().Perm(), nil
}
