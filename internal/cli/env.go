// Package cli is the command line: one file a command. A command parses its flags into a struct, calls the engine, hands
// the result to a view, and maps it to an exit code. Nothing else in the program prints, and only main exits.
//
// The services of a cloud come in through [Env]; this package does not know them by name. Start reading at [Run].
package cli

import (
	"context"
	"io"

	"github.com/agencyctl/agencyctl/providers"
)

// Env is everything that a command takes from outside, so that a test can run one without touching the process.
type Env struct {
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	// StdinTerminal, StdoutTerminal and StderrTerminal tell whether a person sits at the other end.
	StdinTerminal, StdoutTerminal, StderrTerminal bool
	Getenv                                        func(name string) string
	Registry                                      *providers.Registry
	Connect                                       Connector
	// Version is what `agencyctl version` prints.
	Version string
}

// Connector opens the services of one account. The context bounds only the opening. It is called for several accounts
// at once.
type Connector func(ctx context.Context, target providers.Target) (*Connection, error)

// Connection is an opened account. Close must be called once.
type Connection struct {
	Remotes providers.Remotes
	Close   func()
	// WhoAmI asks the cloud whose credentials these are.
	WhoAmI func(ctx context.Context) (providers.Identity, error)
	// Endpoints are where calls go, sorted by service.
	Endpoints []providers.Endpoint
}
