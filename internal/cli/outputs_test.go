package cli_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/cli"
	"github.com/agencyctl/agencyctl/internal/conformance/memory"
	"github.com/agencyctl/agencyctl/providers"
)

// toFiles are outputs in every format that a plan has, one file each.
var toFiles = []string{
	"-o", "json=o/plan.json", "-o", "text=o/plan.txt", "-o", "sarif=o/plan.sarif", "-o", "junit=o/plan.xml",
	"-o", "gitlab-codequality=o/quality.json", "-o", "gitlab-terraform=o/terraform.json", "-o", "textfile=o/agencyctl.prom",
}

func filesIn(t *testing.T, folder string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(folder)
	require.NoError(t, err)
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func content(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(text)
}

func TestOneRunWritesSeveralOutputs(t *testing.T) {
	a := newAccounts(t, "alpha")
	require.NoError(t, os.Mkdir("o", 0o700))
	plain := a.run(limited(t), t, nil, "plan", "-f", "m")
	reads := len(a.worlds["alpha"].Calls())
	asJSON := a.run(limited(t), t, nil, "plan", "-f", "m", "-o", "json")
	calls := len(a.worlds["alpha"].Calls())

	got := a.run(limited(t), t, nil, append([]string{"plan", "-f", "m"}, toFiles...)...)
	require.Equal(t, plain, got, "with files alone, standard output has text")
	require.Equal(t, reads, len(a.worlds["alpha"].Calls())-calls, "the cloud is read once")
	assert.Equal(t, plain.out, content(t, "o/plan.txt"))
	assert.Equal(t, asJSON.out, content(t, "o/plan.json"))
	assert.Equal(t, `{"create":1,"update":1,"delete":0}`+"\n", content(t, "o/terraform.json"))
	assert.Equal(t, []string{"agencyctl.prom", "plan.json", "plan.sarif", "plan.txt", "plan.xml", "quality.json", "terraform.json"}, filesIn(t, "o"),
		"nothing else is left behind")
	for name, mode := range map[string]os.FileMode{"plan.json": 0o600, "agencyctl.prom": 0o644} {
		info, err := os.Stat("o/" + name)
		require.NoError(t, err)
		assert.Equal(t, mode, info.Mode().Perm(), name)
	}

	require.NoError(t, os.Chmod("o/plan.json", 0o640))
	got = a.run(limited(t), t, nil, append([]string{"plan", "-f", "m", "-o", "json"}, toFiles...)...)
	require.Equal(t, asJSON, got)
	info, err := os.Stat("o/plan.json")
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o640), info.Mode().Perm(), "a file that is there keeps its permissions")
}

func TestOutputsThatCannotBeWrittenAreRefusedBeforeAnyCall(t *testing.T) {
	for sentence, c := range map[string]struct {
		args []string
		says string
	}{
		"a folder that is not there":   {[]string{"-o", "json=none/plan.json"}, "--output json=none/plan.json: none: there is no such file or folder"},
		"a folder that is a file":      {[]string{"-o", "json=file/plan.json"}, "a part of its path is no directory"},
		"a folder for a file":          {[]string{"-o", "json=o"}, "it is a folder: name a file"},
		"a folder to be":               {[]string{"-o", "json=p/"}, "it is a folder: name a file"},
		"a folder without a parent":    {[]string{"-o", "sarif=none/p/"}, "none/p/: there is no such file or folder"},
		"one file twice":               {[]string{"-o", "json=o/x", "-o", "sarif=./o/../o/x"}, "--output json=o/x goes there too"},
		"one file twice, by a link":    {[]string{"-o", "json=o/x", "-o", "sarif=link/x"}, "--output json=o/x goes there too"},
		"a file in a folder of ours":   {[]string{"-o", "sarif=o/", "-o", "json=o/_run.sarif"}, "--output sarif=o/ goes there too"},
		"a manifest of this run":       {[]string{"-o", "json=m/1.yaml"}, "--file reads it as a manifest"},
		"a manifest to be":             {[]string{"-o", "json=m/new.yaml"}, "--file reads it as a manifest"},
		"the folder of the manifests":  {[]string{"-o", "sarif=m/"}, "this run uses that file as --file"},
		"another manifest":             {[]string{"-o", "json=other.txt"}, "it is there and a manifest"},
		"a key":                        {[]string{"-o", "json=key"}, "it is there and a key or a signature"},
		"a saved plan":                 {[]string{"-o", "json=saved.json"}, "it is there and a saved plan"},
		"the saved plan of this run":   {[]string{"-o", "json=new.json", "--out", "new.json"}, "this run uses that file as --out"},
		"its signature":                {[]string{"-o", "json=new.json.sig", "--out", "new.json"}, "this run uses that file as the signature of --out"},
		"a link":                       {[]string{"-o", "json=tofile"}, "it is there and no regular file"},
		"no file":                      {[]string{"-o", "json="}, "name a file, as in json=FILE"},
		"standard output as a file":    {[]string{"-o", "json=-"}, "write json alone"},
		"two documents for one output": {[]string{"-o", "json", "-o", "sarif"}, "standard output takes one document, and it has json"},
		"a misspelt format":            {[]string{"-o", "sarf=x"}, `hint: did you mean "sarif"?`},
	} {
		t.Run(sentence, func(t *testing.T) {
			a := newAccounts(t, "alpha")
			require.NoError(t, os.Mkdir("o", 0o700))
			require.NoError(t, os.Symlink("o", "link"))
			write("file", "x")(t, a)
			require.NoError(t, os.Symlink("file", "tofile"))
			write("other.txt", "# mine\napiVersion: agencyctl/v1\n")(t, a)
			write("key", "\n-----BEGIN OPENSSH PRIVATE KEY-----\n")(t, a)
			write("saved.json", `{"formatVersion":"1","digest":"sha256:00","changes":[]}`)(t, a)
			before := content(t, "m/1.yaml")

			o := a.run(limited(t), t, nil, append([]string{"plan", "-f", "m"}, c.args...)...)
			assert.Equal(t, 1, o.code)
			assert.Contains(t, o.errors, c.says)
			assert.Equal(t, 1, strings.Count(o.errors, "agencyctl: "), "told once: %s", o.errors)
			assert.Empty(t, a.worlds["alpha"].Calls(), "nothing is read")
			assert.Equal(t, before, content(t, "m/1.yaml"))
			assert.Equal(t, []string{"1.yaml"}, filesIn(t, "m"))
			assert.Empty(t, slices.DeleteFunc(filesIn(t, "o"), func(name string) bool { return name == "_run.sarif" }))
			assert.Equal(t, "x", content(t, "file"))
		})
	}
}

func TestApplyRefusesItsOwnFilesAsOutputs(t *testing.T) {
	for _, args := range [][]string{{"--log", "x"}, {"--base", "x"}, {"--sim=x"}} {
		a := newAccounts(t, "alpha")
		write("x", "mine")(t, a)
		o := a.run(limited(t), t, nil, append([]string{"apply", "-f", "m", "--auto-approve", "-o", "json=x"}, args...)...)
		assert.Equal(t, 1, o.code, args)
		assert.Contains(t, o.errors, "this run uses that file as --", args)
		assert.Equal(t, "mine", content(t, "x"), args)
		assert.Zero(t, a.writes(), args)
	}
}

// A file of an earlier run that stays when this one fails would be taken for this one's.
func TestOutputsOfFailedRunsSaySo(t *testing.T) {
	for sentence, s := range map[string]stage{
		"no access": unreadable, "no connection": noKeys, "an invalid manifest": invalid, "a missing file": missing, "interrupted": stopped,
		"an unknown flag": unknown, "a flag's value": badFlag, "an argument too many": {args: []string{"extra"}, code: 1},
		"another output that is refused": {args: []string{"-o", "text=none/x"}, code: 1},
		"a bad flag before the outputs":  {args: []string{"--bogus"}, code: 1},
	} {
		t.Run(sentence, func(t *testing.T) {
			a := newAccounts(t, "alpha")
			require.NoError(t, os.Mkdir("o", 0o700))
			o := a.run(limited(t), t, nil, append([]string{"plan", "-f", "m", "-o", "json"}, toFiles...)...)
			require.Zero(t, o.code, o.errors)
			if s.before != nil {
				s.before(t, a)
			}
			ctx, stop := context.WithCancel(limited(t))
			defer stop()
			if s.stopped {
				stop()
			}
			args := slices.Concat([]string{"plan", "-f", "m"}, s.args, []string{"-o", "json"}, toFiles)
			o = a.run(ctx, t, s.env, args...)
			require.Equal(t, s.code, o.code, o.errors)
			assert.Equal(t, o.out, content(t, "o/plan.json"), "both have the one document")
			var document map[string]any
			require.NoError(t, json.Unmarshal([]byte(o.out), &document))
			assert.False(t, noProblem(document))
			assert.Regexp(t, "^Failed: \\S", content(t, "o/plan.txt"), "nobody reads standard error beside a file")
			assert.Contains(t, content(t, "o/plan.sarif"), `"executionSuccessful": false`)
			assert.NotContains(t, content(t, "o/plan.xml"), ` failures="0" errors="0"`)
			assert.Contains(t, content(t, "o/quality.json"), `"blocker"`)
			assert.Contains(t, content(t, "o/terraform.json"), `{"error":`)
			assert.Contains(t, content(t, "o/agencyctl.prom"), "\nagencyctl_up 0\n")
		})
	}
}

func TestABadFlagOverwritesNoFileOfTheRun(t *testing.T) {
	for _, args := range []string{"--bogus -o json=x -f x", "--bogus -fx -o json=x", "-o json=x --rate -1 -f x --bogus", "-o json=x --bogus --log x"} {
		a := newAccounts(t, "alpha")
		write("x", "mine")(t, a)
		o := a.run(limited(t), t, nil, append([]string{"apply"}, strings.Fields(args)...)...)
		assert.Equal(t, 1, o.code)
		assert.Equal(t, "mine", content(t, "x"), args)
	}
}

func TestAnOutputThatFailsAtTheEndIsTold(t *testing.T) {
	for args, code := range map[string]int{"plan": 1, "apply --auto-approve": 3} {
		a := newAccounts(t, "alpha")
		require.NoError(t, os.Mkdir("o", 0o700))
		a.worlds["alpha"].SetHook(func(context.Context, memory.Call) error { return os.RemoveAll("o") })
		o := a.run(limited(t), t, nil, append(strings.Fields(args), "-f", "m", "-o", "json", "-o", "sarif=o/x")...)
		assert.Equal(t, code, o.code, args)
		assert.Contains(t, o.errors, "--output sarif=o/x: ", args)
		assert.Contains(t, o.out, `"formatVersion"`, "the other document is written all the same")
	}
}

// The superuser may list the folder all the same.
func TestAFolderThatCannotBeListedTakesDocuments(t *testing.T) {
	a := newAccounts(t, "alpha")
	require.NoError(t, os.Mkdir("o", 0o300))
	t.Cleanup(func() { _ = os.Chmod("o", 0o700) })
	o := a.run(limited(t), t, nil, "apply", "--auto-approve", "-f", "m", "-o", "sarif=o/")
	require.Zero(t, o.code, o.errors)
	assert.Contains(t, content(t, "o/alpha.sarif"), `"executionSuccessful": true`)
}

func TestSARIFOfManyAccountsTakesAFolder(t *testing.T) {
	names := []string{"Alpha", "alpha", "a-b", "a_b"}
	for i := len(names); i < 21; i++ {
		names = append(names, fmt.Sprintf("account-%02d", i))
	}
	a := newAccounts(t, names...)
	for _, args := range [][]string{{"-o", "sarif"}, {"-o", "sarif=all.sarif"}} {
		o := a.run(limited(t), t, nil, append([]string{"drift", "-f", "m"}, args...)...)
		assert.Equal(t, 1, o.code)
		assert.Contains(t, o.errors, "these manifests are for 21 accounts, and a SARIF file takes 20")
		assert.Contains(t, o.errors, "hint: write -o sarif=FOLDER/ for one file an account")
		assert.Empty(t, a.worlds["alpha"].Calls(), "nothing is read")
	}
	a.worlds["a-b"].SetFaults(memory.Fault{Operation: memory.Observe, Err: providers.ErrDenied})
	o := a.run(limited(t), t, nil, "drift", "-f", "m", "-o", "sarif=s/", "-o", "textfile=all.prom")
	require.Equal(t, 1, o.code, o.errors)
	files := filesIn(t, "s")
	require.Len(t, files, 22)
	for _, name := range []string{"_run.sarif", "Alpha.sarif", "alpha_.sarif", "a_b.sarif", "account-20.sarif"} {
		require.Contains(t, files, name)
		assert.Contains(t, content(t, filepath.Join("s", name)), `"executionSuccessful": true`, name)
	}
	assert.Contains(t, content(t, "s/a-b.sarif"), `"executionSuccessful": false`)
	assert.Contains(t, content(t, "s/alpha_.sarif"), `"id": "agencyctl/alpha/"`)
	assert.Equal(t, 22, strings.Count(content(t, "all.prom"), "_up{account=")+strings.Count(content(t, "all.prom"), "\nagencyctl_up 0"))

	o = a.run(limited(t), t, nil, "drift", "-f", "m", "-o", "sarif=s", "--now", "x")
	require.Equal(t, 1, o.code)
	assert.Contains(t, content(t, "s/_run.sarif"), `"executionSuccessful": false`, "a failure of the run as a whole stands in its own file")

	o = a.run(limited(t), t, nil, "validate", "-f", "m", "-o", "sarif=v/")
	require.Zero(t, o.code, o.errors)
	assert.Equal(t, []string{"_run.sarif"}, filesIn(t, "v"), "problems are of no account")
}

func TestFormatsFitTheCommand(t *testing.T) {
	a := newAccounts(t, "alpha")
	for _, args := range []string{"drift -f m -o gitlab-terraform", "validate -f m -o textfile=x", "whoami -f m -o sarif"} {
		o := a.run(limited(t), t, nil, strings.Fields(args)...)
		assert.Equal(t, 1, o.code, args)
		assert.Contains(t, o.errors, "has no form in it; choose one of ", args)
		assert.Empty(t, a.worlds["alpha"].Calls(), args)
	}
}

func TestPlacesOfFindingsAreRelativeToTheRepository(t *testing.T) {
	a := newAccounts(t, "alpha")
	here, err := os.Getwd()
	require.NoError(t, err)
	require.NoError(t, os.Mkdir(".git", 0o700))
	require.NoError(t, os.Mkdir("o", 0o700))
	for folder, file := range map[string]string{".": "m", "m": "1.yaml", "o": filepath.Join(here, "m")} {
		t.Chdir(filepath.Join(here, folder))
		o := a.run(limited(t), t, func(env *cli.Env) { env.Version = "v0" }, "drift", "-f", file, "-o", "sarif")
		require.Equal(t, 2, o.code, o.errors)
		assert.Contains(t, o.out, `"uri": "m/1.yaml"`, folder)
		assert.Contains(t, o.out, `"uriBaseId": "%SRCROOT%"`, folder)
	}
}
