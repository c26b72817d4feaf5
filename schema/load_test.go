package schema_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/schema"
)

// tree writes files below a new directory and returns its path.
func tree(t *testing.T, files ...string) string {
	t.Helper()
	root := t.TempDir()
	for _, name := range files {
		path := filepath.Join(root, filepath.FromSlash(name))
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte("# "+name), 0o600))
	}
	return root
}

// names loads paths and returns the sources' names below root.
func names(t *testing.T, root string, paths ...string) []string {
	t.Helper()
	sources, err := schema.Load(paths, strings.NewReader("# in"))
	require.NoError(t, err)
	var all []string
	for _, s := range sources {
		all = append(all, strings.TrimPrefix(strings.TrimPrefix(filepath.ToSlash(s.Name), filepath.ToSlash(root)), "/"))
	}
	return all
}

func TestLoadReadsADirectoryInSortedOrder(t *testing.T) {
	root := tree(t, "b.yaml", "a/z.yml", "a/a.yaml", "c.txt", ".hidden.yaml", ".git/x.yaml", "d.YAML")
	assert.Equal(t, []string{"a/a.yaml", "a/z.yml", "b.yaml"}, names(t, root, root))
}

func TestLoadReadsAFileOnceHoweverItIsReached(t *testing.T) {
	root := tree(t, "a.yaml", "sub/b.yaml")
	require.NoError(t, os.Symlink(filepath.Join(root, "a.yaml"), filepath.Join(root, "link.yaml")))
	assert.Equal(t, []string{"a.yaml", "sub/b.yaml"}, names(t, root, root, filepath.Join(root, "sub", "..", "a.yaml")))
}

func TestLoadIsSafeFromLoopsOfLinks(t *testing.T) {
	root := tree(t, "a.yaml")
	require.NoError(t, os.Symlink(root, filepath.Join(root, "loop")))
	assert.Equal(t, []string{"a.yaml"}, names(t, root, root))
}

func TestLoadFollowsNoLinkOutOfItsDirectory(t *testing.T) {
	for name, to := range map[string]string{
		"a file": "../out/secret.yaml", "a directory": "../out", "the directory itself": "..", "a file by way of the directory": "../root/../out/secret.yaml",
		"a file of the system": "/proc/self/environ", "a file beside it with its name as a start": "../root2/secret.yaml",
	} {
		t.Run(name, func(t *testing.T) {
			root := tree(t, "root/a.yaml", "out/secret.yaml", "root2/secret.yaml")
			link := filepath.Join(root, "root", "link.yaml")
			require.NoError(t, os.Symlink(filepath.FromSlash(to), link))
			sources, err := schema.Load([]string{filepath.Join(root, "root")}, nil)
			require.ErrorContains(t, err, link+" is a link that leads out of the directory")
			assert.Empty(t, sources)
		})
	}
}

func TestLoadNamesEveryLinkThatLeadsOut(t *testing.T) {
	root := tree(t, "root/a/x.yaml", "root/b/x.yaml", "out.yaml")
	for _, folder := range []string{"a", "b"} {
		require.NoError(t, os.Symlink(filepath.Join(root, "out.yaml"), filepath.Join(root, "root", folder, "link.yaml")))
	}
	_, err := schema.Load([]string{filepath.Join(root, "root")}, nil)
	require.ErrorContains(t, err, filepath.Join("a", "link.yaml"))
	assert.ErrorContains(t, err, filepath.Join("b", "link.yaml"))
}

func TestLoadFollowsLinksThatStayInItsDirectory(t *testing.T) {
	root := tree(t, "..2031_01_01/main.yaml", "..2031_01_01/team/a.yaml", "notes.txt")
	for link, to := range map[string]string{ // as Kubernetes mounts a ConfigMap
		"..data": "..2031_01_01", "main.yaml": "..data/main.yaml", "team": "..data/team", "loop": ".", "gone": "nowhere", "readme": "/etc/hostname",
	} {
		require.NoError(t, os.Symlink(filepath.FromSlash(to), filepath.Join(root, link)))
	}
	assert.Equal(t, []string{"main.yaml", "team/a.yaml"}, names(t, root, root))
}

func TestLoadReadsAFileThatIsNamedByALink(t *testing.T) {
	root := tree(t, "real/a.yaml")
	link := filepath.Join(root, "link.yaml")
	require.NoError(t, os.Symlink(filepath.Join(root, "real", "a.yaml"), link))
	assert.Equal(t, []string{"link.yaml"}, names(t, root, link))
}

func TestLoadEntersADirectoryThatIsNamedByALink(t *testing.T) {
	root := tree(t, "real/a.yaml")
	require.NoError(t, os.Symlink(filepath.Join(root, "real"), filepath.Join(root, "link")))
	assert.Equal(t, []string{"link/a.yaml"}, names(t, root, filepath.Join(root, "link")))
}

func TestLoadReadsAHiddenDirectoryThatIsNamed(t *testing.T) {
	root := tree(t, ".m/a.yaml")
	assert.Equal(t, []string{".m/a.yaml"}, names(t, root, filepath.Join(root, ".m")))
}

func TestLoadReadsStandardInputOnce(t *testing.T) {
	sources, err := schema.Load([]string{"-", "/dev/stdin", "-"}, strings.NewReader("# in"))
	require.NoError(t, err)
	assert.Equal(t, []schema.Source{{Name: "stdin", Data: []byte("# in")}}, sources)
}

func TestLoadNamesEveryPathItCannotRead(t *testing.T) {
	root := tree(t, "empty/readme.txt", "a.yaml")
	_, err := schema.Load([]string{filepath.Join(root, "gone.yaml"), filepath.Join(root, "empty"), filepath.Join(root, "a.yaml")}, nil)
	require.ErrorIs(t, err, os.ErrNotExist)
	require.ErrorContains(t, err, "gone.yaml")
	require.ErrorContains(t, err, "empty: no file *.yaml")
	_, err = schema.Load([]string{"-"}, nil)
	require.ErrorContains(t, err, "no standard input")
}

func TestLoadStopsBeyondItsLimits(t *testing.T) {
	root := tree(t, "a.yaml", "b.yaml", "c.yaml", "d.yaml", "e.yaml")
	for _, name := range []string{"a", "b", "c", "d", "e"} {
		require.NoError(t, os.Truncate(filepath.Join(root, name+".yaml"), 17<<20))
	}
	_, err := schema.Load([]string{root}, nil)
	require.ErrorContains(t, err, "more than 64 MiB")
}
