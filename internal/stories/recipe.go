package stories

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// recipeStep is one step of a recipe: a script, or an action of the place that runs it.
type recipeStep struct {
	script string
	// shell is the command that takes the script as its last argument.
	shell []string
	// env is what the step sets, as NAME=VALUE. Expressions of GitHub are as they are written.
	env []string
	// id is the name of the step, and after that of another one: where that has run, this one runs too, whatever became of it.
	id, after string
	// moved is set where the folders of the machine that it names are those of the story.
	moved bool
	// action names an action without its version, and with are its inputs.
	action string
	with   map[string]string
}

// readRecipe returns the steps of a job. A recipe of one job takes "" for its name.
func readRecipe(path, job string) ([]recipeStep, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	jobs, err := recipeJobs(path, text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	steps, found := jobs[job]
	if !found {
		return nil, fmt.Errorf("%s has no job %q", path, job)
	}
	return steps, nil
}

// recipeJobs reads a recipe strictly, and returns the steps of each job. What it does not know is an error.
func recipeJobs(path string, text []byte) (map[string][]recipeStep, error) {
	one := func(step recipeStep, err error) (map[string][]recipeStep, error) {
		return map[string][]recipeStep{"": {step}}, err
	}
	switch filepath.Base(path) {
	case "gitlab-ci.yml":
		return gitlabJobs(text)
	case "crontab":
		return one(crontabStep(text))
	case "cronjob.yaml":
		return one(cronJobStep(text))
	case ".pre-commit-hooks.yaml":
		return one(hookStep(text))
	case "pre-commit":
		return one(recipeStep{script: string(text), shell: []string{"sh", "-c"}}, nil)
	}
	if filepath.Base(filepath.Dir(path)) == "github" {
		return githubJobs(text)
	}
	return nil, errors.New("unknown kind of recipe")
}

// simulatedCredentials are set for stories by startsim. A step has those that it asks for.
var simulatedCredentials = []string{"HUAWEICLOUD_SDK_AK", "HUAWEICLOUD_SDK_SK", "HUAWEICLOUD_SDK_DOMAIN_ID"}

// runRecipe is the command "recipe" of stories.
func runRecipe(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 || len(args) > 3 {
		ts.Fatalf("usage: recipe CODE FILE [JOB]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	steps, err := readRecipe(ts.MkAbs(args[1]), strings.Join(args[2:], ""))
	ts.Check(err)
	work := ts.Getenv("WORK")
	runner, err := os.MkdirTemp(work, "runner")
	ts.Check(err)
	for _, name := range []string{"job.summary", "job.output"} {
		ts.Check(os.WriteFile(filepath.Join(work, name), nil, 0o600))
	}
	r := recipeRun{ts: ts, work: work, runner: runner}
	ran := map[string]bool{}
	for i := range steps {
		if s := &steps[i]; s.after == "" && r.code == 0 || ran[s.after] {
			r.step(s)
			ran[s.id] = s.id != ""
		}
	}
	ts.Check(os.WriteFile(filepath.Join(work, "job.log"), []byte(r.log.String()), 0o600))
	if r.code != want {
		ts.Fatalf("exit code %d, want %d\n%s", r.code, want, r.log.String())
	}
}

// recipeRun is a job that runs.
type recipeRun struct {
	ts *testscript.TestScript
	// work is the story's folder, and runner that which the job has for itself.
	work, runner string
	log          strings.Builder
	// code is the exit code of the first step that failed.
	code int
}

// expression returns what GitHub puts into the place of an expression.
func (r *recipeRun) expression(text string) string {
	name, isExpression := strings.CutPrefix(text, "${{ ")
	if !isExpression {
		return text
	}
	name, rest, _ := strings.Cut(name, " }}")
	secret, isSecret := strings.CutPrefix(name, "secrets.")
	variable, isVariable := strings.CutPrefix(name, "vars.")
	switch {
	case isVariable && rest == "":
		return r.ts.Getenv(variable)
	case isSecret && rest == "":
		if value, err := os.ReadFile(filepath.Join(r.work, "secrets", secret)); err == nil {
			return strings.TrimSuffix(string(value), "\n")
		}
		value := r.ts.Getenv(secret)
		if value != "" || strings.HasPrefix(secret, "AGENCYCTL_NOTIFY_") || secret == "PLAN_SIGN_KEY" { // a night does without these
			return value
		}
	case name == "runner.temp":
		return r.runner + rest
	case name == "github.token" && rest == "":
		return "token"
	case name == "github.event.pull_request.number" && rest == "":
		return "7"
	}
	r.ts.Fatalf("unknown expression %s", text)
	return ""
}

func (r *recipeRun) step(s *recipeStep) {
	if s.action != "" {
		r.ts.Check(r.act(s))
		return
	}
	command := []string{}
	for _, name := range simulatedCredentials {
		command = append(command, "-u", name)
	}
	command = append(command, "RUNNER_TEMP="+r.runner, "GITHUB_STEP_SUMMARY="+filepath.Join(r.work, "job.summary"),
		"GITHUB_OUTPUT="+filepath.Join(r.work, "job.output"))
	place := strings.NewReplacer()
	if s.moved {
		place = strings.NewReplacer("/etc/agencyctl/", r.work+"/etc/agencyctl/", "/var/lib/", r.work+"/var/lib/")
	}
	for _, variable := range s.env {
		name, value, _ := strings.Cut(variable, "=")
		command = append(command, name+"="+place.Replace(r.expression(value)))
	}
	command = append(append(command, s.shell...), place.Replace(s.script))
	err := r.ts.Exec("env", command...)
	r.log.WriteString(r.ts.ReadFile("stdout") + r.ts.ReadFile("stderr"))
	if failed := new(exec.ExitError); errors.As(err, &failed) {
		if r.code == 0 {
			r.code = failed.ExitCode()
		}
		return
	}
	r.ts.Check(err)
}

// act does what an action does, as far as the recipes rely on it. The checkout is the story's.
func (r *recipeRun) act(s *recipeStep) error {
	artifact := filepath.Join(r.work, "artifacts", s.with["name"])
	switch s.action {
	case "actions/checkout", "actions/setup-go":
		return nil
	case "actions/upload-artifact":
		if err := os.RemoveAll(artifact); err != nil {
			return err
		}
		return os.CopyFS(artifact, os.DirFS(r.expression(s.with["path"])))
	case "actions/download-artifact":
		folder := r.ts.MkAbs(s.with["path"])
		if err := os.RemoveAll(folder); err != nil {
			return err
		}
		return os.CopyFS(folder, os.DirFS(artifact))
	case "github/codeql-action/upload-sarif":
		text, err := os.ReadFile(r.ts.MkAbs(s.with["sarif_file"]))
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(r.work, s.with["category"]+".sarif"), text, 0o600)
	}
	return fmt.Errorf("unknown action %s", s.action)
}
