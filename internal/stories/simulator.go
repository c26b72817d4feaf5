package stories

import (
	"net/http"
	"net/http/httptest"
	"os/exec"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/agencyctl/agencyctl/internal/cloudsim"
)

// simulator is the simulated cloud of one script.
type simulator struct {
	server *cloudsim.Server
	// counted is how many of its calls "writes" has counted.
	counted int
	gate    gate
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
	world := server.World()
	ts.Setenv("HUAWEICLOUD_SDK_AK", cloudsim.DemoAccessKey)
	ts.Setenv("HUAWEICLOUD_SDK_SK", cloudsim.DemoSecretKey)
	ts.Setenv("HUAWEICLOUD_SDK_DOMAIN_ID", world.Home)
	sim := ts.Value(simulatorKey{}).(*simulator)
	sim.server, sim.counted = server, 0
	front := httptest.NewServer(sim.gate.before(server))
	ts.Defer(front.Close)
	ts.Setenv("SIM", front.URL)
}

func editSim(ts *testscript.TestScript, neg bool, args []string) {
	by := ""
	if len(args) > 2 && args[0] == "by" {
		by, args = args[1], args[2:]
	}
	edit, err := cloudsim.ParseEdit(args)
	ts.Check(err)
	edit.By = by
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
	for _, c := range calls[s.counted:] {
		if c.Write {
			got = append(got, c.Method+" "+c.Path)
		}
	}
	if !fewer {
		s.counted = len(calls)
	}
	if fewer && len(got) >= want || !fewer && len(got) != want {
		ts.Fatalf("%d writes, want %s:\n%s", len(got), args[0], strings.Join(got, "\n"))
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
	for _, c := range s.server.Calls()[s.counted:] {
		if c.Method == args[1] && c.Path == args[2] {
			got++
		}
	}
	if got != want {
		ts.Fatalf("%d calls of %s %s, want %d", got, args[1], args[2], want)
	}
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
