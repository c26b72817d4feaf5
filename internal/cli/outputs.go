package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/agencyctl/agencyctl/internal/render"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/plan/saved"
	"github.com/agencyctl/agencyctl/schema"
)

// outputs are the values of --output: at most one format for standard output, and any number of files. Files are prepared before
// anything is read, and written when the run is over, whatever became of it: a document of a failed run says so.
type outputs struct {
	format string // of standard output; "" for text
	files  []outputFile
	// instead is what a command writes to standard output in the place of the report; nil for the report.
	instead *bytes.Buffer
	// prepared is set when the files were looked at, and flags are those of a command line with a bad one.
	prepared bool
	flags    *pflag.FlagSet
}

// outputFile is a file, or a folder with a file for each account, that a report goes to.
type outputFile struct {
	format, path string
	folder       bool
	// refused is set when nothing may be written there.
	refused bool
	// left are the documents of other runs in the folder, which a pipeline would take for ours.
	left []string
}

// flag names the file as the user did.
func (o *outputFile) flag() string { return "--output " + o.format + "=" + o.path }

// folderFormat is the format that may go into a folder, one file for each account.
const folderFormat = "sarif"

// stdout returns the format of standard output.
func (o *outputs) stdout() string {
	if o.format == "" {
		return textFormat
	}
	return o.format
}

// writesReport reports whether the report itself is written anywhere.
func (o *outputs) writesReport() bool { return o.instead == nil || len(o.files) > 0 }

// print writes a report to standard output. A picture that goes to files is not drawn there, unless a format says so.
func (o *outputs) print(w io.Writer, r render.Report, view render.Options) error {
	if o.instead != nil {
		_, err := w.Write(o.instead.Bytes())
		return err
	}
	name := o.stdout()
	if r.Kind == render.Graph && o.format == "" {
		if len(o.files) > 0 || o.flags != nil { // or nobody could read which format is meant
			return nil
		}
		name = pictureFormat
	}
	return render.FormatOf(r.Kind, name)(w, r, view)
}

// outputFlags adds the flags of commands that end in a report of that kind.
func (a *app) outputFlags(cmd *cobra.Command, kind render.Kind) {
	cmd.Annotations = map[string]string{reportOf: string(kind)}
	f := cmd.Flags()
	f.VarP(&outputFlag{&a.outputs, kind}, "output", "o", "output `FORMAT`: "+enumerate(render.FormatsOf(kind), "or")+
		"; FORMAT=FILE writes it to a file as well, and may be repeated")
	f.BoolVar(&a.noColor, "no-color", false, "no colours (also by the environment variable NO_COLOR)")
	f.BoolVarP(&a.quiet, "quiet", "q", false, "no progress and no remarks on stderr; errors are still printed")
	f.BoolVarP(&a.verbose, "verbose", "v", false, "text: write all that is known, also about what stays as it is")
}

// tellDrawing adds to the help of --output that the command draws.
func tellDrawing(cmd *cobra.Command) {
	cmd.Flags().Lookup("output").Usage += "; " + render.DrawingFormat + " draws who may act in the account"
}

// findOutput reads --output, and the flags that name files. A bad flag ends the reading of a command line, and --output may stand behind
// it.
func (a *app) findOutput(cmd *cobra.Command, args []string) {
	lenient := func() *pflag.FlagSet {
		f := pflag.NewFlagSet("", pflag.ContinueOnError)
		f.ParseErrorsAllowlist.UnknownFlags = true
		f.BoolP("quiet", "q", false, "") // often written together, as -qo json
		f.BoolP("help", "h", false, "")
		return f
	}
	f := lenient()
	a.outputs = outputs{flags: lenient()}
	f.VarP(&outputFlag{&a.outputs, render.Kind(cmd.Annotations[reportOf])}, "output", "o", "")
	_ = f.Parse(args) // the error of the bad flag is the one to report
	for name, letter := range pathFlags {
		a.outputs.flags.StringArrayP(name, letter, nil, "")
	}
	a.outputs.flags.Lookup("sim").NoOptDefVal = defaultSimState
	_ = a.outputs.flags.Parse(args)
}

// outputFlag is --output of a command with a kind of report.
type outputFlag struct {
	outputs *outputs
	kind    render.Kind
}

// String implements [pflag.Value].
func (o *outputFlag) String() string {
	if o.outputs == nil {
		return ""
	}
	return o.outputs.format
}

// Type implements [pflag.Value].
func (o *outputFlag) Type() string { return "FORMAT" }

// Set implements [pflag.Value]. It takes FORMAT, once, and FORMAT=FILE.
func (o *outputFlag) Set(value string) error {
	name, path, toFile := strings.Cut(value, "=")
	fit := render.FormatsOf(o.kind)
	if !slices.Contains(fit, name) {
		text := "choose one of " + strings.Join(fit, ", ")
		if _, known := render.Formats()[name]; known {
			return fmt.Errorf("%s has no form in it; %s", o.kind, text)
		}
		return withHint(plan.DidYouMean(name, fit), "%s", text)
	}
	switch {
	case toFile && path == "":
		return fmt.Errorf("name a file, as in %s=FILE", name)
	case toFile && path == "-":
		return fmt.Errorf("for standard output, write %s alone", name)
	case toFile:
		o.outputs.files = append(o.outputs.files, outputFile{format: name, path: path})
	case o.outputs.format != "":
		return fmt.Errorf("standard output takes one document, and it has %s; write %s=FILE for a file", o.outputs.format, name)
	default:
		o.outputs.format = name
	}
	return nil
}

// prepare refuses, before anything is read, files that cannot be written, and those that the run itself reads or writes. What it
// refuses is not written at the end either.
func (o *outputs) prepare(flags *pflag.FlagSet, args []string) error {
	o.prepared = true
	others := filesOfRun(flags, args)
	var wrong []error
	for i := range o.files {
		f := &o.files[i]
		err := f.prepare(others)
		for j := range o.files[:i] {
			if twin := &o.files[j]; err == nil && f.meets(twin) {
				twin.refused = true
				err = fmt.Errorf("%s goes there too: name another file", twin.flag())
			}
		}
		if err != nil {
			f.refused = true
			wrong = append(wrong, fmt.Errorf("%s: %w", f.flag(), err))
		}
	}
	return errors.Join(wrong...)
}

// meets reports whether both would write one file.
func (f *outputFile) meets(other *outputFile) bool {
	within := func(folder, file *outputFile) bool {
		return folder.folder && filepath.Ext(file.path) == "."+folder.format && isWithin(folder.path, file.path)
	}
	return samePath(f.path, other.path) || within(f, other) || within(other, f)
}

func (f *outputFile) prepare(others []fileOfRun) error {
	for _, other := range others {
		switch {
		case samePath(other.path, f.path):
			return fmt.Errorf("this run uses that file as %s: name another file", other.what)
		case other.manifests && isManifestName(f.path) && isWithin(other.path, f.path):
			return fmt.Errorf("%s reads it as a manifest: name a file elsewhere", other.what)
		}
	}
	info, err := os.Stat(f.path)
	isFolder := err == nil && info.IsDir()
	if !isFolder && !os.IsPathSeparator(f.path[len(f.path)-1]) {
		if err := mayOverwrite(f.path); err != nil {
			return err
		}
		return mayWriteIn(filepath.Dir(f.path))
	}
	if f.format != folderFormat {
		return errors.New("it is a folder: name a file")
	}
	f.folder = true
	for _, other := range others {
		if filepath.Ext(other.path) == "."+f.format && isWithin(f.path, other.path) {
			return fmt.Errorf("this run uses a file of such a name in it as %s: name another folder", other.what)
		}
	}
	if !isFolder {
		if err := os.Mkdir(f.path, 0o755); err != nil {
			return fileError(f.path, err)
		}
	}
	return mayWriteIn(f.path)
}

// mayWriteIn finds out whether a file can be made in a folder.
func mayWriteIn(folder string) error {
	f, err := os.CreateTemp(folder, ".agencyctl.*")
	if errors.Is(err, fs.ErrNotExist) {
		if _, there := os.Stat(folder); there == nil { // some file systems say that of a file that they would not make
			return fmt.Errorf("%s takes no new files", folder)
		}
	}
	if err != nil {
		return fileError(folder, err)
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// mayOverwrite refuses to write over what a slip must not cost: a manifest, a saved plan, a key, and anything that is no regular file.
func mayOverwrite(path string) error {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fileError(path, err)
	case !info.Mode().IsRegular():
		return errors.New("it is there and no regular file; name another one")
	}
	file, err := schema.OpenFile(path, os.O_RDONLY, 0)
	if err != nil {
		return fileError(path, err)
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, saved.MaxBytes)) // what is larger is none of these
	if err != nil {
		return fileError(path, err)
	}
	what := ""
	switch {
	case isSavedPlan(text):
		what = "a saved plan"
	case bytes.HasPrefix(bytes.TrimSpace(text), []byte("-----BEGIN ")):
		what = "a key or a signature"
	case manifestHead.Match(text):
		what = "a manifest"
	default:
		return nil
	}
	return fmt.Errorf("it is there and %s; name another file, or remove this one", what)
}

// write writes the report to all files, and returns what failed.
func (o *outputs) write(r render.Report, view render.Options) (wrong []error) {
	for i := range o.files {
		if f := &o.files[i]; !f.refused {
			if err := f.write(r, view); err != nil {
				wrong = append(wrong, fmt.Errorf("%s: %w", f.flag(), err))
			}
		}
	}
	return wrong
}

func (f *outputFile) write(r render.Report, view render.Options) error {
	if !f.folder {
		return f.replace(f.path, r, view)
	}
	general := r
	general.Accounts = nil
	if r.Kind == render.Validate { // its problems are of no account
		r.Accounts = nil
	}
	wrong := []error{f.replace(filepath.Join(f.path, "_run."+f.format), general, view)}
	for i, name := range accountFiles(r.Accounts) {
		one := render.Report{Kind: r.Kind, Accounts: r.Accounts[i : i+1], Part: true}
		wrong = append(wrong, f.replace(filepath.Join(f.path, name+"."+f.format), one, view))
	}
	ours := append(accountFiles(r.Accounts), "_run")
	entries, _ := os.ReadDir(f.path) // all is written, and a folder that cannot be listed takes it too
	for _, e := range entries {
		if name, is := strings.CutSuffix(e.Name(), "."+f.format); is && !slices.Contains(ours, name) {
			f.left = append(f.left, e.Name())
		}
	}
	return errors.Join(wrong...)
}

// replace writes one document, all of it or nothing. A file that is there keeps its permissions. A new one is for its owner alone, but
// for metrics, which another user's collector reads.
func (f *outputFile) replace(path string, r render.Report, view render.Options) error {
	var text bytes.Buffer
	if err := render.FormatOf(r.Kind, f.format)(&text, r, view); err != nil {
		return err
	}
	mode := fs.FileMode(0o600)
	if f.format == "textfile" {
		mode = 0o644
	}
	if err := mayOverwrite(path); err != nil { // it came since, or is one of a folder
		return fmt.Errorf("%s: %w", path, err)
	}
	if info, err := os.Lstat(path); err == nil && info.Mode().IsRegular() {
		mode = info.Mode().Perm()
	}
	return replaceFileMode(path, text.Bytes(), mode)
}

// accountFiles returns a name of a file for each account, each another one, also where the file system takes "a" and "A" for the same.
func accountFiles(accounts []render.Account) []string {
	names := make([]string, len(accounts))
	taken := map[string]bool{"_run": true}
	for i := range accounts {
		name := fileName(accounts[i].Account.String())
		for taken[strings.ToLower(name)] {
			name += "_"
		}
		taken[strings.ToLower(name)], names[i] = true, name
	}
	return names
}

// fileName spells an account as the name of a file: other characters than letters, digits, "-", "_" and dots inside are percent-encoded.
func fileName(account string) string {
	const longest = 100 // bytes; longer names would be refused by some file systems
	var b strings.Builder
	for i := range len(account) {
		c := account[i]
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', i > 0 && (c == '.' || c == '_'):
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	if b.Len() > longest {
		return b.String()[:longest] + "-" + plan.Fingerprint(account)[:16]
	}
	return b.String()
}

// tellPlaces reports whether a format names places of single resources.
func (o *outputs) tellPlaces() bool {
	return o.hasFormat(func(format string) bool { return !slices.Contains([]string{"", textFormat, "json"}, format) })
}

// draw reports whether a format shows who may act in the account.
func (o *outputs) draw() bool {
	return o.hasFormat(func(format string) bool { return format == render.DrawingFormat })
}

// hasFormat reports whether one of the documents has such a format.
func (o *outputs) hasFormat(is func(format string) bool) bool {
	return is(o.format) || slices.ContainsFunc(o.files, func(f outputFile) bool { return is(f.format) })
}

// fits refuses more accounts than the formats can hold in one document.
func (o *outputs) fits(accounts int) error {
	if accounts <= render.SARIFRuns {
		return nil
	}
	inOne := o.format == folderFormat || slices.ContainsFunc(o.files, func(f outputFile) bool { return f.format == folderFormat && !f.folder })
	if !inOne {
		return nil
	}
	return withHint("write -o sarif=FOLDER/ for one file an account",
		"--output sarif: these manifests are for %d accounts, and a SARIF file takes %d", accounts, render.SARIFRuns)
}
