package architecture_test

import (
	"encoding/json"
	"errors"
	"go/parser"
	"go/token"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const module = "github.com/agencyctl/agencyctl"

// mayImport lists, for each package, which of ours it may import. A trailing "/..." covers everything below. The first
// rule whose package matches holds.
var mayImport = []struct {
	of      string
	imports []string
}{
	{"plan/addr", nil},
	{"plan/access", []string{"plan/addr"}},
	{"plan", []string{"plan/addr", "plan/access"}},
	{"plan/saved", []string{"plan", "plan/addr", "plan/access"}},
	{"schema", []string{"plan", "plan/addr", "schema/internal/..."}},
	{"schema/internal/...", []string{"plan"}},
	{"providers", []string{"plan/..."}},
	{"providers/huaweicloud/auth", []string{"providers", "plan/..."}},
	{"providers/huaweicloud/policy", []string{"providers", "plan/..."}},
	{"providers/huaweicloud", []string{"providers", "providers/huaweicloud/auth", "providers/huaweicloud/policy", "plan/..."}},
	{"providers/...", []string{"providers", "providers/huaweicloud/...", "plan/..."}},
	{"engine", []string{"plan/...", "providers"}},
	{"internal/notify", nil},
	{"internal/patch", nil},
	{"internal/patch/patchtest", nil}, // tests only
	{"internal/render", []string{"plan/...", "engine", "schema", "internal/patch"}},
	{"internal/export", []string{"plan/...", "providers", "schema", "engine"}},
	{"internal/cloudsim", nil},
	{"internal/signature", nil},
	// Only tests import these two.
	{"internal/conformance/...", []string{"internal/conformance/...", "providers", "providers/huaweicloud/...", "schema", "plan/...", "internal/cloudsim"}},
	{"internal/stories", []string{"internal/cloudsim", "internal/patch/patchtest"}},
	{"internal/cli", []string{"schema", "plan/...", "providers", "engine", "internal/render", "internal/notify", "internal/export", "internal/patch", "internal/signature", "internal/cloudsim"}},
	{"internal/architecture", nil},
	{"internal/acceptance", nil}, // tests only
	// It runs the program as a process of its own.
	{"internal/benchmarks", []string{"internal/cloudsim"}},
	{"", []string{"..."}}, // main wires everything
}

// onlyIn keeps libraries behind one package of ours; tests may use them anywhere.
var onlyIn = map[string][]string{
	"gopkg.in/yaml.v3":                         {"schema", "providers/huaweicloud/auth", "internal/stories"},
	"gopkg.in/ini.v1":                          {"providers/huaweicloud/auth"},
	"github.com/gophercloud/gophercloud/v2":    {"providers/huaweicloud/auth"},
	"github.com/santhosh-tekuri/jsonschema/v5": {"schema"},
	"github.com/sergi/go-diff/diffmatchpatch":  {"internal/patch"},
	"github.com/spf13/cobra":                   {"internal/cli"},
	"github.com/stretchr/testify/assert":       {"internal/conformance"},
	"github.com/stretchr/testify/require":      {"internal/conformance"},
	"github.com/cenkalti/backoff/v5":           {"providers/huaweicloud", "internal/notify"},
	"github.com/schollz/progressbar/v3":        {"internal/render"},
	"github.com/hiddeco/sshsig":                {"internal/signature"},
	"golang.org/x/crypto":                      {"internal/signature", "internal/stories"},
	"net/http":                                 {"providers", "internal/cloudsim", "internal/notify", "internal/conformance", "internal/stories", "internal/benchmarks"},
	"golang.org/x/net":                         {"providers/huaweicloud"},
	"golang.org/x/time/rate":                   {"providers/huaweicloud", "internal/cloudsim"},
}

// nowhere are modules that neither the program nor its tests may need, each with the reason. A trailing "/..." covers
// everything below.
var nowhere = map[string]string{
	"github.com/huaweicloud/huaweicloud-sdk-go-v3": "it is large and brings the others; our signer is held against it in internal/sdkjudge",
	"go.mongodb.org/mongo-driver/...":              "its first major version is deprecated, and no database is spoken to",
	"github.com/json-iterator/go":                  "it is not maintained any more, and encoding/json will do",
	"github.com/tjfoc/gmsm":                        "nothing is signed by SM2 or SM3",
}

type listed struct {
	ImportPath string
	Imports    []string
}

func packages(t *testing.T) []listed {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", module+"/...").Output()
	require.NoError(t, err)
	var all []listed
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		err := d.Decode(&p)
		if errors.Is(err, io.EOF) {
			return all
		}
		require.NoError(t, err)
		all = append(all, p)
	}
}

func TestPackagesImportOnlyWhatTheTableAllows(t *testing.T) {
	for _, p := range packages(t) {
		name := short(p.ImportPath)
		rule := slices.IndexFunc(mayImport, func(r struct {
			of      string
			imports []string
		}) bool {
			return covers(r.of, name)
		})
		require.GreaterOrEqual(t, rule, 0, "package %s is not in the import table: where does it belong?", name)
		for _, imported := range p.Imports {
			if !strings.HasPrefix(imported, module) {
				continue
			}
			allowed := slices.ContainsFunc(mayImport[rule].imports, func(pattern string) bool { return covers(pattern, short(imported)) })
			require.True(t, allowed, "%s must not import %s", name, short(imported))
		}
	}
}

// The program and the tests of the whole program must know the same services.
func TestAcceptanceWiresWhatMainWires(t *testing.T) {
	wired := func(file string) []string {
		parsed, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, file), nil, parser.ImportsOnly)
		require.NoError(t, err)
		var services []string
		for _, i := range parsed.Imports {
			if path := short(strings.Trim(i.Path.Value, `"`)); strings.HasPrefix(path, "providers/") {
				services = append(services, path)
			}
		}
		slices.Sort(services)
		return services
	}
	require.NotEmpty(t, wired("main.go"))
	require.Equal(t, wired("main.go"), wired("internal/acceptance/main_test.go"))
}

// The top level is agreed: what else is needed goes below one of its folders.
func TestTheTopLevelIsAgreed(t *testing.T) {
	agreed := []string{
		"CHANGELOG.md", "Dockerfile", "LICENSE", "README.md", "SECURITY.md", "docs", "engine", "examples", "go.mod", "go.sum", "internal",
		"main.go", "main_test.go", "plan", "providers", "schema", "testdata",
		"agencyctl", "dist", // what a build writes, which git ignores
	}
	entries, err := os.ReadDir(root)
	require.NoError(t, err)
	for _, entry := range entries {
		if !strings.HasPrefix(entry.Name(), ".") {
			require.Contains(t, agreed, entry.Name())
		}
	}
	for _, p := range packages(t) {
		folder, _, _ := strings.Cut(short(p.ImportPath), "/")
		require.Contains(t, []string{"", "engine", "internal", "plan", "providers", "schema"}, folder)
	}
}

func TestLibrariesStayBehindOnePackage(t *testing.T) {
	for _, p := range packages(t) {
		name := short(p.ImportPath)
		for _, imported := range p.Imports {
			for library, homes := range onlyIn {
				if imported != library && !strings.HasPrefix(imported, library+"/") {
					continue
				}
				inHome := slices.ContainsFunc(homes, func(home string) bool { return covers(home, name) || covers(home+"/...", name) })
				require.True(t, inHome, "%s is imported by %s; it belongs in %v only", imported, name, homes)
			}
		}
	}
}

func TestNobodyNeedsWhatIsForbidden(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", "-test", "-f", "{{with .Module}}{{.Path}}{{end}}", module+"/...").Output()
	require.NoError(t, err)
	needed := strings.Fields(string(out))
	require.Contains(t, needed, "gopkg.in/yaml.v3", "modules are listed")
	slices.Sort(needed)
	for _, path := range slices.Compact(needed) {
		for forbidden, reason := range nowhere {
			require.False(t, covers(forbidden, path), "module %s is forbidden: %s. go mod why -m %[1]s tells who needs it", path, reason)
		}
	}
}

func short(path string) string { return strings.TrimPrefix(strings.TrimPrefix(path, module), "/") }

func covers(pattern, name string) bool {
	if below, all := strings.CutSuffix(pattern, "..."); all {
		return strings.HasPrefix(name, below) || name == strings.TrimSuffix(below, "/")
	}
	return pattern == name
}
