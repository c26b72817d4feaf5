package acceptance

import (
	"syscall"
	"time"
)

// processorTime returns what the process has taken of the processors, collecting garbage included.
func processorTime() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
