package stories

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// pipeline is a pipeline of GitLab, as far as the recipe uses its keys. Every key at the top that is none of them is a job.
type pipeline struct {
	Stages   []string
	Workflow struct{ Rules []pipelineRule }
	Default  struct {
		Image        string
		BeforeScript []string `yaml:"before_script"`
	}
	Jobs map[string]pipelineJob `yaml:",inline"`
}

type pipelineRule struct {
	If      string
	Changes []string
}

type pipelineJob struct {
	Stage         string
	Rules         []pipelineRule
	Environment   struct{ Name, Action string }
	ResourceGroup string `yaml:"resource_group"`
	Interruptible bool
	Timeout       string
	Script        []string
	Artifacts     struct {
		When, Access string
		ExpireIn     string `yaml:"expire_in"`
		ExposeAs     string `yaml:"expose_as"`
		Paths        []string
		Reports      struct{ Codequality, Terraform string }
	}
}

func gitlabJobs(text []byte) (map[string][]recipeStep, error) {
	var p pipeline
	if err := decodeStrictly(text, &p); err != nil {
		return nil, err
	}
	all := map[string][]recipeStep{}
	var wrong []error
	for name, job := range p.Jobs {
		lines := append(append([]string{}, p.Default.BeforeScript...), job.Script...)
		all[name] = []recipeStep{{
			script: strings.Join(lines, "\n"), shell: []string{"bash", "-eo", "pipefail", "-c"},
			env: credentialsOf(simulatedCredentials[:2]),
		}}
		writes := strings.Contains(all[name][0].script, "agencyctl apply")
		switch {
		case !slices.Contains(p.Stages, job.Stage):
			wrong = append(wrong, fmt.Errorf("job %s: unknown stage %q", name, job.Stage))
		case len(job.Script) == 0, len(job.Rules) == 0, job.Environment.Name == "", job.Timeout == "":
			wrong = append(wrong, fmt.Errorf("job %s: it needs a script, rules, an environment and a timeout", name))
		case writes && (job.ResourceGroup == "" || job.Interruptible):
			wrong = append(wrong, fmt.Errorf("job %s: two applies at once, or one that is interrupted", name))
		case job.Artifacts.When != "always":
			wrong = append(wrong, fmt.Errorf("job %s: a job that fails has a report too", name))
		}
	}
	return all, errors.Join(wrong...)
}

// credentialsOf sets variables to what the story has for them.
func credentialsOf(names []string) (env []string) {
	for _, name := range names {
		env = append(env, name+"=${{ secrets."+name+" }}")
	}
	return env
}

// The fields of a line of a crontab, with the least and the most that each may be.
var (
	cronLine   = regexp.MustCompile(`^(\S+) (\S+) (\S+) (\S+) (\S+) (.+)$`)
	cronLimits = [5][2]int{{0, 59}, {0, 23}, {1, 31}, {1, 12}, {0, 7}}
	cronEnv    = regexp.MustCompile(`^[A-Z_]+=\S+$`)
)

// crontabStep reads a crontab with one line that runs a command. cron ends a line at a "%" that has no backslash before it.
func crontabStep(text []byte) (step recipeStep, err error) {
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSuffix(line, "\n")
		switch m := cronLine.FindStringSubmatch(line); {
		case line == "" || line[0] == '#':
		case cronEnv.MatchString(line):
			name, value, _ := strings.Cut(line, "=")
			switch name {
			case "SHELL":
				step.shell = []string{value, "-c"}
			case "PATH", "MAILTO": // those of the story
			default:
				step.env = append(step.env, line)
			}
		case m == nil || step.script != "":
			return step, fmt.Errorf("no line of a crontab, or a second command: %s", line)
		default:
			for i, limits := range cronLimits {
				n, err := strconv.Atoi(m[i+1])
				if m[i+1] != "*" && (err != nil || n < limits[0] || n > limits[1]) {
					return step, fmt.Errorf("no field of a crontab: %s", m[i+1])
				}
			}
			if strings.Contains(strings.ReplaceAll(m[6], `\%`, ""), "%") {
				return step, fmt.Errorf(`cron ends the line at "%%": %s`, line)
			}
			if strings.Contains(m[6], "test ! -r") {
				return step, fmt.Errorf("it passes over a file that it may not read, and says nothing: %s", line)
			}
			step.script = strings.ReplaceAll(m[6], `\%`, "%")
		}
	}
	if step.script == "" || step.shell == nil {
		return step, errors.New("no command, or no SHELL")
	}
	step.moved = true
	return step, nil
}

// cronJobStep returns what the container of a CronJob runs. The strict reader of CronJobs is the cluster's own, in internal/sdkjudge.
func cronJobStep(text []byte) (step recipeStep, err error) {
	var job struct {
		Spec struct {
			JobTemplate struct {
				Spec struct {
					Template struct {
						Spec struct {
							Containers []struct {
								Args []string
								Env  []struct{ Name, Value string }
							}
						}
					}
				}
			} `yaml:"jobTemplate"`
		}
	}
	if err := yaml.Unmarshal(text, &job); err != nil {
		return step, err
	}
	containers := job.Spec.JobTemplate.Spec.Template.Spec.Containers
	if len(containers) != 1 || len(containers[0].Args) == 0 {
		return step, errors.New("it has one container, with args")
	}
	for _, variable := range containers[0].Env {
		step.env = append(step.env, variable.Name+"="+variable.Value)
	}
	step.env = append(step.env, credentialsOf(simulatedCredentials[:2])...)
	step.shell, step.moved = []string{"sh", "-c"}, true
	step.script = "exec agencyctl " + strings.Join(containers[0].Args, " ")
	return step, nil
}

// hookStep reads the hooks that this repository offers to pre-commit.
func hookStep(text []byte) (step recipeStep, err error) {
	var hooks []struct {
		ID, Name, Description, Language, Entry, Files string
		Least                                         string `yaml:"minimum_pre_commit_version"`
		Args                                          []string
		PassFilenames                                 *bool `yaml:"pass_filenames"`
	}
	if err := decodeStrictly(text, &hooks); err != nil {
		return step, err
	}
	if len(hooks) != 1 || hooks[0].PassFilenames == nil || *hooks[0].PassFilenames {
		return step, errors.New("it has one hook, which takes no names of files: a manifest is all files of its folder")
	}
	if _, err := regexp.Compile(hooks[0].Files); err != nil {
		return step, err
	}
	return recipeStep{script: hooks[0].Entry + " " + strings.Join(hooks[0].Args, " "), shell: []string{"sh", "-c"}}, nil
}
