package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/agencyctl/agencyctl/internal/cli"
	"github.com/agencyctl/agencyctl/internal/cloudsim"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/huaweicloud"
	"github.com/agencyctl/agencyctl/providers/huaweicloud/directory"
	"github.com/agencyctl/agencyctl/providers/iam"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const manifest = `apiVersion: agencyctl/v1
account: {name: example-co}
cloud: {kind: huaweicloud, region: cn-north-4}
guardrails: {trustedAccounts: [partner-co]}
agencies:
  - name: ops
    trust: {account: partner-co}
    grants: {domain: [OBS ReadOnlyAccess]}
`

// outcome is what a command line left behind.
type outcome struct {
	code        int
	out, errors string
}

// run runs one command line in the test's folder. The environment is empty but for what env gives.
func run(t *testing.T, change func(*cli.Env), args ...string) outcome {
	t.Helper()
	registry, err := providers.NewRegistry(iam.Provider{})
	require.NoError(t, err)
	var out, errs bytes.Buffer
	env := cli.Env{
		Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs, Registry: registry, Version: "v0.0.0-test",
		Getenv: func(name string) string { return map[string]string{"AGENCYCTL_METADATA": "off"}[name] },
		Connect: func(ctx context.Context, target providers.Target) (*cli.Connection, error) {
			connection, err := huaweicloud.Connect(ctx, target)
			if err != nil {
				return nil, err
			}
			return &cli.Connection{
				Remotes: providers.Remotes{"iam": iam.Service(nil).Connect(connection, huaweicloud.Lag{})}, Close: connection.Close,
				WhoAmI: func(ctx context.Context) (providers.Identity, error) {
					account, err := directory.NewClient(connection).OwnAccount(ctx)
					return providers.Identity{
						Account: plan.Account{Name: account.Name, ID: account.ID}, AccountConfirmed: true, Kind: "access key", Source: "environment",
					}, err
				},
			}, nil
		},
	}
	if change != nil {
		change(&env)
	}
	code := cli.Run(t.Context(), env, args)
	return outcome{code, out.String(), errs.String()}
}

// folder makes a folder with the given files the working directory.
func folder(t *testing.T, files map[string]string) {
	t.Helper()
	t.Chdir(t.TempDir())
	for name, text := range files {
		require.NoError(t, os.MkdirAll(filepath.Dir(name), 0o755))
		require.NoError(t, os.WriteFile(name, []byte(text), 0o600))
	}
}

func TestWrongCommandLinesAreRefusedBeforeAnyWork(t *testing.T) {
	for behaviour, c := range map[string]struct {
		args []string
		says string
	}{
		"an unknown command names the nearest":          {[]string{"aply"}, `did you mean "apply"`},
		"a manifest is needed":                          {[]string{"plan"}, "no manifest given"},
		"a missing file is named":                       {[]string{"plan", "-f", "nothing.yaml"}, "nothing.yaml"},
		"an unknown output format":                      {[]string{"plan", "-f", "m.yaml", "-o", "yaml"}, "choose one of"},
		"an empty state file is no rehearsal":           {[]string{"apply", "-f", "m.yaml", "--sim=", "--auto-approve"}, "the file is empty"},
		"an endpoint needs a service and an address":    {[]string{"plan", "-f", "m.yaml", "--endpoint", "https://x"}, "SERVICE=URL"},
		"an endpoint is given once":                     {[]string{"plan", "-f", "m.yaml", "--endpoint", "iam=https://x", "--endpoint", "iam=https://y"}, "given twice"},
		"a negative rate":                               {[]string{"plan", "-f", "m.yaml", "--rate", "-3"}, "--rate"},
		"a negative time":                               {[]string{"plan", "-f", "m.yaml", "--timeout", "-3s"}, "--timeout"},
		"a negative limit":                              {[]string{"plan", "-f", "m.yaml", "--max-deletes", "-3"}, "--max-deletes"},
		"no parallelism":                                {[]string{"apply", "-f", "m.yaml", "--parallelism", "0"}, "--parallelism"},
		"an unknown severity":                           {[]string{"plan", "-f", "m.yaml", "--fail-on", "grave"}, "write low, medium or high"},
		"a signature of nothing":                        {[]string{"plan", "-f", "m.yaml", "--sign", "key"}, "--sign goes with --out"},
		"standard output is no file":                    {[]string{"plan", "-f", "m.yaml", "--out", "-"}, "name a file"},
		"keys for a plan that was not saved":            {[]string{"apply", "-f", "m.yaml", "--verify-key", "k"}, "--verify-key goes with a saved plan"},
		"a saved plan that is not there":                {[]string{"apply", "plan.json"}, "plan.json: there is no such file"},
		"a manifest is no saved plan":                   {[]string{"apply", "m.yaml"}, "for a manifest, write -f m.yaml"},
		"a folder is no saved plan":                     {[]string{"show", "."}, "is a directory"},
		"show takes one plan":                           {[]string{"show", "a", "b"}, "write show FILE"},
		"an unknown log level":                          {[]string{"plan", "-f", "m.yaml", "--log-level", "loud"}, "--log-level"},
		"a moment that is none":                         {[]string{"drift", "-f", "m.yaml", "--now", "tomorrow"}, "--now"},
		"an unknown schema names the nearest":           {[]string{"schema", "manifets"}, `did you mean "manifest"`},
		"credentials are needed, and named":             {[]string{"plan", "-f", "m.yaml"}, "HUAWEICLOUD_SDK_AK"},
		"a simulator that was never started is no edit": {[]string{"sim", "edit", "delete", "x"}, "run plan or apply with --sim first"},
		"an unknown switch":                             {[]string{"sim", "--switch", "Nonsense"}, "--switch"},
		"an error that is none":                         {[]string{"sim", "--error-status", "200"}, "error status 200 is not between 400 and 599"},
		"tokens that end before they begin":             {[]string{"sim", "--token-life", "-1s"}, "must not be negative"},
	} {
		t.Run(behaviour, func(t *testing.T) {
			folder(t, map[string]string{"m.yaml": manifest})
			o := run(t, nil, c.args...)
			assert.Equal(t, 1, o.code)
			assert.Contains(t, o.errors, c.says)
			assert.Empty(t, o.out)
		})
	}
}

func TestWithJSONStdoutIsAlwaysOneDocument(t *testing.T) {
	for _, args := range [][]string{
		{"plan", "-f", "nothing.yaml"}, {"plan", "-f", "m.yaml"}, {"plan", "-f", "m.yaml", "--rate", "-1"}, {"drift", "-f", "m.yaml"},
		{"drift", "-f", "m.yaml", "--now", "x"}, {"apply", "-f", "m.yaml"}, {"apply", "-f", "m.yaml", "--parallelism", "0"},
		{"apply", "-f", "m.yaml", "--sim"}, {"apply", "-f", "m.yaml", "--sim", "--auto-approve", "--log", "no/such/folder"},
		{"whoami", "-f", "nothing.yaml"}, {"whoami", "-f", "m.yaml"}, {"whoami"}, {"whoami", "--for", "x"}, {"whoami", "-f", "m.yaml", "--sim"},
		{"whoami", "--permissions", "-f", "m.yaml", "--sim"}, {"whoami", "--permissions", "--offline", "-f", "m.yaml"},
		{"show"}, {"apply", "a", "b"}, {"show", "m.yaml"}, {"show", "nothing.json"}, {"apply", "nothing.json"}, {"apply", "m.yaml"}, {"plan", "-f", "m.yaml", "--out", "-"},
		{"plan", "-f", "m.yaml", "--sim", "--out", "plan.json"}, {"plan", "-f", "m.yaml", "--sim", "--fail-on", "medium"},
		{"validate", "-f", "nothing.yaml"}, {"validate", "-f", "m.yaml"}, {"plan", "-f", "m.yaml", "--sim"},
		{"audit", "--guardrails", "nothing.yaml"}, {"audit", "--guardrails", "m.yaml", "--sim"}, {"audit", "--sim", "--fail-on", "low"},
	} {
		t.Run(strings.Join(args, " "), func(t *testing.T) {
			folder(t, map[string]string{"m.yaml": manifest})
			o := run(t, nil, append(args, "-o", "json")...)
			var document struct {
				FormatVersion string `json:"formatVersion"`
			}
			require.NoError(t, json.Unmarshal([]byte(o.out), &document), o.out)
			assert.Equal(t, "1", document.FormatVersion)
		})
	}
}

// asked makes the environment a terminal at which answer is typed; before runs right before the answer is read.
func asked(answer string, before func()) func(*cli.Env) {
	return func(env *cli.Env) {
		env.StdinTerminal = true
		env.Stdin = io.MultiReader(readerFunc(func([]byte) (int, error) {
			if before != nil {
				before()
			}
			return 0, io.EOF
		}), strings.NewReader(answer))
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

func TestApplyAsksOnATerminal(t *testing.T) {
	folder(t, map[string]string{"m.yaml": manifest})

	o := run(t, asked("no\n", nil), "apply", "-f", "m.yaml", "--sim")
	assert.Equal(t, 1, o.code)
	assert.Regexp(t, `\nApply 2 creates to account example-co \([0-9a-f]{32}\)\? Only yes is taken: \n`, o.errors)
	assert.Contains(t, o.errors, "Nothing was changed.")

	o = run(t, asked("", nil), "apply", "-f", "m.yaml", "--sim")
	assert.Equal(t, 1, o.code, "the end of input is no yes")

	o = run(t, asked("yes\n", nil), "apply", "-f", "m.yaml", "--sim", "-o", "json")
	assert.Equal(t, 0, o.code, o.errors)
	assert.Contains(t, o.errors, "+ agency/ops", "with JSON the plan that is asked about is shown on stderr")
	assert.True(t, json.Valid([]byte(o.out)))

	o = run(t, asked("yes\n", nil), "apply", "-f", "m.yaml", "--sim")
	assert.Equal(t, 0, o.code)
	assert.NotContains(t, o.errors, "Apply ", "nothing to write, nothing to ask")
}

func TestAnAnswerIsForThePlanThatWasShown(t *testing.T) {
	folder(t, map[string]string{"m.yaml": manifest})
	require.Equal(t, 0, run(t, nil, "apply", "-f", "m.yaml", "--sim", "--auto-approve").code)
	edit := func(args ...string) {
		require.Equal(t, 0, run(t, nil, append([]string{"sim", "edit"}, args...)...).code)
	}
	edit("set", "ops", "description", "by hand")
	o := run(t, asked("yes\n", func() { edit("grant", "ops", "domain", "OBS Administrator") }), "apply", "-f", "m.yaml", "--sim")
	assert.Equal(t, 1, o.code)
	assert.Contains(t, o.errors, "the account changed while you were asked")
	world, err := cloudsim.LoadState(".agencyctl-sim.json")
	require.NoError(t, err)
	assert.Equal(t, "by hand", world.AccountNamed("").AgencyNamed("ops").Description, "nothing was written")
}

func TestSeveralAccountsInOneRun(t *testing.T) {
	other := strings.NewReplacer("example-co", "partner-co", "[partner-co]", "[example-co]", "account: partner-co}", "account: example-co}").Replace(manifest)
	folder(t, map[string]string{"both/one.yaml": manifest, "both/two.yaml": other})
	o := run(t, nil, "plan", "-f", "both", "--sim", "-o", "json")
	require.Equal(t, 0, o.code, o.errors)
	var document struct {
		Accounts []struct {
			Account struct{ Name string }
			Summary struct{ Create int }
		}
	}
	require.NoError(t, json.Unmarshal([]byte(o.out), &document))
	require.Len(t, document.Accounts, 2)
	assert.Equal(t, "example-co", document.Accounts[0].Account.Name)
	assert.Equal(t, "partner-co", document.Accounts[1].Account.Name)

	o = run(t, nil, "apply", "-f", "both", "--sim", "--auto-approve")
	assert.Equal(t, 0, o.code, o.errors)
	assert.Equal(t, 2, strings.Count(o.out, "verified."))

	// One account that cannot be planned does not hide the other, and decides the exit code.
	require.NoError(t, os.WriteFile("both/two.yaml", []byte(strings.Replace(other, "OBS ReadOnlyAccess", "OBS Nonsense", 1)), 0o600))
	o = run(t, nil, "drift", "-f", "both", "--sim")
	assert.Equal(t, 1, o.code)
	assert.Contains(t, o.out, "No drift in example-co: ")
	assert.Contains(t, o.errors, "unknown role")
}

func TestOutputIsPlainUnlessATerminalWantsColours(t *testing.T) {
	folder(t, map[string]string{"m.yaml": manifest})
	terminal := func(env *cli.Env) { env.StdoutTerminal = true }
	assert.Contains(t, run(t, terminal, "plan", "-f", "m.yaml", "--sim").out, "\x1b[")
	assert.NotContains(t, run(t, nil, "plan", "-f", "m.yaml", "--sim").out, "\x1b[")
	assert.NotContains(t, run(t, terminal, "plan", "-f", "m.yaml", "--sim", "--no-color").out, "\x1b[")
	assert.NotContains(t, run(t, func(env *cli.Env) {
		env.StdoutTerminal = true
		env.Getenv = func(name string) string { return map[string]string{"NO_COLOR": "1"}[name] }
	}, "plan", "-f", "m.yaml", "--sim").out, "\x1b[")
}

// Who is asked sees the plan where the question stands, also where standard output goes to a file.
func TestThePlanStandsAboveTheQuestion(t *testing.T) {
	for name, at := range map[string]struct {
		stdout, stderr bool
		args           []string
		shown          int
	}{
		"stdout is a file":      {stderr: true, shown: 1},
		"both are terminals":    {stdout: true, stderr: true},
		"nothing is a terminal": {},
		"nobody is asked":       {stderr: true, args: []string{"--auto-approve"}},
	} {
		t.Run(name, func(t *testing.T) {
			folder(t, map[string]string{"m.yaml": manifest})
			o := run(t, func(env *cli.Env) {
				asked("no\n", nil)(env)
				env.StdoutTerminal, env.StderrTerminal = at.stdout, at.stderr
				env.Getenv = func(name string) string { return map[string]string{"TERM": "dumb"}[name] }
			}, append([]string{"apply", "-f", "m.yaml", "--sim"}, at.args...)...)
			assert.Contains(t, o.out, "+ agency/ops")
			above, _, _ := strings.Cut(o.errors, "\nApply 2 creates")
			assert.Equal(t, at.shown, strings.Count(above, "+ agency/ops"), o.errors)
		})
	}
}
