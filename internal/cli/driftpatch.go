package cli

import (
	"bytes"
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/agencyctl/agencyctl/internal/export"
	"github.com/agencyctl/agencyctl/internal/patch"
	"github.com/agencyctl/agencyctl/internal/render"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/schema"
)

const flagPatch = "patch"

// patcher writes a patch of manifests in the place of a report: one that makes them say what is live, or that makes them accept it. The nil
// patcher writes nothing.
type patcher struct {
	// flag is the flag that asks for the patch.
	flag string
	// acknowledge is what to accept; nil for a patch that says what is live.
	acknowledge *acknowledging
	out         *bytes.Buffer
	sources     []schema.Source
	// paths are the sources as the patch names them.
	paths []string
	told  []string
}

// newPatcher takes standard output, also for what goes wrong from here on: it holds a patch or nothing.
func (a *app) newPatcher(flag string) (*patcher, error) {
	if format := a.outputs.format; format != "" {
		return nil, withHint(fmt.Sprintf("for the report, write -o %s=FILE", format),
			"--%s writes a patch to standard output, and --output %s the report", flag, format)
	}
	a.outputs.instead = new(bytes.Buffer)
	return &patcher{flag: flag, out: a.outputs.instead}, nil
}

// take takes the sources of the run. It refuses those that no patch can name.
func (p *patcher) take(sources []schema.Source) error {
	if p == nil {
		return nil
	}
	p.sources, p.paths = sources, make([]string, len(sources))
	for i, s := range sources {
		if s.Name == "stdin" {
			return withHint("name a file or a folder", "--%s edits files, and standard input is none", p.flag)
		}
		path, err := p.path(s.Name)
		if err != nil {
			return err
		}
		p.paths[i] = path
	}
	return nil
}

// path returns the path of a file as git apply takes it: relative to the working directory, and through no link.
func (p *patcher) path(name string) (string, error) {
	directory, err := os.Getwd()
	if err == nil {
		directory, err = filepath.EvalSymlinks(directory)
	}
	if err != nil {
		return "", fileError(".", err)
	}
	file, err := filepath.EvalSymlinks(filepath.FromSlash(name))
	if err == nil {
		file, err = filepath.Abs(file)
	}
	if err != nil {
		return "", fileError(name, err)
	}
	path, err := filepath.Rel(directory, file)
	if err != nil || !filepath.IsLocal(path) {
		return "", withHint("run it in a folder that holds all files of the manifests",
			"--%s: %s lies outside of this folder, and a patch cannot name it", p.flag, name)
	}
	return filepath.ToSlash(path), nil
}

// write writes the patch of all accounts whose drift is known. First come comments, with what it cannot say. A failure is one of the run
// as a whole.
func (p *patcher) write(registry *providers.Registry, runs accountRuns, now time.Time) *render.Failure {
	switch {
	case p == nil:
		return nil
	case p.acknowledge != nil:
		return p.writeAcceptances(registry, runs)
	}
	var accounts []export.LiveAccount
	var findings []export.Finding
	for _, r := range runs {
		d := r.result.Drift
		if r.failed() || d == nil {
			continue
		}
		p.told = append(p.told, render.Clean(render.DriftVerdict(d)))
		for _, f := range d.Findings {
			findings = append(findings, export.Finding{Account: r.manifest.Account, Finding: f})
		}
		account := export.LiveAccount{Manifest: r.manifest, Snapshot: r.compared.Snapshot()}
		all, accepted := len(d.Changed)+len(d.Missing)+len(d.Unexpected)+len(d.Expired), d.Accepted()
		for _, of := range accepted {
			if of.Expires.IsZero() { // that it has expired is written nowhere, and its other differences are none of that
				account.Leave = append(account.Leave, of.Address)
			}
		}
		if all > len(accepted) {
			accounts = append(accounts, account)
		}
	}
	updated, problems, err := export.Update(registry, p.sources, accounts, export.Options{Now: now})
	if err != nil || updated == nil {
		return &render.Failure{Kind: render.Refused, Problems: problems, Err: err}
	}
	var comments []string
	comment := func(account plan.Account, text string) {
		if text = runs.of(account, text); !slices.Contains(comments, text) {
			comments = append(comments, text)
		}
	}
	for _, remark := range updated.Remarks {
		if i := slices.IndexFunc(p.sources, func(s schema.Source) bool { return s.Name == remark.At.File }); i >= 0 {
			remark.At.File = p.paths[i]
		}
		comment(remark.Account, remark.String())
	}
	findings = append(findings, updated.Findings...)
	slices.SortStableFunc(findings, func(x, y export.Finding) int { return cmp.Compare(y.Severity, x.Severity) })
	for _, f := range findings {
		if f.Accepted.IsZero() {
			comment(f.Account, fmt.Sprintf("%s: %s: %s [%s]", f.Severity, f.Address, f.Message, f.Rule))
		}
	}
	for i := range accounts { // what could not be seen may be what the patch removes
		for _, text := range accounts[i].Snapshot.Warnings {
			comment(accounts[i].Manifest.Account, "warning: "+text)
		}
	}
	for _, text := range comments {
		p.comment(text)
	}
	for i, s := range p.sources {
		k := slices.IndexFunc(updated.Files, func(f export.UpdatedFile) bool { return f.Name == s.Name })
		if k < 0 {
			continue
		}
		p.out.Write(patch.Unified(p.paths[i], s.Data, updated.Files[k].Text))
		p.told = append(p.told, "patch of "+render.Clean(updated.Files[k].String()))
	}
	if len(updated.Files) == 0 {
		p.told = append(p.told, "no patch: there is nothing that the manifests could say otherwise")
	}
	if n := len(updated.Remarks); n > 0 {
		p.told = append(p.told, fmt.Sprintf("%s that the patch does not accept: see its comments", plan.Counted(n, "difference")))
	}
	return nil
}

// comment writes a line that git apply passes over.
func (p *patcher) comment(text string) { fmt.Fprintf(p.out, "# %s\n", render.Clean(text)) }

// remarks are lines on what was found and written.
func (p *patcher) remarks() []string {
	if p == nil {
		return nil
	}
	return p.told
}
