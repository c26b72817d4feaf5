package stories

import (
	"bytes"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// gate holds calls back before they come to the simulator.
type gate struct {
	mu sync.Mutex
	// passes counts the writing calls that still pass; all says that calls of every kind are held back.
	holds, all bool
	passes     int
	// held is closed when a call is held back, and released when none is any more.
	held, released chan struct{}
}

// hold holds calls back from now on, for a minute at most. A call that its caller gives up is lost.
func (g *gate) hold(passes int, all bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.holds, g.all, g.passes = true, all, passes
	g.held, g.released = make(chan struct{}), make(chan struct{})
}

func (g *gate) release() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.holds = false
	close(g.released)
}

// stops returns what a call waits for; nil where it passes.
func (g *gate) stops(r *http.Request) <-chan struct{} {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.holds || !g.all && r.Method == http.MethodGet {
		return nil
	}
	if g.passes > 0 {
		g.passes--
		return nil
	}
	select {
	case <-g.held:
	default:
		close(g.held)
	}
	return g.released
}

func (g *gate) before(server http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body) // before that, nobody notices that the caller has gone
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		if released := g.stops(r); released != nil {
			select {
			case <-released:
			case <-time.After(time.Minute):
			case <-r.Context().Done():
				return
			}
		}
		server.ServeHTTP(w, r)
	})
}

func hold(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: hold N, or hold call")
	}
	if args[0] == "call" {
		simulatorOf(ts).gate.hold(0, true)
		return
	}
	n, err := strconv.Atoi(args[0])
	ts.Check(err)
	simulatorOf(ts).gate.hold(n-1, false)
}

func release(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) > 0 {
		ts.Fatalf("usage: release")
	}
	simulatorOf(ts).gate.release()
}

// interrupt stops the command in the background as Ctrl-C does, and waits until it has said so.
func interrupt(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) > 1 || len(ts.BackgroundCmds()) != 1 {
		ts.Fatalf("usage: interrupt [TERM], or interrupt again, with one command in the background")
	}
	s := simulatorOf(ts)
	s.interrupted = ts.BackgroundCmds()[0]
	signal := os.Interrupt
	switch strings.Join(args, "") {
	case "again":
		time.Sleep(time.Second) // what comes sooner is of the first press
		ts.Check(s.interrupted.Process.Signal(signal))
		return
	case "TERM":
		signal = syscall.SIGTERM
	}
	select {
	case <-s.gate.held:
	case <-time.After(time.Minute):
		ts.Fatalf("no call was held back")
	}
	ts.Check(s.interrupted.Process.Signal(signal))
	for ends := time.Now().Add(time.Minute); !strings.Contains(ts.ReadFile("errors.txt"), "Stopping: "); time.Sleep(time.Millisecond) {
		if time.Now().After(ends) {
			ts.Fatalf("the interrupt was not answered")
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
