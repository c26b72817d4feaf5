//go:build !windows

package cli

import (
	"os"

	"golang.org/x/term"
)

// isScreen reports whether what is written to f appears on a terminal.
func isScreen(f *os.File) bool { return term.IsTerminal(int(f.Fd())) }
