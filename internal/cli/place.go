package cli

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/pflag"
)

// place is where a run works, for formats that other tools read.
type place struct {
	// directory is the working directory, and repository the nearest folder upwards that has a .git, or else the working directory.
	directory, repository string
	// inputs are the files and folders that the run was given.
	inputs []string
}

func whereAmI(files, args []string) place {
	var p place
	p.directory, _ = os.Getwd() // without one, paths stay as they were given
	p.repository = p.directory
	for folder := p.directory; ; folder = filepath.Dir(folder) {
		if _, err := os.Lstat(filepath.Join(folder, ".git")); err == nil {
			p.repository = folder
			break
		}
		if folder == filepath.Dir(folder) {
			break
		}
	}
	p.inputs = slices.Concat(args, files)
	return p
}

// fileOfRun is a file that a run reads or writes beside its outputs.
type fileOfRun struct {
	path, what string
	// manifests marks files and folders that manifests are read from.
	manifests bool
}

// pathFlags are the flags that name files, with their letters. Those of manifests may name folders.
var pathFlags = map[string]string{
	"file": "f", flagBase: "", flagGuardrails: "", "out": "", "log": "", "sim": "", "sign": "", flagUpdate: "", "verify-key": "",
}

// filesOfRun returns the files that a command line names. The flags may be nil.
func filesOfRun(flags *pflag.FlagSet, args []string) (files []fileOfRun) {
	for _, arg := range args {
		files = append(files, fileOfRun{path: arg, what: "the saved plan"}, fileOfRun{path: arg + signatureSuffix, what: "its signature"})
	}
	if flags == nil {
		return files
	}
	for _, name := range slices.Sorted(maps.Keys(pathFlags)) {
		f := flags.Lookup(name)
		if f == nil || !f.Changed {
			continue
		}
		paths := []string{f.Value.String()}
		if several, is := f.Value.(pflag.SliceValue); is {
			paths = several.GetSlice()
		}
		for _, path := range paths {
			manifests := slices.Contains([]string{"file", flagBase, flagGuardrails, flagUpdate}, name)
			files = append(files, fileOfRun{path: path, what: "--" + name, manifests: manifests})
			if name == "out" {
				files = append(files, fileOfRun{path: path + signatureSuffix, what: "the signature of --out"})
			}
		}
	}
	return files
}

// samePath reports whether two paths are of one file, whether it is there or not.
func samePath(one, other string) bool {
	if resolved(one) == resolved(other) {
		return true
	}
	x, err := os.Stat(one)
	if err != nil {
		return false
	}
	y, err := os.Stat(other)
	return err == nil && os.SameFile(x, y)
}

// isWithin reports whether a path lies in a folder.
func isWithin(folder, path string) bool {
	relative, err := filepath.Rel(resolved(folder), resolved(path))
	return err == nil && relative != "." && relative != ".." && !strings.HasPrefix(relative, ".."+string(filepath.Separator))
}

// resolved returns the absolute path, with the links of its folder resolved where it is there.
func resolved(path string) string {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return filepath.Clean(path)
	}
	folder, err := filepath.EvalSymlinks(filepath.Dir(absolute))
	if err != nil {
		return absolute
	}
	return filepath.Join(folder, filepath.Base(absolute))
}

func isManifestName(path string) bool {
	return slices.Contains([]string{".yaml", ".yml"}, filepath.Ext(path))
}

// manifestHead finds the first key of a manifest.
var manifestHead = regexp.MustCompile(`(?m)^\s*"?apiVersion"?:\s*"?agencyctl/`)

// ruleText returns what the documentation says of a rule, one paragraph a line; "" for nothing.
func (a *app) ruleText(id string) string {
	if a.ruleTexts == nil {
		a.ruleTexts = map[string]string{}
		all, _ := a.entries() // without the documentation there are no texts
		for _, e := range all {
			text := e.Summary
			for _, part := range []struct{ label, text string }{{"", e.Meaning}, {"Why: ", e.Why}, {"What to do: ", e.Do}} {
				if part.text != "" {
					text += "\n" + part.label + part.text
				}
			}
			a.ruleTexts[e.Word] = text
		}
	}
	return a.ruleTexts[id]
}
