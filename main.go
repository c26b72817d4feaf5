// Agencyctl keeps the delegated trust of Huawei Cloud and Open Telekom Cloud accounts as a reviewed manifest says.
package main

import (
	"context"
	"embed"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	"time"

	"golang.org/x/term"

	"github.com/agencyctl/agencyctl/internal/cli"
	"github.com/agencyctl/agencyctl/providers"
	"github.com/agencyctl/agencyctl/providers/csms"
	"github.com/agencyctl/agencyctl/providers/fabric"
	"github.com/agencyctl/agencyctl/providers/huaweicloud"
	"github.com/agencyctl/agencyctl/providers/iam"
	"github.com/agencyctl/agencyctl/providers/lakeformation"
	"github.com/agencyctl/agencyctl/providers/secmaster"
)

// docs are the documents whose sections explain prints: one text for those who browse and those who have only the program.
//
//go:embed docs/rules.md docs/terms.md
var docs embed.FS

func main() { os.Exit(run()) }

// run is main without the exit, so that a test can be the program.
func run() int {
	ctx, again, stop := interrupts()
	defer stop()
	return cli.Run(ctx, cli.Env{
		Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
		StdinTerminal:  term.IsTerminal(int(os.Stdin.Fd())),
		StdoutTerminal: term.IsTerminal(int(os.Stdout.Fd())),
		StderrTerminal: term.IsTerminal(int(os.Stderr.Fd())),
		Width:          func() int { return width(os.Stdout, os.Stderr) },
		StopNow:        again,
		Getenv:         os.Getenv,
		Environ:        os.Environ,
		Registry:       services.Registry(),
		Connect:        connector(),
		Version:        version(),
		Regions:        huaweicloud.Regions,
		Endpoints:      services.Endpoints(),
		Docs:           docs,
	}, os.Args[1:])
}

// onePress is how long signals count as one: what runs a program often passes on a signal that the program has got from the terminal
// too. lastWords is how long the report may take after the second one.
const (
	onePress  = 250 * time.Millisecond
	lastWords = 3 * time.Second
)

// interrupts returns a context that ends at the first interrupt, and a channel that is closed at the second. After that one the program
// ends in a moment whatever it does, and at once at a third.
func interrupts() (ctx context.Context, again <-chan struct{}, stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	second, over := make(chan struct{}), make(chan struct{})
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		defer signal.Stop(signals)
		var first <-chan time.Time // while further signals are of the first press
		for presses := 0; presses < 2; {
			select {
			case <-over:
				return
			case <-first:
				first = nil
			case <-signals:
				if first != nil {
					continue
				}
				if presses++; presses == 1 {
					cancel()
					first = time.After(onePress)
				}
			}
		}
		signal.Stop(signals)
		close(second)
		select {
		case <-over:
		case <-time.After(lastWords):
			os.Exit(interrupted)
		}
	}()
	return ctx, second, func() {
		close(over)
		cancel()
	}
}

// interrupted is the exit code of a run that was interrupted.
const interrupted = 130

// width returns how many columns the first terminal among files has; 0 where there is none.
func width(files ...*os.File) int {
	for _, f := range files {
		if columns, _, err := term.GetSize(int(f.Fd())); err == nil {
			return columns
		}
	}
	return 0
}

// version is what the build knows of itself.
func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}

// others are all services that agencyctl knows but IAM, which must know what agencies they make. This file is the only place that
// names them.
var (
	others   = huaweicloud.Services{csms.Service(), fabric.Service(), lakeformation.Service(), secmaster.Service()}
	services = append(huaweicloud.Services{iam.Service(others.Published())}, others...)
)

// connector opens the connections of one run. They share the guards of their credentials: a wrong key must not be
// tried once for each account.
func connector() cli.Connector {
	guards := new(huaweicloud.Guards)
	return func(ctx context.Context, target providers.Target) (*cli.Connection, error) {
		return connect(ctx, target, guards)
	}
}

// connect opens the connection of one account and the services behind it.
func connect(ctx context.Context, target providers.Target, guards *huaweicloud.Guards) (*cli.Connection, error) {
	connection, err := huaweicloud.Connect(ctx, target,
		huaweicloud.WithVersion(version()), huaweicloud.WithServices(services), huaweicloud.WithGuards(guards))
	if err != nil {
		return nil, err
	}
	return &cli.Connection{
		Remotes: services.Remotes(connection, huaweicloud.Lag{}), Close: connection.Close, WhoAmI: connection.WhoAmI,
		Endpoints: connection.Endpoints(),
	}, nil
}
