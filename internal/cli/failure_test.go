package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/santhosh-tekuri/jsonschema/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/cli"
	"github.com/agencyctl/agencyctl/internal/conformance/memory"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/schema"
)

// stage is where a run fails. The zero stage fails nowhere.
type stage struct {
	// args follow the command, and before is done to the accounts and the folder before it runs.
	args   []string
	before func(*testing.T, *accounts)
	env    func(*cli.Env)
	// stopped is set for a run that is interrupted before it begins.
	stopped bool
	code    int
	says    string
}

// unreadable and the others are stages of several commands.
var (
	unreadable = stage{before: faults(memory.Fault{Operation: memory.Observe, Err: providers.ErrDenied}), code: 1, says: "access denied"}
	unnamed    = stage{env: being(providers.Identity{}, errors.New("no answer")), code: 1, says: "no answer"}
	noKeys     = stage{before: func(_ *testing.T, a *accounts) { delete(a.worlds, "alpha") }, code: 1, says: "no keys for alpha"}
	missing    = stage{args: []string{"-f", "nothing.yaml"}, code: 1, says: "nothing.yaml"}
	invalid    = stage{before: write("m/1.yaml", head+"agencies: [{nmae: one}]\n"), code: 1, says: `agencies knows no key \"nmae\"`}
	badFlag    = stage{args: []string{"--rate", "-1"}, code: 1, says: "--rate -1"}
	badTime    = stage{args: []string{"--timeout", "x"}, code: 1, says: "--timeout"}
	unknown    = stage{args: []string{"--bogus"}, code: 1, says: "unknown flag: --bogus"}
	stopped    = stage{stopped: true, code: 130, says: "interrupted"}
	stranger   = stage{before: func(t *testing.T, a *accounts) {
		world, err := memory.NewWorld(memory.Seed{Account: plan.Account{Name: "omega", ID: "id-of-omega"}})
		require.NoError(t, err)
		a.worlds["alpha"] = world
	}, code: 1, says: "wrong account"}
	// asWanted leaves nothing to do, so that the result of the run is empty.
	asWanted = func(t *testing.T, a *accounts) {
		require.NoError(t, a.worlds["alpha"].PutBox(memory.Box{Name: "one", Owner: "someone"}))
		require.NoError(t, a.worlds["alpha"].PutBox(memory.Box{Name: "two", Owner: "someone"}))
	}
	twice = stage{before: func(t *testing.T, a *accounts) {
		asWanted(t, a)
		text, err := os.ReadFile("m/1.yaml")
		require.NoError(t, err)
		write("m/2.yaml", strings.Replace(string(text), "name: alpha", "id: id-of-alpha", 1))(t, a)
		a.worlds["id-of-alpha"] = a.worlds["alpha"]
	}, code: 1, says: "one account twice"}
)

const head = "apiVersion: agencyctl/v1\naccount: {name: alpha}\ncloud: {kind: huaweicloud, region: cn-north-4}\n"

func faults(f ...memory.Fault) func(*testing.T, *accounts) {
	return func(_ *testing.T, a *accounts) { a.worlds["alpha"].SetFaults(f...) }
}

func write(file, text string) func(*testing.T, *accounts) {
	return func(t *testing.T, _ *accounts) { require.NoError(t, os.WriteFile(file, []byte(text), 0o600)) }
}

// Whose credentials these are, as the cloud says, and as only the credentials say.
var (
	alpha = providers.Identity{Account: plan.Account{Name: "alpha", ID: "id-of-alpha"}, AccountConfirmed: true}
	omega = providers.Identity{Account: plan.Account{Name: "omega", ID: "id-of-omega"}, AccountConfirmed: true}
	claim = providers.Identity{Account: plan.Account{Name: "alpha"}}
)

// stages are the failures of each command line, by the command line and by what fails.
var stages = map[string]map[string]stage{
	"plan -f m": {
		"no failure": {}, "nothing to do": {before: asWanted}, "differences": {args: []string{"--detailed-exitcode"}, code: 2},
		"an unknown flag": unknown, "a flag's value": badFlag, "a flag's form": badTime, "a missing file": missing,
		"an invalid manifest":  invalid,
		"an argument too many": {args: []string{"extra"}, code: 1, says: "extra"},
		"a missing base":       {args: []string{"--base", "nowhere"}, code: 1, says: "nowhere"},
		"no connection":        noKeys, "no identity": unnamed, "no access": unreadable, "interrupted": stopped,
		"another account": stranger, "twice": twice,
		"an unknown account": {args: []string{"--assume", "omega=x"}, code: 1, says: "omega"},
		"a misspelt target":  {args: []string{"--target", "box/wto"}, code: 1, says: "nothing selected"},
		"too many deletes": {
			before: write("m/1.yaml", head+"ownership: {include: [box/*], prune: true, maxDeletes: 0}\nagencies: []\n"),
			code:   1, says: "too many deletes",
		},
		"a bad base of nothing to do": {
			before: func(t *testing.T, a *accounts) {
				asWanted(t, a)
				write("base.yaml", head+"agencies: [{name: no/box, trust: {account: someone}}]\n")(t, a)
			},
			args: []string{"--base", "base.yaml"}, code: 1, says: "base unreadable",
		},
		"a plan that cannot be saved": {
			before: func(t *testing.T, a *accounts) {
				require.NoError(t, os.Mkdir("out", 0o700))
				a.worlds["alpha"].SetHook(func(context.Context, memory.Call) error { return os.RemoveAll("out") })
			},
			args: []string{"--out", "out/plan.json"}, code: 1, says: "--out: ",
		},
	},
	"drift -f m": {
		"differences": {code: 2}, "no failure": {before: asWanted}, "an unknown flag": unknown, "a flag's value": badFlag,
		"a time": {args: []string{"--now", "x"}, code: 1, says: "--now"}, "a missing file": missing, "an invalid manifest": invalid,
		"no connection": noKeys, "no access": unreadable, "interrupted": stopped, "another account": stranger, "twice": twice,
	},
	"apply -f m --auto-approve": {
		"no failure": {}, "nothing to do": {before: asWanted}, "an unknown flag": unknown, "a flag's value": badFlag, "a missing file": missing,
		"an invalid manifest": invalid, "no connection": noKeys, "no identity": unnamed, "no access": unreadable, "interrupted": stopped,
		"another account": stranger, "twice": twice,
		"too many arguments": {args: []string{"a", "b"}, code: 1, says: "one saved plan, not 2"},
		"no log":             {args: []string{"--log", "no/such/folder"}, code: 1, says: "--log"},
		"nobody approves":    {args: []string{"--auto-approve=false"}, code: 1, says: "apply must be approved"},
		"somebody declines":  {args: []string{"--auto-approve=false"}, env: asked("no\n", nil), code: 1, says: "before anything was changed"},
		"a write":            {before: faults(memory.Fault{Operation: memory.Create, Err: providers.ErrDenied}), code: 3, says: "access denied"},
		"all writes": {
			before: faults(memory.Fault{Operation: memory.Create}, memory.Fault{Operation: memory.Update}),
			code:   3, says: "Nothing was applied; 2 failed",
		},
		"the verification": {
			before: func(_ *testing.T, a *accounts) { a.worlds["alpha"].SetLag(1000) },
			args:   []string{"--verify-timeout", "1ms"}, code: 3, says: "not verified",
		},
	},
	"apply plan.json": {
		"no failure": {}, "an unknown flag": unknown, "no connection": noKeys, "no identity": unnamed, "no access": unreadable,
		"interrupted":     stopped,
		"a flag of plan":  {args: []string{"--max-deletes", "3"}, code: 1, says: "a saved plan is executed as it was saved"},
		"a missing file":  {before: func(t *testing.T, _ *accounts) { require.NoError(t, os.Remove("plan.json")) }, code: 1, says: "plan.json: "},
		"a damaged file":  {before: write("plan.json", "{}"), code: 1, says: "bad saved plan"},
		"no signature":    {before: write("keys", "x"), args: []string{"--verify-key", "keys"}, code: 1, says: "--verify-key"},
		"another account": stranger,
		"live state has moved": {before: func(t *testing.T, a *accounts) {
			require.NoError(t, a.worlds["alpha"].PutBox(memory.Box{Name: "one", Owner: "nobody"}))
		}, code: 1, says: "live state has moved"},
	},
	"show plan.json": {
		"no failure": {}, "an unknown flag": unknown, "too many arguments": {args: []string{"b"}, code: 1, says: "one saved plan, not 2"},
		"a missing file": {before: func(t *testing.T, _ *accounts) { require.NoError(t, os.Remove("plan.json")) }, code: 1, says: "plan.json: "},
		"a damaged file": {before: write("plan.json", "{}"), code: 1, says: "bad saved plan"},
	},
	"validate -f m": {
		"no failure": {}, "an unknown flag": unknown, "a missing file": missing, "an invalid manifest": invalid,
	},
	"whoami -f m": {
		"no failure": {env: being(alpha, nil)}, "an unknown flag": unknown, "a flag's value": badFlag, "a missing file": missing,
		"an invalid manifest": invalid, "no connection": noKeys, "no identity": unnamed,
		"another account":        {env: being(omega, nil), code: 1, says: "another account"},
		"an unconfirmed account": {env: being(claim, nil), code: 1, says: "did not confirm"},
		"no access": {
			before: unreadable.before, env: being(alpha, nil), args: []string{"--permissions"},
			code: 1, says: "reads refused: live state could not be read",
		},
	},
	"list kinds -f m": {
		"no failure": {}, "an unknown flag": unknown, "a flag's value": badFlag, "a missing file": missing, "an invalid manifest": invalid,
		"no connection": noKeys, "no access": unreadable, "interrupted": stopped, "another account": stranger,
		"nothing found":         {args: []string{"no-such-kind"}, code: 1, says: "nothing among the kinds has"},
		"a word that is empty":  {args: []string{""}, code: 1, says: "no word to search for"},
		"a region of the flags": {args: []string{"--region", "x"}, code: 1, says: "--region are for runs without a manifest"},
	},
	"list sections -f m": {
		"no failure": {}, "an invalid manifest": invalid, "nothing found": {args: []string{"no-such-section"}, code: 1, says: "among the sections"},
	},
	"audit --guardrails m": {
		"no credentials": noKeys, "unreadable state": unreadable, "an invalid manifest": invalid, "a bad flag": badFlag, "a bad time": badTime,
		"an unknown flag": unknown, "interrupted": stopped,
		"another account": {before: stranger.before, code: 1, says: "and what was read is of"},
		"a contradiction": {args: []string{"--region", "cn-north-4"}, code: 1, says: "--guardrails"},
		"a moment":        {args: []string{"--now", "tomorrow"}, code: 1, says: "--now"},
	},
	"audit": {"missing guardrails": {args: []string{"--guardrails", "nothing.yaml"}, code: 1, says: "nothing.yaml"}},
}

// kinds are the published schemas of what the commands print.
var kinds = map[string]string{
	"plan": "plan", "drift": "drift", "audit": "audit", "apply": "apply", "show": "plan", "validate": "validate", "whoami": "whoami", "list": "list",
}

// TestADocumentSaysWhatWentWrong holds the JSON of every command, whichever stage fails, against its schema, and against what
// scripts ask that take it for granted that the run went well.
func TestADocumentSaysWhatWentWrong(t *testing.T) {
	schemas := map[string]*jsonschema.Schema{}
	for _, kind := range kinds {
		text, ok := schema.Published(kind)
		require.True(t, ok)
		compiler := jsonschema.NewCompiler()
		require.NoError(t, compiler.AddResource(kind, bytes.NewReader(text)))
		schemas[kind] = compiler.MustCompile(kind)
	}
	for command, failures := range stages {
		for what, s := range failures {
			t.Run(command+"/"+what, func(t *testing.T) {
				a := newAccounts(t, "alpha")
				require.Equal(t, 0, a.run(limited(t), t, nil, "plan", "-f", "m", "--out", "plan.json").code)
				if s.before != nil {
					s.before(t, a)
				}
				ctx, stop := context.WithCancel(limited(t))
				defer stop()
				if s.stopped {
					stop()
				}
				kind := kinds[strings.Fields(command)[0]]
				o := a.run(ctx, t, s.env, slices.Concat(strings.Fields(command), []string{"-o", "json"}, s.args)...)
				require.Equal(t, s.code, o.code, "%s%s", o.out, o.errors)
				var document map[string]any
				require.NoError(t, json.Unmarshal([]byte(o.out), &document), o.out)
				require.NoError(t, schemas[kind].Validate(document), o.out)
				good := s.code == 0 || s.code == 2
				for query, holds := range goodNews[kind] {
					if good {
						break // what was found need not be good news
					}
					assert.False(t, holds(document), "%s of %s", query, o.out)
				}
				assert.Equal(t, good, noProblem(document), o.out)
				assert.Equal(t, good || kind == "validate", noError(document), o.out)
				assert.Contains(t, o.out, s.says)
				if !good && s.code != 3 && what != "somebody declines" && kind+what != "validatean invalid manifest" && command != "whoami -f m" {
					assert.NotEmpty(t, o.errors, "people are told too")
				}
			})
		}
	}
}

// TestWithoutFailureTheQuestionsAreAnswered shows that the questions find what they ask for in good documents, so that they
// cannot pass by being misspelt.
func TestWithoutFailureTheQuestionsAreAnswered(t *testing.T) {
	for _, command := range []string{
		"plan -f m", "drift -f m", "audit --guardrails m", "apply -f m --auto-approve", "validate -f m", "whoami -f m --permissions", "list kinds -f m",
	} {
		kind := kinds[strings.Fields(command)[0]]
		a := newAccounts(t, "alpha")
		asWanted(t, a)
		o := a.run(limited(t), t, being(alpha, nil), append(strings.Fields(command), "-o", "json")...)
		require.Equal(t, 0, o.code, o.errors)
		var document map[string]any
		require.NoError(t, json.Unmarshal([]byte(o.out), &document))
		for _, query := range slices.Sorted(maps.Keys(goodNews[kind])) {
			if query != ".accounts | length == 0" {
				assert.True(t, goodNews[kind][query](document), "%s of %s", query, o.out)
			}
		}
	}
}

func TestABadFlagBeforeOutputLeavesTheDocument(t *testing.T) {
	for _, args := range []string{
		"plan --bogus -o json", "plan --bogus=x --output=json", "plan -f m --rate x -o json", "drift --bogus value -qo json",
		"apply -X -ojson", "validate --base -o json", "whoami --bogus -h -o json",
	} {
		a := newAccounts(t, "alpha")
		o := a.run(limited(t), t, nil, strings.Fields(args)...)
		assert.Equal(t, 1, o.code, args)
		assert.NotEmpty(t, o.errors, args)
		var document map[string]any
		if assert.NoError(t, json.Unmarshal([]byte(o.out), &document), "%s: %q", args, o.out) {
			assert.False(t, noProblem(document), args)
		}
	}
	a := newAccounts(t, "alpha")
	o := a.run(limited(t), t, nil, "plan", "--bogus", "-o", "text")
	require.Empty(t, o.out)
}

// goodNews are questions of scripts, in the words of jq, by the kind of document. The answers are jq's: a key that is missing is
// null, the length of null is 0, and what jq refuses to do is not true.
var goodNews = map[string]map[string]func(map[string]any) bool{
	"plan": {
		".accounts | length == 0": noAccounts, ".problems | length == 0": noProblems,
		".accounts[].changes | length == 0":                    eachAccount(empty("changes")),
		".accounts[].changes // [] | length == 0":              eachAccount(emptyByDefault("changes")),
		".accounts[].findings | length == 0":                   eachAccount(both(empty("findings"), empty("changes"))),
		".accounts[].summary.create // 0 == 0":                 eachAccount(both(zero("summary", "create"), zero("summary", "delete"))),
		"[.accounts[] | select(.error)] | length == 0":         noError,
		"[.problems[] | select(.warning | not)] | length == 0": noProblem,
	},
	"drift": {
		".accounts | length == 0": noAccounts, ".problems | length == 0": noProblems,
		".accounts[].drifted == false": eachAccount(func(account map[string]any) bool { return account["drifted"] == false }),
		".accounts[].drifted | not": eachAccount(func(account map[string]any) bool {
			return account["drifted"] == false || account["drifted"] == nil
		}),
		".accounts[].changed | length == 0":            eachAccount(empty("changed")),
		".accounts[].missing // [] | length == 0":      eachAccount(emptyByDefault("missing")),
		".accounts[].unexpected | length == 0":         eachAccount(empty("unexpected")),
		".accounts[].findings | length == 0":           eachAccount(empty("findings")),
		".accounts[].summary.changed // 0 == 0":        eachAccount(zero("summary", "changed")),
		"[.accounts[] | select(.error)] | length == 0": noError,
	},
	"audit": {
		".accounts | length == 0": noAccounts, ".problems | length == 0": noProblems,
		".accounts[].findings | length == 0":           eachAccount(empty("findings")),
		".accounts[].expired | length == 0":            eachAccount(empty("expired")),
		".accounts[].summary.high // 0 == 0":           eachAccount(zero("summary", "high")),
		"[.accounts[] | select(.error)] | length == 0": noError,
	},
	"apply": {
		".accounts | length == 0": noAccounts, ".problems | length == 0": noProblems,
		".accounts[].results | length == 0": eachAccount(empty("results")),
		".accounts[].verified": eachAccount(func(account map[string]any) bool {
			return account["verified"] != false && account["verified"] != nil
		}),
		"[.accounts[] | select(.error)] | length == 0": noError,
	},
	"whoami": {
		".accounts | length == 0": noAccounts, ".problems | length == 0": noProblems,
		`.accounts[] | .identity.accountConfirmed and .manifest.matches == "yes" and .check.reads == "allowed"`: eachAccount(
			func(account map[string]any) bool {
				in := func(key, value string) any { return at(at(account, key), value) }
				return in("identity", "accountConfirmed") == true && in("manifest", "matches") == "yes" && in("check", "reads") == "allowed"
			}),
		"[.accounts[] | select(.error)] | length == 0": noError,
	},
	"list": {
		".problems | length == 0": noProblems, ".accounts[].items | length == 0": eachAccount(empty("items")),
		".accounts[].total // 0 == 0":                  eachAccount(func(account map[string]any) bool { return at(account, "total") == 0.0 || at(account, "total") == nil }),
		"[.accounts[] | select(.error)] | length == 0": noError,
	},
	"validate": {".problems | length == 0": noProblems},
}

func noAccounts(d map[string]any) bool { return length(d["accounts"]) == 0 }
func noProblems(d map[string]any) bool { return length(d["problems"]) == 0 }

func noProblem(d map[string]any) bool {
	problems, _ := d["problems"].([]any)
	return !slices.ContainsFunc(problems, func(p any) bool { return at(p, "warning") == false })
}

func noError(d map[string]any) bool {
	accounts, _ := d["accounts"].([]any)
	return !slices.ContainsFunc(accounts, func(a any) bool { return at(a, "error") != nil })
}

// eachAccount asks every account, of which there must be one.
func eachAccount(holds func(account map[string]any) bool) func(map[string]any) bool {
	return func(d map[string]any) bool {
		accounts, _ := d["accounts"].([]any)
		return len(accounts) > 0 && !slices.ContainsFunc(accounts, func(a any) bool { return !holds(a.(map[string]any)) })
	}
}

func empty(key string) func(map[string]any) bool {
	return func(account map[string]any) bool { return length(account[key]) == 0 }
}

func emptyByDefault(key string) func(map[string]any) bool {
	return func(account map[string]any) bool { return account[key] == nil || length(account[key]) == 0 }
}

func zero(key, count string) func(map[string]any) bool {
	return func(account map[string]any) bool {
		n := at(account[key], count)
		return n == nil || n == 0.0
	}
}

func both(a, b func(map[string]any) bool) func(map[string]any) bool {
	return func(account map[string]any) bool { return a(account) && b(account) }
}

// at is .key in jq: null of null, and refused, which is nothing that can be compared, of what is no object.
func at(v any, key string) any {
	switch v := v.(type) {
	case nil:
		return nil
	case map[string]any:
		return v[key]
	}
	return errors.ErrUnsupported
}

// length is that of jq; it is negative where jq refuses.
func length(v any) int {
	switch v := v.(type) {
	case nil:
		return 0
	case string:
		return utf8.RuneCountInString(v)
	case []any:
		return len(v)
	case map[string]any:
		return len(v)
	}
	return -1
}

// interrupting is a standard output on which the run is interrupted at its first write.
type interrupting struct {
	bytes.Buffer
	interrupt func()
}

func (w *interrupting) Write(p []byte) (int, error) {
	w.interrupt()
	return w.Buffer.Write(p)
}

func TestAnInterruptAfterTheWorkChangesNoExitCode(t *testing.T) {
	for args, code := range map[string]int{"drift -f m": 2, "plan -f m": 0, "plan -f m --detailed-exitcode": 2, "plan -f m --target box/wto": 130} {
		a := newAccounts(t, "alpha")
		ctx, stop := context.WithCancel(limited(t))
		defer stop()
		out := &interrupting{interrupt: stop}
		o := a.run(ctx, t, func(env *cli.Env) { env.Stdout = out }, append(strings.Fields(args), "-o", "json")...)
		assert.Equal(t, code, o.code, args)
		var document map[string]any
		require.NoError(t, json.Unmarshal(out.Bytes(), &document))
		assert.Equal(t, code != 130, noProblem(document), args)
	}
}
