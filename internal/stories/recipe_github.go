package stories

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// workflow is a workflow of GitHub Actions, as far as the recipes use its keys.
type workflow struct {
	Name        string
	On          yaml.Node
	Permissions map[string]string
	Concurrency struct {
		Group            string
		CancelInProgress bool `yaml:"cancel-in-progress"`
		Queue            string
	}
	Jobs map[string]workflowJob
}

type workflowJob struct {
	Needs, If, Environment string
	RunsOn                 string `yaml:"runs-on"`
	Minutes                int    `yaml:"timeout-minutes"`
	Permissions            map[string]string
	Outputs                map[string]string
	Steps                  []workflowStep
}

type workflowStep struct {
	ID, Name, If, Uses, Run string
	With, Env               map[string]string
}

// decodeStrictly decodes YAML, and refuses keys that the type does not have.
func decodeStrictly(text []byte, into any) error {
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	return decoder.Decode(into)
}

// pinned is an action at a commit. What version that is stands in a comment.
var pinned = regexp.MustCompile(`^([\w/-]+)@[0-9a-f]{40}$`)

// whatever is the condition of a step that runs after one that failed, unless a step before that one did.
var whatever = regexp.MustCompile(`^\$\{\{ (?:always|!cancelled)\(\) && steps\.(\w+)\.outcome != 'skipped' \}\}$`)

// githubJobs reads a workflow, and refuses one that breaks the rules of the recipes.
func githubJobs(text []byte) (map[string][]recipeStep, error) {
	var w workflow
	if err := decodeStrictly(text, &w); err != nil {
		return nil, err
	}
	var wrong []error
	refuse := func(format string, args ...any) { wrong = append(wrong, fmt.Errorf(format, args...)) }
	if bytes.Contains(text, []byte("pull_request_target")) {
		refuse("pull_request_target gives what strangers write the rights of the main branch")
	}
	if w.Permissions == nil || len(w.Permissions) > 0 {
		refuse("permissions stand at the jobs, and the workflow has none: {}")
	}
	if w.Concurrency.Group == "" {
		refuse("no concurrency group")
	}
	all := map[string][]recipeStep{}
	for _, name := range slices.Sorted(maps.Keys(w.Jobs)) {
		job := w.Jobs[name]
		steps, err := job.steps()
		if err != nil {
			refuse("job %s: %w", name, err)
		}
		if job.writes() && (w.Concurrency.CancelInProgress || w.Concurrency.Queue != "max") {
			refuse("job %s: an apply that runs or waits is cancelled", name)
		}
		all[name] = steps
	}
	return all, errors.Join(wrong...)
}

// writes reports whether the job changes the cloud.
func (j *workflowJob) writes() bool {
	return slices.ContainsFunc(j.Steps, func(s workflowStep) bool { return strings.Contains(s.Run, "agencyctl apply") })
}

func (j *workflowJob) steps() (steps []recipeStep, err error) {
	var wrong []error
	refuse := func(format string, args ...any) { wrong = append(wrong, fmt.Errorf(format, args...)) }
	if len(j.Permissions) == 0 || j.Minutes == 0 || j.RunsOn == "" {
		refuse("it needs permissions, timeout-minutes and runs-on")
	}
	guarded := j.Environment != "" && !slices.Contains(slices.Collect(maps.Values(j.Permissions)), "write")
	for _, s := range j.Steps {
		step := recipeStep{script: s.Run, shell: []string{"bash", "-e", "-c"}, id: s.ID, with: s.With}
		if m := whatever.FindStringSubmatch(s.If); m != nil {
			step.after = m[1]
		} else if s.If != "" {
			refuse("unknown condition %s", s.If)
		}
		if strings.Contains(s.Run, "${{") {
			refuse("an expression in a script, which runs what others may have written: %s", s.Run)
		}
		for _, name := range slices.Sorted(maps.Keys(s.Env)) {
			step.env = append(step.env, name+"="+s.Env[name])
			if strings.Contains(s.Env[name], "secrets.") && !guarded {
				refuse("the secret %s outside of an environment, or beside rights to write", name)
			}
		}
		if s.Uses != "" {
			m := pinned.FindStringSubmatch(s.Uses)
			if m == nil {
				refuse("%s is not pinned", s.Uses)
				continue
			}
			step.action = m[1]
			if step.action == "actions/checkout" && s.With["persist-credentials"] != "false" {
				refuse("the checkout keeps its token for what runs later")
			}
		}
		steps = append(steps, step)
	}
	return steps, errors.Join(wrong...)
}
