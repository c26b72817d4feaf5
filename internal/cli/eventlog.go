package cli

import (
	"bufio"
	"fmt"
	"os"
	"sync"

	"github.com/agencyctl/agencyctl/engine"
	"github.com/agencyctl/agencyctl/internal/render"
)

// eventLog appends events to a file, one JSON line each. The zero eventLog writes nothing. Its methods are safe for
// concurrent use: events of several accounts come at the same time, and their lines stay whole.
type eventLog struct {
	mu   sync.Mutex
	file *os.File
	w    *bufio.Writer
	err  error
}

func openEventLog(path string) (*eventLog, error) {
	if path == "" {
		return &eventLog{}, nil
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("--log: %w", err)
	}
	return &eventLog{file: f, w: bufio.NewWriter(f)}, nil
}

// sink takes events; each line is in the file when it returns, so that a killed run leaves its history.
func (l *eventLog) sink(e engine.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file == nil || l.err != nil {
		return
	}
	if l.err = render.EventJSON(l.w, e); l.err == nil {
		l.err = l.w.Flush()
	}
}

// close ends the log and reports what could not be written. It may be called again.
func (l *eventLog) close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file == nil {
		return nil
	}
	err := l.file.Close()
	l.file = nil
	if l.err != nil {
		err = l.err
	}
	if err != nil {
		return fmt.Errorf("--log: %w", err)
	}
	return nil
}
