package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/agencyctl/agencyctl/engine"
	"github.com/agencyctl/agencyctl/internal/render"
	"github.com/agencyctl/agencyctl/internal/signature"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/saved"
)

// saveOptions are the flags that save a plan.
type saveOptions struct {
	file string
	// key names a file with a private key.
	key string
}

func (o *saveOptions) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&o.file, "out", "", "save the plan in `FILE`, to be reviewed and executed by apply FILE; one account only")
	f.StringVar(&o.key, "sign", "", "with --out: sign the saved plan by the OpenSSH private key in `KEYFILE`, into FILE.sig")
}

// saver writes a plan to its file. The nil saver writes nothing.
type saver struct {
	file string
	// key signs it, nil for no signature, and is from keyFile.
	key     []byte
	keyFile string
}

// prepare refuses, before any work is done, a file or key that would fail at the end.
func (o saveOptions) prepare(cmd *cobra.Command) (*saver, error) {
	if !cmd.Flags().Changed("out") {
		if cmd.Flags().Changed("sign") {
			return nil, errors.New("--sign goes with --out FILE, which it signs")
		}
		return nil, nil
	}
	if o.file == "" || o.file == "-" {
		return nil, fmt.Errorf("--out %q: name a file", o.file)
	}
	if err := mayReplace(o.file, saved.MaxBytes, isSavedPlan, "saved plan"); err != nil {
		return nil, fmt.Errorf("--out: %w", err)
	}
	if folder, err := os.Stat(filepath.Dir(o.file)); err != nil {
		return nil, fmt.Errorf("--out: %w", fileError(filepath.Dir(o.file), err))
	} else if !folder.IsDir() {
		return nil, fmt.Errorf("--out: %s is not a directory", filepath.Dir(o.file))
	}
	s := &saver{file: o.file, keyFile: o.key}
	if !cmd.Flags().Changed("sign") {
		return s, nil
	}
	if err := mayReplace(o.file+signatureSuffix, signature.MaxBytes, isSignature, "signature"); err != nil {
		return nil, fmt.Errorf("--sign: %w", err)
	}
	var err error
	if s.key, err = readFile(o.key, signature.MaxBytes); err != nil {
		return nil, fmt.Errorf("--sign: %w", err)
	}
	_, err = signature.Sign(nil, s.key, nil, signature.PlanNamespace) // only to see that the key will do
	switch {
	case errors.Is(err, signature.ErrPassphrase):
		return nil, fmt.Errorf("--sign: %s: %w; leave --sign out, and sign the saved plan by %s", o.key, err, signCommand(o.key, o.file))
	case err != nil:
		return nil, fmt.Errorf("--sign: %s: %w", o.key, err)
	}
	return s, nil
}

// mayReplace refuses to write over any other kind of file: a slip must not cost a manifest or a key.
func mayReplace(path string, limit int, is func([]byte) bool, what string) error {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fileError(path, err)
	case !info.Mode().IsRegular():
		return fmt.Errorf("%s is there and no regular file; name another one", path)
	case info.Size() == 0:
		return nil
	}
	text, err := readFile(path, limit)
	if err != nil {
		return err
	}
	if !is(text) {
		return fmt.Errorf("%s is there and no %s; name another file, or remove this one", path, what)
	}
	return nil
}

// isSavedPlan reports whether a text looks like a saved plan, of this format or another.
func isSavedPlan(text []byte) bool {
	var head struct{ FormatVersion, Digest, Changes json.RawMessage }
	return json.Unmarshal(text, &head) == nil && head.FormatVersion != nil && head.Digest != nil && head.Changes != nil
}

func isSignature(text []byte) bool {
	return strings.HasPrefix(strings.TrimSpace(string(text)), "-----BEGIN SSH SIGNATURE-----")
}

// oneAccount refuses manifests of several accounts: a saved plan is for one.
func (s *saver) oneAccount(manifests []*plan.Manifest) error {
	if s == nil || len(manifests) <= 1 {
		return nil
	}
	names := make([]string, len(manifests))
	for i, m := range manifests {
		names[i] = m.Account.String()
	}
	return fmt.Errorf("--out saves the plan of one account, and these manifests are for %d (%s): "+
		"plan each account with an -f and an --out of its own", len(manifests), strings.Join(names, ", "))
}

// save writes the plan of a run, and returns remarks: where the file is, and how to apply it.
func (a *app) save(s *saver, r *accountRun, planned *engine.Planned) (remarks []string, err error) {
	saved, err := planned.Save(a.program())
	if err != nil {
		return nil, err
	}
	text := saved.Text()
	if err := replaceFile(s.file, text); err != nil {
		return nil, fmt.Errorf("--out: %w", err)
	}
	remarks = append(remarks, fmt.Sprintf("Saved in %s: %s to account %s, digest %s",
		s.file, plan.Counted(saved.Plan.Writes(), "change"), render.Clean(saved.Plan.Account.String()), saved.Digest()))
	apply := "agencyctl apply " + shellWord(s.file)
	if s.key != nil {
		armored, err := signature.Sign(text, s.key, nil, signature.PlanNamespace)
		if err != nil {
			return remarks, fmt.Errorf("--sign: %w", err)
		}
		if err := replaceFile(s.file+signatureSuffix, armored); err != nil {
			return remarks, fmt.Errorf("--sign: %w", err)
		}
		remarks = append(remarks, "Signed in "+s.file+signatureSuffix)
		apply += " --verify-key " + publicKey(s.keyFile)
	}
	if slices.Contains(a.files, "-") && len(r.manifest.Endpoints) > 0 && !a.sim.on {
		return remarks, nil // the plan holds no endpoints, and a manifest from standard input is gone
	}
	return append(remarks, "To apply it: "+apply+a.withSaved(saved.Basis.Options)), nil
}

// replaceFile writes a file that only its owner may read: all of it, or nothing.
func replaceFile(path string, text []byte) error { return replaceFileMode(path, text, 0o600) }

// replaceFileMode is replaceFile with other permissions.
func replaceFileMode(path string, text []byte, mode fs.FileMode) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*") // has mode 0600
	if err != nil {
		return fileError(path, err)
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name())
		}
	}()
	_, err = f.Write(text)
	if err == nil {
		err = f.Chmod(mode)
	}
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return fileError(path, err)
	}
	if err = os.Rename(f.Name(), path); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}
