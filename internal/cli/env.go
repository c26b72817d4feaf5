// Package cli is the command line. A command parses its flags into a struct, lets the engine work in every account
// (session.go), and ends with one report and an exit code (output.go, which begins with the rules of output). Nothing else in
// the program prints, and only main exits.
//
// The services of a cloud come in through [Env]; this package does not know them by name. Start reading at [Run], which [Main] calls.
package cli

import (
	"context"
	"io"
	"io/fs"
	"time"

	"github.com/agencyctl/agencyctl/internal/notify"
	"github.com/agencyctl/agencyctl/plan"
	"github.com/agencyctl/agencyctl/providers"
)

// Env is everything that a command takes from outside, so that a test can run one without touching the process.
type Env struct {
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	// StdinTerminal, StdoutTerminal and StderrTerminal say whether the other end is a terminal.
	StdinTerminal, StdoutTerminal, StderrTerminal bool
	// Width returns how many columns the terminal has at that moment; 0 where that is not known. Nil is never known.
	Width func() int
	// Now is the clock of progress; nil is that of the machine.
	Now func() time.Time
	// StopNow is closed when somebody who has interrupted the run does not wait for running calls any more; nil never.
	StopNow <-chan struct{}
	// Grace is how long running calls may go on after an interrupt; 0 means that of the engine.
	Grace  time.Duration
	Getenv func(name string) string
	// Environ returns all variables that are set, as NAME=VALUE. Nil checks none of them.
	Environ  func() []string
	Registry *providers.Registry
	Connect  Connector
	// Topic reads what a cloud calls a topic for notifications, and tells the region and the kind of cloud that lists it, "" where none
	// does. Nil for a program without topics.
	Topic func(name string) (plan.Cloud, error)
	// Transport opens the connections of notifications; nil is that of the library.
	Transport notify.Transport
	// PollInterval is the first pause between two looks at what was written; 0 means that of the engine.
	PollInterval time.Duration
	// Version is what `agencyctl version` prints, with the commit that the program was built from and its time, as in
	// 2026-01-31T10:00:00Z. The last two are "" where they are not known.
	Version, Commit, CommitTime string
	// Regions returns the regions of a kind of cloud, and Endpoints are the services that an address can be given for. They are for
	// completion alone; nil offers none.
	Regions   func(kind string) []string
	Endpoints []string
	// Docs holds docs/rules.md and docs/terms.md, which explain prints, and of which the rules stand in SARIF, and the folders
	// docs/recipes/github and docs/recipes/gitlab, which init writes. Nil for none.
	Docs fs.FS
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
	// Publish publishes a message to a topic of the account: see [notify.Publisher].
	Publish func(ctx context.Context, topic, subject, message string) error
	// Endpoints are where calls go, sorted by service.
	Endpoints []providers.Endpoint
	// Explainer returns who can say who made a difference. Region is where the record of it is kept; "" leaves that to the cloud. Nil is
	// nobody.
	Explainer func(region string) providers.Explainer
}
