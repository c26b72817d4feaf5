package cli

import (
	"errors"
	"fmt"
	"slices"
)

// The exit codes of every command.
const (
	exitOK          = 0   // done, or nothing to do
	exitRefused     = 1   // refused, or failed before the first write
	exitDifferences = 2   // differences found
	exitIncomplete  = 3   // a write was sent and something failed, was skipped or could not be verified
	exitInterrupted = 130 // interrupted
)

const exitHelp = `Exit codes:
  0    done, or nothing to do
  1    refused or failed before the first write: bad input, unreadable state, limits,
       a saved plan that is not true any more, --fail-on
  2    differences found (drift, plan --detailed-exitcode)
  3    a write was sent, and something failed, was skipped or could not be verified in time
  130  interrupted
With several accounts the worst wins: 130, 3, 1, 2, 0.`

// worse orders exit codes from the worst.
var worse = []int{exitInterrupted, exitIncomplete, exitRefused, exitDifferences, exitOK}

// worst returns the worse of two exit codes.
func worst(a, b int) int {
	if slices.Index(worse, a) < slices.Index(worse, b) {
		return a
	}
	return b
}

// exitError carries an exit code through cobra. What there is to say has been said already.
type exitError struct{ code int }

func (e *exitError) Error() string { return fmt.Sprintf("exit code %d", e.code) }

// exit returns nil for exitOK, and else an error that ends the program with that code.
func exit(code int) error {
	if code == exitOK {
		return nil
	}
	return &exitError{code}
}

// codeOf returns the exit code that an error of a command stands for, and whether it still has to be told.
func codeOf(err error) (code int, tell bool) {
	var silent *exitError
	switch {
	case err == nil:
		return exitOK, false
	case errors.As(err, &silent):
		return silent.code, false
	}
	return exitRefused, true
}
