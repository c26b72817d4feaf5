package cli

import (
	"io"
	"sync"
)

// lockedWriter lets several goroutines write to one writer, one call at a time: logs of several accounts and the
// progress line all go to standard error.
type lockedWriter struct {
	mu sync.Mutex
	w  io.Writer
}

func (l *lockedWriter) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}
