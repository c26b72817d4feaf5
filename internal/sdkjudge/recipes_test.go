package sdkjudge

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/itchyny/gojq"
	"github.com/rhysd/actionlint"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"
)

func recipe(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("../..", name))
	require.NoError(t, err)
	return string(text)
}

// unknownQueue is what actionlint finds in the queue of a concurrency group, which GitHub has known since May 2026.
const unknownQueue = `^unexpected key "queue" for "concurrency" section`

// linted returns what actionlint finds in a workflow, but for what it ignores. It looks at no script: whether shellcheck is there must not
// matter.
func linted(t *testing.T, name, text string, ignored ...string) string {
	t.Helper()
	linter, err := actionlint.NewLinter(io.Discard, &actionlint.LinterOptions{IgnorePatterns: ignored})
	require.NoError(t, err)
	found, err := linter.Lint(name, []byte(text), nil)
	require.NoError(t, err)
	var all strings.Builder
	for _, e := range found {
		fmt.Fprintln(&all, e)
	}
	return all.String()
}

func TestActionlintTakesTheWorkflows(t *testing.T) {
	paths, err := filepath.Glob("../../docs/recipes/github/*.yml")
	require.NoError(t, err)
	require.Len(t, paths, 3)
	own, err := filepath.Glob("../../.github/workflows/*.yml")
	require.NoError(t, err)
	require.NotEmpty(t, own)
	for _, path := range append(paths, own...) {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		assert.Empty(t, linted(t, path, string(text), unknownQueue))
	}
	const apply = "docs/recipes/github/agencyctl-apply.yml"
	assert.Contains(t, linted(t, apply, recipe(t, apply)), unknownQueue[1:], "actionlint knows it now: ignore it no longer")
	const plan = "docs/recipes/github/agencyctl-plan.yml"
	for name, c := range map[string]struct{ old, new, fault string }{
		"a key":        {"runs-on:", "run-on:", "unexpected key"},
		"a runner":     {"ubuntu-latest", "ubuntu-newest", "label \"ubuntu-newest\" is unknown"},
		"an event":     {"  pull_request:", "  pull_requests:", "unknown Webhook event"},
		"a permission": {"security-events: write", "security-event: write", "unknown permission scope"},
		"a job":        {"needs: plan", "needs: plans", "which does not exist in this workflow"},
		"a result":     {"needs.plan.result", "needs.plan.results", "property \"results\" is not defined"},
		"an injection": {
			"comments=repos/", "comments=${{ github.event.pull_request.title }}/", "is potentially untrusted",
		},
	} {
		t.Run(name, func(t *testing.T) {
			text := recipe(t, plan)
			require.Contains(t, text, c.old)
			assert.Contains(t, linted(t, plan, strings.Replace(text, c.old, c.new, 1)), c.fault)
		})
	}
}

// cronJob reads a CronJob as strictly as a cluster that is asked to.
func cronJob(text string) (job batchv1.CronJob, err error) {
	return job, yaml.UnmarshalStrict([]byte(text), &job)
}

func TestKubernetesTakesTheCronJob(t *testing.T) {
	const name = "docs/recipes/cronjob.yaml"
	job, err := cronJob(recipe(t, name))
	require.NoError(t, err)
	assert.Equal(t, "batch/v1 CronJob", job.APIVersion+" "+job.Kind)
	assert.Equal(t, batchv1.ForbidConcurrent, job.Spec.ConcurrencyPolicy)
	assert.Zero(t, *job.Spec.JobTemplate.Spec.BackoffLimit)
	pod := job.Spec.JobTemplate.Spec.Template.Spec
	assert.True(t, *pod.SecurityContext.RunAsNonRoot)
	assert.NotZero(t, *pod.SecurityContext.RunAsUser)
	assert.False(t, *pod.AutomountServiceAccountToken)
	require.Len(t, pod.Containers, 1)
	container := pod.Containers[0]
	assert.True(t, *container.SecurityContext.ReadOnlyRootFilesystem)
	assert.False(t, *container.SecurityContext.AllowPrivilegeEscalation)
	assert.Contains(t, container.Env, corev1.EnvVar{Name: "AGENCYCTL_METADATA", Value: "off"})
	require.Len(t, container.EnvFrom, 1)
	assert.NotNil(t, container.EnvFrom[0].SecretRef)
	require.Len(t, pod.Volumes, 1)
	assert.NotNil(t, pod.Volumes[0].ConfigMap)
	assert.Equal(t, pod.Volumes[0].Name, container.VolumeMounts[0].Name)
	assert.Contains(t, container.Args, container.VolumeMounts[0].MountPath)
	timeout := slices.Index(container.Args, "--timeout") + 1
	require.Positive(t, timeout)
	limit, err := time.ParseDuration(container.Args[timeout])
	require.NoError(t, err)
	assert.Less(t, limit.Seconds(), float64(*job.Spec.JobTemplate.Spec.ActiveDeadlineSeconds), "the report comes before the end")

	for old, broken := range map[string]string{
		"backoffLimit: 0": "backOffLimits: 0", "backoffLimit: 0 ": "backoffLimit: none ", "readOnlyRootFilesystem: true": "readOnlyFilesystem: true",
		"secretRef:": "secret:", "  schedule:": "  schedule: x\n  schedule:",
	} {
		text := recipe(t, name)
		require.Contains(t, text, old)
		_, err := cronJob(strings.Replace(text, old, broken, 1))
		assert.Error(t, err, broken)
	}
}

// answered runs a filter of jq as gh does, which has the same library.
func answered(t *testing.T, filter, answer string, env ...string) string {
	t.Helper()
	query, err := gojq.Parse(filter)
	require.NoError(t, err)
	code, err := gojq.Compile(query, gojq.WithEnvironLoader(func() []string { return env }))
	require.NoError(t, err)
	var value any
	require.NoError(t, json.NewDecoder(bytes.NewReader([]byte(answer))).Decode(&value))
	var lines []string
	for results := code.Run(value); ; {
		result, more := results.Next()
		if !more {
			return strings.Join(lines, " ")
		}
		line, isText := result.(string)
		if !isText {
			number, err := gojq.Marshal(result)
			require.NoError(t, err)
			line = string(number)
		}
		lines = append(lines, line)
	}
}

// TestTheFiltersOfAnswers holds what the recipes take from answers of GitHub and GitLab against such answers, in their order.
func TestTheFiltersOfAnswers(t *testing.T) {
	filters := regexp.MustCompile(`(?:--jq|jq -r) '([^']+)'`)
	type answer struct{ text, taken string }
	for name, of := range map[string][][]answer{
		"github/agencyctl-plan.yml": {{
			{`[]`, ""},
			{`[{"id": 1, "user": {"login": "somebody"}, "body": "<!-- m -->\n"}, {"id": 2, "user": {"login": "github-actions[bot]"}, "body": "x <!-- m -->"},
				{"id": 3, "user": {"login": "github-actions[bot]"}, "body": "<!-- m -->\nPlan"}]`, "3"},
		}},
		"github/agencyctl-apply.yml": {{
			{`[]`, ""},
			{`[{"merged_at": null, "base": {"ref": "main"}, "head": {"sha": "a"}}, {"merged_at": "2031-01-01T00:00:00Z", "base": {"ref": "other"},
				"head": {"sha": "b"}}, {"merged_at": "2031-01-01T00:00:00Z", "base": {"ref": "main"}, "head": {"sha": "c"}}]`, "c"},
		}, {
			{`[]`, ""},
			{`[{"databaseId": 12345678901}]`, "12345678901"},
		}},
		"gitlab/gitlab-ci.yml": {{
			{`[]`, ""},
			{`[{"iid": 1, "state": "closed", "target_branch": "main"}, {"iid": 2, "state": "merged", "target_branch": "other"},
				{"iid": 3, "state": "merged", "target_branch": "main"}]`, "3"},
		}, {
			{`{"head_pipeline": null}`, ""},
			{`{"head_pipeline": {"id": 12345678901}}`, "12345678901"},
		}, {
			{`[]`, ""},
			{`[{"id": 1, "name": "plan", "status": "failed"}, {"id": 2, "name": "test", "status": "success"}, {"id": 3, "name": "plan", "status": "success"}]`, "3"},
		}},
	} {
		found := filters.FindAllStringSubmatch(recipe(t, "docs/recipes/"+name), -1)
		require.Len(t, found, len(of), name)
		for i, answers := range of {
			for _, a := range answers {
				assert.Equal(t, a.taken, answered(t, found[i][1], a.text, "MARKER=<!-- m -->", "GITHUB_REF_NAME=main", "CI_DEFAULT_BRANCH=main"), found[i][1])
			}
		}
	}
}
