package cli

import (
	"os"

	"golang.org/x/sys/windows"
)

// isScreen reports whether what is written to f appears on a terminal that understands escapes for colours and for the progress line. A
// console of Windows does so only once it is told to.
func isScreen(f *os.File) bool {
	console := windows.Handle(f.Fd())
	var mode uint32
	if windows.GetConsoleMode(console, &mode) != nil {
		return false
	}
	return windows.SetConsoleMode(console, mode|windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING) == nil
}
