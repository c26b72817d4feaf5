// Package stories has the commands of the stories in testdata/script, which run beside those of testscript. Only tests use it.
package stories

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/crypto/ssh"

	"github.com/agencyctl/agencyctl/internal/patch/patchtest"
)

// Command is a command of stories.
type Command = func(ts *testscript.TestScript, neg bool, args []string)

// Commands returns the commands by name:
//
//	exits CODE COMMAND...      run a command that must end with this exit code
//	startsim [CLOUD] [unpublished] [SWITCH...]  serve a simulated cloud; sets $SIM to its address, and demo credentials;
//	                           its services give their agencies roles that no page names only if "unpublished" is said
//	edit [by NAME] VERB ARGUMENT...  change it by hand, as a colleague in the console would; on record with a name
//	fault METHOD PATH STATUS   answer calls like this with this status from now on; "fault off" ends it
//	fault agency NAME          let services fail to make this agency
//	fault after METHOD PATH STATUS  the same once, after the change was made
//	fault latency TIME         answer every call after that time
//	writes N                   the simulator has got exactly N writing calls since the last "writes"; "writes <N", fewer
//	                           so far
//	hold N                     hold back the Nth writing call from now on and all after it; "hold call", every call
//	interrupt [SIGNAL]         once a call is held back, press Ctrl-C for the command in the background, or send it TERM, and wait
//	                           for the answer; the command is agencyctl-watched, which has its standard error in errors.txt, and
//	                           gives running calls an hour to end
//	interrupt again            press it once more
//	release                    answer the calls that are held back, and hold back no more
//	exited CODE                that command has ended with this exit code
//	token [PROJECT]            sets $TOKEN to a new token of the demo user, for the account or for a project
//	calls N METHOD PATH        of all calls since then, exactly N were of this kind
//	hook NAME [STATUS [BODY]]  serve a target of notifications, which answers so; sets its variables, with "canary" in URL and secret,
//	                           and adds what it gets to the file NAME.hook, one body a line
//	newkey NAME [PASSPHRASE]   make a key pair: NAME and NAME.pub
//	replace FILE OLD NEW       edit a file
//	recipe CODE FILE [JOB]     run a job of docs/recipes in the current folder, as the place that it is for would: it must end with this
//	                           exit code; what it printed is in job.log, its summary and outputs are in job.summary and job.output,
//	                           artifacts are in artifacts, and secrets are read from secrets
//	patch FILE                 apply a patch to the files of the story, as "git apply" does; "! patch FILE", it must not fit
//	samewords FILE FILE        both have the same words in the same order, whatever their lines
//	seal FILE                  give an edited saved plan the digest that fits
func Commands() map[string]Command {
	return map[string]Command{
		"exits": exits, "startsim": startSim, "edit": editSim, "fault": fault, "writes": writes,
		"hold": hold, "interrupt": interrupt, "release": release, "exited": exited, "calls": calls, "token": newToken,
		"newkey": newKey, "replace": replace, "patch": applyPatch, "seal": seal, "samewords": sameWords,
		"recipe": runRecipe, "hook": hook,
	}
}

// Setup makes room for the simulated cloud of a story.
func Setup(e *testscript.Env) { e.Values[simulatorKey{}] = &simulator{} }

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

// applyPatch is the command "patch" of stories.
func applyPatch(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 1 {
		ts.Fatalf("usage: patch FILE")
	}
	switch err := patchtest.Apply(ts.MkAbs("."), ts.ReadFile(args[0])); {
	case neg && err == nil:
		ts.Fatalf("the patch fits")
	case !neg:
		ts.Check(err)
	}
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

func sameWords(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: samewords FILE FILE")
	}
	one, other := strings.Fields(ts.ReadFile(args[0])), strings.Fields(ts.ReadFile(args[1]))
	if !slices.Equal(one, other) {
		ts.Fatalf("%s and %s differ in more than their lines:\n%s\n%s", args[0], args[1], one, other)
	}
}
