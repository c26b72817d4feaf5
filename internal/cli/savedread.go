package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/agencyctl/agencyctl/internal/render"
	"github.com/agencyctl/agencyctl/internal/signature"
	"github.com/agencyctl/agencyctl/plan/saved"
)

// signatureSuffix is what ssh-keygen adds to the name of the file that it signs.
const signatureSuffix = ".sig"

const verifyKeyHelp = "refuse the saved plan unless FILE.sig is a signature of it by one of the public keys in `KEYS`, a file of lines as in authorized_keys (repeatable)"

// readSaved reads a saved plan. With keys, one of these must have signed the file as it is, before anything in it is
// looked at.
func (a *app) readSaved(path string, keyFiles []string) (*saved.Plan, error) {
	text, err := readFile(path, saved.MaxBytes)
	if err != nil {
		return nil, savedHint(path, err)
	}
	if err := a.checkSignature(path, text, keyFiles); err != nil {
		return nil, err
	}
	saved, err := saved.Decode(text)
	if err != nil {
		return nil, savedHint(path, fmt.Errorf("%s: %w", path, err))
	}
	return saved, nil
}

// savedHint adds how a plan is saved where the file holds something else, and what to write where the path rather names a manifest.
func savedHint(path string, err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return err
	case errors.Is(err, saved.ErrLayout):
		err = fmt.Errorf("%w; save the plan with plan --out", err)
	}
	info, wrong := os.Stat(path)
	ext := filepath.Ext(path)
	if ext != ".yaml" && ext != ".yml" && (wrong != nil || !info.IsDir()) {
		return err
	}
	return fmt.Errorf("%w; for a manifest, write -f %s", err, shellWord(path))
}

func (a *app) checkSignature(path string, text []byte, keyFiles []string) error {
	if len(keyFiles) == 0 {
		if _, err := os.Stat(path + signatureSuffix); err == nil {
			a.remark("%s was not checked: that takes --verify-key", path+signatureSuffix)
		}
		return nil
	}
	var allowed []signature.Key
	for _, file := range keyFiles {
		lines, err := readFile(file, signature.MaxKeysBytes)
		if err != nil {
			return fmt.Errorf("--verify-key: %w", err)
		}
		keys, err := signature.ParseKeys(lines)
		if err != nil {
			return fmt.Errorf("--verify-key: %s: %w", file, err)
		}
		allowed = append(allowed, keys...)
	}
	armored, err := readFile(path+signatureSuffix, signature.MaxBytes)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%s is not signed: there is no %s; make it by plan --sign, or by %s", path, path+signatureSuffix, signCommand("KEY", path))
	case err != nil:
		return err
	}
	key, err := signature.Verify(text, armored, allowed, signature.PlanNamespace)
	if err != nil {
		return fmt.Errorf("%s: %w", path+signatureSuffix, err)
	}
	a.remark("%s is signed by %s", path, render.Clean(strings.TrimSpace(key.Fingerprint()+" "+key.Comment)))
	return nil
}

// signCommand is the command line by which OpenSSH signs a saved plan.
func signCommand(key, path string) string {
	return "ssh-keygen -Y sign -n " + signature.PlanNamespace + " -f " + shellWord(key) + " " + shellWord(path)
}

// shellWord quotes a path for a shell where that is needed.
func shellWord(path string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("/._-+=:@,", r)
	}
	if path != "" && strings.TrimFunc(path, plain) == "" {
		return path
	}
	return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
}
