//go:build !linux

package acceptance

import "time"

var begun = time.Now()

// processorTime returns the time that went by, where no call tells what the process has taken.
func processorTime() time.Duration { return time.Since(begun) }
