package main

import (
	"bytes"
	"cmp"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/pem"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/ssh"

	"github.com/agencyctl/agencyctl/internal/cloudsim"
)

var update = flag.Bool("update", false, "rewrite the expected output in testdata/script and the published schema")

// TestMain lets more stories run at once than there are processors, because they wait for processes and pauses.
func TestMain(m *testing.M) {
	if err := flag.Set("test.parallel", "4"); err != nil {
		panic(err)
	}
	testscript.Main(m, map[string]func(){"agencyctl": main})
}

// TestScript runs the stories in testdata/script: the user's view of every command, on the real program. Beside the
// commands of testscript they use:
//
//	exits CODE COMMAND...      run a command that must end with this exit code
//	startsim [CLOUD] [unpublished] [SWITCH...]  serve a simulated cloud; sets $SIM to its address, and demo credentials;
//	                           its services give their agencies roles that no page names only if "unpublished" is said
//	edit VERB ARGUMENT...      change it by hand, as a colleague in the console would
//	fault METHOD PATH STATUS   answer calls like this with this status from now on; "fault off" ends it
//	fault agency NAME          let services fail to make this agency
//	fault after METHOD PATH STATUS  the same once, after the change was made
//	fault latency TIME         answer every call after that time
//	writes N                   the simulator has got exactly N writing calls since the last "writes"; "writes <N", fewer
//	                           so far
//	hang                       answer no call any more, once the simulator has got a writing call and waits with the next one
//	interrupt [SIGNAL...]      press Ctrl-C for the command in the background, once the simulator has got a writing call; or send it
//	                           INT or TERM, one right after the other
//	interrupt reading          press it once the simulator has got any call
//	interrupt again            press it once more
//	exited CODE                that command has ended with this exit code
//	token [PROJECT]            sets $TOKEN to a new token of the demo user, for the account or for a project
//	calls N METHOD PATH        of all calls since then, exactly N were of this kind
//	newkey NAME [PASSPHRASE]   make a key pair: NAME and NAME.pub
//	replace FILE OLD NEW       edit a file
//	samewords FILE FILE        both have the same words in the same order, whatever their lines
//	seal FILE                  give an edited saved plan the digest that fits
func TestScript(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("EXAMPLES", absolute("examples"))
			e.Setenv("NORTHWIND", absolute("testdata/northwind"))
			e.Setenv("GOGC", "off") // a fourth of the time of so short a process is collecting garbage
			e.Values[simulatorKey{}] = &simulator{}
			return nil
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"exits": exits, "startsim": startSim, "edit": editSim, "fault": fault, "writes": writes, "hang": hang, "interrupt": interrupt, "exited": exited,
			"calls": calls, "token": newToken,
			"newkey": newKey, "replace": replace, "seal": seal, "samewords": sameWords,
		},
	})
}

// TestExamples plans and applies every example twice on a fresh simulated cloud, once as a saved plan: the second time
// nothing is left to do.
func TestExamples(t *testing.T) {
	folders, err := filepath.Glob("examples/*")
	require.NoError(t, err)
	require.NotEmpty(t, folders)
	for _, folder := range folders {
		t.Run(filepath.Base(folder), func(t *testing.T) {
			testscript.Run(t, testscript.Params{
				Files: []string{script(t, fmt.Sprintf(`
exec agencyctl validate -f %[1]s
exits 2 agencyctl plan -f %[1]s --sim --detailed-exitcode
exec agencyctl apply -f %[1]s --sim --auto-approve
stdout 'verified'
exec agencyctl apply -f %[1]s --sim --auto-approve
stdout '^Nothing to do'
exec agencyctl drift -f %[1]s --sim --now 2026-01-01
exec agencyctl plan -f %[1]s --sim=reviewed.json --out plan.json
exec agencyctl apply plan.json --sim=reviewed.json
stdout 'verified'
exec agencyctl apply plan.json -f %[1]s --sim=reviewed.json
stdout '^Nothing to do'
exec agencyctl plan -f %[1]s --sim=reviewed.json
stdout '^Nothing to do'
`, filepath.ToSlash(absolute(folder))))},
				Setup: func(e *testscript.Env) error { return onlyPublishedRoles(e, folder) },
				Cmds:  map[string]func(ts *testscript.TestScript, neg bool, args []string){"exits": exits},
			})
		})
	}
}

// onlyPublishedRoles puts state files in place whose services give their agencies no roles that no page names. The examples with
// authorizations are on Huawei Cloud.
func onlyPublishedRoles(e *testscript.Env, folder string) error {
	if filepath.Base(folder) != "authorizations" {
		return nil
	}
	for _, name := range []string{".agencyctl-sim.json", "reviewed.json"} {
		world := cloudsim.DemoWorld(cloudsim.HuaweiCloud)
		world.OnlyPublishedRoles = true
		if err := cloudsim.SaveState(filepath.Join(e.WorkDir, name), &world); err != nil {
			return err
		}
	}
	return nil
}

// script writes a story to a file of its own.
func script(t *testing.T, text string) string {
	path := filepath.Join(t.TempDir(), "story.txtar")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

func absolute(path string) string {
	full, err := filepath.Abs(path)
	if err != nil {
		panic(err)
	}
	return full
}

func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	if failed := new(exec.ExitError); errors.As(err, &failed) {
		got = failed.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d\nstdout:\n%s\nstderr:\n%s", got, want, ts.ReadFile("stdout"), ts.ReadFile("stderr"))
	}
}

// simulator is the simulated cloud of one script, and how many of its calls "writes" has counted.
type simulator struct {
	server *cloudsim.Server
	seen   int
	// interrupted is the command that "interrupt" has stopped.
	interrupted *exec.Cmd
}

type simulatorKey struct{}

func simulatorOf(ts *testscript.TestScript) *simulator {
	s := ts.Value(simulatorKey{}).(*simulator)
	if s.server == nil {
		ts.Fatalf("startsim comes first")
	}
	return s
}

func startSim(ts *testscript.TestScript, neg bool, args []string) {
	options := cloudsim.Options{Switches: cloudsim.Switches{OnlyPublishedRoles: true}}
	for _, arg := range args {
		field := reflect.ValueOf(&options.Switches).Elem().FieldByName(arg)
		switch {
		case arg == "unpublished":
			options.Switches.OnlyPublishedRoles = false
		case field.IsValid():
			field.SetBool(true)
		case neg || options.Cloud != "":
			ts.Fatalf("usage: startsim [CLOUD] [unpublished] [SWITCH...]")
		default:
			options.Cloud = arg
		}
	}
	server, err := cloudsim.New(options)
	ts.Check(err)
	url, stop, err := cloudsim.Start(context.Background(), server, "")
	ts.Check(err)
	ts.Defer(func() { ts.Check(stop()) })
	world := server.World()
	ts.Setenv("SIM", url)
	ts.Setenv("HUAWEICLOUD_SDK_AK", cloudsim.DemoAccessKey)
	ts.Setenv("HUAWEICLOUD_SDK_SK", cloudsim.DemoSecretKey)
	ts.Setenv("HUAWEICLOUD_SDK_DOMAIN_ID", world.Home)
	sim := ts.Value(simulatorKey{}).(*simulator)
	sim.server, sim.seen = server, 0
}

func editSim(ts *testscript.TestScript, neg bool, args []string) {
	edit, err := cloudsim.ParseEdit(args)
	ts.Check(err)
	ts.Check(simulatorOf(ts).server.Edit("", edit))
}

func fault(ts *testscript.TestScript, neg bool, args []string) {
	s := simulatorOf(ts)
	if len(args) == 1 && args[0] == "off" {
		ts.Check(s.server.SetFaults(cloudsim.Faults{}))
		return
	}
	if len(args) == 2 && (args[0] == "lag" || args[0] == "latency") {
		late, err := time.ParseDuration(args[1])
		ts.Check(err)
		faults := cloudsim.Faults{ReadLag: late}
		if args[0] == "latency" {
			faults = cloudsim.Faults{Latency: late}
		}
		ts.Check(s.server.SetFaults(faults))
		return
	}
	if len(args) == 2 && args[0] == "agency" {
		ts.Check(s.server.SetFaults(cloudsim.Faults{Agencies: []cloudsim.AgencyFault{{Agency: args[1], Message: "simulated failure"}}}))
		return
	}
	f := cloudsim.Fault{}
	if len(args) == 4 && args[0] == "after" {
		f.AfterChange, f.Times = true, 1
		args = args[1:]
	}
	if neg || len(args) != 3 {
		ts.Fatalf("usage: fault [after] METHOD PATH STATUS, fault agency NAME, fault lag TIME, fault latency TIME, or fault off")
	}
	var err error
	f.Method, f.Path = args[0], args[1]
	f.Status, err = strconv.Atoi(args[2])
	ts.Check(err)
	ts.Check(s.server.SetFaults(cloudsim.Faults{Targets: []cloudsim.Fault{f}}))
}

func writes(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: writes N, or writes <N")
	}
	number, fewer := strings.CutPrefix(args[0], "<")
	want, err := strconv.Atoi(number)
	ts.Check(err)
	s := simulatorOf(ts)
	calls := s.server.Calls()
	var got []string
	for _, c := range calls[s.seen:] {
		if c.Write {
			got = append(got, c.Method+" "+c.Path)
		}
	}
	if !fewer {
		s.seen = len(calls)
	}
	if fewer && len(got) >= want || !fewer && len(got) != want {
		ts.Fatalf("%d writes, want %s:\n%s", len(got), args[0], strings.Join(got, "\n"))
	}
}

// hang has the simulator keep every caller waiting from the first write on.
func hang(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) > 0 {
		ts.Fatalf("usage: hang")
	}
	s := simulatorOf(ts)
	s.awaitCall(ts, isWrite)
	ts.Check(s.server.SetFaults(cloudsim.Faults{Latency: time.Minute}))
	for answered, again := 0, len(s.server.Calls()); answered != again; { // until the next call waits
		answered = again
		time.Sleep(time.Second)
		again = len(s.server.Calls())
	}
}

// interrupt stops the command in the background as Ctrl-C does.
func interrupt(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(ts.BackgroundCmds()) != 1 {
		ts.Fatalf("usage: interrupt [SIGNAL...], or interrupt again, with one command in the background")
	}
	s := simulatorOf(ts)
	s.interrupted = ts.BackgroundCmds()[0]
	signals := map[string]os.Signal{"INT": os.Interrupt, "TERM": syscall.SIGTERM}
	switch words := strings.Join(args, " "); {
	case words == "again":
		time.Sleep(2 * onePress)
		args = nil
	case words == "reading":
		s.awaitCall(ts, isAnswered)
		args = nil
	default:
		s.awaitCall(ts, isWrite)
		time.Sleep(50 * time.Millisecond) // so that the next one is on its way
	}
	for _, name := range strings.Fields(cmp.Or(strings.Join(args, " "), "INT")) {
		if signals[name] == nil {
			ts.Fatalf("interrupt: unknown signal %s", name)
		}
		ts.Check(s.interrupted.Process.Signal(signals[name]))
	}
}

func isAnswered(c cloudsim.Call) bool { return c.Status != 0 }

func isWrite(c cloudsim.Call) bool { return c.Write && c.Status != 0 }

// awaitCall returns when the simulator has answered such a call.
func (s *simulator) awaitCall(ts *testscript.TestScript, is func(cloudsim.Call) bool) {
	for ends := time.Now().Add(time.Minute); !slices.ContainsFunc(s.server.Calls(), is); time.Sleep(time.Millisecond) {
		if time.Now().After(ends) {
			ts.Fatalf("no such call came")
		}
	}
}

func exited(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: exited CODE")
	}
	if got := simulatorOf(ts).interrupted.ProcessState.ExitCode(); strconv.Itoa(got) != args[0] {
		ts.Fatalf("exit code %d, want %s", got, args[0])
	}
}

func calls(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: calls N METHOD PATH")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	s := simulatorOf(ts)
	got := 0
	for _, c := range s.server.Calls()[s.seen:] {
		if c.Method == args[1] && c.Path == args[2] {
			got++
		}
	}
	if got != want {
		ts.Fatalf("%d calls of %s %s, want %d", got, args[1], args[2], want)
	}
}

// newKey makes a key pair for a story: NAME holds the private key, and NAME.pub the public one.
func newKey(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 || len(args) > 2 {
		ts.Fatalf("usage: newkey NAME [PASSPHRASE]")
	}
	public, private, err := ed25519.GenerateKey(rand.Reader)
	ts.Check(err)
	block, err := ssh.MarshalPrivateKey(private, "")
	if len(args) == 2 {
		block, err = ssh.MarshalPrivateKeyWithPassphrase(private, "", []byte(args[1]))
	}
	ts.Check(err)
	key, err := ssh.NewPublicKey(public)
	ts.Check(err)
	name := args[0]
	line := bytes.TrimSuffix(ssh.MarshalAuthorizedKey(key), []byte("\n"))
	for suffix, text := range map[string]string{
		"": string(pem.EncodeToMemory(block)), ".pub": string(line) + " " + name + "\n",
	} {
		ts.Check(os.WriteFile(ts.MkAbs(name+suffix), []byte(text), 0o600))
	}
}

// replace puts NEW in the place of the first OLD in FILE, as an editor or a damaged disk would.
func replace(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: replace FILE OLD NEW")
	}
	path := ts.MkAbs(args[0])
	text, err := os.ReadFile(path)
	ts.Check(err)
	if !bytes.Contains(text, []byte(args[1])) {
		ts.Fatalf("%s does not hold %q", args[0], args[1])
	}
	ts.Check(os.WriteFile(path, bytes.Replace(text, []byte(args[1]), []byte(args[2]), 1), 0o600))
}

// seal is the command "seal" of stories. Anybody can compute the digest of a saved plan: that of the file in which it is empty.
func seal(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: seal FILE")
	}
	text := ts.ReadFile(args[0])
	before, rest, begins := strings.Cut(text, `"digest":"`)
	_, after, ends := strings.Cut(rest, `"`)
	if !begins || !ends {
		ts.Fatalf("%s is no saved plan", args[0])
	}
	head := before + `"digest":"`
	digest := sha256.Sum256([]byte(head + `"` + after))
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), fmt.Appendf(nil, `%ssha256:%x"%s`, head, digest, after), 0o600))
}

// newToken is the command "token" of stories.
func newToken(ts *testscript.TestScript, neg bool, args []string) {
	scope := `{"domain":{"name":"example-co"}}`
	switch {
	case neg || len(args) > 1:
		ts.Fatalf("usage: token [PROJECT]")
	case len(args) == 1:
		scope = `{"project":{"name":"` + args[0] + `"}}`
	}
	request := `{"auth":{"identity":{"methods":["password"],"password":{"user":{"name":"` + cloudsim.DemoUser + `","password":"` +
		cloudsim.DemoUserPassword + `","domain":{"name":"example-co"}}}},"scope":` + scope + `}}`
	call := httptest.NewRequest(http.MethodPost, "/v3/auth/tokens", strings.NewReader(request))
	call.Header.Set("Content-Type", "application/json")
	answer := httptest.NewRecorder()
	simulatorOf(ts).server.ServeHTTP(answer, call)
	token := answer.Header().Get("X-Subject-Token")
	if token == "" {
		ts.Fatalf("no token: %s", answer.Body)
	}
	ts.Setenv("TOKEN", token)
}

func sameWords(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: samewords FILE FILE")
	}
	one, other := strings.Fields(ts.ReadFile(args[0])), strings.Fields(ts.ReadFile(args[1]))
	if !slices.Equal(one, other) {
		ts.Fatalf("%s and %s differ in more than their lines:\n%s\n%s", args[0], args[1], one, other)
	}
}
