package acceptance

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// commandLines are those of each command that fail without a call where a flag does not end them before.
var commandLines = []string{
	"plan -f missing.yaml", "apply -f missing.yaml", "drift -f missing.yaml", "validate -f missing.yaml", "whoami -f missing.yaml",
	"show missing.json", "apply missing.json", "sim --listen nowhere", "sim edit --state missing.json delete x",
}

func TestABadValueOfAFlagIsToldInPlainWords(t *testing.T) {
	flag := regexp.MustCompile(`(?m)^ {2,6}(?:-\w, )?--([\w-]+)( \S+)?`)
	t.Chdir(t.TempDir()) // some values are good names of files
	tried := 0
	for _, line := range commandLines {
		words := strings.Fields(line)
		name := words[:1]
		if words[1] == "edit" {
			name = words[:2]
		}
		help := runWith(t.Context(), t, nil, append(slices.Clone(name), "--help")...)
		require.Zero(t, help.code)
		_, flags, found := strings.Cut(help.stdout, "\nUsage:\n")
		require.True(t, found)
		for _, m := range thinned(flag.FindAllStringSubmatch(flags, -1)) {
			if m[1] == "help" {
				continue
			}
			for _, value := range []string{"?!", "", "-1", "99999999999999999999", "1.5", "\x00"} {
				args := append(strings.Fields(line), "--"+m[1]+"="+value)
				o := runWith(t.Context(), t, nil, args...)
				assert.Equal(t, 1, o.code, "%q", args)
				assert.NotEmpty(t, o.stderr, "%q", args)
				tried++
			}
			if m[2] != "" && !strings.Contains(m[2], "[=") {
				o := runWith(t.Context(), t, nil, append(strings.Fields(line), "--"+m[1])...)
				assert.Equal(t, 1, o.code, m[1])
				assert.Contains(t, o.stderr, "--"+m[1]+" needs a value\nhint: write --"+m[1]+" ")
			}
		}
	}
	require.Greater(t, tried, 300/every)
}

func TestABadPathIsToldInPlainWords(t *testing.T) {
	folder := t.TempDir()
	manifest, err := filepath.Abs(wordsManifest)
	require.NoError(t, err)
	t.Chdir(t.TempDir())
	file := filepath.Join(folder, "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	loop := filepath.Join(folder, "loop")
	require.NoError(t, os.Symlink(loop, loop))
	for name, path := range map[string]string{
		"missing": filepath.Join(folder, "no", "file.json"), "a directory": folder, "below a file": filepath.Join(file, "x"), "a circle": loop,
		"too long": filepath.Join(folder, strings.Repeat("x", 300)),
	} {
		for _, command := range []string{
			"plan -f PATH", "validate -f PATH", "plan -f " + manifest + " --base PATH --sim=" + folder + "/sim.json",
			"apply PATH", "show PATH", "plan -f " + manifest + " --out PATH", "plan -f " + manifest + " --out o.json --sign PATH",
			"apply -f " + manifest + " --log PATH --sim=" + folder + "/sim.json", "plan -f " + manifest + " --sim=PATH",
			"sim --listen nowhere --seed PATH", "sim --listen nowhere --state PATH", "sim --listen nowhere --log-calls PATH", "sim edit --state PATH delete x",
		} {
			o := runWith(t.Context(), t, nil, strings.Fields(strings.ReplaceAll(command, "PATH", path))...)
			assert.Equal(t, 1, o.code, "%s: %s", name, command)
			assert.NotEmpty(t, o.stderr, "%s: %s", name, command)
		}
		for variable, more := range map[string]map[string]string{
			"HUAWEICLOUD_SDK_CREDENTIALS_FILE": nil, "OS_CLIENT_CONFIG_FILE": {"OS_CLOUD": "x"}, "AGENCYCTL_CACERT": demoKeys(), "OS_CACERT": demoKeys(),
			"HW_CACERT": demoKeys(),
		} {
			env := map[string]string{variable: path, "AGENCYCTL_METADATA": "off"}
			maps.Copy(env, more)
			o := runWith(t.Context(), t, env, "whoami", "--region", "cn-north-4", "--endpoint", "iam=http://127.0.0.1:1")
			assert.Equal(t, 1, o.code, "%s: %s", name, variable)
			assert.Contains(t, o.stderr, variable, "%s: the setting is named", name)
		}
	}
}
