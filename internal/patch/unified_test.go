package patch_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/agencyctl/agencyctl/internal/patch"
	"github.com/agencyctl/agencyctl/internal/patch/patchtest"
)

func TestUnified(t *testing.T) {
	const ten = "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n"
	for name, c := range map[string]struct{ before, after, want string }{
		"equal":               {ten, ten, ""},
		"a line is added":     {ten, strings.Replace(ten, "5\n", "5\nnew\n", 1), "@@ -3,6 +3,7 @@\n 3\n 4\n 5\n+new\n 6\n 7\n 8\n"},
		"a line is removed":   {ten, strings.Replace(ten, "1\n", "", 1), "@@ -1,4 +1,3 @@\n-1\n 2\n 3\n 4\n"},
		"a line is replaced":  {"a\n", "b\n", "@@ -1 +1 @@\n-a\n+b\n"},
		"of nothing":          {"", "a\nb\n", "@@ -0,0 +1,2 @@\n+a\n+b\n"},
		"to nothing":          {"a\nb\n", "", "@@ -1,2 +0,0 @@\n-a\n-b\n"},
		"the last line opens": {"a\n", "a", "@@ -1 +1 @@\n-a\n+a\n\\ No newline at end of file\n"},
		"no end of line":      {"a\nb", "c\nb", "@@ -1,2 +1,2 @@\n-a\n+c\n b\n\\ No newline at end of file\n"},
		"other ends of line":  {"a\r\nb\r\n", "a\r\nb\r\nc\r\n", "@@ -1,2 +1,3 @@\n a\r\n b\r\n+c\r\n"},
		"two near changes":    {ten, "a\n2\n3\n4\n5\n6\n7\nb\n9\n10\n", "@@ -1,10 +1,10 @@\n-1\n+a\n 2\n 3\n 4\n 5\n 6\n 7\n-8\n+b\n 9\n 10\n"},
		"two far changes": {
			ten, "a\n2\n3\n4\n5\n6\n7\n8\nb\n10\n",
			"@@ -1,4 +1,4 @@\n-1\n+a\n 2\n 3\n 4\n@@ -6,5 +6,5 @@\n 6\n 7\n 8\n-9\n+b\n 10\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			want := c.want
			if want != "" {
				want = "--- a/iam/a.yaml\n+++ b/iam/a.yaml\n" + want
			}
			assert.Equal(t, want, string(patch.Unified("iam/a.yaml", []byte(c.before), []byte(c.after))))
		})
	}
}

func TestNamesOfFilesStayWhole(t *testing.T) {
	for name, want := range map[string]string{
		"a.yaml":      "--- a/a.yaml\n",
		"a b.yaml":    "--- a/a b.yaml\t\n",
		"日本.yaml":     "--- a/日本.yaml\n",
		"a\n\"b\\c\"": `--- "a/a\012\"b\\c\""` + "\n",
	} {
		head, _, _ := strings.Cut(string(patch.Unified(name, []byte("a\n"), nil)), "+++")
		assert.Equal(t, want, head)
	}
}

// drawnTexts are two texts that share many lines.
func drawnTexts(t *rapid.T) (before, after string) {
	line := rapid.SampledFrom([]string{"a\n", "b\n", "c\n", "\n", "  - a\n", "x\r\n", "\r\n", "漢字\n", "\xff\n", "\\ No newline at end of file\n", "--- a/x\n"})
	lines := rapid.SliceOfN(line, 0, 40).Draw(t, "lines")
	changed := append([]string(nil), lines...)
	for range rapid.IntRange(0, 5).Draw(t, "changes") {
		at := rapid.IntRange(0, len(changed)).Draw(t, "at")
		until := min(len(changed), at+rapid.IntRange(0, 3).Draw(t, "removed"))
		added := rapid.SliceOfN(line, 0, 3).Draw(t, "added")
		changed = append(append(append([]string(nil), changed[:at]...), added...), changed[until:]...)
	}
	end := rapid.SampledFrom([]string{"", "end"})
	return strings.Join(lines, "") + end.Draw(t, "end before"), strings.Join(changed, "") + end.Draw(t, "end after")
}

// A patch makes the one text out of the other, and nothing else of it.
func TestPatchesApply(t *testing.T) {
	folder := t.TempDir()
	file := filepath.Join(folder, "a.yaml")
	rapid.Check(t, func(t *rapid.T) {
		before, after := drawnTexts(t)
		diff := string(patch.Unified("a.yaml", []byte(before), []byte(after)))
		if before == after {
			require.Empty(t, diff)
			return
		}
		require.NoError(t, os.WriteFile(file, []byte(before), 0o600))
		require.NoError(t, patchtest.Apply(folder, "# a remark\n"+diff), diff)
		got, err := os.ReadFile(file)
		require.NoError(t, err)
		require.Equal(t, after, string(got), diff)
	})
}

// The judge of the test above must refuse what git refuses.
func TestPatchesThatDoNotFitAreRefused(t *testing.T) {
	good := string(patch.Unified("a.yaml", []byte("1\n2\n3\n4\n5\n6\n"), []byte("1\n2\n3\n4\n5\nnew\n6\n")))
	for name, c := range map[string]struct{ text, diff string }{
		"another line":           {"1\n2\n3\n4\nfive\n6\n", good},
		"a line more above":      {"0\n1\n2\n3\n4\n5\n6\n", good},
		"a wrong count":          {"1\n2\n3\n4\n5\n6\n", strings.Replace(good, "+3,5", "+3,6", 1)},
		"a wrong line after":     {"1\n2\n3\n4\n5\n6\n", strings.Replace(good, "+3,5", "+4,5", 1)},
		"a folder above":         {"1\n2\n3\n4\n5\n6\n", strings.ReplaceAll(good, "/a.yaml", "/../a.yaml")},
		"two names":              {"1\n2\n3\n4\n5\n6\n", strings.Replace(good, "b/a.yaml", "b/b.yaml", 1)},
		"no file":                {"1\n", "# nothing\n"},
		"a text behind the last": {"1\n2\n3\n4\n5\n6\n", good + "and more\n"},
	} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			require.NoError(t, os.WriteFile(filepath.Join(folder, "a.yaml"), []byte(c.text), 0o600))
			require.Error(t, patchtest.Apply(folder, c.diff))
			got, err := os.ReadFile(filepath.Join(folder, "a.yaml"))
			require.NoError(t, err)
			require.Equal(t, c.text, string(got))
		})
	}
}
