package cli

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/spf13/cobra"

	"github.com/agencyctl/agencyctl/internal/render"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers"
)

const flagLive = "live"

// liveFlag adds the flag of commands that can take live state from files.
func (a *app) liveFlag(cmd *cobra.Command) {
	cmd.Flags().StringArrayVar(&a.live, flagLive, nil,
		"take live state from the snapshot in `FILE`: no connection, no credentials (repeatable, one file for each account)")
}

// liveFile is what the snapshot in a file holds.
type liveFile struct {
	path     string
	recorded *providers.Recording
}

// liveFiles are those of --live. Nil is live state from the cloud.
type liveFiles []liveFile

// readLive reads the files of --live, once.
func (a *app) readLive() (liveFiles, error) {
	if len(a.live) == 0 || a.liveFiles != nil {
		return a.liveFiles, nil
	}
	if a.sim.on || len(a.points)+len(a.assume) > 0 || a.rate != 0 {
		return nil, errors.New("--live makes no connection: leave out --sim, --endpoint, --assume and --rate")
	}
	var files liveFiles
	for _, path := range a.live {
		text, err := readFile(path, providers.MaxSnapshotBytes)
		if errors.Is(err, fs.ErrNotExist) && nearFile(path) != "" {
			return nil, withHint(nearFile(path), "--live: %w", err)
		} else if err != nil {
			return nil, fmt.Errorf("--live: %w", err)
		}
		recorded, err := providers.DecodeSnapshot(text)
		if err != nil {
			return nil, withHint("write one with agencyctl export --format snapshot --region REGION --out FILE", "--live: %s: %w", path, err)
		}
		for _, other := range files {
			if other.recorded.Account.ID == recorded.Account.ID {
				return nil, fmt.Errorf("--live: %s and %s are of one account, %s", other.path, path, recorded.Account)
			}
		}
		files = append(files, liveFile{path, recorded})
		a.remark("live state is that of the snapshot %s, and not of now", render.Clean(path))
	}
	a.liveFiles = files
	return files, nil
}

// of returns the snapshot of the account that a manifest is for. Where there is one of each, it is that: if they do not fit, the plan says
// so, as it does of credentials.
func (files liveFiles) of(m *plan.Manifest, manifests int) (*providers.Recording, error) {
	for _, f := range files {
		is := f.recorded.Account
		if len(files) == 1 && manifests == 1 || m.Account.ID == is.ID || m.Account.ID == "" && m.Account.Name == is.Name {
			if f.recorded.Cloud.Kind != m.Cloud.Kind {
				return nil, fmt.Errorf("--live: %s is of a cloud of the kind %s, and the manifest is for %s", f.path, f.recorded.Cloud.Kind,
					m.Cloud.Kind)
			}
			return f.recorded, nil
		}
	}
	return nil, fmt.Errorf("--live: no snapshot is of account %s: name a file for each account, or leave the flag out", m.Account)
}
