package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/agencyctl/agencyctl/internal/render"
	"github.com/agencyctl/agencyctl/internal/signature"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/saved"
)

func (a *app) showCommand() *cobra.Command {
	var keyFiles []string
	cmd := &cobra.Command{
		Use:   "show FILE",
		Short: "Print a saved plan",
		Long: `Print a plan that plan --out or drift --out has saved, as plan prints it. The cloud is not asked: apply FILE finds out
whether the plan is still true.

A file that is damaged, was edited, or is no saved plan is refused. An undamaged file does not say who made it: with
--verify-key, it must be signed by one of these keys, or it is not read at all.

Exit codes:
  0  printed
  1  refused: bad input, bad file, bad signature`,
		Example: `  agencyctl show plan.json
  agencyctl show plan.json --verify-key reviewers.pub -o json`,
		Args: cobra.ArbitraryArgs,
		RunE: func(_ *cobra.Command, args []string) error { return a.show(args, keyFiles) },
	}
	a.outputFlags(cmd, render.Plan)
	cmd.Flags().StringArrayVar(&keyFiles, "verify-key", nil, verifyKeyHelp)
	return cmd
}

func (a *app) show(args, keyFiles []string) error {
	if len(args) != 1 {
		return fmt.Errorf("show takes one saved plan, not %d: write show FILE", len(args))
	}
	saved, err := a.readSaved(args[0], "agencyctl plan -f", keyFiles)
	if err != nil {
		return err
	}
	a.remark("Saved plan with digest %s, from the manifest with digest %s", saved.Digest(), render.Clean(saved.Plan.Manifest.Digest))
	a.remark("What it says of resources that it does not rest on, of what was not read, and in warnings, is as told by whoever made it")
	return a.end(render.Report{Kind: render.Plan, Accounts: []render.Account{{Account: saved.Plan.Account, Plan: saved.Plan}}}, exitOK)
}

// flagsWithSaved are the flags of apply that mean something for a saved plan. All others belong to the making of plans, and a saved plan
// is executed as it was reviewed. With a manifest, a limit that was raised and a renewal must be given again.
var flagsWithSaved = []string{
	"assume", "auto-approve", "detailed-exitcode", "endpoint", "fail-on", "file", "log", "log-level", "no-color", "output", "parallelism",
	"quiet", "rate", "self", "sim", "timeout", "verbose", "verify-key", "verify-timeout",
}

// checkSaved refuses more than one saved plan, and flags that do not fit: those of a manifest with a saved plan, and those of
// a saved plan with a manifest.
func checkSaved(cmd *cobra.Command, args []string) error {
	if len(args) > 1 {
		return fmt.Errorf("apply takes one saved plan, not %d: apply them one after the other", len(args))
	}
	if len(args) == 0 {
		if cmd.Flags().Changed("verify-key") {
			return errors.New("--verify-key goes with a saved plan: apply FILE")
		}
		return nil
	}
	var wrong []string
	cmd.Flags().Visit(func(f *pflag.Flag) {
		withSource := cmd.Flags().Changed("file") && (f.Name == flagMaxDeletes || f.Name == flagRenew)
		if !slices.Contains(flagsWithSaved, f.Name) && !withSource {
			wrong = append(wrong, "--"+f.Name)
		}
	})
	if len(wrong) > 0 {
		return fmt.Errorf("%s: a saved plan is executed as it was saved; give this to plan --out", strings.Join(wrong, ", "))
	}
	return nil
}

// loadSaved reads a saved plan, and returns it with the part of its manifest that is needed to connect. With --file, source is the
// manifest there for the account of the plan: the plan must follow from it.
func (a *app) loadSaved(path string, keyFiles []string) (s *saved.Plan, source *plan.Manifest, err error) {
	if s, err = a.readSaved(path, "-f", keyFiles); err != nil {
		return nil, nil, err
	}
	if len(a.files) == 0 {
		return s, nil, nil
	}
	if source, err = a.sourceOf(s); err != nil {
		return nil, nil, fmt.Errorf("%s: %w", path, err)
	}
	return s, source, nil
}

// sourceOf returns the manifest of --file that is for the account of the plan. A saved plan holds no endpoints: whoever runs it
// chooses them.
func (a *app) sourceOf(s *saved.Plan) (*plan.Manifest, error) {
	manifests, err := a.loadValid()
	if err != nil {
		return nil, err
	}
	account := s.Plan.Account
	given := make([]string, len(manifests))
	for i, m := range manifests {
		given[i] = m.Account.String()
		if m.Account.ID != "" && m.Account.ID != account.ID || m.Account.Name != "" && account.Name != "" && m.Account.Name != account.Name {
			continue
		}
		if m.Digest != s.Plan.Manifest.Digest {
			a.remark("The plan was made from a manifest with another digest than that of -f: what it does is held against -f")
		}
		return m, nil
	}
	return nil, fmt.Errorf("the plan is for the account %s, and -f is for %s", account, strings.Join(given, ", "))
}

// program is this program, as far as saved plans are concerned.
func (a *app) program() saved.Program {
	return saved.Program{Services: a.env.Registry, Names: settingNames, Version: a.env.Version}
}

// signatureSuffix is what ssh-keygen adds to the name of the file that it signs.
const signatureSuffix = ".sig"

const verifyKeyHelp = "refuse the saved plan unless FILE.sig is a signature of it by one of the public keys in `KEYS`, " +
	"a file of lines as in authorized_keys (repeatable)"

// readSaved reads a saved plan. With keys, the signature of the whole file is verified before anything in it is decoded.
// Behind the words of manifest, this command takes a manifest.
func (a *app) readSaved(path, manifest string, keyFiles []string) (*saved.Plan, error) {
	a.fromFile = true
	text, err := readFile(path, saved.MaxBytes)
	if err != nil {
		return nil, savedHint(path, manifest, err)
	}
	if err := a.checkSignature(path, text, keyFiles); err != nil {
		return nil, err
	}
	s, err := saved.Decode(text, a.program())
	if err != nil {
		return nil, savedHint(path, manifest, fmt.Errorf("%s: %w", path, err))
	}
	if s.Tool != a.env.Version {
		a.remark("%s was made by agencyctl %s, and this is %s", path, render.Clean(s.Tool), a.env.Version)
	}
	if with := madeWith(s.Basis.Options); with != "" {
		a.remark("%s was made with %s", path, render.Clean(with))
	}
	return s, nil
}

// madeWith returns the settings of the run that made a plan, as flags; "" for none. They decide what is in it, and apply goes on with
// them.
func madeWith(o saved.Options) string {
	var flags []string
	add := func(flag, value string) { flags = append(flags, "--"+flag+" "+shellWord(value)) }
	for _, p := range o.Select.Target {
		add(flagTarget, p.String())
	}
	for _, p := range o.Select.Exclude {
		add(flagExclude, p.String())
	}
	for _, a := range o.Renew {
		add(flagRenew, a.String())
	}
	for _, a := range o.Self {
		add("self", a.String())
	}
	if !o.MaxDeletes.IsZero() {
		add(flagMaxDeletes, o.MaxDeletes.String())
	}
	if o.SendWriteOnly {
		flags = append(flags, "--send-write-only")
	}
	return strings.Join(flags, " ")
}

// savedHint says how a plan is saved where the file holds something else, and how a manifest is named where the path seems to be one:
// behind the words of manifest.
func savedHint(path, manifest string, err error) error {
	info, wrong := os.Stat(path)
	ext := filepath.Ext(path)
	switch {
	case wrong == nil && info.IsDir(), (ext == ".yaml" || ext == ".yml") && (wrong != nil || info.Mode().IsRegular()):
		return &hinted{err: err, hint: "for a manifest, write " + manifest + " " + shellWord(path)}
	case errors.Is(err, fs.ErrNotExist) && nearFile(path) != "":
		return &hinted{err: err, hint: nearFile(path)}
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, saved.ErrLayout):
		return &hinted{err: err, hint: "save the plan with plan --out " + shellWord(path)}
	}
	return err
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
		return fmt.Errorf("%s is not signed: there is no %s; make it by plan --sign, or by %s",
			path, path+signatureSuffix, signCommand("KEY", path))
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
