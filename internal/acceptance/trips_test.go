package acceptance

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agencyctl/agencyctl/internal/cloudsim"
	"github.com/agencyctl/agencyctl/providers/huaweicloud"
)

// tripTime is how long every answer takes, by the clock of a bubble: nothing else takes any.
const tripTime = 200 * time.Millisecond

// pipes is a network in memory.
type pipes struct {
	accepts chan net.Conn
	closed  chan struct{}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case conn := <-p.accepts:
		return conn, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error   { close(p.closed); return nil }
func (p *pipes) Addr() net.Addr { return &net.IPAddr{} }

func (p *pipes) dial(context.Context, string, string) (net.Conn, error) {
	client, server := net.Pipe()
	select {
	case p.accepts <- server:
		return client, nil
	case <-p.closed: // dialled for a call that another connection has taken
		return nil, net.ErrClosed
	}
}

// inMemory has the program call h in memory until the bubble that the test runs in ends: there, limits of time are over only when all
// that may happen before has happened, however busy the machine is.
func (f *front) inMemory(t testing.TB, h http.Handler) {
	network := &pipes{accepts: make(chan net.Conn), closed: make(chan struct{})}
	server := &http.Server{ReadHeaderTimeout: time.Hour, Handler: h}
	go func() { _ = server.Serve(network) }()
	t.Cleanup(func() {
		assert.NoError(t, server.Close())
		synctest.Wait()
	})
	f.url, f.connect = "http://localhost:1", hasty(huaweicloud.WithDial(network.dial))
}

// bubble is what became of a command line in a bubble: how it ended, how long it took there, the requests by the round trip in which they were sent, and
// all calls.
type bubble struct {
	outcome  outcome
	took     time.Duration
	requests [][]string
	calls    []cloudsim.Call
}

// inBubble runs a command line in a bubble, where a simulated cloud answers each call after the latency.
func inBubble(t *testing.T, o cloudsim.Options, latency time.Duration, rate string, args ...string) (b bubble) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		f := newBareFront(t, o)
		f.rate = rate
		var mu sync.Mutex
		began := time.Now()
		f.inMemory(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			trip := int(time.Since(began) / latency)
			for len(b.requests) <= trip {
				b.requests = append(b.requests, nil)
			}
			b.requests[trip] = append(b.requests[trip], r.Method+" "+r.URL.RequestURI())
			mu.Unlock()
			time.Sleep(latency)
			f.server.ServeHTTP(w, r)
		}))
		b.outcome = f.run(t, args...)
		b.calls, b.took = f.server.Calls(), time.Since(began)
	})
	return b
}

// trips returns how many round trips a command waits for, one after the other, where no limit holds it back.
func trips(t *testing.T, o cloudsim.Options, args ...string) (waited float64, requests [][]string, calls []cloudsim.Call) {
	t.Helper()
	b := inBubble(t, o, tripTime, "100000", args...)
	require.Contains(t, []int{0, 2}, b.outcome.code, "%s", b.outcome.stderr)
	return float64(b.took) / float64(tripTime), b.requests, b.calls
}

// TestAnApplyKeepsTheLimitBusyAtAnyLatency: the slower the answers, the more calls are under way, up to what --parallelism allows.
func TestAnApplyKeepsTheLimitBusyAtAnyLatency(t *testing.T) {
	path := filepath.Join(t.TempDir(), "m.yaml")
	require.NoError(t, os.WriteFile(path, []byte(fortyAgencies()), 0o600))
	limited := cloudsim.Options{Faults: cloudsim.Faults{RatePerSecond: 10, RateEachAPI: true}}
	for _, latency := range []time.Duration{20 * time.Millisecond, 200 * time.Millisecond} {
		b := inBubble(t, limited, latency, "10", "apply", "-f", path, "--auto-approve")
		require.Zero(t, b.outcome.code, b.outcome)
		busiest, apis := 0, map[string]int{}
		for _, call := range b.calls {
			require.NotEqual(t, http.StatusTooManyRequests, call.Status, "%s", latency)
			api := call.Method + ids.ReplaceAllString(call.Path, "*")
			apis[api]++
			busiest = max(busiest, apis[api])
		}
		ideal := time.Duration(busiest-1) * time.Second / 10
		const oneAfterTheOther = 8 // the caller, two trips of reading, a create, a grant, and reading back
		require.LessOrEqual(t, b.took, ideal*115/100+oneAfterTheOther*latency, "%s: %d calls of the busiest API", latency, busiest)
	}
	one := inBubble(t, limited, tripTime, "10", "apply", "-f", path, "--auto-approve", "--parallelism", "1")
	require.Zero(t, one.outcome.code, one.outcome)
	require.GreaterOrEqual(t, one.took, 200*tripTime, "200 writes, one after the other")
}

// manyAgencies is a world of n agencies with five grants each, of a catalogue of three pages, and the manifest of all of them.
func manyAgencies(t *testing.T, n int) (world cloudsim.World, path string) {
	t.Helper()
	world = cloudsim.DemoWorld(cloudsim.HuaweiCloud)
	world.OnlyPublishedRoles = true
	for i := len(world.Roles); i < 700; i++ {
		role := world.Roles[0]
		role.ID, role.Name, role.DisplayName, role.Type = fmt.Sprintf("%032x", i), fmt.Sprintf("extra_%d", i), fmt.Sprintf("Extra %d", i), "AA"
		world.Roles = append(world.Roles, role)
	}
	account, partner := world.AccountNamed(""), world.AccountNamed("partner-co")
	account.Agencies, account.Quotas = nil, map[string]int{"agency": 5000}
	var region, staging string
	for _, p := range account.Projects {
		if p.Name == "cn-north-4" {
			region = p.ID
		}
	}
	for _, p := range account.EnterpriseProjects {
		if p.Name == "staging" {
			staging = p.ID
		}
	}
	require.NotEmpty(t, region)
	require.NotEmpty(t, staging)
	id := func(i int) string { return world.Roles[len(world.Roles)-1-i%100].ID }
	var text strings.Builder
	text.WriteString("apiVersion: agencyctl/v1\naccount: {name: example-co}\ncloud: {kind: huaweicloud, region: cn-north-4}\nagencies:\n")
	for i := range n {
		name := fmt.Sprintf("ops-%03d", i)
		account.Agencies = append(account.Agencies, cloudsim.Agency{
			ID: fmt.Sprintf("%032x", 1000+i), Name: name, Trust: cloudsim.Party{ID: partner.ID, Name: partner.Name}, Created: time.Unix(0, 0),
			Grants: []cloudsim.Grant{
				{Scope: cloudsim.ScopeDomain, Role: id(i)}, {Scope: cloudsim.ScopeAllProjects, Role: id(i)},
				{Scope: cloudsim.ScopeProject, Target: region, Role: id(i)}, {Scope: cloudsim.ScopeProject, Target: region, Role: id(i + 1)},
				{Scope: cloudsim.ScopeEnterpriseProject, Target: staging, Role: id(i)},
			},
		})
		first, second := fmt.Sprintf("Extra %d", 699-i%100), fmt.Sprintf("Extra %d", 699-(i+1)%100)
		fmt.Fprintf(&text, "  - {name: %s, trust: {account: partner-co}, grants: {domain: [%s], allProjects: [%s], projects: {cn-north-4: [%s, %s]}, "+
			"enterpriseProjects: {staging: [%s]}}}\n", name, first, first, first, second, first)
	}
	path = filepath.Join(t.TempDir(), "m.yaml")
	require.NoError(t, os.WriteFile(path, []byte(text.String()), 0o600))
	return world, path
}

// TestAPlanWaitsForThreeRoundTrips: for the caller, for the first pages, and for all that follows from these. Agencies that are not there
// need a quota, and enterprise projects their names.
func TestAPlanWaitsForThreeRoundTrips(t *testing.T) {
	plain := func(text string) string {
		path := filepath.Join(t.TempDir(), "m.yaml")
		require.NoError(t, os.WriteFile(path, []byte("apiVersion: agencyctl/v1\naccount: {name: example-co}\n"+
			"cloud: {kind: huaweicloud, region: cn-north-4}\n"+text), 0o600))
		return path
	}
	ten, tenPath := manyAgencies(t, 10)
	most, mostPath := manyAgencies(t, 500)
	lessOne, _ := manyAgencies(t, 499)
	none, _ := manyAgencies(t, 0)
	fewer, _ := manyAgencies(t, 490)
	authorized := newFront(t, cloudsim.Options{Seed: fewer})
	authorized.succeeds(t, "apply", "-f", "examples/authorizations", "--auto-approve")
	for name, test := range map[string]struct {
		world cloudsim.World
		path  string
	}{
		"10 agencies":                        {ten, tenPath},
		"10 agencies to make":                {none, tenPath},
		"500 agencies":                       {most, mostPath},
		"500 agencies, one of them to make":  {lessOne, mostPath},
		"500 agencies that no entry lists":   {most, plain("agencies: [{name: ops-000, trust: {account: partner-co}}]\nownership: {prune: false}\n")},
		"authorizations that are not there":  {none, "examples/authorizations"},
		"authorizations beside 490 agencies": {authorized.server.World(), "examples/authorizations"},
	} {
		t.Run(name, func(t *testing.T) {
			waited, requests, _ := trips(t, cloudsim.Options{Seed: test.world}, "plan", "-f", test.path)
			assert.LessOrEqual(t, waited, 3.0, "%q", requests)
			seen := map[string]int{}
			for _, trip := range requests {
				for _, request := range trip {
					seen[request]++
					assert.Equal(t, 1, seen[request], "asked twice: %s", request)
				}
			}
			assert.LessOrEqual(t, len(requests[0]), 2, "%q", requests[0])
		})
	}
}

// TestReadingBackOneChange counts the calls after the last write of one change of each kind, in an account where a hidden role is granted:
// the agency once, its four scopes, and the list of custom policies where one of these is changed or granted.
func TestReadingBackOneChange(t *testing.T) {
	world, path := manyAgencies(t, 60)
	account := world.AccountNamed("")
	world.Accounts = append(world.Accounts, cloudsim.Account{ID: strings.Repeat("b", 32), Name: "other-partner"})
	hidden := world.Roles[0]
	hidden.ID, hidden.Name, hidden.DisplayName, hidden.Type = strings.Repeat("a", 32), "hidden", "Hidden", "XX"
	world.Roles = append(world.Roles, hidden)
	account.Agencies[1].Grants = append(account.Agencies[1].Grants, cloudsim.Grant{Scope: cloudsim.ScopeDomain, Role: hidden.ID})
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	text := strings.Replace(string(data), "agencies:\n", "ownership: {include: [\"agency/ops-*\"], prune: true}\npolicies: [{name: reads, scope: project, statements: [{effect: Allow, actions: [\"ecs:servers:get\"]}]}]\nagencies:\n", 1)
	text = strings.Replace(text, "{domain: [Extra 698]", "{domain: [Extra 698, Hidden]", 1)
	text = strings.Replace(text, "{cn-north-4: [Extra 697, Extra 696]}", "{cn-north-4: [Extra 697, Extra 696, reads]}", 1)
	write := func(t *testing.T, text string) string {
		path := filepath.Join(t.TempDir(), "m.yaml")
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		return path
	}
	hide := func(r *http.Request, body []byte) []byte {
		var page struct {
			Roles []map[string]any `json:"roles"`
			Total int              `json:"total_number"`
		}
		if r.URL.Path != "/v3/roles" || json.Unmarshal(body, &page) != nil {
			return body
		}
		page.Roles, page.Total = slices.DeleteFunc(page.Roles, func(role map[string]any) bool { return role["id"] == hidden.ID }), page.Total-1
		body, _ = json.Marshal(page)
		return body
	}
	first := newFront(t, cloudsim.Options{Seed: world})
	first.answer.Store(&hide)
	first.succeeds(t, "apply", "-f", write(t, text), "--auto-approve")
	for name, test := range map[string]struct {
		old, new string
		calls    int
	}{
		"an agency made":          {"agencies:\n", "agencies:\n  - {name: new, trust: {account: partner-co}}\n", 5},
		"an agency deleted":       {text[strings.Index(text, "  - {name: ops-005"):strings.Index(text, "  - {name: ops-006")], "  - {name: ops-005, state: absent}\n", 1},
		"a description":           {"ops-001, ", "ops-001, description: x, ", 5},
		"trust":                   {"ops-001, trust: {account: partner-co}", "ops-001, trust: {account: other-partner}", 5},
		"a grant":                 {"{domain: [Extra 698, Hidden]", "{domain: [Extra 698, Hidden, Extra 600]", 5},
		"an enterprise project":   {"{staging: [Extra 698]}", "{staging: [Extra 698, Extra 600]}", 5},
		"a revoke":                {"{domain: [Extra 698, Hidden]", "{domain: [Hidden]", 5},
		"a revoke of the hidden":  {"{domain: [Extra 698, Hidden]", "{domain: [Extra 698]", 5},
		"a policy":                {"ecs:servers:get", "ecs:servers:list", 1},
		"a grant of a policy":     {"{cn-north-4: [Extra 698, Extra 697]}", "{cn-north-4: [Extra 698, Extra 697, reads]}", 6},
		"a grant beside a policy": {"{domain: [Extra 697]", "{domain: [Extra 697, Extra 600]", 6},
		"a revoke of a policy":    {"Extra 696, reads]}", "Extra 696]}", 6},
	} {
		t.Run(name, func(t *testing.T) {
			require.Contains(t, text, test.old)
			f := newFront(t, cloudsim.Options{Seed: first.server.World()})
			f.answer.Store(&hide)
			f.succeeds(t, "apply", "-f", write(t, strings.Replace(text, test.old, test.new, 1)), "--auto-approve")
			var after, before []string
			catalogues, wrote := 0, false
			for _, call := range f.server.Calls() {
				request := call.Method + " " + call.Path + "?" + call.Query
				if call.Write {
					after, wrote = nil, true
				} else {
					after = append(after, request)
				}
				if call.Path == "/v3/roles" {
					catalogues++
				}
				if strings.HasSuffix(call.Path, hidden.ID) && call.Method == http.MethodGet {
					before = append(before, request)
				}
			}
			require.True(t, wrote)
			assert.Len(t, after, test.calls, "%s", strings.Join(after, "\n"))
			assert.Equal(t, 3, catalogues, "the pages of the catalogue")
			assert.Len(t, before, 1, "the hidden role is looked up once")
		})
	}
}

// TestTrustChangesShareTheirReads lets the trust of 20 agencies change at once: each must be seen as expected before it is changed.
func TestTrustChangesShareTheirReads(t *testing.T) {
	world, path := manyAgencies(t, 40)
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	text := strings.Replace(string(data), "account: partner-co", "account: TRUSTED", 20)
	require.NoError(t, os.WriteFile(path, []byte(strings.ReplaceAll(text, "TRUSTED", "other-partner")), 0o600))
	world.Accounts = append(world.Accounts, cloudsim.Account{ID: strings.Repeat("b", 32), Name: "other-partner"})
	_, _, calls := trips(t, cloudsim.Options{Seed: world}, "apply", "-f", path, "--auto-approve")
	reads, between, writes := 0, 0, 0
	for _, call := range calls {
		switch {
		case call.Write:
			writes++
			between = reads
		case writes > 0:
			reads++
		}
	}
	require.Equal(t, 20, writes)
	t.Logf("%d reads", between)
	assert.LessOrEqual(t, between, 4*6, "a few bulk reads, and not five calls for each agency")
}
