package cli

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/agencyctl/agencyctl/internal/render"
	"github.com/agencyctl/agencyctl/plan"
)

const flagCI = "ci"

// pipelineFiles are the files that each kind of CI reads, and the document that each is.
var pipelineFiles = map[string]map[string]string{
	"github": {
		".github/workflows/agencyctl-plan.yml":  "docs/recipes/github/agencyctl-plan.yml",
		".github/workflows/agencyctl-apply.yml": "docs/recipes/github/agencyctl-apply.yml",
		".github/workflows/agencyctl-drift.yml": "docs/recipes/github/agencyctl-drift.yml",
	},
	"gitlab": {".gitlab-ci.yml": "docs/recipes/gitlab/gitlab-ci.yml"},
}

// released is a version that everybody can install, unless untagged: Go gives one like it to a commit that perhaps nobody else has.
var (
	released = regexp.MustCompile(`^v\d+\.\d+\.\d+[\w.-]*$`)
	untagged = regexp.MustCompile(`[-.]\d{14}-[0-9a-f]{12}$`)
)

// writePipeline writes the files of a kind of CI into a folder, and prints their names. None is written where one is in the way.
func (a *app) writePipeline(kind, folder string) error {
	files, known := pipelineFiles[kind]
	if !known {
		kinds := slices.Sorted(maps.Keys(pipelineFiles))
		return withHint(plan.DidYouMean(kind, kinds), "--%s %q: choose %s", flagCI, kind, strings.Join(kinds, " or "))
	}
	names := slices.Sorted(maps.Keys(files))
	var inTheWay []string
	for _, name := range names {
		file := filepath.Join(folder, filepath.FromSlash(name))
		if _, err := os.Lstat(file); err == nil {
			inTheWay = append(inTheWay, render.Clean(file))
		}
	}
	if len(inTheWay) > 0 {
		return withHint("move it away, or write elsewhere with --out FOLDER", "--%s %s: there already, and nothing is overwritten: %s",
			flagCI, kind, strings.Join(inTheWay, ", "))
	}
	for _, name := range names {
		text, err := a.document(files[name])
		if err != nil {
			return err
		}
		if released.MatchString(a.env.Version) && !untagged.MatchString(a.env.Version) {
			text = bytes.ReplaceAll(text, []byte("agencyctl@latest"), []byte("agencyctl@"+a.env.Version))
		}
		file := filepath.Join(folder, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return fmt.Errorf("--%s %s: %w", flagCI, kind, fileError(filepath.Dir(file), err))
		}
		if err := writeNew(file, text, 0o644); err != nil {
			return err
		}
		fmt.Fprintln(a.env.Stdout, render.Clean(file))
	}
	a.remark("They plan, apply and compare the manifests in iam/. What to set is said at the top of each.")
	return nil
}
