// Agencyctl keeps the delegated trust of Huawei Cloud and Open Telekom Cloud accounts as a reviewed manifest says.
package main

import (
	"context"
	"embed"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

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
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	width, _, err := term.GetSize(int(os.Stdout.Fd()))
	if err != nil { // no terminal
		width = 0
	}
	context.AfterFunc(ctx, stop) // a second interrupt ends the process at once
	return cli.Run(ctx, cli.Env{
		Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
		StdinTerminal:  term.IsTerminal(int(os.Stdin.Fd())),
		StdoutTerminal: term.IsTerminal(int(os.Stdout.Fd())),
		StderrTerminal: term.IsTerminal(int(os.Stderr.Fd())),
		Width:          width,
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
