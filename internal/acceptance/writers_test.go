package acceptance

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/cloudsim"
)

// applied is what a script reads of an apply as JSON.
type applied struct {
	Accounts []struct {
		Verified bool `json:"verified"`
		Results  []struct {
			Address, Outcome, Error string
			Done, Open              []string
		} `json:"results"`
		Unverified, ChangedByOthers []struct {
			Address, Reason string
			Attributes      []struct{ Name string }
		}
		Besides []struct {
			Address string
			Grants  []string
		}
		Error *struct{ Message string }
	} `json:"accounts"`
}

// wire lists the calls of one run, and does something by hand right before the first of them that a moment chooses.
type wire struct {
	// turn is held by one call at a time. The clock of a bubble stands still while anything waits for a mutex.
	turn  chan struct{}
	calls []string
	// done is how many calls had been made when it was done; -1 while it was not.
	done int
}

// moment chooses the call before which something happens, by the calls before it.
type moment func(before []string, call string) bool

func isWrite(call string) bool { return !strings.HasPrefix(call, "GET ") }

// secondLook is the first read of agencies, grants, roles or policies that the run has made before, or the first write where there is
// none. Reads run side by side: a list that is missing here might be read before the change.
func secondLook(before []string, call string) bool {
	for _, path := range []string{"/role-assignments", "/OS-AGENCY/agencies", "/OS-ROLE/roles", "/v3/roles"} {
		if strings.Contains(call, path) && slices.Contains(before, call) {
			return true
		}
	}
	return isWrite(call)
}

// beforeTheTrust is the update of an agency.
func beforeTheTrust(_ []string, call string) bool {
	return strings.HasPrefix(call, "PUT /v3.0/OS-AGENCY/agencies/")
}

// afterWrites is the first read after so many writes.
func afterWrites(n int) moment {
	return func(before []string, call string) bool {
		writes := 0
		for _, c := range before {
			if isWrite(c) {
				writes++
			}
		}
		return writes == n && !isWrite(call)
	}
}

// beforeWrite is the nth write.
func beforeWrite(n int) moment {
	return func(before []string, call string) bool { return isWrite(call) && afterWrites(n-1)(before, "GET ") }
}

// nthCall is simply the nth call, counted from 1.
func nthCall(n int) moment { return func(before []string, _ string) bool { return len(before) == n-1 } }

// interrupts lets act happen at the moment of the next run. Until it is over, all calls of the run wait. Act must not call through
// the same front.
func (f *front) interrupts(at moment, act func()) *wire {
	w := &wire{turn: make(chan struct{}, 1), done: -1}
	before := func(r *http.Request) {
		w.turn <- struct{}{}
		defer func() { <-w.turn }()
		query := r.URL.Query()
		query.Del("subject.agency_id") // which agency is read alone makes no difference
		query.Del("subject")
		call := strings.TrimSpace(r.Method + " " + r.URL.Path + " " + query.Encode())
		if w.done < 0 && at(w.calls, call) {
			w.done = len(w.calls)
			act()
		}
		w.calls = append(w.calls, call)
	}
	f.before.Store(&before)
	return w
}

// newWriter is the program before a simulated cloud in a bubble.
func newWriter(t testing.TB) *front {
	f := newBareFront(t, cloudsim.Options{})
	f.inMemory(t, f.handler())
	return f
}

// beside is the program of somebody else, before the same cloud and in the same bubble. It shares no guard of credentials with the run that waits for it.
func (f *front) beside(t testing.TB) *front {
	other := &front{server: f.server, rate: f.rate, env: f.env, secrets: map[string]bool{}}
	other.inMemory(t, f.server)
	return other
}

// byHand makes edits in the console.
func (f *front) byHand(t testing.TB, edits ...string) func() {
	return func() {
		for _, words := range edits {
			edit, err := cloudsim.ParseEdit(strings.Split(words, " | "))
			require.NoError(t, err)
			require.NoError(t, f.server.Edit("", edit))
		}
	}
}

func write(t testing.TB, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "manifest.yaml")
	require.NoError(t, os.WriteFile(path, []byte(head+text), 0o600))
	return path
}

const head = `apiVersion: agencyctl/v1
account: {name: example-co}
cloud: {kind: huaweicloud, region: cn-north-4}
guardrails: {trustedAccounts: [partner-co, audit-partner]}
`

// What the account has before, and what the run makes of it.
const (
	partners = `
agencies:
  - {name: ops, trust: {account: partner-co}, description: before, grants: {domain: [OBS ReadOnlyAccess], projects: {cn-north-4: [ECS ReadOnlyAccess]}}}
  - {name: shared, trust: {account: partner-co}, grantsMode: additive, grants: {domain: [OBS ReadOnlyAccess]}}
policies: [{name: reads, scope: project, statements: [{effect: Allow, actions: ["ecs:servers:get"]}]}]
`
	handedOver = `
agencies:
  - {name: ops, trust: {account: audit-partner}, description: before, grants: {domain: [Tenant Guest], projects: {cn-north-4: [Tenant Guest]}}}
  - {name: shared, trust: {account: partner-co}, grantsMode: additive, grants: {domain: [OBS ReadOnlyAccess]}}
policies: [{name: reads, scope: project, statements: [{effect: Allow, actions: ["ecs:servers:get"]}]}]
`
	sharedHandedOver = `
agencies:
  - {name: ops, trust: {account: partner-co}, description: before, grants: {domain: [OBS ReadOnlyAccess], projects: {cn-north-4: [ECS ReadOnlyAccess]}}}
  - {name: shared, trust: {account: audit-partner}, grantsMode: additive, grants: {domain: [OBS ReadOnlyAccess]}}
policies: [{name: reads, scope: project, statements: [{effect: Allow, actions: ["ecs:servers:get"]}]}]
`
	granted = `
agencies:
  - {name: ops, trust: {account: partner-co}, description: after, grants: {domain: [OBS ReadOnlyAccess, Tenant Guest], projects: {cn-north-4: [ECS ReadOnlyAccess]}}}
  - {name: shared, trust: {account: partner-co}, grantsMode: additive, grants: {domain: [OBS ReadOnlyAccess, Tenant Guest]}}
policies: [{name: reads, scope: project, statements: [{effect: Allow, actions: ["ecs:servers:get"]}]}]
`
	policyGranted = `
agencies:
  - {name: ops, trust: {account: partner-co}, description: before, grants: {domain: [OBS ReadOnlyAccess], projects: {cn-north-4: [ECS ReadOnlyAccess, reads]}}}
  - {name: shared, trust: {account: partner-co}, grantsMode: additive, grants: {domain: [OBS ReadOnlyAccess]}}
policies: [{name: reads, scope: project, statements: [{effect: Allow, actions: ["ecs:servers:get"]}]}]
`
	policyWidened = `
agencies:
  - {name: ops, trust: {account: partner-co}, description: before, grants: {domain: [OBS ReadOnlyAccess], projects: {cn-north-4: [ECS ReadOnlyAccess]}}}
policies: [{name: reads, scope: project, statements: [{effect: Allow, actions: ["*:*:*"]}]}]
`
	fresh = `
agencies:
  - {name: fresh, trust: {account: partner-co}, description: d, grants: {domain: [OBS ReadOnlyAccess]}}
`
)

const admin = "Tenant Administrator"

// TestTwoWriters lets somebody else change what a run changes, between two of its calls.
func TestTwoWriters(t *testing.T) {
	adminOn := func(agency string) string { return "grant | " + agency + " | domain | " + admin }
	adminAt := func(agency string) string { return "grant/" + agency + "/domain/" + admin }
	for name, c := range map[string]struct {
		wanted string
		at     moment
		byHand []string
		// other is a manifest that somebody else applies then.
		other string
		code  int
		// outcomes are those of some changes; all others were applied.
		outcomes   map[string]string
		unverified []string
		others     []string
		besides    []string
		// reason is part of a reason or an error in the report.
		reason string
		// kept is what must not have been done, as "AGENCY trusts NAME".
		kept string
	}{
		"1 an administrator grant between plan and first write": {
			wanted: handedOver, at: secondLook, byHand: []string{adminOn("ops")}, code: 1, others: []string{adminAt("ops")},
			outcomes: all("failed", "agency/ops", "grant/ops/domain/OBS ReadOnlyAccess", "grant/ops/project:cn-north-4/ECS ReadOnlyAccess",
				"grant/ops/domain/Tenant Guest", "grant/ops/project:cn-north-4/Tenant Guest"),
			reason: "added by somebody else during this run", kept: "partner-co",
		},
		"2 an administrator grant after the revokes were read back and before the trust": {
			wanted: handedOver, at: beforeTheTrust, byHand: []string{adminOn("ops")}, code: 3, unverified: []string{adminAt("ops")}, others: []string{adminAt("ops")},
		},
		"2 an administrator grant while the revokes are made": {
			wanted: handedOver, at: beforeWrite(2), byHand: []string{adminOn("ops")}, code: 3, unverified: []string{adminAt("ops")}, others: []string{adminAt("ops")},
			outcomes: merge(all("failed", "agency/ops"), all("skipped", "grant/ops/domain/Tenant Guest", "grant/ops/project:cn-north-4/Tenant Guest")),
			reason:   "live state has moved: not sent", kept: "partner-co",
		},
		"2 the same on an additive agency, whose trust changes": {
			wanted: sharedHandedOver, at: secondLook, byHand: []string{adminOn("shared")}, code: 1, others: []string{adminAt("shared")},
			outcomes: all("failed", "agency/shared"), reason: "live state has moved: not sent", kept: "partner-co",
		},
		"3 an administrator grant between the last write and verify": {
			wanted: handedOver, at: afterWrites(5), byHand: []string{adminOn("ops")}, code: 3, unverified: []string{adminAt("ops")}, others: []string{adminAt("ops")},
		},
		"4 a grant on an exact agency before verify": {
			wanted: granted, at: afterWrites(3), byHand: []string{adminOn("ops")}, code: 3, unverified: []string{adminAt("ops")}, others: []string{adminAt("ops")},
		},
		"5 a grant on an additive agency before verify": {
			wanted: granted, at: afterWrites(3), byHand: []string{adminOn("shared")}, code: 0, others: []string{adminAt("shared")}, besides: []string{adminAt("shared")},
		},
		"6 the trust changed while its grants are made": {
			wanted: granted, at: beforeWrite(2), byHand: []string{"set | ops | trust | audit-partner"}, code: 3, unverified: []string{"agency/ops"}, others: []string{"agency/ops"},
			reason: "trust reads account:audit-partner",
		},
		"7 the trust changed before verify": {
			wanted: handedOver, at: afterWrites(5), byHand: []string{"set | ops | trust | op_svc_ecs"}, code: 3, unverified: []string{"agency/ops"}, others: []string{"agency/ops"},
			reason: "trust reads service:op_svc_ecs",
		},
		"8 the agency deleted and made anew": {
			wanted: granted, at: afterWrites(3), byHand: []string{"delete | ops", "create | ops | partner-co"}, code: 3, unverified: []string{"agency/ops"}, others: []string{"agency/ops"},
			reason: "deleted and made anew by somebody else",
		},
		"8 the agency deleted and made anew before the first write": {
			wanted: granted, at: secondLook, byHand: []string{"delete | ops", "create | ops | partner-co"}, code: 1, others: []string{"agency/ops"},
			outcomes: merge(all("failed", "agency/ops", "grant/ops/domain/Tenant Guest"), all("skipped", "grant/shared/domain/Tenant Guest")), reason: "made anew",
		},
		"8 the agency deleted": {
			wanted: granted, at: afterWrites(3), byHand: []string{"delete | ops"}, code: 3, unverified: []string{"agency/ops"}, others: []string{"agency/ops"}, reason: "taken away by somebody else",
		},
		"9 an attribute of ours overwritten": {
			wanted: granted, at: afterWrites(3), byHand: []string{"set | ops | description | by hand"}, code: 3, unverified: []string{"agency/ops"}, others: []string{"agency/ops"},
			reason: "description reads by hand, set by somebody else",
		},
		"10 a grant of ours taken away": {
			wanted: granted, at: afterWrites(3), byHand: []string{"revoke | ops | domain | Tenant Guest"}, code: 3, unverified: []string{"grant/ops/domain/Tenant Guest"},
			reason: "it is not there yet",
		},
		"10 a grant taken away that was there before": {
			wanted: granted, at: afterWrites(3), byHand: []string{"revoke | ops | domain | OBS ReadOnlyAccess"}, code: 3,
			unverified: []string{"grant/ops/domain/OBS ReadOnlyAccess"}, others: []string{"grant/ops/domain/OBS ReadOnlyAccess"}, reason: "taken away by somebody else",
		},
		"11 a create answered 409 by one with another trust": {
			wanted: fresh, at: beforeWrite(1), byHand: []string{"create | fresh | audit-partner"}, code: 3,
			outcomes: merge(all("failed", "agency/fresh"), all("skipped", "grant/fresh/domain/OBS ReadOnlyAccess")), reason: "another agency has the name",
			unverified: []string{"agency/fresh"}, others: []string{"agency/fresh"}, kept: "audit-partner",
		},
		"12 a create answered 409 by one with our trust and a foreign grant": {
			wanted: fresh, at: beforeWrite(1), byHand: []string{"create | fresh | partner-co", "set | fresh | description | d", adminOn("fresh")}, code: 3,
			outcomes: merge(all("failed", "agency/fresh"), all("skipped", "grant/fresh/domain/OBS ReadOnlyAccess")),
			others:   []string{adminAt("fresh")}, unverified: []string{adminAt("fresh")}, reason: "already has grants that the plan does not make",
		},
		"12 a create answered 409 by one that is exactly ours": {
			wanted: fresh, at: beforeWrite(1), byHand: []string{"create | fresh | partner-co", "set | fresh | description | d"}, code: 0,
		},
		"13 a policy's document changed before it is granted": {
			wanted: policyGranted, at: beforeWrite(1), other: policyWidened, code: 3, unverified: []string{"policy/reads"}, others: []string{"policy/reads"},
		},
		"13 a policy's document changed before the first write": {
			wanted: policyGranted, at: secondLook, other: policyWidened, code: 1, others: []string{"policy/reads"},
			outcomes: all("failed", "grant/ops/project:cn-north-4/reads"), reason: "live state has moved",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				f := newWriter(t)
				f.succeeds(t, "apply", "-f", write(t, partners), "--auto-approve")
				act := f.byHand(t, c.byHand...)
				if c.other != "" {
					path := write(t, c.other)
					other := f.beside(t)
					act = func() { other.succeeds(t, "apply", "-f", path, "--auto-approve") }
				}
				w := f.interrupts(c.at, act)
				o := f.run(t, "apply", "-f", write(t, c.wanted), "--auto-approve", "-o", "json", "--parallelism", "1")
				require.GreaterOrEqual(t, w.done, 0, "the moment came: %v", w.calls)
				f.before.Store(nil)
				assert.Equal(t, c.code, o.code, "%s", o)
				var document applied
				require.NoError(t, json.Unmarshal([]byte(o.stdout), &document), o.stdout)
				account := document.Accounts[0]
				assert.Equal(t, c.code == 0, account.Verified)
				said := ""
				for _, r := range account.Results {
					want := c.outcomes[r.Address]
					if want == "" {
						want = "applied"
					}
					assert.Equal(t, want, r.Outcome, r.Address)
					said += r.Error + "\n"
				}
				var unverified, others, besides []string
				for _, d := range account.Unverified {
					unverified, said = append(unverified, d.Address), said+d.Reason+"\n"
				}
				for _, d := range account.ChangedByOthers {
					others, said = append(others, d.Address), said+d.Reason+"\n"
					assert.Contains(t, d.Reason, "by somebody else during this run")
				}
				for _, b := range account.Besides {
					besides = append(besides, b.Grants...)
				}
				assert.Equal(t, c.unverified, unverified)
				assert.Equal(t, c.others, others)
				assert.Equal(t, c.besides, besides)
				assert.Contains(t, said, c.reason)
				if c.kept != "" {
					for _, r := range account.Results {
						name := strings.TrimPrefix(r.Address, "agency/")
						if live := f.server.World(); name != r.Address {
							assert.Equal(t, c.kept, live.AccountNamed("").AgencyNamed(name).Trust.Name)
						}
					}
				}
			})
		})
	}
}

// TestASavedPlanIsReadBackAsAWhole lets somebody change things while a saved plan is applied.
func TestASavedPlanIsReadBackAsAWhole(t *testing.T) {
	for agency, c := range map[string]struct {
		at   moment
		code int
	}{
		"ops": {afterWrites(3), 3}, "shared": {afterWrites(3), 0},
	} {
		t.Run(agency, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newWriter(t)
				f.succeeds(t, "apply", "-f", write(t, partners), "--auto-approve")
				file := filepath.Join(t.TempDir(), "plan.json")
				f.succeeds(t, "plan", "-f", write(t, granted), "--out", file)
				f.interrupts(c.at, f.byHand(t, "grant | "+agency+" | domain | "+admin))
				o := f.run(t, "apply", file)
				assert.Equal(t, c.code, o.code, "%s", o)
				assert.Contains(t, o.stdout, "Changed by somebody else during this run: grant/"+agency+"/domain/"+admin)
				if agency == "shared" {
					assert.Contains(t, o.stdout, "Beside what the manifest lists (left alone): agency/shared  grant/shared/domain/"+admin+"\n\nagencies ~1 · grants +2\nApplied 3 changes, verified.")
				} else {
					assert.Contains(t, o.stdout, "Applied 3 changes, 1 resource not verified.")
				}
			})
		})
	}
}

func all(outcome string, addresses ...string) map[string]string {
	outcomes := map[string]string{}
	for _, a := range addresses {
		outcomes[a] = outcome
	}
	return outcomes
}

func merge(parts ...map[string]string) map[string]string {
	outcomes := map[string]string{}
	for _, part := range parts {
		for a, outcome := range part {
			outcomes[a] = outcome
		}
	}
	return outcomes
}

// looksAfter reports whether a run has read agencies anew after so many calls, so that it could see what was done then.
func (w *wire) looksAfter(calls int) bool {
	return slices.ContainsFunc(w.calls[calls:], func(call string) bool { return strings.HasPrefix(call, "GET /v3.0/OS-AGENCY/agencies") })
}

// TestTwoAppliesAtOnce lets a whole second apply happen before each call of the first.
func TestTwoAppliesAtOnce(t *testing.T) {
	for name, c := range map[string]pair{
		"of the same manifest, which makes everything":   {"", partners, partners},
		"of the same manifest, which hands over":         {partners, handedOver, handedOver},
		"of a manifest that undoes it":                   {partners, handedOver, partners},
		"of a manifest that makes the same agency other": {"", fresh, strings.ReplaceAll(fresh, "partner-co", "audit-partner")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			alone := c.run(t, 0)
			require.Zero(t, alone.code)
			calls := make([]int, alone.calls)
			for i := range calls {
				calls[i] = i + 1
			}
			calls = thinned(calls) // the other apply is in the way before more calls in a row than are left out
			codes := make([]int, len(calls))
			for i, n := range calls {
				codes[i] = c.run(t, n).code
			}
			assert.Contains(t, codes, 0)
			assert.Equal(t, c.mine != c.theirs, slices.ContainsFunc(codes, func(code int) bool { return code != 0 }), "before the calls %v: %v", calls, codes)
		})
	}
}

// pair are two manifests that are applied at once, and the one that was applied before.
type pair struct{ before, mine, theirs string }

type paired struct{ code, calls int }

// run applies mine, and theirs before its nth call, 0 for never.
func (c pair) run(t *testing.T, n int) (ran paired) {
	synctest.Test(t, func(t *testing.T) {
		mine, theirs := write(t, c.mine), write(t, c.theirs)
		f := newWriter(t)
		if c.before != "" {
			o := f.run(t, "apply", "-f", write(t, c.before), "--auto-approve")
			assert.Zero(t, o.code, "%s", o)
		}
		other := f.beside(t)
		w := f.interrupts(nthCall(n), func() {
			synctest.Wait() // the calls that are on their way arrive before, or they would change what the other has read
			o := other.run(t, "apply", "-f", theirs, "--auto-approve")
			assert.Contains(t, []int{0, 3}, o.code, "before call %d: %s", n, o)
		})
		o := f.run(t, "apply", "-f", mine, "--auto-approve")
		f.before.Store(nil)
		left := f.run(t, "drift", "-f", mine)
		switch {
		case o.code == 0 && (n == 0 || w.done >= 0 && w.looksAfter(w.done)):
			assert.Zero(t, left.code, "before call %d it says that all is well: %s, and it is not: %s", n, o, left)
		case o.code == 0:
		case c.mine == c.theirs:
			assert.Fail(t, "two that want the same are in each other's way", "before call %d: %s", n, o)
		default:
			assert.Contains(t, []int{1, 3}, o.code, "before call %d", n)
			assert.Contains(t, o.stdout, "somebody else", "before call %d", n)
		}
		assert.Empty(t, twice(f.server), "before call %d", n)
		again := f.run(t, "apply", "-f", mine, "--auto-approve")
		assert.Zero(t, again.code, "before call %d: %s", n, again)
		ran = paired{o.code, len(w.calls)}
	})
	return ran
}
