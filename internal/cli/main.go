package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"syscall"
	"time"

	"golang.org/x/term"
)

// Main runs the command line of the process, and returns the exit code. Of env it needs what the process does not tell.
//
// The first SIGINT or SIGTERM ends the context of the command, and the second one closes StopNow. After that the command has
// [reportDeadline] to end. A third signal ends the process at once.
func Main(env Env) int {
	env.Stdin, env.Stdout, env.Stderr = os.Stdin, os.Stdout, os.Stderr
	env.StdinTerminal = term.IsTerminal(int(os.Stdin.Fd()))
	env.StdoutTerminal = isScreen(os.Stdout)
	env.StderrTerminal = isScreen(os.Stderr)
	env.Width = func() int { return width(os.Stdout, os.Stderr) }
	env.Getenv, env.Environ = os.Getenv, os.Environ
	if info, ok := debug.ReadBuildInfo(); ok {
		env.Commit, env.CommitTime = builtFrom(info)
	}
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(signals)
	return untilStopped(signals, func() { signal.Stop(signals) }, os.Stderr, func(ctx context.Context, second <-chan struct{}) int {
		env.StopNow = second
		return Run(ctx, env, os.Args[1:])
	})
}

// width returns how many columns the first terminal among files has; 0 where there is none.
func width(files ...*os.File) int {
	for _, f := range files {
		if columns, _, err := term.GetSize(int(f.Fd())); err == nil {
			return columns
		}
	}
	return 0
}

const (
	// onePress is how long signals count as one: what runs a program often passes on a signal that the program has got from the terminal
	// too.
	onePress = 250 * time.Millisecond
	// reportDeadline is how long a command may take to end after the second interrupt.
	reportDeadline = 3 * time.Second
)

// errTerminated is the cause of a context that has ended because something, and not somebody at the screen, asked the process to end: a
// scheduler, or the machine that goes down.
var errTerminated = errors.New("the process was asked to end (SIGTERM)")

// causeOf is why a signal ends the context; nil for an interrupt. Windows has a SIGTERM for a console window that somebody closes.
func causeOf(signal os.Signal) error {
	if signal == syscall.SIGTERM && runtime.GOOS != "windows" {
		return errTerminated
	}
	return nil
}

// untilStopped returns the exit code of a command. Its context ends at the first of signals, and second is closed at the second one. From
// then on signals are given back to the system by letGo, and a command that does not end in time is left behind.
func untilStopped(
	signals <-chan os.Signal, letGo func(), stderr io.Writer, command func(ctx context.Context, second <-chan struct{}) int,
) int {
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	second, code := make(chan struct{}), make(chan int, 1)
	go func() { code <- command(ctx, second) }()
	var first time.Time
	var late <-chan time.Time
	for {
		select {
		case c := <-code:
			return c
		case signal := <-signals:
			switch {
			case first.IsZero():
				first = time.Now()
				cancel(causeOf(signal))
			case time.Since(first) >= onePress:
				signals = nil
				letGo()
				close(second)
				late = time.After(reportDeadline)
			}
		case <-late:
			fmt.Fprintf(stderr, "\nStopped without a report: it was not ready %s after the second interrupt.\n", inSeconds(reportDeadline))
			return exitInterrupted
		}
	}
}
