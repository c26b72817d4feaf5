//go:build unix

package main

import (
	"os"
	"runtime"
	"syscall"
)

// mostResident is the most memory that a process had resident, in bytes.
func mostResident(state *os.ProcessState) int64 {
	usage := state.SysUsage().(*syscall.Rusage)
	if runtime.GOOS == "darwin" || runtime.GOOS == "ios" {
		return int64(usage.Maxrss)
	}
	return int64(usage.Maxrss) << 10
}
