package stories

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

const root = "../.."

// recipes returns the files of all recipes, by the names that stories give them.
func recipes(t *testing.T) map[string][]byte {
	t.Helper()
	all := map[string][]byte{}
	for _, pattern := range []string{"docs/recipes/*", "docs/recipes/*/*", ".pre-commit-hooks.yaml"} {
		paths, err := filepath.Glob(filepath.Join(root, pattern))
		require.NoError(t, err)
		require.NotEmpty(t, paths)
		for _, path := range paths {
			if info, err := os.Stat(path); err == nil && info.IsDir() {
				continue
			}
			name, err := filepath.Rel(filepath.Join(root, "docs/recipes"), path)
			require.NoError(t, err)
			all[filepath.ToSlash(name)], err = os.ReadFile(path)
			require.NoError(t, err)
		}
	}
	return all
}

// TestStoriesRunEveryRecipe: a job that no story runs may say anything. git runs the hook.
func TestStoriesRunEveryRecipe(t *testing.T) {
	var stories strings.Builder
	paths, err := filepath.Glob(filepath.Join(root, "testdata/recipes/*.txtar"))
	require.NoError(t, err)
	for _, path := range paths {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		stories.Write(text)
	}
	for name, text := range recipes(t) {
		jobs, err := recipeJobs(name, text)
		require.NoError(t, err, name)
		require.NotEmpty(t, jobs)
		for job := range jobs {
			run := `recipe \d \$RECIPES/` + regexp.QuoteMeta(strings.TrimSuffix(name+" "+job, " "))
			if name == "pre-commit" {
				run = `cp \$RECIPES/pre-commit \.git/hooks/pre-commit`
			}
			assert.Regexp(t, `(?m)^`+run+`$`, stories.String())
		}
	}
}

// TestABrokenRecipeIsRefused breaks each recipe in ways that its place would refuse, or that would be dangerous there.
func TestABrokenRecipeIsRefused(t *testing.T) {
	files := recipes(t)
	for name, c := range map[string]struct{ file, old, new, fault string }{
		"a misspelt key of a workflow":          {"github/agencyctl-plan.yml", "runs-on:", "run-on:", "field run-on not found"},
		"a misspelt key of a step":              {"github/agencyctl-plan.yml", "uses:", "use:", "field use not found"},
		"the rights of the main branch":         {"github/agencyctl-plan.yml", "  pull_request:", "  pull_request_target:", "what strangers write"},
		"rights for every job":                  {"github/agencyctl-apply.yml", "permissions: {}", "permissions: {contents: write}", "permissions stand at the jobs"},
		"the usual rights":                      {"github/agencyctl-apply.yml", "permissions: {}\n", "", "permissions stand at the jobs"},
		"two applies at once":                   {"github/agencyctl-apply.yml", "group: agencyctl-apply", "group:", "no concurrency group"},
		"an apply that is cancelled":            {"github/agencyctl-apply.yml", "cancel-in-progress: false", "cancel-in-progress: true", "an apply that runs or waits is cancelled"},
		"an apply that is left out":             {"github/agencyctl-apply.yml", "queue: max", "queue: single", "an apply that runs or waits is cancelled"},
		"an action that somebody may change":    {"github/agencyctl-drift.yml", "checkout@de0fac2e4500dabe0009e67214ff5f5447ce83dd", "checkout@v6", "is not pinned"},
		"a token that is left behind":           {"github/agencyctl-apply.yml", "persist-credentials: false", "persist-credentials: true", "keeps its token"},
		"what others wrote, in a script":        {"github/agencyctl-plan.yml", `issues/$NUMBER/`, `issues/${{ github.event.pull_request.title }}/`, "an expression in a script"},
		"a secret outside of an environment":    {"github/agencyctl-drift.yml", "    environment: agencyctl-plan\n", "", "outside of an environment"},
		"a secret beside rights to write":       {"github/agencyctl-drift.yml", "      contents: read\n", "      contents: write\n", "beside rights to write"},
		"a condition that nobody knows":         {"github/agencyctl-drift.yml", "!cancelled() && steps", "success() && steps", "unknown condition"},
		"a misspelt key of a pipeline":          {"gitlab/gitlab-ci.yml", "workflow:", "workflows:", `job workflows: unknown stage ""`},
		"a misspelt key of a job":               {"gitlab/gitlab-ci.yml", "resource_group:", "resource_groups:", "not found"},
		"a misspelt report":                     {"gitlab/gitlab-ci.yml", "terraform:", "tofu:", "not found"},
		"a stage that is not there":             {"gitlab/gitlab-ci.yml", "stage: apply", "stage: deploy", "unknown stage"},
		"two applies of a pipeline at once":     {"gitlab/gitlab-ci.yml", "  resource_group: agencyctl-apply # one apply at a time; the others wait\n", "", "two applies at once"},
		"an apply that is interrupted":          {"gitlab/gitlab-ci.yml", "interruptible: false", "interruptible: true", "two applies at once"},
		"a report of successes alone":           {"gitlab/gitlab-ci.yml", "when: always", "when: on_success", "has a report too"},
		"cron's line end":                       {"crontab", `\%s`, "%s", "cron ends the line"},
		"an hour that is none":                  {"crontab", "23 3 * * *", "23 24 * * *", "no field of a crontab: 24"},
		"a field too few":                       {"crontab", "23 3 * * *", "23 3 * *", "no field of a crontab: test"},
		"a variable with blanks":                {"crontab", "SHELL=", "SHELL =", "no line of a crontab"},
		"a file that is passed over":            {"crontab", "test ! -e", "test ! -r", "passes over a file that it may not read"},
		"a container without a command":         {"cronjob.yaml", "args:", "argv:", "with args"},
		"a misspelt key of a hook":              {"../../.pre-commit-hooks.yaml", "files:", "file:", "not found"},
		"a hook that takes the names of files":  {"../../.pre-commit-hooks.yaml", "pass_filenames: false", "pass_filenames: true", "takes no names of files"},
		"a hook whose pattern cannot be parsed": {"../../.pre-commit-hooks.yaml", "^iam/.*", "^iam/(.*", "missing closing"},
	} {
		t.Run(name, func(t *testing.T) {
			text := string(files[c.file])
			require.Contains(t, text, c.old)
			_, err := recipeJobs(c.file, []byte(strings.Replace(text, c.old, c.new, 1)))
			require.ErrorContains(t, err, c.fault)
		})
	}
	_, err := recipeJobs("jenkins", nil)
	require.ErrorContains(t, err, "unknown kind of recipe")
}

// TestEachJobHasThePermissionsThatTheGuideSays, and no others.
func TestEachJobHasThePermissionsThatTheGuideSays(t *testing.T) {
	guide, err := os.ReadFile(filepath.Join(root, "docs/guide/recipes.md"))
	require.NoError(t, err)
	says, has := map[string][]string{}, map[string][]string{}
	row, right := regexp.MustCompile("(?m)^\\| `(\\w+)`(?: of a plan| of drift)? \\| (`[^|]+`) \\|"), regexp.MustCompile("`([^`]+)`")
	for _, m := range row.FindAllStringSubmatch(string(guide), -1) {
		job := strings.Trim(strings.TrimSuffix(m[0], m[2]+" |"), "| ")
		for _, of := range right.FindAllStringSubmatch(m[2], -1) {
			says[job] = append(says[job], of[1])
		}
	}
	for name, text := range recipes(t) {
		of, isWorkflow := strings.CutPrefix(name, "github/")
		if !isWorkflow {
			continue
		}
		var w workflow
		require.NoError(t, decodeStrictly(text, &w), name)
		for name, job := range w.Jobs {
			about := "`" + name + "`"
			if name == "report" {
				about += map[string]string{"agencyctl-plan.yml": " of a plan", "agencyctl-drift.yml": " of drift"}[of]
			}
			for _, scope := range slices.Sorted(maps.Keys(job.Permissions)) {
				has[about] = append(has[about], scope+": "+job.Permissions[scope])
			}
		}
	}
	assert.Equal(t, says, has)
}

// TestTheCronJobRunsTheImageThatAReleasePublishes, whose name a release makes of the repository's.
func TestTheCronJobRunsTheImageThatAReleasePublishes(t *testing.T) {
	release, err := os.ReadFile(filepath.Join(root, ".github/workflows/release.yml"))
	require.NoError(t, err)
	registry := regexp.MustCompile(`docker://(\S+?)/\$GITHUB_REPOSITORY:`).FindSubmatch(release)
	require.NotNil(t, registry)
	module, err := os.ReadFile(filepath.Join(root, "go.mod"))
	require.NoError(t, err)
	repository := regexp.MustCompile(`^module github\.com/(\S+)`).FindSubmatch(module)
	require.NotNil(t, repository)
	assert.Contains(t, string(recipes(t)["cronjob.yaml"]), "image: "+string(registry[1])+"/"+string(repository[1])+":VERSION ")
}

// TestTheSameActionIsPinnedAtOneCommit, and says which version that is.
func TestTheSameActionIsPinnedAtOneCommit(t *testing.T) {
	seen := map[string]string{}
	for name, text := range recipes(t) {
		for _, m := range regexp.MustCompile(`uses: (\S+)@(.*)`).FindAllStringSubmatch(string(text), -1) {
			assert.Regexp(t, `^[0-9a-f]{40} # v\d+\.\d+\.\d+$`, m[2], name)
			if at, known := seen[m[1]]; known {
				assert.Equal(t, at, m[2], "%s: %s", name, m[1])
			}
			seen[m[1]] = m[2]
		}
	}
	require.Len(t, seen, 5)
}
